"""The synthetic road network as a graph: junctions, road edges with their shape, speed limits, shortest ways."""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from datacenter.simulator.draw import draw, share
from datacenter.simulator.generate.places import (
    EXPRESSWAY_POINTS,
    EXPRESSWAYS,
    FORBIDDEN_LAT,
    FORBIDDEN_LON,
    FORBIDDEN_RADIUS_M,
    PLACES,
    PRIMARY,
    RAMPS,
    SECONDARY,
    Place,
    Trunk,
)

ORIGIN_LON, ORIGIN_LAT = 122.05, 41.05
METRES_PER_LAT = 111_060.0
METRES_PER_LON = 111_320.0 * math.cos(math.radians(ORIGIN_LAT))

EXPRESSWAY, RAMP, MAIN, COUNTY_ROAD, ARTERIAL, STREET = range(6)
LIMIT_KMH = {EXPRESSWAY: 120, RAMP: 40, MAIN: 80, COUNTY_ROAD: 70, ARTERIAL: 60, STREET: 40}
SHAPE_STEP_M = 180.0
Point = tuple[float, float]


def to_metres(lon: float, lat: float) -> Point:
    """East and north of the origin, in metres."""
    return (lon - ORIGIN_LON) * METRES_PER_LON, (lat - ORIGIN_LAT) * METRES_PER_LAT


@dataclass(frozen=True, slots=True)
class Edge:
    """One road between two junctions, passable both ways; ``shape`` runs from ``start`` to ``end``, in metres."""

    start: int
    end: int
    road_class: int
    name: str
    shape: tuple[Point, ...]
    length_m: float
    forbidden_to_hazmat: bool


@dataclass
class Network:
    """Junctions and edges; ``at[place]`` are the junctions of a place."""

    junctions: list[Point] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    arms: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))  # junction → (edge, far)
    at: dict[str, list[int]] = field(default_factory=dict)
    gates: dict[str, list[int]] = field(default_factory=dict)  # where trunk roads enter a place

    def add_junction(self, point: Point) -> int:
        """Number of a new junction."""
        self.junctions.append(point)
        return len(self.junctions) - 1

    def add_edge(self, start: int, end: int, road_class: int, name: str, shape: Iterable[Point]) -> None:
        """Join two junctions by a road."""
        points = tuple(shape)
        length = sum(math.dist(a, b) for a, b in pairwise(points))
        centre = to_metres(FORBIDDEN_LON, FORBIDDEN_LAT)
        near = min(_distance_to_segment(centre, a, b) for a, b in pairwise(points))
        edge = Edge(start, end, road_class, name, points, length, near < FORBIDDEN_RADIUS_M + 60)
        self.edges.append(edge)
        self.arms[start].append((len(self.edges) - 1, end))
        self.arms[end].append((len(self.edges) - 1, start))

    def nearest(self, lon: float, lat: float) -> int:
        """The junction nearest to a place on the earth."""
        here = to_metres(lon, lat)
        return min(range(len(self.junctions)), key=lambda number: math.dist(here, self.junctions[number]))

    def way(self, start: int, end: int, cost: Callable[[Edge], float]) -> list[tuple[int, bool]]:
        """Cheapest way as (edge, forward?) from ``start`` to ``end``. Raises ``ValueError`` where there is none."""
        best, came, heap = {start: 0.0}, {}, [(0.0, start)]
        while heap:
            spent, here = heapq.heappop(heap)
            if here == end:
                break
            if spent > best[here]:
                continue
            for number, far in self.arms[here]:
                total = spent + cost(self.edges[number])
                if total < best.get(far, math.inf):
                    best[far], came[far] = total, (number, here)
                    heapq.heappush(heap, (total, far))
        if end != start and (end not in came or best[end] == math.inf):
            raise ValueError(f"no way from junction {start} to {end}")
        steps = []
        while end != start:
            number, before = came[end]
            steps.append((number, self.edges[number].start == before))
            end = before
        return steps[::-1]


def build_network() -> Network:
    """The demo city's network; the same every time."""
    network = Network()
    for place in PLACES:
        _add_grid(network, place)
    for key, (lon, lat) in EXPRESSWAY_POINTS.items():
        network.at[key] = network.gates[key] = [network.add_junction(to_metres(lon, lat))]
    for road_class, trunks in (
        (EXPRESSWAY, EXPRESSWAYS),
        (RAMP, RAMPS),
        (MAIN, PRIMARY),
        (COUNTY_ROAD, SECONDARY),
    ):
        for trunk in trunks:
            _add_trunk(network, trunk, road_class)
    return network


