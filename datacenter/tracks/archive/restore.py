"""A day back from the archive (归档恢复), and the archive's own inspection (归档核验)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from datacenter.tracks import store
from datacenter.tracks.archive import days, files
from datacenter.tracks.archive.errors import ArchiveDamaged, ArchiveUnavailable, DayNotSealed
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.archive.reading import group_rows
from datacenter.tracks.archive.storage import Storage, storages
from datacenter.tracks.position import Positions

log = logging.getLogger(__name__)


def restore(day: date, hot_days: int = 7) -> int:
    """Put a sealed day back into the database, where it stays ``hot_days``; how many rows.

    Rows and manifest change in one transaction. Raises ``DayNotSealed``, ``DayBusy``, ``ArchiveDamaged``.
    """
    with days.held(day):
        row = TrackDay.objects.filter(day=day, state=TrackDay.State.SEALED).first()
        if row is None:
            raise DayNotSealed(f"{day} 没有归档，无需恢复", day=day)
        # In a transaction of its own: to make a partition is to lock the table.
        store.make_partitions([day])
        with transaction.atomic():
            entries = list(ArchiveFile.objects.filter(day=day, state=ArchiveFile.State.SEALED))
            append = store.append_fresh if _takes_a_copy(day) else store.append_once
            for entry in entries:
                _copy_back(entry, append)

            def change(row: TrackDay) -> bool:
                ArchiveFile.objects.filter(day=day).delete()
                row.state, row.restored_at = TrackDay.State.HOT, timezone.now()
                row.hot_until = timezone.now() + timedelta(days=hot_days)
                row.scanned_writes = None
                row.rows = 0
                row.save()
                return True

            days.flip(day, change)
        days.sweep(day)
    return sum(entry.rows for entry in entries)


def _takes_a_copy(day: date) -> bool:
    """Whether rows can be copied straight in: late rows may have twins, and policies (the owner's) allow no COPY."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT row_security_active('track_position') AND NOT EXISTS"
            " (SELECT FROM track_position WHERE device_time >= %s AND device_time < %s)",
            days.span_of(day),
        )
        return bool(cursor.fetchone()[0])


def _copy_back(entry: ArchiveFile, append: Callable[[Any, Positions, list[bytes]], Any]) -> None:
    """A file's rows into the partition, by ``append``."""
    digest = files.Digest()
    with connection.cursor() as cursor:
        for index in range(len(files.groups_of(entry))):
            rows = group_rows(entry, index)
            digest.add(rows)
            append(cursor, rows.positions, rows.extras.to_pylist())
    if digest.hexdigest() != entry.digest:
        raise files.damaged(entry.day, entry.path, "内容摘要不符")


def verify(day: date | None = None) -> tuple[int, list[ArchiveDamaged | ArchiveUnavailable], list[str]]:
    """Read every file (of one day, or all) in each place and compare it with the manifest.

    How many files there are, what was wrong, and the paths that were mended from the other place.
    """
    entries = ArchiveFile.objects.filter(state=ArchiveFile.State.SEALED).order_by("day", "vehicle_first")
    entries = entries.filter(day=day) if day else entries
    faults: list[ArchiveDamaged | ArchiveUnavailable] = []
    mended: list[str] = []
    count = 0
    for entry in entries.iterator(chunk_size=50):
        count += 1
        good: list[Storage] = []
        bad: list[tuple[Storage, ArchiveDamaged | ArchiveUnavailable]] = []
        for storage in storages():
            try:
                files.check(entry, storage)
                good.append(storage)
            except (ArchiveDamaged, ArchiveUnavailable) as fault:
                log.error("archive %s: %s", storage, fault)
                bad.append((storage, fault))
        for storage, what in bad:
            if good and _mended(entry, good[0], storage):
                mended.append(f"{storage}/{entry.path}")
            else:
                faults.append(what)
    return count, faults, mended


def _mended(entry: ArchiveFile, good: Storage, bad: Storage) -> bool:
    try:
        bad.write(entry.path, good.read(entry.path))
        files.check(entry, bad)
    except (ArchiveDamaged, ArchiveUnavailable) as fault:
        log.error("archive %s could not be mended: %s", bad, fault)
        return False
    return True
