"""The minute behind a complaint (投诉时刻): what the platform knows of that taxi then, and that as evidence."""
