"""Rides without the meter, as beat asks (未打表载客巡查)."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone


@shared_task(name="taxi.look_for_unmetered", ignore_result=True)
def look_for_unmetered(look_back_h: int = 3) -> None:
    """Those that ended within so many hours."""
    from taxi.meter import watch

    watch.look(timezone.now(), timedelta(hours=look_back_h))
