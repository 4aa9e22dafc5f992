"""Every detector of positions at once: however a track is cut, and over a dump, the findings are the same."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.detection.batch import Context, Zone
from datacenter.detection.catalogue import EventDetector, detectors
from datacenter.detection.corridors import Corridors, Route
from datacenter.detection.crossings import Crossings, Stripes
from datacenter.detection.episodes import Engine, Rule
from datacenter.geo.road_index import RoadIndex, Section
from datacenter.tracks.position import Positions
from tests.detection.running import MIDNIGHT, facts, rule, told
from tests.factories import DAWA_SEAT, make_positions

LAT, LON = DAWA_SEAT
# Hours of driving don't fit a small example.
SHORTER = {
    "driving.fatigue": {"lasting_s": 600},
    "driving.fatigue_warning": {"lasting_s": 400},
    "driving.night_fatigue": {"lasting_s": 300},
    "vehicle.idling": {"lasting_s": 120},
}


def rules() -> list[Rule]:
    kernel = {code: one for code, one in detectors().items() if type(one).__module__.startswith("datacenter.")}
    return [rule(one, **SHORTER.get(code, {})) for code, one in kernel.items() if not isinstance(one, EventDetector)]


def world() -> Context:
    def zone(number: int, limit: int | None) -> Zone:
        shape = shapely.box(LON - 0.01, LAT + number * 0.01, LON + 0.01, LAT + number * 0.01 + 0.008)
        shapely.prepare(shape)
        return Zone(number, "区", frozenset(), limit, 0, 2**62, shape.bounds, shape)

    return Context(
        np.array([-1, 2, 3, 0, 4], np.int8),
        forbidden=[zone(1, None)],
        speed_zones=[zone(2, 40)],
        crossings=Crossings([Stripes(4, shapely.box(LON - 1e-4, LAT + 0.006, LON + 1e-4, LAT + 0.00605))]),
        corridors=Corridors([Route(5, frozenset({1}), frozenset(), 0, 2**62, shapely.box(121, LAT, 123, LAT + 0.015))]),
        roads=RoadIndex([Section(6, True, 15, 60, {}, [[(LON, LAT), (LON, LAT + 1)]])], 5),
        exempt={"driving.night_ban": [(1, 0, MIDNIGHT + 3 * 3600)]},
    )


steps = st.lists(
    st.tuples(
        st.sampled_from([0, 3, 30, 50, 90, 130]),
        st.sampled_from([1, 5, 10, 15, 60, 121, 700, 1199, 1201]),
        st.sampled_from([0, 0, 0, 0, 50_000]),  # a jump to the east
        st.sampled_from([3, 3, 3, 2]),  # ignition
    ),
    min_size=1,
    max_size=60,
)


def track(vehicle: int, given_steps: Any, start: int) -> Positions:
    at, rows = 0, []
    for speed, gap, aside, status in given_steps:
        at += gap
        where = {"longitude_e6": round(LON * 1e6) + aside}
        rows.append({"at": at, "speed_kmh": speed, "status": status, **where})
    return make_positions(vehicle, rows, start)


@settings(max_examples=150, deadline=None)
@given(one=steps, two=steps, hour=st.sampled_from([1, 2, 4, 12, 21]), data=st.data())
def test_how_tracks_are_cut_changes_nothing(one: Any, two: Any, hour: int, data: Any) -> None:
    start = MIDNIGHT + hour * 3600
    positions = Positions.join([track(1, one, start), track(2, two, start), track(1, one, start + 100_000)])
    positions = positions.take(np.argsort(positions.device_time, kind="stable"))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(positions)), max_size=10)))

    def found(cut_at: list[int] | None = None) -> Any:
        return facts([e for e in told(rules(), positions, world(), cut_at) if not e.withdrawn])

    assert found(cuts) == found()


@settings(max_examples=60, deadline=None)
@given(one=steps, hour=st.sampled_from([1, 12, 21]), data=st.data())
def test_memory_survives_dump_and_load(one: Any, hour: int, data: Any) -> None:
    positions = Positions.join([track(3, one, MIDNIGHT + hour * 3600), track(1, one, MIDNIGHT + hour * 3600)])
    cut = data.draw(st.integers(1, len(positions)))
    whole, revived = Engine(rules()), Engine(rules())
    order = np.argsort(positions.device_time, kind="stable")
    whole.process(positions.take(order[:cut]), world())
    revived.load(whole.dump())
    rest = positions.take(order[cut:])
    assert revived.process(rest, world()) == whole.process(rest, world())
    assert revived.dump() == whole.dump()


def test_the_examples_are_such_that_every_rule_finds_something() -> None:
    """The properties above say nothing of a rule that never holds in their tracks."""
    slow, night = [*[(50, 15, 0, 3)] * 60, *[(0, 15, 0, 3)] * 40], MIDNIGHT + 22 * 3600 + 600
    parts = [
        track(1, [*[(90, 10, 0, 3)] * 40, *slow, (50, 60, 50_000, 3)], night),
        track(1, [*[(90, 10, 0, 3)] * 40], MIDNIGHT + 28 * 3600),
        track(3, [*[(90, 10, 0, 3)] * 10, (50, 700, 0, 3)], night),
        make_positions(4, [{"at": n * 10, "speed_kmh": 50, "latitude_e6": 41_000_000} for n in range(40)], night),
        make_positions(2, [{"at": n * 60, "speed_kmh": 30, "alarm": 1 << 11} for n in range(6)], night),
    ]
    found = {e.detector for e in told(rules(), Positions.join(parts), world())}
    assert {one.detector.code for one in rules()} == found


def test_every_limit_of_a_rule_has_a_name_for_people() -> None:
    shared = {"lasting_s", "forgiven_gap_s", "silence_s", "tolerance_percent", "limit_kmh", "moving_kmh"}
    nameless = {
        (code, field.name)
        for code, one in detectors().items()
        for field in fields(one.Limits)
        if field.name not in shared and field.name not in one.limit_words
    }
    assert not nameless
