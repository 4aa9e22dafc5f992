"""Where every vehicle is now (实时车队), as numpy arrays in the web process; what an open map shows of them.

A ``Fleet`` has one slot a vehicle, ordered by vehicle id. It is fed with ``LIVE`` records and with the latest rows of
the tracks; both go through ``absorb``, where the newer report wins. A ``View`` is what one open map asked for:
scope, filters, viewport. Rules: nothing here loops over vehicles in Python, and a vehicle outside a view's scope never
reaches its frames (live arrays don't pass through SQL, so the scope is checked here: DESIGN §7).

Reports are ordered by the earlier of device time and time of receipt, so that a terminal whose clock runs ahead can't
freeze its vehicle on the map. Feeding the arrays is ``feed.py``'s, bytes are ``frames.py``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from datacenter.accounts.scope import NOTHING, Scope
from datacenter.tracks.position import Flag
from datacenter.tracks.words import ALARM_MASK

BoolArray = npt.NDArray[np.bool_]
Slots = npt.NDArray[np.intp]

MOVING_DKMH = 50  # slower is standing: receivers drift at a few km/h
OFFLINE_AFTER_S = 600  # nothing received for so long


class VehicleState(IntEnum):
    """What a vehicle is doing (车辆状态). Offline hides an alarm; an alarm hides moving or stopped."""

    OFFLINE = 0
    STOPPED = 1
    MOVING = 2
    ALARM = 3

    @property
    def word(self) -> str:
        return STATE_WORDS[self]

    @property
    def code(self) -> str:
        """The name used on the wire, in the address of a page and in style sheets."""
        return self.name.lower()


STATE_WORDS = {
    VehicleState.OFFLINE: "离线",
    VehicleState.STOPPED: "停车",
    VehicleState.MOVING: "行驶",
    VehicleState.ALARM: "报警",
}


def states_of(speed_dkmh: Any, alarm: Any, received_us: Any, now_us: int) -> npt.NDArray[np.uint8]:
    """The ``VehicleState`` of each vehicle, from the columns of its last report."""
    state = np.where(np.asarray(speed_dkmh) >= MOVING_DKMH, VehicleState.MOVING, VehicleState.STOPPED).astype(np.uint8)
    state[(np.asarray(alarm) & np.uint32(ALARM_MASK)) != 0] = VehicleState.ALARM
    state[np.asarray(received_us) < now_us - OFFLINE_AFTER_S * 1_000_000] = VehicleState.OFFLINE
    return state


class Roll(NamedTuple):
    """The registry as the map needs it: one row a vehicle, ordered by id; codes are indexes into the tuples."""

    vehicle_id: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int16]
    county: npt.NDArray[np.int16]
    company_id: npt.NDArray[np.int64]
    plate: npt.NDArray[np.str_]
    kinds: tuple[str, ...]
    counties: tuple[str, ...]

    @staticmethod
    def of(rows: Sequence[tuple[int, str, str, int, str]]) -> Roll:
        """From rows of (id, kind, county, company, plate) in any order."""
        rows = sorted(rows)
        kinds = tuple(sorted({row[1] for row in rows}))
        counties = tuple(sorted({row[2] for row in rows}))
        kind_of = {code: index for index, code in enumerate(kinds)}
        county_of = {code: index for index, code in enumerate(counties)}
        return Roll(
            np.array([row[0] for row in rows], np.int32),
            np.array([kind_of[row[1]] for row in rows], np.int16),
            np.array([county_of[row[2]] for row in rows], np.int16),
            np.array([row[3] for row in rows], np.int64),
            np.array([row[4] for row in rows], "U12"),
            kinds,
            counties,
        )

    def same_as(self, other: Roll) -> bool:
        """Whether nothing of it has changed."""
        return (
            self.kinds == other.kinds
            and self.counties == other.counties
            and all(
                np.array_equal(np.asarray(mine), np.asarray(theirs))
                for mine, theirs in zip(self[:5], other[:5], strict=True)
            )
        )


_LIVE_COLUMNS: dict[str, Any] = {
    "latitude_e6": np.int32,
    "longitude_e6": np.int32,
    "speed_dkmh": np.int32,
    "bearing_deg": np.int32,
    "alarm": np.uint32,
    "status": np.uint32,
    "flags": np.uint16,
    "device_time": np.int64,  # of the newest report, unix seconds
    "order": np.int64,  # the earlier of device time and time of receipt, unix seconds: the newer report wins
    "received_us": np.int64,  # of the last report of any age, unix microseconds
}


class Fleet:
    """Every vehicle's last report, by slot. ``generation`` counts changes of the registry: slots don't outlive it."""

    latitude_e6: npt.NDArray[np.int32]
    longitude_e6: npt.NDArray[np.int32]
    speed_dkmh: npt.NDArray[np.int32]
    bearing_deg: npt.NDArray[np.int32]
    alarm: npt.NDArray[np.uint32]
    status: npt.NDArray[np.uint32]
    flags: npt.NDArray[np.uint16]
    device_time: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]
    received_us: npt.NDArray[np.int64]

    def __init__(self, roll: Roll | None = None) -> None:
        self.roll = roll or Roll.of([])
        self.generation = 0
        self.tick = 1
        self.unknown = 0  # reports of vehicles that are in no roll: the registry has changed
        self.fed_us = 0  # time of receipt of the newest report
        self._make()

    def __len__(self) -> int:
        return len(self.roll.vehicle_id)

    def _make(self) -> None:
        size = len(self)
        for name, dtype in _LIVE_COLUMNS.items():
            setattr(self, name, np.zeros(size, dtype))
        self.located = np.zeros(size, np.bool_)
        self.state = np.full(size, VehicleState.OFFLINE, np.uint8)
        self.changed = np.zeros(size, np.int64)  # the tick at which something shown last changed

    def enrol(self, roll: Roll) -> bool:
        """Take a new registry, keeping what is known of vehicles that stay; false when it is the same."""
        if roll.same_as(self.roll):
            return False
        old = self.slots(roll.vehicle_id)
        known = {name: getattr(self, name) for name in (*_LIVE_COLUMNS, "located", "state")}
        self.roll = roll
        self._make()
        stays = old >= 0
        for name, column in known.items():
            getattr(self, name)[stays] = column[old[stays]]
        self.generation += 1
        return True

    def slots(self, vehicle_ids: npt.NDArray[Any]) -> Slots:
        """The slot of each vehicle id, -1 where there is none."""
        ids = self.roll.vehicle_id
        if not len(ids):
            return np.full(len(vehicle_ids), -1, np.intp)
        found = np.minimum(np.searchsorted(ids, vehicle_ids), len(ids) - 1)
        return np.where(ids[found] == vehicle_ids, found, -1)

    def absorb(self, reports: Any) -> None:
        """Take reports: ``LIVE`` records or ``Positions`` with at most one row a vehicle.

        A report without a fix keeps the last place; one older than what is known only says that the terminal lives.
        """
        slots = self.slots(reports_column(reports, "vehicle_id"))
        known = slots >= 0
        self.unknown += int(len(slots) - np.count_nonzero(known))
        slots = slots[known]
        if not len(slots):
            return
        take = {name: reports_column(reports, name)[known] for name in _LIVE_COLUMNS if name != "order"}
        take["order"] = np.minimum(take["device_time"], take["received_us"] // 1_000_000)
        self.received_us[slots] = np.maximum(self.received_us[slots], take["received_us"])
        self.fed_us = max(self.fed_us, int(take["received_us"].max()))

        newer = take["order"] >= self.order[slots]
        slots, take = slots[newer], {name: column[newer] for name, column in take.items()}
        fixed = (take["flags"] & Flag.LOCATED) != 0
        moved = np.zeros(len(slots), np.bool_)
        for name in ("latitude_e6", "longitude_e6", "speed_dkmh", "bearing_deg"):
            now = np.where(fixed, take.pop(name), getattr(self, name)[slots])
            moved |= now != getattr(self, name)[slots]
            getattr(self, name)[slots] = now
        self.located[slots] |= fixed
        for name in ("alarm", "status", "flags", "device_time", "order"):
            getattr(self, name)[slots] = take[name]
        self.changed[slots[moved]] = self.tick

    def advance(self, now_us: int) -> None:
        """Close a tick: say of every vehicle what it is doing now. Frames made after it show what it says."""
        state = states_of(self.speed_dkmh, self.alarm, self.received_us, now_us)
        self.changed[state != self.state] = self.tick
        self.state = state
        self.tick += 1

    def within(self, scope: Scope) -> BoolArray:
        """Which slots a scope sees."""
        size = len(self)
        if scope.level == "city":
            return np.ones(size, np.bool_)
        if scope.level == "county" and scope.id in self.roll.counties:
            return np.asarray(self.roll.county == self.roll.counties.index(scope.id))
        if scope.level == "company" and scope.id.isdigit():
            return np.asarray(self.roll.company_id == int(scope.id))
        if scope.level == "vehicle" and scope.id.isdigit():
            return np.asarray(self.roll.vehicle_id == int(scope.id))
        return np.zeros(size, np.bool_)


def reports_column(reports: Any, name: str) -> npt.NDArray[Any]:
    """A column of ``LIVE`` records or of ``Positions``."""
    return reports[name] if isinstance(reports, np.ndarray) else getattr(reports, name)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a map shows (筛选); an empty tuple or text leaves that out of account."""

    kinds: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    companies: tuple[int, ...] = ()
    states: tuple[VehicleState, ...] = ()
    plate: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A viewport in 1e-6 degree, WGS-84."""

    west_e6: int
    south_e6: int
    east_e6: int
    north_e6: int


WORLD = Box(-180_000_000, -90_000_000, 180_000_000, 90_000_000)


@dataclass(slots=True)
class Delta:
    """What a map has to change: slots to draw (anew) and ids to take away. ``full``: everything else goes too."""

    full: bool
    update: Slots
    remove: npt.NDArray[np.int32]


@dataclass
class View:
    """One open map: what it may see, what it asked to see, and what it shows."""

    scope: Scope = NOTHING
    filters: Filters = Filters()
    box: Box = WORLD
    _generation: int = -1
    _seen: int = 0
    _fresh: bool = True
    _allowed: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))
    _parts: dict[str, BoolArray] = field(default_factory=dict)
    _shown: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))

    def ask(self, *, filters: Filters, box: Box) -> None:
        """Look elsewhere, or at other vehicles; the next frame is a full one."""
        self.filters, self.box = filters, box
        self._generation = -1
        self.restart()

    def restart(self) -> None:
        """Forget what the map shows: the next frame is a full one."""
        self._fresh = True

    def may_see(self, fleet: Fleet, slot: int) -> bool:
        """Whether the vehicle in ``slot`` is inside the scope."""
        self._follow(fleet)
        return bool(self._allowed[slot])

    def delta(self, fleet: Fleet) -> Delta:
        """What to change since the last delta; it is taken as delivered."""
        self._follow(fleet)
        box = self.box
        visible = (
            self._allowed
            & fleet.located
            & (fleet.longitude_e6 >= box.west_e6)
            & (fleet.longitude_e6 <= box.east_e6)
            & (fleet.latitude_e6 >= box.south_e6)
            & (fleet.latitude_e6 <= box.north_e6)
        )
        for part in self._parts.values():
            visible &= part
        if self.filters.states:
            visible &= self._in_states(fleet)
        full = self._fresh
        if full:
            update, gone = np.flatnonzero(visible), np.empty(0, np.intp)
        else:
            update = np.flatnonzero(visible & (~self._shown | (fleet.changed > self._seen)))
            gone = np.flatnonzero(self._shown & ~visible)
        self._shown, self._seen, self._fresh = visible, fleet.tick - 1, False
        return Delta(full, update, fleet.roll.vehicle_id[gone])

    def counts(self, fleet: Fleet) -> dict[str, Any]:
        """How many vehicles each choice of each filter would show, the other filters standing (not the viewport).

        Kinds, counties and companies as [online, all]; companies with nobody online are left out.
        """
        self._follow(fleet)
        roll, online = fleet.roll, fleet.state != VehicleState.OFFLINE
        in_states = self._in_states(fleet) if self.filters.states else np.ones(len(fleet), np.bool_)

        def standing(without: str) -> BoolArray:
            mask = self._allowed.copy() if without == "states" else self._allowed & in_states
            for name, part in self._parts.items():
                if name != without:
                    mask &= part
            return mask

        def tally(codes: npt.NDArray[Any], names: tuple[str, ...], mask: BoolArray) -> dict[str, list[int]]:
            total = np.bincount(codes[mask], minlength=len(names))
            live = np.bincount(codes[mask & online], minlength=len(names))
            return {name: [int(live[i]), int(total[i])] for i, name in enumerate(names) if total[i]}

        by_state = np.bincount(fleet.state[standing("states")], minlength=len(VehicleState))
        companies, live = np.unique(roll.company_id[standing("companies") & online], return_counts=True)
        return {
            "states": {state.code: int(by_state[state]) for state in VehicleState},
            "kinds": tally(roll.kind, roll.kinds, standing("kinds")),
            "counties": tally(roll.county, roll.counties, standing("counties")),
            "companies": dict(zip(map(str, companies.tolist()), live.tolist(), strict=True)),
            "all": int(np.count_nonzero(self._allowed)),
            "unlocated": int(np.count_nonzero(self._allowed & ~fleet.located)),
        }

    def _in_states(self, fleet: Fleet) -> BoolArray:
        return np.isin(fleet.state, np.array(self.filters.states, np.uint8))

    def _follow(self, fleet: Fleet) -> None:
        """Masks of scope and filters, made again when either or the registry has changed."""
        if self._generation == fleet.generation and len(self._allowed) == len(fleet):
            return
        roll, filters = fleet.roll, self.filters
        self._allowed = fleet.within(self.scope)
        self._parts = {}
        if filters.kinds:
            self._parts["kinds"] = np.isin(roll.kind, _indexes(filters.kinds, roll.kinds))
        if filters.counties:
            self._parts["counties"] = np.isin(roll.county, _indexes(filters.counties, roll.counties))
        if filters.companies:
            self._parts["companies"] = np.isin(roll.company_id, np.array(filters.companies, np.int64))
        if filters.plate:
            self._parts["plate"] = np.char.find(roll.plate, filters.plate.upper()) >= 0
        if len(self._shown) != len(fleet) or self._generation not in (-1, fleet.generation):
            self._shown = np.zeros(len(fleet), np.bool_)
            self._fresh = True  # slots mean other vehicles now
        self._generation = fleet.generation


def _indexes(chosen: Sequence[str], names: tuple[str, ...]) -> npt.NDArray[np.int16]:
    return np.array([names.index(code) for code in chosen if code in names], np.int16)
