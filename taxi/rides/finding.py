"""Rides in the positions of many taxis at once (乘车识别). Pure, on columns.

A terminal of JT/T 905 says loaded by its bit 重车; one of JT/T 808 by status bits 8 and 9 (half or fully loaded). A
ride is a loaded stretch with a vacant report close before and close after it: what a silence cut in two is none, for
nobody knows whether the passengers changed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from datacenter.geo.measure import distance_m
from datacenter.tracks.position import Flag, Positions

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SILENCE_S = 300
"""As the rule of unrecorded rides has it (``UnmeteredSignal.Limits.silence_s``)."""
LEAST_S, LEAST_M = 30, 100
"""Shorter than both: a bit that flickered, or a driver's hand on the switch."""
MOST_S = 6 * 3600
"""A meter left on, no ride."""
_FASTEST_MPS = 160 / 3.6
_JITTER_M = 5.0  # a step this short is a receiver that stands
_HALF, _FULL = 1, 3  # status bits 8 and 9; 2 is reserved


@dataclass(frozen=True, slots=True)
class Rides:
    """Columns of shape (n,); times are unix seconds, by vehicle and time."""

    vehicle_id: Ints
    boarded_s: Ints
    alighted_s: Ints
    board_lat: Ints
    board_lon: Ints
    alight_lat: Ints
    alight_lon: Ints
    distance_m: Ints
    board_gap_s: Ints
    alight_gap_s: Ints

    def __len__(self) -> int:
        return len(self.vehicle_id)

    def take(self, rows: Bools | Ints) -> Rides:
        """The rows that ``rows`` picks."""
        return Rides(*(getattr(self, field.name)[rows] for field in fields(self)))


def loaded(positions: Positions) -> Bools:
    """Whether each position was with passengers, shape (n,)."""
    taxi = (positions.flags & Flag.TAXI) != 0
    load = positions.status >> 8 & 3
    found: Bools = np.where(taxi, (positions.flags & Flag.LOADED) != 0, (load == _HALF) | (load == _FULL))
    return found


def rides_in(positions: Positions) -> Rides:
    """The rides of ``positions``, which are in order of vehicle and device time."""
    count = len(positions)
    if count < 3:
        return _none()
    at, whose, full = positions.device_time, positions.vehicle_id.astype(np.int64), loaded(positions)
    same = whose[1:] == whose[:-1]
    first = np.flatnonzero(~full[:-1] & full[1:] & same) + 1  # loaded, behind a vacant report
    after = np.flatnonzero(full[:-1] & ~full[1:] & same) + 1  # vacant, behind a loaded one
    if not len(first) or not len(after):
        return _none()
    # Each beginning meets the first end behind it; a vehicle's last stretch may have none and meet another vehicle's.
    end = np.searchsorted(after, first, side="right")
    first, end = first[end < len(after)], end[end < len(after)]
    after = after[end]
    own = whose[first] == whose[after]
    first, after = first[own], after[own]

    silent = np.zeros(count, np.int64)
    silent[1:] = np.cumsum(np.where(same, np.diff(at), 0) > SILENCE_S)
    lasting = at[after] - at[first]
    whole = (silent[after] == silent[first - 1]) & (lasting <= MOST_S)
    first, after = first[whole], after[whole]
    return _placed(positions, first, after)


def _placed(positions: Positions, first: npt.NDArray[np.intp], after: npt.NDArray[np.intp]) -> Rides:
    """Where the stretches from ``first`` until before ``after`` began and ended, and how far they went."""
    flags, at = positions.flags, positions.device_time
    fixes = np.flatnonzero((flags & Flag.QUALIFIED) != 0)
    # A report that says so itself is the very place; else the last loaded one is nearest to it.
    said = (flags[after] & Flag.DROP_OFF) != 0
    last = np.where(said, after, after - 1)
    begin = np.searchsorted(fixes, first)
    end = np.searchsorted(fixes, last, side="right") - 1
    seen = begin <= end
    first, last, after, begin, end = first[seen], last[seen], after[seen], begin[seen], end[seen]
    along = _along(positions, fixes)
    board, alight = fixes[begin], fixes[end]
    exact = (flags[first] & Flag.PICK_UP) != 0
    found = Rides(
        positions.vehicle_id[first].astype(np.int64),
        at[first],
        at[last],
        positions.latitude_e6[board].astype(np.int64),
        positions.longitude_e6[board].astype(np.int64),
        positions.latitude_e6[alight].astype(np.int64),
        positions.longitude_e6[alight].astype(np.int64),
        along[end] - along[begin],
        np.where(exact, 0, at[first] - at[first - 1]),
        np.where(last == after, 0, at[after] - at[after - 1]),
    )
    return found.take((at[after] - at[first] >= LEAST_S) & (found.distance_m >= LEAST_M))


def _along(positions: Positions, fixes: npt.NDArray[np.intp]) -> Ints:
    """Metres along the fixes up to each, shape (len(fixes),); steps that can't have been driven count nothing."""
    if not len(fixes):
        return np.zeros(0, np.int64)
    lat, lon = positions.latitude_e6[fixes] / 1e6, positions.longitude_e6[fixes] / 1e6
    step = np.zeros(len(fixes))
    step[1:] = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    gap = np.diff(positions.device_time[fixes], prepend=positions.device_time[fixes][:1])
    step[(step > gap * _FASTEST_MPS + 100) | (step < _JITTER_M)] = 0.0
    return np.rint(np.cumsum(step)).astype(np.int64)


def _none() -> Rides:
    return Rides(*(np.empty(0, np.int64) for _ in fields(Rides)))
