"""The world around a batch (检测上下文), read from the registry, the areas, the roads and the exemptions."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely import prepare
from shapely.geometry import shape

from datacenter.detection.batch import KINDS, Context, Zone
from datacenter.detection.corridors import Corridors, Route
from datacenter.detection.crossings import Crossings, Stripes
from datacenter.detection.models import Exemption
from datacenter.geo.models import Area, Crossing, RoadSection
from datacenter.geo.road_index import RoadIndex, Section
from datacenter.geo.versioned import Versioned
from datacenter.registry.models import Vehicle

_EVER = 2**62
# How far beside the carriageway a receiver may put a vehicle that is on it.
_RECEIVER_M = 5.0


def read_context() -> Context:
    """Kinds of all vehicles, areas, roads, crossings and exemptions in force; a constant number of queries."""
    zones = _zones()
    kind_of, county_of, company_of = _vehicles()
    return Context(
        kind_of,
        zones[Area.Kind.FORBIDDEN],
        zones[Area.Kind.SPEED],
        county_of,
        company_of,
        crossings=read_crossings(),
        corridors=_corridors(),
        roads=_ROADS.get(),
        exempt=_exemptions(),
    )


def read_crossings() -> Crossings | None:
    """The crossings in use, built once and kept until a row changes; None where there are none."""
    return _CROSSINGS.get()


def _vehicles() -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Kind, county and company by vehicle id."""
    vehicles = list(Vehicle.objects.values_list("pk", "kind", "county_id", "company_id"))
    size = max((pk for pk, *_ in vehicles), default=0) + 1
    kind_of, county_of = np.full(size, -1, np.int8), np.full(size, -1, np.int32)
    company_of = np.full(size, -1, np.int64)
    for pk, kind, county, company in vehicles:
        kind_of[pk] = KINDS.index(kind) if kind in KINDS else -1
        county_of[pk], company_of[pk] = int(county), company
    return kind_of, county_of, company_of


def _zones() -> dict[str, list[Zone]]:
    zones: dict[str, list[Zone]] = {Area.Kind.FORBIDDEN: [], Area.Kind.SPEED: []}
    for area in Area.objects.filter(active=True, kind__in=list(zones)).order_by("pk"):
        zones[area.kind].append(zone_of(area))
    return zones


def zone_of(area: Area) -> Zone:
    """An area ready for many questions."""
    polygon = shape(area.boundary)
    prepare(polygon)
    return Zone(
        area_id=area.pk,
        name=area.name,
        kinds=frozenset(area.vehicle_kinds),
        limit_kmh=area.limit_kmh,
        valid_from=_unix(area.valid_from, 0),
        valid_until=_unix(area.valid_until, _EVER),
        bounds=polygon.bounds,
        shape=polygon,
        daily_from_s=_second(area.daily_from),
        daily_until_s=_second(area.daily_until),
    )


def _corridors() -> Corridors | None:
    areas = list(Area.objects.filter(active=True, kind=Area.Kind.CORRIDOR).order_by("pk"))
    if not areas:
        return None
    bound: dict[int, set[int]] = {}
    through = Area.vehicles.through.objects.filter(area__in=areas)
    for area_id, vehicle_id in through.values_list("area_id", "vehicle_id"):
        bound.setdefault(area_id, set()).add(vehicle_id)
    return Corridors(
        [
            Route(
                area_id=area.pk,
                vehicles=frozenset(bound.get(area.pk, ())),
                kinds=frozenset(KINDS.index(kind) for kind in area.vehicle_kinds if kind in KINDS),
                valid_from=_unix(area.valid_from, 0),
                valid_until=_unix(area.valid_until, _EVER),
                shape=shape(area.boundary),
            )
            for area in areas
        ]
    )


def _build_roads() -> RoadIndex | None:
    sections = [
        Section(
            section_id=row.pk,
            motorway=row.road_class == RoadSection.RoadClass.MOTORWAY,
            reach_m=row.width_m / 2 + _RECEIVER_M,
            posted_kmh=row.limit_kmh,
            limit_kmh={KINDS.index(k): int(v) for k, v in row.kind_limits.items() if k in KINDS},
            lines=_lines(row.line),
            valid_from=_unix(row.valid_from, 0),
            valid_until=_unix(row.valid_until, _EVER),
        )
        for row in RoadSection.objects.filter(active=True).order_by("pk")
    ]
    return RoadIndex(sections, len(KINDS)) if sections else None


def _build_crossings() -> Crossings | None:
    rows = list(Crossing.objects.filter(active=True).order_by("pk"))
    return Crossings([Stripes(row.pk, shape(row.boundary)) for row in rows]) if rows else None


def _exemptions() -> dict[str, list[tuple[int, int, int]]]:
    exempt: dict[str, list[tuple[int, int, int]]] = {}
    for row in Exemption.objects.order_by("pk"):
        span = (row.vehicle_id, _unix(row.valid_from, 0), _unix(row.valid_until, _EVER))
        exempt.setdefault(row.detector, []).append(span)
    return exempt


def _lines(line: dict[str, Any]) -> list[list[tuple[float, float]]]:
    parts = line["coordinates"] if line["type"] == "MultiLineString" else [line["coordinates"]]
    return [[(float(point[0]), float(point[1])) for point in part] for part in parts]


def _unix(moment: datetime | None, otherwise: int) -> int:
    return int(moment.timestamp()) if moment else otherwise


def _second(at: time | None) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second if at else 0


_ROADS = Versioned(RoadSection, _build_roads)
_CROSSINGS = Versioned(Crossing, _build_crossings)
