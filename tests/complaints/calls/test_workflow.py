"""Each answered call has one order, whoever asks for it; a call that is nobody's can be taken, once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from complaints.calls import console, selectors, workflow
from complaints.calls.defaults import TO_COMPLETE, category_to_complete
from complaints.calls.errors import CallTaken, NeverAnswered
from complaints.calls.models import Call, DeskExtension
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


def test_a_call_joins_an_order_that_is_there(desk: DeskExtension, hotline_operator: User, answered: Call) -> None:
    order = Order.objects.get()
    tell(event("ringing", call="c2"))
    again = tell(event("hung_up", call="c2", after_s=9))
    assert workflow.link_order(again, order, by=hotline_operator).order == order
    with pytest.raises(CallTaken):
        workflow.link_order(answered, Order(pk=order.pk + 1), by=hotline_operator)


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
    later = Order.objects.create(category=about, **facts | {"number": "RX2026-900002"})
    console.after_log(later, answered.pk)
    assert Call.objects.get().order == logged  # an order that says something stays the call's
    console.after_log(later, None)


def test_numbers_go_up_and_are_not_given_twice(db: None) -> None:
    from django.utils import timezone

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
