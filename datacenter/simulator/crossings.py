"""Zebra crossings of the demo city (演示斑马线): where its vehicles drive most in town, made up, as its roads are."""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from datacenter.simulator.roads import ROAD_CLASSES
from datacenter.simulator.spot import Spot
from datacenter.simulator.templates import METRES_PER_DEGREE, load_columns

COUNT = 160
HALF_ROAD_M, HALF_STRIPES_M = 12.0, 2.5
_TOWN = [ROAD_CLASSES.index("arterial"), ROAD_CLASSES.index("street")]
_SCALE = np.array(METRES_PER_DEGREE) / 1e6

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DemoCrossing:
    """One crossing: its middle line from kerb to kerb, and the striped ground as a ring; (longitude, latitude)."""

    name: str
    line: tuple[Point, Point]
    ring: tuple[Point, ...]


@cache
def demo_crossings() -> tuple[DemoCrossing, ...]:
    """In the middle of the edges of town roads that the templates drive most, the busiest first."""
    columns = load_columns()
    ends = np.cumsum(columns["edge_sizes"].astype(np.int64))
    shapes = np.split(columns["edge_points_e6"].astype(np.float64), ends[:-1])
    driven = np.bincount(np.abs(columns["way_edges"].astype(np.int64)) - 1, minlength=len(shapes))
    driven[~np.isin(columns["edge_class"], _TOWN)] = 0
    busiest = np.argsort(-driven, kind="stable")[:COUNT]
    names = columns["names"][columns["edge_name"]]
    return tuple(
        _crossing(f"{names[edge]}斑马线{place}号（演示）", shapes[edge])
        for place, edge in enumerate(busiest.tolist(), 1)
    )


def _crossing(name: str, shape: np.ndarray) -> DemoCrossing:
    steps = np.diff(shape, axis=0) * _SCALE
    longest = int(np.argmax(np.hypot(steps[:, 0], steps[:, 1])))
    middle = (shape[longest] + shape[longest + 1]) / 2
    along = steps[longest] / math.hypot(*steps[longest])
    across = np.array([-along[1], along[0]])

    def at(metres_along: float, metres_across: float) -> Point:
        lon, lat = (middle + (along * metres_along + across * metres_across) / _SCALE) / 1e6
        return round(float(lon), 7), round(float(lat), 7)

    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ring = tuple(at(HALF_STRIPES_M * a, HALF_ROAD_M * b) for a, b in corners)
    return DemoCrossing(name, (at(0, -HALF_ROAD_M), at(0, HALF_ROAD_M)), ring)


def passed(before: Spot, now: Spot) -> DemoCrossing | None:
    """The crossing that a straight step leads over; None where there is none."""
    crossings = demo_crossings()
    lines = _lines()
    step = np.array([[before.longitude_e6, before.latitude_e6], [now.longitude_e6, now.latitude_e6]]) / 1e6
    sides = _side(lines[:, 0], lines[:, 1], step[0]) * _side(lines[:, 0], lines[:, 1], step[1])
    kerbs = _side(step[0], step[1], lines[:, 0]) * _side(step[0], step[1], lines[:, 1])
    found = np.flatnonzero((sides < 0) & (kerbs < 0))
    return crossings[int(found[0])] if len(found) else None


def at(crossing: DemoCrossing, before: Spot, now: Spot) -> Spot:
    """The vehicle on the crossing, on its way from ``before`` to ``now``."""
    (west, south), (east, north) = crossing.line
    latitude_e6, longitude_e6 = round((south + north) * 5e5), round((west + east) * 5e5)
    whole = math.hypot(now.latitude_e6 - before.latitude_e6, now.longitude_e6 - before.longitude_e6)
    gone = math.hypot(latitude_e6 - before.latitude_e6, longitude_e6 - before.longitude_e6)
    time_s = before.time_s + round(min(1.0, gone / whole) * (now.time_s - before.time_s))
    return replace(now, time_s=time_s, latitude_e6=latitude_e6, longitude_e6=longitude_e6)


@cache
def _lines() -> np.ndarray:
    return np.array([crossing.line for crossing in demo_crossings()])


def _side(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> np.ndarray:
    """On which side of the line from ``start`` to ``end``: the cross product's sign."""
    ahead, there = end - start, point - start
    side: np.ndarray = ahead[..., 0] * there[..., 1] - ahead[..., 1] * there[..., 0]
    return side
