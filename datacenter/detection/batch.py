"""What a detector sees: a batch of positions with the one before each (批次), and the world around them (上下文)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.detection.catalogue import BoolArray, IntArray
from datacenter.detection.corridors import Corridors
from datacenter.detection.crossings import Crossings
from datacenter.geo.measure import distance_m
from datacenter.geo.road_index import RoadIndex
from datacenter.tracks.position import Flag, Positions

# Over a longer silence nobody knows the way the vehicle took: no distance is counted.
MAX_SEGMENT_S = 300
FIRST = -1  # gap_s of a vehicle's first position
DAY_S = 86_400
_SHANGHAI_S = 8 * 3600  # UTC+8, without daylight saving since 1991
ACC_ON = np.uint32(1)


class Batch:
    """Positions of many vehicles, ordered by vehicle, device time and hash, none seen before.

    ``before`` has one row for each vehicle that had a position earlier than this batch: that one. Columns have shape
    (n,); ``previous`` gives the position before each row as the same columns, meaningless where ``gap_s`` is ``FIRST``.
    """

    kinds_of: Context | None = None  # whose answer ``kinds`` is
    kinds: npt.NDArray[np.int8]

    def __init__(self, positions: Positions, before: Positions) -> None:
        order = np.lexsort((positions.body_hash, positions.device_time, positions.vehicle_id))
        self.positions = positions.take(order)
        count = len(self.positions)
        vehicle = self.positions.vehicle_id
        self.opens = np.ones(count, np.bool_)  # first row of its vehicle in this batch
        self.opens[1:] = vehicle[1:] != vehicle[:-1]
        joined = Positions.join([before, self.positions])
        index = np.arange(count) - 1 + len(before)
        known = np.argsort(before.vehicle_id, kind="stable")
        starts = np.flatnonzero(self.opens)
        if len(before):
            at = np.searchsorted(before.vehicle_id[known], vehicle[starts])
            at = np.minimum(at, len(known) - 1)
            found = before.vehicle_id[known[at]] == vehicle[starts]
            index[starts] = np.where(found, known[at], starts + len(before))
        else:
            found = np.zeros(len(starts), np.bool_)
            index[starts] = starts
        self.previous = joined.take(index)
        first = np.zeros(count, np.bool_)
        first[starts] = ~found
        self.gap_s: IntArray = np.where(first, FIRST, self.positions.device_time - self.previous.device_time)

    def __len__(self) -> int:
        return len(self.positions)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.positions, name)

    @cached_property
    def qualified(self) -> BoolArray:
        """Rows whose place and speed rules may use."""
        return (self.positions.flags & Flag.QUALIFIED) != 0

    @cached_property
    def day_s(self) -> IntArray:
        """Seconds since midnight in Asia/Shanghai."""
        return (self.positions.device_time + _SHANGHAI_S) % DAY_S

    @cached_property
    def ignition(self) -> BoolArray:
        """Rows with the ignition on (status bit 0)."""
        return (self.positions.status & ACC_ON) != 0

    @cached_property
    def unmoved(self) -> BoolArray:
        """Rows whose place is that of the position before, to the last digit."""
        here, there = self.positions, self.previous
        same = (here.latitude_e6 == there.latitude_e6) & (here.longitude_e6 == there.longitude_e6)
        return same & (self.gap_s >= 0)

    @cached_property
    def segment_mm(self) -> IntArray:
        """Way from the position before, in millimetres; 0 where either place is doubtful or the silence too long."""
        usable = (self.gap_s >= 0) & (self.gap_s <= MAX_SEGMENT_S) & self.qualified
        usable &= (self.previous.flags & Flag.QUALIFIED) != 0
        way = np.zeros(len(self), np.int64)
        rows = np.flatnonzero(usable)
        if len(rows):
            here, there = self.positions, self.previous
            places = (there.latitude_e6, there.longitude_e6, here.latitude_e6, here.longitude_e6)
            way[rows] = np.rint(distance_m(*(column[rows] * 1e-6 for column in places)) * 1000).astype(np.int64)
        return way


@dataclass(frozen=True, slots=True)
class Zone:
    """An area with a rule, ready for many questions at once."""

    area_id: int
    name: str
    kinds: frozenset[str]  # empty: all
    limit_kmh: int | None
    valid_from: int  # unix seconds
    valid_until: int
    bounds: tuple[float, float, float, float]  # west, south, east, north
    shape: Any  # prepared shapely geometry
    daily_from_s: int = 0  # seconds since midnight, Shanghai; the same as ``daily_until_s``: the whole day
    daily_until_s: int = 0


@dataclass
class Context:
    """What detectors may know beside the positions: kinds of vehicles, areas, roads, exemptions, as of a moment.

    ``kind_of`` gives each vehicle id its kind's number in ``KINDS`` (-1 unknown), ``county_of`` its county's code and
    ``company_of`` its company's id (-1 unknown); ``exempt`` gives each detector's code the vehicles it does not judge,
    with from and until in unix seconds. Refreshed by the worker.
    """

    kind_of: npt.NDArray[np.int8]
    forbidden: list[Zone] = field(default_factory=list)
    speed_zones: list[Zone] = field(default_factory=list)
    county_of: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    company_of: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    crossings: Crossings | None = None
    corridors: Corridors | None = None
    roads: RoadIndex | None = None
    exempt: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)

    def kinds(self, batch: Batch) -> npt.NDArray[np.int8]:
        """The kind of each row's vehicle as its number in ``KINDS``; looked up once a batch."""
        if batch.kinds_of is not self:
            batch.kinds = of_vehicles(self.kind_of, batch.vehicle_id)
            batch.kinds_of = self
        return batch.kinds

    def judged(self, code: str, holds: BoolArray, batch: Batch, kinds: Mapping[str, Any]) -> BoolArray | None:
        """``holds`` where the vehicle is of a kind that ``kinds`` has at 1 and not exempt from rule ``code``."""
        if not holds.any():
            return None
        holds = holds & (by_kind(self.kinds(batch), kinds, 0) > 0)
        for vehicle, since, until in self.exempt.get(code, ()):
            holds &= (batch.vehicle_id != vehicle) | (batch.device_time < since) | (batch.device_time >= until)
        return holds


