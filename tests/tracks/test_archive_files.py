"""One archive file: rows come back as they went in, others can read it, and not a byte can change unnoticed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from datacenter.ingest.decode import decode_batch
from datacenter.protocols.jt905.bits import Alarm, Status
from datacenter.tracks.archive import files
from datacenter.tracks.archive.bodies import fingerprints
from datacenter.tracks.archive.errors import ArchiveDamaged
from datacenter.tracks.archive.models import ArchiveFile
from datacenter.tracks.archive.storage import Storage
from datacenter.tracks.copying import Rows
from tests.ingest.frames import location_frame
from tests.ingest.test_taxi_frames import frame, report, taxi_batch
from tests.tracks.archive_day import begin, flip_byte, frames_of, old_day, rows_of, same

DAY = old_day()


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(fs.LocalFileSystem(), str(tmp_path))


def written(storage: Storage, *pieces: Rows) -> ArchiveFile:
    """The pieces as one file, with its manifest's row (not saved)."""
    path = files.path_of(DAY, 1, 1)
    with storage.writing(path) as sink:
        writer = files.Writer(sink)
        for piece in pieces:
            writer.add(piece)
        writer.close()
    entry = files.entry_of(storage, DAY, 1, path)
    assert entry.digest == writer.digest.hexdigest()
    return entry


def read(entry: ArchiveFile, storage: Storage) -> Iterator[Rows]:
    return (files.read_group(entry, index, storage) for index in range(len(files.groups_of(entry))))


def taxi_rows() -> Rows:
    at = begin(DAY)
    reports = [
        report(at + i, latitude_deg=lat, longitude_deg=lon, speed_kmh=i, bearing_deg=i * 14 % 360,
               alarms=int(Alarm.METER_FAULT) if i % 5 == 0 else 0, status=int(Status.LOADED | status))
        for i, (lat, lon, status) in enumerate(
            [(41.12 + i / 9000, 122.07 - i / 7001, 0) for i in range(40)]
            + [(1.2501, 2.00017, int(Status.SOUTH | Status.WEST)), (1.2501, 2.00017, 0)]
        )
    ]  # fmt: skip
    decoded = decode_batch(taxi_batch(9, [frame(one) for one in reports]))
    assert len(decoded.positions) == len(reports)
    return Rows(decoded.positions, pa.array(decoded.extras, pa.binary()))


def test_fingerprints_are_worked_out_again_from_the_columns_for_both_standards() -> None:
    odd = [
        location_frame(begin(DAY), 41_000_000, 122_000_000, status=3 | 4 | 8),  # south and west
        location_frame(begin(DAY) + 1, 0, 0, status=0, speed_kmh=6553.5, extras=b""),
        location_frame(begin(DAY) + 2, 41_000_000, 122_000_000, alarm=0xFFFFFFFF, extras=bytes(range(1, 90))),
    ]
    for rows in (rows_of(7, frames_of(DAY, 50)), rows_of(7, odd), taxi_rows()):
        assert fingerprints(rows.positions, rows.extras).tolist() == rows.positions.body_hash.tolist()
        assert files.to_table(rows)["body_hash"].null_count == len(rows)


def test_a_fingerprint_that_the_columns_do_not_give_is_kept(storage: Storage) -> None:
    rows = rows_of(7, frames_of(DAY, 10))
    rows.positions.body_hash[[2, 5]] = (0, -(2**63))
    entry = written(storage, rows)
    (found,) = read(entry, storage)
    same(found.positions, rows.positions)


def test_rows_come_back_as_they_went_in_wherever_they_were_cut(storage: Storage) -> None:
    rows = Rows.join([rows_of(vehicle, frames_of(DAY, 700)) for vehicle in (3, 4, 8)])
    taxis = taxi_rows()
    entry = written(storage, rows.slice(0, 1), rows.slice(1, 999), rows.slice(999, len(rows)), taxis)
    found = Rows.join(list(read(entry, storage)))
    same(found.positions, Rows.join([rows, taxis]).positions)
    assert found.extras.to_pylist() == [*rows.extras.to_pylist(), *taxis.extras.to_pylist()]
    assert files.vehicles_of(entry).tolist() == [3, 4, 8, 9]


