"""Our own gateway driven as any other server would be, while an officer watches; and what ``/metrics`` then says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from benchmarks import bench_target
from datacenter.accounts.demo import PASSWORD
from tests.stack import ROOT, Stack
from tests.watcher import Watcher, histogram, quantile, since

NAMES = ("live_seconds", "acknowledge_seconds")
ALL, VEHICLES = float("inf"), 200


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What positions pass on their way to a map, with the demo city's registry."""
    stack = Stack(tmp_path_factory.mktemp("house"))
    try:
        yield stack.start("web", "gateway", "shard-0", "shard-1")
    finally:
        stack.stop()


def _measures(house: Stack) -> bool:
    try:
        return bool(histogram(house.url, "acknowledge_seconds"))
    except (OSError, AssertionError):
        return False


@pytest.mark.long
def test_a_server_at_an_address_is_driven_and_its_histograms_move(house: Stack) -> None:
    house.wait(lambda: _measures(house), 60, lambda: "web process and gateway")
    gateway = house.children["gateway"].pid
    with Watcher(house.url, "city", PASSWORD) as officer:
        house.wait(lambda: officer.frames > 0, 30, lambda: officer.ended or "the first frame")
        before = {name: histogram(house.url, name) for name in NAMES}
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "ingest", "--target", f"127.0.0.1:{house.house.terminal_port}",
             "--target-pids", str(gateway)],
            cwd=ROOT, capture_output=True, text=True, timeout=90,
            env={**os.environ, "BENCH_SECONDS": "2", "BENCH_RATE": "1000", "BENCH_VEHICLES": str(VEHICLES)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        figures = {line["bench"]: line for line in map(json.loads, done.stdout.splitlines())}
        positions = house.query("SELECT count(*) FROM track_position")[0][0]
        house.wait(
            lambda: histogram(house.url, "acknowledge_seconds")[ALL] - before["acknowledge_seconds"][ALL] >= positions,
            20,
            lambda: "the gateway's figures",
        )
        house.wait(
            lambda: histogram(house.url, "live_seconds")[ALL] - before["live_seconds"][ALL] >= VEHICLES,
            20,
            lambda: officer.ended or "every vehicle on the map",
        )
        moved = {name: since(before[name], histogram(house.url, name)) for name in NAMES}

    assert set(figures) == {"target", "target-p50", "target-p99", "target-errors", "target-cpu"}
    assert figures["target-errors"]["value"] == 0
    assert figures["target"]["detail"]["acknowledged"] > 0
    assert figures["target-cpu"]["value"] > 0
    assert figures["target-p50"]["value"] <= figures["target-p99"]["value"]
    both = figures["target"]["detail"]["acknowledged"] + figures["target-p99"]["detail"]["acknowledged"]
    assert both == positions
    assert moved["acknowledge_seconds"][ALL] == positions
    assert VEHICLES <= moved["live_seconds"][ALL] <= positions  # only a vehicle's newest position is told
    # A report is told once it is stored, and with the next frame.
    assert quantile(moved["live_seconds"], 0.5) > quantile(moved["acknowledge_seconds"], 0.5)
    assert officer.vehicles > 0


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(ConnectionError, match=r"nothing listens at 127\.0\.0\.1:1\b"):
        bench_target.run("127.0.0.1", 1, [])
