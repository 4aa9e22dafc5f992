"""Sealing a day (归档封存): its partition becomes Parquet files, each read back before anything is dropped.

One statement reads the partition in one snapshot; every finished file has its row in the manifest, so that a killed
sealer goes on behind its last vehicle. Late rows of a sealed day are merged into the files of their vehicles, as a new
generation. The day's ``writes`` says whether the snapshot still holds at the flip.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from datacenter import metrics
from datacenter.errors import DomainError
from datacenter.tracks import copying
from datacenter.tracks.archive import days, files
from datacenter.tracks.archive.errors import ArchiveUnavailable, DayBusy, DayNotSealable
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.archive.reading import group_rows
from datacenter.tracks.archive.storage import storages
from datacenter.tracks.copying import Rows

log = logging.getLogger(__name__)

SEALED = metrics.counter("archive_rows_sealed_total", "Positions sealed into the archive")
FAULTS = metrics.counter("archive_seal_faults_total", "Days that could not be sealed and are tried again", ["reason"])

_ROUNDS = 5  # how often a day is read again because late rows came meanwhile
_TOP = 2**31  # above every vehicle's id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sealing a day has come to."""

    day: date
    rows: int
    files: int
    bytes: int
    seconds: float


def seal_due() -> list[Outcome]:
    """Seal every day that is due, the oldest first; a day that fails is logged and counted, and the others go on."""
    done = []
    for day in days.due():
        try:
            done.append(seal(day))
        except DayBusy as refusal:
            log.warning("%s is not sealed now: %s", day, refusal)
        except DomainError as refusal:
            log.error("%s could not be sealed: %s", day, refusal)
            FAULTS.inc(refusal.code)
    days.sweep_all()
    return done


def seal(day: date) -> Outcome:
    """Seal ``day``, or what has come of it since it was sealed. Nothing is dropped before its copy was compared.

    Raises ``DayNotSealable``, ``DayBusy``, ``ArchiveUnavailable``, ``ArchiveDamaged``: the partition is then as it was.
    """
    if day > days.youngest_sealable():
        raise DayNotSealable(
            f"{day} 未满 {settings.TRACK_HOT_DAYS} 天（TRACK_HOT_DAYS），最近可归档的日期是 {days.youngest_sealable()}"
        )
    if day not in days.partitions():
        raise DayNotSealable(f"{day} 在数据库中没有轨迹分区：无数据，或已归档")
    began = time.monotonic()
    TrackDay.objects.get_or_create(day=day)
    with days.held(day) as own:
        for _ in range(_ROUNDS):
            scan = _Scan(own, day)
            scan.run()
            if days.flip(day, scan.change):
                break
        else:
            raise DayBusy(f"{day} 不断有迟到位置写入，归档推迟", day=day)
        days.sweep(day)
    SEALED.inc(by=scan.hot_rows)
    entries = list(ArchiveFile.objects.filter(day=day).values_list("rows", "bytes"))
    outcome = Outcome(
        day, sum(r for r, _ in entries), len(entries), sum(b for _, b in entries), time.monotonic() - began
    )
    log.info("%s sealed: %s", day, outcome)
    return outcome


@dataclass(slots=True)
class _Range:
    """Vehicles from ``low`` until before ``high``, and the sealed file that has them so far."""

    low: int
    high: int
    old: ArchiveFile | None


