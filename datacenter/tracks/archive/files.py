"""One archive file (归档文件): a day's rows of some consecutive vehicles as Parquet, and proof that it is whole.

Rows lie by vehicle, time and fingerprint; row groups end between vehicles, so that one vehicle's day lies in one group
unless it is huge. The manifest has a hash of each group and of the footer: bytes are compared before they are decoded.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from datacenter import metrics
from datacenter.tracks.archive.bodies import fingerprints, spread
from datacenter.tracks.archive.errors import ArchiveDamaged
from datacenter.tracks.archive.models import ArchiveFile
from datacenter.tracks.archive.storage import FOLDER, Storage
from datacenter.tracks.copying import Rows
from datacenter.tracks.position import DTYPES, Positions

DAMAGED = metrics.counter("archive_damaged_total", "Archive files that were found damaged, once for each reading")

GROUP_ROWS = 32_768  # a vehicle's day is a few thousand rows: its group takes some milliseconds to decode
_MOST_GROUP_ROWS = 4 * GROUP_ROWS
GROUP = np.dtype(
    [("first", "<i4"), ("last", "<i4"), ("offset", "<i8"), ("length", "<i8"), ("rows", "<i4"), ("hash", "V16")]
)
_TAIL = 8  # length of the footer and the magic

# Names carry units, as in the database; the delay is that of receipt, against the device's own time.
SCHEMA = pa.schema(
    [
        ("vehicle_id", pa.int32()),
        ("device_time", pa.int64()),  # unix seconds
        ("received_delay_us", pa.int64()),
        ("latitude_e6", pa.int32()),
        ("longitude_e6", pa.int32()),
        ("speed_dkmh", pa.int32()),
        ("bearing_deg", pa.int32()),
        ("altitude_m", pa.int32()),
        ("alarm", pa.uint32()),
        ("status", pa.uint32()),
        ("mileage_dkm", pa.int32()),
        ("flags", pa.int16()),
        ("body_hash", pa.int64()),  # null: the one that the columns give
        ("extras", pa.binary()),
    ]
)
_DICTIONARY = ["vehicle_id", "alarm", "status", "flags"]
# Measured on real tracks (ADR 0006): bytes of one rank side by side beat deltas once zstd looks harder than usual.
_ENCODINGS = {
    "device_time": "BYTE_STREAM_SPLIT",
    "received_delay_us": "BYTE_STREAM_SPLIT",
    "latitude_e6": "BYTE_STREAM_SPLIT",
    "longitude_e6": "BYTE_STREAM_SPLIT",
    "speed_dkmh": "BYTE_STREAM_SPLIT",
    "bearing_deg": "BYTE_STREAM_SPLIT",
    "altitude_m": "DELTA_BINARY_PACKED",
    "mileage_dkm": "DELTA_BINARY_PACKED",
    "body_hash": "PLAIN",
    "extras": "DELTA_BYTE_ARRAY",
}
_LEVEL, _EXTRAS_LEVEL = 15, 9
_CANON = np.dtype([(name, np.dtype(kind).newbyteorder("<")) for name, kind in DTYPES.items()] + [("extras", "<i4")])


class Digest:
    """A hash over rows in their order, every column and the extras; where the rows are cut into pieces is no matter."""

    def __init__(self) -> None:
        self._columns, self._extras, self.rows = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16), 0

    def add(self, rows: Rows) -> None:
        """The next rows."""
        canon = np.empty(len(rows), _CANON)
        for name in DTYPES:
            canon[name] = getattr(rows.positions, name)
        _, canon["extras"], tails = spread(rows.extras)
        self._columns.update(canon.tobytes())
        self._extras.update(tails.tobytes())
        self.rows += len(rows)

    def hexdigest(self) -> str:
        """64 digits."""
        return self._columns.hexdigest() + self._extras.hexdigest()


def path_of(day: date, generation: int, vehicle_first: int) -> str:
    """Where the file lies; folders of the form that DuckDB, Trino and Spark take for partitions."""
    return f"{FOLDER}/day={day:%Y-%m-%d}/{generation:04d}-{vehicle_first:010d}.parquet"


def to_table(rows: Rows) -> pa.Table:
    """Rows as they lie in a file."""
    positions = rows.positions
    columns: dict[str, Any] = {name: getattr(positions, name) for name in SCHEMA.names if name in DTYPES}
    columns["received_delay_us"] = positions.received_us - positions.device_time * 1_000_000
    known = fingerprints(positions, rows.extras) == positions.body_hash
    columns["body_hash"] = pa.array(positions.body_hash, mask=known)
    columns["extras"] = rows.extras
    return pa.table([pa.array(columns[field.name], type=field.type) for field in SCHEMA], schema=SCHEMA)


def to_rows(table: pa.Table) -> Rows:
    """The other way; fingerprints that were left out are worked out."""
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    extras = columns["extras"]
    extras = pa.concat_arrays(extras.chunks) if isinstance(extras, pa.ChunkedArray) else extras
    plain: dict[str, npt.NDArray[Any]] = {
        name: columns[name].to_numpy(zero_copy_only=False).astype(DTYPES[name], copy=False)
        for name in DTYPES
        if name in columns and name != "body_hash"
    }
    plain["received_us"] = columns["received_delay_us"].to_numpy() + plain["device_time"] * 1_000_000
    stored = columns["body_hash"]
    plain["body_hash"] = stored.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    positions = Positions(**plain)
    if absent := stored.null_count:
        rows = np.arange(len(positions)) if absent == len(positions) else np.flatnonzero(stored.is_null())
        some = Rows(positions, extras) if absent == len(positions) else Rows(positions, extras).take(rows)
        plain["body_hash"][rows] = fingerprints(some.positions, some.extras)
        positions = Positions(**plain)
    return Rows(positions, extras)


@dataclass(slots=True)
class Written:
    """What a ``Writer`` has put down."""

    first: int
    last: int
    digest: Digest


class Writer:
    """Writes one file into a stream: rows in their order, any number at a time."""

    def __init__(self, sink: pa.NativeFile) -> None:
        self._writer = pq.ParquetWriter(
            sink,
            SCHEMA,
            compression="zstd",
            compression_level={name: _EXTRAS_LEVEL if name == "extras" else _LEVEL for name in SCHEMA.names},
            use_dictionary=_DICTIONARY,
            column_encoding=_ENCODINGS,
            write_statistics=["vehicle_id", "device_time"],
            write_page_checksum=True,
            version="2.6",
            store_schema=False,
        )
        self._waiting = Rows.empty()
        self.digest = Digest()
        self.last = -1

    def add(self, rows: Rows) -> None:
        """The next rows; whole groups go out, the rest waits."""
        if not len(rows):
            return
        self.digest.add(rows)
        self.last = int(rows.positions.vehicle_id[-1])
        self._waiting = Rows.join([self._waiting, rows]) if len(self._waiting) else rows
        while len(self._waiting) >= GROUP_ROWS and (cut := _border(self._waiting.positions.vehicle_id)):
            self._out(cut)

    def _out(self, count: int) -> None:
        self._writer.write_table(to_table(self._waiting.slice(0, count)), row_group_size=_MOST_GROUP_ROWS)
        self._waiting = self._waiting.slice(count, len(self._waiting))

    def close(self) -> None:
        """The last group and the footer."""
        if len(self._waiting):
            self._out(len(self._waiting))
        self._writer.close()


def _border(vehicles: npt.NDArray[np.int32]) -> int:
    """After how many rows a group ends: the last border of vehicles in the first ``GROUP_ROWS``, else the next one.

    0: wait for more rows. A vehicle too large for any group is cut.
    """
    borders = np.flatnonzero(vehicles[1:] != vehicles[:-1]) + 1
    inside = borders[borders <= GROUP_ROWS]
    if len(inside):
        return int(inside[-1])
    if len(vehicles) >= _MOST_GROUP_ROWS:
        return int(borders[0]) if len(borders) and borders[0] <= _MOST_GROUP_ROWS else _MOST_GROUP_ROWS
    return int(borders[0]) if len(borders) else 0


# --- proof ----------------------------------------------------------------------------------------------------------
def entry_of(storage: Storage, day: date, generation: int, path: str) -> ArchiveFile:
    """The manifest's row of a file, made from what the storage gives back: read whole and decoded. Not saved."""
    data = storage.read(path)
    with _reading(day, path):
        metadata = pq.read_metadata(pa.BufferReader(data))
        footer_bytes = int.from_bytes(data[-_TAIL:-4], "little") + _TAIL
        groups = np.zeros(metadata.num_row_groups, GROUP)
        digest, ids = Digest(), []
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        for index in range(metadata.num_row_groups):
            rows = to_rows(file.read_row_group(index, use_threads=False))
            digest.add(rows)
            vehicles = rows.positions.vehicle_id
            ids.append(np.unique(vehicles))
            offset, length = _extent(metadata, index)
            found = hashlib.blake2b(data[offset : offset + length], digest_size=16).digest()
            groups[index] = (vehicles[0], vehicles[-1], offset, length, len(rows), np.void(found))
    present = np.unique(np.concatenate(ids)).astype("<i4")
    return ArchiveFile(
        day=day,
        generation=generation,
        path=path,
        state=ArchiveFile.State.WRITTEN,
        vehicle_first=int(present[0]),
        vehicle_last=int(present[-1]),
        rows=digest.rows,
        bytes=len(data),
        digest=digest.hexdigest(),
        sha256=hashlib.sha256(data).hexdigest(),
        footer_bytes=footer_bytes,
        footer_hash=hashlib.blake2b(data[-footer_bytes:], digest_size=16).hexdigest(),
        groups=groups.tobytes(),
        vehicles=present.tobytes(),
    )


