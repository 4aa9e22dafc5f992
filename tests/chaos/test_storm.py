"""A fleet reports steadily while somebody dies every 15 s: nothing acknowledged is lost, nothing is there twice.

``CHAOS_SECONDS`` (600), ``CHAOS_RATE`` (20,000 positions/s), ``CHAOS_EVERY`` (15 s), ``CHAOS_SEED`` (1). What is killed
with ``kill -9`` is started again within three seconds, as a supervisor would. ``test_kills.py`` is the short form.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import ledger
from tests.stack import Stack

pytestmark = [pytest.mark.chaos, pytest.mark.long]
HOUSE = ("gateway", "shard-0", "shard-1", "worker", "archivist", "beat")
VICTIMS = (*HOUSE, "postgres", "valkey")
VEHICLES = 11_268
_LAST_WORD_S = 300.0  # for what is still unacknowledged when the last report is out


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Stack]:
    """Everything that positions pass, and what runs beside it, with the demo city's registry."""
    stack = Stack(tmp_path / "house")
    try:
        yield stack.start(*HOUSE)
    finally:
        stack.stop()


def victims(seed: int) -> Iterator[str]:
    """Whose turn it is: all in a random order, and again."""
    dice = random.Random(seed)
    while True:
        yield from dice.sample(VICTIMS, len(VICTIMS))


def storm(stack: Stack, load: subprocess.Popen[str], seconds: float, every_s: float, seed: int) -> Counter[str]:
    """Kill somebody every ``every_s`` for ``seconds``, then wait for the load to end; how often each died."""
    dice, turn, killed = random.Random(seed), victims(seed), Counter[str]()
    began = time.monotonic()
    due, down = began + every_s, dict[str, float]()
    while load.poll() is None:
        now = time.monotonic()
        assert now - began < seconds + 120 + _LAST_WORD_S, "the load did not end"
        if now >= due and now - began < seconds:
            name = next(turn)
            stack.kill(name)
            killed[name] += 1
            down[name], due = now + dice.uniform(0.2, 3.0), due + every_s
        for name in [name for name, until in down.items() if until <= now]:
            stack.restart(name)
            del down[name]
        stack.revive(except_for=down)
        time.sleep(0.1)
    return killed


def test_nothing_acknowledged_is_lost_or_doubled_in_a_storm(house: Stack, tmp_path: Path) -> None:
    seconds, rate = float(os.environ.get("CHAOS_SECONDS", "600")), float(os.environ.get("CHAOS_RATE", "20000"))
    every_s, seed = float(os.environ.get("CHAOS_EVERY", "15")), int(os.environ.get("CHAOS_SEED", "1"))
    log = tmp_path / "acknowledged.csv"
    load = house.simulate(
        "--vehicles", str(VEHICLES), "--rate", str(rate), "--duration", str(seconds), "--timeout", "10", "--drain",
        str(_LAST_WORD_S), "--wait-for-all", "--acknowledged-log", str(log),
    )  # fmt: skip
    try:
        _until_reporting(house, load)
        killed = storm(house, load, seconds, every_s, seed)
    finally:
        load.kill()
    report: dict[str, Any] = json.loads(load.stdout.read() if load.stdout else "{}")
    phones = house.query("SELECT phone, vehicle_id FROM terminal WHERE state = 'in_use' AND vehicle_id IS NOT NULL")
    told = ledger.acknowledged(log, {phone.lstrip("0"): vehicle for phone, vehicle in phones})
    balance = ledger.compare(told, ledger.stored(house.postgres.urls.owner))
    ((rows, distinct),) = house.query(
        "SELECT count(*), count(DISTINCT (vehicle_id, device_time, body_hash)) FROM track_position"
    )
    print(f"\nkilled {dict(killed)}\nload {report}\n{balance}\ncount(*) {rows:,}, distinct {distinct:,}")

    assert sum(killed.values()) >= seconds // every_s - 1, "too few were killed"
    assert not len(balance.lost), str(balance)
    assert not len(balance.doubled), str(balance)
    assert rows == distinct == balance.stored, str(balance)
    assert balance.seconds_shared == 0, str(balance)
    assert balance.acknowledged == report["acknowledged"], "the terminals' log is not whole"
    assert report["sent"] >= 0.97 * rate * seconds, f"the load was not what was asked: {report}"
    assert report["unacknowledged"] == 0, f"the house did not recover: {report}"
    assert balance.unknown == 0, str(balance)


def _until_reporting(house: Stack, load: subprocess.Popen[str]) -> None:
    def reporting() -> bool:
        assert load.poll() is None, "the load ended before it began"
        return bool(house.query("SELECT count(*) FROM track_position")[0][0])

    house.wait(reporting, 180, lambda: "the first position")
