"""The synthetic roads and bus lines that the demo fleet drives (生成的演示路网与公交线路).

Pages and the demo city's registry may show them; they are made up and say so in their names (演示).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from datacenter.simulator.templates import load_columns, load_templates

RoadClass = Literal["expressway", "ramp", "main", "county", "arterial", "street"]
ROAD_CLASSES: tuple[RoadClass, ...] = ("expressway", "ramp", "main", "county", "arterial", "street")
LIMIT_KMH: dict[RoadClass, int] = {
    "expressway": 120,
    "ramp": 40,
    "main": 80,
    "county": 70,
    "arterial": 60,
    "street": 40,
}


@dataclass(frozen=True, slots=True)
class DemoRoad:
    """One road; ``lines`` are its pieces between junctions as (longitude, latitude)."""

    name: str
    road_class: RoadClass
    limit_kmh: int
    lines: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class DemoBusLine:
    """One bus line out from its first stop; the way back is the same road. Points are (longitude, latitude)."""

    number: str
    county_code: str
    shape: tuple[tuple[float, float], ...]
    stops: tuple[tuple[float, float], ...]


def demo_roads() -> list[DemoRoad]:
    """Every road of the network, by class and name."""
    columns = load_columns()
    ends = np.cumsum(columns["edge_sizes"].astype(np.int64))
    shapes = np.split(columns["edge_points_e6"] / 1e6, ends[:-1])
    pieces: dict[tuple[int, str], list[tuple[tuple[float, float], ...]]] = {}
    for shape, road_class, name in zip(shapes, columns["edge_class"], columns["edge_name"], strict=True):
        key = (int(road_class), str(columns["names"][name]))
        pieces.setdefault(key, []).append(tuple((float(lon), float(lat)) for lon, lat in shape))
    return [
        DemoRoad(name, ROAD_CLASSES[number], LIMIT_KMH[ROAD_CLASSES[number]], tuple(lines))
        for (number, name), lines in sorted(pieces.items())
    ]


def demo_bus_lines() -> list[DemoBusLine]:
    """Every bus line with its stops, terminus first."""
    columns, templates = load_columns(), load_templates()
    counts = columns["stop_counts"].astype(np.int64)
    stops_m = np.split(columns["stops_dm"] / 10.0, np.cumsum(counts)[:-1])
    lines: dict[str, DemoBusLine] = {}
    for number, (kind, county, _base, label) in enumerate(templates.key):
        if kind == "bus" and label not in lines:
            shape_m = columns["out_dm"][number] / 10.0
            along = np.concatenate(([0.0], stops_m[number], [shape_m]))
            steps = np.unique(np.concatenate((along, np.arange(0.0, shape_m, 60.0))))
            lines[label] = DemoBusLine(label, county, _points(number, steps), _points(number, along))
    return list(lines.values())


def _points(template: int, metres: np.ndarray) -> tuple[tuple[float, float], ...]:
    lon, lat, _ = load_templates().place(np.full(len(metres), template), metres)
    return tuple((round(float(x) / 1e6, 6), round(float(y) / 1e6, 6)) for x, y in zip(lon, lat, strict=True))
