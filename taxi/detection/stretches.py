"""Loaded stretches that no trip record covers (重车行驶而无营运记录), looked for once records have had time to come.

It keeps no state: what was found already is known by its finding, so that looking twice, or again after a kill, finds
nothing twice. Whoever looks back farther finds what came late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from datacenter.detection import events, findings
from datacenter.detection.events import Told, rule_in_force
from datacenter.detection.models import Finding
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.position import Positions
from taxi.detection.detectors import UnmeteredSignal
from taxi.detection.loaded import Stretch, stretches
from taxi.detection.metering import Reason
from taxi.detection.ridden import Ridden, ridden
from taxi.models import Trip

HALF_DAY = timedelta(hours=12)
BEFORE = timedelta(hours=3)
"""A stretch that began longer before what is looked at is found only by a run that looks back farther."""
_AT_ONCE = 50  # vehicles whose tracks are held in memory together


def look(now: datetime, look_back: timedelta) -> int:
    """Judge the stretches that ended in ``look_back`` up to ``record_wait_s`` before ``now``; how many were found."""
    rule = rule_in_force(UnmeteredSignal.code)
    if rule is None:
        return 0
    until = now - timedelta(seconds=rule.limits.record_wait_s)
    since = until - look_back
    return sum(_look_at(pks, since, until, rule.limits) for pks in _senders(since, until))


def _senders(since: datetime, until: datetime) -> Iterator[list[int]]:
    """Taxis that sent trip records about then, some at a time."""
    rows = Trip.objects.filter(boarded_at__gte=since - HALF_DAY, boarded_at__lte=until + HALF_DAY)
    found = sorted(set(rows.filter(vehicle__kind=Vehicle.Kind.TAXI).order_by().values_list("vehicle_id", flat=True)))
    for first in range(0, len(found), _AT_ONCE):
        yield found[first : first + _AT_ONCE]


@transaction.atomic
def _look_at(vehicle_ids: list[int], since: datetime, until: datetime, limits: Any) -> int:
    track = store.of_many(vehicle_ids, since - BEFORE, until)
    # Records that come while this is read are seen: they are read after the positions.
    recorded = _recorded(vehicle_ids, since - BEFORE - HALF_DAY, until + HALF_DAY)
    known = _known(vehicle_ids, since - BEFORE, until)
    found = 0
    for vehicle_id in vehicle_ids:
        rows = slice(*np.searchsorted(track.vehicle_id, [vehicle_id, vehicle_id + 1]).tolist())
        own = track.take(rows)
        for stretch in stretches(own, limits.silence_s):
            in_turn = since.timestamp() < stretch.ended
            if in_turn and not stretch.covered(known[vehicle_id]):
                found += _judge(vehicle_id, own, stretch, recorded[vehicle_id], limits)
    return found


def _recorded(vehicle_ids: list[int], since: datetime, until: datetime) -> dict[int, list[tuple[int, int]]]:
    rows = Trip.objects.filter(vehicle_id__in=vehicle_ids, boarded_at__gte=since, boarded_at__lte=until)
    return _spans(rows.order_by().values_list("vehicle_id", "boarded_at", "alighted_at"))


def _known(vehicle_ids: list[int], since: datetime, until: datetime) -> dict[int, list[tuple[int, int]]]:
    rows = Finding.objects.filter(
        vehicle_id__in=vehicle_ids, detector=UnmeteredSignal.code, started_at__lte=until, ended_at__gte=since
    ).exclude(state=Finding.State.SUPERSEDED)
    return _spans(rows.order_by().values_list("vehicle_id", "started_at", "ended_at"))


def _spans(rows: Any) -> dict[int, list[tuple[int, int]]]:
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for vehicle_id, began, ended in rows:
        spans[vehicle_id].append((int(began.timestamp()), int(ended.timestamp())))
    return spans


def _judge(vehicle_id: int, track: Positions, stretch: Stretch, records: list[tuple[int, int]], limits: Any) -> int:
    if stretch.lasting_s < limits.lasting_s or stretch.meter_fault or stretch.covered(records):
        return 0
    near_s = int(HALF_DAY.total_seconds())
    others = sum(stretch.began - near_s <= boarded <= stretch.ended + near_s for boarded, _ in records)
    way = ridden(track, stretch.began, stretch.ended)
    if others < limits.least_records or way is None or not way.reliable(limits.silence_s):
        return 0
    if way.distance_m < limits.least_m:
        return 0
    return int(_tell(vehicle_id, stretch, way, others) is not None)


def _tell(vehicle_id: int, stretch: Stretch, way: Ridden, others: int) -> Finding | None:
    return events.tell(
        Told(
            rule=UnmeteredSignal.code,
            vehicle_id=vehicle_id,
            at=stretch.began,
            reference=f"loaded:{findings.moment(stretch.began):%Y%m%dT%H%M%SZ}",
            lasting_s=stretch.lasting_s,
            latitude_e6=way.first_e6[0],
            longitude_e6=way.first_e6[1],
            measures={
                "reasons": int(Reason.UNRECORDED),
                "boarded_s": stretch.began,
                "alighted_s": stretch.ended,
                "tracked_m": way.distance_m,
                "records": others,
            },
        )
    )
