"""The load of ``ingest`` against any JT/T 808 server, ours or another's (同负载对照).

Needs no process of ours besides the terminals: they register, authenticate with the code they are given and report.
What an acknowledgement promises is the server's matter: ours says "committed", many say "received".
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from typing import Any

import psutil

from benchmarks.cpu import spent, used_by
from benchmarks.load import drive

PANJIN_RATE = 11_268


def read_target(text: str) -> tuple[str, int]:
    """``host:port`` in two; an IPv6 address in brackets. Raises ``ValueError``."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"--target {text}: must be host:port, the port from 1 to 65535")
    return host.strip("[]"), int(port)


def read_pids(text: str) -> list[int]:
    """``12,34`` as numbers of processes that run. Raises ``ValueError``."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    wrong = next((part for part in parts if not part.isdecimal() or not psutil.pid_exists(int(part))), None)
    if wrong is not None:
        raise ValueError(f"--target-pids {wrong}: no such process here")
    return [int(part) for part in parts]


def run(host: str, port: int, pids: list[int]) -> list[dict[str, Any]]:
    """Rate sustained of the one asked for, then latency at Panjin's own rate; CPU where ``pids`` are given.

    Raises ``ConnectionError`` where nobody listens, ``RuntimeError`` where nothing is acknowledged.
    """
    try:
        socket.create_connection((host, port), 5).close()
    except OSError as fault:
        raise ConnectionError(f"nothing listens at {host}:{port}: {fault}") from fault
    seconds = float(os.environ.get("BENCH_SECONDS", "60"))
    asked = float(os.environ.get("BENCH_RATE", "60000"))
    vehicles = int(os.environ.get("BENCH_VEHICLES", "11268"))
    steady = _measured(host, port, pids, vehicles, min(PANJIN_RATE, asked), min(seconds, 30))
    full = _measured(host, port, pids, vehicles, asked, seconds)
    figures = [
        {"bench": "target", "value": full["positions_per_s"], "unit": "positions/s", "detail": full},
        {"bench": "target-p50", "value": steady["p50_ms"], "unit": "ms", "detail": dict(steady)},
        {"bench": "target-p99", "value": steady["p99_ms"], "unit": "ms", "detail": dict(steady)},
        {"bench": "target-errors", "value": sum(steady["errors"].values()) + sum(full["errors"].values()),
         "unit": "errors", "detail": {"steady": steady["errors"], "full": full["errors"]}},
    ]  # fmt: skip
    if pids:
        cpu = {"bench": "target-cpu", "value": full["cpu_us_per_position"], "unit": "us/position"}
        figures.append({**cpu, "detail": full["cpu_us_by_pid"]})
    return figures


def _measured(host: str, port: int, pids: list[int], vehicles: int, rate: float, seconds: float) -> dict[str, Any]:
    before, began = used_by(pids), time.monotonic()
    report = asyncio.run(drive(host, port, vehicles, rate, seconds))
    each = {f"{pid} {psutil.Process(pid).name()}": used for pid, used in spent(before, used_by(pids)).items()}
    if not report["acknowledged"]:
        raise RuntimeError(f"{host}:{port} acknowledged nothing: {report['errors'] or 'no error either'}")
    kept = ("sent", "acknowledged", "resent", "errors", "connected", "vehicles", "positions_per_s", "p50_ms", "p99_ms")
    result = {name: report[name] for name in kept}
    result |= {"target": f"{host}:{port}", "asked_per_s": rate, "seconds": round(time.monotonic() - began, 1)}
    if pids:
        # What the server does while terminals log in counts too: that is a fault of a few ms a terminal in short runs.
        by_pid = {name: round(used / report["acknowledged"] * 1e6, 2) for name, used in each.items()}
        result |= {"cpu_us_per_position": round(sum(by_pid.values()), 2), "cpu_us_by_pid": by_pid}
    return result | {"load_cpu_us": report["cpu_us_per_position"]}
