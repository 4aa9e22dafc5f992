"""Time and pressure (延期、催办、督办): asked for, granted, or put on by hand and by the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.cases import clocks
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import Case, Clock, Dispatch, Extension, Supervision, SupervisionRule
from datacenter.cases.states import State, Verb
from datacenter.cases.workflow.loop import mirror_clock, set_clock
from datacenter.cases.workflow.recording import Step, begin, finish

_UNSETTLED = (Supervision.State.OPEN, Supervision.State.ANSWERED)
DECISIONS = (("accept", "审查通过"), ("send_back", "退回重报"), ("escalate", "升级督办"))


def ask_extension(case: Case, *, by: Any, until: datetime | None, reason: str) -> Case:
    """Ask the city for more time on one's own leg (申请延期): to a moment after the deadline that stands."""
    reason = _words("reason", reason, "请填写延期理由")
    with transaction.atomic():
        step = begin(case, Verb.ASK_EXTENSION, by)
        leg, now = step.leg, timezone.now()
        assert leg is not None
        if until is None or until <= now:
            raise FieldRefused("until", "延期时间应晚于现在")
        if leg.due_at and until <= leg.due_at:
            raise FieldRefused("until", f"延期时间应晚于原期限 {timezone.localtime(leg.due_at):%Y-%m-%d %H:%M}")
        if leg.extensions.filter(state=Extension.State.ASKED).exists():
            raise FieldRefused("until", "已有一次延期申请待批")
        Extension.objects.create(leg=leg, until=until, reason=reason, asked_at=now, asked_by=by)
        return finish(step, note=reason, facts={"until": until.isoformat()})


def grant_extension(case: Case, *, by: Any, note: str = "") -> Case:
    """The city agrees (同意延期): the leg's deadline moves. The oldest request is decided first."""
    with transaction.atomic():
        step = begin(case, Verb.GRANT_EXTENSION, by)
        asked, leg = _asked(step)
        if asked.until <= timezone.now():
            raise FieldRefused("note", "申请延至的时间已过，请不予同意并由承办单位重新申请")
        _decide(asked, Extension.State.GRANTED, by, note)
        set_clock(leg, clocks.until(leg.sent_at, asked.until))
        leg.save()
        if leg.part == Dispatch.Part.LEAD:
            mirror_clock(step.case, leg)
        facts = {"until": asked.until.isoformat(), "asked_by": asked.asked_by_id, "body": leg.body_name}
        return finish(step, note=note.strip(), facts=facts)


def refuse_extension(case: Case, *, by: Any, reason: str) -> Case:
    """The city does not (不同意延期)."""
    reason = _words("reason", reason, "请填写不同意的理由")
    with transaction.atomic():
        step = begin(case, Verb.REFUSE_EXTENSION, by)
        asked, leg = _asked(step)
        _decide(asked, Extension.State.REFUSED, by, reason)
        return finish(step, note=reason, facts={"asked_by": asked.asked_by_id, "body": leg.body_name})


def _asked(step: Step) -> tuple[Extension, Dispatch]:
    asked = (
        Extension.objects.select_for_update(of=("self",))
        .filter(leg__in=step.legs, state=Extension.State.ASKED)
        .order_by("asked_at")
        .first()
    )
    if asked is None:
        raise FieldRefused("note", "没有待批的延期申请")
    return asked, next(leg for leg in step.legs if leg.pk == asked.leg_id)


def _decide(asked: Extension, state: Extension.State, by: Any, note: str) -> None:
    asked.state, asked.decided_by, asked.decided_at, asked.note = state, by, timezone.now(), note.strip()
    asked.save()


def explain_lateness(case: Case, *, by: Any, reason: str) -> Case:
    """Say why one's leg is late (逾期说明); only of one that is."""
    reason = _words("reason", reason, "请填写逾期原因")
    with transaction.atomic():
        step = begin(case, Verb.EXPLAIN, by)
        assert step.leg is not None
        if not is_late(step.leg):
            raise FieldRefused("reason", "案件没有逾期，不需要说明")
        step.leg.late_reason = reason
        step.leg.save(update_fields=["late_reason"])
        return finish(step, note=reason)


def is_late(leg: Dispatch) -> bool:
    """Whether a leg was, or is, past its deadline."""
    return leg.due_at is not None and leg.due_at < (leg.fed_back_at or timezone.now())


def urge_case(case: Case, *, by: Any, note: str = "", leg: Dispatch | None = None) -> Case:
    """Press who has the case to hurry (催办); without ``by`` the clock does, of one ``leg``."""
    with transaction.atomic():
        step = begin(case, Verb.URGE, by, system=by is None)
        now = timezone.now()
        urged = [one for one in step.legs if one.state != State.FED_BACK and leg in (None, one)]
        for one in urged:
            one.urged_at, one.urged_times = now, one.urged_times + 1
            one.save(update_fields=["urged_at", "urged_times"])
        return finish(step, note=note.strip(), facts={"bodies": [one.body_name for one in urged]})