def _add_grid(network: Network, place: Place) -> None:
    """Streets on slightly uneven lines, turned a little; every third line an arterial; some blocks closed."""
    seed = draw("grid", len(network.junctions))
    turn = math.radians(share("turn", seed) * 8 - 4)
    centre = to_metres(place.lon, place.lat)

    def lines(count: int, purpose: str) -> list[float]:
        uneven = [(share(purpose, seed + line) - 0.5) * 0.3 for line in range(count)]
        return [(line - (count - 1) / 2 + shift) * place.spacing_m for line, shift in enumerate(uneven)]

    across, along = lines(place.columns, "x"), lines(place.rows, "y")
    grid = {
        (column, row): network.add_junction(
            (
                centre[0] + x * math.cos(turn) - y * math.sin(turn),
                centre[1] + x * math.sin(turn) + y * math.cos(turn),
            )
        )
        for column, x in enumerate(across)
        for row, y in enumerate(along)
    }
    network.at[place.key] = list(grid.values())
    for (column, row), here in grid.items():
        for step, line, last in (((1, 0), row, place.rows), ((0, 1), column, place.columns)):
            there = grid.get((column + step[0], row + step[1]))
            if there is None:
                continue
            arterial = line % 3 == 1
            inner = 0 < line < last - 1
            if not arterial and inner and share("closed", here * 7 + step[0]) < 0.12:
                continue
            name = f"{place.name}{'大街' if step[0] else '路'}{line + 1}"
            points = (network.junctions[here], network.junctions[there])
            network.add_edge(here, there, ARTERIAL if arterial else STREET, name, points)
    network.gates[place.key] = [
        here
        for (column, row), here in grid.items()
        if (column in (0, place.columns - 1) and row % 3 == 1) or (row in (0, place.rows - 1) and column % 3 == 1)
    ]


def _add_trunk(network: Network, trunk: Trunk, road_class: int) -> None:
    """A road from gate to gate, gently curved."""
    via = [to_metres(*point) for point in trunk.via]
    start, end = _gates(network, trunk, via)
    corners = [network.junctions[start], *via, network.junctions[end]]
    seed = draw(trunk.start + trunk.end, len(via))
    network.add_edge(start, end, road_class, trunk.road, _curve(corners, seed))


def _gates(network: Network, trunk: Trunk, via: list[Point]) -> tuple[int, int]:
    def towards(place: str, target: Point) -> int:
        return min(network.gates[place], key=lambda number: math.dist(target, network.junctions[number]))

    def centre(place: str) -> Point:
        points = np.array([network.junctions[number] for number in network.at[place]])
        return tuple(points.mean(axis=0))

    return towards(trunk.start, via[0] if via else centre(trunk.end)), towards(
        trunk.end, via[-1] if via else centre(trunk.start)
    )


def _curve(corners: list[Point], seed: int) -> list[Point]:
    """A smooth line through ``corners`` (Catmull–Rom) with a slow bend of its own, a point every ``SHAPE_STEP_M``."""
    points = np.array([corners[0], *corners, corners[-1]])
    shape: list[Point] = []
    for place in range(1, len(points) - 2):
        before, here, there, after = points[place - 1 : place + 3]
        length = float(np.hypot(*(there - here)))
        count = max(2, round(length / SHAPE_STEP_M))
        part = np.arange(count)[:, None] / count
        line = 0.5 * (
            2 * here
            + (there - before) * part
            + (2 * before - 5 * here + 4 * there - after) * part**2
            + (3 * here - before - 3 * there + after) * part**3
        )
        normal = np.array([-(there - here)[1], (there - here)[0]]) / length
        bend = min(0.03 * length, 180.0) * (share("bend", seed + place) * 2 - 1)
        line += normal * bend * np.sin(np.pi * part) ** 2
        shape += [tuple(point) for point in line]
    return [*shape, corners[-1]]


def _distance_to_segment(point: Point, start: Point, end: Point) -> float:
    run = (end[0] - start[0], end[1] - start[1])
    length2 = run[0] ** 2 + run[1] ** 2
    part = ((point[0] - start[0]) * run[0] + (point[1] - start[1]) * run[1]) / length2 if length2 else 0.0
    part = min(1.0, max(0.0, part))
    return math.dist(point, (start[0] + part * run[0], start[1] + part * run[1]))
