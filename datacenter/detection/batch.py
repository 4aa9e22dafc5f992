"""What a detector sees: a batch of positions with the one before each (批次), and the world around them (上下文)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.detection.catalogue import BoolArray, IntArray
from datacenter.geo.measure import distance_m
from datacenter.tracks.position import Flag, Positions

# Over a longer silence nobody knows the way the vehicle took: no distance is counted.
MAX_SEGMENT_S = 300
FIRST = -1  # gap_s of a vehicle's first position


class Batch:
    """Positions of many vehicles, ordered by vehicle, device time and hash, none seen before.

    ``before`` has one row for each vehicle that had a position earlier than this batch: that one. Columns have shape
    (n,); ``previous`` gives the position before each row as the same columns, meaningless where ``gap_s`` is ``FIRST``.
    """

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


@dataclass
class Context:
    """What detectors may know beside the positions: kinds of vehicles and areas, as of a moment.

    ``kind_of`` gives each vehicle id its kind's number in ``KINDS`` (-1 unknown); refreshed by the worker.
    """

    kind_of: npt.NDArray[np.int8]
    forbidden: list[Zone] = field(default_factory=list)
    speed_zones: list[Zone] = field(default_factory=list)

    def kinds(self, batch: Batch) -> npt.NDArray[np.int8]:
        """The kind of each row's vehicle as its number in ``KINDS``."""
        ids = batch.vehicle_id
        known = ids < len(self.kind_of)
        return np.where(known, self.kind_of[np.where(known, ids, 0)], -1).astype(np.int8)


KINDS = ("taxi", "bus", "coach", "hazmat", "heavy_truck")


def rows_inside(zone: Zone, batch: Batch, kinds: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
    """Rows of ``batch`` that lie in ``zone`` while it is in force, of a kind that it is for."""
    from shapely import contains_xy

    west, south, east, north = (round(edge * 1e6) for edge in zone.bounds)
    inside = (batch.longitude_e6 >= west) & (batch.longitude_e6 <= east)
    inside &= (batch.latitude_e6 >= south) & (batch.latitude_e6 <= north)
    if not inside.any():
        return np.empty(0, np.int64)
    inside &= batch.qualified & (batch.device_time >= zone.valid_from) & (batch.device_time < zone.valid_until)
    if zone.kinds:
        inside &= np.isin(kinds, [KINDS.index(kind) for kind in zone.kinds if kind in KINDS])
    rows = np.flatnonzero(inside)
    if len(rows):
        rows = rows[contains_xy(zone.shape, batch.longitude_e6[rows] * 1e-6, batch.latitude_e6[rows] * 1e-6)]
    return rows
