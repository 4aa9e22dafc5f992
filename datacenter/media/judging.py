"""Photos judged as they come (照片遮挡判断): off the transaction that stores them, each at least once, told once.

The row is the queue: a photo waits while ``judged_at`` is null. A task after the commit takes what waits, the beat
takes what a killed worker left. One that kills its worker goes to the back of the queue, and is given up after
``MOST_TRIES``.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from datacenter import metrics
from datacenter.detection import events
from datacenter.detection.detectors.happened import CameraCovered
from datacenter.detection.events import Told
from datacenter.media.covered import PhotoUnreadable, Verdict, judge_photo
from datacenter.media.models import MediaFile

log = logging.getLogger(__name__)

MOST_TRIES = 5
MOST_A_RUN = 50
MOST_LATE, MOST_AHEAD = timedelta(days=8), timedelta(minutes=10)
"""How far a photo's clock may be from its arrival; photos of a blind area come days late."""
MOST_CHANNEL = 32
"""Channels that a finding's bits have room for; others count as some camera."""

JUDGED = metrics.counter("photos_judged_total", "Photos judged: clear, covered, or why they could not be", ["verdict"])
SECONDS = metrics.histogram("photo_judge_seconds", "From taking a photo out of the queue to its verdict committed")


def waiting() -> QuerySet[MediaFile]:
    """Photos without a verdict; those that were tried least come first."""
    rows = MediaFile.objects.filter(judged_at=None, kind=MediaFile.Kind.IMAGE, source__in=MediaFile.JUDGED)
    return rows.order_by("judge_tries", "pk")


def judge_waiting(most: int = MOST_A_RUN) -> bool:
    """Judge what waits, at most ``most`` photos; whether that was all it might, and more may wait."""
    for _ in range(most):
        began = time.perf_counter()
        pk = _take()
        if pk is None:
            return False
        _judge(pk)
        SECONDS.observe(time.perf_counter() - began)
    return True


@transaction.atomic
def _take() -> int | None:
    """Count a try before it is made: what kills its worker has been counted too."""
    pk = waiting().select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True).first()
    if pk is not None:
        MediaFile.objects.filter(pk=pk).update(judge_tries=F("judge_tries") + 1)
    return pk


@transaction.atomic
def _judge(pk: int) -> None:
    file = waiting().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if file is None:  # another worker has it
        return
    verdict = _verdict(file)
    file.judged_at = timezone.now()
    if isinstance(verdict, Verdict):
        file.verdict = {"covered": verdict.covered, "score": round(verdict.score, 4), "figures": verdict.figures}
        word = "covered" if verdict.covered else "clear"
    else:
        file.verdict, word = verdict, verdict["refused"]
    file.save(update_fields=["judged_at", "verdict"])
    if isinstance(verdict, Verdict) and verdict.covered:
        events.tell(_told(file))
    transaction.on_commit(lambda: JUDGED.inc(word))


def _verdict(file: MediaFile) -> Verdict | dict[str, Any]:
    """The verdict, or the rule by which the photo was refused and what was measured."""
    if file.judge_tries > MOST_TRIES:
        return {"refused": "most_tries", "value": file.judge_tries}
    try:
        return judge_photo(file, Path(settings.MEDIA_ROOT))
    except PhotoUnreadable as refusal:
        return {"refused": refusal.facts["rule"], "value": refusal.facts["value"]}
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("photo %d could not be judged", file.pk)
        return {"refused": "fault", "value": events.error_words(fault)}


def _told(file: MediaFile) -> Told:
    """The photo as an event: at its own time where that can be, at its arrival otherwise."""
    taken: datetime = file.device_time or file.received_at
    if not file.received_at - MOST_LATE <= taken <= file.received_at + MOST_AHEAD:
        taken = file.received_at
    channel = file.channel or 0
    bits = 1 << (channel - 1) if 1 <= channel <= MOST_CHANNEL else 0
    return Told(
        rule=CameraCovered.code,
        vehicle_id=file.vehicle_id,
        at=int(taken.timestamp()),
        reference=f"media:{file.pk}",
        latitude_e6=file.latitude_e6,
        longitude_e6=file.longitude_e6,
        measures={"channels": bits, "score_percent": round(100 * file.verdict["score"])},
    )
