"""Which vehicles passed here then (经过查询): from the where-was-it index, and from what is not in it yet.

Between two fixes a vehicle is taken to have driven straight and at one speed (``segments``). A moment of the answer
may therefore lie between two reports. Chunks are read before cells, and cells before the archive: whatever moves from
one to the next meanwhile is met twice, never missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from datacenter.accounts.scope import CITY, entered
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.tracks import cell_archive, cells, chunks, follow
from datacenter.tracks.grid import METRES_PER_E6, cells_around
from datacenter.tracks.position import Array
from datacenter.tracks.segments import MAX_GAP_S, MAX_SPEED_MS, Segments

ANOTHER_PASS_S = 300
"""Out of the circle, or unheard of, for longer than this: coming back is another pass."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passes:
    """One row a vehicle, columns of shape (n,), the nearest first. Times are unix seconds with fractions."""

    vehicle_id: npt.NDArray[np.int64]
    nearest_s: Floats
    distance_m: Floats
    first_s: Floats
    last_s: Floats
    count: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vehicle_id)


def passed(place: tuple[float, float], radius_m: float, start: datetime, end: datetime) -> Passes:
    """The vehicles that came within ``radius_m`` of ``place`` (latitude, longitude, WGS-84) from ``start`` to ``end``.

    For every vehicle of the city: who asks for less goes through ``passed_visible_to``. In a web request this must run
    with the city's scope, or PostgreSQL shows nothing.
    """
    centre = (round(place[0] * 1e6), round(place[1] * 1e6))
    begin_s, end_s = start.timestamp(), end.timestamp()
    wanted = cells.slots_of(math.floor(begin_s), math.ceil(end_s))
    around = cells_around(*centre, radius_m)
    with connection.cursor() as cursor:
        waiting = _waiting(cursor, centre, radius_m, math.floor(begin_s), math.ceil(end_s))
        indexed: list[cells.Payload] = [*cells.read(cursor, around, wanted), *cell_archive.read(around, wanted)]
    found = Segments.join([cells.unpack(indexed, _box(centre, radius_m)), waiting])
    return _inside(found, centre, radius_m, begin_s, end_s)


def passed_visible_to(
    user: Any, place: tuple[float, float], radius_m: float, start: datetime, end: datetime, kind: str = ""
) -> list[tuple[Vehicle, Pass]]:
    """``passed``, cut to the vehicles that ``user`` may see (of one ``kind`` where given), the nearest first."""
    # The index holds many vehicles in a row; what the user gets is decided below, under its own scope.
    with entered(CITY):
        found = passed(place, radius_m, start, end)
    rows = vehicles_visible_to(user).filter(pk__in=found.vehicle_id.tolist())
    if kind:
        rows = rows.filter(kind=kind)
    vehicles = {vehicle.pk: vehicle for vehicle in rows}
    return [(vehicles[row.vehicle_id], row) for row in _rows(found) if row.vehicle_id in vehicles]


@dataclass(frozen=True, slots=True)
class Pass:
    """One vehicle's answer; times aware, distance in metres."""

    vehicle_id: int
    nearest_at: datetime
    distance_m: float
    first_at: datetime
    last_at: datetime
    count: int


def _rows(found: Passes) -> Iterator[Pass]:
    columns = (found.vehicle_id, found.nearest_s, found.distance_m, found.first_s, found.last_s, found.count)
    for vehicle, nearest, distance, first, last, count in zip(*(c.tolist() for c in columns), strict=True):
        yield Pass(vehicle, _moment(nearest), distance, _moment(first), _moment(last), count)


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(round(unix_s, 1), UTC)


# --- what the follower has not taken up yet ---
def _waiting(cursor: Any, centre: tuple[int, int], radius_m: float, begin_s: int, end_s: int) -> Segments:
    """The records that the follower would make of waiting chunks, of vehicles that came near."""
    _, rows = chunks.read(cursor, span=(begin_s - MAX_GAP_S, end_s + MAX_GAP_S))
    if not len(rows):
        return Segments.join([])
    reach = (radius_m + MAX_GAP_S * MAX_SPEED_MS) / METRES_PER_E6
    near = np.abs(rows.latitude_e6 - centre[0]) <= reach
    near &= np.abs(rows.longitude_e6 - centre[1]) <= reach / math.cos(math.radians(centre[0] / 1e6))
    vehicles = np.unique(rows.vehicle_id[near])
    rows = rows.take(np.isin(rows.vehicle_id, vehicles)).sorted()
    if not len(rows):
        return Segments.join([])
    state = follow.state_of(cursor, rows, vehicles)
    late = follow.late_vehicles(rows, state)
    days = follow.late_days(cursor, rows.take(late)) if late.any() else []
    return Segments.join([follow.ways_of(rows.take(~late), state), *(day.changes for day in days)])


# --- geometry ---
def _box(centre: tuple[int, int], radius_m: float) -> cells.Box:
    """The box around the circle, and a little more."""
    north = math.ceil(radius_m / METRES_PER_E6) + 2
    east = math.ceil(radius_m / METRES_PER_E6 / math.cos(math.radians(centre[0] / 1e6))) + 2
    return centre[0] - north, centre[0] + north, centre[1] - east, centre[1] + east


