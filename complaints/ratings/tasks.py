"""The clock's part in ratings (评价任务)."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from complaints.ratings import workflow
from complaints.ratings.folding import fold_day


@shared_task(name="complaints.ratings.fold", ignore_result=True)
def fold(days: int = 2) -> None:
    """Rides whose records came in since are found for their ratings; then the last days are summed anew."""
    workflow.match_again(timezone.now())
    today = timezone.localdate()
    for back in range(days):
        fold_day(today - timedelta(days=back))
