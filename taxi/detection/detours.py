"""Whether a trip went a way round (绕行): against what others drove between the same cells, and the straight line.

Only ways count, no times: however long it stood, it is no detour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

LATITUDE_E6, LONGITUDE_E6 = 4_500, 5_900
"""Sides of a cell in 1e-6 degree: 500 m by 495 m at Panjin's latitude."""


@dataclass(frozen=True, slots=True)
class Round:
    """The usual way and how many trips it rests on, the straight one; all in metres, ratios in percent."""

    usual_m: int
    trips: int
    straight_m: int
    of_usual_percent: int
    of_straight_percent: int


def cell(latitude_e6: int, longitude_e6: int) -> int:
    """The cell that a place lies in."""
    return (latitude_e6 // LATITUDE_E6 << 16) + (longitude_e6 // LONGITUDE_E6 & 0xFFFF)


def way_round(driven_m: int, straight_m: int, others_m: Sequence[int], limits: Any) -> Round | None:
    """How far round a trip went; None where it is within any of the limits, or too few went that way before.

    A round trip has no straight line worth the name: under ``least_straight_m`` nothing is said.
    """
    if len(others_m) < limits.least_trips or straight_m < limits.least_straight_m:
        return None
    usual_m = round(median(others_m))
    if driven_m - usual_m <= limits.more_m:
        return None
    if driven_m * 100 <= usual_m * limits.usual_percent or driven_m * 100 <= straight_m * limits.straight_percent:
        return None
    return Round(
        usual_m, len(others_m), straight_m, driven_m * 100 // max(usual_m, 1), driven_m * 100 // max(straight_m, 1)
    )
