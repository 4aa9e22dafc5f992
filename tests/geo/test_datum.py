"""WGS-84 and GCJ-02."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.geo import datum

BOUNDARIES = Path(__file__).resolve().parents[3] / "shared/data/boundaries"


def test_shift_near_panjin():
    lon, lat = datum.gcj02_to_wgs84(122.07, 41.12)
    assert float(lon) - 122.07 == pytest.approx(-0.0055, abs=2e-4)
    assert float(lat) - 41.12 == pytest.approx(-0.002, abs=2e-4)


def test_against_a_converted_boundary():
    """The same outline before and after conversion by eviltransform 0.1.1 (another author's code)."""
    if not BOUNDARIES.exists():
        pytest.skip("NOT TESTED: ../shared/data/boundaries is absent, the datum was not compared with eviltransform")
    before = _vertices("panjin_datav2021_gcj02.geojson", "211104")
    after = _vertices("panjin_datav2021_wgs84.geojson", "211104")
    lon, lat = datum.gcj02_to_wgs84(before[:, 0], before[:, 1])
    nearest = np.abs(np.column_stack([lon, lat])[:, None, :] - after[None, :, :]).max(axis=2).min(axis=1)
    assert nearest.max() < 3e-6


@given(st.floats(73.5, 135.0), st.floats(18.0, 53.5))
def test_round_trip(lon, lat):
    back_lon, back_lat = datum.gcj02_to_wgs84(*datum.wgs84_to_gcj02(lon, lat))
    assert abs(float(back_lon) - lon) < 1e-6
    assert abs(float(back_lat) - lat) < 1e-6


def test_outside_china_nothing_moves():
    lon, lat = datum.wgs84_to_gcj02(np.array([-0.1, 151.2]), np.array([51.5, -33.9]))
    assert lon.tolist() == [-0.1, 151.2]
    assert lat.tolist() == [51.5, -33.9]


def _vertices(file: str, code: str) -> np.ndarray:
    from shapely import get_coordinates
    from shapely.geometry import shape

    features = json.loads((BOUNDARIES / file).read_text(encoding="utf-8"))["features"]
    return get_coordinates(shape(next(f["geometry"] for f in features if str(f["properties"]["adcode"]) == code)))
