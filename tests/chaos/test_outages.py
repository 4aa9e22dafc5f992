"""A part that is away for long while terminals go on, and a terminal that reports far too often: nothing is lost."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.stack import Stack

pytestmark = pytest.mark.chaos


def _acknowledged(log: Path) -> set[str]:
    """The phones, without left zeros, of which positions have been acknowledged."""
    return {line.split(",")[0].lstrip("0") for line in log.read_text().splitlines()} if log.exists() else set()


def _outage(stack: Stack, log: Path, seconds: float, vehicles: int) -> None:
    """One shard's worker is down for ``seconds`` while ``vehicles`` report each second."""
    of_shard = {
        phone.lstrip("0"): shard
        for phone, shard in stack.query(
            "SELECT t.phone, t.vehicle_id % 2 FROM terminal t WHERE t.state = 'in_use' AND t.phone <> ''"
        )
    }
    stack.forget_tracks()
    stack.kill("shard-0")
    load = stack.simulate(
        "--vehicles", str(vehicles), "--interval", "1", "--duration", str(seconds + 3), "--timeout", "5",
        "--drain", "60", "--acknowledged-log", str(log),
    )  # fmt: skip
    time.sleep(seconds)
    meanwhile = {of_shard[phone] for phone in _acknowledged(log)}
    assert meanwhile == {1}, "the other shard's vehicles are served, and nobody is told what is not committed"
    stack.restart("shard-0")
    out, _ = load.communicate(timeout=seconds + 120)
    report = json.loads(out)
    assert {of_shard[phone] for phone in _acknowledged(log)} == {0, 1}
    assert report["acknowledged"] >= vehicles * (seconds - 5)
    assert stack.query("SELECT count(*) FROM track_position")[0][0] == report["acknowledged"], report


def test_a_worker_away_under_load_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    _outage(stack, tmp_path / "acknowledged.csv", 8, 100)


@pytest.mark.long
def test_a_worker_away_for_ten_minutes_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    _outage(stack, tmp_path / "acknowledged.csv", float(os.environ.get("OUTAGE_SECONDS", "600")), 2000)


def test_a_hundred_reports_a_second_from_one_vehicle_are_all_kept(stack: Stack) -> None:
    stack.forget_tracks()
    load = stack.simulate("--vehicles", "1", "--rate", "100", "--duration", "4", "--drain", "20")
    report = json.loads(load.communicate(timeout=60)[0])
    assert report["acknowledged"] >= 300, report
    assert stack.query("SELECT count(*) FROM track_position")[0][0] == report["acknowledged"], report
