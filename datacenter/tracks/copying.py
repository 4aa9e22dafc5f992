"""PostgreSQL's binary COPY, read by numpy (二进制批量读取): rows become columns without a Python object for each.

``FIELDS`` is the one list of the track's columns, in the order in which they are written and read.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datacenter.tracks.position import DTYPES, Positions

PG_EPOCH_US = 946_684_800_000_000  # PostgreSQL counts microseconds from 2000-01-01 UTC
HEADER = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
# Every column but the extras with its width on the wire, big-endian.
FIELDS = (
    ("device_time", ">i8"),
    ("received_at", ">i8"),
    ("body_hash", ">i8"),
    ("vehicle_id", ">i4"),
    ("latitude_e6", ">i4"),
    ("longitude_e6", ">i4"),
    ("alarm", ">i4"),
    ("status", ">i4"),
    ("mileage_dkm", ">i4"),
    ("speed_dkmh", ">i4"),
    ("bearing_deg", ">i2"),
    ("altitude_m", ">i4"),
    ("flags", ">i2"),
)
_PLAIN = np.dtype(
    [("fields", ">i2"), *[item for name, width in FIELDS for item in ((f"{name}_len", ">i4"), (name, width))]]
)
ROW = np.dtype([*[(name, _PLAIN[name]) for name in _PLAIN.names or ()], ("extras_len", ">i4")])
"""One row up to its extras: count of fields, then each field behind its length."""
SELECT = ", ".join("coalesce(mileage_dkm, -1)" if name == "mileage_dkm" else name for name, _ in FIELDS)
SELECT_WHOLE = SELECT + ", coalesce(extras, '')"


@dataclass(frozen=True, slots=True)
class Rows:
    """Positions with the extras of each as they came: all that is stored of them."""

    positions: Positions
    extras: pa.BinaryArray

    def __len__(self) -> int:
        return len(self.positions)

    def take(self, rows: npt.NDArray[np.intp]) -> Rows:
        """The rows at the indexes ``rows``."""
        return Rows(self.positions.take(rows), self.extras.take(pa.array(rows)))

    def slice(self, start: int, stop: int) -> Rows:
        """Rows from ``start`` until before ``stop``."""
        return Rows(self.positions.take(slice(start, stop)), self.extras.slice(start, stop - start))

    @staticmethod
    def empty() -> Rows:
        """No rows."""
        return Rows(Positions.empty(), pa.array([], pa.binary()))

    @staticmethod
    def join(parts: list[Rows]) -> Rows:
        """All rows of ``parts``, in their order."""
        if not parts:
            return Rows.empty()
        if len(parts) == 1:
            return parts[0]
        return Rows(
            Positions.join([part.positions for part in parts]), pa.concat_arrays([part.extras for part in parts])
        )


def read(cursor: Any, query: str, arguments: list[Any] | None = None) -> Positions:
    """The positions that ``query`` (``SELECT`` of these columns) gives, in its order."""
    out = io.BytesIO()
    cursor.copy_expert(f"COPY ({_filled(cursor, query, arguments)}) TO STDOUT (FORMAT binary)", out)
    body = out.getbuffer()[len(HEADER) : -len(TRAILER)]
    return _positions(np.frombuffer(body, _PLAIN))


def stream(
    cursor: Any, query: str, arguments: list[Any], take: Callable[[Rows], None], rows_at_once: int = 65_536
) -> int:
    """Hand the rows of ``query`` (``SELECT_WHOLE``) to ``take``, piece by piece in their order; how many there were.

    While ``take`` works, the server waits: nothing piles up here. If it raises, the connection is of no more use.
    """
    pieces: list[bytes] = []
    total = 0

    def write(piece: bytes) -> None:
        nonlocal total
        pieces.append(piece)
        if len(pieces) > rows_at_once:
            total += _hand_over(pieces, take)

    cursor.copy_expert(
        f"COPY ({_filled(cursor, query, arguments)}) TO STDOUT (FORMAT binary)", _Sink(write), size=1 << 16
    )
    return total + _hand_over(pieces, take)


class _Sink:
    """What psycopg2 writes to: one call for each row."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self.write = write


def _filled(cursor: Any, query: str, arguments: list[Any] | None) -> str:
    """COPY takes no parameters: the driver puts them in, quoted."""
    return str(cursor.mogrify(query, arguments).decode()) if arguments else query


def _hand_over(pieces: list[bytes], take: Callable[[Rows], None]) -> int:
    """Rows out of ``pieces``, each a message of the server's: one row, the first behind the header, or the trailer."""
    messages = pieces[:]
    pieces.clear()
    if messages and messages[0].startswith(HEADER):
        messages[0] = messages[0][len(HEADER) :]
    messages = [message for message in messages if message and message != TRAILER]
    if not messages:
        return 0
    rows = _rows(messages)
    take(rows)
    return len(rows)


def _rows(messages: list[bytes]) -> Rows:
    width = ROW.itemsize
    heads = np.frombuffer(b"".join([message[:width] for message in messages]), ROW)
    lengths = heads["extras_len"].astype(np.int32)
    sizes = np.fromiter(map(len, messages), np.int64, len(messages))
    if not (heads["fields"] == len(FIELDS) + 1).all() or not (sizes == lengths + width).all():
        raise ValueError("the server's binary COPY is not one row a message")
    offsets = np.zeros(len(messages) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    tails = b"".join([message[width:] for message in messages])
    extras = pa.BinaryArray.from_buffers(
        pa.binary(), len(messages), [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(tails)]
    )
    return Rows(_positions(heads), extras)


def _positions(rows: npt.NDArray[Any]) -> Positions:
    columns: dict[str, npt.NDArray[Any]] = {
        name: rows[name] for name in DTYPES if name not in {"device_time", "received_us", "alarm", "status"}
    }
    columns["device_time"] = (rows["device_time"].astype(np.int64) + PG_EPOCH_US) // 1_000_000
    columns["received_us"] = rows["received_at"].astype(np.int64) + PG_EPOCH_US
    for name in ("alarm", "status"):
        columns[name] = rows[name].astype(np.int32).view(np.uint32)
    return Positions(**{name: columns[name].astype(dtype, copy=False) for name, dtype in DTYPES.items()})
