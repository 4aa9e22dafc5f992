"""Terminals → committed rows → acknowledged, all detectors on (DESIGN §11), with the CPU of each process.

A house of its own: PostgreSQL, Valkey, gateway, two shards, the demo city's registry; the load generator shares the
machine's cores. Three figures: what is sustained, the CPU a position costs, and the latency at Panjin's own rate.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load import drive
from tests.stack import Stack

PANJIN_RATE = 11_268


def run() -> list[dict[str, Any]]:
    """Sustained rate and its CPU, then p99 of the acknowledgement at 11,268 positions/s."""
    seconds = float(os.environ.get("BENCH_SECONDS", "60"))
    asked = float(os.environ.get("BENCH_RATE", "60000"))
    vehicles = int(os.environ.get("BENCH_VEHICLES", "11268"))
    with tempfile.TemporaryDirectory(prefix="panjin-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.start("gateway", "shard-0", "shard-1")
            _measured(stack, vehicles, PANJIN_RATE, 10)  # caches, plans, partitions
            steady = _measured(stack, vehicles, PANJIN_RATE, min(seconds, 30))
            full = _measured(stack, vehicles, asked, seconds)
        finally:
            stack.stop()
    return [
        {"bench": "ingest", "value": full["positions_per_s"], "unit": "positions/s", "detail": full},
        {"bench": "ingest-cpu", "value": full["cpu_us_per_position"], "unit": "us/position",
         "detail": full["cpu_us_by_process"]},
        {"bench": "ingest-p99", "value": steady["p99_ms"], "unit": "ms", "detail": steady},
    ]  # fmt: skip


def _measured(stack: Stack, vehicles: int, rate: float, seconds: float) -> dict[str, Any]:
    # At high rates the load's device times begin in the past: over rows of an earlier run they would be backfill.
    stack.forget_tracks()
    before, stored = _cpu(stack), _stored(stack)
    began = time.monotonic()
    report = asyncio.run(drive("127.0.0.1", stack.house.terminal_port, vehicles, rate, seconds))
    spent = {name: used - before.get(name, 0.0) for name, used in _cpu(stack).items()}
    rows = _stored(stack) - stored
    assert rows == report["acknowledged"], f"{rows} rows for {report['acknowledged']} acknowledged positions"
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


def _cpu(stack: Stack) -> dict[str, float]:
    """CPU seconds of each part so far; PostgreSQL with all its backends, ended ones included."""
    used = {name: _of(child.pid) for name, child in stack.children.items() if child.poll() is None}
    used["postgres"] = _of(stack.postgres.pid, children=True)
    used["valkey"] = _of(stack.valkey.pid)
    return used


def _of(pid: int | None, *, children: bool = False) -> float:
    if pid is None:
        return 0.0
    process = psutil.Process(pid)
    times = process.cpu_times()
    total = times.user + times.system
    if children:
        total += times.children_user + times.children_system
        for child in process.children(recursive=True):
            try:
                of_child = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += of_child.user + of_child.system
    return total


def _stored(stack: Stack) -> int:
    return int(stack.query("SELECT count(*) FROM track_position")[0][0])
