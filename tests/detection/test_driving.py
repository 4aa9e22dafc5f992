"""Hours at the wheel: just under, on and over each limit; rests, silences, nights, kinds, exemptions."""

from __future__ import annotations

import numpy as np
import pytest

from datacenter.detection.detectors.driving import Fatigue, FatigueWarning, NightBan, NightFatigue
from datacenter.detection.episodes import Engine
from datacenter.tracks.position import Positions
from tests.detection.running import HOUR, MIDNIGHT, drive, facts, rule, told, without, world

NOON = MIDNIGHT + 12 * HOUR
FOUR = 4 * HOUR


@pytest.mark.parametrize(("lasting", "found"), [(FOUR - 60, 0), (FOUR, 0), (FOUR + 60, 1)])
def test_four_hours_are_lawful_and_a_minute_more_is_not(lasting: int, found: int) -> None:
    episodes = told([rule(Fatigue())], drive((lasting, 60), (1800, 0), start=NOON), world())
    assert len(episodes) == found
    if found:
        assert episodes[0].ended - episodes[0].started == lasting
        assert episodes[0].measures["peak_speed_dkmh"] == 600


@pytest.mark.parametrize(("rest", "found"), [(19, 1), (20, 0), (21, 0)])
def test_a_stop_is_rest_from_twenty_minutes_on(rest: int, found: int) -> None:
    # From the last position in motion to the next one that is: ``rest`` minutes.
    track = drive((2 * HOUR, 60), ((rest - 1) * 60, 0), (2 * HOUR + 600, 60), start=NOON)
    assert len(told([rule(Fatigue())], track, world())) == found


@pytest.mark.parametrize(("silence", "found"), [(1199, 1), (1200, 0), (3600, 0)])
def test_a_silence_as_long_as_a_rest_ends_the_stretch(silence: int, found: int) -> None:
    first = drive((2 * HOUR, 60), start=NOON)
    second = drive((2 * HOUR + 1200, 60), start=NOON + 2 * HOUR + silence)
    assert len(told([rule(Fatigue())], Positions.join([first, second]), world())) == found


def test_an_hour_without_a_position_inside_the_stretch_splits_it_in_two() -> None:
    track = without(drive((9 * HOUR, 60), start=NOON), NOON + FOUR + 1800, NOON + FOUR + 1800 + HOUR)
    episodes = told([rule(Fatigue())], track, world())
    assert [(e.started, e.ended) for e in episodes] == [(NOON, NOON + FOUR + 1800)]


def test_an_idling_engine_is_no_driving_and_neither_is_a_tow() -> None:
    assert told([rule(Fatigue())], drive((6 * HOUR, 0), start=NOON), world()) == []
    assert told([rule(Fatigue())], drive((6 * HOUR, 60), start=NOON, status=2), world()) == []


@pytest.mark.parametrize(("kind", "found"), [("taxi", 0), ("bus", 0), ("coach", 1), ("hazmat", 1), ("heavy_truck", 1)])
def test_the_rule_is_for_the_kinds_that_its_row_names(kind: str, found: int) -> None:
    track = drive((5 * HOUR, 60), (1800, 0), start=NOON)
    assert len(told([rule(Fatigue())], track, world(kind))) == found


def test_a_vehicle_of_an_unknown_kind_is_not_judged() -> None:
    context = world()
    context.kind_of[1] = -1
    assert told([rule(Fatigue())], drive((5 * HOUR, 60), start=NOON), context) == []


@pytest.mark.parametrize(("minutes", "found"), [(219, 0), (220, 1), (221, 1)])
def test_the_warning_comes_twenty_minutes_ahead_and_opens_no_case(minutes: int, found: int) -> None:
    track = drive((minutes * 60, 60), (1800, 0), start=NOON)
    assert len(told([rule(FatigueWarning())], track, world())) == found
    assert not FatigueWarning.opens_case


@pytest.mark.parametrize(("lasting", "found"), [(2 * HOUR - 60, 0), (2 * HOUR, 0), (2 * HOUR + 60, 1)])
def test_a_coach_may_drive_two_hours_at_night(lasting: int, found: int) -> None:
    track = drive((lasting, 60), (1800, 0), start=MIDNIGHT + 22 * HOUR)
    assert len(told([rule(NightFatigue())], track, world("coach"))) == found
    assert told([rule(NightFatigue())], track, world("hazmat")) == []


def test_only_what_is_driven_at_night_counts_over_midnight_too() -> None:
    evening = drive((3 * HOUR + 1800, 60), start=MIDNIGHT + 20 * HOUR)
    assert told([rule(NightFatigue())], evening, world("coach")) == []
    (episode,) = told([rule(NightFatigue())], drive((6 * HOUR, 60), start=MIDNIGHT + 20 * HOUR), world("coach"))
    assert (episode.started, episode.ended) == (MIDNIGHT + 22 * HOUR, MIDNIGHT + 26 * HOUR)


@pytest.mark.parametrize(
    ("start", "lasting", "found"),
    [
        (2 * HOUR, 0, 0),
        (2 * HOUR, 60, 1),
        (2 * HOUR - 60, 60, 0),  # one position at two sharp
        (2 * HOUR - 60, 120, 1),
        (5 * HOUR - 120, 120, 1),
        (5 * HOUR - 60, HOUR, 0),  # five sharp is allowed again
    ],
)
def test_coaches_rest_from_two_to_five(start: int, lasting: int, found: int) -> None:
    track = drive((lasting, 60), start=MIDNIGHT + start)
    assert len(told([rule(NightBan())], track, world("coach"))) == found


def test_another_kind_may_drive_at_three_and_so_may_an_exempt_coach_while_it_is() -> None:
    track = drive((600, 60), start=MIDNIGHT + 3 * HOUR)
    assert told([rule(NightBan())], track, world("taxi")) == []
    exempt = {"driving.night_ban": [(1, MIDNIGHT, MIDNIGHT + 24 * HOUR)]}
    assert told([rule(NightBan())], track, world("coach", exempt=exempt)) == []
    elsewhere = {"driving.night_ban": [(2, 0, 2**62), (1, 0, MIDNIGHT + 3 * HOUR)]}
    assert len(told([rule(NightBan())], track, world("coach", exempt=elsewhere))) == 1


def test_a_position_with_a_clock_that_went_back_is_not_told_twice() -> None:
    # The engine gets a vehicle's rows in the order of its own clock, whatever order they came in.
    track = drive((FOUR + 600, 60), start=NOON)
    shuffled = track.take(np.random.default_rng(1).permutation(len(track)))
    assert facts(told([rule(Fatigue())], shuffled, world())) == facts(told([rule(Fatigue())], track, world()))


def test_two_coaches_do_not_share_their_hours() -> None:
    first = drive((2 * HOUR + 1800, 60), start=NOON, vehicle=1)
    second = drive((2 * HOUR + 1800, 60), start=NOON + 2 * HOUR + 1800, vehicle=2)
    assert told([rule(Fatigue())], Positions.join([first, second]), world("coach")) == []


def test_a_stretch_is_told_as_soon_as_it_is_too_long_and_goes_on() -> None:
    engine = Engine([rule(Fatigue())])
    engine.process(drive((FOUR, 60), start=NOON), world())
    (episode,), _ = engine.process(drive((0, 60), start=NOON + FOUR + 60), world())
    assert episode.ongoing
    assert episode.started == NOON
