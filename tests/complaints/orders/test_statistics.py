"""The hotline's figures are those of the rows behind them; the day on paper; what the province is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from complaints.orders import statistics, workflow
from complaints.orders.models import CallBack, Category, CompanyRequest, Order
from datacenter.accounts.models import AuditRecord, User
from datacenter.cases.models import Case, Dispatch
from datacenter.geo.models import County
from datacenter.registry.models import Company
from tests import factories
from tests.complaints.orders.making import CALLER, PHONE, handled, log

REACHED = CallBack.Outcome.REACHED
PLACE = {"latitude_e6": 41_121_000, "longitude_e6": 122_071_000, "place": "盘锦站"}


@pytest.fixture
def month(hotline_operator: User, dawa_officer: User) -> list[Order]:
    """Three complaints of Dawa, satisfied, unsatisfied at last and still handled; a consultation; one refused."""
    county = County.objects.get(pk=factories.DAWA)
    orders = []
    for number in range(3):
        order = log(hotline_operator, driver_name="王五", company_name="甲公司", plate="辽LT1", **PLACE)
        workflow.transfer_to_county(order, by=hotline_operator, county=county)
        orders.append(order)
        if number < 2:
            order = handled(order, dawa_officer, hotline_operator)
            satisfaction = ("satisfied", "fair")[number]
            workflow.record_call_back(order, by=hotline_operator, outcome=REACHED, satisfaction=satisfaction)
    Dispatch.objects.filter(case__order=orders[1]).update(due_at=timezone.now() - timedelta(days=1))
    Case.objects.filter(order=orders[1]).update(due_at=timezone.now() - timedelta(days=1))
    asked = log(hotline_operator, "ask.bus", caller_phone="")
    workflow.answer_at_once(asked, by=hotline_operator, answer="20:30")
    refused = log(hotline_operator, caller_phone="")
    workflow.refuse_order(refused, by=hotline_operator, ground="unclear", reason="没有对象")
    return orders


def figures(user: User) -> statistics.Figures:
    today = timezone.localdate()
    return statistics.figures_for(user, today - timedelta(days=1), today)


def test_figures_are_those_of_the_rows(month: list[Order], city_officer: User) -> None:
    found = figures(city_officer)
    total = found.total
    assert (total.orders, found.refused, found.a_day) == (5, 1, 2.5)
    assert (total.ended.part, total.ended.whole) == (3, 4)
    assert (total.on_time.part, total.on_time.whole) == (1, 2)
    assert (total.called_back.part, total.called_back.whole) == (2, 2)
    assert total.satisfied.percent == 100
    assert (found.at_once.part, found.at_once.whole) == (1, 5)
    assert found.first_answer is not None
    assert dict(found.kinds) == {"投诉": 4, "咨询": 1}
    (dawa,) = [line for line in found.counties if line.orders == 3]
    assert (dawa.name, dawa.on_time.part, dawa.on_time.whole) == ("大洼区", 1, 2)
    (company,) = found.companies
    assert (company.name, company.orders) == ("甲公司", 3)
    assert found.callers == [("139****1234", 3)]
    assert found.drivers == [("王*", "甲公司", 3)]
    assert found.vehicles == [("辽LT1", 3)]
    assert found.places == [("盘锦站", 3)]
    assert sum(found.hours) == sum(found.weekdays) == 5


def test_every_order_of_a_category_that_calls_all_back_is_owed_one(month: list[Order], city_officer: User) -> None:
    Category.objects.filter(code="taxi.refusal").update(call_back="all", sample_percent=20)  # a figure for samples
    owed = figures(city_officer).total.called_back
    assert (owed.part, owed.whole) == (2, 2)
    Category.objects.filter(code="taxi.refusal").update(call_back="sample")
    assert figures(city_officer).total.called_back.whole == 0


def test_a_company_that_has_time_left_is_not_counted_as_late(
    hotline_operator: User, city_officer: User, hazmat_company: Company, other_company: Company
) -> None:
    for company in (hazmat_company, other_company):
        order = log(hotline_operator, company=company)
        workflow.transfer_to_company(order, by=hotline_operator)
    assert figures(city_officer).answered_in_time.percent is None
    safety = factories.make_user("asked", "safety_officer", hazmat_company.unit)  # type: ignore[arg-type]
    workflow.answer_request(CompanyRequest.objects.get(company=hazmat_company), by=safety, answer="已核实")
    assert figures(city_officer).answered_in_time.percent == 100
    CompanyRequest.objects.filter(company=other_company).update(due_at=timezone.now() - timedelta(hours=1))
    assert figures(city_officer).answered_in_time.percent == 50


def test_a_county_counts_its_own(month: list[Order], dawa_officer: User, panshan_officer: User) -> None:
    assert figures(dawa_officer).total.orders == 3
    assert figures(panshan_officer).total.orders == 0
    assert figures(panshan_officer).total.ended.percent is None


def test_the_page_shows_the_year_2018_beside_ours(month: list[Order], city_officer: User) -> None:
    client = Client()
    client.force_login(city_officer)
    page = client.get("/complaints/statistics/").content.decode()
    for words in ("2,999", "95 %", "11 → 79", "大洼区", "甲公司", "139****1234"):
        assert words in page
    assert PHONE not in page
    assert "截止日期早于" in client.get(
        "/complaints/statistics/", {"since": "2026-02-02", "until": "2026-01-01"}
    ).content.decode()  # fmt: skip


def test_the_day_on_paper(month: list[Order], city_officer: User) -> None:
    client = Client()
    client.force_login(city_officer)
    paper = client.get(f"/complaints/statistics/brief/{timezone.localdate():%Y-%m-%d}/")
    assert paper.headers["Content-Type"] == "application/pdf"
    assert paper.content[:5] == b"%PDF-"
    tomorrow = timezone.localdate() + timedelta(days=1)
    for day in ("2026-02-30", f"{tomorrow:%Y-%m-%d}"):
        assert client.get(f"/complaints/statistics/brief/{day}/").status_code == 404


def test_the_province_is_told_in_the_standards_fields(
    month: list[Order], city_officer: User, hotline_operator: User
) -> None:
    client = Client()
    client.force_login(city_officer)
    told: dict[str, Any] = json.loads(client.get("/complaints/orders/province/", {"state": "closed"}).content)
    assert told["format_verified"] is False
    record = next(one for one in told["orders"] if one["number"] == month[0].number)
    assert (record["caller_name"], record["caller_phone"], record["satisfaction"]) == (CALLER, PHONE, "satisfied")
    assert record["call_backs"][0]["outcome"] == "reached"
    assert AuditRecord.objects.filter(action="complaint.exported", subject=month[0].number).exists()
    operator = Client()
    operator.force_login(hotline_operator)
    assert operator.get("/complaints/orders/province/").status_code == 403
