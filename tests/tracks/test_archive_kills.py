"""Killed, out of room, or in another's way: sealing and restoring lose nothing and go on where they were."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from datacenter.tracks.archive import days, restore, seal
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.copying import Rows
from tests.tracks.archive_day import files_on_disk, fill, forget_old_days, hot_rows, old_day, same, wait_until, whole

DAY = old_day()
VEHICLES = list(range(1, 31))
EACH = 200
ALL = len(VEHICLES) * EACH
pytestmark = pytest.mark.usefixtures("tracks")


@pytest.fixture
def rows(tracks: None, settings: Any, tmp_path: Path) -> Rows:
    """A day of thirty vehicles, each to have a file of its own."""
    forget_old_days()
    settings.ARCHIVE_URL, settings.ARCHIVE_COPY_URL = str(tmp_path / "archive"), ""
    settings.ARCHIVE_FILE_ROWS = EACH
    return fill(DAY, VEHICLES, EACH)


class Child:
    """The command in a process of its own, with the role of ingest: a fork, since starting Django takes seconds."""

    def __init__(self, *arguments: str, log: Path, file_limit: int | None = None) -> None:
        self.log = log
        self.code: int | None = None
        self.pid = os.fork()
        if not self.pid:
            self._run(arguments, file_limit)

    def _run(self, arguments: tuple[str, ...], file_limit: int | None) -> None:
        code = 70
        try:
            out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(out, 1)
            os.dup2(out, 2)
            connection.connection = None  # the parent's: the driver closes it in the process that opened it only
            parts = urlsplit(os.environ["DATABASE_INGEST_URL"])
            connection.settings_dict.update(USER=parts.username, PASSWORD=unquote(parts.password or ""))
            connection.savepoint_ids, connection.in_atomic_block = [], False
            if file_limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
            with open(1, "w", closefd=False) as told:
                code = 0
                try:
                    call_command("archive", *arguments, stdout=told, stderr=told)
                except CommandError as refusal:
                    code = 1
                    told.write(str(refusal))
        finally:
            os._exit(code)

    def kill(self) -> None:
        """``kill -9``; it must have been at work still."""
        assert os.waitpid(self.pid, os.WNOHANG) == (0, 0), self.log.read_text()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.code = -9

    def output(self) -> str:
        """What it said, once it has ended."""
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.log.read_text()


@pytest.fixture
def child(rows: Rows, tmp_path: Path) -> Iterator[Any]:
    started: list[Child] = []

    def start(*arguments: str, **how: Any) -> Child:
        started.append(Child(*arguments, log=tmp_path / f"{len(started)}.log", **how))
        return started[-1]

    yield start
    for one in started:
        if one.code is None:
            one.kill()


def everything_reads(rows: Rows) -> None:
    for vehicle in (1, 2, 15, 30):
        same(whole(vehicle, DAY), rows.positions.take(rows.positions.vehicle_id == vehicle))


def files_are_those_of_the_manifest() -> None:
    named = {path for (path,) in ArchiveFile.objects.values_list("path")}
    assert {str(path).split("/archive/")[1] for path in files_on_disk()} == named


def test_a_sealer_killed_between_files_goes_on_behind_its_last_vehicle(child: Any, rows: Rows) -> None:
    first = child("seal", str(DAY))
    wait_until(lambda: ArchiveFile.objects.count() >= 3, 20, "three files")
    first.kill()
    kept = dict(ArchiveFile.objects.values_list("path", "written_at"))
    assert 3 <= len(kept) < len(VEHICLES)
    assert hot_rows(DAY) == ALL
    everything_reads(rows)
    outcome = seal.seal(DAY)
    assert (outcome.rows, outcome.files) == (ALL, len(VEHICLES))
    again = dict(ArchiveFile.objects.values_list("path", "written_at"))
    assert {path: again[path] for path in kept} == kept, "what was finished was not written again"
    everything_reads(rows)
    files_are_those_of_the_manifest()


def test_a_sealer_killed_before_a_file_is_verified_leaves_no_trace_of_it(child: Any, rows: Rows) -> None:
    first = child("seal", str(DAY))
    # A file lies there and the manifest does not know it yet: it is being written, or read back.
    wait_until(lambda: len(files_on_disk()) > ArchiveFile.objects.count(), 20, "a file")
    first.kill()
    assert DAY in days.partitions()
    everything_reads(rows)
    seal.seal(DAY)
    everything_reads(rows)
    files_are_those_of_the_manifest()
    assert hot_rows(DAY) == 0


def test_a_sealer_killed_in_the_flip_has_changed_nothing(child: Any, rows: Rows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE track_position IN ACCESS SHARE MODE")  # a long reading is under way
        first = child("seal", str(DAY))
        wait_until(lambda: _waiting_for_the_table(cursor), 20, "the flip")
        first.kill()
        assert set(ArchiveFile.objects.values_list("state", flat=True)) == {ArchiveFile.State.WRITTEN}
    assert TrackDay.objects.get(day=DAY).state == TrackDay.State.HOT
    assert hot_rows(DAY) == ALL
    everything_reads(rows)
    assert seal.seal(DAY).rows == ALL
    everything_reads(rows)


def test_a_sealer_waits_for_readers_without_stopping_others(child: Any, rows: Rows) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE track_position IN ACCESS SHARE MODE")
        first = child("seal", str(DAY))
        wait_until(lambda: _waiting_for_the_table(cursor), 20, "the flip")
        everything_reads(rows)
    assert f"{ALL} rows" in first.output()
    everything_reads(rows)


def _waiting_for_the_table(cursor: Any) -> bool:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'track_position'::regclass AND NOT granted")
    return bool(cursor.fetchone()[0])


def test_files_of_a_sealer_killed_after_the_flip_are_swept_away(rows: Rows) -> None:
    seal.seal(DAY)
    path = files_on_disk()[0]
    left = path.with_name("0000-0000000001.parquet")
    left.write_bytes(path.read_bytes())
    elsewhere = path.parent.with_name(f"day={old_day(50)}") / "0001-0000000001.parquet"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(b"half a fi")
    with days.held(DAY):
        assert days.sweep_all() == 1, "a day that somebody works on is left alone"
    assert left.exists()
    assert not elsewhere.exists()
    seal.seal_due()
    assert not left.exists()
    everything_reads(rows)


def test_a_restorer_killed_in_the_middle_has_changed_nothing(child: Any, rows: Rows) -> None:
    seal.seal(DAY)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM track_day WHERE day = %s FOR UPDATE", [DAY])  # late rows are under way
        first = child("restore", str(DAY))
        wait_until(lambda: _restored(cursor), 20, "rows on their way back")
        everything_reads(rows)
        first.kill()
    assert TrackDay.objects.get(day=DAY).state == TrackDay.State.SEALED
    everything_reads(rows)
    assert restore.restore(DAY) == ALL
    everything_reads(rows)
    assert hot_rows(DAY) == ALL
    files_are_those_of_the_manifest()


def _restored(cursor: Any) -> bool:
    """Whether another transaction waits for the row that this one holds: the last step, its rows lie there already."""
    cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
    return bool(cursor.fetchone()[0])


def test_a_full_disk_leaves_the_partition_whole(child: Any, rows: Rows) -> None:
    # The disk ends in the middle of a file, as it does for a process when there is no more room.
    first = child("seal", str(DAY), file_limit=2_000)
    assert "轨迹归档存储暂不可用" in first.output()
    assert first.code == 1
    assert not ArchiveFile.objects.exists()
    assert hot_rows(DAY) == ALL
    everything_reads(rows)
    assert seal.seal(DAY).rows == ALL
    everything_reads(rows)
    files_are_those_of_the_manifest()


def test_a_fault_of_the_storage_is_counted_and_tried_again(rows: Rows, settings: Any, tmp_path: Path) -> None:
    place = settings.ARCHIVE_URL
    (tmp_path / "a file").write_text("no directory")
    settings.ARCHIVE_URL = str(tmp_path / "a file")
    before = seal.FAULTS.value("archive_unavailable")
    with pytest.raises(seal.ArchiveUnavailable):
        seal.seal(DAY)
    assert hot_rows(DAY) == ALL
    settings.ARCHIVE_URL = place
    assert seal.seal_due()[0].rows == ALL
    assert seal.FAULTS.value("archive_unavailable") == before