def _inside(ways: Segments, centre: tuple[int, int], radius_m: float, begin_s: float, end_s: float) -> Passes:
    """What ``ways`` say about the circle and the time."""
    lat, lon = centre
    per_lon = METRES_PER_E6 * math.cos(math.radians(lat / 1e6))
    ways = without_gone(ways)
    ways = ways.take((ways.end_s >= begin_s) & (ways.start_s <= end_s))
    # Metres from the centre on a plane: within a kilometre less than a millimetre a metre off the sphere.
    x0, y0 = (ways.from_lon - lon) * per_lon, (ways.from_lat - lat) * METRES_PER_E6
    dx, dy = (ways.to_lon - ways.from_lon) * per_lon, (ways.to_lat - ways.from_lat) * METRES_PER_E6
    lasting = (ways.end_s - ways.start_s).astype(np.float64)
    safe = np.where(lasting > 0, lasting, 1.0)
    # The part of each way (0 to 1) that lies in the time asked for; a way of no time lies in it whole.
    low = np.where(lasting > 0, np.clip((begin_s - ways.start_s) / safe, 0, 1), 0.0)
    high = np.where(lasting > 0, np.clip((end_s - ways.start_s) / safe, 0, 1), 1.0)
    square = dx * dx + dy * dy
    moving = square > 0
    over = np.where(moving, square, 1.0)
    foot = np.where(moving, -(x0 * dx + y0 * dy) / over, 0.0)
    at = np.clip(foot, low, high)
    distance = np.hypot(x0 + at * dx, y0 + at * dy)
    # Where the way enters and leaves the circle.
    half = np.sqrt(np.maximum(radius_m**2 - np.hypot(x0 + foot * dx, y0 + foot * dy) ** 2, 0.0) / over)
    enters = np.where(moving, np.clip(foot - half, low, high), low)
    leaves = np.where(moving, np.clip(foot + half, low, high), high)
    hit = np.flatnonzero(distance <= radius_m)
    begins = (ways.start_s + enters * lasting)[hit]
    ends = (ways.start_s + leaves * lasting)[hit]
    nearest = (ways.start_s + np.where(moving, at, low) * lasting)[hit]
    return _by_vehicle(ways.vehicle_id[hit], nearest, distance[hit], begins, ends)


def _by_vehicle(
    vehicle: npt.NDArray[np.int64], nearest: Floats, distance: Floats, begins: Floats, ends: Floats
) -> Passes:
    if not len(vehicle):
        none = np.empty(0, np.float64)
        return Passes(np.empty(0, np.int64), none, none, none, none, np.empty(0, np.int64))
    # One number to sort by, in milliseconds: three times as fast as two keys where a place is crowded.
    order = np.argsort(vehicle << 31 | ((begins - begins.min()) * 1000).astype(np.int64))
    vehicle = vehicle[order]
    nearest, distance, begins, ends = (column[order] for column in (nearest, distance, begins, ends))
    opens = _opens(vehicle)
    first = np.flatnonzero(opens)
    number = np.cumsum(opens) - 1
    # The nearest, and of those within half a millimetre of it the earliest.
    least = np.minimum.reduceat(distance, first)
    near = np.flatnonzero(distance <= least[number] + 0.0005)
    best = near[_opens(number[near])]
    # The latest end so far, vehicle by vehicle: ends are raised above all of the vehicle before, then run up.
    span = float(ends.max() - ends.min()) + 1.0
    reached = np.maximum.accumulate(ends - ends.min() + number * span) - number * span + ends.min()
    again = np.ones(len(order), np.int64)
    again[1:] = opens[1:] | (begins[1:] - reached[:-1] > ANOTHER_PASS_S)
    last = np.append(first[1:], len(order)) - 1
    found = Passes(vehicle[first], nearest[best], least, begins[first], reached[last], np.add.reduceat(again, first))
    rank = np.lexsort((found.nearest_s, found.distance_m))
    return Passes(*(getattr(found, name)[rank] for name in Passes.__slots__))


def _opens(vehicle: Array) -> npt.NDArray[np.bool_]:
    opens = np.ones(len(vehicle), np.bool_)
    opens[1:] = vehicle[1:] != vehicle[:-1]
    return opens


# --- ways that were taken back ---
def without_gone(ways: Segments) -> Segments:
    """``ways`` less those between whose fixes another one came in late. A stay that holds such a way is cut in two."""
    if not ways.gone.any():
        return ways
    gone, ways = ways.take(ways.gone), ways.take(~ways.gone)
    doubtful = np.isin(ways.vehicle_id, np.unique(gone.vehicle_id))
    by_vehicle: dict[int, list[tuple[int, ...]]] = {}
    for key in _tuples(gone):
        by_vehicle.setdefault(key[0], []).append(key[1:])
    kept: list[tuple[int, ...]] = []
    for vehicle, *way in _tuples(ways.take(doubtful)):
        pieces = [tuple(way)]
        for lost in by_vehicle[vehicle]:
            pieces = [piece for whole in pieces for piece in _less(whole, lost)]
        kept += [(vehicle, *piece) for piece in pieces]
    mended = np.array(kept, np.int64).reshape(-1, 7).T
    return Segments.join([ways.take(~doubtful), Segments.of(mended, np.zeros(len(kept), np.bool_))])


def _less(way: tuple[int, ...], lost: tuple[int, ...]) -> list[tuple[int, ...]]:
    """What is left of ``way`` without ``lost``: (start, end, from lat, lon, to lat, lon) each."""
    if way == lost and way[2:4] != way[4:6]:
        return []
    stay = way[2:4] == way[4:6] and way[2:] == lost[2:]
    if stay and way[0] <= lost[0] and lost[1] <= way[1] and lost[0] < lost[1]:
        return [(way[0], lost[0], *way[2:]), (lost[1], way[1], *way[2:])]
    return [way]


def _tuples(ways: Segments) -> list[tuple[int, ...]]:
    columns = (ways.vehicle_id, ways.start_s, ways.end_s, ways.from_lat, ways.from_lon, ways.to_lat, ways.to_lon)
    return list(zip(*(column.tolist() for column in columns), strict=True))
