"""A day of tracks for the archive's tests: real reports, decoded, in a partition of long ago."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction

from datacenter.ingest.decode import decode_batch
from datacenter.tracks import store
from datacenter.tracks.archive import days
from datacenter.tracks.archive.late import keys
from datacenter.tracks.copying import Rows
from datacenter.tracks.position import DTYPES, Positions
from tests.ingest.frames import location_batch, location_frame

EARLIER = 20  # days ago, well past the hot ones
LAT, LON = 40_992_450, 122_066_240


def old_day(ago: int = EARLIER) -> date:
    return (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=ago)


def begin(day: date) -> int:
    """The day's first second."""
    return int(days.span_of(day)[0].timestamp())


def frames_of(day: date, count: int, *, at: int = 3600, every: int = 10, speed_kmh: float = 60) -> list[bytes]:
    """A vehicle's reports on a day, driving north."""
    return [
        location_frame(
            begin(day) + at + i * every, LAT + i * 90, LON + i % 7, speed_kmh=speed_kmh + i % 9,
            extras=bytes.fromhex("0104") + (1000 + i // 10).to_bytes(4, "big") + bytes.fromhex("310109"),
        )
        for i in range(count)
    ]  # fmt: skip


def rows_of(vehicle: int, frames: list[bytes]) -> Rows:
    """What the platform makes of them, received a moment after each."""
    decoded = decode_batch(location_batch(vehicle, frames))
    positions = decoded.positions
    jitter = np.random.default_rng(vehicle).integers(50_000, 3_000_000, len(positions))
    positions.received_us[:] = positions.device_time * 1_000_000 + jitter
    return Rows(positions, pa.array(decoded.extras, pa.binary()))


def fill(day: date, vehicles: list[int], count: int, **how: Any) -> Rows:
    """Store a day; the rows in the archive's order."""
    rows = Rows.join([rows_of(vehicle, frames_of(day, count, **how)) for vehicle in sorted(vehicles)])
    put(day, rows)
    return rows


def put(day: date, rows: Rows) -> None:
    """Store rows past the worker, as whatever role."""
    store.make_partitions([day])
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, rows.positions, rows.extras.to_pylist())


def forget_old_days() -> None:
    """Drop the empty partitions that other tests have left past the hot days (as the owner)."""
    with connection.cursor() as cursor:
        for day in days.partitions():
            if day <= days.youngest_sealable():
                cursor.execute(f"DROP TABLE track_position_{day:%Y%m%d}")


def whole(vehicle: int, day: date) -> Positions:
    """The vehicle's day as everybody reads it."""
    return store.between(vehicle, *days.span_of(day))


def same(found: Positions, expected: Positions) -> None:
    """Every column of every row is the same."""
    assert keys(found) == keys(expected)
    for name in DTYPES:
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


def hot_rows(day: date) -> int:
    """How many rows of the day the database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM track_position WHERE device_time >= %s AND device_time < %s", days.span_of(day)
        )
        return int(cursor.fetchone()[0])


def files_on_disk() -> list[Path]:
    """Every archive file there is, named by the manifest or not."""
    return sorted(Path(settings.ARCHIVE_URL).rglob("*.parquet"))


def flip_byte(path: Path, at: int) -> None:
    """One bit of a file turned over."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def wait_until(condition: Any, seconds: float, what: str) -> None:
    """Poll closely: what is waited for may last a moment only."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.002)
