"""Vehicles from elsewhere, the pure rule: dwells, rides, days, verdict; under, on and over each limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from datacenter.detection.detectors.elsewhere import Elsewhere
from datacenter.detection.elsewhere.rule import Day, Ride, Verdict, Way, day_of, dwells, rides, signs, verdict
from tests.detection.running import MIDNIGHT
from tests.detection.ways import Drive, empty, shift

HOUR, DAY = 3600, 86_400
NOON = MIDNIGHT + 12 * HOUR


def limits(**given: Any) -> Any:
    return Elsewhere().parse_limits(given)


def judged(days: list[Way], reads: Way | None = None, **given: Any) -> Verdict | None:
    way = join(days) if days else empty()
    return verdict(signs(way, reads or empty(), limits(**given)), limits(**given))


def join(ways: list[Way]) -> Way:
    names = ("at", "latitude_e6", "longitude_e6", "loaded", "inside", "rank")
    return Way(*(np.concatenate([getattr(way, name) for way in ways]) for name in names)).in_order()


def at_work(days: int, count: int = 40, **how: Any) -> list[Way]:
    return [shift(Drive(NOON + number * DAY), count, seed=number, **how).way() for number in range(days)]


# --- dwells and rides -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("seconds", "count"), [(39, 0), (40, 1), (41, 1)])
def test_a_dwell_lasts_forty_seconds(seconds: int, count: int) -> None:
    way = Drive(NOON, step=1).go(300).stand(seconds).go(600).way()
    assert len(dwells(way, limits())[0]) == count


@pytest.mark.parametrize(("kmh", "count"), [(4.9, 1), (5.5, 0)])
def test_creeping_is_standing_up_to_five_kmh(kmh: float, count: int) -> None:
    assert len(dwells(Drive(NOON).go(300, kmh=kmh).way(), limits())[0]) == count


@pytest.mark.parametrize(("metres", "count"), [(790, 0), (801, 1)])
def test_a_ride_leads_eight_hundred_metres_away(metres: float, count: int) -> None:
    assert len(rides(Drive(NOON).stand(60).go(metres).stand(60).way(), limits())) == count


@pytest.mark.parametrize(("seconds", "count"), [(890, 1), (900, 1), (910, 0)])
def test_one_end_of_a_ride_is_brief(seconds: int, count: int) -> None:
    way = Drive(NOON).stand(5000).go(2000).stand(seconds).way()
    assert len(rides(way, limits())) == count


@pytest.mark.parametrize(("kmh", "count"), [(36, 1), (7, 0)])
def test_a_ride_ends_within_two_hours(kmh: float, count: int) -> None:
    way = Drive(NOON, step=60).stand(60).go(15_000, kmh=kmh).stand(60).way()
    assert len(rides(way, limits())) == count


@pytest.mark.parametrize(("gap_s", "count"), [(580, 1), (620, 0)])
def test_no_ride_goes_on_over_a_silence_in_which_it_moved(gap_s: int, count: int) -> None:
    drive = Drive(NOON).stand(60).go(1000)
    drive.gone(gap_s)
    drive.north += 1000
    assert len(rides(drive.go(3000).stand(60).way(), limits())) == count


def test_over_a_silence_in_the_same_place_it_stood() -> None:
    drive = Drive(NOON).go(1000).stand(20)
    drive.gone(5000).stand(20).go(2000).stand(60)
    assert [int(drive.way().at[last] - drive.way().at[first]) for first, last in dwells(drive.way(), limits())[0]] == [
        5040,
        60,
    ]


def test_a_ride_over_the_citys_border_is_none_of_the_citys() -> None:
    way = Drive(NOON).stand(60).go(3000).stand(60).way()
    assert len(rides(way, limits())) == 1
    half = Way(way.at, way.latitude_e6, way.longitude_e6, way.loaded, way.at < int(way.at[-10]), way.rank)
    assert rides(half, limits()) == []


def test_where_the_occupied_bit_is_wired_it_alone_says_what_a_ride_is() -> None:
    drive = Drive(NOON).stand(60, 0).go(2000, loaded=1).stand(60, 0).go(4000, loaded=0).stand(60, 0)
    (ride,) = rides(drive.way(), limits())
    assert ride.loaded
    # A bit that never changes is not wired: dwells decide.
    for constant in (0, 1):
        stuck = Drive(NOON).stand(60, constant).go(2000, loaded=constant).stand(60, constant)
        assert [one.loaded for one in rides(stuck.way(), limits())] == [False]


def test_a_loaded_stretch_whose_ends_nobody_saw_is_no_ride() -> None:
    begun = Drive(NOON).go(2000, loaded=1).stand(60, 0).go(4000, loaded=0).stand(60, 0)
    assert rides(begun.way(), limits()) == []
    drive = Drive(NOON).stand(60, 0).go(2000, loaded=1)
    drive.gone(700)
    drive.north += 3000
    assert rides(drive.stand(60, 0).way(), limits()) == []


def test_a_clock_that_goes_back_only_reorders() -> None:
    way = shift(Drive(NOON), 6).way()
    rows = np.random.default_rng(4).permutation(np.r_[np.arange(len(way)), np.arange(len(way))])
    again = way.take(rows).in_order()
    assert (again.at == way.at).all()
    assert rides(again, limits()) == rides(way, limits())


# --- days -------------------------------------------------------------------------------------------------------------
def test_a_ride_over_midnight_counts_on_the_day_it_ended() -> None:
    way = Drive(MIDNIGHT - 200).stand(100).go(2000).stand(60).way()
    first, second = signs(way, empty(), limits())
    assert (len(first.rides), len(second.rides)) == (0, 1)
    assert (first.day + 1, second.day) == (day_of(MIDNIGHT), day_of(MIDNIGHT))


@pytest.mark.parametrize(("days", "found"), [(2, False), (3, True), (4, True)])
def test_three_days_of_seven_make_a_lead(days: int, found: bool) -> None:
    assert bool(judged(at_work(days))) is found
    assert bool(judged(at_work(days, loaded=True))) is found


def day(**given: Any) -> Day:
    """A day exactly on every limit."""
    count = given.pop("rides", 16)
    places = {(n, 0) for n in range(given.pop("places", 8))}
    routes = [((n, 0), (n, 1)) for n in range(count)]
    made = Day(1, in_city_s=3 * HOUR, rides=[Ride(0, 1, False)] * count, places=places, routes=routes)
    for name, value in given.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("given", "operates"),
    [
        ({}, True),
        ({"rides": 15}, False),
        ({"rides": 17}, True),
        ({"rides": 13, "rank_visits": 1}, False),
        ({"rides": 14, "rank_visits": 1}, True),
        ({"rides": 0, "rank_visits": 9}, False),
        ({"rank_visits": 2, "rides": 12}, True),
        ({"places": 7}, False),
        ({"places": 9}, True),
        ({"in_city_s": 3 * HOUR - 1}, False),
        ({"in_city_s": 3 * HOUR + 1}, True),
    ],
    ids=str,
)
def test_what_makes_a_day_one_of_operation_by_its_ways(given: dict[str, Any], operates: bool) -> None:
    assert bool(verdict([day(**given)], limits(days=1))) is operates


@pytest.mark.parametrize(("visits", "operates"), [(1, False), (2, True), (3, True)])
def test_the_city_may_ask_for_visits_at_ranks(visits: int, operates: bool) -> None:
    assert bool(verdict([day(rank_visits=visits)], limits(days=1, day_rank_visits=2))) is operates


@pytest.mark.parametrize("colour", [2, 93])
def test_a_large_vehicle_operates_by_its_occupied_bit_alone(colour: int) -> None:
    seen = Day(1, reads=20, rank_reads=9, read_places={(n, 0) for n in range(9)})
    for shown in (day(), seen):
        assert verdict([shown], limits(days=1), 1) is not None
        assert verdict([shown], limits(days=1), colour) is None
        assert verdict([shown], limits(days=1, large=1), colour) is not None
    assert verdict([Day(1, rides=[Ride(0, 1, True)] * 4)], limits(days=1), colour) is not None


@pytest.mark.parametrize(("count", "operates"), [(3, False), (4, True), (5, True)])
def test_four_loaded_rides_make_a_day(count: int, operates: bool) -> None:
    loaded = Day(1, rides=[Ride(0, 1, True)] * count)
    assert bool(verdict([loaded], limits(days=1))) is operates


@pytest.mark.parametrize(
    ("reads", "places", "ranks", "operates"),
    [(9, 5, 2, False), (10, 5, 2, True), (11, 5, 2, True), (10, 4, 2, False), (10, 6, 2, True), (10, 5, 1, False),
     (10, 5, 3, True)],
)  # fmt: skip
def test_reads_make_a_day_where_some_are_at_ranks(reads: int, places: int, ranks: int, operates: bool) -> None:
    seen = Day(1, reads=reads, rank_reads=ranks, read_places={(n, 0) for n in range(places)})
    assert bool(verdict([seen], limits(days=1))) is operates


@pytest.mark.parametrize(("different", "operates"), [(49, False), (50, True), (51, True)])
def test_half_of_the_routes_differ(different: int, operates: bool) -> None:
    routes = [((min(n, different - 1), 0), (0, 1)) for n in range(100)]
    made = day(rides=100, routes=routes)
    assert bool(verdict([made], limits(days=1))) is operates


# --- the hard negatives -----------------------------------------------------------------------------------------------
def test_who_passes_through_parks_for_a_week_or_commutes_is_no_lead() -> None:
    through = [Drive(NOON + n * DAY, step=30).stand(60).go(60_000, kmh=90).stand(300).way() for n in range(7)]
    assert judged(through) is None
    parked = Drive(NOON, step=30).go(5000).stand(7 * DAY).go(9000).stand(60).way()
    assert judged([parked]) is None
    commutes = []
    for n in range(7):
        drive = Drive(MIDNIGHT + n * DAY + 7 * HOUR, step=30).stand(120)
        for stop in range(5):  # lights on the way
            drive.go(2000 * (stop + 1)).stand(60)
        drive.stand(9 * HOUR)
        for stop in range(5, 0, -1):
            drive.go(2000 * (stop - 1)).stand(60)
        commutes.append(drive.way())
    assert judged(commutes) is None


def test_a_works_bus_on_its_round_is_no_lead() -> None:
    rounds = []
    for n in range(5):
        drive = Drive(NOON + n * DAY).stand(60)
        for _ in range(8):
            for stop in (1000, 2500, 4000, 5500, 7000, 8500, 10_000, 11_500, 13_000, 0):
                drive.go(stop).stand(60)
        rounds.append(drive.way())
    days = signs(join(rounds), empty(), limits())
    assert min(len(one.rides) for one in days) >= 16
    assert verdict(days, limits()) is None
    assert verdict(days, limits(routes_percent=0)) is not None


def test_nothing_is_nothing() -> None:
    assert judged([]) is None
    assert judged([Drive(NOON).stand(0).way()]) is None
