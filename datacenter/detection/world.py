"""The world around a batch (检测上下文), read from the registry and the areas."""

from __future__ import annotations

import numpy as np
from shapely import prepare
from shapely.geometry import shape

from datacenter.detection.batch import KINDS, Context, Zone
from datacenter.geo.models import Area
from datacenter.registry.models import Vehicle

_EVER = 2**62


def read_context() -> Context:
    """Kinds of all vehicles and the areas in force, two queries."""
    vehicles = list(Vehicle.objects.values_list("pk", "kind"))
    kind_of = np.full(max((pk for pk, _ in vehicles), default=0) + 1, -1, np.int8)
    for pk, kind in vehicles:
        kind_of[pk] = KINDS.index(kind)
    zones: dict[str, list[Zone]] = {Area.Kind.FORBIDDEN: [], Area.Kind.SPEED: []}
    for area in Area.objects.filter(active=True).order_by("pk"):
        polygon = shape(area.boundary)
        prepare(polygon)
        zones[area.kind].append(
            Zone(
                area_id=area.pk,
                name=area.name,
                kinds=frozenset(area.vehicle_kinds),
                limit_kmh=area.limit_kmh,
                valid_from=int(area.valid_from.timestamp()) if area.valid_from else 0,
                valid_until=int(area.valid_until.timestamp()) if area.valid_until else _EVER,
                bounds=polygon.bounds,
                shape=polygon,
            )
        )
    return Context(kind_of, zones[Area.Kind.FORBIDDEN], zones[Area.Kind.SPEED])
