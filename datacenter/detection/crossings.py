"""Zebra crossings (斑马线) and which steps of a track lead over one. Pure, columns at once.

Fixes lie a hundred metres apart, a crossing is ten metres deep: what passes it is the way between two fixes, taken as
straight. Over more than ``MOST_STEP_M`` nobody knows the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from datacenter.geo.cells import CellGrid, Ints, distance_to_pieces_m
from datacenter.geo.shapes import METRES_A_DEGREE

MOST_STEP_M = 300.0


@dataclass(frozen=True, slots=True)
class Stripes:
    """One crossing's polygon in degrees."""

    crossing_id: int
    shape: Any


class Crossings:
    """All crossings in use, for many steps at once."""

    def __init__(self, crossings: list[Stripes]) -> None:
        self.crossing_id = np.array([one.crossing_id for one in crossings], np.int64)
        self._shapes = np.array([one.shape for one in crossings], dtype=object)
        shapely.prepare(self._shapes)
        bounds = np.array([one.shape.bounds for one in crossings], np.float64).reshape(len(crossings), 4)
        self._centre = (bounds[:, :2] + bounds[:, 2:]) / 2
        squeeze = np.cos(np.radians(self._centre[:, 1]))
        half = (bounds[:, 2:] - bounds[:, :2]) / 2 * METRES_A_DEGREE
        self._radius_m = np.hypot(half[:, 0] * squeeze, half[:, 1]) + 1.0
        high = MOST_STEP_M / METRES_A_DEGREE
        margin = np.stack((high / squeeze, np.full(len(crossings), high)), axis=1)
        boxes = np.concatenate((bounds[:, :2] - margin, bounds[:, 2:] + margin), axis=1)
        self._grid = CellGrid(np.rint(boxes * 1e6).astype(np.int64))

    def nearest(self, longitude_e6: int, latitude_e6: int, most_m: float) -> int | None:
        """The crossing nearest to a place, if its edge lies within ``most_m`` of it."""
        if not len(self._shapes):
            return None
        x, y = longitude_e6 * 1e-6, latitude_e6 * 1e-6
        away = np.hypot((self._centre[:, 0] - x) * np.cos(np.radians(y)), self._centre[:, 1] - y) * METRES_A_DEGREE
        away -= self._radius_m
        best = int(np.argmin(away))
        return int(self.crossing_id[best]) if away[best] <= most_m else None

    def passed(
        self,
        longitude_e6: npt.NDArray[np.integer],
        latitude_e6: npt.NDArray[np.integer],
        from_longitude_e6: npt.NDArray[np.integer],
        from_latitude_e6: npt.NDArray[np.integer],
    ) -> tuple[Ints, Ints]:
        """(steps, ids): each step that leads over a crossing with that crossing, by step."""
        nothing = np.empty(0, np.int64)
        if not len(self._shapes) or not len(longitude_e6):
            return nothing, nothing
        step, crossing = self._grid.candidates(longitude_e6, latitude_e6)
        x, y = longitude_e6[step] * 1e-6, latitude_e6[step] * 1e-6
        from_x, from_y = from_longitude_e6[step] * 1e-6, from_latitude_e6[step] * 1e-6
        centre = self._centre[crossing]
        ends = np.stack((from_x, from_y, x, y), axis=1)
        near = distance_to_pieces_m(centre[:, 0], centre[:, 1], ends) <= self._radius_m[crossing]
        squeeze = np.cos(np.radians(y))
        near &= np.hypot((x - from_x) * squeeze, y - from_y) * METRES_A_DEGREE <= MOST_STEP_M
        step, crossing, ends = step[near], crossing[near], ends[near]
        if not len(step):
            return nothing, nothing
        lines = shapely.linestrings(ends.reshape(-1, 2, 2))
        over = shapely.intersects(self._shapes[crossing], lines)
        return step[over], self.crossing_id[crossing[over]]
