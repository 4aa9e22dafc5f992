"""Sees the emergency bit in positions (紧急报警监视).

The gateway looks at once, at the few reports whose bit is set; a shard's worker once more at all that it stores. The
gateway may be killed between a position and its call; the worker's transaction holds both. Its memory is a cache of the
vehicles whose bit is on, so that a batch without any emergency costs one look at a column.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from datacenter.emergencies.workflow import Pressed, let_go, raise_call, vehicles_with_bit
from datacenter.tracks.position import Flag, Positions

EMERGENCY_BIT = 1  # alarm bit 0 of JT/T 808 and of JT/T 905


class Watch:
    """One process's watch. Both calls belong inside one transaction: a worker's with the positions."""

    def __init__(self) -> None:
        self._on: set[int] | None = None

    def forget(self) -> None:
        """A transaction failed: ask the database again."""
        self._on = None

    def concerned(self, positions: Positions) -> list[int]:
        """The rows to look at: of each vehicle its first and newest with the bit, a later one without; mostly none."""
        if self._on is None:
            self._on = vehicles_with_bit()
        pressed = (positions.alarm & EMERGENCY_BIT).astype(np.bool_)
        if not self._on and not pressed.any():
            return []
        return _telling(positions, pressed, self._on)

    def look(self, positions: Positions, rows: list[int]) -> None:
        """Raise, refresh or let go by ``rows``."""
        assert self._on is not None
        for row in rows:
            vehicle_id = int(positions.vehicle_id[row])
            if positions.alarm[row] & EMERGENCY_BIT:
                raise_call(_pressed(positions, row))
                self._on.add(vehicle_id)
            elif let_go(vehicle_id, _device_time(positions, row), _received_at(positions, row)):
                self._on.discard(vehicle_id)


def _telling(positions: Positions, pressed: npt.NDArray[np.bool_], on: set[int]) -> list[int]:
    """See ``concerned``: a button pressed and let go within one batch has to ring all the same."""
    vehicles = np.union1d(positions.vehicle_id[pressed], np.fromiter(on, np.int32, len(on)))
    rows = np.flatnonzero(np.isin(positions.vehicle_id, vehicles))
    rows = rows[np.argsort(positions.device_time[rows], kind="stable")]
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    free: dict[int, int] = {}
    for row in rows.tolist():
        vehicle = int(positions.vehicle_id[row])
        if pressed[row]:
            first.setdefault(vehicle, row)
            last[vehicle] = row
            free.pop(vehicle, None)
        else:
            free[vehicle] = row
    both = [row for vehicle, row in last.items() if row != first[vehicle]]
    return [*first.values(), *both, *free.values()]


def _device_time(positions: Positions, row: int) -> datetime:
    return datetime.fromtimestamp(int(positions.device_time[row]), UTC)


def _received_at(positions: Positions, row: int) -> datetime:
    return datetime.fromtimestamp(int(positions.received_us[row]) / 1e6, UTC)


def _pressed(positions: Positions, row: int) -> Pressed:
    fixed = bool(positions.flags[row] & Flag.LOCATED)
    return Pressed(
        vehicle_id=int(positions.vehicle_id[row]),
        device_time=_device_time(positions, row),
        received_at=_received_at(positions, row),
        latitude_e6=int(positions.latitude_e6[row]) if fixed else None,
        longitude_e6=int(positions.longitude_e6[row]) if fixed else None,
        speed_dkmh=int(positions.speed_dkmh[row]) if fixed else None,
    )
