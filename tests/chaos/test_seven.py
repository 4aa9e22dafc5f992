"""The demo fleet commits six of the seven by itself, and each lies at the screening desk with what proves it.

The seventh, a ride without its meter, is found by its own detector; what the fleet does for it is tested in
``tests/simulator/test_offences.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datacenter.simulator.behaviour import misbehaviour
from datacenter.simulator.fleet import part_of_fleet
from tests.stack import Stack

pytestmark = pytest.mark.chaos

VEHICLES, SPEEDUP, SECONDS = 300, 15, 40
WITH_PICTURES = {"driver.phone", "driver.smoking", "driver.seat_belt", "crossing.not_yielding", "camera.covered"}
SIX = WITH_PICTURES | {"device.fault"}
FOUND = """
    SELECT DISTINCT ON (f.detector) f.detector, f.evidence, f.measures, f.county_id, f.case_id, i.awaits_case
      FROM finding f JOIN review_item i ON i.finding_id = f.id
     WHERE f.state <> 'superseded' AND f.detector = ANY(%s) ORDER BY f.detector, f.id
"""


@pytest.fixture
def whole(stack: Stack) -> Iterator[Stack]:
    """With those who take attachments, judge photos and complete evidence."""
    stack.forget_tracks()
    for name in ("worker", "attachments", "beat"):
        stack.restart(name)
    yield stack
    for name in ("worker", "attachments", "beat"):
        stack.kill(name)


def found(stack: Stack) -> dict[str, tuple[Any, ...]]:
    return {code: rest for code, *rest in stack.query(FOUND, sorted(SIX))}  # type: ignore[misc]


def files(stack: Stack, evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and path of what told it: the pictures of its alarms, or the photo itself."""
    told: dict[str, list[int]] = {"alarm": [], "media": []}
    for reference in evidence["told"]:
        kind, _, key = reference.partition(":")
        if kind in told:
            told[kind].append(int(key))
    return stack.query(
        "SELECT kind, path FROM media_file WHERE alarm_id = ANY(%s) OR id = ANY(%s)", told["alarm"], told["media"]
    )


def proven(stack: Stack) -> bool:
    rows = found(stack)
    complete = all("whole" in rows[code][0] for code in WITH_PICTURES & set(rows))
    return (
        set(rows) == SIX
        and complete
        and all(any(kind == "image" for kind, _ in files(stack, rows[code][0])) for code in WITH_PICTURES)
    )


def test_six_of_the_seven_lie_at_the_desk_with_their_evidence(whole: Stack) -> None:
    assert any(misbehaviour(one).fault_bit for one in part_of_fleet(VEHICLES)), "a fleet without a faulty device"
    fleet = ("--vehicles", str(VEHICLES), "--events", "--taxis-905")
    run = whole.simulate(*fleet, "--speedup", str(SPEEDUP), "--duration", str(SECONDS), "--drain", "20")
    report = json.loads(run.communicate(timeout=240)[0])
    assert report["acknowledged"] > VEHICLES * SECONDS * SPEEDUP / 10 * 0.5
    whole.wait(lambda: proven(whole), 60, lambda: f"the six: {found(whole)}")

    rows = found(whole)
    for code, (evidence, _, county, case, awaits) in rows.items():
        assert len(evidence["track"]) >= 2, code
        assert county.startswith("2111"), code
        assert awaits is (code == "camera.covered"), code
        assert (case is None) is awaits, code
    for code in WITH_PICTURES:
        for _, path in files(whole, rows[code][0]):
            assert (Path(whole.directory) / "media" / path).stat().st_size > 1000, code
    assert rows["camera.covered"][1]["channels"] == 0b10
    assert rows["camera.covered"][1]["score_percent"] >= 50
    passage = rows["crossing.not_yielding"][1]
    name = whole.query("SELECT name FROM crossing WHERE id = %s", passage["crossing_id"])[0][0]
    assert name.endswith("（演示）")
    assert 0 <= passage["through_dkmh"] < 1500
