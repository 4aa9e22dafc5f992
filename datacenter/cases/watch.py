"""The clock's own acts (自动催办、自动督办): warn when amber, urge when red, supervise when later, escalate unanswered.

Each is one verb in one transaction; a case that refuses (somebody was faster) does not hold up the others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.cases import clocks, workflow
from datacenter.cases.models import Case, Dispatch, Supervision, SupervisionRule
from datacenter.cases.states import OPEN_STATES, State
from datacenter.errors import DomainError

log = logging.getLogger(__name__)

# At once: a backlog is worked off over several rounds, oldest first.
_MOST = 500
_UNSETTLED = (Supervision.State.OPEN, Supervision.State.ANSWERED)


def look_at_clocks(now: datetime | None = None) -> Counter[str]:
    """One round; says how many were warned of, urged, supervised and escalated."""
    now = now or timezone.now()
    done: Counter[str] = Counter()
    for leg in _waiting().filter(warned_at=None, amber_at__lte=now, due_at__gt=now).order_by("due_at")[:_MOST]:
        done["warned"] += _tried(_warn, leg)
    for leg in _waiting().filter(urged_at=None, due_at__lt=now).order_by("due_at")[:_MOST]:
        done["urged"] += _tried(_urge, leg)
    rules = list(SupervisionRule.objects.filter(in_force=True).order_by("level"))
    if rules:
        changed = clocks.changed_days(timezone.localtime(now).date() - timedelta(days=90))
        for leg in _late(now, rules):
            hours = clocks.working_time(leg.due_at, now, changed) / timedelta(hours=1)  # type: ignore[arg-type]
            due = [rule for rule in rules if rule.after_hours <= hours]
            if due:
                done["supervised"] += _tried(_supervise, leg, due[-1])
    unanswered = Supervision.objects.filter(
        state=Supervision.State.OPEN, answer_due_at__lt=now, level__lt=max(Supervision.Level.values),
        case__state__in=_PRESSED,
    )  # fmt: skip
    for supervision in unanswered.select_related("case").order_by("answer_due_at")[:_MOST]:
        done["escalated"] += _tried(_escalate, supervision)
    return done


_PRESSED = [State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.RETURNED, State.FED_BACK]


def _waiting() -> Any:
    """Live legs that have not reported, of cases that are open."""
    return (
        Dispatch.objects.filter(ended_at=None, case__state__in=OPEN_STATES)
        .exclude(state=State.FED_BACK)
        .select_related("case", "unit", "county")
        .defer("county__boundary", "county__disputed")
    )


def _late(now: datetime, rules: list[SupervisionRule]) -> list[Dispatch]:
    """Late legs of cases that no supervision of the highest level presses yet, one a case."""
    top = max(rule.level for rule in rules)
    pressed = Supervision.objects.filter(level__gte=top).values("case_id")
    settled = Supervision.objects.filter(state=Supervision.State.ANSWERED).values("case_id")
    rows = _waiting().filter(due_at__lt=now).exclude(case_id__in=pressed).exclude(case_id__in=settled)
    legs: dict[int, Dispatch] = {}
    for leg in rows.order_by("due_at")[:_MOST]:
        legs.setdefault(leg.case_id, leg)
    return list(legs.values())


def _warn(leg: Dispatch) -> bool:
    with transaction.atomic():
        if not Dispatch.objects.filter(pk=leg.pk, warned_at=None).update(warned_at=timezone.now()):
            return False
        for hear in workflow.AFTER_WARNING:
            hear(leg.case, leg)
    return True


def _urge(leg: Dispatch) -> bool:
    workflow.urge_case(leg.case, by=None, note=f"{leg.body_name}办理已逾期，系统自动催办", leg=leg)
    return True


def _supervise(leg: Dispatch, rule: SupervisionRule) -> bool:
    """At ``rule``'s level, unless a supervision of it or above has been opened since the leg was sent."""
    since = Supervision.objects.filter(case=leg.case_id, opened_at__gte=leg.sent_at, level__gte=rule.level)
    if since.exists():
        return False
    words = f"{leg.body_name}办理逾期已超过 {rule.after_hours} 个工作时"
    if Supervision.objects.filter(case=leg.case_id, state__in=_UNSETTLED).exists():
        workflow.review_supervision(leg.case, by=None, decision="escalate", note=words)
    else:
        workflow.supervise_case(leg.case, by=None, level=rule.level, reason=words, cause=Supervision.Cause.LATE)
    return True


def _escalate(supervision: Supervision) -> bool:
    workflow.review_supervision(supervision.case, by=None, decision="escalate", note="督办到期未回复，系统自动升级")
    return True


def _tried(act: Callable[..., bool], subject: Dispatch | Supervision, *more: Any) -> bool:
    case: Case = subject.case
    try:
        return act(subject, *more)
    except DomainError as refusal:
        log.info("case %s: %s is left alone: %s", case.number, act.__name__, refusal)
        return False