def test_a_vehicles_day_lies_in_one_row_group(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GROUP_ROWS", 500)
    monkeypatch.setattr(files, "_MOST_GROUP_ROWS", 2000)
    sizes = {1: 200, 2: 200, 3: 200, 4: 900, 5: 10, 6: 4500}
    pieces = [rows_of(vehicle, frames_of(DAY, count, every=1)) for vehicle, count in sizes.items()]
    groups = files.groups_of(written(storage, *pieces))
    for vehicle in (1, 2, 3, 4, 5):
        assert ((groups["first"] <= vehicle) & (vehicle <= groups["last"])).sum() == 1
    assert groups["rows"].max() <= 2000, "a vehicle too large for a group is cut"
    assert groups["rows"].sum() == sum(sizes.values())


def test_duckdb_reads_the_same(storage: Storage) -> None:
    rows = Rows.join([rows_of(vehicle, frames_of(DAY, 300)) for vehicle in (3, 4)])
    written(storage, rows)
    found = duckdb.sql(
        "SELECT vehicle_id, device_time, latitude_e6, received_delay_us, octet_length(extras), day"
        f" FROM read_parquet('{storage.base}/positions/*/*.parquet', hive_partitioning = true) ORDER BY 1, 2"
    ).fetchall()
    positions = rows.positions
    assert [row[:4] for row in found] == list(
        zip(
            positions.vehicle_id.tolist(), positions.device_time.tolist(), positions.latitude_e6.tolist(),
            (positions.received_us - positions.device_time * 1_000_000).tolist(), strict=True,
        )
    )  # fmt: skip
    assert {row[4:] for row in found} == {(9, DAY)}


def test_pages_carry_checksums_that_any_reader_can_verify(storage: Storage) -> None:
    entry = written(storage, rows_of(3, frames_of(DAY, 3000)))
    whole = Path(storage.whole(entry.path))
    flip_byte(whole, int(files.groups_of(entry)["offset"][0]) + 400)
    with pytest.raises(OSError, match=r"(?i)crc|corrupt|decompress"):
        pq.read_table(whole, page_checksum_verification=True)


def test_no_byte_can_change_without_being_noticed(storage: Storage) -> None:
    entry = written(storage, rows_of(3, frames_of(DAY, 500)))
    whole = Path(storage.whole(entry.path))
    good = whole.read_bytes()
    rng = np.random.default_rng(5)
    for at in [4, entry.bytes - 1, entry.bytes - entry.footer_bytes, *rng.integers(4, entry.bytes, 40).tolist()]:
        flip_byte(whole, at)
        files._footer.cache_clear()  # as another process finds it
        for look in (lambda: list(read(entry, storage)), lambda: files.check(entry, storage)):
            with pytest.raises(ArchiveDamaged) as refusal:
                look()
            assert refusal.value.facts["file"] == entry.path
            assert str(DAY) in refusal.value.message
        whole.write_bytes(good)
    files.check(entry, storage)


@pytest.mark.parametrize("size", [0, 3, 900])
def test_a_file_cut_short_is_damaged(storage: Storage, size: int) -> None:
    entry = written(storage, rows_of(3, frames_of(DAY, 500)))
    whole = Path(storage.whole(entry.path))
    whole.write_bytes(whole.read_bytes()[:size])
    files._footer.cache_clear()
    with pytest.raises(ArchiveDamaged):
        list(read(entry, storage))
    with pytest.raises(ArchiveDamaged):
        files.check(entry, storage)


def test_a_file_that_is_gone_is_damaged(storage: Storage) -> None:
    entry = written(storage, rows_of(3, frames_of(DAY, 10)))
    storage.delete(entry.path)
    files._footer.cache_clear()
    with pytest.raises(ArchiveDamaged, match="不存在"):
        list(read(entry, storage))
    with pytest.raises(ArchiveDamaged, match="不存在"):
        files.check(entry, storage)
