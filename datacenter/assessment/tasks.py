"""Beat's work on assessment."""

import logging

from celery import shared_task

from datacenter.assessment import compute, points
from datacenter.assessment.errors import MonthFrozen

_log = logging.getLogger(__name__)


@shared_task(name="datacenter.assessment.compute_drafts", ignore_result=True)
def compute_drafts() -> None:
    """Points of violations whose driver became known, then this month and last month as far as they are drafts."""
    entered = points.catch_up()
    for month in compute.drafts():
        try:
            done = compute.compute(month.first_day)
        except MonthFrozen:  # published meanwhile
            continue
        _log.info("assessed %s in %s ms; %s points entered late", done.key, done.took_ms, entered)
