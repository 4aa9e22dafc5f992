"""Track quality: what is kept row by row equals the definitions, in whatever order rows came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from datacenter.tracks import chunks, follow
from datacenter.tracks.cells import day_number, day_of_number
from datacenter.tracks.models import TrackQuality, TrackQualityLimit
from datacenter.tracks.quality import QualityLimits, limits_in_force
from tests.tracks.driving import GOOD, Row, store_rows, tracks, wander, worth
from tests.tracks.test_passed import CENTRE, midnight

FIGURES = ("reports", "qualified", "drift", "online_s", "distance_mm", "complete_mm")


@pytest.fixture(autouse=True)
def _ingest(tracks: None, request: pytest.FixtureRequest) -> None:
    """Workers' role; what only the owner makes comes before."""
    for name in ("narrow", "as_ingest"):
        if name == "as_ingest" or name in request.fixturenames:
            request.getfixturevalue(name)


def expected(rows: list[Row], limits: QualityLimits) -> dict[tuple[int, Any], dict[str, int]]:
    found = {}
    for vehicle, track in tracks(rows).items():
        for number in {int(day_number(np.array(row[1]))) for row in track}:
            of_day = [row for row in track if int(day_number(np.array(row[1]))) == number]
            found[vehicle, day_of_number(number)] = worth(of_day, limits)
    return found


def kept() -> dict[tuple[int, Any], dict[str, int]]:
    rows = TrackQuality.objects.values("vehicle_id", "day", *FIGURES)
    return {(row["vehicle_id"], row["day"]): {name: row[name] for name in FIGURES} for row in rows}


@pytest.mark.parametrize("seed", range(4))
def test_row_by_row_equals_from_scratch(seed: int) -> None:
    dice = np.random.default_rng(seed)
    rows = [row for v in range(1, 7) for row in wander(dice, v, midnight() - 900, 120, CENTRE)]
    order = sorted(rows, key=lambda row: row[1])
    if seed >= 2:
        order = [order[i] for i in np.argsort(np.arange(len(order)) + dice.integers(0, 200, len(order)))]
        order += order[::7]  # and some twice
    for first in range(0, len(order), 100):
        store_rows(order[first : first + 100])
        follow.follow()
    assert kept() == expected(rows, limits_in_force())
    assert len(kept()) >= 12, "two days"
    row = TrackQuality.objects.order_by("-day", "vehicle_id").first()
    assert row is not None
    assert row.first_at <= row.last_at
    assert row.last_fix_at is not None


@pytest.fixture
def narrow(tracks: None) -> None:
    """Ways are complete up to fifty metres only."""
    TrackQualityLimit.objects.update_or_create(pk="gap_m", defaults={"value": 50, "title": "距离", "unit": "m"})


def test_a_marked_day_is_computed_anew_by_the_limits_in_force(narrow: None) -> None:
    at = midnight() + 100
    rows: list[Row] = [(1, at + n * 10, CENTRE[0] + n * 900, CENTRE[1], 400, GOOD) for n in range(10)]
    store_rows(rows)
    follow.follow()
    assert limits_in_force() == QualityLimits(gap_m=50)
    TrackQuality.objects.update(complete_mm=7)
    TrackQuality.objects.update(dirty=True)
    follow.follow()
    row = TrackQuality.objects.get()
    assert not row.dirty
    assert row.complete_mm == 0 < row.distance_mm


def test_a_run_that_dies_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [(1, midnight() + n * 10, *CENTRE, 0, GOOD) for n in range(30)]
    store_rows(rows)
    dropped = chunks.drop
    monkeypatch.setattr(chunks, "drop", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        follow.follow()
    assert chunks.waiting()[0] == 30
    assert not TrackQuality.objects.exists()
    monkeypatch.setattr(chunks, "drop", dropped)
    assert follow.follow() == 30
    assert follow.follow() == 0
    assert TrackQuality.objects.get().reports == 30
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT sum(rows) FROM track_cell")
        assert cursor.fetchone()[0] == 1, "a stay of five minutes is one record"
