"""Each answered call has one order, whoever asks for it; a call that is nobody's can be taken, once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from complaints.calls import console, selectors, workflow
from complaints.calls.defaults import TO_COMPLETE, category_to_complete
from complaints.calls.errors import CallTaken, NeverAnswered
from complaints.calls.models import Call, DeskExtension
from complaints.orders import workflow as orders
from complaints.orders.models import Category, Order
from complaints.orders.numbers import next_number
from datacenter.accounts.models import AuditRecord, User
from datacenter.accounts.rights import Role
from tests import factories
from tests.complaints.calls.conftest import CALLER, event, tell

pytestmark = pytest.mark.django_db


def test_an_answered_call_has_one_order_however_often_it_is_asked_for(answered: Call) -> None:
    order = Order.objects.get()
    assert workflow.ensure_order(answered) == workflow.ensure_order(answered) == order
    assert order.category.code == TO_COMPLETE
    assert order.accepted_at == answered.answered_at
    assert Order.objects.count() == 1


def test_an_order_that_is_gone_from_its_call_is_found_again(answered: Call, hotline_operator: User) -> None:
    Call.objects.update(order=None)
    assert selectors.to_complete(Call.objects.all()).count() == 1
    order = workflow.ensure_order(answered, by=hotline_operator)
    assert Call.objects.get().order == order == Order.objects.get()
    assert AuditRecord.objects.filter(action="call.order", user=hotline_operator).exists()


def test_a_missed_call_has_no_order(desk: DeskExtension) -> None:
    tell(event("ringing"))
    call = tell(event("hung_up", after_s=20))
    assert call.state == Call.State.MISSED
    with pytest.raises(NeverAnswered):
        workflow.ensure_order(call)
    assert not selectors.to_complete(Call.objects.all()).exists()


def test_a_call_waits_until_its_order_says_what_it_is_about(answered: Call) -> None:
    assert list(selectors.to_complete(Call.objects.all())) == [answered]
    about = Category.objects.create(kind="complaint", code="complaint.test", title="试")
    Order.objects.update(category=about, caller_phone="13111111111")
    assert not selectors.to_complete(Call.objects.all()).exists()
    tell(event("recording", after_s=70, recording_url="http://records.test/1.wav"))
    assert Order.objects.get().caller_phone == "13111111111"  # what an operator wrote stays


def test_a_call_of_no_known_desk_is_taken_once(bureau: Any, hotline_operator: User) -> None:
    tell(event("ringing", extension="9999"))
    call = tell(event("answered", after_s=3, extension="9999"))
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    assert call.operator_id is None
    workflow.take_charge(call.pk, by=hotline_operator)
    workflow.take_charge(call.pk, by=hotline_operator)
    with pytest.raises(CallTaken):
        workflow.take_charge(call.pk, by=other)
    assert Order.objects.get().operator == hotline_operator
    tell(event("hung_up", after_s=90))
    assert Call.objects.get().operator == hotline_operator


def test_a_call_that_nobody_has_answered_is_taken_by_nobody(desk: DeskExtension, hotline_operator: User) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    call = tell(event("ringing"))
    with pytest.raises(NeverAnswered):
        workflow.take_charge(call.pk, by=other)
    call = tell(event("hung_up", after_s=9))
    with pytest.raises(NeverAnswered):
        workflow.take_charge(call.pk, by=other)
    assert not selectors.is_whole_for(call, other)


def test_whoever_gets_the_desk_later_does_not_get_the_call(desk: DeskExtension, hotline_operator: User) -> None:
    tell(event("ringing"))
    tell(event("answered", after_s=5))
    DeskExtension.objects.update(operator=factories.make_user("next", Role.HOTLINE_OPERATOR, hotline_operator.unit))
    call = tell(event("hung_up", after_s=65))
    assert call.operator_id == hotline_operator.pk
    assert Order.objects.get().operator_id == hotline_operator.pk


def test_an_order_that_was_taken_during_the_call_stays_with_who_took_it(bureau: Any, hotline_operator: User) -> None:
    tell(event("ringing", extension=""))
    order = tell(event("answered", after_s=3, extension="")).order
    orders.take_order(order, by=hotline_operator)
    tell(event("hung_up", after_s=60))
    order.refresh_from_db()
    assert (order.operator, order.caller_phone) == (hotline_operator, CALLER)


@pytest.mark.parametrize("left", [{"is_active": False}, {"role": Role.APPROVER}])
def test_a_call_at_the_desk_of_who_has_left_is_everybodys(
    desk: DeskExtension, hotline_operator: User, left: dict[str, Any]
) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    User.objects.filter(pk=hotline_operator.pk).update(**left)
    call = tell(event("ringing", start=timezone.now()))
    assert [one["id"] for one in selectors.ringing_for(other)] == [call.pk]
    assert tell(event("answered", after_s=1, start=call.rang_at)).operator_id is None


def test_the_console_completes_the_order_that_a_call_was_given(answered: Call, hotline_operator: User) -> None:
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    assert console.number_of_call(hotline_operator, answered.pk) == CALLER
    assert console.number_of_call(other, answered.pk) is None
    order = console.order_of_call(hotline_operator, answered.pk)
    assert order == Order.objects.get()
    Order.objects.update(category=Category.objects.create(kind="help", code="help.test", title="试"))
    assert console.order_of_call(hotline_operator, answered.pk) is None  # completed: nothing is written over


def test_an_order_that_was_logged_while_the_call_got_its_own_takes_its_place(
    answered: Call, hotline_operator: User
) -> None:
    made = Order.objects.get()
    about = Category.objects.create(kind="help", code="help.test", title="试")
    facts = {"number": "RX2026-900001", "receipt": "X", "content": "试", "accepted_at": made.accepted_at}
    logged = Order.objects.create(category=about, operator=hotline_operator, **facts)
    console.after_log(logged, answered.pk)
    console.after_log(logged, answered.pk)
    made.refresh_from_db()
    assert Call.objects.get().order == logged
    assert (made.state, made.duplicate_of) == (Order.State.CLOSED, logged)
    assert made.events.filter(what="并入工单", by=hotline_operator).count() == 1
    later = Order.objects.create(category=about, **facts | {"number": "RX2026-900002"})
    console.after_log(later, answered.pk)
    assert Call.objects.get().order == logged  # an order that says something stays the call's
    console.after_log(later, None)


def test_a_call_that_is_with_another_operator_is_not_taken_by_a_form(answered: Call, hotline_operator: User) -> None:
    made = Order.objects.get()
    other = factories.make_user("hotline2", Role.HOTLINE_OPERATOR, hotline_operator.unit)
    about = Category.objects.create(kind="help", code="help.test", title="试")
    facts = {"receipt": "X", "content": "试", "accepted_at": made.accepted_at, "category": about, "operator": other}
    console.after_log(Order.objects.create(number="RX2026-900003", **facts), answered.pk)
    ringing = tell(event("ringing", call="c2"))
    console.after_log(Order.objects.create(number="RX2026-900004", **facts), ringing.pk)
    made.refresh_from_db()
    assert made.state == Order.State.ACCEPTED
    assert list(Call.objects.order_by("pk").values_list("order", flat=True)) == [made.pk, None]


def test_what_was_typed_while_the_call_was_answered_is_not_lost(bureau: Any, hotline_operator: User) -> None:
    """No desk is known: the call is nobody's, and so is the order that the answer makes."""
    call = tell(event("ringing", extension=""))
    order = tell(event("answered", after_s=3, extension="")).order
    about = Category.objects.create(kind="help", code="help.test", title="试", call_back="none")
    body = {"call": call.pk, "caller_phone": "", "channel": "phone", "urgency": "normal", "category": about.pk,
            "content": "手机忘在车上", "then": "log"}  # fmt: skip
    client = Client()
    client.force_login(hotline_operator)
    assert client.post("/complaints/", body).status_code == 302
    order.refresh_from_db()
    assert (order.content, order.category, order.operator) == ("手机忘在车上", about, hotline_operator)
    assert order.caller_phone == CALLER
    assert Order.objects.count() == 1


def test_numbers_go_up_and_are_not_given_twice(db: None) -> None:
    now = timezone.now()
    first, second = next_number(now), next_number(now)
    assert int(second[-6:]) == int(first[-6:]) + 1
    assert first[:-6] == f"RX{timezone.localtime(now):%Y%m%d}"


@pytest.mark.django_db(transaction=True)
def test_events_at_the_same_moment_make_one_call_and_one_order(desk: DeskExtension) -> None:
    category_to_complete()
    sent = [event("ringing"), event("answered", after_s=3), event("hung_up", after_s=60)] * 3
    faults: list[BaseException] = []

    def work(one: dict[str, Any]) -> None:
        try:
            tell(one)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(one,)) for one in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not faults
    assert (Call.objects.count(), Order.objects.count()) == (1, 1)
    assert Call.objects.get().state == Call.State.ENDED
