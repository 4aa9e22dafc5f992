"""Time and pressure in a story (延期、催办、督办): what the clock does by itself, and what people do about it."""

from __future__ import annotations

from datetime import timedelta

from datacenter.accounts.models import User
from datacenter.cases import clocks
from datacenter.cases.models import Dispatch, Extension, Supervision, SupervisionRule
from datacenter.cases.states import TRANSITIONS, State, Verb
from datacenter.demo import words
from datacenter.demo.counties import temper_of
from datacenter.demo.life import Life, Line, set_clock

_SOON = timedelta(minutes=1)  # the clock looks every minute


class Pressed(Life):
    """A story under the clock's eye."""

    __slots__ = ()

    def arm(self, line: Line) -> None:
        """What the clock will do about a deadline: warn, urge, supervise."""
        line.clock += 1
        leg, clock = line.leg, line.clock
        if leg.due_at is None or leg.amber_at is None:
            return
        self.plan(leg.amber_at + _SOON, lambda: self._warn(line, clock))
        self.plan(leg.due_at + _SOON, lambda: self._urge(line, clock))
        for rule in self.setting.supervision.values():
            late = self.setting.office.after(leg.due_at, rule.after_hours)
            self.plan(late + 2 * _SOON, lambda rule=rule: self._press(line, clock, rule))  # type: ignore[misc]

    def _warn(self, line: Line, clock: int) -> None:
        if line.live and line.clock == clock:
            line.leg.warned_at = self.at

    def _urge(self, line: Line, clock: int) -> None:
        if line.live and line.clock == clock and self.case.state in TRANSITIONS[Verb.URGE].sources:
            self._urged([line.leg], None, f"{line.leg.body_name}办理已逾期，系统自动催办" + words.DEMO)

    def urge_by_hand(self) -> None:
        """The city presses all bodies that have not reported (催办)."""
        legs = [line.leg for line in self._lines if line.live]
        if legs and self.case.state in TRANSITIONS[Verb.URGE].sources:
            self._urged(legs, self._clerk(), words.URGED)

    def _urged(self, legs: list[Dispatch], by: User | None, note: str) -> None:
        for leg in legs:
            leg.urged_at, leg.urged_times = self.at, leg.urged_times + 1
        self.record(Verb.URGE, by, note, {"bodies": [leg.body_name for leg in legs]})

    def _press(self, line: Line, clock: int, rule: SupervisionRule) -> None:
        if not line.live or line.clock != clock or self.case.state not in TRANSITIONS[Verb.URGE].sources:
            return
        top = max(self.setting.supervision)
        if any(
            one.level >= top or one.state == Supervision.State.ANSWERED
            or (one.level >= rule.level and one.opened_at >= line.leg.sent_at)
            for one in self.supervisions
        ):  # fmt: skip
            return
        reason = f"{line.leg.body_name}办理逾期已超过 {rule.after_hours} 个工作时" + words.DEMO
        pressing = self.unsettled()
        if pressing is not None:
            self._escalate(pressing, reason)
        else:
            self.supervise(rule.level, Supervision.Cause.LATE, reason)

    def supervise_by_hand(self) -> None:
        """The city puts the case under a leader's eye (人工督办)."""
        if self.unsettled() is None and self.case.state in TRANSITIONS[Verb.SUPERVISE].sources:
            leader = self.random.choice(self.setting.cast.leaders)
            self.supervise(1, Supervision.Cause.BY_HAND, words.PRESSED, by=self._clerk(), leader=leader)

    def supervise(
        self, level: int, cause: Supervision.Cause, reason: str, *, by: User | None = None, leader: User | None = None,
        follows: Supervision | None = None,
    ) -> None:  # fmt: skip
        """Put under supervision (督办); nobody's ``by`` is the clock's or a rule's."""
        rule = self.setting.supervision.get(level)
        due = self.setting.office.after(self.at, rule.answer_hours if rule else 8)
        one = Supervision(
            case=self.case, level=level, cause=str(cause), leader=leader, reason=reason, opened_at=self.at,
            opened_by=by, answer_due_at=due, follows=follows,
        )  # fmt: skip
        self.supervisions.append(one)
        facts = {"level": level, "cause": one.cause, "leader": str(leader or ""), "answer_due_at": due.isoformat()}
        self.record(Verb.SUPERVISE, by, reason, facts)
        self._expect_answer(one)

    def _expect_answer(self, one: Supervision) -> None:
        hours = self.setting.office.hours(self.at, one.answer_due_at)
        slow = temper_of(self.case.county_id, False).answers
        self.later(self._about(hours * slow), lambda: self._answer(one))
        self.plan(one.answer_due_at + _SOON, lambda: self._unanswered(one))

    def _unanswered(self, one: Supervision) -> None:
        if one.state == Supervision.State.OPEN and one.answer_due_at < self.at and one.level < 3:
            self._escalate(one, "督办到期未回复，系统自动升级" + words.DEMO)

    def _escalate(self, one: Supervision, words_said: str) -> None:
        if one.level >= 3 or self.case.state not in TRANSITIONS[Verb.SUPERVISE].sources:
            return
        one.state, one.reviewed_at, one.review_note = Supervision.State.ESCALATED, self.at, words_said
        facts = {"decision": "escalate", "supervision": one, "level": one.level}
        self.record(Verb.REVIEW_SUPERVISION, None, words_said, facts)
        self.supervise(one.level + 1, Supervision.Cause.ESCALATED, words_said, follows=one)

    def _answer(self, one: Supervision) -> None:
        lead = self._lead()
        if one.state != Supervision.State.OPEN:
            return
        if lead is None or self.case.state not in TRANSITIONS[Verb.ANSWER_SUPERVISION].sources:
            if self.case.state == State.COLLECTED:
                self.later(4, lambda: self._answer(one))
            return
        one.state, one.answer = Supervision.State.ANSWERED, self.random.choice(words.ANSWERS)
        one.answered_at, one.answered_by = self.at, lead.officer
        self.record(Verb.ANSWER_SUPERVISION, lead.officer, one.answer, {"supervision": one}, leg=lead.leg)
        self.later(self._about(3), lambda: self._review(one))

    def _review(self, one: Supervision) -> None:
        sources = TRANSITIONS[Verb.REVIEW_SUPERVISION].sources
        if one.state != Supervision.State.ANSWERED or self.case.state not in sources:
            if self.case.state == State.COLLECTED:
                self.later(4, lambda: self._review(one))
            return
        by, accepted = self._clerk(), self._chance(0.85) or one.sent_back_times > 1
        one.reviewed_at, one.reviewed_by = self.at, by
        one.review_note = "" if accepted else words.SENT_BACK
        decision = "accept" if accepted else "send_back"
        if accepted:
            one.state = Supervision.State.ACCEPTED
        else:
            one.state, one.sent_back_times = Supervision.State.OPEN, one.sent_back_times + 1
            one.answer_due_at = self.setting.office.after(self.at, 8)
        facts = {"decision": decision, "supervision": one, "level": one.level}
        self.record(Verb.REVIEW_SUPERVISION, by, one.review_note, facts)
        if not accepted:
            self._expect_answer(one)

    def _ask(self, line: Line) -> None:
        leg = line.leg
        if not self._works(line, Verb.ASK_EXTENSION) or leg.due_at is None:
            return
        until = self.setting.office.after(max(leg.due_at, self.at), self.random.choice((8, 16)))
        reason = self.random.choice(words.EXTENSIONS)
        asked = Extension(leg=leg, until=until, reason=reason, asked_at=self.at, asked_by=line.officer)
        self.extensions.append(asked)
        self.record(Verb.ASK_EXTENSION, line.officer, reason, {"until": until.isoformat()}, leg=leg)
        self.later(self._about(2), lambda: self._decide(line, asked))

    def _decide(self, line: Line, asked: Extension) -> None:
        if asked.state != Extension.State.ASKED or self.case.state not in TRANSITIONS[Verb.GRANT_EXTENSION].sources:
            return
        by, granted = self._clerk(), asked.until > self.at and self._chance(0.75)
        asked.decided_at, asked.decided_by = self.at, by
        facts = {"asked_by": asked.asked_by_id, "body": line.leg.body_name}
        if not granted:
            asked.state, asked.note = Extension.State.REFUSED, words.REFUSED
            self.record(Verb.REFUSE_EXTENSION, by, words.REFUSED, facts)
            return
        asked.state, asked.note = Extension.State.GRANTED, words.GRANTED
        set_clock(line.leg, clocks.until(line.leg.sent_at, asked.until))
        if line.leg.part == Dispatch.Part.LEAD:
            self._mirror(line.leg)
        self.record(Verb.GRANT_EXTENSION, by, words.GRANTED, {"until": asked.until.isoformat(), **facts})
        self.arm(line)
