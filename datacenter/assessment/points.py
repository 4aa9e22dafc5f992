"""Points of practitioners (计分): entered when a violation goes on record, reversed by an entry, new each cycle.

A cycle is twelve months from the date of the first certificate. A violation takes no points where the driver is not
known, has no certificate, or no rule gives the step; ``unscored`` says which and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.assessment import settings
from datacenter.assessment.city import require_city
from datacenter.assessment.errors import AlreadyDone, FieldRefused, SubjectNotFound
from datacenter.assessment.models import PointEntry, PointRule
from datacenter.cases.models import Case
from datacenter.detection.models import Violation
from datacenter.registry.models import Certificate, Practitioner
from datacenter.registry.selectors import practitioners_visible_to

_DAYS_OF_LATE_VIOLATIONS = 400


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle of points: from its first day until before ``end``."""

    start: date
    end: date


def cycle_of(first_certificate: date, on: date, months: int = 12) -> Cycle:
    """The cycle in which a day lies (计分周期); the 29th of February begins on the 28th in other years."""
    passed = (on.year - first_certificate.year) * 12 + on.month - first_certificate.month
    number = passed // months
    if _later(first_certificate, number * months) > on:
        number -= 1
    return Cycle(_later(first_certificate, number * months), _later(first_certificate, (number + 1) * months))


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def first_certificate(practitioner_id: int) -> date | None:
    """The date of the first certificate; None without any."""
    found: date | None = Certificate.objects.filter(practitioner_id=practitioner_id).aggregate(x=Min("valid_from"))["x"]
    return found


def rule_for(kind: str, industry: str) -> PointRule | None:
    """The line of the table that holds: of this industry, else of all."""
    rows = PointRule.objects.filter(kind_code=kind, industry__in={industry, ""}, bonus=False)
    return max(rows, key=lambda row: row.industry != "", default=None)


def enter_for(violation: Violation) -> PointEntry | None:
    """Points for one violation, once while it stands; None where it takes none (see ``why_not``)."""
    person_id = violation.practitioner_id
    if person_id is None or violation.revoked_at is not None:
        return None
    finding = violation.finding
    rule = rule_for(finding.detector, violation.vehicle.kind)
    first = first_certificate(person_id)
    if rule is None or not rule.points or first is None:
        return None
    cycle = cycle_of(first, timezone.localdate(finding.started_at), settings.value("cycle_months"))
    person = Practitioner.objects.get(pk=person_id)
    with transaction.atomic():
        _one_at_a_time(person_id)
        if standing_entry(violation) is not None:
            return None
        return _enter(person, rule, -rule.points, finding.started_at, cycle, violation=violation)


def standing_entry(violation: Violation) -> PointEntry | None:
    """The entry of a violation that was not reversed."""
    return PointEntry.objects.filter(violation=violation, reverses=None, reversed_by=None).first()


