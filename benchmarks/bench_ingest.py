"""Terminals → committed rows → acknowledged, all detectors on (DESIGN §11), with the CPU of each process.

A house of its own with every process, and the demo city's registry; the load generator shares the machine's cores.
Four figures: what is sustained, the CPU a position costs, and at Panjin's own rate, while an officer watches the city,
the latency to the acknowledgement and to the open map. The last is the server's own histogram ``live_seconds`` of
``/metrics``: from the last byte of a report to the frame that tells it, written to the map's socket. A frame goes out
once a second, so half a second is what a report waits on average. The officer is a websocket in this process that
decodes every frame.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cpu import used_s
from benchmarks.load import drive
from datacenter.accounts.demo import PASSWORD
from tests.stack import Stack
from tests.watcher import Watcher, histogram, quantile, since

PANJIN_RATE = 11_268
HOUSE = ("gateway", "shard-0", "shard-1", "worker", "archivist", "beat", "web")
NAMES = ("live_seconds", "acknowledge_seconds")
_PUBLISHED_S = 2.5  # by then every process has put its figures where /metrics finds them
_FOLLOW = "from datacenter.tracks.tasks import follow_tracks as f; f.apply_async(queue='tracks')"


def run() -> list[dict[str, Any]]:
    """Sustained rate and its CPU; p99 of the acknowledgement and to an open map at 11,268 positions/s."""
    seconds = float(os.environ.get("BENCH_SECONDS", "60"))
    asked = float(os.environ.get("BENCH_RATE", "70000"))
    vehicles = int(os.environ.get("BENCH_VEHICLES", "11268"))
    with tempfile.TemporaryDirectory(prefix="panjin-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.start(*HOUSE)
            _measured(stack, vehicles, PANJIN_RATE, 10)  # caches, plans, partitions
            with Watcher(stack.url, "city", PASSWORD) as officer:
                steady, live = _watched(stack, officer, vehicles, min(seconds, 30))
            full = _measured(stack, vehicles, asked, seconds)
        finally:
            stack.stop()
    return [
        {"bench": "ingest", "value": full["positions_per_s"], "unit": "positions/s", "detail": full},
        {"bench": "ingest-cpu", "value": full["cpu_us_per_position"], "unit": "us/position",
         "detail": full["cpu_us_by_process"]},
        {"bench": "ingest-p99", "value": steady["p99_ms"], "unit": "ms", "detail": steady},
        {"bench": "live-p99", "value": live["live_seconds_99_ms"], "unit": "ms", "detail": live},
    ]  # fmt: skip


def _watched(stack: Stack, officer: Watcher, vehicles: int, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Panjin's own load as the terminals see it, and as the map that is open sees it."""
    time.sleep(_PUBLISHED_S)
    before, frames, sent = {name: histogram(stack.url, name) for name in NAMES}, officer.frames, officer.bytes
    report = _measured(stack, vehicles, PANJIN_RATE, seconds)
    time.sleep(_PUBLISHED_S)
    counted = {name: since(before[name], histogram(stack.url, name)) for name in NAMES}
    assert not officer.ended, officer.ended
    live = counted["live_seconds"]
    detail = {
        **{f"{name}_{share}_ms": round(quantile(counts, share / 100) * 1000) for name, counts in counted.items()
           for share in (50, 99)},
        "counted": live[float("inf")],
        "under_2s": round(live[2.0] / live[float("inf")], 5),
        "frames": officer.frames - frames,
        "kb_s": round((officer.bytes - sent) / 1024 / report["seconds"], 1),
    }  # fmt: skip
    return report, detail


def _measured(stack: Stack, vehicles: int, rate: float, seconds: float) -> dict[str, Any]:
    # At high rates the load's device times begin in the past: over rows of an earlier run they would be backfill.
    stack.forget_tracks()
    before, stored = _cpu(stack), _stored(stack)
    began = time.monotonic()
    report = asyncio.run(drive("127.0.0.1", stack.house.terminal_port, vehicles, rate, seconds))
    rows = _stored(stack) - stored
    followed = rows - _follow(stack)
    spent = {name: used - before.get(name, 0.0) for name, used in _cpu(stack).items()}
    assert rows == report["acknowledged"], f"{rows} rows for {report['acknowledged']} acknowledged positions"
    if followed:  # index and quality of the rest cost as much
        spent["archivist"] *= rows / followed
    by_process = {name: round(used / rows * 1e6, 2) for name, used in sorted(spent.items())}
    return {
        "asked_per_s": rate,
        "positions_per_s": report["positions_per_s"],
        "acknowledged": report["acknowledged"],
        "resent": report["resent"],
        "p50_ms": report["p50_ms"],
        "p99_ms": report["p99_ms"],
        "seconds": round(time.monotonic() - began, 1),
        "vehicles": vehicles,
        "cpu_us_per_position": round(sum(by_process.values()), 2),
        "cpu_us_by_process": by_process,
        "load_cpu_us": report["cpu_us_per_position"],
    }


def _follow(stack: Stack) -> int:
    """Have the where-was-it index and track quality take up what waits, as far as a run is worth it; what is left."""
    until = time.monotonic() + 60
    while (waiting := _waiting(stack)) >= 1_000_000 and time.monotonic() < until:
        stack.manage("shell", "-v", "0", "-c", _FOLLOW)
        before = waiting
        while _waiting(stack) == before and time.monotonic() < until:
            time.sleep(0.2)
    return waiting


def _waiting(stack: Stack) -> int:
    return int(stack.query("SELECT coalesce(sum(rows), 0) FROM track_chunk")[0][0])


def _cpu(stack: Stack) -> dict[str, float]:
    """CPU seconds of each part so far; PostgreSQL with all its backends, ended ones included."""
    used = {name: used_s(child.pid) for name, child in stack.children.items() if child.poll() is None}
    used["postgres"] = used_s(stack.postgres.pid, children=True)
    used["valkey"] = used_s(stack.valkey.pid)
    return used


def _stored(stack: Stack) -> int:
    return int(stack.query("SELECT count(*) FROM track_position")[0][0])
