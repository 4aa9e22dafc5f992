"""The tracks of a house detected offline in one pass, beside what its workers found live (回放等于实时).

Runs inside that house: ``manage.py shell -c "from tests.offline import main; main()"``. Prints one line of JSON.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from datacenter.accounts.scope import CITY, entered
from datacenter.detection.episodes import Engine, Episode
from datacenter.detection.findings import measures_of
from datacenter.detection.models import Finding
from datacenter.detection.relief import longest_part
from datacenter.detection.settings import rules_in_force
from datacenter.detection.world import read_context
from datacenter.ingest.models import IngestShard
from datacenter.registry.models import Vehicle
from datacenter.tracks import store

Row = tuple[str, int, int, int | None, str]
VEHICLES_AT_ONCE = 50


def row_of(code: str, vehicle: int, started: int, ended: int, measures: dict[str, Any], ongoing: bool) -> Row:
    """What must be the same. How long a silence has lasted that still goes on depends on when somebody looked."""
    if code == "device.silence" and ongoing:
        return code, vehicle, started, None, "ongoing"
    return code, vehicle, started, ended, json.dumps(measures, sort_keys=True)


def live(codes: set[str]) -> set[Row]:
    """The findings that stand."""
    rows = Finding.every.filter(detector__in=codes).exclude(state=Finding.State.SUPERSEDED)
    return {
        row_of(
            one.detector,
            one.vehicle_id,
            int(one.started_at.timestamp()),
            int(one.ended_at.timestamp()),
            one.measures,
            one.state == Finding.State.ONGOING,
        )
        for one in rows
    }


def offline(engine: Engine) -> tuple[set[Row], int]:
    """The episodes that one pass over each whole track finds, and how many positions that were."""
    context, layout = read_context(), IngestShard.objects.filter(shards__gt=0)
    ticks = {row.shard: int(row.tick_at.timestamp()) for row in layout}
    told: dict[tuple[str, int, int], Episode] = {}
    count = 0
    for shard, now in ticks.items():
        own = Engine(list(engine.rules.values()))
        for vehicles in _some(shard, len(ticks)):
            until = datetime.now(UTC) + timedelta(days=1)
            track = store.of_many(vehicles, until - timedelta(days=7), until)
            order = np.lexsort((track.body_hash, track.device_time, track.vehicle_id))
            episodes, faults = own.process(track.take(order), context)
            assert not faults, faults
            count += len(track)
            told |= {(one.detector, one.vehicle_id, one.started): one for one in episodes}
        told |= {(one.detector, one.vehicle_id, one.started): one for one in own.tick(now, context)}
    return {row for one in told.values() for row in _kept(one, engine)}, count


def _some(shard: int, shards: int) -> Iterator[list[int]]:
    ids = [pk for pk in Vehicle.objects.order_by("pk").values_list("pk", flat=True) if pk % shards == shard]
    for first in range(0, len(ids), VEHICLES_AT_ONCE):
        yield ids[first : first + VEHICLES_AT_ONCE]


def _kept(episode: Episode, engine: Engine) -> Iterator[Row]:
    """The finding that an episode becomes; none where it was taken back, or no driver drove long enough."""
    rule = engine.rules[episode.detector]
    kept = longest_part(episode, rule) if rule.detector.by_driver else episode
    if kept is not None and not episode.withdrawn:
        code = rule.detector.code
        yield row_of(code, kept.vehicle_id, kept.started, kept.ended, measures_of(kept), kept.ongoing)


def main() -> None:
    """Both, and what differs."""
    with entered(CITY):
        engine = Engine(rules_in_force())
        once, positions = offline(engine)
        found = live({rule.detector.code for rule in engine.rules.values()})
    differing = {"only live": sorted(found - once, key=str)[:20], "only offline": sorted(once - found, key=str)[:20]}
    by_rule = dict(Counter(code for code, *_ in sorted(once)))
    print(json.dumps({"positions": positions, "rules": sorted(engine.rules), "findings": by_rule} | differing))
