"""Positions that can't be true: jumps, frozen places, replayed tracks; just under, on and over each limit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.detection.detectors.tampered import Frozen, Jump, Replayed
from datacenter.detection.episodes import Engine
from datacenter.tracks.position import Positions
from tests.detection.running import MIDNIGHT, facts, rule, told, world
from tests.factories import make_positions

LAT, LON = 41_000_000, 122_000_000
# 1e-6 degree of latitude in metres, on the sphere that distances are measured on.
METRES = 0.11119508


def at(seconds: int, north_m: float, **more: Any) -> dict[str, Any]:
    return {
        "at": seconds,
        "speed_kmh": 40,
        "latitude_e6": LAT + round(north_m / METRES),
        "longitude_e6": LON,
        **more,
    }


def jumps(*rows: dict[str, Any]) -> list[Any]:
    return told([rule(Jump())], make_positions(1, list(rows), MIDNIGHT), world())


@pytest.mark.parametrize(("metres", "found"), [(1998, 0), (2001, 1)])
def test_a_jump_has_a_least_distance(metres: int, found: int) -> None:
    assert len(jumps(at(0, 0), at(10, metres))) == found


@pytest.mark.parametrize(("metres", "found"), [(6940, 0), (6944.6, 0), (7000, 1)])
def test_a_jump_is_faster_than_any_vehicle(metres: float, found: int) -> None:
    # 6,944.4 m in 100 s are 250 km/h.
    assert len(jumps(at(0, 0), at(100, metres))) == found


@pytest.mark.parametrize(("gap", "found"), [(3599, 1), (3600, 1), (3601, 0)])
def test_after_an_hour_of_silence_nobody_knows(gap: int, found: int) -> None:
    assert len(jumps(at(0, 0), at(gap, 400_000))) == found


def test_two_places_in_one_second_are_a_jump_and_a_doubtful_one_is_none() -> None:
    assert len(jumps(at(0, 0, body_hash=1), at(0, 5000, body_hash=2))) == 1
    assert jumps(at(0, 0), at(10, 5000, flags=2)) == []
    assert jumps(at(0, 0, flags=2), at(10, 5000)) == []


def test_out_and_back_is_one_finding_with_two_jumps_and_the_farthest() -> None:
    (episode,) = jumps(at(0, 0), at(10, 5000), at(20, 5050), at(30, 100), at(40, 150))
    assert episode.measures["jumps"] == 2
    assert episode.measures["jump_m"] == pytest.approx(5000, abs=1)
    assert episode.measures["implied_kmh"] == pytest.approx(1800, abs=1)


def test_a_clock_that_goes_back_is_no_jump() -> None:
    rows = [at(second, second * 11) for second in range(0, 200, 10)]
    late = make_positions(1, rows, MIDNIGHT).take(np.array([*range(0, 20, 2), *range(1, 20, 2)]))
    assert told([rule(Jump())], late, world()) == []


def frozen(lasting: int, step: int = 10, **each: Any) -> Positions:
    # The first position sets the place; what repeats it begins a step later.
    rows = [at(second, 0, **each) for second in range(0, lasting + step + 1, step)]
    return make_positions(1, rows, MIDNIGHT)


@pytest.mark.parametrize(("lasting", "found"), [(170, 0), (180, 1), (190, 1)])
def test_a_place_that_stays_while_the_speed_says_otherwise(lasting: int, found: int) -> None:
    episodes = told([rule(Frozen())], frozen(lasting), world())
    assert len(episodes) == found
    if found:
        assert episodes[0].measures["repeats"] == lasting // 10 + 1
        assert episodes[0].measures["peak_speed_dkmh"] == 400


@pytest.mark.parametrize(("speed", "found"), [(19.9, 0), (20, 0), (20.1, 1)])
def test_drift_of_a_standing_receiver_is_no_driving(speed: float, found: int) -> None:
    assert len(told([rule(Frozen())], frozen(300, speed_kmh=speed), world())) == found


def test_the_odometer_alone_can_say_that_it_drives() -> None:
    track = frozen(300, speed_kmh=0)
    assert told([rule(Frozen())], track, world()) == []
    track.mileage_dkm[:] = 1000
    assert told([rule(Frozen())], track, world()) == []
    track.mileage_dkm[:] = 1000 + np.arange(len(track))
    assert len(told([rule(Frozen())], track, world())) == 1


def test_a_tunnel_without_a_fix_freezes_nothing_and_one_step_thaws() -> None:
    assert told([rule(Frozen())], frozen(600, flags=2), world()) == []
    rows = [at(s, 0) for s in range(0, 110, 10)] + [at(s, 0.2) for s in range(180, 300, 10)]
    assert told([rule(Frozen())], make_positions(1, rows, MIDNIGHT), world()) == []


@pytest.mark.parametrize(("step", "found"), [(300, 1), (301, 0)])
def test_between_distant_positions_nobody_knows_where_it_has_been(step: int, found: int) -> None:
    assert len(told([rule(Frozen())], frozen(3000, step), world())) == found


def wander(count: int, seed: int, step_s: int = 10, start: int = 0) -> Positions:
    """A drive nobody has driven before."""
    dice = np.random.default_rng(seed)
    north, east = np.cumsum(dice.integers(-900, 900, (2, count)), axis=1)
    rows = [
        {"at": start + n * step_s, "latitude_e6": LAT + int(a), "longitude_e6": LON + int(o), "speed_kmh": 40}
        for n, (a, o) in enumerate(zip(north, east, strict=True))
    ]
    return make_positions(1, rows, MIDNIGHT)


def moved(track: Positions, seconds: int) -> Positions:
    later = track.take(np.arange(len(track)))  # a copy, no view
    later.device_time[:] += seconds
    later.received_us[:] += seconds * 1_000_000
    return later


def test_a_track_told_again_is_found_with_the_time_of_the_first() -> None:
    first = wander(360, 1)
    replay = moved(first.take(slice(100, 300)), 6 * 3600)
    (episode,) = told([rule(Replayed())], Positions.join([first, replay]), world())
    assert episode.started > int(replay.device_time[0])
    assert int(first.device_time[100]) <= episode.measures["original_s"] + 60 <= int(first.device_time[300]) + 60
    assert 60 < episode.measures["fixes"] <= 200


def test_a_vehicle_that_drives_the_same_road_again_is_no_replay() -> None:
    first = wander(360, 1)
    again = moved(first, 6 * 3600)
    again.latitude_e6[:] += np.random.default_rng(2).integers(-2, 3, len(again)).astype(np.int32)
    assert told([rule(Replayed())], Positions.join([first, again]), world()) == []


def test_parking_for_days_repeats_nothing() -> None:
    parked = make_positions(1, [at(s, 0, speed_kmh=0) for s in range(0, 86_400, 60)], MIDNIGHT)
    assert told([rule(Replayed())], parked, world()) == []


def test_another_vehicle_may_drive_the_same_places() -> None:
    first = wander(360, 1)
    other = moved(first, 3600)
    other.vehicle_id[:] = 2
    assert told([rule(Replayed())], Positions.join([first, other]), world()) == []


@pytest.mark.parametrize("seed", range(12))
def test_half_an_hour_of_replay_is_found_wherever_it_begins(seed: int) -> None:
    first = wander(600, seed)
    replay = moved(first.take(slice(200 + seed, 380 + seed)), 7200 + 6000)
    assert told([rule(Replayed())], Positions.join([first, replay]), world())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1000), data=st.data())
def test_how_a_replay_is_cut_changes_nothing(seed: int, data: Any) -> None:
    first = wander(150, seed)
    both = Positions.join([first, moved(first.take(slice(20, 150)), 7200)])
    cuts = sorted(data.draw(st.sets(st.integers(1, len(both)), max_size=12)))
    assert facts(told([rule(Replayed())], both, world(), cuts)) == facts(told([rule(Replayed())], both, world()))


def test_what_was_driven_is_remembered_over_a_dump() -> None:
    first = wander(360, 3)
    replay = moved(first, 7200)
    engine, revived = Engine([rule(Replayed())]), Engine([rule(Replayed())])
    engine.process(first, world())
    revived.load(engine.dump())
    episodes, _ = engine.process(replay, world())
    assert episodes
    assert revived.process(replay, world())[0] == episodes


def test_a_memory_of_another_width_starts_anew() -> None:
    engine, revived = Engine([rule(Replayed())]), Engine([rule(Replayed())])
    engine.process(wander(360, 3), world())
    state = engine.dump()
    state["rule.position.replayed.own_stretches"] = state["rule.position.replayed.own_stretches"][:-8]
    revived.load(state)
    assert not revived.memory["position.replayed"].columns["own_stretches"].any()
