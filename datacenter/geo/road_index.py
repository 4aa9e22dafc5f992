"""Which road sections a place lies on (路段匹配), for columns of places at once. Pure: no rows, no clock.

A section is its centre line as wide as its carriageway. In doubt every section that reaches the place is told: whoever
judges takes what is better for the driver.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.geo.cells import CellGrid, Ints, distance_to_pieces_m
from datacenter.geo.shapes import METRES_A_DEGREE


@dataclass(frozen=True, slots=True)
class Section:
    """One road section: centre lines in degrees as (longitude, latitude), how far to each side it reaches.

    ``limit_kmh`` is by number of kind; a kind that is missing has the posted limit. Times are unix seconds, the end not
    included.
    """

    section_id: int
    motorway: bool
    reach_m: float
    posted_kmh: int
    limit_kmh: dict[int, int]
    lines: list[list[tuple[float, float]]]
    valid_from: int = 0
    valid_until: int = 2**62


class RoadIndex:
    """Road sections that can be asked for many places at once."""

    def __init__(self, sections: list[Section], kinds: int) -> None:
        self.sections = sections
        self.section_id = np.array([section.section_id for section in sections], np.int64)
        self._motorway = np.array([section.motorway for section in sections], np.bool_)
        # By section and kind; the last column is for vehicles of an unknown kind, number -1.
        limits = [[s.limit_kmh.get(kind, s.posted_kmh) for kind in range(kinds)] + [s.posted_kmh] for s in sections]
        self._limit_kmh = np.array(limits, np.int64).reshape(len(sections), kinds + 1)
        self.lowest_kmh = int(self._limit_kmh.min(initial=10_000))
        self._reach_m = np.array([section.reach_m for section in sections], np.float64)
        self._from = np.array([section.valid_from for section in sections], np.int64)
        self._until = np.array([section.valid_until for section in sections], np.int64)
        pieces = [
            (number, *a, *b)
            for number, section in enumerate(sections)
            for line in section.lines
            for a, b in itertools.pairwise(line)
        ]
        rows = np.array(pieces, np.float64).reshape(len(pieces), 5)
        owner, self._ends = rows[:, 0].astype(np.int64), rows[:, 1:]
        self._every = self._grid(owner, np.ones(len(owner), np.bool_))
        self._motorways = self._grid(owner, self._motorway[owner])

    def __len__(self) -> int:
        return len(self.sections)

    def _grid(self, owner: Ints, which: npt.NDArray[np.bool_]) -> tuple[CellGrid, Ints, Ints]:
        """A grid over some pieces, with their numbers and their sections'."""
        numbers = np.flatnonzero(which)
        ends = self._ends[numbers]
        reach = self._reach_m[owner[numbers]]
        high = reach / METRES_A_DEGREE
        wide = high / np.cos(np.radians(np.minimum(np.abs(ends[:, [1, 3]]).max(axis=1, initial=0), 85)))
        west, east = ends[:, [0, 2]].min(axis=1) - wide, ends[:, [0, 2]].max(axis=1) + wide
        south, north = ends[:, [1, 3]].min(axis=1) - high, ends[:, [1, 3]].max(axis=1) + high
        low, high_e6 = np.floor(np.stack((west, south), 1) * 1e6), np.ceil(np.stack((east, north), 1) * 1e6)
        return CellGrid(np.concatenate((low, high_e6), axis=1).astype(np.int64)), numbers, owner[numbers]

    def pairs(self, longitude_e6: Ints, latitude_e6: Ints, device_time: Ints) -> tuple[Ints, Ints]:
        """(places, sections): every section in force that reaches each place, by place; none twice."""
        return self._pairs(self._every, longitude_e6, latitude_e6, device_time)

    def limits(
        self, longitude_e6: Ints, latitude_e6: Ints, device_time: Ints, kinds: npt.NDArray[Any]
    ) -> tuple[Ints, Ints]:
        """(places, km/h): for each place on a road the limit for the kind; the highest where several roads meet."""
        places, sections = self.pairs(longitude_e6, latitude_e6, device_time)
        if not len(places):
            return places, places
        limit = self._limit_kmh[sections, kinds[places]]
        first = np.flatnonzero(np.append(True, places[1:] != places[:-1]))
        return places[first], np.maximum.reduceat(limit, first)

    def on_motorway(self, longitude_e6: Ints, latitude_e6: Ints, device_time: Ints) -> Ints:
        """Places that lie on a motorway, and on no other road."""
        places, _ = self._pairs(self._motorways, longitude_e6, latitude_e6, device_time)
        places = np.unique(places)
        if not len(places):
            return places
        near, sections = self.pairs(longitude_e6[places], latitude_e6[places], device_time[places])
        others = np.zeros(len(places), np.bool_)
        others[near[~self._motorway[sections]]] = True
        return places[~others]

    def _pairs(
        self, grid: tuple[CellGrid, Ints, Ints], longitude_e6: Ints, latitude_e6: Ints, device_time: Ints
    ) -> tuple[Ints, Ints]:
        cells, numbers, owners = grid
        if not len(numbers) or not len(longitude_e6):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        place, piece = cells.candidates(longitude_e6, latitude_e6)
        away_m = distance_to_pieces_m(longitude_e6[place] * 1e-6, latitude_e6[place] * 1e-6, self._ends[numbers[piece]])
        section = owners[piece]
        reaches = away_m <= self._reach_m[section]
        reaches &= (device_time[place] >= self._from[section]) & (device_time[place] < self._until[section])
        both = np.unique(place[reaches] * len(self.sections) + section[reaches])
        return both // len(self.sections), both % len(self.sections)
