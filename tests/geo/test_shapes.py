"""Places in polygons."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from datacenter.geo import shapes
from datacenter.geo.measure import destination

SQUARES = shapes.BoundaryIndex(["west", "east"], [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])


def test_each_place_gets_its_polygon_and_outside_is_minus_one():
    assert SQUARES.locate([0.5, 1.5, 2.5, 0.5], [0.5, 0.5, 0.5, 1.5]).tolist() == [0, 1, -1, -1]


def test_a_place_on_a_shared_edge_goes_to_the_first_polygon():
    assert SQUARES.locate([1.0], [0.5]).tolist() == [0]
    assert SQUARES.pairs([1.0], [0.5])[1].tolist() == [0, 1]


def test_nothing_asked_and_nothing_there():
    assert SQUARES.locate([], []).tolist() == []
    assert shapes.BoundaryIndex([], []).locate([1.0], [1.0]).tolist() == [-1]


def test_a_place_that_is_no_number_lies_nowhere():
    assert SQUARES.locate([np.nan], [0.5]).tolist() == [-1]


@given(st.lists(st.tuples(st.floats(-1, 3), st.floats(-1, 2)), max_size=40))
def test_columns_answer_as_single_places_do(places):
    x, y = np.array(places).reshape(-1, 2).T
    together = SQUARES.locate(x, y)
    assert together.tolist() == [int(SQUARES.locate([a], [b])[0]) for a, b in places]


@given(st.floats(0, 360), st.floats(121.5, 122.5), st.floats(40.7, 41.4))
def test_circle_holds_what_is_near_and_not_what_is_far(bearing, lon, lat):
    index = shapes.BoundaryIndex(["c"], [shapes.circle(lon, lat, 600)])
    near, far = destination(lat, lon, bearing, 590), destination(lat, lon, bearing, 610)
    assert index.locate(near[1], near[0])[0] == 0
    assert index.locate(far[1], far[0])[0] == -1


def test_inside_china_refuses_the_usual_nonsense():
    latitude_e6 = [41_120_000, 0, 122_070_000, -41_120_000, 41_120_000]
    longitude_e6 = [122_070_000, 0, 41_120_000, 122_070_000, -122_070_000]
    assert shapes.inside_china(latitude_e6, longitude_e6).tolist() == [True, False, False, False, False]


@given(st.floats(121, 123), st.floats(40, 42), st.floats(10, 5000))
def test_geojson_there_and_back(lon, lat, radius):
    circle = shapes.circle(lon, lat, radius)
    back = shapes.geometry_of(shapes.geojson_of(circle))
    assert back.is_valid
    assert back.hausdorff_distance(circle) < 2e-6
