"""The whole house under steady load, one officer at an open map: no process grows.

``SOAK_SECONDS`` (1,800), ``SOAK_RATE`` (11,268 positions/s). Memory is sampled every ten seconds, and a straight line
laid through the lowest samples of each tenth of the second half, when caches are full: what a task takes and gives back
is no leak. Every backend of PostgreSQL is a process of its own; that they don't become more is asked besides. A process
fails whose line rises by more than ``BOUND_MB_H`` an hour and, so that short runs pass over a batch or a page, by more
than ``NOISE_MB`` over that half. Runs of a few minutes see caches fill all the same.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from datacenter.accounts.demo import PASSWORD
from tests.chaos.memory import HEAD, MB, Samples
from tests.stack import Stack
from tests.watcher import Watcher, histogram

BOUND_MB_H, NOISE_MB = 20.0, 4.0
EVERY_S = 10.0
VEHICLES = 11_268
pytestmark = pytest.mark.chaos


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Stack]:
    """Every process of a machine, with the demo city's registry."""
    stack = Stack(tmp_path / "house")
    try:
        yield stack.start()
    finally:
        stack.stop()


@pytest.mark.long
def test_memory_of_every_process_is_flat(house: Stack) -> None:
    seconds, rate = float(os.environ.get("SOAK_SECONDS", "1800")), float(os.environ.get("SOAK_RATE", "11268"))
    load = house.simulate(
        "--vehicles", str(VEHICLES), "--rate", str(rate), "--duration", str(seconds + 30), "--wait-for-all"
    )
    samples = Samples()
    try:
        with Watcher(house.url, "city", PASSWORD) as officer:
            house.wait(lambda: officer.vehicles > 0, 180, lambda: "the first vehicle on the map")
            began = time.monotonic()
            while (now := time.monotonic() - began) < seconds:
                assert load.poll() is None, "the load ended early"
                assert not officer.ended, officer.ended
                samples.take(house, now)
                time.sleep(max(0.0, EVERY_S - (time.monotonic() - began - now)))
            shown, live = officer.frames, histogram(house.url, "live_seconds")[float("inf")]
        report = json.loads(load.communicate(timeout=120)[0])
    finally:
        load.kill()
    growths = samples.growths()
    print("\n" + "\n".join([HEAD, *map(str, growths)]) + f"\nload {report}\nframes {shown}, live positions {live:,}")
    assert report["acknowledged"] >= 0.97 * rate * seconds, f"the load was not carried: {report}"
    assert shown >= seconds / 2, "the map stood still"
    growing = [str(growth) for growth in growths if growth.too_fast(BOUND_MB_H, NOISE_MB)]
    assert not growing, "\n".join([f"more than {BOUND_MB_H} MB an hour:", HEAD, *growing])
    assert samples.more_backends() <= 0, f"PostgreSQL's processes: {samples.backends}"


def line(start_mb: float, mb_h: float, seconds: int = 1800) -> Samples:
    samples = Samples()
    for now in range(0, seconds, 10):
        samples.add("one", now, (start_mb + mb_h * now / 3600) * MB)
    return samples


@pytest.mark.parametrize(("mb_h", "fails"), [(0.0, False), (19.0, False), (21.0, True), (-50.0, False)])
def test_a_leak_over_the_bound_is_found_and_one_under_it_is_not(mb_h: float, fails: bool) -> None:
    (growth,) = line(100, mb_h).growths()
    assert growth.mb_h == pytest.approx(mb_h, abs=0.01)
    assert growth.too_fast(BOUND_MB_H, NOISE_MB) == fails


def test_a_leak_under_a_task_that_comes_and_goes_is_found() -> None:
    samples = Samples()
    for now in range(0, 1800, 10):
        samples.add("one", now, (100 + 40 * now / 3600 + (120 if now % 70 < 20 else 0)) * MB)
    (growth,) = samples.growths()
    assert growth.mb_h == pytest.approx(40, abs=1)
    assert growth.too_fast(BOUND_MB_H, NOISE_MB)


def test_who_was_not_there_all_the_time_is_not_judged() -> None:
    samples = line(100, 0.0)
    samples.add("guest", 1000, 50 * MB)
    samples.add("guest", 1790, 900 * MB)
    assert [growth.name for growth in samples.growths()] == ["one"]


@pytest.mark.parametrize(("last", "more"), [(12, 0), (13, 1), (5, -7)])
def test_connections_that_are_never_given_back_are_seen(last: int, more: int) -> None:
    samples = Samples(backends=[10, 12, 11, 10, 12, 13, last, last])
    assert samples.more_backends() == more


def test_growth_while_caches_fill_is_no_leak() -> None:
    samples = Samples()
    for now in range(0, 1800, 10):
        samples.add("one", now, min(300, 100 + now) * MB)
    (growth,) = samples.growths()
    assert not growth.too_fast(BOUND_MB_H, NOISE_MB)
    assert growth.highest_mb == pytest.approx(300)