def _one_at_a_time(practitioner_id: int) -> None:
    """Until the transaction ends nobody else enters or reverses points of this person; entries can't be locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('points'), %s)", [practitioner_id % 2**31])


def _enter(person: Practitioner, rule: PointRule, effect: int, at: datetime, cycle: Cycle, **facts: Any) -> PointEntry:
    return PointEntry.objects.create(
        practitioner=person, county_id=person.county_id, company_id=person.company_id, rule=rule, title=rule.title,
        source=rule.source, bonus=rule.bonus, effect=effect, at=at, cycle_start=cycle.start, cycle_end=cycle.end,
        **facts,
    )  # fmt: skip


def on_verify(case: Case, by: Any) -> None:
    """The city has verified a case: what is on record takes its points, what was taken off it gives them back.

    Hears of it after detection.
    """
    for violation in Violation.objects.filter(finding__case=case).select_related("finding", "vehicle"):
        if violation.revoked_at is None:
            enter_for(violation)
        elif entry := standing_entry(violation):
            _one_at_a_time(entry.practitioner_id)
            _reverse(entry, "案件重办后不属实", by)


def catch_up() -> int:
    """Points for violations whose driver became known later, or that no hook heard of; how many were entered."""
    since = timezone.now() - timedelta(days=_DAYS_OF_LATE_VIOLATIONS)
    scored = _scored()
    kinds = PointRule.objects.filter(points__gt=0, bonus=False).values("kind_code")
    waiting = Violation.objects.filter(
        confirmed_at__gte=since, revoked_at=None, practitioner__isnull=False, finding__detector__in=kinds
    ).exclude(pk__in=scored)
    found = [enter_for(one) for one in waiting.select_related("finding", "vehicle").defer("finding__evidence")]
    return sum(entry is not None for entry in found)


def reward(practitioner_id: int, *, rule: PointRule, at: datetime, note: str, by: Any) -> PointEntry:
    """Points earned (奖励加分), as for things found and brought back. Raises ``FieldRefused``."""
    require_city(by, "assessment.change")
    person = practitioners_visible_to(by).filter(pk=practitioner_id).first()
    if person is None:
        raise SubjectNotFound(pk=practitioner_id)
    if not rule.bonus or not rule.points:
        raise FieldRefused("rule", "请选择奖励事由")
    if not note.strip():
        raise FieldRefused("note", "请填写事迹")
    if at > timezone.now():
        raise FieldRefused("at", "时间不能晚于现在")
    first = first_certificate(person.pk)
    if first is None:
        raise FieldRefused("rule", "没有登记从业资格证，无法确定计分周期")
    cycle = cycle_of(first, timezone.localdate(at), settings.value("cycle_months"))
    return _enter(person, rule, rule.points, at, cycle, entered_by=by, note=note.strip()[:300])


def reverse_entry(pk: int, *, reason: str, by: Any) -> PointEntry:
    """Take an entry back by another of the opposite effect (冲正). Raises ``AlreadyDone``, ``FieldRefused``."""
    require_city(by, "assessment.change")
    entry = entries_visible_to(by).filter(pk=pk, reverses=None).first()
    if entry is None:
        raise SubjectNotFound(pk=pk)
    if not reason.strip():
        raise FieldRefused("reason", "请填写冲正理由")
    with transaction.atomic():
        _one_at_a_time(entry.practitioner_id)
        if PointEntry.objects.filter(reverses=entry).exists():
            raise AlreadyDone(pk=pk)
        return _reverse(entry, reason.strip(), by)


def _reverse(entry: PointEntry, reason: str, by: Any) -> PointEntry:
    same = ("practitioner_id", "county_id", "company_id", "violation_id", "rule_id", "title", "source", "bonus", "at",
            "cycle_start", "cycle_end")  # fmt: skip
    return PointEntry.objects.create(
        **{name: getattr(entry, name) for name in same}, effect=-entry.effect, reverses=entry, entered_by=by,
        note=reason[:300],
    )  # fmt: skip


def entries_visible_to(user: Any) -> QuerySet[PointEntry]:
    """Entries inside the user's scope, newest first."""
    rows = scope_of(user).limit(PointEntry.objects.all(), vehicle="violation__vehicle_id")
    return rows.select_related("rule", "violation__finding__case", "entered_by").order_by("-at", "-pk")


def balance(deducted: int, earned: int) -> int:
    """What is left of a cycle: the base, less what was deducted, plus what was earned up to its limit."""
    return settings.value("point_base") - deducted + min(earned, settings.value("bonus_most"))


def balances(on: date, *, before: datetime | None = None) -> dict[int, int]:
    """Points left of every driver in the cycle that a day lies in; two queries and the figures."""
    rows = PointEntry.objects.filter(cycle_start__lte=on, cycle_end__gt=on)
    if before is not None:
        rows = rows.filter(entered_at__lt=before)
    sums = rows.order_by().values("practitioner_id").annotate(
        deducted=Sum("effect", filter=Q(bonus=False), default=0), earned=Sum("effect", filter=Q(bonus=True), default=0)
    )  # fmt: skip
    base, most = settings.value("point_base"), settings.value("bonus_most")
    left = dict.fromkeys(
        Practitioner.objects.filter(kind=Practitioner.Kind.DRIVER).order_by().values_list("pk", flat=True), base
    )
    for row in sums:
        left[row["practitioner_id"]] = base + row["deducted"] + min(row["earned"], most)
    return left


def _scored() -> QuerySet[Any]:
    """Violations that took points at some time: what an officer reversed is not entered again by itself."""
    return PointEntry.objects.filter(reverses=None, violation__isnull=False).values("violation_id")


WITHOUT_DRIVER = "未确定驾驶员"
WITHOUT_CERTIFICATE = "没有登记从业资格证，无法确定周期"
WITHOUT_RULE = "计分标准中没有这一事由"
WITHOUT_STEP = "分值未见规定，待核实"


def unscored(user: Any, since: datetime) -> QuerySet[Violation]:
    """Violations on record inside the user's scope that took no points, newest first."""
    standing = Violation.objects.filter(confirmed_at__gte=since, revoked_at=None)
    rows = scope_of(user).limit(standing).exclude(pk__in=_scored())
    return rows.select_related("vehicle", "finding__case", "practitioner").defer("finding__evidence").annotate(
        first_certificate=Max("practitioner__certificates__valid_from"), detector=F("finding__detector")
    ).order_by("-confirmed_at", "-pk")  # fmt: skip


def why_not(violation: Any, rules: dict[tuple[str, str], PointRule]) -> str:
    """Why one row of ``unscored`` took none."""
    if violation.practitioner_id is None:
        return WITHOUT_DRIVER
    rule = rules.get((violation.detector, violation.vehicle.kind)) or rules.get((violation.detector, ""))
    if rule is None:
        return WITHOUT_RULE
    if not rule.points:
        return WITHOUT_STEP
    return WITHOUT_CERTIFICATE if violation.first_certificate is None else "待记入"
