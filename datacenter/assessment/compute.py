"""A month is computed (考核计算): figures of every indicator, scores by the rules in force, totals and places.

The number of queries does not depend on how many subjects there are. Rows that are there keep their numbers, so that
what refers to them holds; those of subjects that are no more go. Only drafts are computed.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from datacenter.assessment import catalogue, formulas
from datacenter.assessment.catalogue import Figure, Indicator, Period
from datacenter.assessment.errors import MonthFrozen
from datacenter.assessment.models import AssessmentMonth, Correction, IndicatorRule, Score
from datacenter.assessment.models.subjects import SCORED, Axis, Kind
from datacenter.geo.counties import counties
from datacenter.registry.models import Company, Practitioner

# Columns and their types in PostgreSQL, the first ones unique together.
_KEY = {"month_id": "bigint", "kind": "text", "subject": "text"}
_WHOSE = {"name": "text", "county_id": "text", "company_id": "bigint"}
_NUMBER = "double precision"
_SCORE = {
    **_KEY, "indicator": "text", **_WHOSE, "rule_id": "bigint", "weight": _NUMBER, "numerator": _NUMBER,
    "denominator": _NUMBER, "value": _NUMBER, "score": _NUMBER, "corrected": "boolean",
}  # fmt: skip
_STANDING = {**_KEY, **_WHOSE, "total": _NUMBER, **dict.fromkeys(Axis.values, _NUMBER), "covered": _NUMBER}


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject as it is now, and whose it is."""

    kind: Kind
    key: str
    name: str
    county_id: str | None
    company_id: int | None

    def columns(self) -> dict[str, Any]:
        """The columns that every row about it has."""
        return {
            "kind": self.kind, "subject": self.key, "name": self.name, "county_id": self.county_id,
            "company_id": self.company_id,
        }  # fmt: skip


def rules_in_force(first_day: date) -> list[IndicatorRule]:
    """The rules by which a month is scored, one for each indicator."""
    rows = IndicatorRule.objects.filter(valid_from__lte=first_day).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=first_day)
    )
    return list(rows.order_by("kind", "axis", "-weight", "indicator"))


def subjects(kind: str) -> list[Subject]:
    """All of one kind; of people the drivers, since the table of points is theirs."""
    if kind == Kind.COUNTY:
        return [Subject(Kind.COUNTY, code, name, code, None) for code, name in counties().values_list("code", "name")]
    if kind == Kind.COMPANY:
        rows = Company.objects.order_by("pk").values_list("pk", "name", "county_id")
        return [Subject(Kind.COMPANY, str(pk), name, county, pk) for pk, name, county in rows]
    people = Practitioner.objects.filter(kind=Practitioner.Kind.DRIVER).order_by("pk")
    return [
        Subject(Kind.PRACTITIONER, str(pk), name, county, company)
        for pk, name, county, company in people.values_list("pk", "name", "county_id", "company_id")
    ]


def compute(first_day: date, *, now: datetime | None = None) -> AssessmentMonth:
    """Compute a month as far as it has run. Raises ``MonthFrozen``."""
    began, now = time.monotonic(), now or timezone.now()
    with transaction.atomic():
        AssessmentMonth.objects.get_or_create(first_day=first_day)
        month = AssessmentMonth.objects.select_for_update().get(first_day=first_day)
        if month.frozen:
            raise MonthFrozen(month=month.key)
        period = catalogue.month_of(first_day, now=now)
        rules: dict[str, list[IndicatorRule]] = defaultdict(list)
        for rule in rules_in_force(first_day):
            rules[rule.kind].append(rule)
        for kind in SCORED:
            _compute_kind(month, kind, rules[kind], period)
        month.absent = absent(rule for mine in rules.values() for rule in mine)
        month.computed_at, month.took_ms = now, round((time.monotonic() - began) * 1000)
        month.save(update_fields=["absent", "computed_at", "took_ms"])
    return month


def absent(rules: Iterable[IndicatorRule]) -> list[dict[str, str]]:
    """Indicators that have a rule and that nobody counts yet."""
    return [
        {"indicator": rule.indicator, "title": rule.title, "kind": rule.kind, "axis": rule.axis}
        for rule in rules
        if catalogue.get(rule.indicator) is None
    ]


@dataclass(slots=True)
class Counted:
    """One figure with its score, before it is written."""

    indicator: str
    rule_id: int
    weight: float
    numerator: float | None
    denominator: float | None
    value: float | None
    score: float | None
    corrected: bool


def _compute_kind(month: AssessmentMonth, kind: Kind, rules: list[IndicatorRule], period: Period) -> None:
    counted = [(rule, one, one.compute(period)) for rule in rules if (one := catalogue.get(rule.indicator))]
    corrected = _corrections(month, kind)
    axes, every = sides(rules)
    scores, standings = [], []
    for subject in subjects(kind) if rules else []:
        mine = [
            _count(subject, rule, indicator, figures.get(subject.key, indicator.else_), corrected)
            for rule, indicator, figures in counted
        ]
        whose = (subject.name, subject.county_id, subject.company_id)
        key = (month.pk, kind.value, subject.key)
        scores += [
            (*key, one.indicator, *whose, one.rule_id, one.weight, one.numerator, one.denominator, one.value, one.score,
             one.corrected)
            for one in mine
        ]  # fmt: skip
        found = totals(mine, axes, every)
        standings.append((*key, *whose, found["total"], *(found[axis] for axis in Axis.values), found["covered"]))
    _write("assessment_score", _SCORE, 4, scores, month, kind, "")
    _write("assessment_standing", _STANDING, 3, standings, month, kind, ", rank, place, ranked")
    rank(month, kind)


