"""One position of a vehicle, and many of them as columns (位置). WGS-84; units ride in the names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntFlag

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]
OWN_WORDS = b"\xff\x08"
"""Head of the item in front of a taxi row's extras: its alarm and its status word as JT/T 905 has them, 8 bytes."""


class Flag(IntFlag):
    """What the platform itself knows of a position (``track_position.flags``)."""

    BACKFILL = 1  # came in a 0x0704 of kind 1: stored by the terminal in a blind area
    LOCATED = 2  # the terminal had a fix (status bit 1)
    QUALIFIED = 4  # located, inside China, speed and bearing possible: rules about places may use it
    # What only JT/T 905 says; alarm and status words of such a row are translated to those of JT/T 808.
    TAXI = 8  # came in a report of JT/T 905: the next seven bits mean something
    OUT_OF_OPERATION = 16  # 停运
    BOOKED = 32  # 预约（任务车）
    PICK_UP = 64  # 空转重: this report is where passengers got in
    DROP_OFF = 128  # 重转空: this report is where they got out
    LOADED = 256  # 重车: loaded and metered, the standard has one bit for both
    METER_FAULT = 512  # 计价器故障
    METER_CLOCK = 1024  # 计价器时钟超差


@dataclass(frozen=True, slots=True)
class Positions:
    """Positions of many vehicles, one row each, every column of shape (n,).

    ``device_time`` is unix seconds, ``received_us`` unix microseconds; ``alarm`` and ``status`` are the wire's 32 bits;
    ``mileage_dkm`` is -1 where the terminal sent none.
    """

    vehicle_id: npt.NDArray[np.int32]
    device_time: npt.NDArray[np.int64]
    body_hash: npt.NDArray[np.int64]
    received_us: npt.NDArray[np.int64]
    latitude_e6: npt.NDArray[np.int32]
    longitude_e6: npt.NDArray[np.int32]
    speed_dkmh: npt.NDArray[np.int32]
    bearing_deg: npt.NDArray[np.int32]
    altitude_m: npt.NDArray[np.int32]
    alarm: npt.NDArray[np.uint32]
    status: npt.NDArray[np.uint32]
    mileage_dkm: npt.NDArray[np.int64]
    flags: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.vehicle_id)

    def take(self, rows: Array | slice) -> Positions:
        """The rows that ``rows`` (indexes, mask or slice) picks."""
        return Positions(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def empty() -> Positions:
        """No positions."""
        return Positions(*(np.empty(0, dtype) for dtype in DTYPES.values()))

    @staticmethod
    def join(parts: list[Positions]) -> Positions:
        """All rows of ``parts``, in their order."""
        if not parts:
            return Positions.empty()
        return Positions(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Positions)))


DTYPES: dict[str, type[np.generic]] = {
    "vehicle_id": np.int32,
    "device_time": np.int64,
    "body_hash": np.int64,
    "received_us": np.int64,
    "latitude_e6": np.int32,
    "longitude_e6": np.int32,
    "speed_dkmh": np.int32,
    "bearing_deg": np.int32,
    "altitude_m": np.int32,
    "alarm": np.uint32,
    "status": np.uint32,
    "mileage_dkm": np.int64,
    "flags": np.int16,
}
