"""Events that could not become findings, told again (待入库事件重试): a little later each time, each by itself.

One that always fails holds nobody else up: a row is a transaction of its own, and waits twice as long after each
attempt, a day at most. Several workers take different rows.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from datacenter import metrics
from datacenter.detection import events
from datacenter.detection.events import Told
from datacenter.detection.models import UntoldEvent

log = logging.getLogger(__name__)

ATTEMPTS = 40
"""The first eleven in a day and a half, the others a day apart: a release that mends the fault finds the event here."""
FIRST_DELAY, MOST_DELAY = timedelta(minutes=1), timedelta(days=1)
MOST_A_RUN = 200

AGAIN = metrics.counter(
    "events_told_again_total", "Kept events told again: found, nothing, failed, given_up", ["code", "outcome"]
)
WAITING = metrics.gauge("events_untold", "Events kept: waiting to be told again, given up", ["state"])


def delay_after(attempts: int) -> timedelta:
    """How long an event waits after its ``attempts``-th failure."""
    return min(FIRST_DELAY * 2 ** min(attempts - 1, 20), MOST_DELAY)


def tell_due(now: datetime) -> int:
    """Tell again what is due at ``now``, at most ``MOST_A_RUN``; how many were tried."""
    tried = 0
    while tried < MOST_A_RUN and _tell_next(now):
        tried += 1
    given_up = UntoldEvent.objects.filter(next_try_at=None).count()
    WAITING.set(UntoldEvent.objects.count() - given_up, "waiting")
    WAITING.set(given_up, "given_up")
    return tried


@transaction.atomic
def _tell_next(now: datetime) -> bool:
    due = UntoldEvent.objects.select_for_update(skip_locked=True).filter(next_try_at__lte=now)
    row = due.order_by("next_try_at", "pk").first()
    if row is None:
        return False
    try:
        finding = events.tell_or_raise(Told(**row.told))
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        _failed(row, fault, now)
        return True
    row.delete()
    outcome = "nothing" if finding is None else "found"
    transaction.on_commit(lambda: AGAIN.inc(row.rule, outcome))
    return True


def _failed(row: UntoldEvent, fault: Exception, now: datetime) -> None:
    log.exception("%s of vehicle %d still could not become a finding", row.reference, row.vehicle_id)
    events.FAULTS.inc(row.rule)
    row.attempts += 1
    row.tried_at, row.last_error = now, events.error_words(fault)
    row.next_try_at = now + delay_after(row.attempts) if row.attempts < ATTEMPTS else None
    row.save(update_fields=["attempts", "tried_at", "last_error", "next_try_at"])
    AGAIN.inc(row.rule, "failed" if row.next_try_at else "given_up")
