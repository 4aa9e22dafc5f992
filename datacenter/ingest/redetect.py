"""Detecting a vehicle's span anew (重检): after backfill, or once a detector that failed is mended.

The span is widened until no episode is cut: to before every finding it touches, and by each rule's reach and duration.
The vehicle's track from there to its newest position is told to a fresh engine; its memory then replaces the live one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from psycopg2.extras import execute_values

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


def add(spans: list[RedetectionSpan]) -> None:
    """Keep ``spans`` until they are detected anew; of one vehicle and reason they grow together to one row."""
    if not spans:
        return
    grown: dict[tuple[int, str, str], RedetectionSpan] = {}
    for span in spans:
        known = grown.setdefault((span.vehicle_id, span.reason, span.detector), span)
        known.started_at = min(known.started_at, span.started_at)
        known.ended_at = max(known.ended_at, span.ended_at)
    rows = [
        (s.shard, s.vehicle_id, s.started_at, s.ended_at, s.reason, s.detector, s.tried_in_epoch)
        for s in grown.values()
    ]
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            "INSERT INTO redetection_span AS s (shard, vehicle_id, started_at, ended_at, reason, detector,"
            " tried_in_epoch, created_at) VALUES %s ON CONFLICT (vehicle_id, reason, detector) DO UPDATE SET"
            " shard = excluded.shard, started_at = least(s.started_at, excluded.started_at),"
            " ended_at = greatest(s.ended_at, excluded.ended_at), tried_in_epoch = excluded.tried_in_epoch",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s, now())",
            page_size=1000,
        )


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


def put_off(pending: Pending, shard: int, epoch: int) -> None:
    """Leave the spans for the worker's next life: detecting them anew failed in this one.

    They join what an earlier failure left, which is why they are not just marked: there is one such row of a vehicle.
    """
    RedetectionSpan.objects.filter(pk__in=pending.rows).delete()
    add(
        [
            RedetectionSpan(
                shard=shard,
                vehicle_id=pending.vehicle_id,
                started_at=findings.moment(pending.started),
                ended_at=findings.moment(pending.ended),
                reason=RedetectionSpan.Reason.FAULT,
                tried_in_epoch=epoch,
            )
        ]
    )


def redetect(engine: Engine, context: Context, pending: Pending) -> list[str]:
    """Find the span's findings anew and put ``engine``'s memory of the vehicle right; codes of new findings."""
    vehicle = pending.vehicle_id
    starts = {code: _clean_start(vehicle, code, pending, engine) for code in engine.rules}
    earliest = min(starts.values(), default=pending.started) - MAX_SEGMENT_S
    track = store.between(vehicle, findings.moment(earliest), findings.moment(pending.ended) + _FAR)
    # What is judged by its step from the position before, a passage or a jump, changes at the one after the span too.
    after = track.device_time[track.device_time > pending.ended]
    ended = int(after[0]) if len(after) else pending.ended
    fresh = Engine(list(engine.rules.values()))
    episodes, faults = fresh.process(track, context)
    if faults:
        raise next(iter(faults.values()))
    new: list[str] = []
    for code, rule in engine.rules.items():
        told: dict[int, Episode] = {e.started: e for e in episodes if e.detector == code}  # the last word on each
        new += findings.reconcile(
            vehicle, list(told.values()), rule, pending.started - rule.reach_s, ended + rule.reach_s
        )
    RedetectionSpan.objects.filter(pk__in=pending.rows).delete()
    engine.adopt(vehicle, fresh)  # last: what fails before it leaves memory as it was
    return new


def _clean_start(vehicle: int, code: str, pending: Pending, engine: Engine) -> int:
    """A moment before which nothing of the rule matters to the span: no episode that touches it began earlier."""
    rule = engine.rules[code]
    margin = rule.reach_s + rule.lasting_s
    start = pending.started - margin
    while True:
        first = (
            findings.of_rule(rule)
            .filter(
                vehicle_id=vehicle,
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
