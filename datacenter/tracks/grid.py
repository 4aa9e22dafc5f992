"""The grid of the where-was-it index (网格): cells of 0.004° × 0.005°, about 445 m × 420 m at Panjin's latitude.

Integers only, so that thousands of places are numbered in one step and a place has one cell on every machine (ADR 0007
says why not H3). A way belongs to each cell that it touches, so that a question looks into the cells of its circle and
nowhere else.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from datacenter.tracks.segments import Ints, Segments

HEIGHT_E6, WIDTH_E6 = 4000, 5000
_COLUMNS = 360_000_000 // WIDTH_E6 + 1
METRES_PER_E6 = 6_371_008.8 * math.pi / 180 / 1e6


def _row(latitude_e6: Ints) -> Ints:
    return (latitude_e6 + 90_000_000) // HEIGHT_E6


def _column(longitude_e6: Ints) -> Ints:
    return (longitude_e6 + 180_000_000) // WIDTH_E6


def cell_at(latitude_e6: Ints, longitude_e6: Ints) -> Ints:
    """The cell of each place."""
    return _row(latitude_e6) * _COLUMNS + _column(longitude_e6)


def _spread(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """(index, value) of each whole number from ``low`` to ``high`` of each row."""
    count = high - low + 1
    index = np.repeat(np.arange(len(low)), count)
    starts = np.cumsum(count) - count
    return index, low[index] + np.arange(len(index)) - starts[index]


def cells_of(ways: Segments) -> tuple[Ints, Ints]:
    """(index of the way, cell) for each cell that each way touches."""
    row_a, col_a = _row(ways.from_lat), _column(ways.from_lon)
    row_b, col_b = _row(ways.to_lat), _column(ways.to_lon)
    one = (row_a == row_b) & (col_a == col_b)
    index = [np.flatnonzero(one)]
    cells = [(row_b * _COLUMNS + col_b)[one]]
    many = np.flatnonzero(~one)
    if len(many):
        long = ways.take(many)
        rows = np.stack([row_a[many], row_b[many]])
        at, row = _spread(rows.min(axis=0), rows.max(axis=0))
        west, east = _crossed(long.take(at), row)
        # Half a unit more at each side: a rounding error never loses a cell.
        by_row, column = _spread(
            _column(np.floor(west - 0.5).astype(np.int64)), _column(np.ceil(east + 0.5).astype(np.int64))
        )
        index.append(many[at[by_row]])
        cells.append(row[by_row] * _COLUMNS + column)
    return np.concatenate(index), np.concatenate(cells)


def _crossed(ways: Segments, row: Ints) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """From which to which longitude (1e-6 degree) each way runs inside its band of latitude ``row``."""
    south = row * HEIGHT_E6 - 90_000_000
    rise = (ways.to_lat - ways.from_lat).astype(np.float64)
    level = rise == 0
    safe = np.where(level, 1.0, rise)
    share_a = np.where(level, 0.0, np.clip((south - ways.from_lat) / safe, 0, 1))
    share_b = np.where(level, 1.0, np.clip((south + HEIGHT_E6 - ways.from_lat) / safe, 0, 1))
    run = (ways.to_lon - ways.from_lon).astype(np.float64)
    a, b = ways.from_lon + run * share_a, ways.from_lon + run * share_b
    return np.minimum(a, b), np.maximum(a, b)


def centre_of(cell: int) -> tuple[float, float]:
    """Latitude and longitude of a cell's middle, degrees."""
    row, column = divmod(cell, _COLUMNS)
    return (row + 0.5) * HEIGHT_E6 / 1e6 - 90, (column + 0.5) * WIDTH_E6 / 1e6 - 180


def cells_around(latitude_e6: int, longitude_e6: int, radius_m: float) -> Ints:
    """The cells that a circle touches."""
    north = radius_m / METRES_PER_E6 + 2
    scale = math.cos(math.radians((abs(latitude_e6) + north) / 1e6))
    east = radius_m / METRES_PER_E6 / scale + 2
    rows = np.arange(int((latitude_e6 - north + 90e6) // HEIGHT_E6), int((latitude_e6 + north + 90e6) // HEIGHT_E6) + 1)
    columns = np.arange(
        int((longitude_e6 - east + 180e6) // WIDTH_E6), int((longitude_e6 + east + 180e6) // WIDTH_E6) + 1
    )
    # Corner cells that lie wholly outside are left out.
    off_lat = _outside(rows * HEIGHT_E6 - 90_000_000 - latitude_e6, HEIGHT_E6) / north
    off_lon = _outside(columns * WIDTH_E6 - 180_000_000 - longitude_e6, WIDTH_E6) / east
    touched = off_lat[:, None] ** 2 + off_lon[None, :] ** 2 <= 1.001
    return (rows[:, None] * _COLUMNS + columns[None, :])[touched]


def _outside(low: Ints, size: int) -> npt.NDArray[np.float64]:
    """How far zero lies outside each span from ``low`` of ``size``."""
    return np.maximum(0, np.maximum(low, -(low + size))).astype(np.float64)
