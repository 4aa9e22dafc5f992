"""One case lived through (一件案件的经过): who did what when, by the real loop's table, calendar and clocks.

Nothing is stored here: ``write`` stores what a story holds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from datacenter.accounts.models import Unit, User
from datacenter.cases import clocks
from datacenter.cases.models import Case, Dispatch, Supervision
from datacenter.cases.states import TRANSITIONS, State, Verb
from datacenter.demo import words
from datacenter.demo.counties import temper_of
from datacenter.demo.life import Line, set_clock
from datacenter.demo.pressure import Pressed


class Story(Pressed):
    """A case from its opening on; ``live_through`` does all that follows."""

    __slots__ = ()

    def open(self, at: datetime, facts: dict[str, Any], by: User | None = None, key_rule: str = "") -> None:
        """Collected, and sent where the county is known (采集、派发)."""
        self.at, case = at, self.case
        self.record(Verb.COLLECT, by, facts={**facts, **({"key_rule": key_rule} if key_rule else {})})
        if case.county_id:
            told = {"county": case.county_id, "rule": case.county_rule,
                    "boundary_unconfirmed": case.boundary_unconfirmed}  # fmt: skip
            self._send(Verb.DISPATCH, told, by=by)
            if case.is_key:
                self.supervise(1, Supervision.Cause.KEY, "重点案件，自立案起督办" + words.DEMO)
        else:
            self._onward(self._about(5), self._dispatch)
        if self._chance(0.012):
            self.later(self._about(6), self.supervise_by_hand)
        if self._chance(0.02):
            self.later(self._about(8), self.urge_by_hand)
        if self._chance(0.008):
            self.later(self._about(4), self._grade)

    def _dispatch(self) -> None:
        if self.case.state != State.COLLECTED:
            return
        former = self.case.county_id
        others = [code for code in self.setting.counties if code != former]
        self._move(Verb.DISPATCH, self.random.choice(others), words.DISPATCHED)

    def _redispatch(self) -> None:
        lead = self._lead()
        if lead is None or self.case.state not in TRANSITIONS[Verb.REDISPATCH].sources:
            return
        self._end(lead)
        others = [code for code in self.setting.counties if code != self.case.county_id]
        self._move(Verb.REDISPATCH, self.random.choice(others), words.REDISPATCHED)

    def _move(self, verb: Verb, county: str, note: str) -> None:
        former = self.case.county_id
        self.case.county_id, self.case.county_rule, self.case.boundary_unconfirmed = county, "人工派发", False
        self._send(verb, {"county": county, "from_county": former}, by=self._clerk(), note=note, by_hand=True)

    def _send(
        self, verb: Verb, told: dict[str, Any], *, by: User | None, note: str = "", by_hand: bool = False
    ) -> None:
        case = self.case
        standard = self.setting.standard(case.industry, case.kind, case.level)
        clock = self.setting.office.deadline(self.at, standard)
        beside = any(leg.part == Dispatch.Part.JOINT for leg in self._live_legs())
        team = self.setting.team(case.county_id) if standard is not None and standard.double and not beside else None
        new = [self._line(Dispatch.Part.LEAD, None, clock)]
        if team is not None and self.setting.cast.teams.get(team.pk):
            new.append(self._line(Dispatch.Part.JOINT, team, clock))
        case.assignee, case.result, case.outcome, case.contradicted = None, "", "", False
        self._mirror(new[0].leg)
        joint = next((leg for leg in self._live_legs() if leg.part == Dispatch.Part.JOINT), None)
        if joint is not None:
            told["team"] = joint.body_name
        if by_hand and case.due_at:
            told["due_at"] = case.due_at.isoformat()
        self.record(verb, by, note, told, State.DISPATCHED)
        for line in new:
            self.arm(line)
            self._onward(self._hours(line, 0.13), lambda line=line: self._accept(line))  # type: ignore[misc]

    def _line(self, part: Dispatch.Part, team: Unit | None, clock: clocks.Deadline | None) -> Line:
        case, people = self.case, self.setting.cast
        leg = Dispatch(case=case, part=part, county_id=case.county_id, unit=team, sent_at=self.at)
        set_clock(leg, clock)
        temper = temper_of(case.county_id, team is not None)
        crew = people.teams[team.pk] if team is not None else people.counties[str(case.county_id)]
        share = temper.pace * self.random.lognormvariate(0, 0.5) * self.haste
        line = Line(leg, temper, self.random.choice(crew), share, asks=share > 0.75 and self._chance(0.4))
        self.legs.append(leg)
        self._lines.append(line)
        return line

    def _accept(self, line: Line) -> None:
        if line.leg.ended_at is None and self.case.state == State.COLLECTED:
            self._onward(4, lambda: self._accept(line))
        if not self._works(line, Verb.ACCEPT):
            return
        leads = line.leg.part == Dispatch.Part.LEAD
        if leads and (self.halt == State.COLLECTED or (self.halt is None and self._chance(line.temper.declined))):
            self._end(line)
            note = self.random.choice(words.DECLINED)
            self.record(Verb.DECLINE, line.officer, note, {"county": self.case.county_id}, State.COLLECTED, line.leg)
            self._onward(self._about(5), self._dispatch)
            return
        line.leg.state, line.leg.assignee, line.leg.accepted_at = State.ACCEPTED, line.officer, self.at
        if leads:
            self.case.assignee = line.officer
        self.record(Verb.ACCEPT, line.officer, state=self._joined(), leg=line.leg)
        if line.asks:
            self._onward(self._hours(line, 0.4), lambda: self._ask(line))
        if leads and self.halt is None and self._chance(0.006):
            self.later(self._hours(line, 0.2), self._redispatch)
        if self._chance(line.temper.steps) or self.halt in (State.HANDLED, State.RETURNED):
            self._onward(self._hours(line, 0.6), lambda: self._handle(line))
        else:
            self._onward(self._hours(line, 0.87), lambda: self._feed_back(line))

    def _handle(self, line: Line) -> None:
        if line.leg.ended_at is None and self.case.state == State.COLLECTED:
            self._onward(4, lambda: self._handle(line))
        if not self._works(line, Verb.HANDLE):
            return
        line.leg.state = State.HANDLED
        self.record(Verb.HANDLE, line.officer, self.random.choice(words.HANDLED), state=self._joined(), leg=line.leg)
        self._onward(self._hours(line, 0.27), lambda: self._feed_back(line))

    def _feed_back(self, line: Line) -> None:
        if line.leg.ended_at is None and self.case.state == State.COLLECTED:
            self._onward(4, lambda: self._feed_back(line))
        if not self._works(line, Verb.FEED_BACK):
            return
        leg = line.leg
        if leg.due_at and leg.due_at < self.at and self._chance(line.temper.explains):
            leg.late_reason = self.random.choice(words.LATE)
            self.record(Verb.EXPLAIN, line.officer, leg.late_reason, leg=leg)
        holds = self.substance if self._chance(0.95) else not self.substance
        leg.outcome = str(Case.Outcome.SUBSTANTIATED if holds else Case.Outcome.UNFOUNDED)
        leg.result = self.random.choice(words.SUBSTANTIATED if holds else words.UNFOUNDED)
        leg.state, leg.fed_back_at = State.FED_BACK, self.at
        self._void(leg)
        self._join()
        facts = {"outcome": leg.outcome} | ({"contradicted": True} if self.case.contradicted else {})
        self.record(Verb.FEED_BACK, line.officer, leg.result, facts, self._joined(), leg)
        if self.case.state == State.FED_BACK:
            self._onward(self._about(4), self._check)

    def _join(self) -> None:
        legs = self._live_legs()
        told = [leg for leg in legs if leg.state == State.FED_BACK]
        outcomes = {leg.outcome for leg in told}
        whole = len(told) == len(legs)
        self.case.contradicted = whole and len(outcomes) > 1
        self.case.outcome = told[0].outcome if whole and len(outcomes) == 1 else ""
        if len(legs) == 1:
            self.case.result = told[0].result
        else:
            self.case.result = "\n".join(f"{leg.body_name}：{leg.result}" for leg in told)

    def _check(self) -> None:
        if self.case.state != State.FED_BACK:
            return
        lead = self._lead()
        manner = lead.temper if lead else temper_of(self.case.county_id, False)
        sent_back = self.case.returned_times < 2 and self.halt is None and self._chance(manner.returned)
        if sent_back or self.halt == State.RETURNED:
            self._return()
            return
        by, facts, note = self._clerk(), {}, words.CHECKED if self._chance(0.3) else ""
        if self.case.contradicted:
            outcome = Case.Outcome.SUBSTANTIATED if self.substance else Case.Outcome.UNFOUNDED
            self.case.outcome, note = str(outcome), words.DECIDED
            facts = {"decided": self.case.outcome}
        self.record(Verb.VERIFY, by, note, facts, State.VERIFIED)
        if self.case.outcome == Case.Outcome.SUBSTANTIATED:
            self.verified, self.revoked_at = self.verified or (self.at, by), None
        elif self.verified is not None:
            self.revoked_at = self.at
        self._onward(self._about(3), self._close)

    def _return(self) -> None:
        due = self.setting.office.after(self.at, self.random.choice((8, 16)))
        live = [line for line in self._lines if line.leg.ended_at is None]
        facts: dict[str, Any] = {"due_at": due.isoformat()}
        for line in live:
            leg = line.leg
            leg.state, leg.returned_times, leg.fed_back_at = State.RETURNED, leg.returned_times + 1, None
            set_clock(leg, clocks.until(self.at, due))
            if leg.part == Dispatch.Part.LEAD:
                self._mirror(leg)
        if len(live) > 1:
            facts["bodies"] = [line.leg.body_name for line in live]
        self.case.contradicted, self.case.outcome = False, ""
        self.case.returned_times += 1
        self.record(Verb.RETURN, self._clerk(), self.random.choice(words.RETURNED), facts, State.RETURNED)
        for line in live:
            self.arm(line)
            self._onward(self._about(4), lambda line=line: self._handle(line))  # type: ignore[misc]

    def _close(self) -> None:
        if self.case.state != State.VERIFIED:
            return
        if self.unsettled() is not None:
            self._onward(4, self._close)
            return
        self.case.closed_at = self.at
        self.record(Verb.CLOSE, self._clerk(), state=State.CLOSED)
        self._onward(self._about(30), self._file)
        if self.halt is None and self._chance(0.008):
            self.later(self._about(50), self._reopen)

    def _file(self) -> None:
        if self.case.state == State.CLOSED:
            self.case.filed_at = self.at
            self.record(Verb.FILE, self._clerk(), state=State.FILED)

    def _reopen(self) -> None:
        if self.case.state not in (State.CLOSED, State.FILED):
            return
        for line in self._lines:
            if line.leg.ended_at is None:
                self._end(line)
        self.case.closed_at = self.case.filed_at = None
        self.substance = self.substance and self._chance(0.7)
        self._send(Verb.REOPEN, {"county": self.case.county_id}, by=self._clerk(), note=words.REOPENED)

    def _grade(self) -> None:
        if self.case.state in TRANSITIONS[Verb.GRADE].sources:
            self.case.level = str(Case.Level.MAJOR)
            facts = {"level": self.case.level, "is_key": self.case.is_key}
            self.record(Verb.GRADE, self._clerk(), words.GRADED, facts)

    def note(self, by: User, note: str, facts: dict[str, Any]) -> None:
        """What was learned later (补充)."""
        self.record(Verb.NOTE, by, note, facts)
