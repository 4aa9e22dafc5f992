"""What terminals report next: the demo movement by the clock, or recorded tracks.

A feed hands out positions as columns; the run packs them into frames. Both kinds keep the order of each terminal's
device times.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from datacenter.simulator.draw import draw, share
from datacenter.simulator.fleet import DemoVehicle
from datacenter.simulator.movement import Movement
from datacenter.simulator.replay import Replay
from datacenter.simulator.spot import Spot

LONGEST_BURST = 32
_FIX_COLUMNS = ("time_s", "longitude_e6", "latitude_e6", "speed_dkmh", "bearing_deg", "alarms", "status")


def spots(columns: dict[str, np.ndarray]) -> list[Spot]:
    """Rows of columns as places."""
    rows = zip(*(columns[name].tolist() for name in columns), strict=True)
    return [Spot(**dict(zip(columns, row, strict=True))) for row in rows]


@dataclass(frozen=True, slots=True)
class Handful:
    """Positions of several terminals: ``counts[i]`` rows of ``columns`` belong to terminal ``who[i]``, in order."""

    who: np.ndarray
    counts: np.ndarray
    columns: dict[str, np.ndarray]
    held: np.ndarray | None = None  # true where a terminal keeps its positions for later


class Feed(Protocol):
    """Gives positions by the seconds since the run began."""

    finished: bool
    keeps_all: bool  # whether an unsent position may never be overwritten

    def take(self, now_s: float, room: Callable[[], np.ndarray]) -> Handful | None:
        """What is due by now; ``room()`` says how many more each terminal can hold in its window."""
        ...

    def where(self, rows: np.ndarray, now_s: float) -> list[Spot]:
        """Where these terminals' vehicles are by now, whether they report it or not."""
        ...


class DemoFeed:
    """The demo movement, each vehicle every ``interval_s``, or all together ``rate`` positions a second.

    Where that is more than one a second and vehicle, device times run faster than the clock, a second a position, and
    start so far in the past that they end now: no two positions of a vehicle share a second. Without an end they
    start six hours ago and, once they have caught up, several positions share one second. With ``speedup`` the
    vehicles' clock runs so many times as fast, every ``interval_s`` of it a position, and ends now; nothing is skipped.
    """

    def __init__(
        self,
        vehicles: Sequence[DemoVehicle],
        *,
        interval_s: float,
        rate: float | None,
        duration_s: float,
        started_at_s: float,
        speedup: float = 1.0,
    ) -> None:
        count = len(vehicles)
        self.finished = False
        self._movement = Movement(vehicles)
        self._period_s = count / rate if rate else interval_s / speedup
        self._speedup = speedup
        self.keeps_all = speedup > 1
        self._burst = min(LONGEST_BURST, math.ceil(1 / self._period_s)) if self._period_s < 1 else 1
        self._serve_s = self._burst * self._period_s
        self._duration_s = duration_s
        self._started_at_s = started_at_s - (duration_s + self._serve_s) * (speedup - 1)
        self._stretch = max(1.0, 1 / self._period_s) if speedup == 1 else 1.0
        self._step_s = self._period_s * self._stretch * speedup  # from one position to the next, by the vehicle's clock
        self._handed_s = np.zeros(count)  # the newest position's time
        ahead = duration_s * (self._stretch - 1) + self._burst if duration_s else 6 * 3600.0
        self._begins_s = math.floor(started_at_s - ahead)
        self._number = np.zeros(count, np.int64)  # of the next position, where a second is given to each
        # Even over the time between two servings, in an order that has nothing to do with kinds or companies.
        order = np.argsort([draw("order", vehicle.index) for vehicle in vehicles])
        self._due_s = np.empty(count)
        self._due_s[order] = np.arange(count) / count * self._serve_s
        self._mileage_m = np.array([share("mileage", vehicle.index) * 2e8 for vehicle in vehicles])

    def take(self, now_s: float, room: Callable[[], np.ndarray]) -> Handful | None:
        if self._duration_s and now_s >= self._duration_s:
            now_s = math.nextafter(self._duration_s, 0.0)  # what is due at the very end is no more
            if self._speedup == 1 or not (self._due_s <= now_s).any():
                self.finished = True
                return None
        who = np.flatnonzero(self._due_s <= now_s)
        if not len(who):
            return None
        due = self._due_s[who]
        self._due_s[who] = due + self._serve_s
        # After a long stall (a stopped process) the missed servings are skipped, not sent all at once.
        late = now_s - self._due_s[who] > 5 * self._serve_s + 5.0
        if self._speedup == 1:
            self._due_s[who[late]] = now_s
        times = due[:, None] + np.arange(self._burst) * self._period_s
        when = self._started_at_s + times * self._speedup
        self._handed_s[who] = when[:, -1]
        if self._stretch > 1:
            numbers = self._number[who][:, None] + np.arange(self._burst)
            self._number[who] += self._burst
            when = np.minimum(self._begins_s + numbers + 0.5, when)
        rows = np.repeat(who, self._burst)
        fixes = self._movement.at(rows, when.ravel())
        silent = fixes.silent.reshape(len(who), self._burst)[:, -1]
        step_m = fixes.speed_dkmh.reshape(len(who), self._burst) / 36 * self._step_s
        mileage = self._mileage_m[who][:, None] + np.cumsum(step_m, axis=1)
        self._mileage_m[who] = mileage[:, -1]
        altitude = 4 + np.arange(self._burst) * (self._stretch > 1)
        columns = {
            "time_s": fixes.time_s,
            "longitude_e6": fixes.longitude_e6,
            "latitude_e6": fixes.latitude_e6,
            "speed_dkmh": fixes.speed_dkmh,
            "bearing_deg": fixes.bearing_deg,
            "alarms": fixes.alarms,
            "status": fixes.status,
            "altitude_m": np.tile(altitude, len(who)),
            "mileage_hm": (mileage.ravel() / 100).astype(np.int64),
        }
        counts = np.full(len(who), self._burst)
        if silent.any():
            here = silent != 1
            kept = np.repeat(here, self._burst)
            columns = {name: column[kept] for name, column in columns.items()}
            return Handful(who[here], counts[here], columns, held=silent[here] == 2)
        return Handful(who, counts, columns)

    def where(self, rows: np.ndarray, now_s: float) -> list[Spot]:
        """By the movement, never before the newest position; by ``rate``, at the time of the next one."""
        when = np.full(len(rows), self._started_at_s + now_s * self._speedup)
        if self._speedup > 1:
            when = np.maximum(when, self._handed_s[rows])
        if self._stretch > 1:
            when = np.minimum(self._begins_s + self._number[rows] + 0.5, when)
        fixes = self._movement.at(rows, when)
        columns = {name: getattr(fixes, name) for name in _FIX_COLUMNS} | {"silent": fixes.silent > 0}
        columns["altitude_m"] = np.full(len(rows), 4)
        columns["mileage_hm"] = (self._mileage_m[rows] / 100).astype(np.int64)
        return spots(columns)


