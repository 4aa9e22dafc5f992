"""What 500 vehicles that come out of a blind area of two hours at once do to everybody else's positions (补传).

The rest of Panjin's fleet reports at its usual rate; half-way, 500 others hand in 720 positions each by 0x0704, as fast
as the gateway reads. Told are the live terminals' p99 of the acknowledgement with and without them, how long until the
last kept position is acknowledged, and until the last span is detected anew.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.load import drive
from datacenter.simulator.fleet import FLEET_SIZE, DemoVehicle, as_808, demo_fleet, part_of_fleet
from tests.blind import BlindTerminal
from tests.stack import Stack

BLIND, KEPT, INTERVAL_S = 500, 720, 10
LIVE_S, BEGIN_S = 45.0, 15.0


def run() -> list[dict[str, Any]]:
    """One figure: the live p99 while 500 vehicles hand in two hours each."""
    live = FLEET_SIZE - BLIND
    with tempfile.TemporaryDirectory(prefix="panjin-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.start("gateway", "shard-0", "shard-1", "worker", "archivist", "beat")
            port = stack.house.terminal_port
            quiet = asyncio.run(drive("127.0.0.1", port, live, live, 20))
            stack.forget_tracks()
            report, backfill = asyncio.run(_both(port, live))
            detected_s = _until_detected(stack, backfill["began"])
            stored = stack.query("SELECT count(*) FROM track_position")[0][0]
        finally:
            stack.stop()
    expected = report["acknowledged"] + BLIND * (KEPT + 1)
    assert stored == expected, f"{stored} rows for {expected} acknowledged positions"
    detail = {
        "quiet_p99_ms": quiet["p99_ms"],
        "live_per_s": report["positions_per_s"],
        "backfilled": BLIND * KEPT,
        "acknowledged_after_s": round(backfill["acknowledged_s"], 1),
        "detected_after_s": round(detected_s, 1),
    }
    return [{"bench": "backfill", "value": report["p99_ms"], "unit": "ms", "detail": detail}]


async def _both(port: int, live: int) -> tuple[dict[str, Any], dict[str, float]]:
    others = {vehicle.phone for vehicle in part_of_fleet(live)}
    blind = [as_808(vehicle) for vehicle in demo_fleet() if vehicle.phone not in others][:BLIND]
    began = time.monotonic()
    load = asyncio.create_task(drive("127.0.0.1", port, live, live, LIVE_S))
    now = int(time.time())
    terminals = [BlindTerminal(vehicle, _track(vehicle, now)) for vehicle in blind]
    for terminal in terminals:
        await terminal.connect(port)
    await _all_done(terminals)
    for terminal in terminals:
        terminal.say(KEPT, KEPT + 1)  # their newest is in
    await _all_done(terminals)
    await asyncio.sleep(max(0.0, began + BEGIN_S - time.monotonic()))
    began = time.monotonic()
    for terminal in terminals:
        terminal.hand_in(0, KEPT)
    await _all_done(terminals)
    acknowledged_s = time.monotonic() - began
    report = await load
    for terminal in terminals:
        terminal.transport.close()
    return report, {"began": began, "acknowledged_s": acknowledged_s}


async def _all_done(terminals: list[BlindTerminal]) -> None:
    await asyncio.wait_for(asyncio.gather(*(terminal.done() for terminal in terminals)), 300)


def _until_detected(stack: Stack, began: float) -> float:
    stack.wait(lambda: not stack.query("SELECT 1 FROM redetection_span LIMIT 1"), 600, lambda: "spans wait")
    return time.monotonic() - began


def _track(vehicle: DemoVehicle, now: int) -> dict[str, np.ndarray]:
    """Two hours at 60 km/h up to ``now``."""
    times = now - INTERVAL_S * np.arange(KEPT, -1, -1)
    count = len(times)
    along = (times // INTERVAL_S) % 720
    return {
        "latitude_e6": (41_000_000 + along * 150).astype(np.int64),
        "longitude_e6": np.full(count, 122_000_000 + vehicle.index),
        "altitude_m": np.full(count, 5),
        "speed_dkmh": np.full(count, 600),
        "bearing_deg": np.zeros(count, np.int64),
        "time_s": times,
        "mileage_hm": np.arange(count) + 1,
        "alarms": np.zeros(count, np.uint32),
        "status": np.full(count, 3, np.uint32),
    }