@dataclass(slots=True)
class _Scan:
    """One reading of a day, from a snapshot until the flip."""

    own: Any  # the connection of the snapshot
    day: date
    writes: int = 0
    hot_rows: int = 0
    twins: int = 0
    replaced: list[ArchiveFile] = field(default_factory=list)

    def run(self) -> None:
        """Write and check the files; raises where they don't hold exactly what the database and the old files held."""
        with self.own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                self._read(cursor)
            finally:
                if not self.own.closed and self.own.info.transaction_status != 1:  # 1: a COPY was broken off
                    cursor.execute("ROLLBACK")

    def _read(self, cursor: Any) -> None:
        cursor.execute("SELECT writes FROM track_day WHERE day = %s", [self.day])
        self.writes = cursor.fetchone()[0]
        row = TrackDay.objects.get(day=self.day)
        if row.scanned_writes != self.writes:
            discard(self.day)
            TrackDay.objects.filter(day=self.day).update(scanned_writes=self.writes)
        cursor.execute(
            "SELECT count(*) FROM track_position WHERE device_time >= %s AND device_time < %s", days.span_of(self.day)
        )
        self.hot_rows = cursor.fetchone()[0]
        resumed = ArchiveFile.objects.filter(day=self.day, state=ArchiveFile.State.WRITTEN).exists()
        self._write(cursor, row.generation + 1)
        if not self._complete() and resumed:
            # Twins that a killed sealer threw out were counted nowhere: read all of it again.
            discard(self.day)
            self._write(cursor, row.generation + 1)
        if not self._complete():
            raise DayNotSealable(f"{self.day} 的归档行数与数据库不符，分区保持原样", day=self.day)

    def _write(self, cursor: Any, generation: int) -> None:
        self.twins, self.replaced = 0, []
        sealed = ArchiveFile.objects.filter(day=self.day, state=ArchiveFile.State.SEALED).order_by("vehicle_first")
        for part in _ranges(list(sealed)):
            written = self._written().filter(vehicle_first__gte=part.low, vehicle_first__lt=part.high)
            after = max(part.low - 1, *written.values_list("vehicle_last", flat=True), -1)
            cutter = _Cutter(self.day, generation)
            with cutter:
                if part.old is None:
                    self._stream(cursor, after, part.high, cutter.add)
                elif late := self._late(cursor, part.low - 1, part.high):
                    self.replaced.append(part.old)
                    self._merge(part.old, late, after, cutter)

    def _written(self) -> Any:
        return ArchiveFile.objects.filter(day=self.day, state=ArchiveFile.State.WRITTEN)

    def _stream(self, cursor: Any, after: int, before: int, take: Any) -> None:
        copying.stream(
            cursor,
            f"SELECT {copying.SELECT_WHOLE} FROM track_position WHERE device_time >= %s AND device_time < %s"
            " AND vehicle_id > %s AND vehicle_id < %s ORDER BY vehicle_id, device_time, body_hash",
            [*days.span_of(self.day), after, before],
            take,
        )

    def _late(self, cursor: Any, after: int, before: int) -> list[Rows]:
        """What came since the day was sealed: little, unlike a day."""
        parts: list[Rows] = []
        self._stream(cursor, after, min(before, _TOP - 1), parts.append)
        return parts

    def _merge(self, old: ArchiveFile, late: list[Rows], after: int, cutter: _Cutter) -> None:
        """The file's rows and ``late`` by vehicle, time and fingerprint, those of vehicles past ``after``."""
        waiting = _past(Rows.join(late), after)
        for piece in _whole_vehicles(old):
            piece = _past(piece, after)
            if not len(piece):
                continue
            due = int(np.searchsorted(waiting.positions.vehicle_id, piece.positions.vehicle_id[-1], "right"))
            merged, twins = merged_once(Rows.join([piece, waiting.slice(0, due)]))
            self.twins += twins
            cutter.add(merged)
            waiting = waiting.slice(due, len(waiting))
        cutter.add(waiting)

    def _complete(self) -> bool:
        new = sum(self._written().values_list("rows", flat=True))
        return new + self.twins == self.hot_rows + sum(entry.rows for entry in self.replaced)

    def change(self, row: TrackDay) -> bool:
        """The flip: the files take over and the partition goes, unless late rows came since the snapshot."""
        if row.writes != self.writes:
            return False
        ArchiveFile.objects.filter(pk__in=[entry.pk for entry in self.replaced]).delete()
        self._written().update(state=ArchiveFile.State.SEALED)
        row.state, row.sealed_at = TrackDay.State.SEALED, timezone.now()
        row.generation += 1
        row.hot_until = row.scanned_writes = None
        row.rows = sum(ArchiveFile.objects.filter(day=self.day).values_list("rows", flat=True))
        row.save()
        with connection.cursor() as cursor:
            cursor.execute("SELECT track_drop_partition(%s)", [self.day])
        return True


def discard(day: date) -> None:
    """Forget files that were written and not sealed; the manifest first, so that it never names what is gone."""
    paths = list(ArchiveFile.objects.filter(day=day, state=ArchiveFile.State.WRITTEN).values_list("path", flat=True))
    ArchiveFile.objects.filter(day=day, state=ArchiveFile.State.WRITTEN).delete()
    for storage in storages():
        for path in paths:
            storage.delete(path)


