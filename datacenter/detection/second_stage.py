"""What one vehicle's positions don't show (第二阶段检测): a driver's hours over vehicles, vehicles silent for a day.

Tasks call it; it reads tracks and bindings, asks the pure rules of ``hours``, and keeps findings by the same door.
Only drivers known by card or sign-in have hours: a binding of the registry says who may drive, not who does.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Min, Q

from datacenter import metrics
from datacenter.detection import findings, hours
from datacenter.detection.batch import ACC_ON
from datacenter.detection.detectors.second import DayHours, SilentDay, WeekHours
from datacenter.detection.episodes import Episode, Rule
from datacenter.detection.events import rule_in_force
from datacenter.detection.models import DrivingSpan, Finding
from datacenter.detection.relief import IDENTIFIED
from datacenter.registry.models import DriverBinding, Vehicle
from datacenter.tracks import store

_KEPT = timedelta(days=15)  # two windows of the longest rule
_EVER = 2**62


def follow_drivers(now: datetime, look_back: timedelta) -> int:
    """Bring the hours of identified drivers up to ``now`` from ``look_back`` ago, and judge them; how many were found.

    Positions that come later than ``look_back`` are counted by a run that looks back farther.
    """
    rules = [rule for code in (DayHours.code, WeekHours.code) if (rule := rule_in_force(code)) is not None]
    if not rules:
        return 0
    since = now - look_back
    kinds = {kind for rule in rules for kind, applies in rule.limits.kinds.items() if applies}
    bindings = DriverBinding.objects.filter(
        Q(until__isnull=True) | Q(until__gt=since), since__lt=now, source__in=IDENTIFIED, vehicle__kind__in=kinds
    )
    vehicles = sorted(set(bindings.values_list("vehicle_id", flat=True)))
    drivers: set[int] = set()
    for vehicle_id in vehicles:
        drivers |= _follow_vehicle(vehicle_id, since, now, rules[0].limits)
    DrivingSpan.objects.filter(ended_at__lt=now - _KEPT).delete()
    found = [code for driver in sorted(drivers) for code in _judge(driver, since, now, rules)]
    for code in found:
        metrics.FINDINGS.inc(code)
    return len(found)


@transaction.atomic
def _follow_vehicle(vehicle_id: int, since: datetime, now: datetime, limits: Any) -> set[int]:
    """The vehicle's spans from ``since`` anew, whole ones; the drivers they belong to."""
    pause = timedelta(seconds=limits.pause_s)
    touched = DrivingSpan.objects.filter(vehicle_id=vehicle_id, ended_at__gte=since - pause)
    begin = min(since, touched.aggregate(first=Min("started_at"))["first"] or since)
    drivers = set(touched.values_list("practitioner_id", flat=True))
    touched.delete()
    track = store.between(vehicle_id, begin, now)
    driving = (track.speed_dkmh > limits.moving_kmh * 10) & ((track.status & ACC_ON) != 0)
    spans = hours.stretches(track.device_time, driving, limits.pause_s)
    stints: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for driver, start, end in DriverBinding.objects.filter(
        Q(until__isnull=True) | Q(until__gt=begin), vehicle_id=vehicle_id, since__lt=now, source__in=IDENTIFIED
    ).values_list("practitioner_id", "since", "until"):
        stints[driver].append((int(start.timestamp()), int(end.timestamp()) if end else _EVER))
    DrivingSpan.objects.bulk_create(
        [
            DrivingSpan(
                practitioner_id=driver,
                vehicle_id=vehicle_id,
                started_at=findings.moment(start),
                ended_at=findings.moment(end),
            )
            for driver, at_wheel in stints.items()
            for start, end in hours.shared(spans, at_wheel)
        ],
        ignore_conflicts=True,
    )
    return drivers | set(stints)


@transaction.atomic
def _judge(driver: int, since: datetime, now: datetime, rules: list[Rule]) -> list[str]:
    """Findings of one driver's hours; each belongs to the vehicle at whose wheel the limit was passed."""
    rows = DrivingSpan.objects.filter(practitioner_id=driver).select_related("vehicle").order_by("started_at")
    spans = [
        (hours.Driven(int(r.started_at.timestamp()), int(r.ended_at.timestamp()), r.vehicle_id), r.vehicle.kind)
        for r in rows
    ]
    found: list[str] = []
    for rule in rules:
        code, limits = rule.detector.code, rule.limits
        driven = [one for one, kind in spans if limits.kinds.get(kind)]
        episodes = [
            Episode(
                code,
                one.vehicle_id,
                one.started,
                one.ended,
                int(now.timestamp()) - one.ended < limits.pause_s,
                0,
                0,
                {"driven_s": one.driven_s, "vehicles": one.vehicles},
            )
            for one in hours.excesses(driven, limits.window_s, limits.limit_s)
            if one.ended >= int(since.timestamp())
        ]
        found += findings.keep(episodes, {code: rule})
    return found


@transaction.atomic
def look_for_silence(now: datetime) -> int:
    """Vehicles in operation of which the hot days have something but the last day has nothing; how many are new."""
    rule = rule_in_force(SilentDay.code)
    if rule is None:
        return 0
    in_use = set(Vehicle.objects.filter(state=Vehicle.State.ACTIVE).values_list("pk", flat=True))
    latest = store.latest()
    moment = int(now.timestamp())
    seen = np.maximum(latest.device_time, latest.received_us // 1_000_000)
    episodes, heard = [], {}
    for vehicle_id, last, device_time in zip(
        latest.vehicle_id.tolist(), seen.tolist(), latest.device_time.tolist(), strict=True
    ):
        if moment - last > rule.limits.silence_s and vehicle_id in in_use:
            measures = {"silent_s": moment - last}
            episodes.append(Episode(SilentDay.code, vehicle_id, device_time, moment, True, 0, 0, measures))
        else:
            heard[vehicle_id] = last
    new = findings.keep(episodes, {SilentDay.code: rule})
    for row in Finding.objects.filter(detector=SilentDay.code, state=Finding.State.ONGOING, vehicle_id__in=heard):
        row.state = Finding.State.ENDED  # heard of again; when exactly stands in the track
        row.save(update_fields=["state"])
    for code in new:
        metrics.FINDINGS.inc(code)
    return len(new)
