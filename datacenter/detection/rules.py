"""A detector with the limits in force (判定规则): its base, and rows for some vehicles, places or times beside it.

Which row judges a position follows from the position alone: its vehicle's kind, county and company, where and when it
was. So live, replay and re-detection choose the same one. The order stands in ``WEIGHTS`` and nowhere else: the most
specific row wins, of equals the newest; what a row does not say comes from the base.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.detection.batch import Batch, Context, Zone, of_vehicles
from datacenter.detection.catalogue import BoolArray, Detector, Events, IntArray, Measure
from datacenter.tracks.position import Flag, Positions

# How specific each condition makes a row; each outweighs all below it together.
WEIGHTS = {"zone": 16, "hours": 8, "company": 4, "county": 2, "kind": 1}
EVERY_DAY = 0b1111111
EVER = 2**62
_SHANGHAI_S = 8 * 3600  # UTC+8, without daylight saving since 1991
_DAY_S = 86_400
_THURSDAY = 3  # 1970-01-01
SHADOW = "~shadow"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """Limits for some vehicles, places or times (判定参数行); a condition that is None holds for all.

    ``hours`` are seconds of the day in Asia/Shanghai, from and before; over midnight where the first is later, and then
    ``weekdays`` (bit 0 Monday) speaks of the day on which it began. ``valid_from`` <= device time < ``valid_until``.
    """

    id: int
    limits: Any
    kind: int | None = None
    county: int | None = None
    company: int | None = None
    zone: Zone | None = None
    hours: tuple[int, int] | None = None
    weekdays: int = EVERY_DAY
    valid_from: int = 0
    valid_until: int = EVER
    shadow: bool = False
    source: str = ""

    @property
    def timed(self) -> bool:
        """Whether it is for some hours or days of the week only."""
        return self.hours is not None or self.weekdays != EVERY_DAY

    @property
    def of_vehicles_alone(self) -> bool:
        """Whether it follows from the vehicle alone while it is valid."""
        return self.zone is None and not self.timed

    @property
    def weight(self) -> int:
        """How specific it is."""
        said = {
            "zone": self.zone is not None,
            "hours": self.timed,
            "company": self.company is not None,
            "county": self.county is not None,
            "kind": self.kind is not None,
        }
        return sum(WEIGHTS[name] for name, is_said in said.items() if is_said)

    def concerns(self, vehicle_ids: npt.NDArray[Any], context: Context) -> BoolArray:
        """Which vehicles it is for, wherever and whenever they are."""
        holds = np.ones(len(vehicle_ids), np.bool_)
        asked = ((self.kind, context.kind_of), (self.county, context.county_of), (self.company, context.company_of))
        for wanted, column in asked:
            if wanted is not None:
                holds &= of_vehicles(column, vehicle_ids) == wanted
        return holds

    def applies(self, positions: Positions, context: Context) -> BoolArray:
        """Which positions it judges where no more specific row does."""
        time = positions.device_time
        holds = (time >= self.valid_from) & (time < self.valid_until)
        holds &= self.concerns(positions.vehicle_id, context)
        if self.timed:
            holds &= self._in_hours(time)
        if self.zone is not None and holds.any():
            holds &= _inside(self.zone, positions)
        return holds

    def _in_hours(self, time: IntArray) -> BoolArray:
        local = time + _SHANGHAI_S
        second, day = local % _DAY_S, local // _DAY_S
        holds = np.ones(len(time), np.bool_)
        if self.hours is not None:
            since, until = self.hours
            if since < until:
                holds = (second >= since) & (second < until)
            else:
                holds = (second >= since) | (second < until)
                day = np.where(second < until, day - 1, day)
        return holds & ((self.weekdays >> ((day + _THURSDAY) % 7)) & 1).astype(np.bool_)


def _inside(zone: Zone, positions: Positions) -> BoolArray:
    """Positions in the zone; a doubtful place is in none."""
    from shapely import contains_xy

    west, south, east, north = (round(edge * 1e6) for edge in zone.bounds)
    inside = (positions.longitude_e6 >= west) & (positions.longitude_e6 <= east)
    inside &= (positions.latitude_e6 >= south) & (positions.latitude_e6 <= north)
    inside &= (positions.flags & Flag.QUALIFIED) != 0
    rows = np.flatnonzero(inside)
    if len(rows):
        places = positions.longitude_e6[rows] * 1e-6, positions.latitude_e6[rows] * 1e-6
        inside[rows] = contains_xy(zone.shape, *places)
    return inside


@dataclass(frozen=True, slots=True)
class Rule:
    """A detector with the limits in force; ``shadow`` runs beside that one and opens no case (试运行).

    A shadow rule judges as if its shadow rows were in force, and only the vehicles that they are for; without any it
    tries the detector as a whole.
    """

    detector: Detector
    limits: Any  # the base
    measures: dict[str, Measure]
    rows: tuple[LimitRow, ...] = ()
    shadow: bool = False

    @property
    def key(self) -> str:
        """What the engine and the episodes know it by: the detector's code, marked where it only tries."""
        return self.detector.code + (SHADOW if self.shadow else "")

    @property
    def variants(self) -> list[Any]:
        """The base and every row's limits."""
        return [self.limits, *(row.limits for row in self.rows)]

    @property
    def reach_s(self) -> int:
        """How far apart two positions may be at most and still belong to one episode."""
        return int(max(max(limits.forgiven_gap_s, limits.silence_s) for limits in self.variants))

    @property
    def forgiven_gap_s(self) -> int:
        """The longest gap that any of its limits forgives."""
        return int(max(limits.forgiven_gap_s for limits in self.variants))

    @property
    def lasting_s(self) -> int:
        """The longest that any of its limits asks an episode to last."""
        return int(max(limits.lasting_s for limits in self.variants))

    def row(self, number: int) -> LimitRow | None:
        """The row of this number, None for the base."""
        return next((row for row in self.rows if row.id == number), None)

    def concerned(self, vehicle_ids: npt.NDArray[Any], context: Context) -> BoolArray | None:
        """Which vehicles it judges at all; None: every one."""
        tried = [row for row in self.rows if row.shadow]
        if not self.shadow or not tried:
            return None
        holds = np.zeros(len(vehicle_ids), np.bool_)
        for row in tried:
            holds |= row.concerns(vehicle_ids, context)
        return holds


