"""The track beside a trip record (行程轨迹): where the vehicle was, and how far it went by its own positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from datacenter.accounts.scope import CITY, entered
from datacenter.geo.measure import distance_m, segment_mm
from datacenter.tracks import store
from datacenter.tracks.position import Flag, Positions
from taxi.models import Trip

AROUND = timedelta(minutes=1)
LONGEST = timedelta(hours=12)
"""A trip that claims to be longer shows the track of its first hours."""
MOST_OTHERS = 200
USUAL_DAYS, LEAST_OTHERS = 60, 3
"""Others' ways are looked for so far back; of fewer than three nobody can say what is usual."""
GAP_S = 300
"""Past this silence nobody knows how far it went; as on the track's page."""


@dataclass(frozen=True, slots=True)
class Way:
    """``points`` are [unix seconds, longitude, latitude, km/h], a minute more at each end; distances in metres.

    ``distance_m`` is None where no two positions lie inside the trip, ``straight_m`` where a place is missing;
    ``silent_s`` is how long no position came for more than ``GAP_S``.
    """

    points: list[list[float]]
    distance_m: int | None
    straight_m: int | None
    silent_s: int

    @property
    def distance_km(self) -> float | None:
        """How far it went by its own positions."""
        return None if self.distance_m is None else self.distance_m / 1000

    @property
    def straight_km(self) -> float | None:
        """Between the two places of the record, as the crow flies."""
        return None if self.straight_m is None else self.straight_m / 1000


@dataclass(frozen=True, slots=True)
class Usual:
    """How far others drove between the same two places: the median in metres, and of how many trips."""

    metres: int
    trips: int

    @property
    def km(self) -> float:
        """The same in kilometres."""
        return self.metres / 1000


def way_of(trip: Trip) -> Way:
    """The track of a trip's time, of positions that rules may use."""
    end = min(max(trip.alighted_at, trip.boarded_at), trip.boarded_at + LONGEST)
    return way_between(trip.vehicle_id, trip.boarded_at, end, straight_m=_straight_m(trip))


def way_between(vehicle_id: int, since: datetime, until: datetime, straight_m: int | None = None) -> Way:
    """The track of a vehicle between two moments, of positions that rules may use."""
    positions = store.between(vehicle_id, since - AROUND, until + AROUND)
    positions = positions.take((positions.flags & Flag.QUALIFIED) != 0)
    begun, ended = int(since.timestamp()), int(until.timestamp())
    inside = positions.take((positions.device_time >= begun) & (positions.device_time <= ended))
    times = inside.device_time
    pauses = times[1:] - times[:-1]
    return Way(
        points=_points(positions),
        distance_m=int(segment_mm(inside.latitude_e6, inside.longitude_e6).sum() // 1000) if len(inside) > 1 else None,
        straight_m=straight_m,
        silent_s=int(pauses[pauses > GAP_S].sum()),
    )


def others_between(trip: Trip, days: int) -> list[int]:
    """How far other taxis drove between the same two cells in the ``days`` before, in metres; the newest first."""
    if trip.board_cell is None or trip.alight_cell is None:
        return []
    rows = (
        Trip.objects.filter(board_cell=trip.board_cell, alight_cell=trip.alight_cell, tracked_m__isnull=False)
        .filter(boarded_at__gte=trip.boarded_at - timedelta(days=days), boarded_at__lte=trip.received_at)
        .exclude(vehicle_id=trip.vehicle_id)
        .order_by("-boarded_at")
    )
    return [metres for metres in rows.values_list("tracked_m", flat=True)[:MOST_OTHERS] if metres is not None]


def usual_way(trip: Trip) -> Usual | None:
    """The usual way between a trip's two places; None where fewer than ``LEAST_OTHERS`` went there."""
    with entered(CITY):  # a median over the city; whose ways they were does not leave here
        metres = others_between(trip, USUAL_DAYS)
    return Usual(round(median(metres)), len(metres)) if len(metres) >= LEAST_OTHERS else None


def compared(trip: Trip, way: Way) -> dict[str, Any] | None:
    """The taximeter's kilometres beside the track's: both in km, their difference, and that in percent of the track's.

    None where either is missing.
    """
    if trip.distance_dkm is None or way.distance_m is None:
        return None
    metered, tracked = trip.distance_dkm / 10, way.distance_m / 1000
    more = metered - tracked
    return {
        "metered_km": metered,
        "tracked_km": tracked,
        "more_km": more,
        "percent": round(100 * more / tracked) if tracked else None,
    }


def _points(positions: Positions) -> list[list[float]]:
    columns = (positions.device_time, positions.longitude_e6, positions.latitude_e6, positions.speed_dkmh)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [[at, longitude / 1e6, latitude / 1e6, speed / 10] for at, longitude, latitude, speed in rows]


def _straight_m(trip: Trip) -> int | None:
    ends = (trip.board_latitude_e6, trip.board_longitude_e6, trip.alight_latitude_e6, trip.alight_longitude_e6)
    if any(value is None for value in ends):
        return None
    return int(distance_m(*(value / 1e6 for value in ends if value is not None)))
