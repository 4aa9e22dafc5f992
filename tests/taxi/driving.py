"""Taxis that drove: tracks in the database, and the records of their trips."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction

from datacenter.detection.models import Finding
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.position import Flag, Positions
from taxi.detection import trips
from taxi.models import Trip
from tests.conftest import _as_role
from tests.detection.running import drive

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
# Three hours from there lie in one day of the city: a meter is judged by the day.
BEGAN = NOW - timedelta(hours=4 if (NOW.hour - 4 + 8) % 24 < 21 else 7)
LATER = timedelta(hours=1)
STREET = ((600, 36),)
"""Ten minutes at 36 km/h: six kilometres."""


def put(track: Positions) -> None:
    """Store a track, as workers do."""
    days = {store.day_of(int(t)) for t in (track.device_time.min(), track.device_time.max())}
    with _as_role("DATABASE_INGEST_URL"), transaction.atomic(), connection.cursor() as cursor:
        store.make_partitions(sorted(days))
        store.append_once(cursor, track, [b""] * len(track))


def driven(
    vehicle: Vehicle, *pieces: tuple[int, int], began: datetime = BEGAN, step: int = 10, loaded: Any = None
) -> Positions:
    """A track north from Dawa's seat in pieces of (seconds, km/h); ``loaded`` is a span of seconds from its start."""
    track = drive(*pieces, start=int(began.timestamp()), step=step, vehicle=vehicle.pk)
    track.flags[:] |= int(Flag.TAXI)
    if loaded:
        at = track.device_time - int(began.timestamp())
        track.flags[(at >= loaded[0]) & (at <= loaded[1])] |= int(Flag.LOADED)
    return track


def record(vehicle: Vehicle, metered_m: int, lasting_s: int = 600, *, began: datetime = BEGAN, **facts: Any) -> Trip:
    """A trip record whose places are those of ``driven``, received at its end."""
    ended = began + timedelta(seconds=lasting_s)
    count = Trip.objects.count()
    plain: dict[str, Any] = {
        "vehicle": vehicle,
        "county_id": vehicle.county_id,
        "company_id": vehicle.company_id,
        "received_at": ended + timedelta(seconds=5),
        "boarded_at": began,
        "alighted_at": ended,
        "trip_id": int(began.timestamp()),
        "evaluation_id": 0,
        "rating": 0,
        "rating_ext": 0,
        "call_order_id": 0,
        "distance_dkm": metered_m // 100,
        "fare_jiao": 150,
        "empty_dkm": 0,
        "waited_s": 0,
        "surcharge_jiao": 0,
        "trip_no": 7000 + count,
        "body": b"",
    }
    return Trip.objects.create(**(plain | facts))


def judge(now: datetime | None = None) -> int:
    """What beat's worker does an hour after the trip, or at ``now``."""
    with _as_role("DATABASE_INGEST_URL"):
        return trips.judge_due(NOW - timedelta(hours=3) + LATER if now is None else now)


def with_clock_back(track: Positions) -> Positions:
    """The same times told once more from 11 km away: as after a clock that went back an hour."""
    again = track.take(np.arange(len(track)))
    again.latitude_e6[:] += 100_000
    again.body_hash[:] += 1
    return Positions.join([track, again])


def found(detector: str = "taxi.unmetered_signal") -> list[Finding]:
    """What stands, the oldest first."""
    return list(Finding.objects.filter(detector=detector).exclude(state="superseded").order_by("started_at"))
