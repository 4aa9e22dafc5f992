"""WGS-84 ⇄ GCJ-02 (坐标系转换), at the map's edge only: inside the house every place is WGS-84.

The formula is the widely published approximation of GCJ-02 on the Krasovsky 1940 ellipsoid ("eviltransform",
"coordtransform"); the law's own algorithm is not public. Near Panjin it moves a point by about +0.0055° of longitude
and +0.002° of latitude. Names of values in GCJ-02 begin with ``gcj02_``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_AXIS_M = 6_378_245.0  # Krasovsky 1940
_ECCENTRICITY = 0.00669342162296594323  # squared
# Where the published formula applies; outside it the datum is WGS-84 itself.
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_ROUNDS = 5  # each round of the inverse cuts the error by about a thousand

Floats = npt.NDArray[np.float64]


def wgs84_to_gcj02(longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> tuple[Floats, Floats]:
    """(longitude, latitude) in GCJ-02 of places in WGS-84, degrees; columns or single values."""
    lon, lat = np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def gcj02_to_wgs84(gcj02_longitude: npt.ArrayLike, gcj02_latitude: npt.ArrayLike) -> tuple[Floats, Floats]:
    """(longitude, latitude) in WGS-84 of places in GCJ-02, degrees; exact to 1e-9 by repeated correction."""
    lon, lat = np.asarray(gcj02_longitude, np.float64), np.asarray(gcj02_latitude, np.float64)
    guess_lon, guess_lat = lon, lat
    for _ in range(_ROUNDS):
        east, north = _shift(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - east, lat - north
    return guess_lon, guess_lat


def _shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees east and north by which GCJ-02 moves a place; zero outside China's box."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (waves + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (waves + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    radians = np.radians(lat)
    curve = 1.0 - _ECCENTRICITY * np.sin(radians) ** 2
    north_deg = np.degrees(north * curve * np.sqrt(curve) / (_AXIS_M * (1.0 - _ECCENTRICITY)))
    east_deg = np.degrees(east * np.sqrt(curve) / (_AXIS_M * np.cos(radians)))
    applies = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    return np.where(applies, east_deg, 0.0), np.where(applies, north_deg, 0.0)
