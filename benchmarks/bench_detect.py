"""All detectors on, replayed from memory: positions a second on one core (DESIGN §11: 300,000)."""

from __future__ import annotations

import time
from typing import Any

import numpy as np


def run(vehicles: int = 5634, minutes: int = 40, step_s: int = 10) -> list[dict[str, Any]]:
    """The demo fleet's own movement through the engine, in batches as a shard's worker gets them."""
    import django

    django.setup()
    from shapely import prepare
    from shapely.geometry import Point, box

    from datacenter.detection.batch import KINDS, Context, Zone
    from datacenter.detection.catalogue import EventDetector
    from datacenter.detection.catalogue import detectors as catalogue
    from datacenter.detection.corridors import Corridors, Route
    from datacenter.detection.crossings import Crossings, Stripes
    from datacenter.detection.episodes import Engine, Rule
    from datacenter.geo.road_index import RoadIndex, Section
    from datacenter.tracks.position import DTYPES, Flag, Positions

    dice = np.random.default_rng(11)
    steps = minutes * 60 // step_s
    # Straight drives at steady speeds with bursts over the limit: what a detector sees does not depend on the road.
    speed = dice.choice([0, 300, 550, 700, 950], (vehicles, steps), p=[0.4, 0.25, 0.2, 0.13, 0.02])
    lat = 41_000_000 + np.cumsum(speed * step_s // 40, axis=1) % 300_000
    lon = np.broadcast_to(121_900_000 + dice.integers(0, 300_000, (vehicles, 1)), lat.shape)
    alarm = np.where(dice.random((vehicles, 1)) < 0.003, 1 << 11, 0) * np.ones((1, steps), np.int64)
    batches = []
    for at in range(steps):
        rows = {
            "vehicle_id": np.arange(1, vehicles + 1),
            "device_time": np.full(vehicles, 1_790_000_000 + at * step_s),
            "body_hash": dice.integers(0, 2**62, vehicles),
            "received_us": np.full(vehicles, (1_790_000_000 + at * step_s) * 1_000_000),
            "latitude_e6": lat[:, at],
            "longitude_e6": lon[:, at],
            "speed_dkmh": speed[:, at],
            "alarm": alarm[:, at],
            "status": np.full(vehicles, 3),
            "flags": np.full(vehicles, int(Flag.LOCATED | Flag.QUALIFIED)),
        }
        zero = np.zeros(vehicles)
        batches.append(Positions(*(rows.get(n, zero).astype(t) for n, t in DTYPES.items())))
    batches = [b.take(slice(i, i + 4096)) for b in batches for i in range(0, vehicles, 4096)]
    kinds = np.resize(np.array([0, 1, 2, 3, 4], np.int8), vehicles + 1)

    def zone(number: int, limit: int | None) -> Zone:
        shape = Point(122.07 + number * 0.01, 41.125).buffer(0.01)
        prepare(shape)
        return Zone(number, str(number), frozenset(), limit, 0, 2**62, shape.bounds, shape)

    # A town's roads, crossings and routes, so that every detector has something to look up.
    lines = [[(121.9 + 0.3 * n / 300, 41.0), (121.9 + 0.3 * n / 300, 41.3)] for n in range(300)]
    context = Context(
        kinds,
        [zone(n, None) for n in range(20)],
        [zone(n, 60) for n in range(20)],
        crossings=Crossings([Stripes(n, box(*p, p[0] + 3e-4, p[1] + 5e-5)) for n, p in enumerate(
            dice.uniform((121.9, 41.0), (122.2, 41.3), (200, 2)).tolist()
        )]),
        corridors=Corridors([Route(n, frozenset({n}), frozenset(), 0, 2**62, box(121, 40.5, 123, 41.15))
                             for n in range(1, 201)]),
        roads=RoadIndex([Section(n, n % 30 == 0, 20.0, 80, {}, [line]) for n, line in enumerate(lines)], len(KINDS)),
    )  # fmt: skip
    rules = [
        Rule(d, d.parse_limits({}), d.measures()) for d in catalogue().values() if not isinstance(d, EventDetector)
    ]
    engine = Engine(rules)
    for batch in batches[:4]:
        engine.process(batch, context)
    spent_on = _timed(engine)
    count, found = 0, 0
    began = time.process_time()
    for batch in batches[4:]:
        episodes, faults = engine.process(batch, context)
        assert not faults
        count += len(batch)
        found += len(episodes)
    spent = time.process_time() - began
    detail = {"positions": count, "episodes_told": found, "detectors": [r.detector.code for r in rules], "zones": 40,
              "batch": 4096, "us_by_detector": {c: round(s / count * 1e6, 3) for c, s in spent_on.items()},
              "us_a_position": round(spent / count * 1e6, 3)}  # fmt: skip
    return [{"bench": "detect", "value": round(count / spent), "unit": "positions/s", "detail": detail}]


def _timed(engine: Any) -> dict[str, float]:
    """CPU seconds that each rule takes from now on, by code; filled as the engine runs."""
    spent = dict.fromkeys(engine.rules, 0.0)
    run = engine._run

    def timed(rule: Any, *given: Any) -> Any:
        began = time.process_time()
        try:
            return run(rule, *given)
        finally:
            spent[rule.detector.code] += time.process_time() - began

    engine._run = timed
    return spent
