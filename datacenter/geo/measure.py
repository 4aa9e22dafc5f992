"""Distances and bearings on a sphere (距离、方位角), for one pair of points or for columns of them.

Degrees are WGS-84 floats; ``…_e6`` are integers of 1e-6 degree, as terminals send and tables keep them. On the sphere
a distance is right to about 0.3 %: far better than a receiver's fix, and the same on every machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_M = 6_371_008.8  # the mean radius R1 of WGS-84 (IUGG)

Degrees = npt.ArrayLike
Floats = npt.NDArray[np.float64]


def distance_m(latitude_a: Degrees, longitude_a: Degrees, latitude_b: Degrees, longitude_b: Degrees) -> Floats:
    """Great-circle distance in metres (距离), by the haversine formula; arguments broadcast against each other."""
    lat_a, lon_a, lat_b, lon_b = (
        np.radians(np.asarray(v, np.float64)) for v in (latitude_a, longitude_a, latitude_b, longitude_b)
    )
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def bearing_deg(latitude_a: Degrees, longitude_a: Degrees, latitude_b: Degrees, longitude_b: Degrees) -> Floats:
    """Initial bearing from a to b (方位角) in degrees from north, clockwise, in [0, 360); 0 where the points meet."""
    lat_a, lon_a, lat_b, lon_b = (
        np.radians(np.asarray(v, np.float64)) for v in (latitude_a, longitude_a, latitude_b, longitude_b)
    )
    east = np.sin(lon_b - lon_a) * np.cos(lat_b)
    north = np.cos(lat_a) * np.sin(lat_b) - np.sin(lat_a) * np.cos(lat_b) * np.cos(lon_b - lon_a)
    turned = np.degrees(np.arctan2(east, north)) % 360.0
    return np.where(turned >= 360.0, 0.0, turned)  # -1e-15 % 360 rounds up to 360


def destination(latitude: Degrees, longitude: Degrees, bearing: Degrees, distance: Degrees) -> tuple[Floats, Floats]:
    """(latitude, longitude) reached after ``distance`` metres along ``bearing`` degrees; longitude in [-180, 180)."""
    lat, lon, course = (np.radians(np.asarray(v, np.float64)) for v in (latitude, longitude, bearing))
    angle = np.asarray(distance, np.float64) / EARTH_RADIUS_M
    sine = np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(course)
    end_lat = np.arcsin(np.clip(sine, -1.0, 1.0))
    end_lon = lon + np.arctan2(
        np.sin(course) * np.sin(angle) * np.cos(lat), np.cos(angle) - np.sin(lat) * np.sin(end_lat)
    )
    return np.degrees(end_lat), (np.degrees(end_lon) + 180.0) % 360.0 - 180.0


def segment_mm(latitude_e6: npt.ArrayLike, longitude_e6: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Length in whole millimetres of the segment that ends at each point of one track, shape (n,); the first is 0.

    Integers add up to the same sum in any order and any split into batches, as floats do not: a distance measured
    live equals the one measured in replay.
    """
    lat = np.asarray(latitude_e6, np.int64) / 1e6
    lon = np.asarray(longitude_e6, np.int64) / 1e6
    lengths = np.zeros(len(lat), np.int64)
    lengths[1:] = np.rint(distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) * 1000).astype(np.int64)
    return lengths
