"""Reads of findings (疑似违规查询)."""

from typing import Any

from django.db.models import QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.cases.models import Case
from datacenter.detection.models import DetectorSetting, Finding


def findings_visible_to(user: Any) -> QuerySet[Finding]:
    """Every finding inside the user's scope, newest first, without those that re-detection took back."""
    rows = scope_of(user).limit(Finding.objects.exclude(state=Finding.State.SUPERSEDED))
    return rows.select_related("case").order_by("-started_at", "-pk")


def finding_of(case: Case) -> Finding | None:
    """The finding that opened ``case``, if one did; the newest that still stands where there are several."""
    return case.findings.order_by("state", "-pk").exclude(state=Finding.State.SUPERSEDED).first() or (
        case.findings.order_by("-pk").first()
    )


def clause_is_verified(detector: str) -> bool:
    """Whether somebody has checked the clause that a detector cites; pages mark it 未核实 where not."""
    return DetectorSetting.objects.filter(pk=detector, source_verified=True).exists()
