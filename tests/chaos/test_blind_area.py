"""Many vehicles come out of a blind area of two hours at once: what is found is what would have been found live."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import numpy as np
import pytest

from datacenter.simulator.fleet import DemoVehicle, demo_fleet
from tests.blind import BlindTerminal
from tests.stack import Stack

pytestmark = pytest.mark.chaos

INTERVAL_S, FIXES = 10, 1440  # four hours
ENTERS, LEAVES = 360, 1080  # blind for two of them
_POWER_LOST = 1 << 8


def _tracks(vehicle: DemoVehicle, until: int) -> dict[str, np.ndarray]:
    """Four hours up and down one road: bursts over 80 km/h and faults, some across an end of the blind area."""
    dice = np.random.default_rng(vehicle.index)
    speed = np.full(FIXES, 600) + dice.integers(-50, 50, FIXES)
    alarms = np.zeros(FIXES, np.uint32)
    for begin in (*dice.integers(0, FIXES - 60, 5), ENTERS - dice.integers(1, 20), LEAVES - dice.integers(1, 20)):
        speed[begin : begin + dice.integers(4, 40)] = 1000
    for begin in (*dice.integers(0, FIXES - 90, 3), ENTERS - 10, LEAVES - 10):
        alarms[begin : begin + dice.integers(10, 80)] = _POWER_LOST
    speed[(rest := dice.integers(0, FIXES - 200)) : rest + 150] = 0
    along = np.cumsum(speed) * INTERVAL_S // 400  # 1e-6 degree of latitude
    return {
        "latitude_e6": 40_900_000 + np.abs(along % 400_000 - 200_000),
        "longitude_e6": np.full(FIXES, 122_000_000 + vehicle.index),
        "altitude_m": np.full(FIXES, 5),
        "speed_dkmh": speed,
        "bearing_deg": np.zeros(FIXES, np.int64),
        "time_s": until + INTERVAL_S * np.arange(1 - FIXES, 1),
        "mileage_hm": np.arange(FIXES),
        "alarms": alarms,
        "status": np.full(FIXES, 3, np.uint32),
    }


async def _report(port: int, vehicles: list[DemoVehicle], until: int, *, blind: bool) -> None:
    terminals = [BlindTerminal(vehicle, _tracks(vehicle, until)) for vehicle in vehicles]
    for terminal in terminals:
        await terminal.connect(port)
    await _all_done(terminals)
    spans = ((0, ENTERS), (LEAVES, FIXES)) if blind else ((0, FIXES),)
    for first, last in spans:
        for terminal in terminals:
            terminal.say(first, last)
        await _all_done(terminals)
    if blind:
        for terminal in terminals:
            terminal.hand_in(ENTERS, LEAVES)
        await _all_done(terminals)
    for terminal in terminals:
        terminal.transport.close()


async def _all_done(terminals: list[BlindTerminal]) -> None:
    await asyncio.wait_for(asyncio.gather(*(terminal.done() for terminal in terminals)), 240)


def _findings(stack: Stack, vehicles: list[DemoVehicle], until: int, *, blind: bool) -> list[tuple[Any, ...]]:
    stack.forget_tracks()
    asyncio.run(_report(stack.house.terminal_port, vehicles, until, blind=blind))
    stack.settle(300)
    assert stack.query("SELECT count(*) FROM track_position")[0][0] == len(vehicles) * FIXES
    return stack.query(
        "SELECT v.plate, f.detector, f.started_at, f.ended_at, f.measures::text FROM finding f"
        " JOIN vehicle v ON v.id = f.vehicle_id WHERE f.state <> 'superseded' ORDER BY 1, 2, 3"
    )


def _story(stack: Stack, count: int) -> None:
    vehicles = [vehicle for vehicle in demo_fleet() if vehicle.kind == "hazmat"][:count]
    until = int(time.time()) // 86_400 * 86_400
    whole = _findings(stack, vehicles, until, blind=False)
    handed_in = _findings(stack, vehicles, until, blind=True)
    assert {code for _, code, *_ in whole} >= {"road.overspeed", "device.fault"}
    assert len(whole) > 3 * count, "a drive that finds little proves little"
    assert handed_in == whole


def test_findings_after_a_blind_area_are_those_of_an_uninterrupted_drive(stack: Stack) -> None:
    _story(stack, 40)


@pytest.mark.long
def test_five_hundred_vehicles_come_out_of_a_blind_area_at_once(stack: Stack) -> None:
    _story(stack, int(os.environ.get("BLIND_VEHICLES", "500")))
