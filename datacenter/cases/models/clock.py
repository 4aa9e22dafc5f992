"""Which hours a deadline counts."""

from django.db import models


class Clock(models.TextChoices):
    """Which hours a deadline counts (计时方式)."""

    CALENDAR = "calendar", "自然时"
    WORKING = "working", "工作时"