def of_vehicles(column: npt.NDArray[Any], vehicle_ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The entry of each vehicle in a column by vehicle id; -1 where the column does not reach that far."""
    known = vehicle_ids < len(column)
    if len(column) and known.all():
        return column[vehicle_ids]
    padded = np.append(column, column.dtype.type(-1))
    return padded[np.where(known, vehicle_ids, len(column))]


KINDS = ("taxi", "bus", "coach", "hazmat", "heavy_truck")


def by_kind(kinds: npt.NDArray[np.int8], given: Mapping[str, Any], default: int) -> IntArray:
    """``given``'s value for the kind of each row; each value is one number, or one a row."""
    if all(np.ndim(value) == 0 for value in given.values()):
        return np.array([int(given.get(kind, default)) for kind in KINDS] + [default], np.int64)[kinds]
    out = np.full(len(kinds), default, np.int64)
    for kind, value in given.items():
        if kind in KINDS:
            out = np.where(kinds == KINDS.index(kind), value, out)
    return out


def during(day_s: IntArray, since_s: Any, until_s: Any) -> BoolArray:
    """Rows from ``since_s`` to before ``until_s`` of the day, over midnight where the end comes first."""
    after, before = day_s >= since_s, day_s < until_s
    return np.where(np.asarray(since_s) < np.asarray(until_s), after & before, after | before)


def picked(limit: Any, rows: npt.NDArray[np.int64]) -> Any:
    """A limit at some rows: itself where it is one number."""
    return limit if np.ndim(limit) == 0 else limit[rows]


def rows_inside(zone: Zone, batch: Batch, kinds: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Rows of ``batch`` that lie in ``zone`` while it is in force, of a kind that it is for."""
    from shapely import contains_xy

    west, south, east, north = (round(edge * 1e6) for edge in zone.bounds)
    inside = (batch.longitude_e6 >= west) & (batch.longitude_e6 <= east)
    inside &= (batch.latitude_e6 >= south) & (batch.latitude_e6 <= north)
    if not inside.any():
        return np.empty(0, np.int64)
    inside &= batch.qualified & (batch.device_time >= zone.valid_from) & (batch.device_time < zone.valid_until)
    if zone.daily_from_s != zone.daily_until_s:
        inside &= during(batch.day_s, zone.daily_from_s, zone.daily_until_s)
    if zone.kinds:
        inside &= np.isin(kinds, [KINDS.index(kind) for kind in zone.kinds if kind in KINDS])
    rows = np.flatnonzero(inside)
    if len(rows):
        rows = rows[contains_xy(zone.shape, batch.longitude_e6[rows] * 1e-6, batch.latitude_e6[rows] * 1e-6)]
    return rows
