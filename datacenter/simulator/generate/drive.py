"""How a vehicle drives a way: a kinematic model along the road, from stop to stop.

Speed is bounded by the road's class and the kind of vehicle, by the sharpness of turns, by slower traffic on a
stretch, and by what its brakes and engine allow; at lights, bus stops and destinations it stands. Nothing here draws
from a generator with state: the same trip gives the same drive.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from datacenter.simulator.draw import draw, share
from datacenter.simulator.generate.network import (
    ARTERIAL,
    COUNTY_ROAD,
    EXPRESSWAY,
    MAIN,
    RAMP,
    STREET,
    Edge,
    Network,
    Point,
)

STEP_S = 15
_CELL_M = 10.0
_STRETCH_M = 400.0
OCCUPIED, ACC_ON = 1, 2


@dataclass(frozen=True, slots=True)
class Manner:
    """How one kind of vehicle drives: km/h it keeps on each class of road, m/s² it gains and brakes."""

    cruise_kmh: dict[int, float]
    gains: float
    brakes: float
    avoids_core: bool = False  # dangerous goods: not through the forbidden area
    dislikes_streets: float = 1.0  # factor on the cost of city streets


def _kmh(
    expressway: float, ramp: float, main: float, county: float, arterial: float, street: float
) -> dict[int, float]:
    classes = (EXPRESSWAY, RAMP, MAIN, COUNTY_ROAD, ARTERIAL, STREET)
    return dict(zip(classes, (expressway, ramp, main, county, arterial, street), strict=True))


MANNERS = {
    "taxi": Manner(_kmh(108, 40, 74, 64, 48, 34), 1.4, 1.8),
    "bus": Manner(_kmh(80, 35, 60, 55, 44, 32), 0.9, 1.1),
    "coach": Manner(_kmh(95, 40, 74, 64, 47, 32), 0.8, 1.0),
    "hazmat": Manner(_kmh(76, 35, 57, 54, 44, 30), 0.5, 0.8, avoids_core=True, dislikes_streets=2.5),
    "heavy_truck": Manner(_kmh(88, 35, 66, 60, 44, 30), 0.5, 0.8, dislikes_streets=3.0),
}


@dataclass
class Drive:
    """A loop being driven: grows leg by leg, then is sampled."""

    network: Network
    manner: Manner
    seed: int
    steps: list[tuple[int, bool]] = field(default_factory=list)
    times: list[np.ndarray] = field(default_factory=list)
    metres: list[np.ndarray] = field(default_factory=list)
    speeds: list[np.ndarray] = field(default_factory=list)
    marks: list[tuple[float, int]] = field(default_factory=list)  # (from this second, flags)
    now_s: float = 0.0
    here_m: float = 0.0

    def mark(self, flags: int) -> None:
        """Flags (`OCCUPIED`, `ACC_ON`) that hold from now on."""
        self.marks.append((self.now_s, flags))

    def wait(self, seconds: float) -> None:
        """Stand still."""
        self.times.append(np.array([self.now_s, self.now_s + seconds]))
        self.metres.append(np.full(2, self.here_m))
        self.speeds.append(np.zeros(2))
        self.now_s += seconds

    def cost(self, edge: Edge) -> float:
        """Seconds that an edge seems to cost this kind; infinite where it may not pass."""
        if self.manner.avoids_core and edge.forbidden_to_hazmat:
            return math.inf
        dislike = self.manner.dislikes_streets if edge.road_class in (ARTERIAL, STREET) else 1.0
        return edge.length_m / self.manner.cruise_kmh[edge.road_class] * 3.6 * dislike + 4.0

    def go(self, start: int, end: int, stops_m: tuple[tuple[float, float], ...] = ()) -> float:
        """Drive the cheapest way and give its metres; ``stops_m`` are extra stops: metres from its start, seconds."""
        return self.follow(self.network.way(start, end, self.cost), stops_m)

    def follow(self, way: list[tuple[int, bool]], stops_m: tuple[tuple[float, float], ...] = ()) -> float:
        """Drive a given way and stand at its end."""
        if not way:
            return 0.0
        caps, stops, length = self._bounds(way)
        for at, seconds in stops_m:
            stops.append((min(max(at, 20.0), length - 20.0), seconds))
        self._run(caps, sorted(stops), length)
        self.steps += way
        return length

    def _bounds(self, way: list[tuple[int, bool]]) -> tuple[np.ndarray, list[tuple[float, float]], float]:
        """Highest speed of each cell (m/s), the lights that are red, and the length."""
        edges = [self.network.edges[number] for number, _ in way]
        length = sum(edge.length_m for edge in edges)
        cells = max(3, math.ceil(length / _CELL_M))
        caps = np.empty(cells + 1)
        stops, at = [], 0.0
        previous: tuple[Point, Point] | None = None
        turns: list[tuple[float, float]] = []
        for (number, forward), edge in zip(way, edges, strict=True):
            shape = edge.shape if forward else edge.shape[::-1]
            first, last = int(at / _CELL_M), int((at + edge.length_m) / _CELL_M) + 1
            caps[first : last + 1] = self.manner.cruise_kmh[edge.road_class] / 3.6
            if previous:
                turns.append((at, _turn_deg(*previous, *shape[:2])))
                red, seconds = self._light(edge, number)
                if red:
                    stops.append((at - 8.0, seconds))
            previous, at = shape[-2:], at + edge.length_m
        for place, angle in turns:
            caps[max(0, int(place / _CELL_M) - 1) : int(place / _CELL_M) + 2] = np.minimum(
                caps[max(0, int(place / _CELL_M) - 1) : int(place / _CELL_M) + 2], _turn_speed(angle)
            )
        return caps * self._traffic(cells + 1, edges[0].road_class), stops, length

    def _traffic(self, cells: int, road_class: int) -> np.ndarray:
        """Factor of slower traffic, smooth over stretches of some hundred metres."""
        slowest = 0.5 if road_class in (ARTERIAL, STREET) else 0.85
        knots = np.arange(0, cells * _CELL_M + _STRETCH_M, _STRETCH_M)
        factors = [
            slowest + (1 - slowest) * share("traffic", self.seed + int(self.here_m + knot)) ** 0.5 for knot in knots
        ]
        return np.interp(np.arange(cells) * _CELL_M, knots, factors)

    def _light(self, edge: Edge, number: int) -> tuple[bool, float]:
        """Whether the light before ``edge`` is red, and for how many seconds."""
        chance = {ARTERIAL: 0.38, STREET: 0.2, MAIN: 0.3, COUNTY_ROAD: 0.15, RAMP: 0.1, EXPRESSWAY: 0.0}
        luck = draw("light", self.seed * 31 + number * 7 + int(self.now_s))
        return luck % 1000 < chance[edge.road_class] * 1000, 6.0 + luck // 1000 % 60

    def _run(self, caps: np.ndarray, stops: list[tuple[float, float]], length: float) -> None:
        """Fastest drive under ``caps`` that stands at each stop; appends times, metres and speeds."""
        cells = len(caps) - 1
        cell_m = length / cells
        waits = np.zeros(cells + 1)
        for at, seconds in stops:
            cell = min(max(int(at / cell_m), 1), cells - 1)
            waits[cell] = max(waits[cell], seconds)
        squares = caps**2
        squares[waits > 0] = 0.0
        squares[0] = squares[-1] = 0.0
        gain, brake = 2 * self.manner.gains * cell_m, 2 * self.manner.brakes * cell_m
        for cell in range(cells):
            squares[cell + 1] = min(squares[cell + 1], squares[cell] + gain)
        for cell in range(cells, 0, -1):
            squares[cell - 1] = min(squares[cell - 1], squares[cell] + brake)
        speeds = np.sqrt(squares)
        lasting = cell_m / np.maximum((speeds[:-1] + speeds[1:]) / 2, 0.5)
        arrive = self.now_s + np.concatenate(([0.0], np.cumsum(lasting + waits[:-1]))) - 0.0
        leave = arrive + waits
        # Both the arrival and the departure of every cell, so that standing shows as a flat piece.
        self.times.append(np.stack((arrive, leave), axis=1).ravel())
        self.metres.append(np.repeat(self.here_m + np.arange(cells + 1) * cell_m, 2))
        self.speeds.append(np.repeat(speeds, 2))
        self.now_s, self.here_m = float(leave[-1]), self.here_m + length

    def sampled(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Metres, m/s and flags every ``STEP_S`` seconds from the start to the first step after the end."""
        times, metres = np.concatenate(self.times), np.concatenate(self.metres)
        speeds = np.concatenate(self.speeds)
        ticks = np.arange(0, self.now_s + 2 * STEP_S, STEP_S, dtype=float)
        flags = np.zeros(len(ticks), np.uint8)
        for since, value in self.marks:
            flags[ticks >= since] = value
        return np.interp(ticks, times, metres), np.interp(ticks, times, speeds), flags


def _turn_deg(before: Point, corner: Point, _corner: Point, after: Point) -> float:
    """Change of direction at a corner, 0 to 180."""
    inward = math.atan2(corner[1] - before[1], corner[0] - before[0])
    outward = math.atan2(after[1] - corner[1], after[0] - corner[0])
    return abs((math.degrees(outward - inward) + 180) % 360 - 180)


def _turn_speed(angle_deg: float) -> float:
    """Speed in m/s at which a corner is taken."""
    if angle_deg < 20:
        return 40.0
    return 12.0 if angle_deg < 45 else 7.5 if angle_deg < 75 else 5.0
