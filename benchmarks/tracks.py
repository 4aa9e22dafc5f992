"""Real tracks as the platform stores them (真实轨迹): taxis' ways, turned into JT/T 808 reports and decoded again."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from datacenter.ingest.batch import BODY, Batch
from datacenter.ingest.decode import decode_batch
from datacenter.protocols.jt808.batch import SPARE
from datacenter.tracks.copying import Rows

CABS = Path(__file__).resolve().parents[2] / "shared/data/tracks/sf_cabs.parquet"
DAY_S = 86_400
_BODY = np.dtype(
    [("alarm", ">u4"), ("status", ">u4"), ("latitude", ">u4"), ("longitude", ">u4"), ("altitude", ">u2"),
     ("speed", ">u2"), ("bearing", ">u2"), ("time", "u1", 6)]
)  # fmt: skip
# Mileage 0.1 km, speed of the recorder, signal strength, satellites: what a usual terminal adds.
_ITEMS = np.dtype(
    [("h1", "u1", 2), ("mileage", ">u4"), ("h3", "u1", 2), ("recorder", ">u2"), ("h30", "u1", 2), ("signal", "u1"),
     ("h31", "u1", 2), ("satellites", "u1")]
)  # fmt: skip


def available() -> bool:
    """Whether the real tracks lie on this machine (``BENCH_TRACKS`` names another file)."""
    return _file().exists()


def _file() -> Path:
    return Path(os.environ.get("BENCH_TRACKS") or CABS)


def real_rows(day_start: int, *, extras: bool, vehicle_first: int = 1, limit: int | None = None, seed: int = 1) -> Rows:
    """Each taxi's busiest days laid on the one day that begins at ``day_start`` (unix s), by vehicle and time.

    A taxi and day of the source is a vehicle here, moved from California into China. Speed and bearing are those
    between neighbouring points, as a receiver would say them; they arrive 0.1 to some seconds later.
    """
    table = pq.read_table(_file(), columns=["vehicle", "time", "lon", "lat", "occupied"])
    cab = np.asarray(table["vehicle"].combine_chunks().indices)
    time = table["time"].cast(pa.int64()).to_numpy() // 1_000_000
    local = time - 7 * 3600
    key = cab.astype(np.int64) * 100_000 + local // DAY_S
    order = np.lexsort((time, key))[:limit]
    key, time = key[order], local[order] % DAY_S + day_start
    lat = np.round((table["lat"].to_numpy()[order] + 3.35) * 1e6).astype(np.int64)
    lon = np.round((table["lon"].to_numpy()[order] + 244.4) * 1e6).astype(np.int64)
    occupied = table["occupied"].to_numpy()[order].astype(bool)
    _, vehicle = np.unique(key, return_inverse=True)
    rng = np.random.default_rng(seed)
    return _reported(rng, vehicle, time, lat, lon, occupied, extras=extras, vehicle_first=vehicle_first)


def _reported(
    rng: np.random.Generator,
    vehicle: npt.NDArray[np.int64],
    time: npt.NDArray[np.int64],
    lat: npt.NDArray[np.int64],
    lon: npt.NDArray[np.int64],
    occupied: npt.NDArray[np.bool_],
    *,
    extras: bool,
    vehicle_first: int,
) -> Rows:
    """Ways as reports: what a receiver adds to a place, and when it arrives."""
    speed, bearing = _motion(vehicle, time, lat, lon)
    bodies = np.zeros(len(time), _BODY)
    bodies["status"] = np.where(occupied, 0x303, 0x003)  # ignition on, located, loaded or empty
    bodies["latitude"], bodies["longitude"] = lat, lon
    bodies["altitude"] = np.clip(8 + np.cumsum(rng.integers(-1, 2, len(time))) % 40, 0, 60)
    bodies["speed"], bodies["bearing"] = speed, bearing
    bodies["time"] = _bcd(time)
    blob = bodies.view(np.uint8).reshape(len(time), -1)
    if extras:
        blob = np.concatenate((blob, _items(rng, vehicle, time, speed)), axis=1)
    received = time * 1_000_000 + (rng.lognormal(-0.9, 0.6, len(time)) * 1e6 + 100_000).astype(np.int64)
    return _decoded(blob, vehicle.astype(np.int32) + vehicle_first, received)


def steady_rows(day_start: int, vehicles: int, reports: int, seed: int = 2) -> Rows:
    """``vehicles`` that report all day at one pace, each on a way of its own, with a usual terminal's items."""
    rng = np.random.default_rng(seed)
    vehicle = np.repeat(np.arange(vehicles), reports)
    time = day_start + np.tile(np.arange(reports) * (DAY_S // reports), vehicles)
    turn = np.cumsum(rng.normal(0, 0.2, len(time)))
    lat = 41_000_000 + np.cumsum(np.cos(turn) * 700).astype(np.int64) % 300_000
    lon = 122_000_000 + np.cumsum(np.sin(turn) * 900).astype(np.int64) % 300_000
    return _reported(rng, vehicle, time, lat, lon, rng.random(len(time)) < 0.5, extras=True, vehicle_first=1)


def _motion(
    vehicle: npt.NDArray[np.int64], time: npt.NDArray[np.int64], lat: npt.NDArray[np.int64], lon: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Speed in 0.1 km/h and bearing in degrees from the point before; 0 at a track's first."""
    same = np.concatenate(([False], vehicle[1:] == vehicle[:-1]))
    step = np.maximum(np.diff(time, prepend=time[0]), 1)
    north = np.where(same, np.diff(lat, prepend=lat[0]), 0) * 0.11132
    east = np.where(same, np.diff(lon, prepend=lon[0]), 0) * 0.11132 * np.cos(np.radians(41.1))
    speed = np.clip(np.hypot(north, east) / step * 36, 0, 1500).astype(np.int64)
    bearing = np.degrees(np.arctan2(east, north)).astype(np.int64) % 360
    return speed, np.where(speed > 0, bearing, 0)


def _items(
    rng: np.random.Generator,
    vehicle: npt.NDArray[np.int64],
    time: npt.NDArray[np.int64],
    speed: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint8]:
    items = np.zeros(len(time), _ITEMS)
    items["h1"], items["h3"], items["h30"], items["h31"] = (1, 4), (3, 2), (0x30, 1), (0x31, 1)
    travelled = np.cumsum(speed * np.clip(np.diff(time, prepend=time[0]), 0, 120) / 36_000)
    items["mileage"] = vehicle * 1_000 % 400_000 + travelled.astype(np.int64) % 100_000
    items["recorder"] = np.clip(speed + rng.integers(-3, 4, len(time)), 0, None)
    items["signal"] = np.clip(24 + np.cumsum(rng.integers(-1, 2, len(time))) % 7, 0, 31)
    items["satellites"] = 9 + np.cumsum(rng.integers(-1, 2, len(time))) % 6
    return items.view(np.uint8).reshape(len(time), -1)


def _bcd(time: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    text = np.datetime_as_string((time + 8 * 3600).astype("datetime64[s]"))
    digits = text.view("U1").reshape(len(time), -1)[:, [2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]].astype(np.uint8)
    return (digits[:, 0::2] << 4 | digits[:, 1::2]).astype(np.uint8)


def _decoded(blob: npt.NDArray[np.uint8], vehicles: npt.NDArray[np.int32], received: npt.NDArray[np.int64]) -> Rows:
    """The reports through the product's own decoder."""
    count, size = blob.shape
    decoded = decode_batch(
        Batch(
            batch_id="real", gateway="bench", shard=0, blob=blob.tobytes() + bytes(SPARE),
            lengths=np.full(count, size, np.int32), vehicles=vehicles, received_us=received,
            forms=np.full(count, BODY, np.uint8), message_ids=np.full(count, 0x0200, np.uint16),
        )
    )  # fmt: skip
    assert len(decoded.positions) == count, f"{count - len(decoded.positions)} reports were refused"
    return Rows(decoded.positions, pa.array(decoded.extras, pa.binary()))