def _count(
    subject: Subject, rule: IndicatorRule, indicator: Indicator, figure: Figure | None,
    corrected: dict[tuple[str, str], Figure],
) -> Counted:  # fmt: skip
    right = corrected.get((subject.key, indicator.code))
    figure = right or figure
    value = indicator.value(figure) if figure else None
    return Counted(
        indicator=indicator.code, rule_id=rule.pk, weight=float(rule.weight),
        numerator=figure.numerator if figure else None, denominator=figure.denominator if figure else None, value=value,
        score=None if value is None else score_by(rule, indicator, value), corrected=right is not None,
    )  # fmt: skip


def score_by(rule: IndicatorRule, indicator: Indicator, value: float) -> float:
    """The score of a value by one rule."""
    return formulas.score(
        rule.formula, value, better=indicator.better, target=rule.target, floor=rule.floor, params=rule.params
    )


def _corrections(month: AssessmentMonth, kind: Kind) -> dict[tuple[str, str], Figure]:
    """The newest correction of each figure."""
    rows = Correction.objects.filter(month=month, kind=kind).order_by("at", "pk")
    return {(row.subject, row.indicator): Figure(row.numerator, row.denominator) for row in rows}


def sides(rules: Iterable[IndicatorRule]) -> tuple[dict[str, Axis], float]:
    """The side that each indicator belongs to, and the weight of all, absent ones among them."""
    rules = list(rules)
    return {rule.indicator: Axis(rule.axis) for rule in rules}, float(sum(rule.weight for rule in rules))


def totals(scores: Iterable[Score | Counted], axes: dict[str, Axis], every: float) -> dict[str, float | None]:
    """Total, the four sides and the share of ``every`` weight covered, of the scores of one subject.

    What has no figure weighs nothing: the others share its weight.
    """
    scores = list(scores)
    total, had = formulas.weighted((one.weight, one.score) for one in scores)
    found: dict[str, float | None] = {"total": total, "covered": round(had / every, 4) if every else 0.0}
    for axis in Axis:
        mine = ((one.weight, one.score) for one in scores if axes[one.indicator] == axis)
        found[axis.value], _ = formulas.weighted(mine)
    return found


def rank(month: AssessmentMonth, kind: str) -> None:
    """Give each subject of a kind its place by total; equal totals share a rank, who has none stands last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE assessment_standing s SET rank = r.rank, place = r.place, ranked = r.ranked FROM ("
            " SELECT id, CASE WHEN total IS NOT NULL THEN rank() OVER (ORDER BY total DESC NULLS LAST) END AS rank,"
            " row_number() OVER (ORDER BY total DESC NULLS LAST, covered DESC, name, subject) AS place,"
            " count(total) OVER () AS ranked"
            " FROM assessment_standing WHERE month_id = %s AND kind = %s) r"
            " WHERE s.id = r.id AND (s.rank, s.place, s.ranked) IS DISTINCT FROM (r.rank, r.place, r.ranked)",
            [month.pk, kind],
        )


def _write(
    table: str, columns: dict[str, str], keys: int, rows: list[tuple[Any, ...]], month: AssessmentMonth, kind: Kind,
    unset: str,
) -> None:  # fmt: skip
    """Make the rows of a month and kind these, in two statements: what is no more goes, what is the same stays.

    The ORM's own ``bulk_create`` takes several times as long for tens of thousands.
    """
    arrays = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
    names = list(columns)
    own, changing = names[2:keys], names[keys:]  # month and kind are the same for all
    same = " AND ".join(f"k.{name} = t.{name}" for name in own)
    values = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} t WHERE month_id = %s AND kind = %s AND NOT EXISTS (SELECT 1 FROM"  # noqa: S608
            f" unnest({', '.join('%s::text[]' for _ in own)}) AS k({', '.join(own)}) WHERE {same})",
            [month.pk, kind.value, *arrays[2:keys]],
        )
        cursor.execute(
            f"INSERT INTO {table} AS t ({', '.join(names)}{unset})"  # noqa: S608  names of ours
            f" SELECT *{', NULL, 0, 0' if unset else ''} FROM unnest({values})"
            f" ON CONFLICT ({', '.join(names[:keys])}) DO UPDATE SET"
            f" {', '.join(f'{name} = EXCLUDED.{name}' for name in changing)}"
            f" WHERE ({', '.join(f't.{name}' for name in changing)})"
            f" IS DISTINCT FROM ({', '.join(f'EXCLUDED.{name}' for name in changing)})",
            arrays,
        )


def drafts(now: datetime | None = None) -> QuerySet[AssessmentMonth]:
    """Months that are not published, this one and last month's among them where they are due."""
    today = timezone.localdate(now)
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    for day in (before, first):
        AssessmentMonth.objects.get_or_create(first_day=day)
    return AssessmentMonth.objects.filter(state=AssessmentMonth.State.DRAFT, first_day__gte=before)
