"""Beat's work on assessment."""

import logging
from datetime import date, timedelta

from celery import shared_task
from django.db import transaction

from datacenter.assessment import compute, points
from datacenter.assessment.errors import MonthFrozen

_log = logging.getLogger(__name__)


@shared_task(name="datacenter.assessment.compute_past", ignore_result=True)
def compute_past(first: str, last: str) -> None:
    """Every month from one day (ISO) to another, as drafts; what was published meanwhile is left alone."""
    points.catch_up()
    month = date.fromisoformat(first).replace(day=1)
    while month <= date.fromisoformat(last):
        try:
            compute.compute(month)
        except MonthFrozen:
            _log.info("%s is published and stays", month)
        month = (month + timedelta(days=31)).replace(day=1)


def assess_past(first: date, last: date) -> None:
    """Have the months of a past that was just filled in assessed, once a worker is there."""
    transaction.on_commit(lambda: compute_past.delay(first.isoformat(), last.isoformat()), robust=True)


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
