"""Two ledgers of positions, what terminals were told is safe and what the table holds, and their comparison (对账).

An identity is (vehicle, device time, fingerprint of the body), as in the table. Twelve million take 1.6 GB at most:
the log is read in pieces, the table by binary COPY.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg2
import pyarrow as pa
import pyarrow.csv as pc

from datacenter.protocols.jt808.batch import SPARE
from datacenter.protocols.jt808.bodyhash import body_hashes

IDENTITY = np.dtype([("vehicle", "<i4"), ("time_s", "<i8"), ("body_hash", "<i8")])
_COPY = (
    "COPY (SELECT vehicle_id::integer, extract(epoch FROM device_time)::bigint, body_hash FROM track_position)"
    " TO STDOUT (FORMAT binary)"
)
_HEADER_BYTES = 19
_ROW = np.dtype(
    [("fields", ">i2"), ("l0", ">i4"), ("vehicle", ">i4"), ("l1", ">i4"), ("time_s", ">i8"), ("l2", ">i4"),
     ("body_hash", ">i8")]
)  # fmt: skip
_PIECE_BYTES = 1 << 24


@dataclass(frozen=True)
class Balance:
    """What a comparison found: counts, and some identities of what is wrong."""

    acknowledged: int
    stored: int
    lost: np.ndarray  # acknowledged, not in the table
    doubled: np.ndarray  # in the table more than once
    unknown: int  # in the table, never acknowledged: stored, but the answer was lost with somebody who was killed
    seconds_shared: int  # rows beyond the first of one vehicle and second; the load never reports two

    def __str__(self) -> str:
        return (
            f"{self.acknowledged:,} acknowledged, {self.stored:,} stored;"
            f" lost {len(self.lost)} {self.lost[:3].tolist()},"
            f" doubled {len(self.doubled)} {self.doubled[:3].tolist()}, never acknowledged {self.unknown},"
            f" of one second {self.seconds_shared}"
        )


def acknowledged(log: Path, vehicle_of_phone: Mapping[str, int]) -> np.ndarray:
    """What ``manage.py simulate --acknowledged-log`` wrote, as ``IDENTITY``; phones without zeros at the left."""
    return _joined(_pieces_of_log(log, vehicle_of_phone))


def _pieces_of_log(log: Path, vehicle_of_phone: Mapping[str, int]) -> Iterator[np.ndarray]:
    if not log.exists() or not log.stat().st_size:
        return
    names = ["phone", "device_time", "serial", "body"]
    types = {"phone": pa.string(), "device_time": pa.timestamp("s", "UTC"), "body": pa.string()}
    reader = pc.open_csv(
        log,
        read_options=pc.ReadOptions(column_names=names, block_size=_PIECE_BYTES),
        convert_options=pc.ConvertOptions(column_types=types, include_columns=list(types)),
    )
    for piece in reader:
        rows = np.zeros(len(piece), IDENTITY)
        phones = piece.column("phone").dictionary_encode()
        vehicles = np.array([vehicle_of_phone[phone.lstrip("0")] for phone in phones.dictionary.to_pylist()], np.int32)
        rows["vehicle"] = vehicles[phones.indices.to_numpy()]
        rows["time_s"] = piece.column("device_time").cast(pa.int64()).to_numpy()
        bodies = piece.column("body")
        _, offsets, text = bodies.buffers()
        bounds = np.frombuffer(offsets, np.int32)[bodies.offset : bodies.offset + len(bodies) + 1].astype(np.int64)
        raw = bytes.fromhex(text[int(bounds[0]) : int(bounds[-1])].to_pybytes().decode("ascii")) + bytes(SPARE)
        starts = (bounds[:-1] - bounds[0]) // 2
        rows["body_hash"] = body_hashes(np.frombuffer(raw, np.uint8), starts, np.diff(bounds) // 2)
        yield rows


class _Rows:
    """Where COPY writes to: turns its bytes into identities, a piece at a time."""

    def __init__(self) -> None:
        self.pieces: list[np.ndarray] = []
        self._held = bytearray()
        self._header = True

    def write(self, data: bytes) -> int:
        self._held += data
        if len(self._held) >= _PIECE_BYTES:
            self.take()
        return len(data)

    def take(self) -> None:
        """The whole rows of what is held."""
        begin = _HEADER_BYTES if self._header else 0
        self._header = False
        count = (len(self._held) - begin) // _ROW.itemsize
        end = begin + count * _ROW.itemsize
        wire = np.frombuffer(bytes(self._held[begin:end]), _ROW)
        assert (wire["fields"] == 3).all(), "the copy's rows are not of three columns"
        rows = np.zeros(count, IDENTITY)
        for name in IDENTITY.names or ():
            rows[name] = wire[name]
        self.pieces.append(rows)
        del self._held[:end]


def stored(url: str) -> np.ndarray:
    """What the table holds, as ``IDENTITY``."""
    sink = _Rows()
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.copy_expert(_COPY, sink)
    finally:
        connection.close()
    sink.take()
    return _joined(iter(sink.pieces))


def compare(told: np.ndarray, held: np.ndarray) -> Balance:
    """``told`` against ``held``, both ``IDENTITY`` in any order; what is told twice counts once.

    Compared by a fingerprint of 64 bits. Among 12 million a loss hides behind another's with a chance of 1 in 10**12.
    """
    told_marks, held_marks = _marks(told), _marks(held)
    told_order, held_order = np.argsort(told_marks), np.argsort(held_marks)
    told_sorted, held_sorted = told_marks[told_order], held_marks[held_order]
    first, again = ~_same_as_before(told_sorted), _same_as_before(held_sorted)
    told_sorted, told_order = told_sorted[first], told_order[first]
    distinct = held_sorted[~again]
    place = np.minimum(np.searchsorted(distinct, told_sorted), max(0, len(distinct) - 1))
    there = distinct[place] == told_sorted if len(distinct) else np.zeros(len(told_sorted), bool)
    moments = np.sort(_moments(held[held_order[~again]]))
    return Balance(
        acknowledged=len(told_sorted),
        stored=len(held),
        lost=told[told_order[~there]],
        doubled=held[held_order[again]],
        unknown=len(distinct) - int(there.sum()),
        seconds_shared=int(_same_as_before(moments).sum()),
    )


def _joined(pieces: Iterator[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, IDENTITY), *pieces])


def _moments(rows: np.ndarray) -> np.ndarray:
    """Vehicle and second in one number."""
    return rows["vehicle"].astype(np.int64) << 32 | rows["time_s"]


def _marks(rows: np.ndarray) -> np.ndarray:
    """All three parts of an identity in 64 bits, well mixed (the finaliser of splitmix64)."""
    mark = _moments(rows).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mark ^= mark >> np.uint64(30)
    mark *= np.uint64(0xBF58476D1CE4E5B9)
    mark ^= mark >> np.uint64(27)
    mark += np.ascontiguousarray(rows["body_hash"]).view(np.uint64)
    return mark


def _same_as_before(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros(min(1, len(values)), bool), values[1:] == values[:-1]])
