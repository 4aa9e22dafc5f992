"""Loaded stretches (重车段) of one vehicle's positions, whose beginning and end were both seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datacenter.tracks.position import Flag, Positions

COVERED_SHARE = 0.5
"""Trip records cover a stretch if together they share this much of its time: two rides with no vacant report between
them look like one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Loaded from the first to the last such position (unix seconds); ``row`` is that of the first."""

    began: int
    ended: int
    row: int
    meter_fault: bool

    @property
    def lasting_s(self) -> int:
        """From the first to the last loaded position."""
        return self.ended - self.began

    def covered(self, trips: list[tuple[int, int]]) -> bool:
        """Whether trips, (boarded, alighted), share enough of its time."""
        shared = (min(self.ended, alighted) - max(self.began, boarded) for boarded, alighted in trips)
        return sum(max(0, lasting) for lasting in shared) >= max(1, self.lasting_s * COVERED_SHARE)


def stretches(positions: Positions, most_gap_s: int) -> list[Stretch]:
    """Stretches of ``positions`` of one vehicle, in order of device time, that speak JT/T 905.

    A stretch that begins or ends in a silence of over ``most_gap_s``, or has one inside, is none: whether a trip was
    cut in two by it nobody knows.
    """
    rows = np.flatnonzero((positions.flags & Flag.TAXI) != 0)
    if len(rows) < 3:
        return []
    times, flags = positions.device_time[rows], positions.flags[rows]
    loaded = ((flags & Flag.LOADED) != 0).astype(np.int8)
    turns = np.diff(loaded)
    begins = np.flatnonzero(turns == 1) + 1
    ends = np.flatnonzero(turns == -1)
    if len(begins) and len(ends) and ends[0] < begins[0]:
        ends = ends[1:]
    gaps = np.diff(times)
    found = []
    for first, last in zip(begins.tolist(), ends.tolist(), strict=False):
        if gaps[first - 1 : last + 1].max() <= most_gap_s:
            fault = bool((flags[first : last + 1] & Flag.METER_FAULT).any())
            found.append(Stretch(int(times[first]), int(times[last]), int(rows[first]), fault))
    return found
