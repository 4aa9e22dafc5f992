"""Months, violations and qualities for tests of assessment: plain functions, sound defaults; days are given."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.assessment import catalogue, compute, defaults
from datacenter.assessment.catalogue import Figure, Indicator
from datacenter.assessment.models import AssessmentMonth, IndicatorRule
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.cases import workflow
from datacenter.cases.models import Case
from datacenter.cases.workflow import Subject
from datacenter.detection.models import Finding, Violation
from datacenter.registry.models import Certificate, Practitioner, Vehicle
from datacenter.tracks.models import TrackQuality

MONTH = date(2026, 9, 1)
"""A month that is over whenever tests run."""
AFTER = datetime(2026, 10, 2, 3, tzinfo=UTC)


def inside(day: int = 10, hour: int = 4) -> datetime:
    """A moment of ``MONTH``."""
    return datetime(MONTH.year, MONTH.month, day, hour, tzinfo=UTC)


def make_quality(vehicle: Vehicle, day: int = 10, km: float = 100, complete_km: float = 100) -> TrackQuality:
    """What one vehicle drove on a day of ``MONTH``."""
    at = inside(day)
    return TrackQuality.objects.create(
        vehicle=vehicle, day=at.date(), reports=100, qualified=100, drift=0, online_s=3600, first_at=at, last_at=at,
        distance_mm=round(km * 1e6), complete_mm=round(complete_km * 1e6),
    )  # fmt: skip


def make_case(vehicle: Vehicle, detector: str = "road.overspeed", at: datetime | None = None) -> Case:
    """A case that a finding opened."""
    at = at or inside()
    return workflow.open_case(
        origin=Case.Origin.FINDING, kind=detector, title="超速行驶", occurred_at=at, county_id=vehicle.county_id,
        subject=Subject(
            vehicle_id=vehicle.pk, plate=vehicle.plate, industry=vehicle.kind, company_id=vehicle.company_id,
            company_name=vehicle.company.name,
        ),
    )  # fmt: skip


def make_violation(
    vehicle: Vehicle, by: User, detector: str = "road.overspeed", *, at: datetime | None = None,
    practitioner: Practitioner | None = None, case: Case | None = None,
) -> Violation:  # fmt: skip
    """A violation on record: found at a moment, confirmed then."""
    at = at or inside()
    finding = Finding.objects.create(
        detector=detector, title="超速行驶", vehicle=vehicle, company_id=vehicle.company_id,
        county_id=vehicle.county_id, state=Finding.State.ENDED, started_at=at, ended_at=at, source="试验",
        case=case or make_case(vehicle, detector, at),
    )  # fmt: skip
    row = Violation.objects.create(
        finding=finding, vehicle=vehicle, practitioner=practitioner, company_id=vehicle.company_id,
        county_id=vehicle.county_id, confirmed_by=by,
    )  # fmt: skip
    Violation.objects.filter(pk=row.pk).update(confirmed_at=at)
    row.refresh_from_db()
    return row


def certify(person: Practitioner, first: date) -> Certificate:
    """A certificate since a day."""
    return Certificate.objects.create(
        practitioner=person, category="驾驶员", number=f"ZG{person.pk}", valid_from=first,
        valid_until=first + timedelta(days=6 * 365),
    )  # fmt: skip


def only(*rules: dict[str, Any]) -> None:
    """These rules and no others: ``indicator``, ``weight`` and what else a rule needs; by rate of 100 unless told."""
    IndicatorRule.objects.all().delete()
    for facts in rules:
        code = facts["indicator"]
        known = catalogue.get(code)
        IndicatorRule.objects.create(**{
            "title": known.title if known else code, "kind": code.split(".")[0],
            "axis": known.axis if known else Axis.SERVICE, "weight": 10, "formula": IndicatorRule.Formula.RATE,
            "target": 100, "valid_from": defaults.BEGINNING, "source": "试验", **facts,
        })  # fmt: skip


def counting(code: str, figures: dict[str, Figure], **more: Any) -> Indicator:
    """An indicator that says these figures, registered until ``catalogue.forget``."""
    facts: dict[str, Any] = {
        "title": "试验指标", "axis": Axis.SERVICE, "kind": Kind(code.split(".")[0]), "unit": "%", "better": "high",
        "compute": lambda period: figures, "parts": ("分子", "分母"), "meaning": "试验",
    } | more  # fmt: skip
    one = Indicator(code=code, **facts)
    catalogue.register(one)
    return one


def assessed(first_day: date = MONTH, now: datetime = AFTER) -> AssessmentMonth:
    """The month computed as of ``now``."""
    return compute.compute(first_day, now=now)


def today() -> date:
    """Today in Shanghai."""
    return timezone.localdate()
