"""The workers' part in telephony (通话任务)."""

from celery import shared_task
from django.utils import timezone

from complaints.calls import recordings


@shared_task(name="complaints.calls.fetch_recording", ignore_result=True)
def fetch_recording(pk: int) -> None:
    """One recording; tries again are the clock's."""
    recordings.fetch_recording(pk)


@shared_task(name="complaints.calls.look_after", ignore_result=True)
def look_after() -> None:
    """Recordings that wait: whose worker was killed, or whose server was away."""
    for pk in recordings.due(timezone.now()):
        recordings.fetch_recording(pk)
