"""The number of shards is changed under load: each acknowledged position is stored once, the findings are the same."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.test_kills import Outcome, check, drive, kills, slices_of
from tests.stack import MANAGE, ROOT, Stack

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Two gateways on one port, two shards, servers of their own, the demo city's registry."""
    house = Stack(tmp_path_factory.mktemp("resharding"), gateways=2)
    try:
        yield house.start("gateway", "gateway-1", "shard-0", "shard-1")
    finally:
        house.stop()


class Operator:
    """Somebody at ``manage.py``, already sitting there: a change takes as long as the change itself."""

    CODE = "import sys; from datacenter.ingest import layout; print(0, flush=True); "
    CODE += "[print(layout.change(int(line)).version, flush=True) for line in sys.stdin]"

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._desk = subprocess.Popen(
            [*MANAGE, "shell", "-v", "0", "-c", self.CODE],
            cwd=ROOT,
            env=stack.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def reshard(self, shards: int) -> None:
        """What ``manage.py reshard`` does once the workers are there."""
        assert self._desk.stdin
        print(shards, file=self._desk.stdin, flush=True)
        self._answer()
        self._stack.resharded(shards)

    def _answer(self) -> None:
        assert self._desk.stdout
        assert self._desk.stdout.readline().strip().isdigit()

    def __enter__(self) -> Operator:
        return self

    def __exit__(self, *_: object) -> None:
        self._desk.communicate()


def moved(
    stack: Stack, pieces: Path, log: Path, terminals: int, victims: list[tuple[float, str]], window: int
) -> Outcome:
    """A replay during which the shards become three and two again; all of it is stored once."""
    before = stack.query("SELECT max(layout) FROM ingest_shard")[0][0] or 1
    stack.prepare(3)
    with Operator(stack) as operator:
        acts = [(0.2, partial(operator.reshard, 3)), (0.6, partial(operator.reshard, 2))]
        outcome = drive(stack, pieces, terminals, log, victims, acts, window=window)
    now = before + 2
    assert stack.query("SELECT layout, shards FROM ingest_shard ORDER BY shard") == [(now, 2), (now, 2), (now, 0)]
    return outcome


def test_from_two_shards_to_three_and_back(stack: Stack, real_tracks: Path, tmp_path: Path) -> None:
    """That the findings are the same is held by tests/ingest/test_layout.py here, and by the long run below."""
    pieces = slices_of(real_tracks, tmp_path, 150, 60)
    outcome = moved(stack, pieces, tmp_path / "moved.csv", 150, [], window=2)
    check(stack, outcome, 150 * 60)
    assert outcome.findings, "a replay that finds nothing shows little"


@pytest.mark.long
def test_two_thousand_terminals_while_others_die(stack: Stack, real_tracks: Path, tmp_path: Path) -> None:
    terminals, fixes = 2000, 300
    pieces = slices_of(real_tracks, tmp_path, terminals, fixes)
    stack.forget_tracks()
    peace = drive(stack, pieces, terminals, tmp_path / "peace.csv", [])
    check(stack, peace, terminals * fixes)
    stack.forget_tracks()
    outcome = moved(stack, pieces, tmp_path / "moved.csv", terminals, kills(40, 1, seed=3), window=16)
    check(stack, outcome, terminals * fixes)
    print(f"peace {peace.report}\nmoved {outcome.report}\nfindings {len(peace.findings)}")
    assert outcome.findings == peace.findings
