"""Reads of what terminals reported (终端上报查询)."""

from typing import Any

from django.db.models import Count, QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.facts.errors import ReportNotFound
from datacenter.facts.models import TerminalReport


def reports_visible_to(user: Any) -> QuerySet[TerminalReport]:
    """Reports of the vehicles inside the user's scope, the newest first; without their raw bodies."""
    rows = scope_of(user).limit(TerminalReport.objects.all())
    return rows.select_related("vehicle").defer("raw").order_by("-received_at", "-pk")


def reports_of(user: Any, vehicle_id: int, count: int = 50) -> list[TerminalReport]:
    """The newest reports of one vehicle that the user may see."""
    return list(reports_visible_to(user).filter(vehicle_id=vehicle_id)[:count])


def kinds_of(rows: QuerySet[TerminalReport]) -> list[dict[str, Any]]:
    """``message_id``, ``title`` and ``count`` of the kinds there are among ``rows``."""
    counted = rows.select_related(None).order_by().values("message_id", "title").annotate(count=Count("pk"))
    return [dict(row) for row in counted.order_by("message_id")]


def get_report_for(user: Any, pk: int) -> TerminalReport:
    """The report with its raw body if the user may see it; raises ``ReportNotFound``."""
    report = reports_visible_to(user).defer(None).filter(pk=pk).first()
    if report is None:
        raise ReportNotFound(pk=pk)
    return report
