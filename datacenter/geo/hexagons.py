"""Hexagons over the land (H3 网格): where things happened, counted by cells of about 0.7 km².

A cell of the fixed resolution is known by 31 bits of its H3 index (base cell and one digit for each finer level): four
bytes where millions are kept. What the map and the lists use is the index as H3 spells it.
"""

from __future__ import annotations

from functools import lru_cache

import h3
import h3.api.basic_int as h3_int
import numpy as np
import numpy.typing as npt

RESOLUTION = 8
_DIGITS = 3 * RESOLUTION
_UNUSED = (1 << 3 * (15 - RESOLUTION)) - 1  # an index has ones where finer digits would stand
_HEAD = (1 << 59) | (RESOLUTION << 52)  # mode "cell", and the resolution


def packed_cell(latitude_e6: int, longitude_e6: int) -> int:
    """The cell of a place, as 31 bits."""
    index = h3_int.latlng_to_cell(latitude_e6 / 1e6, longitude_e6 / 1e6, RESOLUTION)
    return int(index >> 3 * (15 - RESOLUTION)) & ((1 << 7 + _DIGITS) - 1)


def index_of(packed: int) -> str:
    """The H3 index of 31 bits, as text."""
    return f"{_HEAD | (int(packed) << 3 * (15 - RESOLUTION)) | _UNUSED:x}"


def counted(cells: bytes) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """(cells, how often each stands) in packed cells of four bytes."""
    return np.unique(np.frombuffer(cells, ">i4"), return_counts=True)


@lru_cache(maxsize=20_000)
def outline(index: str) -> tuple[tuple[float, float], ...]:
    """The corners (latitude, longitude) of a cell in degrees. Raises ``ValueError`` for what is no such cell."""
    if not h3.is_valid_cell(index) or h3.get_resolution(index) != RESOLUTION:
        raise ValueError(f"{index!r} is no cell of resolution {RESOLUTION}")
    return tuple(h3.cell_to_boundary(index))


def centre(index: str) -> tuple[float, float]:
    """The middle (latitude, longitude) of a cell in degrees."""
    return h3.cell_to_latlng(index)


def half_planes_e6(index: str) -> list[tuple[float, float, float, float]]:
    """A cell as (latitude, longitude, a, b) for each edge, in 1e-6 degree: a place lies inside where for all of them
    ``a * (lat - latitude) + b * (lon - longitude) >= 0``. An edge bends by millimetres; a place is known to 0.1 m.
    """
    corners = [(lat * 1e6, lon * 1e6) for lat, lon in outline(index)]
    middle = [value * 1e6 for value in centre(index)]
    planes = []
    for (lat, lon), (to_lat, to_lon) in zip(corners, corners[1:] + corners[:1], strict=True):
        a, b = to_lon - lon, lat - to_lat
        sign = 1 if a * (middle[0] - lat) + b * (middle[1] - lon) >= 0 else -1
        planes.append((lat, lon, sign * a, sign * b))
    return planes


def box_e6(index: str) -> tuple[int, int, int, int]:
    """(south, west, north, east) of a cell in 1e-6 degree."""
    lats, lons = zip(*outline(index), strict=True)
    return round(min(lats) * 1e6), round(min(lons) * 1e6), round(max(lats) * 1e6), round(max(lons) * 1e6)


def most(found: npt.NDArray[np.int32], times: npt.NDArray[np.int64], at_most: int) -> list[tuple[str, int]]:
    """(H3 index, how often) of counted cells, the most first, ``at_most`` of them."""
    order = np.lexsort((found, -times))[:at_most]
    return [(index_of(cell), int(number)) for cell, number in zip(found[order], times[order], strict=True)]
