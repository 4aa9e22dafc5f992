"""Reads of what terminals reported (终端上报查询)."""

from typing import Any

from django.db.models import QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.facts.models import TerminalReport


def reports_visible_to(user: Any) -> QuerySet[TerminalReport]:
    """Reports of the vehicles inside the user's scope, the newest first; without their raw bodies."""
    rows = scope_of(user).limit(TerminalReport.objects.all())
    return rows.select_related("vehicle").defer("raw").order_by("-received_at", "-pk")


def reports_of(user: Any, vehicle_id: int, count: int = 50) -> list[TerminalReport]:
    """The newest reports of one vehicle that the user may see."""
    return list(reports_visible_to(user).filter(vehicle_id=vehicle_id)[:count])