def _extent(metadata: pq.FileMetaData, index: int) -> tuple[int, int]:
    """Where a group's bytes begin, and how many they are: its columns lie one behind the other."""
    group = metadata.row_group(index)
    chunks = [group.column(number) for number in range(group.num_columns)]
    begins = [
        chunk.dictionary_page_offset if chunk.dictionary_page_offset is not None else chunk.data_page_offset
        for chunk in chunks
    ]
    ends = [begin + chunk.total_compressed_size for begin, chunk in zip(begins, chunks, strict=True)]
    return min(begins), max(ends) - min(begins)


def check(entry: ArchiveFile, storage: Storage) -> None:
    """Read a file whole and compare it with its manifest's row. Raises ``ArchiveDamaged``."""
    try:
        found = entry_of(storage, entry.day, entry.generation, entry.path)
    except FileNotFoundError:
        raise damaged(entry.day, entry.path, "文件不存在") from None
    for name in ("sha256", "digest", "rows", "footer_hash"):
        if getattr(found, name) != getattr(entry, name):
            raise damaged(entry.day, entry.path, f"{entry._meta.get_field(name).verbose_name}不符")  # type: ignore[union-attr]


# --- reading --------------------------------------------------------------------------------------------------------
def groups_of(entry: ArchiveFile) -> npt.NDArray[Any]:
    """The file's row groups (``GROUP``), in their order."""
    return np.frombuffer(bytes(entry.groups), GROUP)


