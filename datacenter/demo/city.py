"""Whom and where the past is about (演示对象): vehicles with their drivers then, places on the demo's roads.

A few companies and drivers are worse than the others. Nothing but the demo's own companies is ever drawn.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Any

import numpy as np

from datacenter.detection.catalogue import default_limits, detectors
from datacenter.detection.models import DetectorSetting
from datacenter.geo.counties import county_lines
from datacenter.geo.models import Area, Crossing
from datacenter.registry.models import DriverBinding, Vehicle
from datacenter.simulator.fleet import demo_companies
from datacenter.simulator.roads import ROAD_CLASSES
from datacenter.simulator.templates import load_columns

_BAD_COMPANIES, _BAD = 0.05, 5.0
_REPEATERS, _AGAIN = 0.012, 25.0
_AT_HOME = 0.78
_EVERY = 3  # of the roads' points

Place = tuple[int, int]  # latitude, longitude, 1e-6°


@dataclass(frozen=True, slots=True)
class Subject:
    """One vehicle as the registry has it."""

    pk: int
    plate: str
    plate_colour: int
    kind: str
    company_id: int
    company_name: str
    county: str | None
    company_county: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A detector as it stands: its limits and whether somebody looks before a case opens."""

    code: str
    title: str
    source: str
    limits: dict[str, Any]
    screened: bool


class City:
    """The demo city as the past needs it; ``random`` decides who is worse than the others."""

    def __init__(self, random: Random) -> None:
        self._vehicles: dict[str, list[Subject]] = defaultdict(list)
        weights: dict[str, list[float]] = defaultdict(list)
        codes = sorted(company.uscc for company in demo_companies())
        bad = set(random.sample(codes, max(1, round(len(codes) * _BAD_COMPANIES))))
        rows = Vehicle.objects.filter(company__credit_code__in=codes).exclude(state=Vehicle.State.RETIRED)
        columns = ("pk", "plate", "plate_colour", "kind", "company_id", "company__name", "county_id")
        for *facts, county, code in rows.order_by("vin", "pk").values_list(
            *columns, "company__county_id", "company__credit_code"
        ):
            subject = Subject(*facts, county)
            self._vehicles[subject.kind].append(subject)
            weight = (_BAD if code in bad else 1.0) * (_AGAIN if random.random() < _REPEATERS else 1.0)
            weights[subject.kind].append(weight)
        self._weights = {kind: list(accumulate(column)) for kind, column in weights.items()}
        self._drivers: dict[int, list[tuple[datetime, datetime | None, int, str]]] = defaultdict(list)
        bindings = DriverBinding.objects.order_by("-since", "pk")
        for vehicle, *binding in bindings.values_list(
            "vehicle_id", "since", "until", "practitioner_id", "practitioner__name"
        ).iterator():
            self._drivers[vehicle].append(tuple(binding))
        self._points = _points()
        self._crossings = [
            (pk, _middle(shape)) for pk, shape in Crossing.objects.order_by("name", "pk").values_list("pk", "boundary")
        ]
        self._areas = [
            (pk, _middle(shape))
            for pk, shape in Area.objects.filter(kind=Area.Kind.FORBIDDEN)
            .order_by("name")
            .values_list("pk", "boundary")
        ]

    @property
    def size(self) -> int:
        """How many vehicles of the demo there are."""
        return sum(map(len, self._vehicles.values()))

    def kinds(self) -> set[str]:
        """The industries that have vehicles."""
        return set(self._vehicles)

    def vehicle(self, random: Random, kind: str) -> Subject:
        """One of that industry, the worse ones oftener."""
        weights = self._weights[kind]
        return self._vehicles[kind][min(bisect(weights, random.random() * weights[-1]), len(weights) - 1)]

    def driver(self, vehicle: int, at: datetime) -> tuple[int | None, str]:
        """Who was entered as its driver then: id and name, or nobody."""
        for since, until, pk, name in self._drivers.get(vehicle, ()):
            if since <= at and (until is None or until > at):
                return pk, name
        return None, ""

    def place(
        self, random: Random, rule: str, classes: tuple[str, ...], home: str | None
    ) -> tuple[Place, Mapping[str, int]]:
        """Where it was, mostly in the county ``home``; which crossing or area, where the rule is about one."""
        if rule.startswith("crossing.") and self._crossings:
            pk, spot = random.choice(self._crossings)
            return spot, {"crossing": pk}
        if rule == "area.forbidden" and self._areas:
            pk, spot = random.choice(self._areas)
            return (spot[0] + random.randrange(-3000, 3000), spot[1] + random.randrange(-3000, 3000)), {"area": pk}
        road = random.choice(classes)
        near = self._points.get((road, home), []) if random.random() < _AT_HOME else []
        return random.choice(near or self._points[road, None]), {}


def rules() -> dict[str, Rule]:
    """Every detector that is enabled, by code."""
    rows = {row.pk: row for row in DetectorSetting.objects.all()}
    found = {}
    for code, detector in detectors().items():
        row = rows.get(code)
        if row is not None and row.enabled:
            limits = {**default_limits(detector), **row.limits}
            found[code] = Rule(code, detector.title, detector.source, limits, row.needs_screening)
    return found


def _points() -> dict[tuple[str, str | None], list[Place]]:
    """Points of the demo's roads by class, and by class and county; under None all of a class."""
    columns = load_columns()
    classes = np.repeat(columns["edge_class"], columns["edge_sizes"].astype(np.int64))[::_EVERY]
    points = columns["edge_points_e6"].astype(np.int64)[::_EVERY]
    lines = county_lines()
    index, _ = lines.ask(points[:, 1], points[:, 0])
    found: dict[tuple[str, str | None], list[Place]] = defaultdict(list)
    for (lon, lat), road, county in zip(points.tolist(), classes.tolist(), index.tolist(), strict=True):
        name = ROAD_CLASSES[road]
        found[name, None].append((lat, lon))
        if county >= 0:
            found[name, str(lines.boundaries.ids[county])].append((lat, lon))
    return dict(found)


def _middle(shape: Mapping[str, Any]) -> Place:
    ring = shape["coordinates"][0]
    while not isinstance(ring[0][0], int | float):
        ring = ring[0]
    lon, lat = (sum(point[axis] for point in ring) / len(ring) for axis in (0, 1))
    return round(lat * 1e6), round(lon * 1e6)
