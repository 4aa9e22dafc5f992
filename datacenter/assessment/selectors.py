"""Reads of assessment (考核查询): the city sees all, a county its own and the ranking of counties, a company itself."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.db.models import QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.assessment.errors import SubjectNotFound
from datacenter.assessment.models import (
    AssessmentMonth,
    Correction,
    IndicatorRule,
    Objection,
    PointRule,
    Score,
    Standing,
)
from datacenter.assessment.models.subjects import SCORED, Axis, Kind

_MONTH = re.compile(r"(\d{4})-(\d{2})")


def months() -> QuerySet[AssessmentMonth]:
    """Every month, the newest first; a month itself says nothing of anybody."""
    return AssessmentMonth.objects.select_related("published_by").order_by("-first_day")


def first_day_of(text: str) -> date:
    """The first day of 2026-11. Raises ``SubjectNotFound``."""
    found = _MONTH.fullmatch(text)
    if found and 2000 <= int(found[1]) <= 2100 and 1 <= int(found[2]) <= 12:
        return date(int(found[1]), int(found[2]), 1)
    raise SubjectNotFound(month=text)


def month_named(text: str) -> AssessmentMonth:
    """The month 2026-11. Raises ``SubjectNotFound``."""
    month = months().filter(first_day=first_day_of(text)).first()
    if month is None:
        raise SubjectNotFound(month=text)
    return month


def kinds_for(user: Any) -> list[Kind]:
    """Whose tables a user may look at."""
    level = scope_of(user).level
    return {"city": list(SCORED), "county": list(SCORED), "company": [Kind.COMPANY, Kind.PRACTITIONER]}.get(level, [])


def standings_visible_to(user: Any) -> QuerySet[Standing]:
    """Standings inside the user's scope; counties see where all counties stand."""
    scope = scope_of(user)
    rows = _own(user, Standing.objects.all())
    if scope.level == "county":
        rows = rows | Standing.objects.filter(kind=Kind.COUNTY)
    return rows.select_related("month")


def scores_visible_to(user: Any) -> QuerySet[Score]:
    """Figures inside the user's scope; of other counties none."""
    return _own(user, Score.objects.all()).select_related("rule", "month")


def objections_visible_to(user: Any) -> QuerySet[Objection]:
    """Objections inside the user's scope, newest first."""
    rows = _own(user, Objection.objects.all())
    return rows.select_related("month", "asked_by__unit", "decided_by", "correction").order_by("-asked_at", "-pk")


def corrections_visible_to(user: Any) -> QuerySet[Correction]:
    """Corrections inside the user's scope, newest first."""
    return _own(user, Correction.objects.all()).select_related("by", "month").order_by("-at", "-pk")


def _own(user: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    scope = scope_of(user)
    return rows.none() if scope.level == "vehicle" else scope.limit(rows)


def standing_for(user: Any, month: AssessmentMonth, kind: str, subject: str) -> Standing:
    """Where a subject stands, if the user may open its sheet. Raises ``SubjectNotFound``."""
    row = _own(user, Standing.objects.filter(month=month, kind=kind, subject=subject)).first()
    if row is None:
        raise SubjectNotFound(subject=subject)
    return row


def score_for(user: Any, month: AssessmentMonth, kind: str, subject: str, indicator: str) -> Score:
    """One figure. Raises ``SubjectNotFound``."""
    row = scores_visible_to(user).filter(month=month, kind=kind, subject=subject, indicator=indicator).first()
    if row is None:
        raise SubjectNotFound(indicator=indicator)
    return row


def history_of(standing: Standing, user: Any, most: int = 12) -> list[Standing]:
    """The same subject in the months before and after, oldest first."""
    rows = _own(user, Standing.objects.filter(kind=standing.kind, subject=standing.subject))
    return list(rows.select_related("month").order_by("-month__first_day")[:most])[::-1]


def newest_corrections(user: Any, month: AssessmentMonth, kind: str, subjects: list[str]) -> dict[str, Correction]:
    """The last correction after publication of each of some subjects: its total is what holds now."""
    rows = corrections_visible_to(user).filter(
        month=month, kind=kind, subject__in=subjects, after_publication=True
    ).order_by("at", "pk")  # fmt: skip
    return {row.subject: row for row in rows}


def rules_with_history() -> list[dict[str, Any]]:
    """Rules by kind and axis: the one that holds, and those before it; for everybody who sees assessment."""
    rows = IndicatorRule.objects.select_related("created_by", "verified_by")
    by_indicator: dict[str, list[IndicatorRule]] = {}
    for row in rows.order_by("kind", "axis", "-weight", "indicator", "-pk"):
        by_indicator.setdefault(row.indicator, []).append(row)
    found = []
    for mine in by_indicator.values():
        mine.sort(key=lambda row: (row.valid_until is not None, -row.pk))
        found.append({"rule": mine[0], "past": mine[1:]})
    order = {axis.value: number for number, axis in enumerate(Axis)}
    kinds = {kind.value: number for number, kind in enumerate(Kind)}
    return sorted(found, key=lambda one: (kinds[one["rule"].kind], order[one["rule"].axis], -one["rule"].weight))


def point_rules() -> QuerySet[PointRule]:
    """The table of deductions and rewards."""
    return PointRule.objects.order_by("bonus", "-points", "kind_code", "industry")
