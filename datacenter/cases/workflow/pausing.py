"""The clock stopped and started again (中止计时、恢复计时): while someone else's answer is awaited, nobody is late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.cases import clocks
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import Case, Clock, Dispatch
from datacenter.cases.selectors import rule_for
from datacenter.cases.states import State, Verb
from datacenter.cases.workflow.loop import mirror_clock, run_on
from datacenter.cases.workflow.recording import begin, finish


def can_pause(leg: Dispatch) -> bool:
    """Whether a leg's clock runs and has time left; what is late stays late."""
    return leg.paused_at is None and leg.state != State.FED_BACK and leg.due_at is not None and leg.due_at > _now()


def pause_case(case: Case, *, by: Any, reason: str) -> Case:
    """Stop the clock of every leg that still has time (中止计时); what is left is kept, in the hours it is counted in.

    Raises ``FieldRefused`` without a reason, or where no clock runs: a late case can't be paused out of its lateness.
    """
    if not reason.strip():
        raise FieldRefused("reason", "请填写中止计时的原因")
    with transaction.atomic():
        step = begin(case, Verb.PAUSE, by)
        legs = [leg for leg in step.legs if can_pause(leg)]
        if not legs:
            raise FieldRefused("reason", "没有可以中止的计时：已中止、已逾期或没有期限")
        now = _now()
        standard = rule_for(step.case.industry, step.case.kind, step.case.level)
        clock = standard.clock if standard else Clock.WORKING
        for leg in legs:
            _stop(leg, now, clock)
            if leg.part == Dispatch.Part.LEAD:
                mirror_clock(step.case, leg)
        facts = {"bodies": [leg.body_name for leg in legs], "left_s": [leg.paused_left_s for leg in legs]}
        return finish(step, note=reason.strip(), facts=facts)


def resume_case(case: Case, *, by: Any, note: str = "") -> Case:
    """Let the clocks run on (恢复计时), with what was left of them."""
    with transaction.atomic():
        step = begin(case, Verb.RESUME, by)
        legs = [leg for leg in step.legs if leg.paused_at is not None]
        if not legs:
            raise FieldRefused("note", "计时没有中止，不需要恢复")
        now = _now()
        for leg in legs:
            run_on(leg, now)
            leg.save()
            if leg.part == Dispatch.Part.LEAD:
                mirror_clock(step.case, leg)
        facts = {"due_at": [leg.due_at.isoformat() for leg in legs if leg.due_at]}
        return finish(step, note=note.strip(), facts=facts)


def _stop(leg: Dispatch, now: datetime, clock: str) -> None:
    assert leg.due_at is not None
    leg.paused_left_s = _between(now, leg.due_at, clock)
    leg.paused_amber_s = _between(now, leg.amber_at, clock) if leg.amber_at else 0
    leg.paused_at, leg.paused_clock = now, clock
    leg.due_at, leg.amber_at, leg.due_provisional = None, None, False
    leg.save()


def _between(start: datetime, end: datetime, clock: str) -> int:
    if end <= start:
        return 0
    if clock == Clock.CALENDAR:
        return int((end - start).total_seconds())
    changed = clocks.changed_days(timezone.localtime(start).date())
    return int(clocks.working_time(start, end, changed).total_seconds())


def _now() -> datetime:
    return timezone.now()
