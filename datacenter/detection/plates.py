"""Plates that cameras beside the road read (车牌识别): kept once, and held against the vehicle's own track.

A plate read where its vehicle can't have been is on another vehicle too. Two terminals that speak for one vehicle show
as jumps of its track (``position.jump``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from datacenter.detection import events
from datacenter.detection.detectors.second import ClonedPlate
from datacenter.detection.elsewhere import intake
from datacenter.detection.events import Told, rule_in_force
from datacenter.detection.models import PlateRead
from datacenter.geo.measure import distance_m
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.position import Flag, Positions


@dataclass(frozen=True, slots=True)
class Read:
    """One plate as a source reports it; ``reference`` is the source's own number of it."""

    plate: str
    read_at: datetime
    latitude_e6: int
    longitude_e6: int
    source: str
    reference: str
    plate_colour: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Apart:
    """How far a read was from the vehicle's track, and how fast the vehicle would have had to be."""

    away_m: int
    implied_kmh: int


@transaction.atomic
def record(read: Read) -> PlateRead | None:
    """Keep a read and judge it; None where it is here already."""
    vehicles = Vehicle.objects.filter(plate=read.plate)
    if read.plate_colour is not None:
        vehicles = vehicles.filter(plate_colour=read.plate_colour)
    found = list(vehicles[:2])
    vehicle = found[0] if len(found) == 1 else None  # one number in two colours: whose it is nobody knows
    row = PlateRead(
        plate=read.plate,
        plate_colour=read.plate_colour,
        read_at=read.read_at,
        latitude_e6=read.latitude_e6,
        longitude_e6=read.longitude_e6,
        place=read.place,
        source=read.source,
        reference=read.reference,
        vehicle=vehicle,
    )
    if PlateRead.objects.filter(source=read.source, reference=read.reference).exists():
        return None
    row.save(force_insert=True)
    if vehicle is not None:
        _judge(row, vehicle)
    elif not found:
        intake.note_read(row)
    return row


def _judge(row: PlateRead, vehicle: Vehicle) -> None:
    rule = rule_in_force(ClonedPlate.code)
    if rule is None:
        return
    near = timedelta(seconds=rule.limits.most_gap_s)
    track = store.between(vehicle.pk, row.read_at - near, row.read_at + near + timedelta(seconds=1))
    at = int(row.read_at.timestamp())
    apart = beyond_reach(track, at, row.latitude_e6, row.longitude_e6, rule.limits)
    if apart is None:
        return
    events.tell(
        Told(
            rule=ClonedPlate.code,
            vehicle_id=vehicle.pk,
            at=at,
            reference=f"plate:{row.pk}",
            latitude_e6=row.latitude_e6,
            longitude_e6=row.longitude_e6,
            measures={"away_m": apart.away_m, "implied_kmh": apart.implied_kmh},
        )
    )


def beyond_reach(track: Positions, at: int, latitude_e6: int, longitude_e6: int, limits: Any) -> Apart | None:
    """Whether the vehicle of ``track`` can't have been at a place at ``at`` (unix seconds); the worse of both sides.

    The last qualified fix up to then and the first one after it count, each at most ``most_gap_s`` away.
    """
    sound = np.flatnonzero((track.flags & Flag.QUALIFIED) != 0)
    times = track.device_time[sound]
    split = int(np.searchsorted(times, at, side="right"))
    worst: Apart | None = None
    for index in (split - 1, split):
        if not 0 <= index < len(sound):
            continue
        gap_s = abs(int(times[index]) - at)
        if gap_s > limits.most_gap_s:
            continue
        fix = sound[index]
        places = (int(track.latitude_e6[fix]), int(track.longitude_e6[fix]), latitude_e6, longitude_e6)
        away_m = int(distance_m(*(value * 1e-6 for value in places)))
        implied_kmh = away_m * 36 // (10 * (gap_s + limits.clock_s))
        far = away_m >= limits.least_m and implied_kmh > limits.implied_kmh
        if far and (worst is None or implied_kmh > worst.implied_kmh):
            worst = Apart(away_m, implied_kmh)
    return worst
