"""Rows of limits by kind, county, company, place and time: which judges follows from the track alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import prepare
from shapely.geometry import box

from datacenter.detection import catalogue
from datacenter.detection.batch import KINDS, Batch, Context, Zone
from datacenter.detection.detectors.device import DeviceSilence
from datacenter.detection.detectors.speed import Overspeed
from datacenter.detection.episodes import Engine, Episode
from datacenter.detection.rules import EVER, SHADOW, Chooser, LimitRow, Rule
from datacenter.tracks.position import Flag, Positions
from tests.factories import make_positions

# Midnight of Monday 21 September 2026 in Shanghai.
MIDNIGHT = 1_789_920_000
HOUR = 3600
DAWA, PANSHAN = 211104, 211122
HAZMAT, TAXI = KINDS.index("hazmat"), KINDS.index("taxi")


def context() -> Context:
    """Vehicle 1: hazmat of Dawa, company 7; 2: taxi of Dawa, company 7; 3: hazmat of Panshan, company 8; 4: unknown."""
    return Context(
        np.array([-1, HAZMAT, TAXI, HAZMAT, -1], np.int8),
        county_of=np.array([-1, DAWA, DAWA, PANSHAN, -1], np.int32),
        company_of=np.array([-1, 7, 7, 8, -1], np.int64),
    )


def zone(west: float = 122.0, east: float = 122.1) -> Zone:
    shape = box(west, 40.9, east, 41.1)
    prepare(shape)
    return Zone(1, "桥", frozenset(), None, 0, EVER, shape.bounds, shape)


def row(number: int, detector: Any, over: dict[str, Any], **conditions: Any) -> LimitRow:
    return LimitRow(number, detector.parse_limits(over), **conditions)


def overspeed(*rows: LimitRow, shadow: bool = False, **limits: Any) -> Rule:
    detector = Overspeed()
    return Rule(detector, detector.parse_limits(limits), detector.measures(), rows, shadow)


def one(number: int, **conditions: Any) -> LimitRow:
    return row(number, Overspeed(), {"lasting_s": 10 * number}, **conditions)


def track(speed_kmh: float, vehicle: int = 1, start: int = MIDNIGHT, count: int = 13, **each: Any) -> Positions:
    rows = [{"at": i * 10, "speed_kmh": speed_kmh, **each} for i in range(count)]
    return make_positions(vehicle, rows, start)


def run(rules: list[Rule], positions: Positions, cuts: list[int] | None = None) -> list[Episode]:
    engine = Engine(rules)
    told: dict[tuple[str, int, int], Episode] = {}
    for piece in np.split(np.arange(len(positions)), cuts or []):
        episodes, faults = engine.process(positions.take(piece), context())
        assert not faults
        told |= {(e.detector, e.vehicle_id, e.started): e for e in episodes}
    told |= {(e.detector, e.vehicle_id, e.started): e for e in engine.tick(MIDNIGHT + 10**7, context())}
    return sorted((e for e in told.values() if not e.withdrawn), key=lambda e: (e.detector, e.vehicle_id, e.started))


def judging(rows: list[LimitRow], positions: Positions) -> list[int]:
    """The number of the row that judges each position."""
    chooser = Chooser(overspeed(*rows))
    return chooser.numbers(chooser.choose(positions, context()), np.arange(len(positions))).tolist()


def at(vehicle: int, second: int = 0, longitude_e6: int = 122_050_000) -> Positions:
    return make_positions(vehicle, [{"at": second, "longitude_e6": longitude_e6, "latitude_e6": 41_000_000}], MIDNIGHT)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ({"kind": HAZMAT}, {}),
        ({"county": DAWA}, {"kind": HAZMAT}),
        ({"company": 7}, {"county": DAWA, "kind": HAZMAT}),
        ({"company": 7, "kind": HAZMAT}, {"company": 7}),
        ({"hours": (0, HOUR)}, {"company": 7, "county": DAWA, "kind": HAZMAT}),
        ({"weekdays": 1}, {"company": 7}),
        ({"zone": zone()}, {"hours": (0, HOUR), "company": 7}),
    ],
)
def test_the_more_specific_row_wins_whichever_is_newer(winner: dict[str, Any], loser: dict[str, Any]) -> None:
    assert judging([one(1, **winner), one(2, **loser)], at(1)) == [1]
    assert judging([one(2, **winner), one(1, **loser)], at(1)) == [2]


def test_of_two_equally_specific_rows_the_newest_wins() -> None:
    assert judging([one(2, kind=HAZMAT), one(1, kind=HAZMAT)], at(1)) == [2]


@pytest.mark.parametrize(
    ("conditions", "found"),
    [({"kind": HAZMAT}, [5, 0, 5, 0]), ({"county": DAWA}, [5, 5, 0, 0]), ({"company": 8}, [0, 0, 5, 0]), ({}, [5] * 4)],
)
def test_a_row_is_for_the_vehicles_that_it_names(conditions: dict[str, Any], found: list[int]) -> None:
    assert judging([one(5, **conditions)], Positions.join([at(n) for n in (1, 2, 3, 4)])) == found


def test_a_vehicle_that_the_registry_lacks_is_judged_by_rows_for_all_and_by_no_other() -> None:
    assert judging([one(5, kind=HAZMAT)], at(99)) == [0]
    assert judging([one(5)], at(99)) == [5]


@pytest.mark.parametrize(
    ("hours", "second", "found"),
    [
        ((2 * HOUR, 5 * HOUR), 2 * HOUR - 1, 0),
        ((2 * HOUR, 5 * HOUR), 2 * HOUR, 5),
        ((2 * HOUR, 5 * HOUR), 5 * HOUR - 1, 5),
        ((2 * HOUR, 5 * HOUR), 5 * HOUR, 0),
        ((22 * HOUR, 6 * HOUR), 22 * HOUR - 1, 0),
        ((22 * HOUR, 6 * HOUR), 22 * HOUR, 5),
        ((22 * HOUR, 6 * HOUR), 24 * HOUR, 5),
        ((22 * HOUR, 6 * HOUR), 30 * HOUR - 1, 5),
        ((22 * HOUR, 6 * HOUR), 30 * HOUR, 0),
    ],
)
def test_hours_count_from_their_beginning_to_before_their_end(hours: tuple[int, int], second: int, found: int) -> None:
    assert judging([one(5, hours=hours)], at(1, second)) == [found]


@pytest.mark.parametrize(
    ("second", "found"),
    [(22 * HOUR, 5), (29 * HOUR, 5), (46 * HOUR, 0), (5 * HOUR, 0)],
    ids=["monday night", "tuesday before dawn", "tuesday night", "monday before dawn"],
)
def test_a_night_belongs_to_the_day_on_which_it_began(second: int, found: int) -> None:
    monday = 0b0000001
    assert judging([one(5, hours=(22 * HOUR, 6 * HOUR), weekdays=monday)], at(1, second)) == [found]


@pytest.mark.parametrize(("second", "found"), [(-1, 0), (0, 5), (99, 5), (100, 0)])
def test_a_row_judges_from_its_beginning_to_before_its_end(second: int, found: int) -> None:
    rows = [one(5, kind=HAZMAT, valid_from=MIDNIGHT, valid_until=MIDNIGHT + 100)]
    assert judging(rows, at(1, second)) == [found]
    # The same where other positions of the batch lie on the other side.
    both = judging(rows, Positions.join([at(1, -50), at(1, second), at(1, 150)]))
    assert both == [0, found, 0]


@pytest.mark.parametrize(("longitude_e6", "found"), [(121_999_000, 0), (122_001_000, 5), (122_101_000, 0)])
def test_a_row_for_an_area_judges_inside_it(longitude_e6: int, found: int) -> None:
    assert judging([one(5, zone=zone())], at(1, 0, longitude_e6)) == [found]


def test_a_doubtful_place_is_in_no_area() -> None:
    place = at(1)
    place.flags[:] = int(Flag.LOCATED)
    assert judging([one(5, zone=zone())], place) == [0]


# --- what comes of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("speed", "found"), [(76.9, 0), (77.0, 0), (77.1, 1)])
def test_a_company_s_own_speed_limit_is_its_limit(speed: float, found: int) -> None:
    # 70 km/h and ten percent for the receiver.
    company = row(5, Overspeed(), {"limit_kmh": {**Overspeed.Limits().limit_kmh, "hazmat": 70}}, company=7)
    episodes = run([overspeed(company)], Positions.join([track(speed, 1), track(speed, 3)]))
    assert [(e.vehicle_id, e.judged, e.measures["limit_kmh"]) for e in episodes] == [(1, 5, 70)] * found


@pytest.mark.parametrize(("speed", "found"), [(132.0, 0), (132.1, 1)])
def test_a_vehicle_of_a_kind_without_limits_may_go_as_fast_as_any(speed: float, found: int) -> None:
    limits = {"limit_kmh": {"hazmat": 80}}
    for vehicle in (2, 4):  # a taxi, for which the table has nothing; a vehicle of unknown kind
        episodes = run([overspeed(**limits)], track(speed, vehicle))
        assert [e.measures["limit_kmh"] for e in episodes] == [120] * found
    # A row that names the kind brings it into the table; the others' tables stay as they were.
    taxi = row(5, Overspeed(), {"limit_kmh": {"hazmat": 80, "taxi": 60}}, company=7)
    assert [e.vehicle_id for e in run([overspeed(taxi, **limits)], Positions.join([track(70, 2), track(70, 4)]))] == [2]


@pytest.mark.parametrize(("count", "found"), [(3, 0), (4, 1), (5, 1)])
def test_how_long_it_must_last_is_what_the_row_says_under_which_it_began(count: int, found: int) -> None:
    night = row(5, Overspeed(), {"lasting_s": 30}, hours=(0, HOUR))
    assert len(run([overspeed(night)], track(100, start=MIDNIGHT, count=count))) == found
    # Begun in the row's last second, it goes on under the base and is still the row's.
    (late,) = run([overspeed(night)], track(100, start=MIDNIGHT + HOUR - 1, count=5))
    assert (late.judged, late.ended - late.started) == (5, 40)
    # Begun a second after, it is the base's: sixty seconds.
    assert run([overspeed(night)], track(100, start=MIDNIGHT + HOUR, count=5)) == []
    (long,) = run([overspeed(night)], track(100, start=MIDNIGHT + HOUR, count=7))
    assert long.judged == 0


@pytest.mark.parametrize(("pause_s", "found"), [(299, 1), (300, 1), (301, 0)])
def test_a_gap_is_forgiven_as_the_row_of_the_later_position_says(pause_s: int, found: int) -> None:
    generous = row(5, Overspeed(), {"forgiven_gap_s": 300}, kind=HAZMAT)
    first, slow = track(100, count=4), track(50, start=MIDNIGHT + 40, count=1)
    second = track(100, start=MIDNIGHT + 30 + pause_s, count=4)
    whole = Positions.join([first, slow, second])
    for cuts in (None, [4], [5], [4, 5, 6]):
        assert len(run([overspeed(generous)], whole, cuts)) == found
    # Another kind is judged by the base: twenty seconds.
    other = Positions.join([track(140, 2, count=4), track(50, 2, MIDNIGHT + 40, 1), track(140, 2, MIDNIGHT + 330, 4)])
    assert run([overspeed(generous)], other) == []


@pytest.mark.parametrize(("silence", "found"), [(299, 0), (300, 0), (301, 1)])
def test_how_long_a_silence_may_be_is_by_row_too(silence: int, found: int) -> None:
    detector = DeviceSilence()
    rows = (row(5, detector, {"silence_s": 300}, company=7),)
    rule = Rule(detector, detector.parse_limits({}), detector.measures(), rows)
    engine = Engine([rule])
    for vehicle in (1, 3):
        engine.process(make_positions(vehicle, [{"at": 0, "speed_kmh": 60}], MIDNIGHT), context())
    told = engine.tick(MIDNIGHT + silence, context())
    assert [(e.vehicle_id, e.judged) for e in told] == [(1, 5)] * found
    episodes, _ = engine.process(make_positions(1, [{"at": silence, "speed_kmh": 60}], MIDNIGHT), context())
    assert [(e.vehicle_id, e.judged, e.withdrawn) for e in episodes] == [(1, 5, False)] * found


def test_a_clock_that_goes_back_over_the_end_of_a_row_is_judged_by_what_it_says() -> None:
    night = row(5, Overspeed(), {"lasting_s": 30}, hours=(0, HOUR))
    after, before = track(100, start=MIDNIGHT + HOUR, count=5), track(100, start=MIDNIGHT + HOUR - 40, count=4)
    # Told in the order of time, whatever the order of arrival: one batch sorts them.
    assert [(e.judged, e.started) for e in run([overspeed(night)], Positions.join([after, before]))] == [
        (5, MIDNIGHT + HOUR - 40)
    ]


# --- trial ----------------------------------------------------------------------------------------------------------


def test_a_trial_judges_the_vehicles_of_its_rows_as_if_they_were_in_force() -> None:
    tried = row(5, Overspeed(), {"limit_kmh": {**Overspeed.Limits().limit_kmh, "hazmat": 60}}, company=7, shadow=True)
    both = Positions.join([track(70, 1), track(100, 3)])
    episodes = run([overspeed(), overspeed(tried, shadow=True)], both)
    assert [(e.detector, e.vehicle_id) for e in episodes] == [
        ("road.overspeed", 3),
        ("road.overspeed" + SHADOW, 1),
    ]


def test_a_silence_is_tried_for_the_vehicles_of_the_row_alone() -> None:
    detector = DeviceSilence()
    tried = row(5, detector, {"silence_s": 300}, company=7, shadow=True)
    rule = Rule(detector, detector.parse_limits({}), detector.measures(), (tried,), shadow=True)
    engine = Engine([rule])
    both = Positions.join([make_positions(n, [{"at": 0, "speed_kmh": 60}], MIDNIGHT) for n in (1, 3)])
    engine.process(both, context())
    assert [e.vehicle_id for e in engine.tick(MIDNIGHT + 2 * HOUR, context())] == [1]
    later = Positions.join([make_positions(n, [{"at": 2 * HOUR, "speed_kmh": 60}], MIDNIGHT) for n in (1, 3)])
    assert [e.vehicle_id for e in engine.process(later, context())[0]] == [1]


# --- the same however it is cut -------------------------------------------------------------------------------------

ROWS = (
    row(1, Overspeed(), {"lasting_s": 30, "forgiven_gap_s": 60}, kind=HAZMAT),
    row(2, Overspeed(), {"lasting_s": 20}, hours=(60, 200)),
    row(3, Overspeed(), {"limit_kmh": {**Overspeed.Limits().limit_kmh, "hazmat": 50}}, zone=zone(122.03, 122.05)),
    row(4, Overspeed(), {"silence_s": 30}, county=DAWA, valid_from=MIDNIGHT + 150, valid_until=MIDNIGHT + 420),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 90), st.sampled_from([40, 70, 100])), min_size=2, max_size=40),
    st.sets(st.integers(1, 39), max_size=6),
)
def test_what_is_found_does_not_depend_on_how_the_track_is_cut(steps: list[tuple[int, int]], cuts: set[int]) -> None:
    rows, second = [], 0
    for gap, speed in steps:
        second += gap
        rows.append({"at": second, "speed_kmh": speed, "longitude_e6": 122_020_000 + 60 * second})
    positions = make_positions(1, rows, MIDNIGHT)
    rules = [overspeed(*ROWS), overspeed(*ROWS, replace(ROWS[0], id=9, shadow=True), shadow=True)]
    assert run(rules, positions, sorted(c for c in cuts if c < len(rows))) == run(rules, positions)


def test_checkpoints_keep_under_which_row_an_episode_began() -> None:
    rules = [overspeed(*ROWS)]
    engine = Engine(rules)
    engine.process(track(100, count=5), context())
    revived = Engine(rules)
    revived.load(engine.dump())
    assert revived.memory["road.overspeed"].columns["judged"].tolist() == [1]
    # A checkpoint of before there were rows: the base judged.
    old = {name: column for name, column in engine.dump().items() if not name.endswith(".judged")}
    revived = Engine(rules)
    revived.load(old)
    assert revived.memory["road.overspeed"].columns["judged"].tolist() == [0]
    assert revived.memory["road.overspeed"].columns["start"].tolist() == [MIDNIGHT]


# --- every detector ---------------------------------------------------------------------------------------------------


def _random_batch() -> Batch:
    dice = np.random.default_rng(5)
    rows = [
        {
            "at": int(second),
            "speed_kmh": int(speed),
            "alarm": int(alarm),
            "longitude_e6": 122_000_000 + int(second),
        }
        for second, speed, alarm in zip(
            np.cumsum(dice.choice([5, 10, 700], 200)),
            dice.integers(0, 160, 200),
            dice.choice([0, 16], 200),
            strict=True,
        )
    ]
    return Batch(make_positions(1, rows, MIDNIGHT), Positions.empty())


@pytest.mark.parametrize("code", sorted(catalogue.detectors()))
def test_a_detector_judges_alike_by_one_limit_and_by_the_same_limit_at_each_position(code: str) -> None:
    detector = catalogue.detectors()[code]
    if not detector.broadcasts:
        pytest.skip("asked once for each set of limits")
    batch, world = _random_batch(), context()
    plain = detector.Limits()

    def spread(value: Any) -> Any:
        return {k: spread(v) for k, v in value.items()} if isinstance(value, dict) else np.full(len(batch), value)

    wide = replace(plain, **{name: spread(value) for name, value in vars(plain).items()})
    for asked in ("condition", "values", "events"):
        told, again = (getattr(detector, asked)(batch, world, limits) for limits in (plain, wide))
        assert _plain(told) == _plain(again)
    assert detector.expects_more(batch, plain).tolist() == detector.expects_more(batch, wide).tolist()


def _plain(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: column.tolist() for name, column in answer.items()}
    if isinstance(answer, catalogue.Events):
        return [answer.rows.tolist(), answer.started.tolist(), answer.ended.tolist(), _plain(answer.measures)]
    return None if answer is None or not answer.any() else answer.tolist()


@pytest.mark.parametrize("rule_rows", [ROWS[:2], ROWS])
def test_asking_in_turn_gives_what_asking_at_once_gives(rule_rows: tuple[LimitRow, ...]) -> None:
    class InTurn(Overspeed):
        broadcasts = False

    rows = [{"at": i * 10, "speed_kmh": s, "longitude_e6": 122_020_000 + 600 * i}
            for i, s in enumerate([100] * 9 + [40] * 3 + [60] * 9 + [100] * 9)]  # fmt: skip
    positions = make_positions(1, rows, MIDNIGHT)
    in_turn = replace(overspeed(*rule_rows), detector=InTurn())
    assert run([in_turn], positions) == run([overspeed(*rule_rows)], positions) != []


@pytest.mark.parametrize("code", sorted(catalogue.detectors()))
def test_every_limit_has_a_chinese_title(code: str) -> None:
    words = catalogue.detectors()[code].words_of_limits()
    assert [name for name, (title, _) in words.items() if title.isascii()] == []
