"""What every map of the house starts from (底图): django-leaflet's settings and the files of the base map."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse

from datacenter.geo.counties import counties


def map_ground(demo: bool = False) -> dict[str, Any]:
    """The configuration of a map, as ``static/js/lib/map.js`` and ``components/basemap.js`` take it."""
    leaflet = settings.LEAFLET_CONFIG
    city = counties().values_list("city_code", flat=True).first()
    return {
        "leaflet": {
            "center": leaflet["DEFAULT_CENTER"],
            "zoom": leaflet["DEFAULT_ZOOM"],
            "minzoom": leaflet["MIN_ZOOM"],
            "maxzoom": leaflet["MAX_ZOOM"],
            "layers": leaflet["TILES"],
            "attributionprefix": leaflet["ATTRIBUTION_PREFIX"],
            "scale": leaflet["SCALE"],
        },
        "counties": reverse("api-map-counties"),
        "basemap": _static_if_there(f"data/basemap/{city}.json"),
        "roads": _static_if_there(f"data/basemap/{city}_demo_roads.json") if demo else None,
    }


def _static_if_there(path: str) -> str | None:
    return static(path) if finders.find(path) else None
