"""Ways between two fixes (轨迹段): what a vehicle is known to have driven, and what not.

A fix is a qualified position. Between two fixes one after the other the vehicle is taken to have driven straight, if
they are at most ``MAX_GAP_S`` apart and no more than ``MAX_SPEED_MS`` lies between them; else nobody knows. Each fix
gives one record: the way that ends at it, or, where there is none, the fix itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from datacenter.geo.measure import distance_m
from datacenter.tracks.chunks import Rows
from datacenter.tracks.position import Array, Flag

MAX_GAP_S = 60
MAX_SPEED_MS = 60
"""216 km/h: what is faster is a fix that drifted, not a way."""
NONE = -1
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segments:
    """Columns of shape (n,): from (``start_s``, ``from_…``) to (``end_s``, ``to_…``), straight and at one speed.

    A ``gone`` record takes back the way between two fixes between which another one came in late.
    """

    vehicle_id: Ints
    start_s: Ints
    end_s: Ints
    from_lat: Ints
    from_lon: Ints
    to_lat: Ints
    to_lon: Ints
    gone: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.vehicle_id)

    def take(self, rows: Array | slice) -> Segments:
        """The rows that ``rows`` (indexes, mask or slice) picks."""
        return Segments(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def of(columns: Iterable[Ints], gone: npt.NDArray[np.bool_]) -> Segments:
        """From the seven columns of numbers in their order."""
        vehicle_id, start_s, end_s, from_lat, from_lon, to_lat, to_lon = columns
        return Segments(vehicle_id, start_s, end_s, from_lat, from_lon, to_lat, to_lon, gone)

    @staticmethod
    def join(parts: list[Segments]) -> Segments:
        """All rows of ``parts``, in their order."""
        if not parts:
            return Segments.of([np.empty(0, np.int64)] * 7, np.empty(0, np.bool_))
        return Segments(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Segments)))

    @property
    def still(self) -> npt.NDArray[np.bool_]:
        """Records at one place: a stay, or a single fix."""
        return (self.from_lat == self.to_lat) & (self.from_lon == self.to_lon)


def is_fix(rows: Rows) -> npt.NDArray[np.bool_]:
    """Rows whose place may be used."""
    return (rows.flags & Flag.QUALIFIED) != 0


def way_mm(from_lat: Ints, from_lon: Ints, to_lat: Ints, to_lon: Ints) -> Ints:
    """Great-circle lengths in whole millimetres; places in 1e-6 degree."""
    length = np.zeros(len(to_lat), np.int64)
    moved = np.flatnonzero((from_lat != to_lat) | (from_lon != to_lon))
    if len(moved):
        places = (from_lat[moved] * 1e-6, from_lon[moved] * 1e-6, to_lat[moved] * 1e-6, to_lon[moved] * 1e-6)
        length[moved] = np.rint(distance_m(*places) * 1000).astype(np.int64)
    return length


def linked(gap_s: Ints, mm: Ints) -> npt.NDArray[np.bool_]:
    """Whether the way between two fixes is known: short enough, and no leap."""
    return (gap_s <= MAX_GAP_S) & (mm <= MAX_SPEED_MS * 1000 * np.maximum(gap_s, 1))


def records(fixes: Rows, before_s: Ints, before_lat: Ints, before_lon: Ints, known: npt.NDArray[np.bool_]) -> Segments:
    """One record a fix; ``before_…`` is the fix before each where ``known``. Fixes are in a track's order."""
    start, lat, lon = (np.where(known, column, own) for column, own in (
        (before_s, fixes.device_time), (before_lat, fixes.latitude_e6), (before_lon, fixes.longitude_e6)
    ))  # fmt: skip
    return Segments(
        fixes.vehicle_id, start, fixes.device_time, lat, lon, fixes.latitude_e6, fixes.longitude_e6,
        np.zeros(len(fixes), np.bool_),
    )  # fmt: skip


def of_track(rows: Rows) -> Segments:
    """The records of whole tracks, from their first row; ``rows`` in a track's order, any number of vehicles."""
    fixes = rows.take(is_fix(rows))
    if not len(fixes):
        return Segments.join([])
    columns = (fixes.device_time, fixes.latitude_e6, fixes.longitude_e6)
    before_s, before_lat, before_lon = (np.concatenate([column[:1], column[:-1]]) for column in columns)
    known = np.zeros(len(fixes), np.bool_)
    known[1:] = fixes.vehicle_id[1:] == fixes.vehicle_id[:-1]
    mm = way_mm(before_lat, before_lon, fixes.latitude_e6, fixes.longitude_e6)
    return records(fixes, before_s, before_lat, before_lon, known & linked(fixes.device_time - before_s, mm))


def merged(ways: Segments, slot: Ints) -> tuple[Segments, Ints]:
    """Stays in one: records of a vehicle that stood at one place, each beginning where the last ended, in one ``slot``.

    Nothing is lost: at any moment of the stay the vehicle is at the same place as before.
    """
    if not len(ways):
        return ways, slot
    still = ways.still
    follows = np.zeros(len(ways), np.bool_)
    follows[1:] = (
        still[1:] & still[:-1] & (ways.vehicle_id[1:] == ways.vehicle_id[:-1]) & (ways.start_s[1:] == ways.end_s[:-1])
        & (ways.to_lat[1:] == ways.to_lat[:-1]) & (ways.to_lon[1:] == ways.to_lon[:-1]) & (slot[1:] == slot[:-1])
    )  # fmt: skip
    first = np.flatnonzero(~follows)
    last = np.append(first[1:], len(ways)) - 1
    whole = ways.take(last)
    return Segments(
        whole.vehicle_id, ways.start_s[first], whole.end_s, ways.from_lat[first], ways.from_lon[first], whole.to_lat,
        whole.to_lon, whole.gone,
    ), slot[last]  # fmt: skip


def difference(new: Segments, old: Segments) -> Segments:
    """What an index that holds ``old`` lacks to say ``new``: new ways, and ``gone`` for old ones."""
    was, now = set(_keys(old)), set(_keys(new))
    added = new.take(np.array([key not in was for key in _keys(new)], np.bool_))
    lost = old.take(np.array([key not in now and key[1:] != _point(key) for key in _keys(old)], np.bool_))
    return Segments.join([added, replace(lost, gone=~lost.gone)])


def _keys(ways: Segments) -> list[tuple[int, ...]]:
    return list(zip(*(getattr(ways, field.name).tolist() for field in fields(Segments)[:-1]), strict=True))


def _point(key: tuple[int, ...]) -> tuple[int, ...]:
    """The same record as a single fix: that it was there stays true."""
    return (key[2], key[2], key[5], key[6], key[5], key[6])
