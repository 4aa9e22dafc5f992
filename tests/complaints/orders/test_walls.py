"""PostgreSQL's own wall around orders: what a query code, a channel and a company reach as the web's role."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.test import Client as Browser

from complaints.orders import workflow
from complaints.orders.models import CompanyRequest, Order, OrderEvent
from complaints.orders.public import told
from datacenter.accounts.models import User
from datacenter.accounts.scope import CITY, Scope, entered
from datacenter.registry.models import Company
from tests import factories
from tests.complaints.orders.making import PHONE, category, draft, log


@pytest.fixture
def orders(tracks: None, hotline_operator: User, hazmat_company: Company) -> list[Order]:
    """Two orders, one asked of a company; committed by the owner."""
    asked = log(hotline_operator, company=hazmat_company)
    workflow.transfer_to_company(asked, by=hotline_operator)
    return [asked, log(hotline_operator)]


def test_a_query_code_opens_its_order_and_no_other(orders: list[Order], as_web: None) -> None:
    first, second = orders
    with entered(Scope("order", first.receipt)):
        assert list(Order.objects.values_list("number", flat=True)) == [first.number]
        assert set(OrderEvent.objects.values_list("order_id", flat=True)) == {first.pk}
        assert not CompanyRequest.objects.exists()
    assert told(first.number, first.receipt) is not None
    assert told(second.number, first.receipt) is None
    assert told(first.number, "") is None


def test_a_company_reads_no_order_only_what_it_was_asked(
    orders: list[Order], hazmat_company: Company, other_company: Company, as_web: None
) -> None:
    with entered(Scope("company", str(hazmat_company.pk))):
        assert not Order.objects.exists()
        assert not OrderEvent.objects.exists()
        assert CompanyRequest.objects.get().order_id == orders[0].pk
    with entered(Scope("company", str(other_company.pk))):
        assert not CompanyRequest.objects.exists()


def test_a_channel_writes_its_own_orders_and_no_others(orders: list[Order], as_web: None) -> None:
    with entered(Scope("channel", "wechat")):
        order, _new = workflow.log_order(draft(channel="wechat", external_no="W1"), by=None)
        assert list(Order.objects.all()) == [order]
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            workflow.log_order(draft(channel="forwarded", external_no="W2"), by=None)


def test_a_citizen_hands_in_and_asks_as_the_webs_role(orders: list[Order], as_web: None) -> None:
    body = {"category": category("taxi.detour").pk, "content": "绕道多收钱", "caller_phone": PHONE}
    assert Browser().post("/travel/complain/", body).status_code == 200
    with entered(CITY):
        order = Order.objects.get(channel="web")
    answer = Browser().post("/travel/complaints/", {"number": order.number, "receipt": order.receipt})
    assert answer.status_code == 200
    assert order.number in answer.content.decode()


def test_a_company_answers_as_the_webs_role(orders: list[Order], hazmat_company: Company, as_web: None) -> None:
    with entered(CITY):
        safety = factories.make_user("asked", "safety_officer", hazmat_company.unit)  # type: ignore[arg-type]
        asked = CompanyRequest.objects.get()
    browser = Browser()
    browser.force_login(safety)
    assert browser.post(f"/complaints/requests/{asked.pk}/", {"answer": "已核实"}).status_code == 302
    with entered(CITY):
        assert CompanyRequest.objects.get().answer == "已核实"


def test_a_receipt_that_is_taken_shows_both_of_its_orders_only_with_their_numbers(
    orders: list[Order], as_web: None
) -> None:
    with entered(CITY):
        Order.objects.filter(pk=orders[1].pk).update(receipt=orders[0].receipt)
    found = told(orders[1].number, orders[0].receipt)
    assert found is not None
    assert found["number"] == orders[1].number
    assert told("RX20260101000000", orders[0].receipt) is None
