"""How a grade comes about (信用等级评定): by rows, with every line of the sum kept.

Companies: a base, part of it by the mean of the published months of a year, less so much for each thing on record.
Vehicles: a base less the same. Practitioners: the points left in their cycle. A grade is the best whose bound is met.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count
from django.utils import timezone

from datacenter.assessment import points
from datacenter.assessment.compute import Subject
from datacenter.assessment.credit import sources
from datacenter.assessment.errors import FieldRefused
from datacenter.assessment.models import AssessmentMonth, CreditRule, Standing
from datacenter.assessment.models.subjects import Kind
from datacenter.registry.models import Company, Practitioner, Vehicle

YEAR = timedelta(days=365)
Part = CreditRule.Part


class Rules:
    """The rows of one kind of subject; of a trade its own, else those of all."""

    def __init__(self, kind: Kind) -> None:
        self._rows: dict[tuple[str, str, str], CreditRule] = {
            (row.trade, row.part, row.code): row for row in CreditRule.objects.filter(kind=kind)
        }

    def one(self, trade: str, part: str, code: str = "") -> CreditRule | None:
        """One row, or none."""
        return self._rows.get((trade, part, code)) or self._rows.get(("", part, code))

    def all(self, trade: str, part: str) -> list[CreditRule]:
        """The rows of a part: a trade's own where it has any."""
        mine = [row for (of, one, _), row in self._rows.items() if one == part and of == trade]
        return mine or [row for (of, one, _), row in self._rows.items() if one == part and of == ""]


@dataclass(slots=True)
class Sum:
    """How one score was counted."""

    score: float = 0.0
    parts: list[dict[str, Any]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    verified: bool = True

    def add(self, title: str, effect: float, detail: str, rule: CreditRule | None, verified: bool = True) -> None:
        """One line of the sum; a rule that nobody confirmed makes all of it unconfirmed."""
        verified = verified and (rule is None or rule.source_verified)
        self.score += effect
        self.verified = self.verified and verified
        self.parts.append({
            "title": title, "effect": round(effect, 2), "detail": detail, "source": rule.source if rule else "",
            "verified": verified,
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Graded:
    """A subject with its sum, its grade and until when it holds."""

    subject: Subject
    sum: Sum
    grade: str
    valid_until: date


def grade_all(kind: Kind, on: date) -> Iterator[Graded]:
    """Every subject of a kind as of a day, in a constant number of queries. Raises ``FieldRefused``."""
    rules = Rules(kind)
    if not rules.all("", Part.GRADE):
        raise FieldRefused("kind", "没有这类对象的信用等级规则")
    until = timezone.make_aware(datetime.combine(on + timedelta(days=1), time()))
    counts = _Counts(kind, rules, until)
    left = points.balances(on) if kind == Kind.PRACTITIONER else {}
    for subject, trade in _subjects(kind):
        found = Sum()
        if kind == Kind.PRACTITIONER:
            found.add(
                "周期剩余分", left.get(int(subject.key), 0), "本周期基础分加奖励减扣分", rules.one(trade, Part.BASE)
            )
        else:
            _base(found, subject, trade, rules, counts.means)
            _deductions(found, subject, trade, rules, counts)
        found.score = round(max(0.0, found.score), 1)
        yield _graded(subject, trade, found, rules, on)


class _Counts:
    """What is on record of all subjects of a kind in the year before, and the mean of their months."""

    def __init__(self, kind: Kind, rules: Rules, until: datetime) -> None:
        codes = {row.code for row in rules.all("", Part.DEDUCT)}
        self.by_source: dict[str, Mapping[str, int] | None] = {
            code: source.count(kind, until - YEAR, until) if (source := sources.get(code)) else None for code in codes
        }
        self.means: dict[str, tuple[float, int]] = {}
        if kind == Kind.COMPANY:
            rows = Standing.objects.filter(
                kind=kind, month__state=AssessmentMonth.State.PUBLISHED, total__isnull=False,
                month__first_day__gte=timezone.localdate(until - YEAR), month__first_day__lt=timezone.localdate(until),
            )  # fmt: skip
            for row in rows.order_by().values("subject").annotate(mean=Avg("total"), n=Count("pk")):
                self.means[row["subject"]] = (row["mean"], row["n"])


def _base(found: Sum, subject: Subject, trade: str, rules: Rules, means: dict[str, tuple[float, int]]) -> None:
    base, share = rules.one(trade, Part.BASE), rules.one(trade, Part.MONTHS)
    whole = base.value if base else 0.0
    if share is None:
        found.add("基础分", whole, "", base)
        return
    if subject.key not in means:
        found.add("基础分", whole, "近 12 个月没有已公布的月度考核，不折算", base)
        found.absent.append("月度考核")
        return
    mean, months = means[subject.key]
    found.add("基础分", whole * (100 - share.value) / 100, f"{whole:g} 分的 {100 - share.value:g}%", base)
    found.add(
        "月度考核折算", whole * share.value / 100 * mean / 100,
        f"{whole:g} 分的 {share.value:g}% × 近 {months} 个月均分 {mean:.2f}%", share,
    )  # fmt: skip


def _deductions(found: Sum, subject: Subject, trade: str, rules: Rules, counts: _Counts) -> None:
    for rule in rules.all(trade, Part.DEDUCT):
        mine = counts.by_source.get(rule.code)
        title = sources.TITLES.get(rule.code, rule.code)
        if mine is None:
            found.absent.append(title)
            continue
        number = mine.get(subject.key, 0)
        found.add(title, -rule.value * number, f"近 12 个月 {number} 件，每件 {rule.value:g} 分", rule)


def _graded(subject: Subject, trade: str, found: Sum, rules: Rules, on: date) -> Graded:
    bounds = sorted(rules.all(trade, Part.GRADE), key=lambda row: -row.value)
    met = next((row for row in bounds if found.score >= row.value), bounds[-1])
    found.verified = found.verified and all(row.source_verified for row in bounds)
    valid = rules.one(trade, Part.VALID)
    return Graded(subject, found, met.code, months_later(on, int(valid.value) if valid else 12))


def months_later(day: date, months: int) -> date:
    """The day before the same day so many months later: a grade of the 1st holds to the last of the month before."""
    return points.cycle_of(day, day, months).end - timedelta(days=1)


def _subjects(kind: Kind) -> Iterator[tuple[Subject, str]]:
    """Every subject of a kind with its trade."""
    if kind == Kind.COMPANY:
        for pk, name, county, trade in Company.objects.order_by("pk").values_list("pk", "name", "county_id", "kind"):
            yield Subject(kind, str(pk), name, county, pk), trade
    elif kind == Kind.VEHICLE:
        fleet = Vehicle.objects.exclude(state=Vehicle.State.RETIRED).order_by("pk")
        for pk, plate, county, company, trade in fleet.values_list("pk", "plate", "county_id", "company_id", "kind"):
            yield Subject(kind, str(pk), plate, county, company), trade
    else:
        people = Practitioner.objects.filter(kind=Practitioner.Kind.DRIVER).order_by("pk")
        for pk, name, county, company in people.values_list("pk", "name", "county_id", "company_id"):
            yield Subject(Kind.PRACTITIONER, str(pk), name, county, company), ""


def by_trade(rows: list[CreditRule]) -> dict[str, list[CreditRule]]:
    """Rows by kind of subject, for the page of rules."""
    found: dict[str, list[CreditRule]] = defaultdict(list)
    for row in rows:
        found[row.get_kind_display()].append(row)
    return dict(found)
