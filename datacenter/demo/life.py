"""What every story is made of (经过的底子): the agenda, a step written down, legs and who works on them.

Acts wait in an agenda by their time and are done in that order up to the end of the past; each looks first whether it
still makes sense, as a person or the clock would.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from datacenter.accounts.models import Unit, User
from datacenter.cases import clocks
from datacenter.cases.errors import TransitionRefused
from datacenter.cases.models import Case, CaseEvent, Dispatch, Extension, Supervision, SupervisionRule, WorkflowRule
from datacenter.cases.states import LEG_STATES, TRANSITIONS, State, Verb
from datacenter.cases.workflow.recording import SYSTEM, joined
from datacenter.demo.counties import Temper
from datacenter.demo.office import Office
from datacenter.registry.demo.officers import Cast


@dataclass(frozen=True, slots=True)
class Setting:
    """What all stories share: the end of the past, office hours, rules, and who acts."""

    end: datetime
    office: Office
    cast: Cast
    standard: Callable[[str, str, str], WorkflowRule | None]
    supervision: Mapping[int, SupervisionRule]
    team: Callable[[str | None], Unit | None]
    counties: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Line:
    """One leg as it is worked on: whose manner, who works on it, how much of its time it takes."""

    leg: Dispatch
    temper: Temper
    officer: User
    share: float
    clock: int = 0  # counts deadlines, so that what an older one planned is left undone
    asks: bool = False

    @property
    def live(self) -> bool:
        """Not taken back, and not reported on."""
        return self.leg.ended_at is None and self.leg.state != State.FED_BACK


@dataclass(slots=True, eq=False)
class Life:
    """A case, its events and all that hangs on it, by instance; ``substance`` is whether the matter was as found."""

    setting: Setting
    case: Case
    random: Random
    substance: bool
    halt: State | None = None
    haste: float = 1.0
    events: list[CaseEvent] = field(default_factory=list)
    legs: list[Dispatch] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    supervisions: list[Supervision] = field(default_factory=list)
    verified: tuple[datetime, User] | None = None
    revoked_at: datetime | None = None
    at: datetime = field(init=False)
    _lines: list[Line] = field(default_factory=list)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _planned: int = 0

    def plan(self, at: datetime, act: Callable[[], None]) -> None:
        """Do ``act`` at ``at``; what lies beyond the end of the past is not done any more."""
        if at <= self.setting.end:
            self._planned += 1
            heapq.heappush(self._agenda, (at, self._planned, act))

    def later(self, hours: float, act: Callable[[], None]) -> None:
        """Do ``act`` after so many office hours."""
        self.plan(self.setting.office.after(self.at, hours), act)

    def live_through(self) -> None:
        """Do all that is planned, in order of time."""
        while self._agenda:
            self.at, _, act = heapq.heappop(self._agenda)
            act()

    def _onward(self, hours: float, act: Callable[[], None]) -> None:
        """The next step of the way round; a story that is to halt where it stands takes none."""
        self.later(hours, lambda: None if self.case.state == self.halt else act())

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _about(self, hours: float) -> float:
        return min(hours * 4, hours * self.random.lognormvariate(0, 0.45))

    def record(
        self, verb: Verb, by: User | None, note: str = "", facts: dict[str, Any] | None = None,
        state: State | None = None, leg: Dispatch | None = None,
    ) -> None:  # fmt: skip
        """One event; instances among ``facts`` become their ids when they are stored.

        What a body did to its own ``leg`` has been looked up and done by then. Raises ``TransitionRefused``.
        """
        before = self.case.state
        row = TRANSITIONS.get(verb)
        if row is not None and leg is None and before not in row.sources:
            raise TransitionRefused(self.case.number, str(before), verb.label)
        self.case.state = str(before if state is None else state)
        facts = dict(facts or {})
        if leg is not None and leg.part == Dispatch.Part.JOINT:
            facts["body"] = leg.body_name
        self.events.append(
            CaseEvent(
                case=self.case,
                sequence=len(self.events) + 1,
                at=self.at,
                verb=str(verb),
                from_state=str(before) if self.events else "",
                to_state=self.case.state,
                by=by,
                by_name=f"{by}（{by.unit.name}）" if by and by.unit else SYSTEM,
                note=note,
                facts=facts,
            )
        )

    def _joined(self) -> State:
        return joined(self._live_legs(), State(self.case.state))

    def _live_legs(self) -> list[Dispatch]:
        return [line.leg for line in self._lines if line.leg.ended_at is None]

    def _lead(self) -> Line | None:
        return next(
            (one for one in self._lines if one.leg.ended_at is None and one.leg.part == Dispatch.Part.LEAD), None
        )

    def _clerk(self) -> User:
        return self.random.choice(self.setting.cast.city)

    def unsettled(self) -> Supervision | None:
        """The supervision that waits for its answer or review."""
        states = (Supervision.State.OPEN, Supervision.State.ANSWERED)
        return next((one for one in self.supervisions if one.state in states), None)

    def _mirror(self, leg: Dispatch) -> None:
        self.case.due_at, self.case.amber_at = leg.due_at, leg.amber_at
        self.case.due_provisional = leg.due_provisional

    def _hours(self, line: Line, part: float) -> float:
        """Office hours that ``part`` of the work takes."""
        allowed = self.setting.office.hours(line.leg.sent_at, line.leg.due_at) if line.leg.due_at else 24.0
        return max(0.1, allowed * line.share * part * self.random.uniform(0.7, 1.3))

    def _end(self, line: Line) -> None:
        line.leg.ended_at = self.at
        self._void(line.leg)

    def _void(self, leg: Dispatch) -> None:
        for one in self.extensions:
            if one.leg is leg and one.state == Extension.State.ASKED:
                one.state, one.decided_at = Extension.State.WITHDRAWN, self.at

    def _works(self, line: Line, verb: Verb) -> bool:
        """Whether the body can do ``verb`` now; of a case that waits for the city it can't."""
        return (
            line.leg.ended_at is None and self.case.state in LEG_STATES and line.leg.state in TRANSITIONS[verb].sources
        )


def set_clock(leg: Dispatch, clock: clocks.Deadline | None) -> None:
    """Give a leg its deadline; what was said of the one before is forgotten."""
    if clock is not None:
        leg.due_at, leg.amber_at, leg.due_provisional = clock.due_at, clock.amber_at, clock.provisional
    leg.warned_at = leg.urged_at = None
