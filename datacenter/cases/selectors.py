"""Reads of cases (案件查询): the only place that spells ``Case.objects`` for reading."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.accounts.rights import roles_with
from datacenter.accounts.scope import scope_of
from datacenter.cases.errors import CaseNotFound
from datacenter.cases.models import (
    Case,
    CaseAttachment,
    CaseEvent,
    Dispatch,
    Extension,
    Supervision,
    WorkflowRule,
)
from datacenter.cases.states import OPEN_STATES
from datacenter.registry.models import Vehicle


def cases_visible_to(user: Any) -> QuerySet[Case]:
    """Every case inside the user's scope, newest first, with what a list shows of each.

    ``vehicle_in_scope`` says whether the user may also open the vehicle's own page: a case belongs to the county where
    it happened, its vehicle to the county where it is registered.
    """
    scope = scope_of(user)
    vehicles = scope.limit(Vehicle.objects.filter(pk=OuterRef("vehicle_id")), vehicle="pk")
    return (
        scope.limit(Case.objects.all())
        .select_related("county", "assignee")
        .defer("county__boundary", "county__disputed")  # some twenty kilobytes a row
        .annotate(vehicle_in_scope=Exists(vehicles))
        .order_by("-opened_at", "-pk")
    )


def any_opened_before(moment: datetime) -> bool:
    """Whether there is a case that old, inside PostgreSQL's scope."""
    return Case.objects.filter(opened_at__lt=moment).exists()


def get_case_for(user: Any, number: str) -> Case:
    """The case ``number`` if the user may see it; raises ``CaseNotFound``."""
    try:
        return cases_visible_to(user).get(number=number)
    except Case.DoesNotExist:
        raise CaseNotFound(number=number) from None


def events_of(case: Case) -> list[CaseEvent]:
    """The case's timeline in order, each event with its attachments (three queries at most)."""
    return list(
        case.events.select_related("by").prefetch_related(
            Prefetch("attachments", queryset=CaseAttachment.objects.order_by("pk"))
        )
    )


def legs_of(case: Case) -> list[Dispatch]:
    """Whom the case was sent to, in order; those that were taken back too."""
    rows = case.legs.select_related("county", "unit", "assignee")
    return list(rows.defer("county__boundary", "county__disputed").order_by("sent_at", "pk"))


def supervisions_of(case: Case) -> list[Supervision]:
    """The supervisions of the case, the newest first."""
    return list(case.supervisions.select_related("leader", "answered_by", "reviewed_by"))


def extensions_of(case: Case) -> list[Extension]:
    """What time was asked for, the newest first."""
    rows = Extension.objects.filter(leg__case=case).select_related("leg__county", "leg__unit", "asked_by", "decided_by")
    return list(rows.defer("leg__county__boundary", "leg__county__disputed").order_by("-asked_at"))


def leaders() -> QuerySet[User]:
    """Who may supervise by name (督办领导)."""
    rows = User.objects.filter(is_active=True, role__in=roles_with("supervision.lead"))
    return rows.select_related("unit").order_by("role", "pk")


def attachment_for(user: Any, pk: int) -> CaseAttachment:
    """One attachment of a case that the user may see; raises ``CaseNotFound``."""
    attachment = CaseAttachment.objects.select_related("event__case").filter(pk=pk).first()
    if attachment is None or not cases_visible_to(user).filter(pk=attachment.event.case_id).exists():
        raise CaseNotFound(attachment=pk)
    return attachment


def open_cases_visible_to(user: Any) -> QuerySet[Case]:
    """Cases that somebody still has to deal with."""
    return cases_visible_to(user).filter(state__in=OPEN_STATES)


def overdue_cases_visible_to(user: Any) -> QuerySet[Case]:
    """Open cases past their deadline."""
    return open_cases_visible_to(user).filter(due_at__lt=timezone.now())


def rule_for(industry: str, kind: str, level: str = "") -> WorkflowRule | None:
    """The workflow row that holds: what names the kind goes before the industry, and that before the level; or none."""
    rows = WorkflowRule.objects.filter(industry__in={industry, ""}, kind__in={kind, ""}, level__in={level, ""})
    return max(rows, key=lambda row: (row.kind != "", row.industry != "", row.level != ""), default=None)
