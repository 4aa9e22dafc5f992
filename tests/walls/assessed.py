"""What assessment and credit know of Dawa's company and its driver: one row of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.assessment import points
from datacenter.assessment.compute import Subject
from datacenter.assessment.credit import workflow as credit
from datacenter.assessment.credit.workflow import NewListing
from datacenter.assessment.models import (
    AssessmentMonth,
    Correction,
    CreditCertificate,
    CreditGrade,
    CreditListing,
    CreditRepair,
    IndicatorRule,
    Objection,
    PointEntry,
    PointRule,
    Score,
    Standing,
)
from datacenter.assessment.models.subjects import Kind
from datacenter.registry.models import Company, Practitioner

FIRST_DAY = date(2026, 8, 1)
INDICATOR = "company.complete"


@dataclass
class Assessed:
    """One row of each."""

    month: AssessmentMonth
    standing: Standing
    score: Score
    objection: Objection
    entry: PointEntry
    rule: IndicatorRule
    listing: CreditListing
    repair: CreditRepair
    certificate: CreditCertificate

    @property
    def secrets(self) -> set[str]:
        """What nobody else may read."""
        return {
            "D4W4申诉",
            "D4W4更正",
            "D4W4失信",
            "D4W4整改",
            "D4W4奖励",
            self.certificate.number,
            self.certificate.code,
        }


def assess(company: Company, person: Practitioner, city_officer: User, county_officer: User) -> Assessed:
    """Rows about these two alone: a real computation would speak of every company."""
    now, today = timezone.now(), timezone.localdate()
    month = AssessmentMonth.objects.create(first_day=FIRST_DAY, computed_at=now)
    rule = IndicatorRule.objects.get(indicator=INDICATOR, valid_until=None)
    firm = Subject(Kind.COMPANY, str(company.pk), company.name, company.county_id, company.pk).columns()
    driver = Subject(Kind.PRACTITIONER, str(person.pk), person.name, person.county_id, company.pk).columns()
    figures = {"total": 47.74, "safety": 47.74, "covered": 1, "rank": 1, "place": 1, "ranked": 1}
    standing = Standing.objects.create(month=month, **figures, **firm)
    Standing.objects.create(month=month, **figures, **driver)
    score = Score.objects.create(
        month=month, indicator=INDICATOR, rule=rule, weight=30, numerator=47.74, denominator=100, value=47.74,
        score=47.74, **firm,
    )  # fmt: skip
    objection = Objection.objects.create(
        month=month, indicator=INDICATOR, title="轨迹完整率", reason="D4W4申诉", asked_by=county_officer, **firm
    )
    Correction.objects.create(
        month=month, indicator=INDICATOR, numerator=1, denominator=1, score=100, total=100, after_publication=False,
        reason="D4W4更正", by=city_officer, **firm,
    )  # fmt: skip
    bonus = PointRule.objects.filter(bonus=True).order_by("pk")[0]
    entry = points.reward(person.pk, rule=bonus, at=now - timedelta(days=1), note="D4W4奖励", by=city_officer)
    CreditGrade.objects.create(
        grade="AA", score=774, assessed_on=today, valid_until=today + timedelta(days=300), authority="试验",
        by=city_officer, **firm,
    )  # fmt: skip
    new = NewListing("black", "D4W4失信", "试验")
    listing = credit.enter_listing("company", str(company.pk), new, by=city_officer)
    repair = credit.ask_repair("company", str(company.pk), reason="D4W4整改", by=county_officer)
    certificate = credit.issue("company", str(company.pk), by=city_officer)
    return Assessed(month, standing, score, objection, entry, rule, listing, repair, certificate)
