"""The way round (派发 to 归档): each verb one function, one transaction, one event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from datacenter.accounts.models import Unit
from datacenter.cases import clocks, territory
from datacenter.cases.errors import FieldRefused
from datacenter.cases.evidence import MAX_PHOTOS, store_photo
from datacenter.cases.models import Case, Dispatch, Extension, Supervision, WorkflowRule
from datacenter.cases.selectors import rule_for
from datacenter.cases.states import OUT, State, Verb
from datacenter.cases.workflow.recording import AFTER_VERIFY, BEFORE_CLOSE, Step, begin, finish, tell

# Words shown to people; the field they belong to is named beside them.
_MERGED = "该县区已撤并，请选择现行县区"
_HOUR = timedelta(hours=1)


def dispatch_case(
    case: Case, *, to: Any, by: Any, due_at: datetime | None = None, note: str = "", team: Unit | None = None
) -> Case:
    """Send a case to county ``to`` (派发); ``team``: to that team beside it.

    Raises ``FieldRefused`` for a deadline in the past or a county that is no more.
    """
    with transaction.atomic():
        return _sent(begin(case, Verb.DISPATCH, by), to, due_at, note, team)


def redispatch_case(
    case: Case, *, to: Any, by: Any, due_at: datetime | None = None, note: str = "", team: Unit | None = None
) -> Case:
    """Send a case to another county than the one that has it (改派); refuses as ``dispatch_case`` does."""
    with transaction.atomic():
        step = begin(case, Verb.REDISPATCH, by)
        if to.pk == step.case.county_id:
            raise FieldRefused("to", f"案件已在{to}，请选择其他县区")
        return _sent(step, to, due_at, note, team)


def _sent(step: Step, to: Any, due_at: datetime | None, note: str, team: Unit | None) -> Case:
    if to.valid_until is not None and to.valid_until < timezone.localdate():
        raise FieldRefused("to", _MERGED)
    due_at = _ahead("due_at", due_at)
    return moved(step, county_id=to.pk, rule="人工派发", due_at=due_at, note=note.strip(), team=team)


def hand_on_merged() -> int:
    """Send open cases of counties that were merged to who has their cases now (县区撤并); says how many."""
    heirs = {code: heir for code, heir in territory.successors().items() if heir not in (None, code)}
    done = 0
    for case in Case.objects.filter(county__in=heirs, state__in=OUT).order_by("pk"):
        with transaction.atomic():
            step = begin(case, Verb.REDISPATCH, None, system=True)
            moved(step, county_id=str(heirs[step.case.county_id]), rule="县区撤并", due_at=None)
            done += 1
    return done


def moved(
    step: Step,
    *,
    county_id: str,
    rule: str,
    due_at: datetime | None = None,
    note: str = "",
    team: Unit | None = None,
) -> Case:
    """The case of ``step`` with a new first leg at ``county_id``; the leg before ends, a team's leg stays."""
    case, former = step.case, step.case.county_id
    if step.lead is not None:
        end_leg(step, step.lead)
    case.county_id, case.county_rule = county_id, rule
    case.boundary_unconfirmed = False
    standard = rule_for(case.industry, case.kind, case.level)
    step.legs = [*add_legs(case, standard, due_at=due_at, team=team, beside=step.legs), *step.legs]
    facts: dict[str, Any] = {"county": county_id, "from_county": former}
    if case.due_at:
        facts["due_at"] = case.due_at.isoformat()
    if joint := next((leg for leg in step.legs if leg.part == Dispatch.Part.JOINT), None):
        facts["team"] = joint.body_name
    case = finish(step, note=note, facts=facts)
    if former not in (None, county_id):  # its list must lose the case at once
        tell(case, step.transition.verb, former)
    return case


