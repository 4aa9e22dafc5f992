"""Frames that terminals send. Positions are packed by numpy, a block at a time; the rest by the table codec.

A position's body here is 28 bytes and three additional items: mileage (0x01), signal (0x30), satellites (0x31). The
tests hold the packed frames equal to the codec's.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from datacenter.protocols.jt808.frame import escape, seal, unescape
from datacenter.protocols.jt808.header import Header
from datacenter.protocols.jt808.messages import MESSAGES
from datacenter.simulator.fleet import DemoVehicle

BODY_SIZE = 40
BATCH_ITEMS = 20  # 20 × (2 + 40) + 3 bytes stay below the 1,023 of one body
_SOUTH, _WEST = np.uint32(4), np.uint32(8)
_SHANGHAI_S = 8 * 3600
_BCD = np.array([tens << 4 | ones for tens in range(10) for ones in range(10)], np.uint8)
_HEAD_SIZES = {"2013": 12, "2019": 17}


def _layout(edition: str) -> np.dtype:
    """A whole frame as one packed record."""
    return np.dtype(
        [
            ("flag", "u1"),
            ("head", "u1", (_HEAD_SIZES[edition] - 2,)),
            ("serial", ">u2"),
            ("alarms", ">u4"),
            ("status", ">u4"),
            ("latitude", ">u4"),
            ("longitude", ">u4"),
            ("altitude", ">u2"),
            ("speed", ">u2"),
            ("bearing", ">u2"),
            ("time", "u1", (6,)),
            ("mileage_head", ">u2"),
            ("mileage", ">u4"),
            ("signal", "u1", (3,)),
            ("satellites", "u1", (3,)),
            ("check", "u1"),
            ("end", "u1"),
        ]
    )


class PositionFrames:
    """Packs 0x0200 frames of terminals of one edition; ``vehicles`` all have it."""

    def __init__(self, edition: str, vehicles: Sequence[DemoVehicle]) -> None:
        self._layout = _layout(edition)
        heads = [_head(0x0200, vehicle, 0, BODY_SIZE)[:-2] for vehicle in vehicles]
        width = _HEAD_SIZES[edition] - 2
        self._heads = np.frombuffer(b"".join(heads), np.uint8).reshape(len(vehicles), width)

    def pack(self, who: np.ndarray, serials: np.ndarray, columns: dict[str, np.ndarray]) -> list[bytes]:
        """One frame a row, ready to send. ``columns`` as in :class:`Positions`; ``who`` are rows of ``vehicles``."""
        block = np.zeros(len(who), self._layout)
        block["flag"] = block["end"] = 0x7E
        block["head"] = self._heads[who]
        block["serial"] = serials
        latitude, longitude = columns["latitude_e6"], columns["longitude_e6"]
        signs = np.where(latitude < 0, _SOUTH, 0) | np.where(longitude < 0, _WEST, 0)
        block["alarms"] = columns["alarms"]
        block["status"] = columns["status"] | signs.astype(np.uint32)
        block["latitude"] = np.abs(latitude)
        block["longitude"] = np.abs(longitude)
        block["altitude"] = columns["altitude_m"]
        block["speed"] = columns["speed_dkmh"]
        block["bearing"] = columns["bearing_deg"]
        block["time"] = bcd_times(columns["time_s"])
        block["mileage_head"] = 0x0104
        block["mileage"] = columns["mileage_hm"]
        block["signal"] = (0x30, 1, 24)
        block["satellites"] = (0x31, 1, 11)
        raw = block.view(np.uint8).reshape(len(who), self._layout.itemsize)
        raw[:, -2] = np.bitwise_xor.reduce(raw[:, 1:-2], axis=1)
        # 0x7d and 0x7e must be escaped; about one frame in six has one.
        marked = np.flatnonzero(((raw[:, 1:-1] - np.uint8(0x7D)) < 2).any(axis=1))
        data, width = raw.tobytes(), self._layout.itemsize
        frames = [data[at : at + width] for at in range(0, len(data), width)]
        for row in marked:
            frames[row] = b"\x7e" + escape(frames[row][1:-1]) + b"\x7e"
        return frames


def bcd_times(time_s: np.ndarray) -> np.ndarray:
    """BCD YYMMDDhhmmss in GMT+8 of seconds since the epoch, shape (n, 6)."""
    days, seconds = np.divmod(time_s + _SHANGHAI_S, 86_400)
    out = np.empty((len(time_s), 6), np.uint8)
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    dates = np.array([_bcd_date(day) for day in range(first, last + 1)], np.uint8)
    out[:, :3] = dates[days - first]
    out[:, 3] = _BCD[seconds // 3600]
    out[:, 4] = _BCD[seconds // 60 % 60]
    out[:, 5] = _BCD[seconds % 60]
    return out


@lru_cache(maxsize=4096)
def _bcd_date(day: int) -> tuple[int, int, int]:
    when = date(1970, 1, 1) + timedelta(days=day)
    return int(_BCD[when.year % 100]), int(_BCD[when.month]), int(_BCD[when.day])


def _head(message_id: int, vehicle: DemoVehicle, serial: int, size: int) -> bytes:
    return Header(message_id, size, vehicle.phone, serial, vehicle.edition).pack()


def frame(message_id: int, vehicle: DemoVehicle, serial: int, body: bytes) -> bytes:
    """Any message's frame."""
    return seal(_head(message_id, vehicle, serial, len(body)) + body)


def message_frame(message_id: int, vehicle: DemoVehicle, serial: int, /, *values: object) -> bytes:
    """The frame of a message of the table codec, from its fields in order."""
    form = MESSAGES.forms[message_id]
    return frame(message_id, vehicle, serial, form(*values).encode(vehicle.edition))


def register(vehicle: DemoVehicle, serial: int) -> bytes:
    """0x0100 终端注册."""
    province, city = int(vehicle.county_code[:2]), int(vehicle.county_code[2:])
    return message_frame(0x0100, vehicle, serial, province, city, vehicle.maker_id, vehicle.model,
                         vehicle.terminal_id, vehicle.plate_colour, vehicle.plate)  # fmt: skip


def authenticate(vehicle: DemoVehicle, serial: int, code: str) -> bytes:
    """0x0102 终端鉴权."""
    more = (f"86{vehicle.index:013d}", "demo-1.0") if vehicle.edition == "2019" else ()
    return message_frame(0x0102, vehicle, serial, code, *more)


def batch(vehicle: DemoVehicle, serial: int, bodies: Sequence[bytes]) -> bytes:
    """0x0704 定位数据批量上传 after a blind area (kind 1)."""
    items = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
    return frame(0x0704, vehicle, serial, len(bodies).to_bytes(2, "big") + b"\x01" + items)


def bodies(sealed: bytes, edition: str) -> list[bytes]:
    """Bodies of the positions in a 0x0200 or 0x0704 frame of ours."""
    raw = unescape(sealed[1:-1])
    body = raw[_HEAD_SIZES[edition] : -1]
    if raw[1] == 0x00:
        return [body]
    found, at = [], 3
    while at < len(body):
        size = int.from_bytes(body[at : at + 2], "big")
        found.append(body[at + 2 : at + 2 + size])
        at += 2 + size
    return found
