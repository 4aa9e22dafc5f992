"""A grid of small cells that knows which boxes reach into each (网格索引): few candidates for many places. Pure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
CELL_E6 = 2000  # about 200 m: a few straight pieces of road a cell in town
MOST_CELLS = 16_000_000


class CellGrid:
    """Boxes, rows of (west, south, east, north) in 1e-6 degree, by the cells that they reach into."""

    def __init__(self, boxes: npt.NDArray[np.int64]) -> None:
        self._west = int(boxes[:, 0].min(initial=2**40))
        self._south = int(boxes[:, 1].min(initial=2**40))
        first, last = self._cells(boxes[:, 0], boxes[:, 1]), self._cells(boxes[:, 2], boxes[:, 3])
        self._columns, self._rows = int(last[0].max(initial=-1)) + 1, int(last[1].max(initial=-1)) + 1
        if self._columns * self._rows > MOST_CELLS:
            raise ValueError(f"{self._columns} × {self._rows} cells: more than a region's")
        wide, high = last[0] - first[0] + 1, last[1] - first[1] + 1
        box = np.repeat(np.arange(len(boxes)), wide * high)
        within = np.arange(len(box)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
        cell = (first[1][box] + within // wide[box]) * self._columns + first[0][box] + within % wide[box]
        order = np.argsort(cell, kind="stable")
        self._boxes = box[order]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=self._columns * self._rows))])

    def _cells(self, longitude_e6: npt.NDArray[np.integer], latitude_e6: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
        return (longitude_e6 - self._west) // CELL_E6, (latitude_e6 - self._south) // CELL_E6

    def candidates(
        self, longitude_e6: npt.NDArray[np.integer], latitude_e6: npt.NDArray[np.integer]
    ) -> tuple[Ints, Ints]:
        """(places, boxes): every box that reaches into the cell of each place, by place."""
        column, row = self._cells(longitude_e6, latitude_e6)
        places = np.flatnonzero((column >= 0) & (column < self._columns) & (row >= 0) & (row < self._rows))
        cell = row[places].astype(np.int64) * self._columns + column[places]
        count = self._starts[cell + 1] - self._starts[cell]
        some = np.flatnonzero(count)
        places, cell, count = places[some], cell[some], count[some]
        beside = np.repeat(np.arange(len(places)), count)
        within = np.arange(len(beside)) - np.repeat(np.cumsum(count) - count, count)
        return places[beside], self._boxes[self._starts[cell][beside] + within]


def distance_to_pieces_m(
    longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """From each place to the straight piece beside it, ``ends`` rows of (lon, lat, lon, lat) in degrees.

    On a plane about the place: right to centimetres at the width of a carriageway.
    """
    metres = 111_195.08
    squeeze = np.cos(np.radians(latitude)) * metres
    ax, ay = (ends[:, 0] - longitude) * squeeze, (ends[:, 1] - latitude) * metres
    bx, by = (ends[:, 2] - longitude) * squeeze, (ends[:, 3] - latitude) * metres
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = np.clip(-(ax * dx + ay * dy) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    return np.asarray(np.hypot(ax + along * dx, ay + along * dy))
