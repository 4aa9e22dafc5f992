"""The live map's binary frames (实时帧): what the socket sends once a second.

``static/js/pages/tracks/frame.js`` reads them. Little-endian. A head of 48 bytes, then columns one after another, wide
ones first so that a browser lays typed arrays over the bytes as they are:

====== ===== ==========================================================================================
offset type  what
====== ===== ==========================================================================================
0      u8    version, 1
1      u8    bit 0: a full frame, forget everything shown before; bit 1: the platform's live feed is up
2      u16   number of the viewport message this frame answers
4      u32   sequence of frames of this socket
8      u32   n, vehicles to draw
12     u32   m, vehicles to take away
16     f64   our clock, unix milliseconds
24     f64   when we received the newest position of all, unix milliseconds; 0 when never
32     i32×4 west, south, east, north of the viewport, 1e-6 degree
48     u32×n ids of vehicles to draw
…      u32×m ids to take away
…      u16×n x: 0 at west, 65,535 at east
…      u16×n y: 0 at south, 65,535 at north
…      u8×n  speed, km/h, at most 255
…      u8×n  bearing, 1/256 of a turn clockwise from north
…      u8×n  state: 0 offline, 1 stopped, 2 moving, 3 alarm
====== ===== ==========================================================================================

So a vehicle costs 11 bytes when it changed and 4 when it goes; one that did not change costs nothing. Places are as
fine as the viewport divided by 65,536: about a metre with the whole city in view.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.tracks.fleet import Box, Delta, Fleet

VERSION = 1
FULL, FED = 1, 2
_HEAD = struct.Struct("<BBHIIIddiiii")


def encode(
    fleet: Fleet, delta: Delta, box: Box, *, view: int = 0, sequence: int = 0, now_us: int = 0, fed: bool = True
) -> bytes:
    """A frame that tells a map ``delta`` inside ``box``."""
    slots = delta.update
    head = _HEAD.pack(
        VERSION,
        (FULL if delta.full else 0) | (FED if fed else 0),
        view & 0xFFFF,
        sequence & 0xFFFFFFFF,
        len(slots),
        len(delta.remove),
        now_us / 1000,
        fleet.fed_us / 1000,
        box.west_e6,
        box.south_e6,
        box.east_e6,
        box.north_e6,
    )
    return b"".join(
        (
            head,
            fleet.roll.vehicle_id[slots].astype("<u4").tobytes(),
            delta.remove.astype("<u4").tobytes(),
            _quantised(fleet.longitude_e6[slots], box.west_e6, box.east_e6),
            _quantised(fleet.latitude_e6[slots], box.south_e6, box.north_e6),
            np.minimum((fleet.speed_dkmh[slots] + 5) // 10, 255).astype(np.uint8).tobytes(),
            ((fleet.bearing_deg[slots] * 256 + 180) // 360 % 256).astype(np.uint8).tobytes(),
            fleet.state[slots].tobytes(),
        )
    )


def _quantised(values_e6: npt.NDArray[Any], low_e6: int, high_e6: int) -> bytes:
    steps = (values_e6.astype(np.float64) - low_e6) * (65535 / (high_e6 - low_e6))
    return np.clip(np.rint(steps), 0, 65535).astype("<u2").tobytes()


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as read back; benchmarks and tests use it. Columns as in the head of the module."""

    full: bool
    fed: bool
    view: int
    sequence: int
    now_ms: float
    fed_ms: float
    box: Box
    ids: npt.NDArray[np.uint32]
    removed: npt.NDArray[np.uint32]
    longitude_deg: npt.NDArray[np.float64]
    latitude_deg: npt.NDArray[np.float64]
    speed_kmh: npt.NDArray[np.uint8]
    bearing_deg: npt.NDArray[np.float64]
    state: npt.NDArray[np.uint8]


def decode(data: bytes) -> Frame:
    """A frame from its bytes. Raises ``ValueError`` where they are no frame of this version."""
    if len(data) < _HEAD.size or data[0] != VERSION:
        raise ValueError("not a frame of the live map")
    _, flags, view, sequence, n, m, now_ms, fed_ms, west, south, east, north = _HEAD.unpack_from(data)
    if len(data) != _HEAD.size + 11 * n + 4 * m:
        raise ValueError(f"a frame of {n} and {m} vehicles has {_HEAD.size + 11 * n + 4 * m} bytes, not {len(data)}")
    at = _HEAD.size
    columns = []
    for dtype, count in (("<u4", n), ("<u4", m), ("<u2", n), ("<u2", n), ("u1", n), ("u1", n), ("u1", n)):
        column = np.frombuffer(data, dtype, count, at)
        at += column.nbytes
        columns.append(column)
    ids, removed, x, y, speed, bearing, state = columns
    return Frame(
        bool(flags & FULL),
        bool(flags & FED),
        view,
        sequence,
        now_ms,
        fed_ms,
        Box(west, south, east, north),
        ids,
        removed,
        (west + x * ((east - west) / 65535)) / 1e6,
        (south + y * ((north - south) / 65535)) / 1e6,
        speed,
        bearing * (360 / 256),
        state,
    )
