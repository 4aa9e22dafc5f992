"""Which vehicles passed here: the index says what the tracks say, whatever came late and wherever it lies by now."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.accounts.scope import acting_as
from datacenter.registry.models import Vehicle
from datacenter.tracks import cell_archive, cells, chunks, follow
from datacenter.tracks.grid import cells_around, cells_of
from datacenter.tracks.models import CellArchive
from datacenter.tracks.passed import passed, passed_visible_to
from datacenter.tracks.segments import of_track
from tests import factories
from tests.conftest import _as_role as as_role
from tests.tracks.driving import GOOD, Row, moment, passed_slowly, positions_of, store_rows, wander

CENTRE = (41_124_000, 122_070_000)  # a corner of four cells
PLACE = (41.1241, 122.0702)


@pytest.fixture(autouse=True)
def _ingest(tracks: None, request: pytest.FixtureRequest) -> None:
    """Workers' role; what only the owner makes comes before."""
    for name in ("fleet", "as_ingest"):
        if name == "as_ingest" or name in request.fixturenames:
            request.getfixturevalue(name)


def midnight(days_ago: int = 1) -> int:
    """The beginning of a day of Shanghai."""
    return (int(time.time()) + 8 * 3600) // 86_400 * 86_400 - 8 * 3600 - days_ago * 86_400


def check(rows: list[Row], radius_m: float, begin: float, end: float, place: tuple[float, float] = PLACE) -> int:
    """The answer equals the slow one; how many vehicles it has. What only grazes the circle is left to either."""
    found = passed(place, radius_m, moment(begin), moment(end))
    wide = passed_slowly(rows, place, radius_m + 1, begin, end)
    sure = passed_slowly(rows, place, radius_m, begin, end)
    got = dict(zip(found.vehicle_id.tolist(), range(len(found)), strict=True))
    assert set(sure) <= set(got) <= set(wide)
    for vehicle, (best, first, last) in sure.items():
        row = got[vehicle]
        assert best - 4 <= found.distance_m[row] <= best + 0.01, vehicle
        assert abs(found.first_s[row] - first) < 1.5, vehicle
        assert abs(found.last_s[row] - last) < 1.5, vehicle
        assert found.first_s[row] <= found.nearest_s[row] <= found.last_s[row]
        assert found.count[row] >= 1
    return len(sure)


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_tracks_in_whatever_order_they_came(seed: int) -> None:
    dice = np.random.default_rng(seed)
    rows = [row for v in range(1, 9) for row in wander(dice, v, midnight() - 900, 150, CENTRE)]
    order = sorted(rows, key=lambda row: row[1])
    if seed % 2:  # about a tenth comes late, and some twice
        late = dice.random(len(rows)) < 0.1
        order = [r for r, b in zip(order, late, strict=True) if not b] + [
            r for r, b in zip(order, late, strict=True) if b
        ]
        order += order[:40]
    step = len(order) // 9
    pieces = [order[i : i + step] for i in range(0, len(order), step)]
    for number, piece in enumerate(pieces):
        store_rows(piece)
        if number < len(pieces) - 2:  # the end of the track still waits
            assert follow.follow() > 0 or seed % 2
    assert chunks.waiting()[0] > 0
    begin, end = rows[0][1], max(row[1] for row in rows)
    hits = check(rows, 300, begin, end) + check(rows, 60, begin + 333, begin + 900.5)
    hits += check(rows, 900, midnight() - 30, midnight() + 30)
    follow.follow()
    assert chunks.waiting() == (0, 0)
    assert check(rows, 300, begin, end) + check(rows, 60, begin + 333, begin + 900.5) > 0
    assert hits > 0


def test_a_way_is_found_where_neither_end_lies_inside() -> None:
    """Eight hundred metres in a minute, over cells that hold no fix; and over midnight."""
    at = midnight() - 30
    rows = [
        (1, at, CENTRE[0] - 3600, CENTRE[1] - 4000, 500, GOOD),
        (1, at + 60, CENTRE[0] + 3600, CENTRE[1] + 4000, 500, GOOD),
    ]
    store_rows(rows)
    follow.follow()
    assert check(rows, 30, at - 100, at + 100, (CENTRE[0] / 1e6, CENTRE[1] / 1e6)) == 1
    found = passed((CENTRE[0] / 1e6, CENTRE[1] / 1e6), 30, moment(at - 100), moment(at + 100))
    assert abs(found.nearest_s[0] - midnight()) < 0.01


def test_a_way_that_a_late_fix_split_is_taken_back() -> None:
    at = midnight() + 3600
    lat, lon = CENTRE[0] - 2000, CENTRE[1] - 2000
    ends = [(1, at, lat, lon, 0, GOOD), (1, at + 60, lat, lon + 4000, 0, GOOD)]
    stay = [(2, at + 10 * n, lat, lon + 2000, 0, GOOD) for n in range(7)]
    store_rows(ends + stay)
    follow.follow()
    middle = (lat / 1e6, (lon + 2000) / 1e6)
    assert check(ends + stay, 50, at, at + 60, middle) == 2
    detour = [(1, at + 30, lat + 6000, lon + 2000, 0, GOOD), (2, at + 25, lat + 5000, lon + 2000, 0, GOOD)]
    store_rows(detour)
    for _ in range(2):  # while it waits, and once it is taken up
        assert check(ends + stay + detour, 50, at, at + 60, middle) == 1
        found = passed(middle, 50, moment(at + 21), moment(at + 29))
        assert len(found) == 0, "vehicle 2 was elsewhere between its fixes"
        follow.follow()


