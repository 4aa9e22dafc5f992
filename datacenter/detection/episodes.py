"""From conditions to episodes, for all detectors and many vehicles at once (检测引擎).

What an episode is depends on the vehicle's track alone, never on how it was cut into batches: a longest run of
positions at which the condition holds, each at most ``forgiven_gap_s`` after the last, or at most ``silence_s`` after
it with no position between. Ways are differences of one odometer in millimetres and measures are integers, so that
live, replay and re-detection give the same figures to the last digit. The engine has no clock and no database.

Where limits differ (``rules.py``) a position is linked by those of the later of the two, and an episode must last as
long as those say under which it began: they judge it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.detection.batch import Batch, Context
from datacenter.detection.catalogue import IntArray
from datacenter.detection.costs import Costs
from datacenter.detection.memory import NEVER, Memory, empty
from datacenter.detection.rules import Chooser, Judge, Rule
from datacenter.tracks.position import DTYPES, Positions

__all__ = ["Engine", "Episode", "Rule"]

log = logging.getLogger(__name__)

_HIGHEST = np.iinfo(np.int64).max


@dataclass(slots=True)
class Episode:
    """One vehicle's condition from first to last moment (unix seconds), with what was measured meanwhile.

    ``detector`` is its rule's key; ``judged`` the number of the limit row under which it began, 0 for the base.
    ``withdrawn`` takes back a silence that was told too early: positions came after all.
    """

    detector: str
    vehicle_id: int
    started: int
    ended: int
    ongoing: bool
    latitude_e6: int
    longitude_e6: int
    measures: dict[str, int]
    withdrawn: bool = False
    judged: int = 0


class Engine:
    """Episodes of many vehicles under a set of rules; feed it batches in the order of each vehicle's track."""

    def __init__(self, rules: list[Rule]) -> None:
        self.rules = {rule.key: rule for rule in rules}
        self.choosers = {key: Chooser(rule) for key, rule in self.rules.items()}
        self.memory = {key: Memory(rule.measures, rule.detector.own_memory) for key, rule in self.rules.items()}
        self.costs = Costs()
        self.vehicles = np.zeros(0, np.int32)  # slot → vehicle id
        self.last = {name: np.zeros(0, dtype) for name, dtype in DTYPES.items()}  # last position by slot
        self.odometer = np.zeros(0, np.int64)
        self._slot_of = np.full(1024, -1, np.int32)

    # --- what it remembers ------------------------------------------------------------------------------------------
    def slots(self, vehicle_ids: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """The slot of each vehicle; -1 where it has none yet."""
        known = vehicle_ids < len(self._slot_of)
        return np.where(known, self._slot_of[np.where(known, vehicle_ids, 0)], -1)

    def last_times(self, vehicle_ids: npt.NDArray[Any]) -> IntArray:
        """Device time of the last position of each vehicle; -1 where there is none."""
        slots = self.slots(vehicle_ids)
        if not len(self.vehicles):
            return np.full(len(vehicle_ids), -1, np.int64)
        return np.where(slots >= 0, self.last["device_time"][np.maximum(slots, 0)], -1)

    def _admit(self, vehicle_ids: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        top = int(vehicle_ids.max(initial=0)) + 1
        if top > len(self._slot_of):
            grown = np.full(max(top, 2 * len(self._slot_of)), -1, np.int32)
            grown[: len(self._slot_of)] = self._slot_of
            self._slot_of = grown
        new = np.unique(vehicle_ids[self._slot_of[vehicle_ids] < 0])
        if len(new):
            size = len(self.vehicles) + len(new)
            self._slot_of[new] = np.arange(len(self.vehicles), size)
            self.vehicles = np.concatenate([self.vehicles, new.astype(np.int32)])
            for name, column in self.last.items():
                self.last[name] = np.concatenate([column, np.zeros(len(new), column.dtype)])
            self.last["device_time"][-len(new) :] = -1
            self.odometer = np.concatenate([self.odometer, np.zeros(len(new), np.int64)])
            for memory in self.memory.values():
                memory.grow(size)
        return self._slot_of[vehicle_ids]

    def forget(self, vehicle_id: int) -> None:
        """Drop all that is remembered of one vehicle, before its track is told anew."""
        (slot,) = self._admit(np.array([vehicle_id]))
        self.last["device_time"][slot] = -1
        self.odometer[slot] = 0
        for memory in self.memory.values():
            for name, column in memory.columns.items():
                column[slot] = empty(name)

    def adopt(self, vehicle_id: int, other: Engine) -> None:
        """Take over what ``other``, with the same rules, remembers of one vehicle."""
        self.forget(vehicle_id)
        (theirs,) = other.slots(np.array([vehicle_id]))
        if theirs < 0:
            return
        (ours,) = self.slots(np.array([vehicle_id]))
        for name, column in self.last.items():
            column[ours] = other.last[name][theirs]
        self.odometer[ours] = other.odometer[theirs]
        for code, memory in self.memory.items():
            for name, column in memory.columns.items():
                column[ours] = other.memory[code].columns[name][theirs]

    def dump(self) -> dict[str, bytes]:
        """All memory as named bytes (``load`` reads them); integers, little-endian."""
        arrays: dict[str, npt.NDArray[Any]] = {"vehicles": self.vehicles, "odometer": self.odometer}
        arrays |= {f"last.{name}": column for name, column in self.last.items()}
        for code, memory in self.memory.items():
            arrays |= {f"rule.{code}.{name}": column for name, column in memory.columns.items()}
        return {name: array.tobytes() for name, array in arrays.items()}

    def load(self, state: dict[str, bytes]) -> None:
        """Take up what ``dump`` gave. A rule that was not there then starts with nothing open."""
        vehicles = np.frombuffer(state["vehicles"], np.int32)
        if not len(vehicles):
            return
        # Slots as they were then: the columns are in their order, not in that of the vehicles' ids.
        self.vehicles = vehicles.copy()
        self._slot_of = np.full(int(vehicles.max()) + 1025, -1, np.int32)
        self._slot_of[vehicles] = np.arange(len(vehicles))
        for memory in self.memory.values():
            memory.grow(len(vehicles))
        self.odometer = np.frombuffer(state["odometer"], np.int64).copy()
        for name, column in self.last.items():
            self.last[name] = np.frombuffer(state[f"last.{name}"], column.dtype).copy()
        for code, memory in self.memory.items():
            memory.load(state, f"rule.{code}.")

    # --- what it does -----------------------------------------------------------------------------------------------
    def process(self, positions: Positions, context: Context) -> tuple[list[Episode], dict[str, Exception]]:
        """Episodes that ``positions`` began, extended or ended, and the faults of detectors that raised.

        Each row must be later than its vehicle's last. A detector that raises leaves its memory as it was; its fault
        comes back by code, and the span must be detected anew once it is mended.
        """
        if not len(positions):
            return [], {}
        slots = np.unique(self._admit(positions.vehicle_id))
        seen = slots[self.last["device_time"][slots] >= 0]
        batch = Batch(positions, Positions(*(column[seen] for column in self.last.values())))
        slot = self._slot_of[batch.vehicle_id]
        starts = np.flatnonzero(batch.opens)
        ends = np.append(starts[1:], len(batch)) - 1
        way = np.cumsum(batch.segment_mm)
        base = np.repeat(self.odometer[slot[starts]] - way[starts] + batch.segment_mm[starts], ends - starts + 1)
        odometer = way + base
        episodes: list[Episode] = []
        faults: dict[str, Exception] = {}
        for code, rule in self.rules.items():
            try:
                with self.costs.of(code, len(batch)):
                    found = self._run(rule, batch, context, slot, ends, odometer)
            except Exception as error:  # a detector's fault must not cost a position (DESIGN §3.4)
                faults[code] = error
                log.exception("detector %s failed on a batch of %d positions", code, len(batch))
            else:
                episodes.extend(found)
        for name in DTYPES:
            self.last[name][slot[ends]] = getattr(batch, name)[ends]
        self.odometer[slot[ends]] = odometer[ends]
        return episodes, faults

    def tick(self, now: int, context: Context | None = None) -> list[Episode]:
        """Silences and ends that no position tells: as of ``now`` (unix seconds) nothing more has come.

        A vehicle counts as silent only if nothing of it has been received since either, so that a replay of old
        positions is no silence. ``context`` says which vehicles rows of limits are for; without it the base judges.
        """
        episodes: list[Episode] = []
        received = self.last["received_us"] // 1_000_000
        quiet = np.minimum(now - self.last["device_time"], now - received)
        for code, rule in self.rules.items():
            columns = self.memory[code].columns
            if rule.detector.silent_after_s(rule.limits) is not None:
                after, numbers = self._silent_after_s(code, context)
                silent = (columns["promised"] == 1) & (quiet > after) & (self.last["device_time"] >= 0)
                for slot in np.flatnonzero(silent).tolist():
                    columns["promised"][slot] = 2  # told
                    started = int(self.last["device_time"][slot])
                    episodes.append(
                        Episode(
                            code,
                            int(self.vehicles[slot]),
                            started,
                            now,
                            True,
                            int(self.last["latitude_e6"][slot]),
                            int(self.last["longitude_e6"][slot]),
                            {"silent_s": now - started},
                            judged=int(numbers[slot]),
                        )
                    )
                continue
            # Told as ended, but kept: a position that was long under way may continue it yet.
            over = (columns["start"] >= 0) & (quiet > rule.reach_s) & (columns["told"] >= 0) & (columns["settled"] == 0)
            episodes.extend(self._remembered(rule, slot, ongoing=False) for slot in np.flatnonzero(over).tolist())
            columns["settled"][over] = 1
            unsaid = (columns["start"] >= 0) & (columns["told"] >= 0) & (columns["last"] > columns["told"]) & ~over
            episodes.extend(self._remembered(rule, slot, ongoing=True) for slot in np.flatnonzero(unsaid).tolist())
            columns["told"][unsaid | over] = columns["last"][unsaid | over]
        return episodes

    def _silent_after_s(self, key: str, context: Context | None) -> tuple[IntArray, IntArray]:
        """After how long each slot's silence counts, by the limits at its last position; and their numbers."""
        chooser, chosen = self.choosers[key], None
        if context is not None:
            chosen = chooser.choose(Positions(*self.last.values()), context)
        after = np.array([chooser.rule.detector.silent_after_s(limits) for limits in chooser.variants], np.int64)
        rows = np.arange(len(self.vehicles))
        return after[np.zeros(len(rows), np.int64) if chosen is None else chosen], chooser.numbers(chosen, rows)

    def _run(
        self,
        rule: Rule,
        batch: Batch,
        context: Context,
        slot: npt.NDArray[np.int32],
        ends: npt.NDArray[np.int64],
        odometer: IntArray,
    ) -> list[Episode]:
        if rule.detector.silent_after_s(rule.limits) is not None:
            return self._run_events(rule, batch, context, slot, ends)
        chooser, columns = self.choosers[rule.key], self.memory[rule.key].columns
        chosen = chooser.choose(batch.positions, context)
        judge = chooser.judge(chosen)
        extra: dict[str, IntArray] | None = None
        if rule.detector.own_memory:
            holds, extra = judge.recall(batch, context, columns, slot[np.flatnonzero(batch.opens)])
        else:
            holds = judge.condition(batch, context)
        concerned = rule.concerned(batch.vehicle_id, context)
        if holds is not None and concerned is not None:
            holds = holds & concerned
        rows = np.flatnonzero(holds) if holds is not None else np.empty(0, np.int64)
        if not len(rows):
            touched = slot[ends]
            columns["unbroken"][touched] = 0
            return self._end_overdue(rule, touched, batch.device_time[ends])
        if extra is None:
            # Computed before anything is changed: a detector that raises leaves the memory as it was.
            extra = judge.values(batch, context)
        return self._link(rule, batch, extra, judge, chosen, slot, ends, odometer, rows)

    def _link(
        self,
        rule: Rule,
        batch: Batch,
        extra: dict[str, IntArray],
        judge: Judge,
        chosen: IntArray | None,
        slot: npt.NDArray[np.int32],
        ends: npt.NDArray[np.int64],
        odometer: IntArray,
        rows: npt.NDArray[np.int64],
    ) -> list[Episode]:
        """Join the positions where the condition holds to episodes, with the open ones of before."""
        columns, chooser = self.memory[rule.key].columns, self.choosers[rule.key]
        time, at = batch.device_time[rows], slot[rows]
        forgiven_gap_s, silence_s = (_picked(judge.column(name), rows) for name in ("forgiven_gap_s", "silence_s"))
        values = {
            name: (extra[m.column] if m.column in extra else getattr(batch, m.column)).astype(np.int64)[rows]
            for name, m in rule.measures.items()
        }
        opens = np.ones(len(rows), np.bool_)  # first true row of its vehicle in this batch
        opens[1:] = at[1:] != at[:-1]
        apart = np.empty(len(rows), np.int64)
        apart[1:] = time[1:] - time[:-1]
        apart[opens] = np.where(columns["start"][at[opens]] >= 0, time[opens] - columns["last"][at[opens]], _HIGHEST)
        next_to = np.empty(len(rows), np.bool_)
        next_to[1:] = rows[1:] == rows[:-1] + 1
        next_to[opens] = batch.opens[rows[opens]] & (columns["unbroken"][at[opens]] == 1)
        linked = (apart <= forgiven_gap_s) | (next_to & (apart <= silence_s))
        first = np.flatnonzero(~linked | opens)  # where a run of linked rows begins
        final = np.append(first[1:], len(rows)) - 1
        runs_slot = at[first]
        continues = linked[first]
        start = np.where(continues, columns["start"][runs_slot], time[first])
        odo_start = np.where(continues, columns["odo_start"][runs_slot], odometer[rows[first]])
        latitude = np.where(continues, columns["latitude_e6"][runs_slot], batch.latitude_e6[rows[first]])
        longitude = np.where(continues, columns["longitude_e6"][runs_slot], batch.longitude_e6[rows[first]])
        told = np.where(continues, columns["told"][runs_slot], NEVER)
        judged = np.where(continues, columns["judged"][runs_slot], chooser.numbers(chosen, rows[first]))
        measured: dict[str, IntArray] = {}
        for name, measure in rule.measures.items():
            kept = measure.ufunc.reduceat(values[name], first)
            before = columns[f"m_{name}"][runs_slot]
            measured[name] = np.where(continues, measure.ufunc(kept, before), kept)
        end, odo_end = time[final], odometer[rows[final]]

        episodes = self._superseded_runs(rule, runs_slot, first, opens, continues)
        last_run = np.append(runs_slot[1:] != runs_slot[:-1], True)
        lasts = (end - start) >= chooser.lasting_of(judged)
        tell = lasts & (~last_run | (told < 0))  # how it goes on is told by the next tick, its end at once
        for run in np.flatnonzero(tell).tolist():
            episodes.append(
                Episode(
                    rule.key,
                    int(self.vehicles[runs_slot[run]]),
                    int(start[run]),
                    int(end[run]),
                    bool(last_run[run]),
                    int(latitude[run]),
                    int(longitude[run]),
                    {name: int(values[run]) for name, values in measured.items()}
                    | {"distance_mm": int(odo_end[run] - odo_start[run])},
                    judged=int(judged[run]),
                )
            )
        keep = np.flatnonzero(last_run)
        where = runs_slot[keep]
        for name, column in (
            ("start", start),
            ("last", end),
            ("odo_start", odo_start),
            ("odo_last", odo_end),
            ("latitude_e6", latitude),
            ("longitude_e6", longitude),
            ("told", np.where(tell, end, told)),
            ("settled", np.zeros(len(end), np.int64)),
            ("judged", judged),
            *((f"m_{name}", column) for name, column in measured.items()),
        ):
            columns[name][where] = column[keep]
        touched = slot[ends]
        holds_last = np.zeros(len(batch), np.int64)
        holds_last[rows] = 1
        columns["unbroken"][touched] = holds_last[ends]
        return episodes + self._end_overdue(rule, touched, batch.device_time[ends])

    def _superseded_runs(
        self,
        rule: Rule,
        runs_slot: npt.NDArray[np.int32],
        first: npt.NDArray[np.int64],
        opens: npt.NDArray[np.bool_],
        continues: npt.NDArray[np.bool_],
    ) -> list[Episode]:
        """Open episodes that a new run displaces without continuing them: told once more, as ended."""
        columns = self.memory[rule.key].columns
        displaced = runs_slot[opens[first] & ~continues]
        displaced = displaced[(columns["start"][displaced] >= 0) & (columns["told"][displaced] >= 0)]
        return [self._remembered(rule, slot, ongoing=False) for slot in displaced.tolist()]

    def _end_overdue(self, rule: Rule, slots: npt.NDArray[np.int32], now: IntArray) -> list[Episode]:
        """Close what no later position can continue."""
        columns = self.memory[rule.key].columns
        quiet = now - columns["last"][slots]
        over = (columns["start"][slots] >= 0) & (columns["unbroken"][slots] == 0)
        over &= quiet >= self.choosers[rule.key].forgiven_gap_s
        episodes = []
        for slot in slots[over].tolist():
            if columns["told"][slot] >= 0:
                episodes.append(self._remembered(rule, slot, ongoing=False))
            self._close(rule, slot)
        return episodes

    def _remembered(self, rule: Rule, slot: int, *, ongoing: bool) -> Episode:
        columns = self.memory[rule.key].columns
        return Episode(
            rule.key,
            int(self.vehicles[slot]),
            int(columns["start"][slot]),
            int(columns["last"][slot]),
            ongoing,
            int(columns["latitude_e6"][slot]),
            int(columns["longitude_e6"][slot]),
            {name: int(columns[f"m_{name}"][slot]) for name in rule.measures}
            | {"distance_mm": int(columns["odo_last"][slot] - columns["odo_start"][slot])},
            judged=int(columns["judged"][slot]),
        )

    def _close(self, rule: Rule, slot: int) -> None:
        columns = self.memory[rule.key].columns
        columns["start"][slot] = columns["told"][slot] = columns["last"][slot] = NEVER

    def _run_events(
        self, rule: Rule, batch: Batch, context: Context, slot: npt.NDArray[np.int32], ends: npt.NDArray[np.int64]
    ) -> list[Episode]:
        columns, code = self.memory[rule.key].columns, rule.key
        chooser = self.choosers[code]
        chosen = chooser.choose(batch.positions, context)
        judge = chooser.judge(chosen)
        happened, promised = judge.events(batch, context), judge.expects_more(batch)
        concerned = rule.concerned(batch.vehicle_id, context)
        if concerned is not None:
            happened = happened and happened.take(np.flatnonzero(concerned[happened.rows]))
            promised = promised & concerned
        episodes: list[Episode] = []
        starts = np.flatnonzero(batch.opens)
        told_early = starts[columns["promised"][slot[starts]] == 2]
        told_rows = set() if happened is None else set(happened.rows.tolist())
        for row in told_early.tolist():
            if row not in told_rows:  # the silence was a delay: take it back
                before = int(batch.previous.device_time[row])
                episodes.append(
                    Episode(code, int(batch.vehicle_id[row]), before, before, False, 0, 0, {}, withdrawn=True)
                )
        if happened is not None:
            numbers = chooser.numbers(chosen, happened.rows)
            for index, row in enumerate(happened.rows.tolist()):
                episodes.append(
                    Episode(
                        code,
                        int(batch.vehicle_id[row]),
                        int(happened.started[index]),
                        int(happened.ended[index]),
                        False,
                        int(batch.previous.latitude_e6[row]),
                        int(batch.previous.longitude_e6[row]),
                        {name: int(values[index]) for name, values in happened.measures.items()},
                        judged=int(numbers[index]),
                    )
                )
        columns["promised"][slot[ends]] = promised[ends].astype(np.int64)
        return episodes


def _picked(limit: Any, rows: npt.NDArray[np.int64]) -> Any:
    """A limit at some rows: itself where it is one number."""
    return limit if np.ndim(limit) == 0 else limit[rows]
