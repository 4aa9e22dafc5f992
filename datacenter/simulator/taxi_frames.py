"""Frames that taxis' terminals send by JT/T 905: positions packed by numpy, the rest by the table codec.

The same names as in ``frames``, so that a terminal takes the one module or the other. A position's body is 25 bytes
and the odometer (0x01). After a blind area 0x0203 carries bare positions.
"""

from collections.abc import Sequence

import numpy as np

from datacenter.protocols.jt808.frame import escape, seal, unescape
from datacenter.protocols.jt905.bits import ALARM_808, STATUS_808, Status
from datacenter.protocols.jt905.header import HEADER, Header
from datacenter.protocols.jt905.messages import BASE_LOCATION, MESSAGES
from datacenter.simulator.fleet import DemoVehicle
from datacenter.simulator.frames import bcd_times

BODY_SIZE = BASE_LOCATION + 6
BATCH_ITEMS = 40
_FIXED_808 = np.uint32(2)

_LAYOUT = np.dtype(
    [
        ("flag", "u1"),
        ("head", "u1", (HEADER - 2,)),
        ("serial", ">u2"),
        ("alarms", ">u4"),
        ("status", ">u4"),
        ("latitude", ">i4"),
        ("longitude", ">i4"),
        ("speed", ">u2"),
        ("bearing", "u1"),
        ("time", "u1", (6,)),
        ("mileage_head", ">u2"),
        ("mileage", ">u4"),
        ("check", "u1"),
        ("end", "u1"),
    ]
)


class PositionFrames:
    """Packs 0x0200 frames; ``columns["taxi_status"]`` has the bits that JT/T 808's word lacks."""

    def __init__(self, vehicles: Sequence[DemoVehicle]) -> None:
        heads = [_head(0x0200, vehicle, 0, BODY_SIZE)[:-2] for vehicle in vehicles]
        self._heads = np.frombuffer(b"".join(heads), np.uint8).reshape(len(vehicles), HEADER - 2)

    def pack(self, who: np.ndarray, serials: np.ndarray, columns: dict[str, np.ndarray]) -> list[bytes]:
        """One frame a row, ready to send."""
        block = np.zeros(len(who), _LAYOUT)
        block["flag"] = block["end"] = 0x7E
        block["head"] = self._heads[who]
        block["serial"] = serials
        latitude, longitude = columns["latitude_e6"], columns["longitude_e6"]
        status = statuses(columns["status"]) | columns["taxi_status"].astype(np.uint32)
        status |= np.where(latitude < 0, np.uint32(Status.SOUTH), np.uint32(0))
        status |= np.where(longitude < 0, np.uint32(Status.WEST), np.uint32(0))
        block["alarms"] = _translated(columns["alarms"], ALARM_808)
        block["status"] = status
        block["latitude"] = (np.abs(latitude) * 3 + 2) // 5
        block["longitude"] = (np.abs(longitude) * 3 + 2) // 5
        block["speed"] = columns["speed_dkmh"]
        block["bearing"] = columns["bearing_deg"] // 2
        block["time"] = bcd_times(columns["time_s"])
        block["mileage_head"] = 0x0104
        block["mileage"] = columns["mileage_hm"]
        raw = block.view(np.uint8).reshape(len(who), _LAYOUT.itemsize)
        raw[:, -2] = np.bitwise_xor.reduce(raw[:, 1:-2], axis=1)
        return [b"\x7e" + escape(row.tobytes()[1:-1]) + b"\x7e" for row in raw]


def statuses(words: np.ndarray) -> np.ndarray:
    """Status words of JT/T 808 as a taxi's terminal says them; loaded is the meter's to say."""
    pairs = tuple(pair for pair in STATUS_808 if pair[0] != Status.LOADED)
    return _translated(words, pairs) | np.where(words & _FIXED_808, np.uint32(0), np.uint32(Status.NO_FIX))


def _translated(words: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    out = np.zeros(len(words), np.uint32)
    for ours, theirs in pairs:
        out |= np.where(words & np.uint32(theirs), np.uint32(ours), np.uint32(0))
    return out


def _head(message_id: int, vehicle: DemoVehicle, serial: int, size: int) -> bytes:
    return Header(message_id, size, vehicle.phone, serial).pack()


def frame(message_id: int, vehicle: DemoVehicle, serial: int, body: bytes) -> bytes:
    """Any message's frame."""
    return seal(_head(message_id, vehicle, serial, len(body)) + body)


def message_frame(message_id: int, vehicle: DemoVehicle, serial: int, /, *values: object) -> bytes:
    """The frame of a message of the table codec, from its fields in order."""
    return frame(message_id, vehicle, serial, MESSAGES.forms[message_id](*values).encode())


def batch(vehicle: DemoVehicle, serial: int, bodies: Sequence[bytes]) -> bytes:
    """0x0203 位置信息补传: the bare positions."""
    return frame(0x0203, vehicle, serial, b"".join(body[:BASE_LOCATION] for body in bodies))


def bodies(sealed: bytes, edition: str = "") -> list[bytes]:
    """Bodies of the positions in a 0x0200 or 0x0203 frame of ours."""
    raw = unescape(sealed[1:-1])
    body = raw[HEADER:-1]
    if raw[:2] == b"\x02\x03":
        return [body[at : at + BASE_LOCATION] for at in range(0, len(body), BASE_LOCATION)]
    return [body]
