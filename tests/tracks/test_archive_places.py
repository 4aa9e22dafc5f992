"""Where the archive lies: a bucket by the S3 protocol, a second place that mends the first, addresses that are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from datacenter.tracks.archive import restore, seal
from datacenter.tracks.archive.errors import ArchiveDamaged, ArchiveUnavailable, BadArchiveAddress
from datacenter.tracks.archive.files import _footer
from datacenter.tracks.archive.storage import storages
from datacenter.tracks.copying import Rows
from tests.ports import free_port
from tests.tracks.archive_day import fill, flip_byte, hot_rows, old_day, same, whole

DAY = old_day()


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket on loopback that is the archive's place, and a client of it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port())
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket="tracks")
    settings.ARCHIVE_URL = f"s3://tracks/panjin?endpoint_override={host}:{port}&scheme=http&region=us-east-1"
    settings.ARCHIVE_COPY_URL = ""
    yield client
    server.stop()


def day_reads(rows: Rows, *vehicles: int) -> None:
    for vehicle in vehicles:
        same(whole(vehicle, DAY), rows.positions.take(rows.positions.vehicle_id == vehicle))


def test_a_bucket_seals_reads_and_restores_as_a_directory_does(bucket: Any, as_ingest: None) -> None:
    rows = fill(DAY, [1, 2], 300)
    assert seal.seal(DAY).rows == 600
    (entry,) = bucket.list_objects_v2(Bucket="tracks")["Contents"]
    assert entry["Key"] == f"panjin/positions/day={DAY}/0001-0000000001.parquet"
    day_reads(rows, 1, 2)
    assert restore.verify(DAY) == (1, [], [])
    data = bytearray(bucket.get_object(Bucket="tracks", Key=entry["Key"])["Body"].read())
    data[500] ^= 1
    bucket.put_object(Bucket="tracks", Key=entry["Key"], Body=bytes(data))
    with pytest.raises(ArchiveDamaged):
        whole(1, DAY)
    data[500] ^= 1
    bucket.put_object(Bucket="tracks", Key=entry["Key"], Body=bytes(data))
    assert restore.restore(DAY) == 600
    left = bucket.list_objects_v2(Bucket="tracks").get("Contents", [])
    assert not [one["Key"] for one in left if one["Key"].endswith(".parquet")]
    day_reads(rows, 1, 2)


def test_a_bucket_that_is_not_there_is_told_and_nothing_dropped(bucket: Any, as_ingest: None, settings: Any) -> None:
    fill(DAY, [1], 20)
    settings.ARCHIVE_URL = settings.ARCHIVE_URL.replace("//tracks/", "//no-such-bucket/")
    with pytest.raises(ArchiveUnavailable):
        seal.seal(DAY)
    assert hot_rows(DAY) == 20


def test_a_second_place_is_read_when_the_first_is_damaged_and_mends_it(
    as_ingest: None, settings: Any, tmp_path: Path
) -> None:
    settings.ARCHIVE_URL, settings.ARCHIVE_COPY_URL = str(tmp_path / "one"), f"file://{tmp_path}/two"
    rows = fill(DAY, [1, 2], 300)
    seal.seal(DAY)
    one, two = (next((tmp_path / name).rglob("*.parquet")) for name in ("one", "two"))
    good = one.read_bytes()
    assert two.read_bytes() == good
    flip_byte(one, 500)
    day_reads(rows, 1, 2)
    count, faults, mended = restore.verify(DAY)
    assert (count, faults, len(mended)) == (1, [], 1)
    assert one.read_bytes() == good
    two.unlink()
    assert len(restore.verify()[2]) == 1
    assert two.read_bytes() == good
    for path in (one, two):
        flip_byte(path, len(good) - 20)
    _footer.cache_clear()
    with pytest.raises(ArchiveDamaged):
        whole(1, DAY)
    count, faults, mended = restore.verify(DAY)
    assert (count, len(faults), mended) == (1, 2, [])


@pytest.mark.parametrize("address", ["ftp://host/archive", "archive", "s3://?region=x"])
def test_what_is_no_address_is_refused_by_the_settings_name(address: str, settings: Any) -> None:
    settings.ARCHIVE_URL, settings.ARCHIVE_COPY_URL = address, ""
    with pytest.raises(BadArchiveAddress, match="ARCHIVE_URL"):
        storages()


def test_a_key_in_an_address_is_not_told(settings: Any) -> None:
    settings.ARCHIVE_URL, settings.ARCHIVE_COPY_URL = "", "s4://key:very-secret@bucket/x"
    with pytest.raises(BadArchiveAddress) as refusal:
        storages()
    assert "very-secret" not in str(refusal.value)
