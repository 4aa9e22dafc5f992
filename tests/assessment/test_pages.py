"""Pages of assessment and credit: who sees which table, what opens, what they cost, files and papers."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from datacenter.accounts.models import AuditRecord, User
from datacenter.assessment import workflow
from datacenter.assessment.credit import workflow as credit
from datacenter.assessment.models import AssessmentMonth, Correction, IndicatorRule, Objection, PointEntry, Score
from datacenter.registry.models import Company
from tests import factories
from tests.assessment.making import AFTER, MONTH, assessed, certify, make_quality, make_violation, today
from tests.commands.test_pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(hazmat_company: Company, other_company: Company, city_officer: User) -> AssessmentMonth:
    """A month with a truck of each company that drove, and a driver of the first."""
    for company, complete in ((hazmat_company, 90), (other_company, 60)):
        truck = factories.make_vehicle(company=company, county_id=company.county_id)
        factories.make_terminal(truck)
        make_quality(truck, km=100, complete_km=complete)
    driver = factories.make_practitioner("阙德海", hazmat_company)
    certify(driver, today() - timedelta(days=100))
    truck = factories.make_vehicle("辽L77777", hazmat_company)
    make_violation(truck, city_officer, practitioner=driver)
    return assessed()


def page(user: User, name: str, *args: Any, **query: Any) -> str:
    response = signed_in(user).get(reverse(name, args=args), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_the_city_sees_every_table_with_names_of_people_masked(
    month: AssessmentMonth, city_officer: User, hazmat_company: Company, other_company: Company
) -> None:
    counties = page(city_officer, "assessment")
    for name in factories.DISTRICTS.values():
        assert name in counties
    companies = page(city_officer, "assessment", kind="company")
    assert companies.index(hazmat_company.name) < companies.index(other_company.name)
    people = page(city_officer, "assessment", kind="practitioner")
    assert "阙**" in people
    assert "阙德海" not in people
    assert "尚无数据来源的指标" in people
    assert "阙**" in page(city_officer, "assessment", kind="practitioner", q="阙德海")
    assert "阙**" not in page(city_officer, "assessment", kind="practitioner", q="阙")


def test_a_county_sees_all_counties_ranked_its_own_companies_and_only_its_own_sheet(
    month: AssessmentMonth, dawa_officer: User, hazmat_company: Company, other_company: Company
) -> None:
    counties = page(dawa_officer, "assessment")
    assert all(name in counties for name in factories.DISTRICTS.values())
    own, other = (reverse("assessment-sheet", args=[month.key, "county", code])
                  for code in (factories.DAWA, factories.PANSHAN))  # fmt: skip
    assert own in counties
    assert other not in counties
    assert signed_in(dawa_officer).get(own).status_code == 200
    assert signed_in(dawa_officer).get(other).status_code == 404
    companies = page(dawa_officer, "assessment", kind="company")
    assert hazmat_company.name in companies
    assert other_company.name not in companies


def test_a_company_sees_its_own_sheet_alone(
    month: AssessmentMonth, safety_officer: User, hazmat_company: Company, other_company: Company
) -> None:
    first = page(safety_officer, "assessment")
    assert hazmat_company.name in first
    assert other_company.name not in first
    assert "盘山县" not in first
    assert "县区</a>" not in first
    for kind, key in (("company", other_company.pk), ("county", factories.DAWA)):
        address = reverse("assessment-sheet", args=[month.key, kind, key])
        assert signed_in(safety_officer).get(address).status_code == 404
    assert "提出申诉" in page(safety_officer, "assessment-sheet", month.key, "company", hazmat_company.pk)


def test_every_figure_of_a_sheet_opens_its_rows(
    month: AssessmentMonth, city_officer: User, hazmat_company: Company
) -> None:
    sheet = page(city_officer, "assessment-sheet", month.key, "company", hazmat_company.pk)
    for score in Score.objects.filter(kind="company", subject=str(hazmat_company.pk), numerator__isnull=False):
        address = reverse("assessment-behind", args=[month.key, "company", hazmat_company.pk, score.indicator])
        assert f'href="{address}"' in sheet
        assert signed_in(city_officer).get(address).status_code == 200
    rows = page(city_officer, "assessment-behind", month.key, "company", hazmat_company.pk, "company.violations")
    assert "辽L77777" in rows
    assert reverse("case-detail", args=["2026-"])[:-1] in rows


def test_the_tables_cost_the_same_for_three_and_for_sixty(city_officer: User) -> None:
    client = signed_in(city_officer)
    counts = []
    for number in (3, 60):
        for _ in range(number):
            company = factories.make_company()
            make_quality(factories.make_vehicle(company=company))
            factories.make_practitioner(company=company)
        assessed(now=AFTER + timedelta(minutes=number))
        credit.grade("company", by=city_officer)
        taken = []
        for name, query in (
            ("assessment", {"kind": "company"}), ("assessment", {"kind": "practitioner", "axis": "conduct"}),
            ("credit", {"kind": "company"}),
        ):  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(name), query)
            taken.append(len(queries))
        counts.append(taken)
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 20


def test_a_table_is_exported_as_it_is_shown(
    month: AssessmentMonth, city_officer: User, dawa_officer: User, hazmat_company: Company, other_company: Company
) -> None:
    answer = signed_in(city_officer).get(reverse("assessment-export"), {"kind": "company", "format": "xlsx"})
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert [row[1] for row in rows] == ["名称", hazmat_company.name, other_company.name]
    text = signed_in(dawa_officer).get(reverse("assessment-export"), {"kind": "practitioner", "format": "csv"})
    assert "阙**" in text.content.decode("utf-8-sig")
    assert AuditRecord.objects.filter(action="assessment.export").count() == 2


def test_the_report_is_a_paper_with_the_same_bytes_each_time(month: AssessmentMonth, city_officer: User) -> None:
    workflow.publish(month, by=city_officer, now=AFTER)
    client = signed_in(city_officer)
    first, again = (client.get(reverse("assessment-paper", args=[month.key])).content for _ in range(2))
    assert first.startswith(b"%PDF")
    assert first == again


def test_publishing_names_its_consequences_and_wants_them_understood(
    month: AssessmentMonth, city_officer: User, dawa_officer: User
) -> None:
    address = reverse("assessment-publish", args=[month.key])
    asked = page(city_officer, "assessment-publish", month.key)
    assert "永久冻结" in asked
    assert "条规则的依据尚未核实" in asked
    refused = signed_in(city_officer).post(address)
    assert (refused.status_code, "已知悉冻结的后果" in refused.content.decode()) == (409, True)
    assert signed_in(dawa_officer).post(address, {"understood": "1"}).status_code == 403
    done = signed_in(city_officer).post(address, {"understood": "1"}, follow=True)
    assert "已公布，冻结" in done.content.decode()
    again = signed_in(city_officer).post(address, {"understood": "1"})
    assert again.status_code == 409
    assert "重新计算" not in page(city_officer, "assessment", month=month.key)


def test_a_company_objects_on_its_sheet_and_the_city_upholds_in_the_inbox(
    month: AssessmentMonth, safety_officer: User, city_officer: User, hazmat_company: Company
) -> None:
    whose = [month.key, "company", hazmat_company.pk]
    body = {"indicator": "company.complete", "reason": "补传轨迹未计入"}
    done = signed_in(safety_officer).post(reverse("assessment-object", args=whose), body, follow=True)
    assert "补传轨迹未计入" in done.content.decode()
    inbox = page(city_officer, "assessment-objections")
    assert "补传轨迹未计入" in inbox
    pk = Objection.objects.get().pk
    wrong = signed_in(city_officer).post(reverse("assessment-decide", args=[pk, "uphold"]), {"numerator": "x"})
    assert wrong.status_code == 422
    figure = {"numerator": "95", "denominator": "100", "note": "经核对"}
    signed_in(city_officer).post(reverse("assessment-decide", args=[pk, "uphold"]), figure)
    assert Correction.objects.get().score == 95
    sheet = page(safety_officer, "assessment-sheet", *whose)
    assert "已更正" in sheet
    assert "经核对" in sheet


def test_a_frozen_month_shows_what_was_corrected_after(
    month: AssessmentMonth, city_officer: User, hazmat_company: Company
) -> None:
    workflow.publish(month, by=city_officer, now=AFTER)
    address = reverse("assessment-correct", args=[month.key, "company", hazmat_company.pk])
    body = {"indicator": "company.complete", "numerator": "100", "denominator": "100", "note": "复核"}
    assert signed_in(city_officer).post(address, body).status_code == 302
    assert "更正后" in page(city_officer, "assessment", month=month.key, kind="company")


def test_rules_are_changed_by_the_city_and_confirmed_by_an_administrator(
    month: AssessmentMonth, city_officer: User, administrator: User, dawa_officer: User
) -> None:
    address = reverse("assessment-rule", args=["company.online"])
    assert signed_in(dawa_officer).get(address).status_code == 403
    body = {"weight": "25", "formula": "linear", "target": "100", "floor": "120", "valid_from": "2026-12",
            "source": "局发1号", "note": "提高权重"}  # fmt: skip
    refused = signed_in(city_officer).post(address, body)
    assert (refused.status_code, "底线值应在目标值较差的一侧" in refused.content.decode()) == (422, True)
    signed_in(city_officer).post(address, {**body, "floor": "80"})
    rule = IndicatorRule.objects.get(indicator="company.online", valid_until=None)
    assert (rule.weight, rule.floor, f"{rule.valid_from}") == (25, 80, "2026-12-01")
    rules = page(city_officer, "assessment-rules")
    assert "提高权重" in rules
    assert "核实依据</button>" not in rules
    assert signed_in(city_officer).post(reverse("assessment-rule-verify", args=[rule.pk])).status_code == 403
    signed_in(administrator).post(reverse("assessment-rule-verify", args=[rule.pk]))
    rule.refresh_from_db()
    assert rule.source_verified


def test_points_are_rewarded_and_reversed_on_the_sheet(month: AssessmentMonth, city_officer: User) -> None:
    driver = Score.objects.filter(kind="practitioner").values_list("subject", flat=True)[0]
    sheet = page(city_officer, "assessment-sheet", month.key, "practitioner", driver)
    assert "登记奖励加分" in sheet
    rule = reverse("assessment-reward", args=[driver])
    bonus = {"rule": sheet.split('<option value="')[1].split('"')[0], "day": f"{today()}", "note": "归还失物"}
    assert signed_in(city_officer).post(rule, bonus | {"month": month.key}).status_code == 302
    entry = PointEntry.objects.get()
    back = reverse("assessment-reverse", args=[entry.pk])
    signed_in(city_officer).post(back, {"reason": "误记", "month": month.key})
    assert sorted(PointEntry.objects.values_list("effect", flat=True)) == [-3, 3]
    assert "近 90 天未计分的违规" in page(city_officer, "assessment-points")


def test_a_month_that_is_none_is_not_found(month: AssessmentMonth, city_officer: User) -> None:
    client = signed_in(city_officer)
    for text in ("2026-13", "1999-01", "x", "2026-07"):
        assert client.get(reverse("assessment"), {"month": text}).status_code == 404
    assert client.post(reverse("assessment-recompute", args=["2099-01"])).status_code == 404


def test_without_a_month_the_city_computes_one(city_officer: User, dawa_officer: User, counties: Any) -> None:
    assert "还没有考核月份" in page(dawa_officer, "assessment")
    assert f"计算 {today():%Y-%m}" in page(city_officer, "assessment")
    signed_in(city_officer).post(reverse("assessment-recompute", args=[f"{MONTH:%Y-%m}"]))
    assert AssessmentMonth.objects.get().computed_at is not None
