"""What the console asks of a call (受理台接口): its number, its order to complete, and that another order is about it.

The console knows no calls: it has hooks, and these functions fit them. ``?call=<id>`` should open the order of
``order_of_call`` to be completed; only where there is none is a new one logged, and ``after_log`` told.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from complaints.calls.announce import desk_of_extension
from complaints.calls.defaults import TO_COMPLETE
from complaints.calls.models import Call
from complaints.calls.selectors import calls_visible_to, is_whole_for
from complaints.orders import hooks
from complaints.orders.models import Order
from complaints.orders.workflow.recording import note
from datacenter.accounts import audit


def register() -> None:
    """From ``ready()``."""
    if number_of_call not in hooks.NUMBER_OF_CALL:
        hooks.NUMBER_OF_CALL.append(number_of_call)
        hooks.ORDER_OF_CALL.append(order_of_call)
        hooks.AFTER_LOG.append(after_log)


def number_of_call(user: Any, pk: int) -> str | None:
    """The caller's number for whom the call is with, or at whose desk it rings; nobody else is given it."""
    call = calls_visible_to(user).filter(pk=pk).first()
    if call is None:
        return None
    return call.caller if is_whole_for(call, user) else None


def order_of_call(user: Any, pk: int) -> Order | None:
    """The order that the call was given when it was answered, while nobody has completed it."""
    call = calls_visible_to(user).filter(pk=pk).first()
    if call is None or call.order is None or call.order.category.code != TO_COMPLETE:
        return None
    return call.order


@transaction.atomic
def after_log(order: Order, pk: int | None) -> None:
    """An order was logged from a call: it is the call's. One that was made meanwhile is closed as its double.

    A call that is with another operator, or rings at another desk, stays as it is: its number comes from a form.
    """
    call = Call.objects.select_for_update().filter(pk=pk).first() if pk else None
    if call is None or call.order_id == order.pk:
        return
    if (call.operator_id or desk_of_extension(call.extension)) not in (None, order.operator_id):
        return
    if call.order_id is not None and not _closed_as_double(call.order_id, order):
        return  # the call's order says something of its own: it stays
    call.order = order
    call.save(update_fields=["order"])
    audit.record(None, "call.link", f"通话 {call.pk}", user=order.operator, order=order.number)


def _closed_as_double(pk: int, order: Order) -> bool:
    """Close the order that a call was given by itself, while nobody has completed it."""
    rows = Order.objects.select_for_update(of=("self",))
    double = rows.filter(pk=pk, category__code=TO_COMPLETE, state=Order.State.ACCEPTED).first()
    if double is None:
        return False
    double.duplicate_of, double.state, double.closed_at = order, Order.State.CLOSED, timezone.now()
    double.answer = f"与工单 {order.number} 为同一通电话"
    double.save(update_fields=["duplicate_of", "state", "closed_at", "answer"])
    note(double, "并入工单", by=order.operator, note=double.answer)
    return True
