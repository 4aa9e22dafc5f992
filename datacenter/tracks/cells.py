"""The where-was-it index of the hot days (经过索引): ``track_cell``, a partition a day, a row for cell, slot and run.

A slot is ten minutes of the day in which a way ends; a payload is its records one behind the other, 28 bytes each,
exact to 1e-6 degree and the second, so that an answer needs no second look into the tracks. Days that are over lie in
Parquet (``cell_archive``). Reading sees at least everything that was written: a record met twice changes no answer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.tracks.grid import cells_of
from datacenter.tracks.payloads import payloads
from datacenter.tracks.segments import MAX_GAP_S, Ints, Segments, merged

Payload = bytes | memoryview
Box = tuple[int, int, int, int]  # south, north, west, east, 1e-6 degree
SLOT_S = 600
SLOTS = 144
SHANGHAI_S = 8 * 3600  # Asia/Shanghai is UTC+8, without daylight saving since 1991
RECORD = np.dtype(
    [("vehicle_id", "<u4"), ("end_s", "<u4"), ("lasting_s", "<u2"), ("gone", "<u2"),
     ("from_lat", "<i4"), ("from_lon", "<i4"), ("to_lat", "<i4"), ("to_lon", "<i4")]
)  # fmt: skip
_PIECE = 16_384  # records looked at together: they stay in the processor's cache
_HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_PG_EPOCH = date(2000, 1, 1).toordinal()
_ROW = struct.Struct(">hiiihiqiii")  # count of fields, then day, slot, cell, rows each behind its length; payload's


def day_number(unix_s: Ints) -> Ints:
    """Days of Asia/Shanghai since 1970-01-01."""
    return (unix_s + SHANGHAI_S) // 86_400


def day_of_number(number: int) -> date:
    """The day that ``day_number`` numbers."""
    return datetime.fromtimestamp(number * 86_400, UTC).date()


def slot_number(unix_s: Ints) -> Ints:
    """Slots of ten minutes since 1970-01-01 in Shanghai."""
    return (unix_s + SHANGHAI_S) // SLOT_S


def pack(ways: Segments) -> npt.NDArray[Any]:
    """``ways`` as the bytes of a payload."""
    out = np.empty(len(ways), RECORD)
    for name in ("vehicle_id", "end_s", "gone", "from_lat", "from_lon", "to_lat", "to_lon"):
        out[name] = getattr(ways, name)
    out["lasting_s"] = ways.end_s - ways.start_s
    return out


def unpack(parts: Sequence[Payload], box: Box | None = None) -> Segments:
    """The records of payloads; with ``box`` only those whose own box touches it, found before anything is widened."""
    rows = np.frombuffer(b"".join(parts), RECORD)
    if box is not None:
        pieces = [rows[first : first + _PIECE] for first in range(0, len(rows), _PIECE)]
        rows = np.concatenate([rows[:0], *(piece[_touches(piece, box)] for piece in pieces)])
    end = rows["end_s"].astype(np.int64)
    places = [rows[name].astype(np.int64) for name in ("from_lat", "from_lon", "to_lat", "to_lon")]
    vehicle = rows["vehicle_id"].astype(np.int64)
    return Segments.of([vehicle, end - rows["lasting_s"], end, *places], rows["gone"] != 0)


def _touches(rows: npt.NDArray[Any], box: Box) -> npt.NDArray[np.bool_]:
    south, north, west, east = (np.int32(edge) for edge in box)
    from_lat, to_lat, from_lon, to_lon = rows["from_lat"], rows["to_lat"], rows["from_lon"], rows["to_lon"]
    found: npt.NDArray[np.bool_] = (np.minimum(from_lat, to_lat) <= north) & (np.maximum(from_lat, to_lat) >= south)
    found &= (np.minimum(from_lon, to_lon) <= east) & (np.maximum(from_lon, to_lon) >= west)
    return found


def write(cursor: Any, ways: Segments, *, merge: bool = True) -> int:
    """Put ``ways`` into the index; the number of rows. Stays are merged unless ``merge`` is off."""
    if not len(ways):
        return 0
    slot = slot_number(ways.end_s)
    if merge:
        ways, slot = merged(ways, slot)
    index, cell = cells_of(ways)
    slot = slot[index]
    # One number to sort by: slots of a run are few, cells of a city fit beside them.
    order = np.argsort(
        (slot - slot.min()) * (int(cell.max()) - int(cell.min()) + 1) + (cell - cell.min()), kind="stable"
    )
    slot, cell = slot[order], cell[order]
    data = memoryview(pack(ways.take(index[order])).tobytes())
    opens = np.ones(len(slot), np.bool_)
    opens[1:] = (slot[1:] != slot[:-1]) | (cell[1:] != cell[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(slot))
    _make_partitions(cursor, np.unique(slot // SLOTS).tolist())
    parts: list[bytes | memoryview] = [_HEADER]
    epoch = date(1970, 1, 1).toordinal() - _PG_EPOCH
    groups = zip(first.tolist(), last.tolist(), slot[first].tolist(), cell[first].tolist(), strict=True)
    for begin, end, at, where in groups:
        width = (end - begin) * RECORD.itemsize
        day, part = divmod(at, SLOTS)
        parts.append(_ROW.pack(5, 4, day + epoch, 2, part, 8, where, 4, end - begin, width))
        parts.append(data[begin * RECORD.itemsize : end * RECORD.itemsize])
    parts.append(struct.pack(">h", -1))
    cursor.copy_expert(
        "COPY track_cell (day, slot, cell, rows, payload) FROM STDIN (FORMAT binary)", BytesIO(b"".join(parts))
    )
    return len(first)


def _make_partitions(cursor: Any, days: Iterable[int]) -> None:
    for day in days:
        cursor.execute("SELECT track_make_cell_partition(%s)", [day_of_number(day)])


def slots_of(start_s: int, end_s: int) -> dict[date, tuple[int, int]]:
    """By day the slots (first, last) whose records may touch the time from ``start_s`` to ``end_s``."""
    first = (start_s + SHANGHAI_S) // SLOT_S
    last = (end_s + MAX_GAP_S + SHANGHAI_S) // SLOT_S
    return {
        day_of_number(day): (max(first - day * SLOTS, 0), min(last - day * SLOTS, SLOTS - 1))
        for day in range(first // SLOTS, last // SLOTS + 1)
    }


def read(cursor: Any, cells: Ints, wanted: dict[date, tuple[int, int]]) -> list[memoryview]:
    """The payloads of ``cells`` in the slots of each day."""
    parts: list[memoryview] = []
    for day, (first, last) in wanted.items():
        parts += payloads(
            cursor,
            "SELECT cell, payload FROM track_cell"
            " WHERE day = %s AND cell = ANY(%s::bigint[]) AND slot BETWEEN %s AND %s",
            [day, cells.tolist(), first, last],
        )[1]
    return parts
