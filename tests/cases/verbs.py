"""Every verb of the loop as a test says it, and cases put where a verb can be said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.accounts.rights import RIGHTS, Role
from datacenter.cases import workflow
from datacenter.cases.models import Case, Dispatch, Extension, Supervision
from datacenter.cases.states import State, Verb
from datacenter.geo.models import County
from tests import factories

Act = Callable[[Case, Any], Case]


def county(code: str) -> County:
    return County.objects.get(pk=code)


def ahead(hours: float) -> Any:
    return timezone.now() + timedelta(hours=hours)


VERBS: dict[Verb, Act] = {
    Verb.DISPATCH: lambda case, by: workflow.dispatch_case(case, to=county(factories.PANSHAN), by=by),
    Verb.REDISPATCH: lambda case, by: workflow.redispatch_case(case, to=county(factories.PANSHAN), by=by),
    Verb.DECLINE: lambda case, by: workflow.decline_case(case, by=by, reason="不属本区"),
    Verb.ACCEPT: lambda case, by: workflow.accept_case(case, by=by),
    Verb.HANDLE: lambda case, by: workflow.handle_case(case, by=by, note="已到现场"),
    Verb.FEED_BACK: lambda case, by: workflow.feed_back_case(case, by=by, result="已整改", outcome="substantiated"),
    Verb.RETURN: lambda case, by: workflow.return_case(case, by=by, reason="材料不全"),
    Verb.VERIFY: lambda case, by: workflow.verify_case(case, by=by),
    Verb.CLOSE: lambda case, by: workflow.close_case(case, by=by),
    Verb.FILE: lambda case, by: workflow.file_case(case, by=by),
    Verb.REOPEN: lambda case, by: workflow.reopen_case(case, by=by, reason="当事人申诉"),
    Verb.ASK_EXTENSION: lambda case, by: workflow.ask_extension(case, by=by, until=ahead(5000), reason="当事人在外地"),
    Verb.GRANT_EXTENSION: lambda case, by: workflow.grant_extension(case, by=by),
    Verb.REFUSE_EXTENSION: lambda case, by: workflow.refuse_extension(case, by=by, reason="理由不充分"),
    Verb.PAUSE: lambda case, by: workflow.pause_case(case, by=by, reason="等待鉴定"),
    Verb.RESUME: lambda case, by: workflow.resume_case(case, by=by),
    Verb.EXPLAIN: lambda case, by: workflow.explain_lateness(case, by=by, reason="车辆停运"),
    Verb.URGE: lambda case, by: workflow.urge_case(case, by=by),
    Verb.SUPERVISE: lambda case, by: workflow.supervise_case(case, by=by, level=1, reason="限期办结"),
    Verb.ANSWER_SUPERVISION: lambda case, by: workflow.answer_supervision(case, by=by, reply="正在办理"),
    Verb.REVIEW_SUPERVISION: lambda case, by: workflow.review_supervision(case, by=by, decision="accept"),
    Verb.GRADE: lambda case, by: workflow.grade_case(case, by=by, level="serious", is_key=True),
}


def standing(case: Case, state: State) -> Case:
    """``case``, dispatched to Dawa when it was opened, put into ``state`` past the workflow, its leg with it."""
    legs = Dispatch.objects.filter(case=case)
    if state == State.COLLECTED:
        legs.update(ended_at=timezone.now())
    else:
        ended = {State.VERIFIED, State.CLOSED, State.FILED}
        legs.update(ended_at=None, state=State.FED_BACK if state in ended else state)
    Case.objects.filter(pk=case.pk).update(state=state)
    case.refresh_from_db()
    return case


def prepared(case: Case, verb: Verb, by: User) -> None:
    """What ``verb`` is about besides: a request to decide, a supervision to answer or review, lateness."""
    leg = case.legs.filter(ended_at=None).first() or case.legs.first()
    now = timezone.now()
    if verb in (Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION):
        Extension.objects.create(leg=leg, until=ahead(5000), reason="请延期", asked_at=now, asked_by=by)
    if verb == Verb.RESUME and leg is not None:
        case.legs.filter(pk=leg.pk).update(
            paused_at=now, paused_left_s=3600, paused_amber_s=600, paused_clock="working", due_at=None, amber_at=None
        )
        Case.objects.filter(pk=case.pk).update(due_at=None, amber_at=None)
    if verb == Verb.EXPLAIN:
        case.legs.update(due_at=now - timedelta(hours=1))
        Case.objects.filter(pk=case.pk).update(due_at=now - timedelta(hours=1))
    if verb in (Verb.ANSWER_SUPERVISION, Verb.REVIEW_SUPERVISION):
        state = Supervision.State.OPEN if verb == Verb.ANSWER_SUPERVISION else Supervision.State.ANSWERED
        Supervision.objects.create(
            case=case, level=1, cause="by_hand", state=state, reason="督办", opened_at=now, answer_due_at=ahead(8)
        )


def verbs_of(case: Case) -> list[str]:
    return list(case.events.values_list("verb", flat=True))


def holders(right: str) -> set[Role]:
    """The roles that have ``right``."""
    return {role for role in Role if right in RIGHTS[role]}
