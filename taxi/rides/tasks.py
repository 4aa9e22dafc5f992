"""Rides kept up to date, as beat asks (乘车记录归并任务)."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from taxi.rides import following


@shared_task(name="taxi.rides.follow", ignore_result=True)
def follow_rides() -> None:
    """Taxis of which new positions were stored."""
    following.follow(timezone.now())


@shared_task(name="taxi.rides.tidy", ignore_result=True)
def tidy_rides() -> None:
    """Records of trips that came a day late find their rides; rides past their time go."""
    now = timezone.now()
    following.join_trips(now - timedelta(days=2))
    following.forget(now)
