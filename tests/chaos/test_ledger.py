"""The check of the chaos runs: it finds what is lost, doubled or changed, and reads what terminals really log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datacenter.protocols.jt808.bodyhash import body_hash
from datacenter.simulator.fleet import as_808, part_of_fleet
from datacenter.simulator.frames import PositionFrames, bodies
from datacenter.simulator.tally import AcknowledgedLog
from tests.chaos import ledger

FIX = (
    "longitude_e6", "latitude_e6", "speed_dkmh", "bearing_deg", "alarms", "status", "altitude_m", "mileage_hm",
)  # fmt: skip


def identities(*rows: tuple[int, int, int]) -> np.ndarray:
    return np.array(list(rows), ledger.IDENTITY)


TOLD = identities((1, 100, 7), (1, 101, -8), (2, 100, 7))


def test_equal_ledgers_balance_in_any_order() -> None:
    balance = ledger.compare(TOLD[::-1], TOLD[[1, 0, 2]])
    assert (balance.acknowledged, balance.stored, len(balance.lost), len(balance.doubled)) == (3, 3, 0, 0)
    assert (balance.unknown, balance.seconds_shared) == (0, 0)


@pytest.mark.parametrize("missing", range(3))
def test_a_lost_position_is_named(missing: int) -> None:
    balance = ledger.compare(TOLD, np.delete(TOLD, missing))
    assert balance.lost.tolist() == [TOLD[missing].tolist()]
    assert not len(balance.doubled)


def test_another_body_at_the_same_moment_is_a_loss_and_a_stranger() -> None:
    balance = ledger.compare(TOLD, identities((1, 100, 7), (1, 101, 9), (2, 100, 7)))
    assert balance.lost.tolist() == [(1, 101, -8)]
    assert balance.unknown == 1


def test_a_doubled_position_is_named() -> None:
    balance = ledger.compare(TOLD, np.concatenate([TOLD, TOLD[:1]]))
    assert balance.doubled.tolist() == [(1, 100, 7)]
    assert not len(balance.lost)


def test_two_of_one_second_are_counted() -> None:
    assert ledger.compare(TOLD, np.concatenate([TOLD, identities((2, 100, 8))])).seconds_shared == 1


def test_what_terminals_log_is_read_back_with_its_fingerprints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_PIECE_BYTES", 2000)  # many pieces
    vehicles = [as_808(vehicle) for vehicle in part_of_fleet(8, ("taxi", "bus"))]
    log, expected = AcknowledgedLog(tmp_path / "log.csv"), []
    for edition in ("2013", "2019"):
        own = [vehicle for vehicle in vehicles if vehicle.edition == edition]
        if not own:
            continue
        rows = np.repeat(np.arange(len(own)), 10)
        times = 1_790_000_000 + np.arange(len(rows))
        columns = {name: np.ones(len(rows), np.int64) for name in FIX}
        packed = PositionFrames(edition, own).pack(rows, np.arange(len(rows)), columns | {"time_s": times})
        for row, at, sealed in zip(rows.tolist(), times.tolist(), packed, strict=True):
            log.add(own[row].phone, edition, 1, sealed)
            (body,) = bodies(sealed, edition)
            expected.append((own[row].index, at, body_hash(body)))
    log.close()
    found = ledger.acknowledged(tmp_path / "log.csv", {v.phone.lstrip("0"): v.index for v in vehicles})
    assert sorted(found.tolist()) == sorted(expected)
    assert len(expected) == 80


def test_an_empty_log_acknowledges_nothing(tmp_path: Path) -> None:
    assert len(ledger.acknowledged(tmp_path / "none.csv", {})) == 0
