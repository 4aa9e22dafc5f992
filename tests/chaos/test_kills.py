"""Whatever is killed: every acknowledged position is in the table exactly once, and the findings are the same.

Real cabs' tracks are replayed by thousands of real TCP terminals, once in peace and once while gateway, workers,
PostgreSQL and Valkey are killed with ``kill -9`` at random moments.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.stack import Stack

pytestmark = pytest.mark.chaos


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    report: dict[str, Any]
    acknowledged: set[tuple[str, int]]  # phone without left zeros, device time
    stored: int
    findings: list[tuple[Any, ...]]


def slices_of(tracks: Path, directory: Path, terminals: int, fixes: int) -> Path:
    """``terminals`` tracks of ``fixes`` consecutive fixes each, cut from real ones, faster, all ending a day ago.

    The fixes of a taxi lie a minute apart; told at a sixth of that they give the detectors speeds to find.
    """
    table = pq.read_table(tracks)
    names = table["vehicle"].to_numpy(zero_copy_only=False)
    time_s = pc.cast(pc.cast(table["time"], pa.timestamp("s")), pa.int64()).to_numpy()
    lon, lat = table["lon"].to_numpy(), table["lat"].to_numpy()
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    ends = np.append(starts[1:], len(names))
    pieces = [
        np.arange(first, first + fixes)
        for start, end in zip(starts, ends, strict=True)
        for first in range(start, end - fixes, fixes)
    ]
    random.Random(7).shuffle(pieces)
    assert len(pieces) >= terminals, f"the tracks give only {len(pieces)} slices of {fixes} fixes"
    until = int((datetime.now(UTC) - timedelta(days=1)).timestamp()) // 86_400 * 86_400
    rows = np.concatenate(pieces[:terminals])
    times = np.concatenate([_ending_at(until, time_s[piece]) for piece in pieces[:terminals]])
    target = directory / f"slices-{terminals}-{fixes}.parquet"
    pq.write_table(
        pa.table(
            {
                "vehicle": np.repeat([f"c{i:05d}" for i in range(terminals)], fixes),
                "time": pa.array(times * 1_000_000, pa.timestamp("us", tz="UTC")),
                "lon": lon[rows],
                "lat": lat[rows],
            }
        ),
        target,
    )
    return target


def _ending_at(until: int, time_s: np.ndarray) -> np.ndarray:
    """The moments of one slice told six times as fast, no two the same, the last at ``until``."""
    at = np.cumsum(np.maximum(np.diff(time_s, prepend=time_s[0]), 1) // 6 + 1)
    return until - (at[-1] - at)


def drive(
    stack: Stack,
    tracks: Path,
    terminals: int,
    log: Path,
    victims: list[tuple[float, str]],
    acts: Sequence[tuple[float, Callable[[], None]]] = (),
    window: int = 64,
) -> Outcome:
    """Replay ``tracks`` while ``victims`` die and ``acts`` are done, each at its moment.

    A victim's moment is in seconds from the start, an act's is a share of all that is to be acknowledged. ``window`` is
    how many unanswered positions a terminal has: the fewer, the longer it takes.
    """
    log.unlink(missing_ok=True)
    load = stack.simulate(
        "--tracks", str(tracks), "--keep-times", "--shift", "--vehicles", str(terminals), "--as-fast-as-acknowledged",
        "--window", str(window), "--timeout", "5", "--drain", "120", "--acknowledged-log", str(log),
    )  # fmt: skip
    began = time.monotonic()
    pending, down = list(victims), {}
    plans, total = list(acts), pq.read_metadata(tracks).num_rows
    while load.poll() is None:
        if plans and log.exists() and log.read_bytes().count(b"\n") >= plans[0][0] * total:
            plans.pop(0)[1]()
        now = time.monotonic() - began
        assert now < 420, f"the replay did not end: {log.read_text().count(chr(10))} acknowledged"
        while pending and pending[0][0] <= now:
            _, name = pending.pop(0)
            if name not in down:
                stack.kill(name)
                down[name] = now + random.uniform(0.2, 1.5)
        for name in [name for name, until in down.items() if until <= now]:
            stack.restart(name)
            del down[name]
        stack.revive(except_for=down)
        time.sleep(0.05)
    assert not pending, "the replay ended before all had been killed"
    assert not plans, "the replay ended before all was done"
    out = load.stdout.read() if load.stdout else ""
    stack.settle()
    acknowledged = set()
    for line in log.read_text().splitlines():
        phone, device_time, *_ = line.split(",")
        acknowledged.add((phone.lstrip("0"), int(datetime.fromisoformat(device_time).timestamp())))
    rows = stack.query(
        "SELECT v.plate, f.detector, f.started_at, f.ended_at, f.measures::text FROM finding f"
        " JOIN vehicle v ON v.id = f.vehicle_id WHERE f.state <> 'superseded' ORDER BY 1, 2, 3"
    )
    (stored,) = stack.query("SELECT count(*) FROM track_position")[0]
    return Outcome(json.loads(out), acknowledged, stored, rows)


def check(stack: Stack, outcome: Outcome, fixes: int) -> None:
    """Nothing acknowledged is missing, nothing is there twice, and in the end everything came."""
    stored = stack.query(
        "SELECT t.phone, extract(epoch FROM p.device_time)::bigint, count(*) FROM track_position p"
        " JOIN terminal t ON t.vehicle_id = p.vehicle_id AND t.state = 'in_use' GROUP BY 1, 2"
    )
    twice = [row for row in stored if row[2] > 1]
    assert not twice, f"{len(twice)} positions are there twice, {twice[:3]}"
    missing = outcome.acknowledged - {(phone.lstrip("0"), int(at)) for phone, at, _ in stored}
    assert not missing, f"{len(missing)} acknowledged positions are missing, {sorted(missing)[:3]}"
    assert outcome.stored == fixes, outcome.report
    assert len(outcome.acknowledged) == fixes, outcome.report


def kills(seconds: float, times: int, seed: int) -> list[tuple[float, str]]:
    """Each of the four kinds of victim ``times`` times, at random moments within ``seconds``."""
    dice = random.Random(seed)
    names = ["gateway", "shard-0", "postgres", "valkey"] * times
    dice.shuffle(names)
    return list(zip(sorted(dice.uniform(1.0, seconds) for _ in names), names, strict=True))


def story(
    stack: Stack, tracks: Path, tmp_path: Path, terminals: int, fixes: int, victims: list[tuple[float, str]]
) -> None:
    """In peace, then under fire; the two must leave the same behind."""
    pieces = slices_of(tracks, tmp_path, terminals, fixes)
    total = terminals * fixes
    stack.forget_tracks()
    peace = drive(stack, pieces, terminals, tmp_path / "peace.csv", [])
    check(stack, peace, total)
    assert peace.findings, "a replay that finds nothing proves nothing"
    stack.forget_tracks()
    war = drive(stack, pieces, terminals, tmp_path / "war.csv", victims)
    check(stack, war, total)
    print(f"peace {peace.report}\nwar {war.report}\nfindings {len(peace.findings)}")
    assert war.findings == peace.findings


def test_kills_lose_nothing_and_change_no_finding(stack: Stack, real_tracks: Path, tmp_path: Path) -> None:
    story(stack, real_tracks, tmp_path, terminals=200, fixes=150, victims=kills(6, 1, seed=1))


@pytest.mark.long
def test_two_thousand_terminals_under_fire(stack: Stack, real_tracks: Path, tmp_path: Path) -> None:
    story(stack, real_tracks, tmp_path, terminals=2000, fixes=400, victims=kills(90, 4, seed=2))
