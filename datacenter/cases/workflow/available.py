"""What somebody may do to a case as it stands (可办事项): the table, the leg that is theirs, and what was asked."""

from __future__ import annotations

from typing import Any

from datacenter.cases.models import Case, Dispatch, Extension, Supervision
from datacenter.cases.states import TRANSITIONS, State, Verb, rights_for, verbs_from
from datacenter.cases.workflow.pausing import can_pause
from datacenter.cases.workflow.pressure import is_late
from datacenter.cases.workflow.recording import leg_of, standing_of


def available_verbs(case: Case, user: Any) -> list[Verb]:
    """What ``user`` may do to ``case``, in the order of the table."""
    legs = list(case.legs.filter(ended_at=None).select_related("unit", "county").order_by("pk"))
    mine = leg_of(user, case, legs) if case.state != State.COLLECTED else None
    said = [
        *verbs_from(State(case.state), by_leg=False),
        *(verbs_from(standing_of(case, mine), by_leg=True) if mine is not None else []),
    ]
    allowed = [
        verb for verb in TRANSITIONS
        if verb in said and any(user.may(right) for right in rights_for(verb, case.origin))
    ]  # fmt: skip
    return [verb for verb in allowed if _means_something(verb, case, legs, mine)]


def _means_something(verb: Verb, case: Case, legs: list[Dispatch], mine: Dispatch | None) -> bool:
    """Whether there is a request to decide, a supervision to answer, lateness to explain, a clock to stop."""
    if verb in (Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION):
        return Extension.objects.filter(leg__in=legs, state=Extension.State.ASKED).exists()
    if verb == Verb.ASK_EXTENSION:
        return mine is not None and not mine.extensions.filter(state=Extension.State.ASKED).exists()
    if verb == Verb.PAUSE:
        return any(can_pause(leg) for leg in legs)
    if verb == Verb.RESUME:
        return any(leg.paused_at is not None for leg in legs)
    if verb == Verb.EXPLAIN:
        return mine is not None and is_late(mine)
    if verb == Verb.ANSWER_SUPERVISION:
        return case.supervisions.filter(state=Supervision.State.OPEN).exists()
    unsettled = [Supervision.State.OPEN, Supervision.State.ANSWERED]
    if verb == Verb.REVIEW_SUPERVISION:
        return case.supervisions.filter(state__in=unsettled).exists()
    if verb == Verb.SUPERVISE:
        return not case.supervisions.filter(state__in=unsettled).exists()
    return True
