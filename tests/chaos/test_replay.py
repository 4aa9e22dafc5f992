"""What is found live, with frames late, silent and out of turn, is what one pass over the stored tracks finds."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from datacenter.simulator.roads import demo_roads
from tests.chaos import ledger
from tests.stack import Stack

pytestmark = pytest.mark.chaos

CLASSES = {"expressway": "motorway", "ramp": "motorway", "main": "first", "county": "second"}


def all_rules_on(stack: Stack) -> None:
    """Every rule is in force, and the demo's roads are known, which the demo city itself leaves out."""
    stack.query("UPDATE detector_setting SET enabled = true, mode = 'in_force'")
    for road in demo_roads():
        line = json.dumps({"type": "MultiLineString", "coordinates": road.lines})
        stack.query(
            "INSERT INTO road_section (name, route, road_class, line, width_m, limit_kmh, kind_limits, active, source,"
            " source_verified, changed_at) SELECT %s, '', %s, %s, 16, %s, '{}', true, '演示数据', false, now()"
            " WHERE NOT EXISTS (SELECT 1 FROM road_section WHERE name = %s)",
            *(road.name, CLASSES.get(road.road_class, "urban"), line, road.limit_kmh, road.name),
        )


def compared(stack: Stack, vehicles: int, hours: float, seconds: float) -> dict[str, Any]:
    """Drives the demo fleet through the house for so many of its hours, then detects the tracks in one pass."""
    all_rules_on(stack)
    stack.forget_tracks()
    speedup = str(hours * 3600 / seconds)
    fleet = ("--vehicles", str(vehicles), "--troubled", "--events", "--taxis-905", "--wait-for-all", "--timeout", "120")
    log = stack.directory / "replay.csv"
    log.unlink(missing_ok=True)
    timing = ("--speedup", speedup, "--duration", str(seconds), "--drain", "60", "--acknowledged-log", str(log))
    run = stack.simulate(*fleet, *timing)
    report = json.loads(run.communicate(timeout=60 + 4 * seconds)[0])
    stack.settle(60 + seconds)
    said = stack.manage("shell", "-v", "0", "-c", "from tests.offline import main; main()", timeout_s=60 + 2 * seconds)
    result: dict[str, Any] = json.loads(said)
    print(f"{result['positions']:,} positions, {result['findings']}")
    # A report out of turn may equal the position before it to the last byte: it is acknowledged twice, stored once.
    phones = stack.query("SELECT ltrim(phone, '0'), vehicle_id FROM terminal WHERE vehicle_id IS NOT NULL")
    told = ledger.acknowledged(log, dict(phones))
    balance = ledger.compare(told, ledger.stored(stack.postgres.urls.owner))
    print(balance)
    assert (len(balance.lost), len(balance.doubled), report["unacknowledged"]) == (0, 0, 0), balance
    assert result["positions"] == balance.stored > vehicles * hours * 360 * 0.9
    return result


def test_six_hours_of_the_demo_fleet_found_live_are_those_of_one_pass(stack: Stack) -> None:
    result = compared(stack, 40, 6, 20)
    assert (result["only live"], result["only offline"]) == ([], [])
    assert set(result["findings"]) >= {"device.fault", "crossing.fast"}, "a drive that finds little proves little"


@pytest.mark.long
def test_a_day_of_the_demo_fleet_found_live_is_that_of_one_pass(stack: Stack) -> None:
    vehicles = int(os.environ.get("REPLAY_VEHICLES", "300"))
    result = compared(stack, vehicles, 24, 2.0 * vehicles)
    assert (result["only live"], result["only offline"]) == ([], [])
    assert set(result["findings"]) >= {"road.overspeed", "device.fault", "device.silence", "crossing.fast"}
