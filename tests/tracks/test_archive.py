"""The border of hot and cold: a position lies in exactly one of database and archive, and no reader sees which."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from datacenter.accounts.scope import Scope, entered
from datacenter.ingest.batch import STORED
from datacenter.ingest.models import RedetectionSpan
from datacenter.ingest.worker import DUPLICATES, ShardWorker
from datacenter.tracks import selectors, store
from datacenter.tracks.archive import days, restore, seal
from datacenter.tracks.archive.errors import ArchiveDamaged, DayBusy, DayNotSealable, DayNotSealed
from datacenter.tracks.archive.files import DAMAGED
from datacenter.tracks.archive.late import UNCHECKED
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.copying import Rows
from datacenter.tracks.position import Positions
from tests import factories
from tests.ingest.frames import location_batch
from tests.tracks.archive_day import (
    begin,
    files_on_disk,
    fill,
    flip_byte,
    forget_old_days,
    frames_of,
    hot_rows,
    old_day,
    put,
    rows_of,
    same,
    whole,
)

DAY = old_day()
VEHICLES = [11, 12, 20, 21]
pytestmark = pytest.mark.usefixtures("tracks")


@pytest.fixture(autouse=True)
def _place(tracks: None, settings: Any, tmp_path: Path) -> None:
    forget_old_days()
    settings.ARCHIVE_URL, settings.ARCHIVE_COPY_URL = str(tmp_path / "archive"), ""
    settings.ARCHIVE_FILE_ROWS = 150


def of(rows: Rows, vehicle: int) -> Positions:
    return rows.positions.take(rows.positions.vehicle_id == vehicle)


# --- sealing ----------------------------------------------------------------------------------------------------------
def test_a_sealed_day_reads_as_before(as_ingest: None) -> None:
    rows = fill(DAY, VEHICLES, 100)
    outcome = seal.seal(DAY)
    assert (outcome.rows, outcome.files) == (400, 2), "about 150 rows a file, and no vehicle in two"
    assert DAY not in days.partitions()
    for vehicle in VEHICLES:
        same(whole(vehicle, DAY), of(rows, vehicle))
    assert not len(whole(13, DAY))
    several = store.of_many([*VEHICLES, 13], *days.span_of(DAY))
    same(several, Positions.join([of(rows, vehicle) for vehicle in sorted(VEHICLES)]))
    assert TrackDay.objects.get(day=DAY).state == TrackDay.State.SEALED


def test_a_span_over_the_border_has_both_sides_of_it_in_order(as_ingest: None) -> None:
    days_of = [old_day(10), old_day(9), old_day(8), old_day(7), old_day(1)]
    rows = [fill(day, [11], 50) for day in days_of]
    assert [outcome.day for outcome in seal.seal_due()] == days_of[:3]
    found = store.between(11, days.span_of(days_of[0])[0], days.span_of(days_of[-1])[1])
    same(found, Rows.join(rows).positions)
    half = datetime.fromtimestamp(begin(days_of[1]) + 3600 + 255, UTC)
    found = store.between(11, half, half + timedelta(days=2))
    same(found, Positions.join([rows[1].positions.take(slice(26, None)), *(r.positions for r in rows[2:3]),
                                rows[3].positions.take(slice(0, 26))]))  # fmt: skip


def test_only_days_past_the_hot_ones_are_sealed(as_ingest: None) -> None:
    fill(old_day(7), [11], 3)
    assert seal.seal_due() == []
    with pytest.raises(DayNotSealable, match="TRACK_HOT_DAYS"):
        seal.seal(old_day(7))
    with pytest.raises(DayNotSealable, match="没有轨迹分区"):
        seal.seal(DAY)


def test_a_day_without_rows_is_sealed_without_files(as_ingest: None) -> None:
    store.make_partitions([DAY])
    assert seal.seal(DAY).files == 0
    assert DAY not in days.partitions()


def test_a_day_that_another_process_works_on_is_left_alone(as_ingest: None) -> None:
    fill(DAY, VEHICLES, 5)
    with days.held(DAY), pytest.raises(DayBusy):
        seal.seal(DAY)
    assert hot_rows(DAY) == 20
    assert seal.seal(DAY).rows == 20


def test_rows_that_come_while_a_day_is_sealed_have_it_read_again(
    as_ingest: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = fill(DAY, VEHICLES, 100)
    late = rows_of(12, frames_of(DAY, 3, at=60))
    flips: list[int] = []
    flip = days.flip

    def late_row_before(day: Any, change: Any) -> bool:
        flips.append(1)
        if len(flips) == 1:  # as the worker stores it, after the snapshot
            with transaction.atomic():
                TrackDay.objects.filter(day=DAY).update(writes=1)
                put(DAY, late)
        return flip(day, change)

    monkeypatch.setattr(days, "flip", late_row_before)
    assert seal.seal(DAY).rows == 403
    assert len(flips) == 2
    same(whole(12, DAY), Positions.join([late.positions, of(rows, 12)]))
    assert len(files_on_disk()) == ArchiveFile.objects.count()


def test_nothing_is_dropped_when_a_file_reads_back_otherwise(as_ingest: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(DAY, VEHICLES, 100)
    make = seal.files.entry_of

    def bad_disk(storage: Any, day: Any, generation: int, path: str) -> ArchiveFile:
        flip_byte(Path(storage.whole(path)), 200)
        return make(storage, day, generation, path)

    monkeypatch.setattr(seal.files, "entry_of", bad_disk)
    with pytest.raises(ArchiveDamaged):
        seal.seal(DAY)
    before = seal.FAULTS.value("archive_damaged")
    assert seal.seal_due() == []
    assert seal.FAULTS.value("archive_damaged") == before + 1
    assert hot_rows(DAY) == 400
    monkeypatch.undo()
    assert seal.seal(DAY).rows == 400
    assert len(files_on_disk()) == 2, "what the failed ones left is gone"


def test_the_database_drops_no_day_that_is_not_sealed(as_ingest: None) -> None:
    fill(DAY, [11], 5)
    TrackDay.objects.create(day=DAY)
    with pytest.raises(Exception, match="not sealed"), connection.cursor() as cursor:
        cursor.execute("SELECT track_drop_partition(%s)", [DAY])
    assert hot_rows(DAY) == 5


# --- while it happens -------------------------------------------------------------------------------------------------
@pytest.fixture
def watched(as_ingest: None) -> Iterator[list[set[int]]]:
    """What readers see of vehicle 12 while the test goes on: every count there was, and the end of it."""
    fill(DAY, VEHICLES, 100)
    seen: list[set[int]] = [set(), set()]
    faults: list[BaseException] = []
    stop = threading.Event()

    def look(counts: set[int]) -> None:
        try:
            while not stop.is_set():
                counts.add(len(whole(12, DAY)))
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    readers = [threading.Thread(target=look, args=(counts,)) for counts in seen]
    for reader in readers:
        reader.start()
    yield seen
    stop.set()
    for reader in readers:
        reader.join(10)
    assert not faults
    assert seen == [{100}, {100}], "a position was seen twice, or not at all"


def test_a_reader_sees_each_position_once_while_its_day_changes_places(watched: list[set[int]]) -> None:
    for number in range(3):
        seal.seal(DAY)
        put(DAY, rows_of(30 + number, frames_of(DAY, 2)))  # another vehicle's late rows: a file is merged and replaced
        TrackDay.objects.filter(day=DAY).update(writes=number + 1)
        seal.seal(DAY)
        assert restore.restore(DAY) == 400 + 2 * number + 2


# --- late rows --------------------------------------------------------------------------------------------------------
def test_late_rows_of_a_sealed_day_are_stored_once(counties: Any, as_ingest: None, settings: Any) -> None:
    settings.INGEST_SHARDS = 1
    frames = frames_of(DAY, 100)
    worker = ShardWorker(0)
    worker.store(location_batch(12, frames[:60]))
    fill_other = rows_of(20, frames_of(DAY, 100))
    put(DAY, fill_other)
    worker.store(location_batch(12, frames[70:]))
    assert seal.seal(DAY).rows == 190
    twins = DUPLICATES.value()
    results, _ = worker.store(location_batch(12, frames))  # ninety twins, ten new ones, no partition
    assert set(results) == {STORED}
    assert DUPLICATES.value() == twins + 90
    assert hot_rows(DAY) == 10
    assert len(whole(12, DAY)) == 100
    assert RedetectionSpan.objects.filter(vehicle_id=12).exists()
    while worker.redetect(10):
        pass
    old = {entry.path for entry in ArchiveFile.objects.all()}
    assert seal.seal(DAY).rows == 200
    assert hot_rows(DAY) == 0
    rebuilt = {entry.path for entry in ArchiveFile.objects.all()}
    assert len(files_on_disk()) == len(rebuilt), "the files that were merged are gone"
    assert rebuilt != old
    found = whole(12, DAY)
    assert (np.diff(found.device_time) == 10).all()
    assert len(found) == 100
    same(whole(20, DAY), fill_other.positions)
    results, _ = worker.store(location_batch(12, frames))
    assert set(results) == {STORED}
    assert len(whole(12, DAY)) == 100


def test_only_files_of_vehicles_with_late_rows_are_written_again(as_ingest: None) -> None:
    rows = fill(DAY, VEHICLES, 200)  # a file each
    seal.seal(DAY)
    first = {entry.vehicle_first: entry.path for entry in ArchiveFile.objects.all()}
    late = rows_of(15, frames_of(DAY, 4))  # a vehicle that no file has: it goes to the one before
    put(DAY, late)
    seal.seal(DAY)
    second = {entry.vehicle_first: entry.path for entry in ArchiveFile.objects.all()}
    assert {vehicle for vehicle in second if second[vehicle] == first.get(vehicle)} == {11, 20, 21}
    same(whole(15, DAY), late.positions)
    for vehicle in VEHICLES:
        same(whole(vehicle, DAY), of(rows, vehicle))


def test_a_file_that_cannot_be_read_costs_no_late_row(counties: Any, as_ingest: None, settings: Any) -> None:
    settings.INGEST_SHARDS = 1
    frames = frames_of(DAY, 100)
    put(DAY, rows_of(12, frames))
    seal.seal(DAY)
    (path,) = files_on_disk()
    good = path.read_bytes()
    flip_byte(path, 300)
    before = UNCHECKED.value()
    results, _ = ShardWorker(0).store(location_batch(12, frames[:5]))
    assert set(results) == {STORED}
    assert UNCHECKED.value() == before + 5
    with pytest.raises(ArchiveDamaged):
        whole(12, DAY)
    path.write_bytes(good)
    assert len(whole(12, DAY)) == 100, "a reader drops the twins"
    assert seal.seal(DAY).rows == 100, "and so does the next sealing"
    assert hot_rows(DAY) == 0


def test_rows_of_ordinary_days_do_not_touch_the_manifest(counties: Any, as_ingest: None, settings: Any) -> None:
    settings.INGEST_SHARDS = 1
    ShardWorker(0).store(location_batch(12, frames_of(old_day(6), 5)))
    assert not TrackDay.objects.exists()
    ShardWorker(0).store(location_batch(12, frames_of(old_day(7), 5)))
    assert TrackDay.objects.get().writes == 1


# --- restoring --------------------------------------------------------------------------------------------------------
def test_a_restored_day_is_what_it_was_and_stays_for_a_while(as_ingest: None) -> None:
    rows = fill(DAY, VEHICLES, 100)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM track_position ORDER BY vehicle_id, device_time")
        before = [tuple(map(_plain, row)) for row in cursor.fetchall()]
    seal.seal(DAY)
    late = rows_of(12, frames_of(DAY, 3, at=60))
    put(DAY, late)
    assert restore.restore(DAY, 3) == 400
    assert hot_rows(DAY) == 403
    assert not files_on_disk()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM track_position WHERE device_time >= to_timestamp(%s)"
                       " ORDER BY vehicle_id, device_time", [begin(DAY) + 3600])  # fmt: skip
        assert [tuple(map(_plain, row)) for row in cursor.fetchall()] == before, "extras and all"
    same(whole(20, DAY), of(rows, 20))
    assert days.due() == []
    TrackDay.objects.update(hot_until=datetime.now(UTC))
    assert days.due() == [DAY]
    assert seal.seal(DAY).rows == 403
    with pytest.raises(DayNotSealed):
        restore.restore(old_day(30))


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


# --- who sees what ----------------------------------------------------------------------------------------------------
def test_the_webs_role_is_walled_off_the_archive_too(counties: Any, request: pytest.FixtureRequest) -> None:
    own, other = factories.make_vehicle("辽L10001"), factories.make_vehicle("辽L10002", county_id=factories.PANSHAN)
    fill(DAY, [own.pk, other.pk], 20)
    seal.seal(DAY)
    request.getfixturevalue("as_web")
    span = selectors.Span(*days.span_of(DAY + timedelta(days=1)))
    for scope, seen in (
        (Scope("county", factories.DAWA), (20, 0)),
        (Scope("county", factories.PANSHAN), (0, 20)),
        (Scope("vehicle", str(own.pk)), (20, 0)),
        (Scope("city"), (20, 20)),
        (Scope("none"), (0, 0)),
    ):
        with entered(scope):
            assert (len(whole(own.pk, DAY)), len(whole(other.pk, DAY))) == seen, scope
            assert selectors.neighbouring_days(other, span)[0] == (DAY if seen[1] else None)
    assert not len(whole(own.pk, DAY)), "no scope, no rows"


def test_neighbouring_days_are_found_on_both_sides_of_the_border(as_ingest: None) -> None:
    vehicle = type("Truck", (), {"pk": 11})()
    for ago in (40, 20, 12, 3):
        fill(old_day(ago), [11], 3)
    fill(old_day(15), [10, 12], 3)  # a file around, without this vehicle
    seal.seal_due()

    def around(ago: int) -> Any:
        return selectors.neighbouring_days(vehicle, selectors.Span(*days.span_of(old_day(ago))))  # type: ignore[arg-type]

    assert around(50) == (None, old_day(40))
    assert around(20) == (old_day(40), old_day(12))
    assert around(15) == (old_day(20), old_day(12))
    assert around(12) == (old_day(20), old_day(3))
    assert around(1) == (old_day(3), None)


def test_a_damaged_day_is_an_error_with_words(counties: Any, client: Any, city_officer: Any) -> None:
    truck = factories.make_vehicle("辽L10001")
    fill(DAY, [truck.pk], 100)
    seal.seal(DAY)
    (path,) = files_on_disk()
    flip_byte(path, 300)
    client.force_login(city_officer)
    before = DAMAGED.value()
    start, end = (moment.isoformat() for moment in days.span_of(DAY))
    answer = client.get(f"/api/v1/vehicles/{truck.pk}/track/", {"start": start, "end": end})
    assert answer.status_code == 500
    assert answer.json()["code"] == "archive_damaged"
    assert str(DAY) in answer.json()["message"]
    assert path.name in answer.json()["message"]
    assert DAMAGED.value() == before + 1
    page = client.get(f"/vehicles/{truck.pk}/track.csv", {"start": start, "end": end})
    assert page.status_code == 500
    assert "已损坏" in page.content.decode()


# --- the command ------------------------------------------------------------------------------------------------------
def test_the_command_seals_lists_verifies_and_restores(as_ingest: None, capsys: pytest.CaptureFixture[str]) -> None:
    fill(DAY, VEHICLES, 100)
    call_command("archive", "seal")
    assert f"{DAY}: 400 rows in 2 files" in capsys.readouterr().out
    call_command("archive", "verify")
    assert "2 files are as they were written" in capsys.readouterr().out
    call_command("archive", "list")
    assert f"{DAY}  sealed" in capsys.readouterr().out
    bad = files_on_disk()[1]
    flip_byte(bad, 500)
    with pytest.raises(CommandError, match="1 of 2 files"):
        call_command("archive", "verify", str(DAY))
    assert bad.name in capsys.readouterr().err
    with pytest.raises(CommandError, match="已损坏"):
        call_command("archive", "restore", str(DAY))
    assert hot_rows(DAY) == 0, "nothing of a day that can't come back whole"
    flip_byte(bad, 500)
    call_command("archive", "restore", str(DAY))
    assert "400 rows" in capsys.readouterr().out
    with pytest.raises(CommandError, match="'2026-13-01'"):
        call_command("archive", "seal", "2026-13-01")
