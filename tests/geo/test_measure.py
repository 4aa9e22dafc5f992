"""Distances and bearings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.geo import measure

latitudes = st.floats(-85, 85)
longitudes = st.floats(-179.9, 179.9)


def test_a_degree_of_latitude_is_111_km():
    assert measure.distance_m(41.0, 122.0, 42.0, 122.0) == pytest.approx(111_195, abs=1)


def test_known_pair_of_seats():
    # 兴隆台 to 大洼, district seats; along the ellipsoid 14,203 m.
    assert measure.distance_m(41.12034, 122.06614, 40.99245, 122.06624) == pytest.approx(14_203, rel=0.003)


@pytest.mark.parametrize(
    ("to", "bearing"), [((42.0, 122.0), 0), ((40.0, 122.0), 180), ((41.0, 122.001), 90), ((41.0, 121.999), 270)]
)
def test_bearings_of_the_four_winds(to, bearing):
    assert float(measure.bearing_deg(41.0, 122.0, *to)) == pytest.approx(bearing, abs=0.01)


@given(latitudes, longitudes, st.floats(0, 359.99), st.floats(0, 200_000))
def test_destination_is_as_far_as_asked(lat, lon, bearing, distance):
    end_lat, end_lon = measure.destination(lat, lon, bearing, distance)
    assert float(measure.distance_m(lat, lon, end_lat, end_lon)) == pytest.approx(distance, abs=0.01)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance_has_no_direction_and_bearing_is_in_range(lat_a, lon_a, lat_b, lon_b):
    there, back = measure.distance_m(lat_a, lon_a, lat_b, lon_b), measure.distance_m(lat_b, lon_b, lat_a, lon_a)
    assert math.isclose(there, back, abs_tol=1e-6)
    assert 0 <= measure.bearing_deg(lat_a, lon_a, lat_b, lon_b) < 360


@given(st.lists(st.tuples(st.integers(40_000_000, 42_000_000), st.integers(121_000_000, 123_000_000)), min_size=2))
def test_segments_sum_alike_however_the_track_is_cut(points):
    lat, lon = np.array(points).T
    whole = measure.segment_mm(lat, lon)
    assert whole.dtype == np.int64
    assert whole[0] == 0
    cut = len(points) // 2
    parts = measure.segment_mm(lat[: cut + 1], lon[: cut + 1]).sum() + measure.segment_mm(lat[cut:], lon[cut:]).sum()
    assert parts == whole.sum()


def test_segments_of_an_empty_track():
    assert measure.segment_mm([], []).tolist() == []