def vehicles_of(entry: ArchiveFile) -> npt.NDArray[np.int32]:
    """The vehicles that have rows in the file, ascending."""
    return np.frombuffer(bytes(entry.vehicles), "<i4")


def read_group(entry: ArchiveFile, index: int, storage: Storage) -> Rows:
    """One row group, its bytes compared with the manifest before they are decoded. Raises ``ArchiveDamaged``."""
    group = groups_of(entry)[index]
    offset, length = int(group["offset"]), int(group["length"])
    try:
        footer = _footer(storage, entry.path, entry.bytes, entry.footer_bytes, entry.footer_hash)
        data = storage.read(entry.path, offset, length)
    except FileNotFoundError:
        raise damaged(entry.day, entry.path, "文件不存在") from None
    except _WrongFooter:
        raise damaged(entry.day, entry.path, "文件尾散列不符") from None
    if hashlib.blake2b(data, digest_size=16).digest() != bytes(group["hash"]):
        raise damaged(entry.day, entry.path, f"第 {index} 行组散列不符")
    with _reading(entry.day, entry.path):
        source = pa.PythonFile(_Part(data, offset, entry.bytes), mode="r")
        file = pq.ParquetFile(source, metadata=footer, page_checksum_verification=True, pre_buffer=False)
        return to_rows(file.read_row_group(index, use_threads=False))


class _WrongFooter(Exception):
    """Not the footer that was written. Raised, since what is raised is not kept: the file may be mended."""


@lru_cache(maxsize=64)
def _footer(storage: Storage, path: str, size: int, footer_bytes: int, footer_hash: str) -> pq.FileMetaData:
    """A file's footer; what lies under a path never changes, so it may be kept."""
    data = storage.read(path, size - footer_bytes, footer_bytes)
    if hashlib.blake2b(data, digest_size=16).hexdigest() != footer_hash:
        raise _WrongFooter
    return pq.read_metadata(pa.BufferReader(data))


class _Part(io.RawIOBase):
    """A stretch of a file in memory, at its place in a file of ``size`` bytes."""

    def __init__(self, data: bytes, offset: int, size: int) -> None:
        self._data, self._offset, self._size, self._at = data, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        begin = self._at - self._offset
        end = len(self._data) if size < 0 else begin + size
        if begin < 0:
            raise ValueError(f"byte {self._at} is outside the part that was read")
        piece = self._data[begin:end]
        self._at += len(piece)
        return piece


class _reading:
    """What Arrow says of bytes that it can't decode, said of the file."""

    def __init__(self, day: date, path: str) -> None:
        self.day, self.path = day, path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        # Everything comes from memory here: an OSError is Arrow's word for a page that is not what it was.
        if isinstance(fault, OSError | pa.ArrowException | ValueError | IndexError | KeyError):
            raise damaged(self.day, self.path, str(fault)[:80]) from fault


def damaged(day: date, path: str, reason: str) -> ArchiveDamaged:
    """The refusal, counted."""
    DAMAGED.inc()
    return ArchiveDamaged(day=day, file=path, reason=reason)