def add_legs(
    case: Case,
    standard: WorkflowRule | None,
    *,
    due_at: datetime | None = None,
    team: Unit | None = None,
    beside: Sequence[Dispatch] = (),
) -> list[Dispatch]:
    """New legs of ``case``: the county's, and a team's where the standard sends two ways; the clock starts."""
    now = timezone.now()
    clock = clocks.until(now, due_at) if due_at else clocks.deadline(now, standard)
    legs = [Dispatch(case=case, part=Dispatch.Part.LEAD, county_id=case.county_id, sent_at=now)]
    if any(leg.part == Dispatch.Part.JOINT for leg in beside):
        team = None
    elif team is None and standard is not None and standard.double:
        team = team_for(case.county_id)
    if team is not None:
        legs.append(Dispatch(case=case, part=Dispatch.Part.JOINT, county_id=case.county_id, unit=team, sent_at=now))
    for leg in legs:
        set_clock(leg, clock)
    Dispatch.objects.bulk_create(legs)
    case.assignee, case.result, case.outcome, case.contradicted = None, "", "", False
    mirror_clock(case, legs[0])
    return legs


def team_for(county_id: str | None) -> Unit | None:
    """The enforcement team that goes beside a county: the county's own, else the city's first."""
    teams = Unit.objects.filter(kind=Unit.Kind.ENFORCEMENT_TEAM).order_by("pk")
    return teams.filter(county_id=county_id).first() or teams.filter(county_id=None).first()


def end_leg(step: Step, leg: Dispatch) -> None:
    """Take a leg back; an extension asked for it is void."""
    now = timezone.now()
    leg.ended_at = now
    leg.save(update_fields=["ended_at"])
    leg.extensions.filter(state=Extension.State.ASKED).update(state=Extension.State.WITHDRAWN, decided_at=now)
    step.legs = [one for one in step.legs if one.pk != leg.pk]


def set_clock(leg: Dispatch, clock: clocks.Deadline | None) -> None:
    """Give a leg its deadline; what was said of the one before is forgotten, a clock that stood still runs again."""
    if clock is not None:
        leg.paused_at, leg.paused_left_s, leg.paused_amber_s, leg.paused_clock = None, None, None, ""
        leg.due_at, leg.amber_at, leg.due_provisional = clock.due_at, clock.amber_at, clock.provisional
    leg.warned_at = leg.urged_at = None


def mirror_clock(case: Case, leg: Dispatch) -> None:
    """The case shows the deadline of the leg that leads."""
    case.due_at, case.amber_at, case.due_provisional = leg.due_at, leg.amber_at, leg.due_provisional


def run_on(leg: Dispatch, now: datetime) -> None:
    """Let a clock that stood still run on: what was left when it stopped counts from ``now``."""
    if leg.paused_at is None:
        return
    left, amber = (timedelta(seconds=value or 0) for value in (leg.paused_left_s, leg.paused_amber_s))
    due_at, provisional = clocks.after(now, left / _HOUR, leg.paused_clock)
    amber_at, _ = clocks.after(now, amber / _HOUR, leg.paused_clock)
    leg.due_at, leg.amber_at, leg.due_provisional = due_at, amber_at, provisional
    leg.paused_at, leg.paused_left_s, leg.paused_amber_s, leg.paused_clock = None, None, None, ""


def decline_case(case: Case, *, by: Any, reason: str) -> Case:
    """Give the case back to the city: it is not this body's (退件). The county still sees it until it is sent on."""
    reason = _words("reason", reason, "请填写退件原因")
    with transaction.atomic():
        step = begin(case, Verb.DECLINE, by)
        assert step.leg is not None
        leads = step.leg.part == Dispatch.Part.LEAD
        end_leg(step, step.leg)
        state = State.COLLECTED if leads else None
        return finish(step, state=state, note=reason, facts={"county": step.case.county_id})


def accept_case(case: Case, *, by: Any) -> Case:
    """The body takes the case (签收); who accepts it is its assignee."""
    with transaction.atomic():
        step = begin(case, Verb.ACCEPT, by)
        leg = step.leg
        assert leg is not None
        leg.state, leg.assignee, leg.accepted_at = State.ACCEPTED, by, timezone.now()
        leg.save()
        if leg.part == Dispatch.Part.LEAD:
            step.case.assignee = by
        return finish(step)


