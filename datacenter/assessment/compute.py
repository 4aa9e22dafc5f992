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
from datacenter.assessment.models import AssessmentMonth, Correction, IndicatorRule, Score, Standing
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.geo.counties import counties
from datacenter.registry.models import Company, Practitioner

_SCORE = (
    *("name", "county_id", "company_id", "rule", "weight", "numerator", "denominator", "value", "score"),
    *("corrected", "computed_at"),
)
_STANDING = ("name", "county_id", "company_id", "total", *Axis.values, "covered", "computed_at")


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
        for kind, mine in rules.items():
            _compute_kind(month, Kind(kind), mine, period, now)
        for rows in (month.scores, month.standings):
            rows.exclude(computed_at=now).delete()
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


def _compute_kind(
    month: AssessmentMonth, kind: Kind, rules: list[IndicatorRule], period: Period, now: datetime
) -> None:
    counted = [(rule, one, one.compute(period)) for rule in rules if (one := catalogue.get(rule.indicator))]
    corrected = _corrections(month, kind)
    axes, every = sides(rules)
    scores, standings = [], []
    for subject in subjects(kind):
        mine = [
            _score(month, subject, rule, indicator, figures.get(subject.key, indicator.else_), corrected, now)
            for rule, indicator, figures in counted
        ]
        scores += mine
        standing = Standing(month=month, computed_at=now, **subject.columns())
        for name, value in totals(mine, axes, every).items():
            setattr(standing, name, value)
        standings.append(standing)
    _write(Score, scores, ["month", "kind", "subject", "indicator"], _SCORE)
    _write(Standing, standings, ["month", "kind", "subject"], _STANDING)
    rank(month, kind)


def _score(
    month: AssessmentMonth, subject: Subject, rule: IndicatorRule, indicator: Indicator, figure: Figure | None,
    corrected: dict[tuple[str, str], Figure], now: datetime,
) -> Score:  # fmt: skip
    right = corrected.get((subject.key, indicator.code))
    figure = right or figure
    value = indicator.value(figure) if figure else None
    return Score(
        month=month, indicator=indicator.code, rule=rule, weight=float(rule.weight),
        numerator=figure.numerator if figure else None, denominator=figure.denominator if figure else None, value=value,
        score=None if value is None else score_by(rule, indicator, value), corrected=right is not None,
        computed_at=now, **subject.columns(),
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


def totals(scores: Iterable[Score], axes: dict[str, Axis], every: float) -> dict[str, float | None]:
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


def _write(model: Any, rows: list[Any], unique: list[str], changing: tuple[str, ...]) -> None:
    """Insert rows or write over those that are there, in one statement: tens of thousands take a second.

    The ORM's own ``bulk_create`` spends three times as long on spelling the values.
    """
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in (*unique, *changing)]
    arrays = [[getattr(row, field.attname) for row in rows] for field in fields]
    columns = [field.column for field in fields]
    types = [_ARRAYS[field.get_internal_type()] for field in fields]
    taken = ", ".join(f"%s::{kind}[]" for kind in types)
    keys = ", ".join(field.column for field in fields[: len(unique)])
    written = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns[len(unique) :])
    other = {
        field.column: field.default for field in model._meta.fields
        if field.column not in columns and field.has_default() and not field.primary_key
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join([*columns, *other])})"  # noqa: S608  our own names
            f" SELECT *{''.join(', %s' for _ in other)} FROM unnest({taken})"
            f" ON CONFLICT ({keys}) DO UPDATE SET {written}",
            [*other.values(), *arrays],
        )


_ARRAYS = {
    "ForeignKey": "bigint", "CharField": "text", "BigIntegerField": "bigint", "FloatField": "double precision",
    "BooleanField": "boolean", "DateTimeField": "timestamptz",
}  # fmt: skip


def drafts(now: datetime | None = None) -> QuerySet[AssessmentMonth]:
    """Months that are not published, this one and last month's among them where they are due."""
    today = timezone.localdate(now)
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    for day in (before, first):
        AssessmentMonth.objects.get_or_create(first_day=day)
    return AssessmentMonth.objects.filter(state=AssessmentMonth.State.DRAFT, first_day__gte=before)
