"""Roadside checks ordered from online cases (线上线下联动): patrols, orders to them, what they found."""