def handle_case(case: Case, *, by: Any, note: str, photos: Sequence[UploadedFile] = ()) -> Case:
    """Write down what was done, with pictures (办理). Raises ``FieldRefused`` naming what is missing or wrong."""
    note = _words("note", note, "请填写办理情况")
    if len(photos) > MAX_PHOTOS:
        raise FieldRefused("photos", f"一次最多上传 {MAX_PHOTOS} 张照片")
    with transaction.atomic():
        step = begin(case, Verb.HANDLE, by)
        assert step.leg is not None
        step.leg.state = State.HANDLED
        step.leg.save()
        files = [store_photo(photo) for photo in photos]
        return finish(step, note=note, files=files)


def feed_back_case(case: Case, *, by: Any, result: str, outcome: str = Case.Outcome.SUBSTANTIATED) -> Case:
    """Report the result to the city (反馈), with the conclusion whether the matter was as found (查证结论).

    Of a case that went two ways the results are joined when both have reported; where they differ the city decides.
    """
    result = _words("result", result, "请填写办理结果")
    if outcome not in Case.Outcome.values:
        raise FieldRefused("outcome", "请选择查证结论：属实或不属实")
    with transaction.atomic():
        step = begin(case, Verb.FEED_BACK, by)
        leg = step.leg
        assert leg is not None
        leg.state, leg.result, leg.outcome, leg.fed_back_at = State.FED_BACK, result, outcome, timezone.now()
        run_on(leg, leg.fed_back_at)  # whether it was in time is judged by the deadline that it would have now
        if leg.part == Dispatch.Part.LEAD:
            mirror_clock(step.case, leg)
        leg.save()
        leg.extensions.filter(state=Extension.State.ASKED).update(
            state=Extension.State.WITHDRAWN, decided_at=leg.fed_back_at
        )
        _join(step)
        facts = {"outcome": outcome} | ({"contradicted": True} if step.case.contradicted else {})
        return finish(step, note=result, facts=facts)


def _join(step: Step) -> None:
    """Put the results of the legs that have reported on the case."""
    told = [leg for leg in step.legs if leg.state == State.FED_BACK]
    outcomes = {leg.outcome for leg in told}
    whole = len(told) == len(step.legs)
    step.case.contradicted = whole and len(outcomes) > 1
    step.case.outcome = next(iter(outcomes)) if whole and len(outcomes) == 1 else ""
    if len(step.legs) == 1:
        step.case.result = told[0].result
    else:
        step.case.result = "\n".join(f"{leg.body_name}：{leg.result}" for leg in told)


def return_case(
    case: Case, *, by: Any, reason: str, due_at: datetime | None = None, parts: Sequence[str] = Dispatch.Part.values
) -> Case:
    """Send it back to be handled again (退回), by both bodies or those of ``parts``; ``due_at``: with more time."""
    reason = _words("reason", reason, "请填写退回原因")
    due_at = _ahead("due_at", due_at)
    with transaction.atomic():
        step = begin(case, Verb.RETURN, by)
        legs = [leg for leg in step.legs if leg.part in parts]
        if not legs:
            raise FieldRefused("parts", "请选择退回给谁")
        for leg in legs:
            leg.state, leg.returned_times, leg.fed_back_at = State.RETURNED, leg.returned_times + 1, None
            if due_at:
                set_clock(leg, clocks.until(timezone.now(), due_at))
            leg.save()
            if leg.part == Dispatch.Part.LEAD:
                mirror_clock(step.case, leg)
        step.case.contradicted, step.case.outcome = False, ""
        step.case.returned_times += 1
        facts: dict[str, Any] = {"due_at": due_at.isoformat()} if due_at else {}
        if len(step.legs) > 1:
            facts["bodies"] = [leg.body_name for leg in legs]
        return finish(step, note=reason, facts=facts)


