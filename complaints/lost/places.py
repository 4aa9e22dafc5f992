"""Names of places as they are typed (地名提示): ranks, stations, crossings, roads, and the names of the base map."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely
from django.contrib.staticfiles import finders

from datacenter.accounts.scope import scope_of
from datacenter.geo.counties import counties
from datacenter.geo.models import Area, Crossing, RoadSection

MOST = 8
_KINDS = {"rank": "候客点", "station": "场站"}


def places_like(user: Any, typed: str) -> list[dict[str, Any]]:
    """At most ``MOST`` of them as ``{"name", "kind", "latitude", "longitude"}``, beginnings before middles."""
    typed = typed.strip()
    if not typed or scope_of(user).level != "city":  # as the search that they are for
        return []
    found = {**_named(typed), **{name: place for name, place in _on_the_map().items() if typed in name}}
    names = sorted(found, key=lambda name: (not name.startswith(typed), len(name), name))
    return [{"name": name, **found[name]} for name in names[:MOST]]


def _named(typed: str) -> dict[str, dict[str, Any]]:
    """Public places of the house's own tables; other areas are the bureau's business."""
    found: dict[str, dict[str, Any]] = {}
    for section in RoadSection.objects.filter(name__contains=typed, active=True).only("name", "line")[:MOST]:
        found[section.name] = _place(section.line, "道路")
    for crossing in Crossing.objects.filter(name__contains=typed, active=True).only("name", "boundary")[:MOST]:
        found[crossing.name] = _place(crossing.boundary, "路口")
    areas = Area.objects.filter(name__contains=typed, kind__in=_KINDS, active=True).only("name", "kind", "boundary")
    for area in areas[:MOST]:
        found[area.name] = _place(area.boundary, _KINDS[area.kind])
    return found


def _place(shape: Any, kind: str) -> dict[str, Any]:
    geometry = shapely.geometry.shape(shape)
    # The middle of a road lies on the road.
    point = geometry.interpolate(0.5, normalized=True) if geometry.geom_type == "LineString" else geometry.centroid
    return {"kind": kind, "latitude": round(point.y, 6), "longitude": round(point.x, 6)}


@lru_cache(maxsize=1)
def _on_the_map() -> dict[str, dict[str, Any]]:
    city = counties().values_list("city_code", flat=True).first()
    path = finders.find(f"data/basemap/{city}.json") if city else None
    if not path:
        return {}
    features = json.loads(Path(str(path)).read_text(encoding="utf-8"))["features"]
    return {
        feature["properties"]["name"]: _place(feature["geometry"], "地名")
        for feature in features
        if feature["properties"].get("layer") == "place"
    }
