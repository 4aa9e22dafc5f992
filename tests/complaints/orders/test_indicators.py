"""Complaints in the assessment: of counties those in time, of companies those that came and were not unfounded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from complaints.orders import workflow
from complaints.orders.models import Order
from datacenter.accounts.models import User
from datacenter.assessment import catalogue
from datacenter.assessment.catalogue import Period, month_of
from datacenter.cases.models import Dispatch
from datacenter.geo.models import County
from datacenter.registry.models import Company
from tests import factories
from tests.complaints.orders.making import handled, log

pytestmark = pytest.mark.django_db


def this_month() -> Period:
    return month_of(timezone.localdate(), now=timezone.now() + timedelta(seconds=1))


def figures(code: str) -> dict[str, tuple[float, float | None]]:
    indicator = catalogue.get(code)
    assert indicator is not None
    return {key: (one.numerator, one.denominator) for key, one in indicator.compute(this_month()).items()}


def behind(code: str, key: str, user: User) -> list[str]:
    """The first cell of each row behind a figure."""
    indicator = catalogue.get(code)
    assert indicator is not None
    assert indicator.behind is not None
    return [indicator.behind.line(row, user)[0].text for row in indicator.behind.rows(user, key, this_month())]


@pytest.fixture
def complaints(hotline_operator: User, dawa_officer: User, hazmat_company: Company) -> list[Order]:
    """Of one company with two vehicles: substantiated, unfounded, at work, refused, a double, a consultation."""
    for number in range(2):
        factories.make_terminal(factories.make_vehicle(f"辽LT000{number}", hazmat_company, kind="taxi"))
    made = []
    for _number in range(3):
        order = log(hotline_operator, plate="辽LT0001", caller_phone="")
        workflow.transfer_to_county(order, by=hotline_operator, county=County.objects.get(pk=factories.DAWA))
        made.append(order)
    handled(made[0], dawa_officer, hotline_operator)
    handled(made[1], dawa_officer, hotline_operator, outcome="unfounded")
    refused = log(hotline_operator, plate="辽LT0001", caller_phone="")
    workflow.refuse_order(refused, by=hotline_operator, ground="unclear", reason="没有对象")
    double = log(hotline_operator, plate="辽LT0001", caller_phone="")
    Order.objects.filter(pk=double.pk).update(duplicate_of=made[0])
    log(hotline_operator, "ask.bus", caller_phone="")
    Order.objects.exclude(plate="").update(company=hazmat_company)
    return made


def test_a_companys_complaints_are_counted_by_its_fleet(
    complaints: list[Order], hazmat_company: Company, other_company: Company, city_officer: User, panshan_officer: User
) -> None:
    key = str(hazmat_company.pk)
    assert figures("company.complaints") == {key: (2, 2)}
    assert set(behind("company.complaints", key, city_officer)) == {complaints[0].number, complaints[2].number}
    assert behind("company.complaints", key, panshan_officer) == []


def test_a_countys_complaints_are_those_due_and_dealt_with_in_time(
    complaints: list[Order], dawa_officer: User, panshan_officer: User
) -> None:
    now = timezone.now()
    legs = Dispatch.objects.filter(case__order__in=complaints)
    legs.update(due_at=max(this_month().start, now - timedelta(hours=1)))
    legs.filter(case__order=complaints[0]).update(due_at=now)
    assert figures("county.complaints") == {factories.DAWA: (1, 3)}
    assert len(behind("county.complaints", factories.DAWA, dawa_officer)) == 3
    assert behind("county.complaints", factories.DAWA, panshan_officer) == []
