"""One position of a vehicle, and many of them as columns (位置). WGS-84; units ride in the names."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntFlag

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]


class Flag(IntFlag):
    """What the platform itself knows of a position (``track_position.flags``)."""

    BACKFILL = 1  # came in a 0x0704 of kind 1: stored by the terminal in a blind area
    LOCATED = 2  # the terminal had a fix (status bit 1)
    QUALIFIED = 4  # located, inside China, speed and bearing possible: rules about places may use it


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
