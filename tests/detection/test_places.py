"""Areas at their hours, approved routes, roads and their limits, stops, crossings: under, on and over each limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from datacenter.detection.batch import Zone
from datacenter.detection.corridors import Corridors, Route
from datacenter.detection.crossings import Crossings, Stripes
from datacenter.detection.detectors.areas import ForbiddenArea, RouteDeviation
from datacenter.detection.detectors.happened import CrossingFast
from datacenter.detection.detectors.speed import Overspeed
from datacenter.detection.detectors.stops import Idling, MotorwayStop
from datacenter.geo.road_index import RoadIndex, Section
from datacenter.tracks.position import Positions
from tests.detection.running import HOUR, MIDNIGHT, drive, rule, told, world
from tests.factories import DAWA_SEAT

NOON = MIDNIGHT + 12 * HOUR
# Tracks of ``drive`` go north from here.
LAT, LON = DAWA_SEAT
EVER = 2**62
METRE = 1 / 111_195.08


def square(half_deg: float = 0.5, north: float = 0.0) -> Any:
    return shapely.box(LON - half_deg, LAT + north - half_deg, LON + half_deg, LAT + north + half_deg)


def zone(shape: Any, since: int = 0, until: int = 0, **facts: Any) -> Zone:
    shapely.prepare(shape)
    given = {"limit_kmh": None, "valid_from": 0, "valid_until": EVER, **facts}
    return Zone(
        7, "区", frozenset(), bounds=shape.bounds, shape=shape, daily_from_s=since, daily_until_s=until, **given
    )


@pytest.mark.parametrize(
    ("start", "found"), [(7 * HOUR - 60, 0), (7 * HOUR, 1), (9 * HOUR - 60, 1), (9 * HOUR - 10, 0), (9 * HOUR, 0)]
)
def test_an_area_is_forbidden_at_its_hours_only(start: int, found: int) -> None:
    context = world(forbidden=[zone(square(), 7 * HOUR, 9 * HOUR)])
    track = drive((50, 40), start=MIDNIGHT + start, step=10)
    assert len(told([rule(ForbiddenArea())], track, context)) == found


def test_hours_may_run_over_midnight_and_the_same_hour_twice_is_the_whole_day() -> None:
    by_night, always = world(forbidden=[zone(square(), 22 * HOUR, 6 * HOUR)]), world(forbidden=[zone(square())])
    for hour, found in ((21, 0), (23, 1), (29, 1), (31, 0)):
        track = drive((50, 40), start=MIDNIGHT + hour * HOUR, step=10)
        assert len(told([rule(ForbiddenArea())], track, by_night)) == found
        assert len(told([rule(ForbiddenArea())], track, always)) == 1


def corridor(vehicles: set[int], kinds: set[int] = frozenset(), half_deg: float = 0.01, **facts: Any) -> Route:
    given = {"valid_from": 0, "valid_until": EVER, **facts}
    return Route(3, frozenset(vehicles), frozenset(kinds), shape=square(half_deg), **given)


def off_route(track: Positions, *routes: Route) -> int:
    return len(told([rule(RouteDeviation())], track, world(corridors=Corridors(list(routes)))))


@pytest.mark.parametrize(("lasting", "found"), [(110, 0), (120, 1), (130, 1)])
def test_off_the_route_counts_from_two_minutes(lasting: int, found: int) -> None:
    away = drive((lasting, 40), (600, 0), step=10, longitude_e6=round((LON + 0.02) * 1e6))
    assert off_route(away, corridor({1})) == found


def test_a_route_binds_its_vehicles_else_its_kinds_and_only_while_in_force() -> None:
    away = drive((600, 40), step=10, start=NOON, longitude_e6=round((LON + 0.02) * 1e6))
    assert off_route(away, corridor({1})) == 1
    assert off_route(away, corridor({2})) == 0
    assert off_route(away, corridor(set(), {3})) == 1  # hazmat
    assert off_route(away, corridor(set(), {0})) == 0
    assert off_route(away, corridor({1}, valid_until=NOON)) == 0
    # A route of its own frees it from that of its kind; a second route of its own is as good as the first.
    assert off_route(away, corridor({1}, half_deg=0.05), corridor(set(), {3})) == 0
    assert off_route(away, corridor({1}), corridor({1}, half_deg=0.05)) == 0
    assert off_route(away, corridor({1}), corridor({1}, half_deg=0.05, valid_until=NOON)) == 1


def test_standing_off_the_route_is_no_deviation() -> None:
    assert off_route(drive((600, 0), step=10, longitude_e6=round((LON + 0.02) * 1e6)), corridor({1})) == 0


def road(limit: int, *, motorway: bool = False, east_m: float = 0.0, reach_m: float = 15.0, **facts: Any) -> Section:
    """A road to the north, beside the track of ``drive`` by ``east_m``."""
    x = LON + east_m * METRE / np.cos(np.radians(LAT))
    line = [(x, LAT - 0.1), (x, LAT), (x, LAT + 1.0)]
    return Section(9, motorway, reach_m, limit, facts.pop("limit_kmh", {}), [line], **facts)


def roads(*sections: Section) -> RoadIndex:
    return RoadIndex(list(sections), 5)


@pytest.mark.parametrize(("speed", "found"), [(65.9, 0), (66, 0), (66.1, 1)])
def test_the_limit_of_the_road_counts_with_its_tolerance(speed: float, found: int) -> None:
    track = drive((300, speed), start=NOON, step=10)  # type: ignore[arg-type]
    episodes = told([rule(Overspeed())], track, world("coach", roads=roads(road(60))))
    assert len(episodes) == found
    if found:
        assert episodes[0].measures["limit_kmh"] == 60


@pytest.mark.parametrize(("lasting", "found"), [(50, 0), (60, 1), (70, 1)])
def test_speeding_counts_from_a_minute(lasting: int, found: int) -> None:
    track = drive((lasting, 90), (60, 30), start=NOON, step=10)
    assert len(told([rule(Overspeed())], track, world("coach", roads=roads(road(60))))) == found


def test_the_lowest_of_road_area_and_kind_applies() -> None:
    track = drive((300, 100), start=NOON, step=10)

    def limit(kind: str, *, road_kmh: int = 120, area_kmh: int = 120, kinds: dict[int, int] | None = None) -> int:
        context = world(
            kind,
            roads=roads(road(road_kmh, limit_kmh=kinds or {})),
            speed_zones=[zone(square(), limit_kmh=area_kmh)],
        )
        return int(told([rule(Overspeed())], track, context)[0].measures["limit_kmh"])

    assert limit("hazmat") == 80
    assert limit("coach", road_kmh=70) == 70
    assert limit("coach", road_kmh=70, area_kmh=40) == 40
    assert limit("hazmat", road_kmh=80, kinds={3: 60}) == 60
    assert limit("coach", road_kmh=80, kinds={3: 60}) == 80


def test_beside_the_road_its_limit_does_not_apply() -> None:
    track = drive((300, 90), start=NOON, step=10)
    for east, found in ((14.9, 1), (15.1, 0), (-14.9, 1), (-15.1, 0)):
        assert len(told([rule(Overspeed())], track, world("coach", roads=roads(road(60, east_m=east))))) == found


def test_where_two_roads_meet_the_driver_has_the_better_of_it() -> None:
    track = drive((300, 90), start=NOON, step=10)
    both = roads(road(60), road(100, east_m=8))
    assert told([rule(Overspeed())], track, world("coach", roads=both)) == []
    assert len(told([rule(Overspeed())], track, world("coach", roads=roads(road(60), road(70, east_m=8))))) == 1


def test_a_section_counts_while_it_is_in_force() -> None:
    track = drive((300, 90), start=NOON, step=10)
    assert told([rule(Overspeed())], track, world("coach", roads=roads(road(60, valid_until=NOON)))) == []
    assert told([rule(Overspeed())], track, world("coach", roads=roads(road(60, valid_from=NOON + HOUR)))) == []


@pytest.mark.parametrize(
    ("speed", "hour", "found"), [(88, 23, 0), (88.1, 23, 1), (88.1, 12, 0), (88.1, 30, 0), (88.1, 29, 1)]
)
def test_a_coach_has_four_fifths_of_the_limit_at_night(speed: float, hour: int, found: int) -> None:
    track = drive((300, speed), start=MIDNIGHT + hour * HOUR, step=10)  # type: ignore[arg-type]
    assert len(told([rule(Overspeed())], track, world("coach"))) == found
    assert told([rule(Overspeed())], track, world("heavy_truck")) == []


def test_a_road_with_corners_is_followed_exactly() -> None:
    dice = np.random.default_rng(5)
    lines = [[(122.0 + x, 41.0 + y) for x, y in np.cumsum(dice.normal(0, 0.01, (20, 2)), axis=0)] for _ in range(6)]
    index = RoadIndex([Section(n, False, 40.0, 60, {}, [line]) for n, line in enumerate(lines)], 5)
    x, y = dice.uniform(121.9, 122.1, 4000), dice.uniform(40.9, 41.1, 4000)
    lon, lat = np.rint(x * 1e6).astype(np.int64), np.rint(y * 1e6).astype(np.int64)
    places, sections = index.pairs(lon, lat, np.zeros(4000, np.int64))
    squeeze = np.cos(np.radians(41.0))
    flat = [shapely.LineString([(a * squeeze, b) for a, b in line]) for line in lines]
    points = shapely.points(lon * 1e-6 * squeeze, lat * 1e-6)
    wanted = {
        (p, s) for s, line in enumerate(flat) for p in np.flatnonzero(shapely.distance(points, line) < 39.5 * METRE)
    }
    most = {
        (p, s) for s, line in enumerate(flat) for p in np.flatnonzero(shapely.distance(points, line) < 40.5 * METRE)
    }
    found = set(zip(places.tolist(), sections.tolist(), strict=True))
    assert wanted <= found <= most
    assert len(found) > 20


@pytest.mark.parametrize(("lasting", "found"), [(290, 0), (300, 1), (310, 1)])
def test_standing_on_a_motorway_counts_from_five_minutes(lasting: int, found: int) -> None:
    track = drive((lasting, 0), (600, 80), start=NOON, step=10)
    assert len(told([rule(MotorwayStop())], track, world(roads=roads(road(120, motorway=True))))) == found


@pytest.mark.parametrize(("speed", "found"), [(3, 1), (3.1, 0)])
def test_whoever_creeps_in_a_jam_does_not_stand(speed: float, found: int) -> None:
    track = drive((900, speed), start=NOON, step=10)  # type: ignore[arg-type]
    assert len(told([rule(MotorwayStop())], track, world(roads=roads(road(120, motorway=True))))) == found


def test_under_a_motorway_bridge_and_beside_it_one_may_stand() -> None:
    track = drive((900, 0), start=NOON, step=10)
    assert told([rule(MotorwayStop())], track, world(roads=roads(road(120, motorway=True), road(40, east_m=5)))) == []
    assert told([rule(MotorwayStop())], track, world(roads=roads(road(120, motorway=True, east_m=40)))) == []
    assert told([rule(MotorwayStop())], track, world(roads=roads(road(80)))) == []
    assert told([rule(MotorwayStop())], track, world()) == []


@pytest.mark.parametrize(("lasting", "found"), [(1790, 0), (1800, 1), (1810, 1)])
def test_idling_counts_from_half_an_hour(lasting: int, found: int) -> None:
    track = drive((lasting, 0), (600, 60), start=NOON, step=10)
    assert len(told([rule(Idling())], track, world())) == found
    assert told([rule(Idling())], track, world("taxi")) == []


def test_a_parked_engine_is_off_and_moving_up_is_forgiven() -> None:
    assert told([rule(Idling())], drive((3600, 0), status=2, start=NOON), world()) == []
    queue = drive((1000, 0), (50, 8), (1000, 0), start=NOON, step=10)
    assert len(told([rule(Idling())], queue, world())) == 1
    assert told([rule(Idling())], drive((1000, 0), (70, 8), (1000, 0), start=NOON, step=10), world()) == []


def stripes(north_m: float) -> Crossings:
    y = LAT + north_m * METRE
    return Crossings([Stripes(5, shapely.box(LON - 1e-4, y, LON + 1e-4, y + 5 * METRE))])


def over(speeds: list[float], north_m: float = 100, step: int = 10, **limits: Any) -> list[Any]:
    track = drive((0, speeds[0]), *((step, s) for s in speeds[1:]), start=NOON, step=step)  # type: ignore[arg-type]
    return told([rule(CrossingFast(), **limits)], track, world("taxi", crossings=stripes(north_m)))


@pytest.mark.parametrize(("speed", "found"), [(39.9, 0), (40, 0), (40.1, 1)])
def test_a_crossing_passed_without_slowing_down(speed: float, found: int) -> None:
    episodes = over([speed] * 4)
    assert len(episodes) == found
    if found:
        assert episodes[0].measures["crossing_id"] == 5
        assert episodes[0].measures["through_dkmh"] == 401
    assert not CrossingFast.opens_case
    assert not CrossingFast.enabled_by_default


def test_slowing_down_on_either_side_is_enough_and_so_is_another_road() -> None:
    assert over([60, 30, 60]) == []
    assert over([60] * 4, north_m=10_000) == []


@pytest.mark.parametrize(("step", "found"), [(14, 1), (15, 1), (16, 0)])
def test_between_distant_fixes_nobody_knows_whether_it_slowed_down(step: int, found: int) -> None:
    assert len(over([50] * 4, north_m=150, step=step)) == found


def test_a_step_of_over_300_metres_is_no_way_known() -> None:
    assert len(over([75] * 3, step=14)) == 1  # 292 m
    assert over([80] * 3, step=14) == []  # 311 m
