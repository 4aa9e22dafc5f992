"""Ways of one vehicle, leg by leg: it stands, it drives straight at a steady speed; no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot

import numpy as np

from datacenter.detection.elsewhere.rule import Way

NORTH_E6, EAST_E6 = 1 / 0.11119508, 1 / 0.0839  # 1e-6 degrees a metre at Dawa's seat
LAT, LON = 40_992_450, 122_066_240


@dataclass
class Drive:
    """Rows of (unix s, metres north, metres east, loaded), a fix each ``step`` seconds from ``at`` on."""

    at: int
    step: int = 10
    rows: list[tuple[int, float, float, int]] = field(default_factory=list)
    north: float = 0.0
    east: float = 0.0

    def stand(self, seconds: int, loaded: int = -1) -> Drive:
        """Stays where it is; a fix at both ends."""
        end = self.at + seconds
        for at in range(self.at, end + 1, self.step):
            self._row(at, loaded)
        self._row(end, loaded)
        self.at = end
        return self

    def go(self, north: float, east: float = 0.0, kmh: float = 36, loaded: int = -1) -> Drive:
        """To so many metres north and east of the start; fixes between the ends only."""
        way = hypot(north - self.north, east - self.east)
        seconds = round(way / (kmh / 3.6))
        start, begun = (self.north, self.east), self.at
        for at in range(begun + self.step, begun + seconds, self.step):
            share = (at - begun) / seconds
            self.north, self.east = start[0] + share * (north - start[0]), start[1] + share * (east - start[1])
            self._row(at, loaded)
        self.at, self.north, self.east = begun + seconds, north, east
        return self

    def gone(self, seconds: int) -> Drive:
        """Not heard of for so long."""
        self.at += seconds
        return self

    def _row(self, at: int, loaded: int) -> None:
        if not self.rows or self.rows[-1][0] != at:
            self.rows.append((at, self.north, self.east, loaded))

    def places(self) -> list[tuple[int, int, int, int]]:
        """(unix s, latitude, longitude in 1e-6 degrees, loaded)."""
        return [
            (at, LAT + round(north * NORTH_E6), LON + round(east * EAST_E6), loaded)
            for at, north, east, loaded in self.rows
        ]

    def way(self, *, inside: bool = True, rank: bool = False) -> Way:
        """As the rule takes it."""
        at, lat, lon, loaded = (np.array(column, np.int64) for column in zip(*self.places(), strict=True))
        flags = np.ones(len(at), bool)
        return Way(at, lat, lon, loaded, flags & inside, flags & rank)


def shift(drive: Drive, count: int, stand_s: int = 60, loaded: bool = False, seed: int = 1) -> Drive:
    """So many rides of 1 to 5 km over a square of 8 km, a brief stop between; every other one loaded where told."""
    draw = np.random.default_rng(seed)
    drive.stand(stand_s, 0 if loaded else -1)
    for number in range(count):
        way = 0.0
        while way < 1000 or way > 5000:
            north, east = draw.uniform(-4000, 4000, 2).tolist()
            way = hypot(north - drive.north, east - drive.east)
        drive.go(north, east, loaded=int(number % 2 == 0) if loaded else -1)
        drive.stand(stand_s, 0 if loaded else -1)
    return drive


def empty() -> Way:
    """No reads."""
    none = np.empty(0, np.int64)
    return Way(none, none, none, none, np.empty(0, bool), np.empty(0, bool))