def verify_case(case: Case, *, by: Any, note: str = "", outcome: str = "") -> Case:
    """The city has checked the result (核查通过); a substantiated finding goes on record.

    Where county and team contradict each other, ``outcome`` and a ``note`` are the city's own decision (裁定).
    """
    with transaction.atomic():
        step = begin(case, Verb.VERIFY, by)
        facts: dict[str, Any] = {}
        if step.case.contradicted:
            if outcome not in Case.Outcome.values:
                raise FieldRefused("outcome", "县区与执法队结论不一致，请裁定：属实或不属实")
            note = _words("note", note, "请填写裁定理由")
            step.case.outcome = outcome
            facts = {"decided": outcome}
        done = finish(step, state=State.VERIFIED, note=note.strip(), facts=facts)
        for confirm in AFTER_VERIFY:
            confirm(done, by)
        return done


def close_case(case: Case, *, by: Any, note: str = "") -> Case:
    """The matter is done (办结); not while a supervision waits for its answer or review."""
    with transaction.atomic():
        step = begin(case, Verb.CLOSE, by)
        if step.case.supervisions.filter(state__in=[Supervision.State.OPEN, Supervision.State.ANSWERED]).exists():
            raise FieldRefused("note", "督办尚未审查通过，不能办结")
        for check in BEFORE_CLOSE:
            check(step.case, by)
        step.case.closed_at = timezone.now()
        return finish(step, state=State.CLOSED, note=note.strip())


def file_case(case: Case, *, by: Any, note: str = "") -> Case:
    """Put the file away (归档)."""
    with transaction.atomic():
        step = begin(case, Verb.FILE, by)
        step.case.filed_at = timezone.now()
        return finish(step, state=State.FILED, note=note.strip())


def reopen_case(case: Case, *, by: Any, reason: str, due_at: datetime | None = None) -> Case:
    """Take it up again (重办): the county that had it, or who has its cases now, begins anew with a fresh clock."""
    reason = _words("reason", reason, "请填写重办原因")
    due_at = _ahead("due_at", due_at)
    with transaction.atomic():
        step = begin(case, Verb.REOPEN, by)
        for leg in step.legs:
            end_leg(step, leg)
        step.case.closed_at = step.case.filed_at = None
        if step.case.county_id:
            step.case.county_id = territory.successors().get(step.case.county_id) or step.case.county_id
        standard = rule_for(step.case.industry, step.case.kind, step.case.level)
        step.legs = add_legs(step.case, standard, due_at=due_at)
        return finish(step, note=reason, facts={"county": step.case.county_id})


def grade_case(case: Case, *, by: Any, level: str, is_key: bool = False, note: str = "") -> Case:
    """Say how grave it is, and whether it is a key case (定级、列为重点). A graver level never gives more time."""
    if level not in Case.Level.values:
        raise FieldRefused("level", "请选择等级")
    with transaction.atomic():
        step = begin(case, Verb.GRADE, by)
        step.case.level, step.case.is_key = level, is_key
        clock = clocks.deadline(timezone.now(), rule_for(step.case.industry, step.case.kind, level))
        for leg in step.legs:
            if clock and leg.due_at and leg.state != State.FED_BACK and clock.due_at < leg.due_at:
                set_clock(leg, clock)
                leg.save()
                if leg.part == Dispatch.Part.LEAD:
                    mirror_clock(step.case, leg)
        return finish(step, note=note.strip(), facts={"level": level, "is_key": is_key})


def _words(field: str, words: str, missing: str) -> str:
    if not words.strip():
        raise FieldRefused(field, missing)
    return words.strip()


def _ahead(field: str, moment: datetime | None) -> datetime | None:
    if moment is not None and moment <= timezone.now():
        raise FieldRefused(field, f"期限应晚于现在，填写的是 {timezone.localtime(moment):%Y-%m-%d %H:%M}")
    return moment
