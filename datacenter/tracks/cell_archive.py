"""Days of the where-was-it index that are over, in Parquet (经过索引归档): sorted by cell and slot,
``cells/DAY.parquet``.

Sealed beside the tracks' own archive (``ARCHIVE_URL``): written, read back and compared, and
only then entered in ``track_cell_archive``, in the transaction that drops the day's partition. Records that come for
a sealed day go to a new partition: reading asks both, the partition first.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connection, transaction
from django.utils import timezone

from datacenter.tracks.archive.storage import Storage, storages
from datacenter.tracks.models import CellArchive
from datacenter.tracks.segments import Ints
from datacenter.tracks.store import HOT, SHANGHAI

KEPT = timedelta(days=190)  # at least 183: 网络安全法 asks for six months
_SCHEMA = pa.schema([("cell", pa.int64()), ("slot", pa.int16()), ("payload", pa.binary())])
FOLDER = "cells"
_GROUP = 5000
_LOCK = 0x6365_6C6C


class SealRefused(RuntimeError):
    """A sealed file does not say what the table says."""


def days_to_seal() -> list[date]:
    """Days in PostgreSQL that are past the hot ones and not sealed yet, the oldest first."""
    last = timezone.now().astimezone(SHANGHAI).date() - HOT
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'track_cell'::regclass ORDER BY 1"
        )
        days = [row[0] for row in cursor.fetchall()]
    sealed = set(CellArchive.objects.values_list("day", flat=True))
    return [day for day in days if day < last and day not in sealed]


def seal(day: date) -> CellArchive | None:
    """Write ``day`` to its file, verify it, and drop the partition; None where another is at it.

    The lock on the table holds the follower off while the file is written: what it would add, it adds afterwards, to a
    new partition. Raises ``SealRefused`` before anything is dropped.
    """
    path = f"{FOLDER}/{day:%Y-%m-%d}.parquet"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("LOCK TABLE track_cell IN SHARE MODE")
        first, *copies = storages()
        rows, checksum = _write(cursor, day, first, path)
        data = first.read(path)
        for storage in copies:
            storage.write(path, data)
        for storage in (first, *copies):
            if _digest(storage, path) != (rows, checksum):
                raise SealRefused(f"{storage}: {path}: what was written is not what is in the table")
        entry = CellArchive.objects.create(day=day, path=path, rows=rows, size_bytes=len(data), checksum=checksum)
        cursor.execute("SELECT track_drop_cell_partition(%s)", [day])
    return entry


def _write(cursor: Any, day: date, storage: Storage, path: str) -> tuple[int, str]:
    """Rows by cell and slot into ``path``; how many, and a digest of them."""
    cursor.execute(
        "DECLARE sealing NO SCROLL CURSOR FOR SELECT cell, slot, payload FROM track_cell WHERE day = %s"
        " ORDER BY cell, slot, payload",
        [day],
    )
    rows, digest = 0, hashlib.sha256()
    with storage.writing(path) as sink, pq.ParquetWriter(sink, _SCHEMA, compression="zstd") as writer:
        while True:
            cursor.execute(f"FETCH {_GROUP} FROM sealing")
            found = cursor.fetchall()
            if not found:
                break
            columns = list(zip(*found, strict=True))
            payloads = [bytes(payload) for payload in columns[2]]
            table = pa.table([list(columns[0]), list(columns[1]), payloads], schema=_SCHEMA)
            writer.write_table(table, row_group_size=_GROUP)
            _feed(digest, table)
            rows += len(found)
    cursor.execute("CLOSE sealing")
    return rows, digest.hexdigest()


def _digest(storage: Storage, path: str) -> tuple[int, str]:
    rows, digest = 0, hashlib.sha256()
    with _opened(storage, path) as source:
        file = pq.ParquetFile(source)
        for number in range(file.num_row_groups):
            table = file.read_row_group(number)
            _feed(digest, table)
            rows += len(table)
    return rows, digest.hexdigest()


def _feed(digest: Any, table: pa.Table) -> None:
    digest.update(table["cell"].to_numpy().tobytes())
    digest.update(table["slot"].to_numpy().tobytes())
    digest.update(b"".join(table["payload"].to_pylist()))


def read(cells: Ints, wanted: dict[date, tuple[int, int]]) -> list[bytes]:
    """The payloads of ``cells`` in the slots of each sealed day."""
    parts: list[bytes] = []
    for entry in CellArchive.objects.filter(day__in=list(wanted)):
        first, last = wanted[entry.day]
        parts += _read(entry.path, cells, first, last)
    return parts


def _opened(storage: Storage, path: str) -> pa.NativeFile:
    return storage.filesystem.open_input_file(storage.whole(path))


def _read(path: str, cells: Ints, first: int, last: int) -> list[bytes]:
    with _opened(storages()[0], path) as source:
        file = pq.ParquetFile(source)
        groups = []
        for number in range(file.num_row_groups):
            bounds = file.metadata.row_group(number).column(0).statistics
            low, high = np.searchsorted(np.sort(cells), [bounds.min, bounds.max + 1])
            if high > low:
                groups.append(number)
        if not groups:
            return []
        keys = file.read_row_groups(groups)
        slot = keys["slot"]
        mask = pc.and_(
            pc.is_in(keys["cell"], pa.array(cells)), pc.and_(pc.greater_equal(slot, first), pc.less_equal(slot, last))
        )
        return list(keys.filter(mask)["payload"].to_pylist())


def forget(before: date) -> int:
    """Delete sealed days before ``before``, each file before its row."""
    count = 0
    for entry in CellArchive.objects.filter(day__lt=before):
        for storage in storages():
            storage.delete(entry.path)
        entry.delete()
        count += 1
    return count