class TrackFeed:
    """Recorded tracks, every fix once: by their own clock (``speedup`` times), at a rate, or as acknowledged."""

    keeps_all = True

    def __init__(self, replay: Replay, *, speedup: float = 1.0, rate: float | None, as_acknowledged: bool) -> None:
        self._replay = replay
        self._as_acknowledged = as_acknowledged
        self.finished = not len(replay)
        self._next = replay.starts.copy()
        if as_acknowledged:
            return
        if rate:
            self._order = np.argsort(replay.original_s, kind="stable")
            self._due_s = np.arange(len(replay)) / rate
        else:
            self._order = np.argsort(replay.due_s, kind="stable")
            self._due_s = replay.due_s[self._order] / speedup
        self._handed = 0

    def take(self, now_s: float, room: Callable[[], np.ndarray]) -> Handful | None:
        if self._as_acknowledged:
            return self._fill(room())
        until = int(np.searchsorted(self._due_s, now_s, side="right"))
        if until == self._handed:
            return None
        rows = self._order[self._handed : until]
        self._handed = until
        self.finished = until == len(self._replay)
        rows = np.sort(rows)  # by terminal, then time: as the replay is ordered
        who, counts = np.unique(self._replay.who[rows], return_counts=True)
        self._next[who] += counts
        return Handful(who, counts, self._replay.columns(rows))

    def _fill(self, room: np.ndarray) -> Handful | None:
        counts = np.minimum(room, self._replay.ends - self._next)
        who = np.flatnonzero(counts > 0)
        if not len(who):
            return None
        counts = counts[who]
        first = np.repeat(self._next[who] - (np.cumsum(counts) - counts), counts)
        rows = first + np.arange(counts.sum())
        self._next[who] += counts
        self.finished = bool((self._next == self._replay.ends).all())
        return Handful(who, counts, self._replay.columns(rows))

    def where(self, rows: np.ndarray, now_s: float) -> list[Spot]:
        """The position that was handed out last; before the first, the first."""
        last = np.clip(self._next[rows] - 1, self._replay.starts[rows], None)
        return spots(self._replay.columns(np.minimum(last, len(self._replay) - 1)))
