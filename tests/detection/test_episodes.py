"""Episodes: just under, on and just over each limit; with gaps; cut into batches anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context
from datacenter.detection.catalogue import BoolArray, Detector, largest
from datacenter.detection.detectors.device import DeviceFault, DeviceSilence
from datacenter.detection.episodes import Engine, Episode, Rule
from datacenter.tracks.position import Positions
from tests.factories import make_positions

START = 1_790_000_000


class Fast(Detector):
    code, title, source = "test.fast", "快", "试验"

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        lasting_s: int = 60
        forgiven_gap_s: int = 20
        silence_s: int = 120

    def condition(self, batch: Batch, context: Context, limits: Any) -> BoolArray:
        return batch.speed_dkmh > 800

    def measures(self) -> dict[str, catalogue.Measure]:
        return {"peak": largest("speed_dkmh", "最高")}


def rule(detector: Detector, **limits: Any) -> Rule:
    return Rule(detector, detector.parse_limits(limits), detector.measures())


def context() -> Context:
    return Context(np.full(10, 3, np.int8))


def run(rules: list[Rule], positions: Positions, cuts: list[int] | None = None) -> list[Episode]:
    """Episodes of a track told in batches that end before the rows in ``cuts``; the last word on each."""
    engine = Engine(rules)
    told: dict[tuple[str, int, int], Episode] = {}
    for piece in np.split(np.arange(len(positions)), cuts or []):
        episodes, faults = engine.process(positions.take(piece), context())
        assert not faults
        for episode in episodes:
            told[episode.detector, episode.vehicle_id, episode.started] = episode
    for episode in engine.tick(START + 10**7):
        told[episode.detector, episode.vehicle_id, episode.started] = episode
    return sorted(told.values(), key=lambda e: (e.detector, e.vehicle_id, e.started))


def track(*speeds: int, step: int = 10, vehicle: int = 1) -> Positions:
    return make_positions(vehicle, [{"at": i * step, "speed_kmh": s} for i, s in enumerate(speeds)], START)


@pytest.mark.parametrize(("count", "found"), [(6, 0), (7, 1), (8, 1)])
def test_an_episode_counts_from_its_limit_on(count: int, found: int) -> None:
    episodes = run([rule(Fast())], track(50, *[90] * count, 50, 50, 50))
    assert len(episodes) == found
    if found:
        assert episodes[0].ended - episodes[0].started == (count - 1) * 10
        assert episodes[0].measures["peak"] == 900


@pytest.mark.parametrize(("pause", "found"), [(1, 1), (2, 0)])
def test_a_gap_is_forgiven_up_to_its_limit(pause: int, found: int) -> None:
    # Two runs of 40 s; together with a forgiven gap they last over 60 s.
    speeds = [*[90] * 5, *[50] * pause, *[90] * 5]
    assert len(run([rule(Fast())], track(*speeds))) == found


@pytest.mark.parametrize(("silence", "found"), [(119, 1), (120, 1), (121, 0)])
def test_a_silence_between_two_holding_positions_links_up_to_its_limit(silence: int, found: int) -> None:
    rows = [{"at": 0, "speed_kmh": 90}, {"at": silence, "speed_kmh": 90}]
    assert len(run([rule(Fast())], make_positions(1, rows, START))) == found


def test_the_way_is_that_between_first_and_last_position() -> None:
    (episode,) = run([rule(Fast())], track(50, *[90] * 10, 50, 50, 50))
    # Nine segments of ten seconds at 90 km/h.
    assert episode.measures["distance_mm"] == pytest.approx(9 * 10 * 25_000, rel=0.01)


def test_vehicles_do_not_mix() -> None:
    both = Positions.join([track(*[90] * 4, vehicle=1), track(*[90] * 4, vehicle=2)])
    assert run([rule(Fast())], both) == []


def test_a_detector_that_raises_costs_no_other_its_findings() -> None:
    class Broken(Fast):
        code = "test.broken"

        def condition(self, batch: Batch, context: Context, limits: Any) -> BoolArray:
            raise ValueError("broken")

    engine = Engine([rule(Broken()), rule(Fast())])
    episodes, faults = engine.process(track(*[90] * 9), context())
    assert set(faults) == {"test.broken"}
    assert [e.detector for e in episodes] == ["test.fast"]


def test_silence_is_told_by_the_tick_and_ended_by_the_next_position() -> None:
    engine = Engine([rule(DeviceSilence())])
    engine.process(track(50, 50), context())
    assert engine.tick(START + 10 + 600) == []
    (early,) = engine.tick(START + 10 + 601)
    assert (early.started, early.ongoing) == (START + 10, True)
    assert engine.tick(START + 10 + 700) == []
    (late,), _ = engine.process(make_positions(1, [{"at": 900, "speed_kmh": 0}], START), context())
    assert (late.started, late.ended, late.ongoing) == (START + 10, START + 900, False)


def test_silence_that_was_only_a_delay_is_taken_back() -> None:
    engine = Engine([rule(DeviceSilence())])
    engine.process(track(50, 50), context())
    assert len(engine.tick(START + 10 + 601)) == 1
    (back,), _ = engine.process(make_positions(1, [{"at": 20, "speed_kmh": 0}], START), context())
    assert back.withdrawn
    assert back.started == START + 10


def test_a_parked_vehicle_may_be_silent() -> None:
    engine = Engine([rule(DeviceSilence())])
    engine.process(track(50, 0), context())
    assert engine.tick(START + 10_000) == []


def test_device_fault_names_its_bits() -> None:
    rows = [{"at": i * 60, "speed_kmh": 30, "alarm": (1 << 5) if i < 4 else (1 << 11)} for i in range(8)]
    (episode,) = run([rule(DeviceFault())], make_positions(1, rows, START))
    assert episode.measures["fault_bits"] == (1 << 5) | (1 << 11)


speeds = st.lists(
    st.tuples(st.sampled_from([0, 50, 90, 95]), st.sampled_from([1, 5, 10, 20, 21, 60, 121, 700])),
    min_size=1,
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(track_of_one=speeds, track_of_two=speeds, data=st.data())
def test_how_a_track_is_cut_changes_nothing(track_of_one: Any, track_of_two: Any, data: Any) -> None:
    parts = []
    for vehicle, steps in ((1, track_of_one), (2, track_of_two)):
        at = np.cumsum([step for _, step in steps]).tolist()
        rows = [{"at": t, "speed_kmh": s} for t, (s, _) in zip(at, steps, strict=True)]
        parts.append(make_positions(vehicle, rows, START))
    positions = Positions.join(parts)
    positions = positions.take(np.argsort(positions.device_time, kind="stable"))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(positions)), max_size=8)))
    rules = [rule(Fast()), rule(DeviceSilence())]
    facts = [
        (e.detector, e.vehicle_id, e.started, e.ended, e.measures) for e in run(rules, positions) if not e.withdrawn
    ]
    again = [
        (e.detector, e.vehicle_id, e.started, e.ended, e.measures)
        for e in run(rules, positions, cuts)
        if not e.withdrawn
    ]
    assert again == facts


@settings(max_examples=100, deadline=None)
@given(steps=speeds, order=st.permutations([1, 2, 3, 4, 5]), data=st.data())
def test_memory_survives_dump_and_load(steps: Any, order: list[int], data: Any) -> None:
    # Vehicles come to be known in any order, one after the other, each at a time and speed of its own.
    at = np.cumsum([step for _, step in steps]).tolist()
    rows = [{"at": t, "speed_kmh": s} for t, (s, _) in zip(at, steps, strict=True)]
    tracks = {vehicle: make_positions(vehicle, rows, START + 7 * vehicle) for vehicle in order}
    cut = data.draw(st.integers(1, len(rows)))
    rules = [rule(Fast()), rule(DeviceSilence())]
    whole = Engine(rules)
    for vehicle in order:
        whole.process(tracks[vehicle].take(slice(0, cut)), context())
    revived = Engine(rules)
    revived.load(whole.dump())
    assert revived.last_times(np.array(order)).tolist() == whole.last_times(np.array(order)).tolist()
    rest = Positions.join([tracks[vehicle].take(slice(cut, None)) for vehicle in order])
    assert revived.process(rest, context()) == whole.process(rest, context())
