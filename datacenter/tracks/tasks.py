"""Beat's work on the tracks."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from datacenter.tracks import store


@shared_task(name="datacenter.tracks.make_partitions", ignore_result=True)
def make_partitions() -> None:
    """Make the partitions of yesterday to three days ahead: no insert ever waits for one."""
    today = timezone.localdate()
    store.make_partitions([today + timedelta(days=offset) for offset in range(-1, 4)])
