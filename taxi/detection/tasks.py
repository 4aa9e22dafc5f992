"""Judging of trips, sign-ins and loaded stretches, by beat (判定任务); a run ends before the next begins."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic

from celery import shared_task
from django.utils import timezone

from taxi.detection import sign_ins, stretches, trips

_TRIPS_S, _SIGN_INS_S = 240, 45


@shared_task(name="taxi.judge_trips", ignore_result=True)
def judge_trips() -> None:
    """Trips that are due."""
    until = monotonic() + _TRIPS_S
    trips.judge_due(timezone.now(), lambda: monotonic() < until)


@shared_task(name="taxi.judge_sign_ins", ignore_result=True)
def judge_sign_ins() -> None:
    """Sign-ins that came."""
    until = monotonic() + _SIGN_INS_S
    sign_ins.judge_due(timezone.now(), lambda: monotonic() < until)


@shared_task(name="taxi.look_for_unrecorded", ignore_result=True)
def look_for_unrecorded(look_back_h: int = 2) -> None:
    """Loaded stretches of the last hours that no trip record covers."""
    stretches.look(timezone.now(), timedelta(hours=look_back_h))