class Chooser:
    """Chooses the row for each of many positions, remembering what follows from the vehicle alone."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.rows = sorted(rule.rows, key=lambda row: (row.weight, row.id))  # a later one wins
        self.variants = [rule.limits, *(row.limits for row in self.rows)]
        self.ids: IntArray = np.array([0, *(row.id for row in self.rows)], np.int64)
        self.lasting_s: IntArray = np.array([limits.lasting_s for limits in self.variants], np.int64)
        self.forgiven_gap_s = rule.forgiven_gap_s
        self._differing: dict[str, Any] = {}
        self._broadcasts = rule.detector.broadcasts and self._lay_out()
        self._number = {int(number): index for index, number in enumerate(self.ids)}
        self._of_vehicle: dict[tuple[int, ...], IntArray] = {}
        self._context: Context | None = None

    def _lay_out(self) -> bool:
        """Put what differs into columns by variant; False where tables name different kinds and so make none."""
        for name in (one.name for one in fields(self.rule.limits)):
            values = [getattr(limits, name) for limits in self.variants]
            if all(value == values[0] for value in values):
                continue
            if not isinstance(values[0], dict):
                self._differing[name] = np.array(values)
            elif all(value.keys() == values[0].keys() for value in values):
                self._differing[name] = {key: np.array([value[key] for value in values]) for key in values[0]}
            else:
                return False
        return True

    def choose(self, positions: Positions, context: Context) -> IntArray | None:
        """The variant that judges each position, shape (n,); None where the base judges all."""
        if not self.rows or not len(positions):
            return None
        first, last = int(positions.device_time.min()), int(positions.device_time.max())
        alive = [(n, row) for n, row in enumerate(self.rows, 1) if row.valid_from <= last and row.valid_until > first]
        lasting = [(n, row) for n, row in alive if row.of_vehicles_alone]
        chosen = np.zeros(len(positions), np.int64)
        if all(row.valid_from <= first and row.valid_until > last for _, row in lasting):
            if lasting:
                of_vehicle = self._by_vehicle(tuple(n for n, _ in lasting), context)
                chosen = of_vehicle[np.minimum(positions.vehicle_id, len(of_vehicle) - 1)]
            alive = [(n, row) for n, row in alive if not row.of_vehicles_alone]  # all of these weigh more
        for number, row in alive:
            chosen[row.applies(positions, context)] = number
        return chosen if chosen.any() else None

    def _by_vehicle(self, numbers: tuple[int, ...], context: Context) -> IntArray:
        """For each vehicle id what the rows ``numbers`` come to; the last entry is for ids that the registry lacks."""
        if context is not self._context:
            self._context, self._of_vehicle = context, {}
        if numbers not in self._of_vehicle:
            everyone = np.arange(len(context.kind_of) + 1)
            chosen = np.zeros(len(everyone), np.int64)
            for number in numbers:
                chosen[self.rows[number - 1].concerns(everyone, context)] = number
            self._of_vehicle[numbers] = chosen
        return self._of_vehicle[numbers]

    def judge(self, chosen: IntArray | None) -> Judge:
        """The detector with the limits of each position."""
        if chosen is None:
            return Judge(self.rule.detector, self.rule.limits)
        present = np.flatnonzero(np.bincount(chosen, minlength=len(self.variants)))
        if len(present) == 1:
            return Judge(self.rule.detector, self.variants[present[0]])
        if self._broadcasts:
            return Judge(self.rule.detector, self._merged(chosen))
        return Judge(self.rule.detector, self.rule.limits, chosen, {int(n): self.variants[n] for n in present})

    def _merged(self, chosen: IntArray) -> Any:
        """One set of limits with an array where they differ."""
        columns = {
            name: {key: column[chosen] for key, column in table.items()} if isinstance(table, dict) else table[chosen]
            for name, table in self._differing.items()
        }
        return replace(self.rule.limits, **columns)

    def numbers(self, chosen: IntArray | None, rows: npt.NDArray[np.int64]) -> IntArray:
        """The numbers of the limit rows that judge ``rows``; 0 for the base."""
        return np.zeros(len(rows), np.int64) if chosen is None else self.ids[chosen[rows]]

    def lasting_of(self, numbers: IntArray) -> IntArray:
        """How long an episode must last that began under each of these rows; one that is no more leaves the base."""
        if len(self.rows) == 0:
            return np.full(len(numbers), self.lasting_s[0])
        at = [self._number.get(number, 0) for number in numbers.tolist()]
        return self.lasting_s[np.array(at, np.int64)]


@dataclass(frozen=True, slots=True)
class Judge:
    """A detector and the limits of each position of a batch: at once where it reckons with arrays, else in turn.

    ``apart`` gives the sets of limits to ask with one after the other, ``chosen`` which of them counts where.
    """

    detector: Detector
    limits: Any
    chosen: IntArray | None = None
    apart: Mapping[int, Any] = field(default_factory=dict)

    def column(self, name: str) -> Any:
        """One limit for each position: an array, or a number where all have the same."""
        if self.chosen is None:
            return getattr(self.limits, name)
        values = np.zeros(max(self.apart) + 1, np.int64)
        for number, limits in self.apart.items():
            values[number] = getattr(limits, name)
        return values[self.chosen]

    def condition(self, batch: Batch, context: Context) -> BoolArray | None:
        """``Detector.condition`` by each position's own limits."""
        if self.chosen is None:
            return self.detector.condition(batch, context, self.limits)
        holds = np.zeros(len(batch), np.bool_)
        for number, limits in self.apart.items():
            found = self.detector.condition(batch, context, limits)
            if found is not None:
                holds |= found & (self.chosen == number)
        return holds

    def recall(
        self, batch: Batch, context: Context, columns: dict[str, npt.NDArray[Any]], slots: npt.NDArray[np.int32]
    ) -> tuple[BoolArray | None, dict[str, IntArray]]:
        """``Detector.recall`` with what is kept of ``slots``, the batch's vehicles; kept anew once it has answered."""
        own = {name: columns[f"own_{name}"][slots] for name in self.detector.own_memory}
        holds, values = self.detector.recall(batch, context, self.limits, own)
        for name, kept in own.items():
            columns[f"own_{name}"][slots] = kept
        return holds, values

    def values(self, batch: Batch, context: Context) -> dict[str, IntArray]:
        """``Detector.values`` by each position's own limits."""
        if self.chosen is None:
            return self.detector.values(batch, context, self.limits)
        joined: dict[str, IntArray] = {}
        for number, limits in self.apart.items():
            for name, column in self.detector.values(batch, context, limits).items():
                kept = joined.setdefault(name, np.zeros(len(batch), np.int64))
                np.copyto(kept, column, where=self.chosen == number)
        return joined

    def events(self, batch: Batch, context: Context) -> Events | None:
        """``Detector.events`` by each position's own limits, in the batch's order."""
        if self.chosen is None:
            return self.detector.events(batch, context, self.limits)
        parts = []
        for number, limits in self.apart.items():
            found = self.detector.events(batch, context, limits)
            if found is not None:
                parts.append(found.take(np.flatnonzero(self.chosen[found.rows] == number)))
        if not parts:
            return None
        return Events.join(parts)

    def expects_more(self, batch: Batch) -> BoolArray:
        """``Detector.expects_more`` by each position's own limits."""
        if self.chosen is None:
            return self.detector.expects_more(batch, self.limits)
        expected = np.zeros(len(batch), np.bool_)
        for number, limits in self.apart.items():
            expected |= self.detector.expects_more(batch, limits) & (self.chosen == number)
        return expected
