"""Location bodies built again from their columns (位置信息体重建), so that the archive need not keep fingerprints.

A fingerprint is eight bytes that no compression makes smaller, and a function of the body; the body is one of the
columns and the raw extras. Where that does not hold (a terminal that set reserved bits, say), the stored one is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from datacenter.protocols.jt808.batch import SPARE
from datacenter.protocols.jt808.bodyhash import body_hashes
from datacenter.tracks.position import OWN_WORDS, Flag, Positions

# JT/T 808-2019 8.12 and JT/T 905.2-2014 0x0200: what stands in front of the items.
_PLAIN = np.dtype(
    [("alarm", ">u4"), ("status", ">u4"), ("latitude", ">u4"), ("longitude", ">u4"), ("altitude", ">u2"),
     ("speed", ">u2"), ("bearing", ">u2"), ("time", "u1", 6)]
)  # fmt: skip
_TAXI = np.dtype(
    [("words", "u1", 8), ("latitude", ">u4"), ("longitude", ">u4"), ("speed", ">u2"), ("bearing", "u1"),
     ("time", "u1", 6)]
)  # fmt: skip
_OWN = len(OWN_WORDS) + 8
_BCD = np.array([tens << 4 | ones for tens in range(10) for ones in range(10)], np.uint8)


def fingerprints(positions: Positions, extras: pa.BinaryArray) -> npt.NDArray[np.int64]:
    """What ``body_hash`` would be if each body were the one that its columns and extras say, shape (n,)."""
    starts, lengths, tails = spread(extras)
    taxi = (positions.flags & Flag.TAXI) != 0
    if taxi.any():
        room = np.concatenate((tails, np.zeros(_OWN, np.uint8)))
        taxi &= (lengths >= _OWN) & (room[starts] == OWN_WORDS[0]) & (room[starts + 1] == OWN_WORDS[1])
    found = np.empty(len(positions), np.int64)
    for rows, build, skip in ((~taxi, _plain, 0), (taxi, _taxi, _OWN)):
        at = np.flatnonzero(rows)
        if len(at):
            some = positions.take(at) if len(at) < len(positions) else positions
            heads = build(some, tails, starts[at])
            found[at] = _hashes(heads, tails, starts[at] + skip, lengths[at] - skip)
    return found


def spread(extras: pa.BinaryArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each row's bytes begin, how many they are, and the bytes."""
    _, offsets, data = extras.buffers()
    ends = np.frombuffer(offsets, np.int32, len(extras) + 1, extras.offset * 4).astype(np.int64)
    whole = np.frombuffer(data, np.uint8) if data is not None and len(data) else np.zeros(0, np.uint8)
    return ends[:-1] - ends[0], np.diff(ends), whole[ends[0] : ends[-1]]


def _plain(positions: Positions, tails: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    heads = np.zeros(len(positions), _PLAIN)
    heads["alarm"], heads["status"] = positions.alarm, positions.status
    heads["latitude"], heads["longitude"] = np.abs(positions.latitude_e6), np.abs(positions.longitude_e6)
    heads["altitude"], heads["speed"] = positions.altitude_m & 0xFFFF, positions.speed_dkmh & 0xFFFF
    heads["bearing"] = positions.bearing_deg & 0xFFFF
    heads["time"] = _bcd(positions.device_time)
    return heads


def _taxi(positions: Positions, tails: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    heads = np.zeros(len(positions), _TAXI)
    heads["words"] = tails[(at + len(OWN_WORDS))[:, None] + np.arange(8)]
    for name, degrees_e6 in (("latitude", positions.latitude_e6), ("longitude", positions.longitude_e6)):
        # The decoder's (5 x + 1) // 3 backwards: of three consecutive numbers one at most is a multiple of five.
        heads[name] = np.abs((degrees_e6.astype(np.int64) * 3 + 2) // 5)
    heads["speed"], heads["bearing"] = positions.speed_dkmh & 0xFFFF, (positions.bearing_deg // 2) & 0xFF
    heads["time"] = _bcd(positions.device_time)
    return heads


def _bcd(device_time: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Unix seconds as the wire spells them: YYMMDDhhmmss of GMT+8, two digits a byte."""
    local = device_time + 8 * 3600
    days, second = np.divmod(local, 86_400)
    date = days.astype("datetime64[D]")
    months = date.astype("datetime64[M]")
    year, month = np.divmod(months.astype(np.int64), 12)
    parts = (
        (year + 1970) % 100, month + 1, (date - months).astype(np.int64) + 1,
        second // 3600, second // 60 % 60, second % 60,
    )  # fmt: skip
    return np.stack([_BCD[part] for part in parts], axis=1)


def _hashes(
    heads: npt.NDArray[Any],
    tails: npt.NDArray[np.uint8],
    at: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Fingerprints of each head with its tail behind it."""
    count, width = len(heads), heads.dtype.itemsize
    sizes = lengths + width
    starts = np.cumsum(sizes) - sizes
    buffer = np.zeros(int(sizes.sum()) + SPARE, np.uint8)
    buffer[starts[:, None] + np.arange(width)] = heads.view(np.uint8).reshape(count, width)
    if total := int(lengths.sum()):
        inside = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        buffer[np.repeat(starts + width, lengths) + inside] = tails[np.repeat(at, lengths) + inside]
    return body_hashes(buffer, starts, sizes)