def test_passes_are_counted_apart_by_five_minutes() -> None:
    at, there, away = midnight() + 3600, CENTRE, (CENTRE[0] + 30_000, CENTRE[1])
    stops = [(0, there), (30, there), (200, away), (320, there), (400, away), (800, there)]
    rows = [(1, at + s, *place, 0, GOOD) for s, place in stops]
    store_rows(rows)
    follow.follow()
    found = passed((CENTRE[0] / 1e6, CENTRE[1] / 1e6), 100, moment(at), moment(at + 900))
    assert found.count.tolist() == [2]
    assert (found.first_s[0], found.last_s[0]) == (at, at + 800)


def test_a_crowded_place() -> None:
    """Thousands of vehicles that stand close together: each is there, with the distance of its own."""
    at = midnight() + 7200
    rows = [(v, at + s, CENTRE[0] + v % 50, CENTRE[1] + v // 50, 0, GOOD) for v in range(1, 3001) for s in (0, 10, 20)]
    store_rows(rows)
    follow.follow()
    found = passed((CENTRE[0] / 1e6, CENTRE[1] / 1e6), 50, moment(at - 60), moment(at + 60))
    assert len(found) == 3000
    assert np.all(np.diff(found.distance_m) >= 0)
    assert np.all((found.first_s == at) & (found.last_s == at + 20) & (found.count == 1))


def test_a_sealed_day_answers_the_same(settings: Any, tmp_path: Any) -> None:
    settings.ARCHIVE_URL = str(tmp_path)
    dice = np.random.default_rng(5)
    start = midnight(10) + 40_000
    rows = [row for v in range(1, 5) for row in wander(dice, v, start, 120, CENTRE)]
    store_rows(rows)
    follow.follow()
    begin, end = start, max(row[1] for row in rows)
    before = check(rows, 400, begin, end)
    day = cells.day_of_number(int(cells.day_number(np.array(start))))
    assert cell_archive.days_to_seal() == [day]
    entry = cell_archive.seal(day)
    assert entry is not None
    assert entry.rows > 0
    assert cell_archive.days_to_seal() == []
    assert check(rows, 400, begin, end) == before > 0
    late = [(9, start + 5, *CENTRE, 0, GOOD)]  # a row for a day that is sealed
    store_rows(late)
    follow.follow()
    assert check(rows + late, 400, begin, end) == before + 1
    assert cell_archive.forget(day + timedelta(days=1)) == 1
    assert not CellArchive.objects.exists()
    assert not list(tmp_path.glob("cells/*"))


def test_a_file_that_is_not_what_was_written_drops_nothing(settings: Any, tmp_path: Any, monkeypatch: Any) -> None:
    settings.ARCHIVE_URL = str(tmp_path)
    store_rows([(1, midnight(10) + 5, *CENTRE, 0, GOOD)])
    follow.follow()
    day = cell_archive.days_to_seal()[0]
    written = cell_archive._write

    def bent(cursor: Any, day: Any, storage: Any, path: str) -> tuple[int, str]:
        rows, checksum = written(cursor, day, storage, path)
        return rows + 1, checksum

    monkeypatch.setattr(cell_archive, "_write", bent)
    with pytest.raises(cell_archive.SealRefused):
        cell_archive.seal(day)
    assert check([(1, midnight(10) + 5, *CENTRE, 0, GOOD)], 10, midnight(10), midnight(9)) in (0, 1)
    assert not CellArchive.objects.exists()


def test_every_cell_that_a_way_touches_is_named() -> None:
    dice = np.random.default_rng(3)
    rows = sorted(
        (v, 1000 + 60 * n, CENTRE[0] + int(dice.integers(-15000, 15000)), CENTRE[1] + int(dice.integers(-15000, 15000)),
         0, GOOD)
        for v in range(1, 200) for n in range(2)
    )  # fmt: skip
    long = of_track(chunks.Rows.of(positions_of(rows)))
    index, cell = cells_of(long)
    named = set(zip(index.tolist(), cell.tolist(), strict=True))
    for part in np.linspace(0, 1, 97):
        lat = np.floor(long.from_lat + (long.to_lat - long.from_lat) * part).astype(int)
        lon = np.floor(long.from_lon + (long.to_lon - long.from_lon) * part).astype(int)
        for number, (a, b) in enumerate(zip(lat.tolist(), lon.tolist(), strict=True)):
            assert (number, int(cells_around(a, b, 0.0)[0])) in named or any(
                (number, at) in named for at in cells_around(a, b, 0.3).tolist()
            )


@pytest.fixture
def fleet(tracks: None, dawa_officer: User, city_officer: User) -> tuple[Vehicle, Vehicle]:
    own = factories.make_vehicle("辽L00001")
    other = factories.make_vehicle("辽L00002", county_id=factories.PANSHAN, kind="taxi")
    return own, other


def test_only_what_the_reader_may_see(fleet: tuple[Vehicle, Vehicle], dawa_officer: User, city_officer: User) -> None:
    own, other = fleet
    at = midnight() + 3600
    store_rows([(v, at, *CENTRE, 0, GOOD) for v in (own.pk, other.pk, 999_999)])
    follow.follow()
    asked = (PLACE, 100.0, moment(at - 60), moment(at + 60))
    with as_role("DATABASE_WEB_URL"):
        with acting_as(dawa_officer):
            assert [vehicle for vehicle, _ in passed_visible_to(dawa_officer, *asked)] == [own]
            assert len(passed(*asked)) == 0, "the index itself is shut to less than the city"
        with acting_as(city_officer):
            found = passed_visible_to(city_officer, *asked)
            assert {vehicle for vehicle, _ in found} == {own, other}
            assert [vehicle for vehicle, _ in passed_visible_to(city_officer, *asked, kind="taxi")] == [other]
    assert all(timezone.is_aware(row.nearest_at) for _, row in found)