def _ranges(sealed: list[ArchiveFile]) -> list[_Range]:
    """All vehicles, cut so that each sealed file's are together; those between two files go to the earlier one."""
    if not sealed:
        return [_Range(0, _TOP - 1, None)]
    lows = [0, *(entry.vehicle_first for entry in sealed[1:])]
    return [_Range(low, high, old) for low, high, old in zip(lows, [*lows[1:], _TOP - 1], sealed, strict=True)]


def _whole_vehicles(entry: ArchiveFile) -> Any:
    """A file's rows, no vehicle's in two pieces."""
    waiting = Rows.empty()
    groups = files.groups_of(entry)
    for index in range(len(groups)):
        if len(waiting) and int(groups[index]["first"]) != int(waiting.positions.vehicle_id[-1]):
            yield waiting
            waiting = Rows.empty()
        waiting = Rows.join([waiting, group_rows(entry, index)]) if len(waiting) else group_rows(entry, index)
    yield waiting


def _past(rows: Rows, vehicle: int) -> Rows:
    return rows.slice(int(np.searchsorted(rows.positions.vehicle_id, vehicle, "right")), len(rows))


def merged_once(rows: Rows) -> tuple[Rows, int]:
    """The rows by vehicle, time and fingerprint, each identity once (the first that stood there); how many went."""
    p = rows.positions
    order = np.lexsort((p.body_hash, p.device_time, p.vehicle_id))
    vehicle, at, found = p.vehicle_id[order], p.device_time[order], p.body_hash[order]
    twin = np.zeros(len(order), np.bool_)
    twin[1:] = (vehicle[1:] == vehicle[:-1]) & (at[1:] == at[:-1]) & (found[1:] == found[:-1])
    return rows.take(order[~twin]), int(twin.sum())


class _Cutter:
    """Puts rows into files of about ``ARCHIVE_FILE_ROWS``, cut between vehicles; each is read back and entered."""

    def __init__(self, day: date, generation: int) -> None:
        self.day, self.generation = day, generation
        self._stack: ExitStack | None = None
        self._writer: files.Writer | None = None
        self._path = ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, fault: Any, trace: Any) -> None:
        if fault is None:
            self._finish()
        elif self._stack is not None:
            stack, self._stack, self._writer = self._stack, None, None
            try:
                stack.close()  # what is there is swept away later
            except ArchiveUnavailable as second:
                log.warning("%s: %s", self._path, second)

    def add(self, rows: Rows) -> None:
        """The next rows, in their order."""
        while len(rows):
            if self._writer is None:
                self._begin(int(rows.positions.vehicle_id[0]))
            assert self._writer is not None
            cut = self._cut(rows)
            self._write(rows.slice(0, cut))
            rows = rows.slice(cut, len(rows))
            if len(rows):
                self._finish()

    def _cut(self, rows: Rows) -> int:
        """How many of ``rows`` go into the file that is open."""
        assert self._writer is not None
        room = settings.ARCHIVE_FILE_ROWS - self._writer.digest.rows
        if len(rows) <= room:
            return len(rows)
        vehicles = rows.positions.vehicle_id
        before = np.concatenate(([self._writer.last if self._writer.last >= 0 else vehicles[0]], vehicles[:-1]))
        borders = np.flatnonzero(vehicles != before)
        later = borders[borders >= room]
        return int(later[0]) if len(later) else len(rows)

    def _begin(self, vehicle: int) -> None:
        self._path = files.path_of(self.day, self.generation, vehicle)
        self._stack = ExitStack()
        sink = self._stack.enter_context(storages()[0].writing(self._path))
        self._writer = files.Writer(sink)

    def _write(self, rows: Rows) -> None:
        assert self._writer is not None
        try:
            self._writer.add(rows)
        except OSError as fault:
            raise ArchiveUnavailable(reason=str(fault)[:200]) from fault

    def _finish(self) -> None:
        """Close the file, read it from the storage and compare; then the manifest knows it."""
        if self._writer is None or self._stack is None:
            return
        writer, stack, self._writer, self._stack = self._writer, self._stack, None, None
        try:
            writer.close()
        except OSError as fault:
            raise ArchiveUnavailable(reason=str(fault)[:200]) from fault
        finally:
            stack.close()
        first, *others = storages()
        entry = files.entry_of(first, self.day, self.generation, self._path)
        if (entry.digest, entry.rows) != (writer.digest.hexdigest(), writer.digest.rows):
            raise files.damaged(self.day, self._path, "读回的内容与写入的不符")
        for storage in others:
            storage.write(self._path, first.read(self._path))
            files.check(entry, storage)
        entry.save()