def supervise_case(
    case: Case,
    *,
    by: Any,
    level: int,
    reason: str,
    leader: Any = None,
    answer_due_at: datetime | None = None,
    cause: str = Supervision.Cause.BY_HAND,
    follows: Supervision | None = None,
) -> Case:
    """Put a case under a leader's eye (督办); one at a time. Without ``by`` the clock or a rule does."""
    reason = _words("reason", reason, "请填写督办要求")
    if level not in Supervision.Level.values:
        raise FieldRefused("level", "请选择督办级别")
    now = timezone.now()
    if answer_due_at is not None and answer_due_at <= now:
        raise FieldRefused("answer_due_at", "回复期限应晚于现在")
    with transaction.atomic():
        step = begin(case, Verb.SUPERVISE, by, system=by is None)
        if step.case.supervisions.filter(state__in=_UNSETTLED).exists():
            raise FieldRefused("level", "已有一次督办尚未审查通过")
        rule = SupervisionRule.objects.filter(level=level).select_related("leader").first()
        if answer_due_at is None:
            answer_due_at, _ = clocks.after(now, rule.answer_hours if rule else 8, Clock.WORKING)
        supervision = Supervision.objects.create(
            case=step.case,
            level=level,
            cause=cause,
            leader=leader or (rule.leader if rule else None),
            reason=reason,
            opened_at=now,
            opened_by=by,
            answer_due_at=answer_due_at,
            follows=follows,
        )
        facts = {"level": level, "cause": cause, "leader": str(supervision.leader or ""),
                 "answer_due_at": answer_due_at.isoformat()}  # fmt: skip
        return finish(step, note=reason, facts=facts)


def supervise_key(case: Case) -> Case:
    """A key case is supervised from the start (重点案件督办)."""
    return supervise_case(case, by=None, level=1, reason="重点案件，自立案起督办", cause=Supervision.Cause.KEY)


def answer_supervision(case: Case, *, by: Any, reply: str) -> Case:
    """The body that has the case answers the supervision (督办回复)."""
    reply = _words("reply", reply, "请填写督办回复")
    with transaction.atomic():
        step = begin(case, Verb.ANSWER_SUPERVISION, by)
        supervision = _open(step, (Supervision.State.OPEN,), "reply", "没有待回复的督办")
        supervision.state, supervision.answer = Supervision.State.ANSWERED, reply
        supervision.answered_at, supervision.answered_by = timezone.now(), by
        supervision.save()
        return finish(step, note=reply, facts={"supervision": supervision.pk})


def review_supervision(case: Case, *, by: Any, decision: str, note: str = "") -> Case:
    """Look at the answer (督办审查): accept it, send it back to be answered anew, or escalate to the next level.

    ``decision`` is ``accept``, ``send_back`` or ``escalate``; without ``by`` the clock escalates. An answer that never
    came can only be escalated. Raises ``FieldRefused``.
    """
    if decision not in dict(DECISIONS):
        raise FieldRefused("decision", "请选择审查结论")
    if decision != "accept":
        note = _words("note", note, "请填写审查意见")
    with transaction.atomic():
        step = begin(case, Verb.REVIEW_SUPERVISION, by, system=by is None)
        wanted = _UNSETTLED if decision == "escalate" else (Supervision.State.ANSWERED,)
        supervision = _open(step, wanted, "decision", "没有待审查的督办回复")
        now = timezone.now()
        supervision.reviewed_at, supervision.reviewed_by, supervision.review_note = now, by, note.strip()
        if decision == "accept":
            supervision.state = Supervision.State.ACCEPTED
        elif decision == "send_back":
            supervision.state, supervision.sent_back_times = Supervision.State.OPEN, supervision.sent_back_times + 1
            rule = SupervisionRule.objects.filter(level=supervision.level).first()
            supervision.answer_due_at, _ = clocks.after(now, rule.answer_hours if rule else 8, Clock.WORKING)
        else:
            if supervision.level >= max(Supervision.Level.values):
                raise FieldRefused("decision", "已是最高级别督办，不能再升级")
            supervision.state = Supervision.State.ESCALATED
        supervision.save()
        facts = {"decision": decision, "supervision": supervision.pk, "level": supervision.level}
        done = finish(step, note=note.strip(), facts=facts)
        if decision == "escalate":
            done = supervise_case(
                done, by=by, level=supervision.level + 1, reason=note.strip(), cause=Supervision.Cause.ESCALATED,
                follows=supervision,
            )  # fmt: skip
        return done


def _open(step: Step, states: tuple[Supervision.State, ...], field: str, missing: str) -> Supervision:
    found = step.case.supervisions.select_for_update(of=("self",)).filter(state__in=states).first()
    if found is None:
        raise FieldRefused(field, missing)
    return found


def _words(field: str, words: str, missing: str) -> str:
    if not words.strip():
        raise FieldRefused(field, missing)
    return words.strip()
