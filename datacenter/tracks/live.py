"""What just moved, from the shard workers to every open map (实时位置), over Redis publish and subscribe.

A message is the last position of each vehicle of one committed batch, packed as ``LIVE`` records. Losing one is
harmless: the next tells where the vehicle is, and a web process that starts reads the latest from the tracks.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from django.conf import settings

from datacenter.tracks.position import Positions

# One vehicle's last position on the wire between our own processes; little-endian, packed.
LIVE = np.dtype(
    [
        ("vehicle_id", "<i4"),
        ("latitude_e6", "<i4"),
        ("longitude_e6", "<i4"),
        ("speed_dkmh", "<u2"),
        ("bearing_deg", "<u2"),
        ("alarm", "<u4"),
        ("status", "<u4"),
        ("flags", "<u2"),
        ("device_time", "<i8"),  # unix seconds
        ("received_us", "<i8"),  # unix microseconds
    ]
)


def channel() -> str:
    """The Redis channel of live positions."""
    return f"{settings.REDIS_PREFIX}:live:positions"


def pack(positions: Positions) -> bytes:
    """The last position of each vehicle in ``positions`` (rows in order of arrival) as ``LIVE`` records."""
    order = np.lexsort((positions.device_time, positions.vehicle_id))
    vehicles = positions.vehicle_id[order]
    last = order[np.append(vehicles[1:] != vehicles[:-1], True)] if len(order) else order
    records = np.zeros(len(last), LIVE)
    for name in ("vehicle_id", "latitude_e6", "longitude_e6", "alarm", "status", "flags", "device_time", "received_us"):
        records[name] = getattr(positions, name)[last]
    records["speed_dkmh"] = np.clip(positions.speed_dkmh[last], 0, 65535)
    records["bearing_deg"] = positions.bearing_deg[last]
    return records.tobytes()


def unpack(message: bytes) -> npt.NDArray[np.void]:
    """``LIVE`` records of one message."""
    return np.frombuffer(message, LIVE)
