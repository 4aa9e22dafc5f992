"""Visits of ranks and stations, followed each hour (候客点跟踪任务)."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from taxi.places import following


@shared_task(name="taxi.places.follow", ignore_result=True)
def follow_places(look_back_h: int = 3) -> None:
    """Taxis at ranks and stations in the last hours, and what their visits say."""
    following.follow(timezone.now(), timedelta(hours=look_back_h))
