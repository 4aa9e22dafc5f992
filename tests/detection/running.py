"""Tracks told to the engine, whole or cut into batches; no database."""

from __future__ import annotations

from typing import Any

import numpy as np

from datacenter.detection.batch import KINDS, Context
from datacenter.detection.catalogue import Detector
from datacenter.detection.episodes import Engine, Episode, Rule
from datacenter.tracks.position import Positions
from tests.factories import make_positions

# Midnight of a day in Shanghai.
MIDNIGHT = 1_790_006_400
HOUR = 3600


def rule(detector: Detector, **limits: Any) -> Rule:
    return Rule(detector, detector.parse_limits(limits), detector.measures())


def world(kind: str = "hazmat", **facts: Any) -> Context:
    """Vehicles 1 to 9, all of one kind."""
    return Context(np.full(10, KINDS.index(kind), np.int8), **facts)


def told(rules: list[Rule], positions: Positions, context: Context, cuts: list[int] | None = None) -> list[Episode]:
    """The last word on each episode of a track told in batches that end before the rows in ``cuts``."""
    engine = Engine(rules)
    kept: dict[tuple[str, int, int], Episode] = {}
    for piece in np.split(np.arange(len(positions)), cuts or []):
        episodes, faults = engine.process(positions.take(piece), context)
        assert not faults
        kept |= {(e.detector, e.vehicle_id, e.started): e for e in episodes}
    kept |= {(e.detector, e.vehicle_id, e.started): e for e in engine.tick(int(positions.device_time.max()) + 10**7)}
    return sorted(kept.values(), key=lambda e: (e.detector, e.vehicle_id, e.started))


def facts(episodes: list[Episode]) -> list[tuple[Any, ...]]:
    """What must not depend on the cuts."""
    return [(e.detector, e.vehicle_id, e.started, e.ended, e.measures) for e in episodes]


def drive(*pieces: tuple[int, int], start: int = MIDNIGHT, step: int = 60, vehicle: int = 1, **each: Any) -> Positions:
    """A track of pieces of (seconds, km/h), a position each ``step`` seconds, the first at ``start``."""
    rows, at = [{"at": 0, "speed_kmh": pieces[0][1], **each}], 0
    for lasting, speed in pieces:
        rows += [{"at": at + s, "speed_kmh": speed, **each} for s in range(step, lasting + 1, step)]
        at += lasting
    return make_positions(vehicle, rows, start)


def without(positions: Positions, since: int, until: int) -> Positions:
    """The track with a hole: nothing after ``since`` and before ``until`` (unix seconds)."""
    return positions.take((positions.device_time <= since) | (positions.device_time >= until))
