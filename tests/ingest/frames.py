"""Location frames by hand (JT/T 808-2013, 0x0200), and batches of them as a gateway would hand in."""

from __future__ import annotations

import struct
import time
from datetime import UTC, datetime, timedelta

import numpy as np

from datacenter.ingest.batch import Batch


def bcd(moment: int) -> bytes:
    """A unix time as the wire spells it: BCD YYMMDDhhmmss, GMT+8."""
    return bytes.fromhex((datetime.fromtimestamp(moment, UTC) + timedelta(hours=8)).strftime("%y%m%d%H%M%S"))


def location_frame(
    at: int,
    lat_e6: int,
    lon_e6: int,
    *,
    speed_kmh: float = 60,
    alarm: int = 0,
    status: int = 3,
    serial: int = 1,
    phone: str = "013900000001",
    extras: bytes = bytes.fromhex("010400000064"),
) -> bytes:
    """One unescaped frame, header to check byte."""
    body = struct.pack(">IIIIHHH", alarm, status, lat_e6, lon_e6, 5, round(speed_kmh * 10), 90) + bcd(at) + extras
    frame = struct.pack(">HH", 0x0200, len(body)) + bytes.fromhex(phone) + struct.pack(">H", serial) + body
    check = 0
    for byte in frame:
        check ^= byte
    return frame + bytes([check])


def location_batch(vehicle_id: int, frames: list[bytes], shard: int = 0) -> Batch:
    """A batch of one vehicle's frames, received now."""
    count = len(frames)
    return Batch(
        batch_id=f"b{time.monotonic_ns()}",
        gateway="test",
        shard=shard,
        blob=b"".join(frames),
        lengths=np.array([len(f) for f in frames], np.int32),
        vehicles=np.full(count, vehicle_id, np.int32),
        received_us=np.full(count, time.time_ns() // 1000, np.int64),
        forms=np.zeros(count, np.uint8),
        message_ids=np.full(count, 0x0200, np.uint16),
    )
