"""Detecting a vehicle's span anew (重检): after backfill, or once a detector that failed is mended.

The span is widened until no episode is cut: to before every finding it touches, and by each rule's reach and duration.
The vehicle's track from there to its newest position is told to a fresh engine, whose memory then replaces the live one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from datacenter.detection import findings
from datacenter.detection.batch import MAX_SEGMENT_S, Context
from datacenter.detection.episodes import Engine, Episode
from datacenter.detection.models import Finding
from datacenter.ingest.models import RedetectionSpan
from datacenter.tracks import store

_FAR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Pending:
    """All pending spans of one vehicle as one (unix seconds), with the rows that asked for it."""

    vehicle_id: int
    started: int
    ended: int
    rows: tuple[int, ...]


def next_vehicle(shard: int, epoch: int) -> Pending | None:
    """The vehicle whose span has waited longest. What failed by a detector's fault waits for a worker's next life."""
    due = RedetectionSpan.objects.filter(shard=shard)
    due = due.filter(Q(reason=RedetectionSpan.Reason.BACKFILL) | Q(tried_in_epoch__lt=epoch))
    first = due.order_by("pk").values_list("vehicle_id", flat=True).first()
    if first is None:
        return None
    rows = list(due.filter(vehicle_id=first))
    return Pending(
        first,
        min(int(row.started_at.timestamp()) for row in rows),
        max(int(row.ended_at.timestamp()) for row in rows),
        tuple(row.pk for row in rows),
    )


def put_off(pending: Pending, epoch: int) -> None:
    """Leave the spans for the worker's next life: detecting them anew failed in this one."""
    RedetectionSpan.objects.filter(pk__in=pending.rows).update(
        reason=RedetectionSpan.Reason.FAULT, tried_in_epoch=epoch
    )


def redetect(engine: Engine, context: Context, pending: Pending) -> list[str]:
    """Find the span's findings anew and put ``engine``'s memory of the vehicle right; codes of new findings."""
    vehicle = pending.vehicle_id
    starts = {code: _clean_start(vehicle, code, pending, engine) for code in engine.rules}
    earliest = min(starts.values(), default=pending.started) - MAX_SEGMENT_S
    track = store.between(vehicle, findings.moment(earliest), findings.moment(pending.ended) + _FAR)
    fresh = Engine(list(engine.rules.values()))
    episodes, faults = fresh.process(track, context)
    if faults:
        raise next(iter(faults.values()))
    new: list[str] = []
    for code, rule in engine.rules.items():
        told: dict[int, Episode] = {e.started: e for e in episodes if e.detector == code}  # the last word on each
        new += findings.reconcile(
            vehicle, code, list(told.values()), rule, pending.started - rule.reach_s, pending.ended + rule.reach_s
        )
    engine.adopt(vehicle, fresh)
    RedetectionSpan.objects.filter(pk__in=pending.rows).delete()
    return new


def _clean_start(vehicle: int, code: str, pending: Pending, engine: Engine) -> int:
    """A moment before which nothing of the rule matters to the span: no episode that touches it began earlier."""
    rule = engine.rules[code]
    margin = rule.reach_s + int(rule.limits.lasting_s)
    start = pending.started - margin
    while True:
        first = (
            Finding.objects.filter(
                vehicle_id=vehicle,
                detector=code,
                started_at__lt=findings.moment(start),
                ended_at__gte=findings.moment(start - rule.reach_s),
            )
            .exclude(state=Finding.State.SUPERSEDED)
            .order_by("started_at")
            .first()
        )
        if first is None:
            return start - rule.reach_s
        start = int(first.started_at.timestamp()) - margin
