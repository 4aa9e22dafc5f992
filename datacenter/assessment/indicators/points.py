"""Points that a practitioner has left in the cycle (周期剩余分)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment import points
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.models import PointEntry
from datacenter.assessment.models.subjects import Axis, Kind


def _left(period: Period) -> Figures:
    balances = points.balances(period.last, before=period.until)
    return {str(person): Figure(left) for person, left in balances.items()}


def _entries(user: Any, key: str, period: Period) -> QuerySet[PointEntry]:
    rows = scope_of(user).limit(PointEntry.objects.all(), vehicle="violation__vehicle_id")
    return rows.filter(
        practitioner_id=key, cycle_start__lte=period.last, cycle_end__gt=period.last, entered_at__lt=period.until
    ).select_related("violation__finding__case")


def _line(entry: Any, user: Any) -> Sequence[Cell]:
    case = entry.violation.finding.case if entry.violation_id else None
    where = reverse("case-detail", args=[case.number]) if case and user.may("case.view") else ""
    return (
        Cell(f"{timezone.localtime(entry.at):%Y-%m-%d}"), Cell(entry.title), Cell(f"{entry.effect:+d}"),
        Cell(case.number if case else "—", where), Cell(entry.note),
    )  # fmt: skip


INDICATORS = (
    Indicator(
        "practitioner.points", "周期剩余分", Axis.CONDUCT, Kind.PRACTITIONER, "分", "high", _left, ("剩余分", ""),
        _("当期基础分加奖励、减扣分；自首次发证之日起每 12 个月为一周期"),
        behind=Behind(("日期", "事由", "分值", "案号", "说明"), _entries, _line),
    ),
)  # fmt: skip
