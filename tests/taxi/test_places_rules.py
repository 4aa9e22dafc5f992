"""Visits of ranks and what they say, pure: under, on, over each limit; with a gap, with the clock going back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from taxi.places.detectors import FalseVacant, Refusal
from taxi.places.judging import Cancelled, Seen, carried, departures, given_back, masquerades, refusals
from taxi.places.visits import Carry, Fixes, Sign, Visit, in_order, visits
from tests.detection.running import MIDNIGHT
from tests.detection.ways import LAT, NORTH_E6, Drive

NOON = MIDNIGHT + 12 * 3600
V, L, B, OUT, NONE = Sign.VACANT, Sign.LOADED, Sign.BOOKED, Sign.OUT, Sign.UNKNOWN
PLACE_M = 60
"""The place: whatever is so far north or south of the start."""


def seen(drive: Drive, waits_m: float | None = None) -> list[Visit]:
    at, lat, lon, sign = (np.array(column, np.int64) for column in zip(*drive.places(), strict=True))
    rows = in_order(at)
    at, lat, lon, sign = at[rows], lat[rows], lon[rows], sign[rows]
    north = (lat - LAT) / NORTH_E6
    inside = np.abs(north) <= PLACE_M
    waits = inside if waits_m is None else inside | (np.abs(north - waits_m) <= PLACE_M)
    return visits(Fixes(at, lat, lon, sign, waits), inside)


def coming(sign: int = V, north: float = 2000, stand_s: int = 60, before: int | None = None) -> Drive:
    """A drive that stood far off for a moment and now reaches the place."""
    drive = Drive(NOON)
    drive.north = north + 2500
    drive.go(north, loaded=sign if before is None else before)
    return drive.stand(stand_s, sign).go(0, loaded=sign)


# --- visits -----------------------------------------------------------------------------------------------------------
def test_a_visit_is_seen_to_come_and_to_go() -> None:
    (visit,) = seen(coming().stand(300, V).go(500, loaded=V))
    assert (visit.came, visit.went) == (V, V)
    # At 36 km/h it needs a little less for the ways in and out than at 30.
    assert 290 <= visit.stood_s <= 300
    assert 300 <= visit.left - visit.arrived <= 330
    assert seen(Drive(NOON).stand(300, V).go(500, loaded=V)) == []
    assert seen(coming().stand(300, V)) == []


@pytest.mark.parametrize(("stand_s", "step"), [(60, 5), (60, 30), (60, 60), (20, 60), (0, 30), (0, 60)])
def test_how_long_it_stood_shows_also_between_fixes(stand_s: int, step: int) -> None:
    drive = Drive(NOON, step=1)
    drive.north = 3000
    drive.go(0, loaded=V, kmh=30).stand(stand_s, V).go(-3000, loaded=V, kmh=30)
    drive.rows = [row for row in drive.rows if row[0] % step == 0 or abs(row[1]) < 5]
    (visit,) = seen(drive)
    assert abs(visit.stood_s - stand_s) <= 2


@pytest.mark.parametrize(("away_s", "count"), [(50, 1), (60, 1), (70, 2)])
def test_a_step_out_of_the_place_for_a_minute_is_no_going(away_s: int, count: int) -> None:
    drive = coming().stand(100, V)
    drive.north = 80
    drive.at += 10
    drive.stand(away_s - 20, V)
    drive.north = 0
    drive.at += 10
    drive.stand(100, V).go(-500, loaded=V)
    assert len(seen(drive)) == count


@pytest.mark.parametrize(("gap_s", "count"), [(300, 1), (301, 0)])
def test_a_silence_in_a_visit_makes_it_none(gap_s: int, count: int) -> None:
    assert len(seen(coming().stand(100, V).gone(gap_s).stand(100, V).go(500, loaded=V))) == count


def test_a_clock_that_goes_back_only_reorders() -> None:
    drive = coming().stand(300, V).go(500, loaded=V)
    whole = seen(drive)
    drive.rows = drive.rows[20:] + drive.rows[:40]
    assert seen(drive) == whole


@pytest.mark.parametrize(("settles_s", "went"), [(50, L), (60, L), (70, V)])
def test_the_meter_may_start_a_minute_after_leaving(settles_s: int, went: Sign) -> None:
    drive = Drive(NOON, step=5)
    drive.north = 500
    drive.go(0, loaded=V, kmh=36).stand(100, V)
    left = drive.at
    drive.go(-5000, loaded=V)
    drive.rows = [(at, n, e, L if at >= left + 5 + settles_s else s) for at, n, e, s in drive.rows]
    (visit,) = seen(drive)
    assert (visit.left - left, visit.went) == (5, went)


@pytest.mark.parametrize("during", [B, OUT])
def test_one_that_was_called_or_off_duty_did_not_leave_vacant(during: Sign) -> None:
    (visit,) = seen(coming().stand(100, V).stand(100, during).stand(30, V).go(500, loaded=V))
    assert visit.went == during


# --- ways to and from -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("metres", "found"), [(1490, False), (1590, True)])
def test_a_way_to_the_place_comes_from_far_enough(metres: float, found: bool) -> None:
    (visit,) = seen(coming(north=metres).stand(30, V).go(-500, loaded=V))
    assert (visit.before is not None) is found
    if visit.before is not None:
        assert visit.before.percent >= 99


@pytest.mark.parametrize(("stand_s", "found"), [(40, False), (50, True), (300, True), (310, False)])
def test_a_way_begins_at_a_brief_stop(stand_s: int, found: bool) -> None:
    (visit,) = seen(coming(stand_s=stand_s).stand(30, V).go(-500, loaded=V))
    assert (visit.before is not None) is found


def test_who_set_a_metered_passenger_down_before_comes_back_honestly() -> None:
    (visit,) = seen(coming(before=L).stand(30, V).go(-500, loaded=V))
    assert visit.before is None


@pytest.mark.parametrize(("vacant_s", "found"), [(230, False), (240, True), (250, True)])
def test_who_set_somebody_down_shortly_before_its_stop_had_stopped_at_a_light(vacant_s: int, found: bool) -> None:
    drive = coming().stand(30, V).go(-500, loaded=V)
    stopped = min(at for at, north, _, _ in drive.rows if north == 2000)
    drive.rows = [(at, n, e, L if at <= stopped - vacant_s else s) for at, n, e, s in drive.rows]
    (visit,) = seen(drive)
    assert (visit.before is not None) is found


def leaving(stop_s: int = 60, after: int = V, sign: int = V, north: float = -2000) -> Drive:
    drive = Drive(NOON)
    drive.north = 300
    drive.go(0, loaded=sign).stand(30, sign).go(north, loaded=sign).stand(stop_s, sign)
    return drive.go(north - 500, loaded=after).go(north - 3000, loaded=after)


@pytest.mark.parametrize(
    ("given", "found"),
    [({}, True), ({"sign": OUT, "after": OUT}, True), ({"after": L}, False), ({"stop_s": 40}, False),
     ({"stop_s": 50}, True),
     ({"stop_s": 310}, False), ({"north": -1400}, False), ({"sign": B}, False), ({"sign": NONE}, False)],
    ids=["vacant", "out of service", "picks up there", "no stop", "stops", "parks", "near", "called", "unknown"],
)  # fmt: skip
def test_a_way_from_the_place_ends_at_a_brief_stop_where_nobody_gets_in(given: dict[str, Any], found: bool) -> None:
    (visit,) = seen(leaving(**given))
    assert (visit.after is not None) is found


@pytest.mark.parametrize(("vacant_s", "found"), [(230, False), (240, True), (250, True)])
def test_one_that_is_taken_soon_after_its_stop_had_stopped_at_a_light(vacant_s: int, found: bool) -> None:
    drive = leaving()
    stopped = max(at for at, north, _, _ in drive.rows if north == -2000)
    drive.rows = [(at, n, e, L if at >= stopped + vacant_s else s) for at, n, e, s in drive.rows]
    (visit,) = seen(drive)
    assert (visit.after is not None) is found


def test_a_track_that_ends_soon_after_the_stop_says_nothing() -> None:
    drive = leaving()
    stopped = max(at for at, north, _, _ in drive.rows if north == -2000)
    drive.rows = [row for row in drive.rows if row[0] < stopped + 230]
    (visit,) = seen(drive)
    assert visit.after is None


def test_a_stop_at_another_rank_is_where_taxis_wait() -> None:
    (visit,) = seen(leaving(), waits_m=-2000)
    assert visit.after is None


@pytest.mark.parametrize(("minutes", "found"), [(39, True), (41, False)])
def test_a_way_takes_forty_minutes_at_most(minutes: int, found: bool) -> None:
    kmh = 20_000 / 1000 / (minutes / 60)
    drive = Drive(NOON, step=30)
    drive.north = 900
    drive.go(0, loaded=V).stand(30, V).go(-20_000, loaded=V, kmh=kmh).stand(60, V).go(-23_000, loaded=V)
    (visit,) = seen(drive)
    assert (visit.after is not None) is found


def test_over_a_silence_there_is_no_way() -> None:
    drive = Drive(NOON)
    drive.north = 300
    drive.go(0, loaded=V).stand(30, V).go(-1000, loaded=V).gone(310).go(-2500, loaded=V).stand(60, V)
    (visit,) = seen(drive.go(-6000, loaded=V))
    assert visit.after is None


def test_a_detour_is_not_straight() -> None:
    drive = Drive(NOON)
    drive.north = 300
    drive.go(0, loaded=V).stand(30, V).go(-1000, 2000, loaded=V).go(-2000, 0, loaded=V).stand(60, V)
    (visit,) = seen(drive.go(-2000, 2900, loaded=V))
    assert visit.after is not None
    assert 40 < visit.after.percent < 50


# --- refusal ----------------------------------------------------------------------------------------------------------
def limits(**given: Any) -> Any:
    return Refusal().parse_limits(given)


def stay(vehicle: int, arrived: int, left: int, came: Sign = V, went: Sign = V, key: int = 0, area: int = 1) -> Seen:
    visit = Visit(NOON + arrived, NOON + left, came, went, left - arrived)
    return Seen(key or vehicle * 1000 + arrived % 1000, vehicle, area, visit)


def queue(head_at: int = 60, left: int = 300, mine: Visit | None = None, **others: Any) -> list[Seen]:
    """Vehicle 1 waits from 0; 2 before it is taken at ``head_at``; 3, who came later, is taken after it left."""
    before = others.get("before", stay(2, -100, head_at, V, L))
    after = others.get("after", stay(3, 100, left + 60, V, L))
    me = stay(1, 0, left) if mine is None else replace(stay(1, 0, left), visit=mine)
    return [one for one in (before, me, after) if one is not None]


LATER = NOON + 10_000


def passing(rows: list[Seen], until: int = LATER, **given: Any) -> list[int]:
    return [one.seen.vehicle_id for one in departures(rows, until, limits(**given))]


def test_who_leaves_the_head_vacant_while_others_are_taken_passes_somebody_over() -> None:
    (one,) = departures(queue(), LATER, limits())
    assert (one.seen.vehicle_id, one.head_s, one.taken_before, one.overtook) == (1, 240, 1, 1)


@pytest.mark.parametrize(("head_s", "found"), [(4, []), (5, [1]), (6, [1])])
def test_it_stood_at_the_head_for_a_moment(head_s: int, found: list[int]) -> None:
    assert passing(queue(head_at=300 - head_s)) == found


@pytest.mark.parametrize(("dwell_s", "found"), [(59, []), (60, [1]), (61, [1])])
def test_it_waited_for_a_minute(dwell_s: int, found: list[int]) -> None:
    assert passing(queue(head_at=10, left=dwell_s, after=stay(3, 30, 200, V, L))) == found


@pytest.mark.parametrize(("before_s", "found"), [(3599, [1]), (3600, [1]), (3601, [])])
def test_others_were_taken_within_an_hour_before(before_s: int, found: list[int]) -> None:
    rows = queue(left=4000, before=stay(2, -100, 4000 - before_s, V, L))
    assert passing(rows) == found


@pytest.mark.parametrize(("after_s", "found"), [(239, [1]), (240, [1]), (241, [])])
def test_one_who_came_later_is_taken_within_four_minutes_after(after_s: int, found: list[int]) -> None:
    assert passing(queue(after=stay(3, 100, 300 + after_s, V, L))) == found


@pytest.mark.parametrize(("until", "found"), [(539, []), (540, [1])])
def test_a_departure_waits_until_what_comes_after_it_is_known(until: int, found: list[int]) -> None:
    assert passing(queue(), until=NOON + until) == found


@pytest.mark.parametrize(
    "rows",
    [
        queue(after=stay(3, -50, 360, V, L)),  # it came earlier: no overtaking
        queue(after=stay(3, 100, 360, L, V)),  # sets somebody down
        queue(after=None),
        queue(before=None),
        queue(before=stay(2, -100, 400, V, V)),  # still ahead when it left: it never was at the head
        queue(mine=Visit(NOON, NOON + 300, L, V, 300)),  # set somebody down and left
        queue(mine=Visit(NOON, NOON + 300, V, L, 300)),
        queue(mine=Visit(NOON, NOON + 300, V, B, 300)),  # called
        queue(mine=Visit(NOON, NOON + 300, V, OUT, 300)),  # goes off duty
        queue(mine=Visit(NOON, NOON + 300, NONE, NONE, 300)),
    ],
    ids=["earlier", "sets down", "nobody after", "nobody before", "not at the head", "set down", "taken", "called",
         "off duty", "unknown"],
)  # fmt: skip
def test_what_is_no_passing_over(rows: list[Seen]) -> None:
    assert 1 not in passing(rows)


def test_one_off_duty_ahead_is_not_in_the_queue() -> None:
    rows = [*queue(), stay(9, -500, 5000, V, OUT), stay(8, -20, 310, V, V)]
    assert passing([*rows[:-1]]) == [1]
    assert 1 not in passing(rows)


@pytest.mark.parametrize(("count", "found"), [(2, 0), (3, 3), (4, 4)])
def test_three_in_a_day_are_a_refusal(count: int, found: int) -> None:
    rows: list[Seen] = []
    for number in range(count):
        rows += [replace(one, visit=moved(one.visit, number * 2000)) for one in queue()]
    told = refusals(departures(rows, LATER, limits()), limits())
    assert [one.seen.vehicle_id for one, _ in told] == [1] * found
    assert all(day == count for _, day in told)


def moved(visit: Visit, seconds: int) -> Visit:
    return replace(visit, arrived=visit.arrived + seconds, left=visit.left + seconds)


def test_days_do_not_add_up() -> None:
    rows: list[Seen] = []
    for number in (0, 1, 12):  # the third is past midnight
        rows += [replace(one, visit=moved(one.visit, number * 3600)) for one in queue()]
    assert len(departures(rows, LATER + 86_400, limits())) == 3
    assert refusals(departures(rows, LATER + 86_400, limits()), limits()) == []


# --- orders given back ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("orders", "found"), [((1, 2), 0), ((1, 2, 3), 3), ((1, 2, 3, 4), 4), ((1, 2, 2), 0)])
def test_three_different_orders_given_back_in_a_day(orders: tuple[int, ...], found: int) -> None:
    rows = [Cancelled(number, 7, NOON + number, order) for number, order in enumerate(orders)]
    assert len(given_back(rows, limits())) == found
    assert given_back([replace(one, at=one.at + 86_400 * one.key) for one in rows], limits()) == []
    assert given_back([replace(one, vehicle_id=one.key) for one in rows], limits()) == []


# --- carrying with the sign on vacant ---------------------------------------------------------------------------------
def kerb(seconds: int = 60, came: Sign = V, went: Sign = V, **ways: Carry | None) -> Visit:
    return Visit(NOON, NOON + seconds, came, went, seconds, **({"after": Carry(1500, 65)} | ways))


def vacant(**given: Any) -> Any:
    return FalseVacant().parse_limits(given)


@pytest.mark.parametrize(
    ("visit", "found"),
    [
        (kerb(14), False), (kerb(15), True), (kerb(16), True), (kerb(179), True), (kerb(180), True), (kerb(181), False),
        (kerb(after=Carry(1499, 65)), False), (kerb(after=Carry(1501, 65)), True),
        (kerb(after=Carry(1500, 64)), False), (kerb(after=Carry(1500, 66)), True),
        (kerb(after=None), False), (kerb(after=None, before=Carry(1500, 65)), True),
        (kerb(came=OUT, went=OUT), True), (kerb(came=L), False), (kerb(went=L), False), (kerb(went=B), False),
        (kerb(came=NONE), False),
    ],
    ids=["14 s", "15 s", "16 s", "179 s", "180 s", "181 s", "1499 m", "1501 m", "64 %", "66 %", "no way", "way before",
         "out", "sets down", "picks up", "called", "unknown"],
)  # fmt: skip
def test_what_looks_like_passengers_carried_past_the_meter(visit: Visit, found: bool) -> None:
    assert (carried(visit, vacant()) is not None) is found


@pytest.mark.parametrize(("count", "found"), [(2, 0), (3, 3), (4, 4)])
def test_three_moments_at_the_kerb_in_a_day(count: int, found: int) -> None:
    rows = [Seen(n, 1, 1, moved(kerb(), n * 3000)) for n in range(count)]
    told = masquerades(rows, vacant())
    assert len(told) == found
    assert {day for *_, day in told} <= {count}
    assert masquerades([replace(one, visit=moved(one.visit, one.key * 86_400)) for one in rows], vacant()) == []
