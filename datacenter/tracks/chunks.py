"""Positions on their way from ingest to the follower (待归并定位): one row a batch, in the batch's own transaction.

Everything that was newly stored, in order or late, goes through here once; ``tracks.follow`` takes it up and deletes
it. A payload is six packed little-endian columns, 20 bytes a position.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from datacenter.tracks.payloads import payloads
from datacenter.tracks.position import Array, Positions

_COLUMNS = (("vehicle_id", "<u4"), ("device_time", "<u4"), ("latitude_e6", "<i4"), ("longitude_e6", "<i4"),
            ("speed_dkmh", "<u2"), ("flags", "<u2"))  # fmt: skip
_WIDTH = sum(np.dtype(kind).itemsize for _, kind in _COLUMNS)


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of shape (n,): what index and quality need of positions. Times are unix seconds."""

    vehicle_id: npt.NDArray[np.int64]
    device_time: npt.NDArray[np.int64]
    latitude_e6: npt.NDArray[np.int64]
    longitude_e6: npt.NDArray[np.int64]
    speed_dkmh: npt.NDArray[np.int64]
    flags: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.vehicle_id)

    def take(self, rows: Array | slice) -> Rows:
        """The rows that ``rows`` (indexes, mask or slice) picks."""
        return Rows(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def join(parts: list[Rows]) -> Rows:
        """All rows of ``parts``, in their order."""
        if not parts:
            return Rows(*(np.empty(0, np.int64) for _ in _COLUMNS))
        return Rows(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows)))

    @staticmethod
    def of(positions: Positions) -> Rows:
        """The columns of ``positions`` that are needed here."""
        return Rows(*(getattr(positions, name).astype(np.int64) for name, _ in _COLUMNS))

    def sorted(self) -> Rows:
        """By vehicle, time, latitude, longitude: the order of a track. Two reports of one second have no other."""
        key = self.vehicle_id << 32 | self.device_time
        order = np.argsort(key, kind="stable")
        key = key[order]
        same = np.flatnonzero(key[1:] == key[:-1])
        if len(same):  # rare: one sort of a key, and a full one of the rows that share it
            at = np.unique(np.concatenate([same, same + 1]))
            rows = order[at]
            order[at] = rows[np.lexsort((self.longitude_e6[rows], self.latitude_e6[rows], key[at]))]
        return self.take(order)


def keep(cursor: Any, shard: int, positions: Positions) -> None:
    """Put newly stored positions by for the follower; in the transaction that stores them."""
    if not len(positions):
        return
    times = positions.device_time
    payload = b"".join(_packed(getattr(positions, name), kind) for name, kind in _COLUMNS)
    cursor.execute(
        "INSERT INTO track_chunk (shard, rows, min_time, max_time, payload) VALUES (%s, %s, %s, %s, %s)",
        [shard, len(positions), int(times.min()), int(times.max()), payload],
    )


def _packed(column: Array, kind: str) -> bytes:
    if kind == "<u2":
        column = np.clip(column, 0, 0xFFFF)
    return column.astype(kind).tobytes()


def unpack(payload: bytes | memoryview) -> Rows:
    """The rows of one chunk, as they were kept."""
    count = len(payload) // _WIDTH
    columns, at = [], 0
    for _, kind in _COLUMNS:
        columns.append(np.frombuffer(payload, kind, count, at).astype(np.int64))
        at += count * np.dtype(kind).itemsize
    return Rows(*columns)


def waiting() -> tuple[int, float]:
    """How many positions wait, and how many seconds the oldest has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(rows), 0)::bigint, coalesce(extract(epoch FROM now() - min(kept_at)), 0)::float8"
            " FROM track_chunk"
        )
        rows, age_s = cursor.fetchone()
    return rows, age_s


def read(cursor: Any, most: int | None = None, span: tuple[int, int] | None = None) -> tuple[list[int], Rows]:
    """Ids and rows of chunks, the oldest first: about ``most`` rows of them, or those that touch ``span`` (unix s)."""
    if span is not None:
        ids, parts = payloads(
            cursor,
            "SELECT id, payload FROM track_chunk WHERE max_time >= %s AND min_time <= %s ORDER BY id",
            list(span),
        )
    else:
        ids, parts = payloads(
            cursor,
            "SELECT id, payload FROM (SELECT id, payload, sum(rows) OVER (ORDER BY id) - rows AS before"
            " FROM track_chunk) AS c WHERE before < %s ORDER BY id",
            [most or 2**62],
        )
    return ids, Rows.join([unpack(part) for part in parts])


def drop(cursor: Any, ids: list[int]) -> int:
    """Delete chunks that were followed; how many were there."""
    cursor.execute("DELETE FROM track_chunk WHERE id = ANY(%s)", [ids])
    return int(cursor.rowcount)
