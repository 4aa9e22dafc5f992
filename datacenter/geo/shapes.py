"""Which polygon a place lies in (点在面内), for columns of places at once. WGS-84, x is longitude, y latitude."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

Indexes = npt.NDArray[np.intp]

# China's extremes of latitude and longitude (领土四至) with its southern waters, in 1e-6 degree, rounded outwards.
# A box, not the outline: it is there to refuse (0, 0), swapped axes and another continent, at the price of four
# comparisons a position; the neighbours' places inside the box are no error of a receiver.
_WEST_E6, _EAST_E6, _SOUTH_E6, _NORTH_E6 = 73_400_000, 135_100_000, 3_800_000, 53_600_000

# Metres in a degree of latitude; of longitude it is this times the cosine.
METRES_A_DEGREE = 111_195.08


class BoundaryIndex:
    """Polygons that can be asked for many places at once; ``ids[i]`` names ``geometries[i]``."""

    def __init__(self, ids: Sequence[Hashable], geometries: Sequence[BaseGeometry]) -> None:
        self.ids = tuple(ids)
        self.geometries = np.array(geometries, dtype=object)
        if len(self.ids) != len(self.geometries):
            raise ValueError(f"{len(self.ids)} ids for {len(self.geometries)} geometries")
        shapely.prepare(self.geometries)
        self._tree = shapely.STRtree(self.geometries)

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def from_geojson(cls, boundaries: Mapping[Hashable, Mapping[str, Any]]) -> BoundaryIndex:
        """An index over GeoJSON geometries by id."""
        return cls(list(boundaries), [geometry_of(boundary) for boundary in boundaries.values()])

    def pairs(self, longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> tuple[Indexes, Indexes]:
        """(places, polygons): every pair in which the place lies in the polygon or on its edge, by place, polygon."""
        x, y = np.atleast_1d(np.asarray(longitude, np.float64)), np.atleast_1d(np.asarray(latitude, np.float64))
        if not len(self) or not len(x):
            return np.empty(0, np.intp), np.empty(0, np.intp)
        # The tree knows boxes only; the prepared polygons decide. Its own predicate would prepare the points instead.
        places, polygons = self._tree.query(shapely.points(x, y))
        inside = shapely.intersects_xy(self.geometries[polygons], x[places], y[places])
        places, polygons = places[inside], polygons[inside]
        order = np.lexsort((polygons, places))
        return places[order], polygons[order]

    def locate(self, longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> Indexes:
        """Index of the polygon each place lies in, -1 outside all; the first where several meet."""
        places, polygons = self.pairs(longitude, latitude)
        found = np.full(np.size(longitude), -1, np.intp)
        first = np.ones(len(places), bool)
        first[1:] = places[1:] != places[:-1]
        found[places[first]] = polygons[first]
        return found


def inside_china(latitude_e6: npt.ArrayLike, longitude_e6: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether places lie in China's box of latitude and longitude, edges included; see the constants for why a box."""
    lat, lon = np.asarray(latitude_e6), np.asarray(longitude_e6)
    return (lat >= _SOUTH_E6) & (lat <= _NORTH_E6) & (lon >= _WEST_E6) & (lon <= _EAST_E6)


def geometry_of(boundary: Mapping[str, Any]) -> BaseGeometry:
    """The shapely geometry of a GeoJSON one, made valid."""
    geometry = shape(boundary)
    return geometry if geometry.is_valid else shapely.make_valid(geometry)


def geojson_of(geometry: BaseGeometry) -> dict[str, Any]:
    """GeoJSON of a geometry, coordinates on a grid of 1e-6 degree, as lists (what a JSON column gives back)."""
    return _listed(mapping(shapely.set_precision(geometry, 1e-6)))


def circle(longitude: float, latitude: float, radius_m: float, corners: int = 48) -> BaseGeometry:
    """A round polygon about a place."""
    angles = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    x = longitude + np.cos(angles) * radius_m / (METRES_A_DEGREE * np.cos(np.radians(latitude)))
    y = latitude + np.sin(angles) * radius_m / METRES_A_DEGREE
    return shapely.Polygon(np.column_stack([x, y]))


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_listed(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value
