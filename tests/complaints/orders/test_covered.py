"""Who complained stays with the operator in charge: what is written of it elsewhere is covered for everybody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from complaints.orders import selectors, workflow
from complaints.orders.models import Order
from datacenter.accounts.models import User
from datacenter.cases.selectors import cases_visible_to, events_of
from datacenter.registry.models import Company, Vehicle
from tests import factories
from tests.complaints.orders.making import CALLER, PHONE, fresh, handled, log

SECRETS = (CALLER, PHONE, "139-0000-1234", "13800138000")
SAID = f"{CALLER}说要回电139-0000-1234，或打家人13800138000"


@pytest.fixture
def taxi(counties: Any) -> Vehicle:
    company = factories.make_company("盘锦大洼出租汽车有限公司", factories.DAWA, Company.Kind.TAXI)
    return factories.make_vehicle("辽LT1234", company, kind=Vehicle.Kind.TAXI)


@pytest.fixture
def safety(taxi: Vehicle) -> User:
    return factories.make_user("taxi-safety", "safety_officer", taxi.company.unit)  # type: ignore[arg-type]


@pytest.fixture
def order(hotline_operator: User, dawa_officer: User, taxi: Vehicle) -> Order:
    """Handed to the company; the caller's marks stand in every field that somebody types into."""
    answers = {"light": "空车", "said": SAID}
    order = log(
        hotline_operator, vehicle=taxi, occurred_at=timezone.now(), answers=answers, content=SAID, place=SAID, line=SAID
    )
    workflow.transfer_to_company(order, by=hotline_operator)
    return handled(order, dawa_officer, hotline_operator)


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_company_reads_neither_in_the_question_nor_in_the_case_who_complained(
    order: Order, hotline_operator: User, safety: User
) -> None:
    unsatisfied = {"outcome": "reached", "satisfaction": "unsatisfied", "reason": SAID}
    workflow.record_call_back(order, by=hotline_operator, **unsatisfied)
    asked = selectors.requests_visible_to(safety).get()
    case = cases_visible_to(safety).get(pk=order.case_id)
    told = [event.note for event in events_of(case)]
    assert any("来话人不满意" in note for note in told)
    everything = " ".join([*map(str, vars(asked).values()), *told, page(safety, f"/cases/{case.number}/")])
    for secret in SECRETS:
        assert secret not in everything


def test_what_closes_the_case_names_nobody(order: Order, hotline_operator: User) -> None:
    for _ in range(3):
        workflow.record_call_back(order, by=hotline_operator, outcome="no_answer", note=SAID)
    done = workflow.waive_call_back(order, by=hotline_operator, reason=SAID)
    assert "免回访" in done.case.events.last().note
    for secret in SECRETS:
        assert secret not in done.case.events.last().note


def test_answers_words_and_call_backs_are_covered_for_all_but_the_operator(
    order: Order, hotline_operator: User, dawa_officer: User, city_officer: User
) -> None:
    workflow.record_call_back(order, by=hotline_operator, outcome="no_answer", note=SAID)
    Order.objects.filter(pk=order.pk).update(answer=SAID, dissatisfied_with=SAID, call_back_waived=SAID)
    address = f"/complaints/orders/{order.number}/"
    own = page(hotline_operator, address)
    for secret in SECRETS:
        assert secret in own
    number = fresh(order).case.number
    for somebody in (dawa_officer, city_officer):
        for path in (address, "/complaints/orders/export/?format=csv", f"/cases/{number}/"):
            shown = page(somebody, path)
            assert "号码已隐去" in shown, path
            for secret in SECRETS:
                assert secret not in shown, (somebody, path)
