"""The verbs of telephony (通话办理): an event is taken in, a call gets its order, an operator takes charge.

An event and what it changes of its call are one transaction; a call's events are worked one after another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from complaints.calls import announce
from complaints.calls.defaults import TO_COMPLETE, category_to_complete
from complaints.calls.deriving import Derived, Told, derive
from complaints.calls.errors import CallNotFound, CallTaken, EventConflict, NeverAnswered
from complaints.calls.models import Call, CallEvent
from complaints.calls.reading import Event
from complaints.orders.models import Order
from complaints.orders.numbers import new_receipt, next_number
from complaints.orders.words import dialled
from complaints.orders.workflow.recording import note
from datacenter.accounts import audit

Recording = Call.Recording


@transaction.atomic
def take_in(event: Event, *, now: datetime | None = None) -> Call:
    """Keep an event and make its call anew from all it has. The same event again changes nothing.

    Raises ``EventConflict`` where its number was used for something else.
    """
    now = now or timezone.now()
    call, _ = Call.objects.get_or_create(platform_id=event.call_id, defaults={"rang_at": event.at})
    call = Call.objects.select_for_update().get(pk=call.pk)
    kept, new = CallEvent.objects.get_or_create(
        event_id=event.event_id,
        defaults={"call": call, "kind": event.kind, "at": event.at, "body": event.body, "received_at": now},
    )
    if not new:
        if kept.call_id != call.pk or kept.body != event.body:
            raise EventConflict(event.event_id)
        return call
    before, whose = call.state, call.operator_id
    _apply(call, derive(_told(call)), now)
    if call.was_answered and call.order_id is None:
        call.order = _make_order(call, now)
    elif call.order_id is not None:
        _follow(call, whose)
    call.save()
    if call.state != before or event.kind == CallEvent.Kind.RINGING:
        announce.on_commit(call)
    return call


def _told(call: Call) -> list[Told]:
    rows = CallEvent.objects.filter(call=call).values_list("event_id", "kind", "at", "body")
    return [Told(*row) for row in rows]


def _apply(call: Call, told: Derived, now: datetime) -> None:
    """Write what the events say; what an operator or the fetching of the recording did stays."""
    extension = call.extension
    for name in ("state", "caller", "called", "rang_at", "answered_at", "ended_at", "extension", "agent_name"):
        setattr(call, name, getattr(told, name))
    if told.recording_url and call.recording_state != Recording.KEPT:
        if told.recording_url != call.recording_url:
            call.recording_url = told.recording_url
            call.recording_state, call.recording_reason = Recording.WAITING, ""
            call.recording_tries, call.recording_due_at = 0, now
            announce.fetch_on_commit(call.pk)
        call.recording_s = told.recording_s
    if call.taken_at is None:
        if not call.was_answered:  # while it rings nobody is in charge yet: the next desk may take it
            call.operator_id = None
        elif call.operator_id is None or call.extension != extension:
            # Whose desk it was when it was answered; who has the desk by a late event did not speak with the caller.
            call.operator_id = announce.desk_of_extension(call.extension)


def _follow(call: Call, whose: int | None) -> None:
    """An order that nobody has completed yet says what is known of its call by now.

    ``whose`` the call was before: an order that somebody else has taken by hand meanwhile stays theirs.
    """
    rows = Order.objects.filter(pk=call.order_id, category__code=TO_COMPLETE)
    rows.update(caller_phone=dialled(call.caller), accepted_at=call.answered_at or call.rang_at)
    rows.filter(operator_id=whose).update(operator_id=call.operator_id)


def _make_order(call: Call, now: datetime) -> Order:
    same = {"channel": Order.Channel.PHONE, "external_no": call.platform_id}
    if known := Order.objects.filter(**same).first():
        return known
    order = Order.objects.create(
        number=next_number(now),
        receipt=new_receipt(),
        category=category_to_complete(),
        **same,
        state=Order.State.ACCEPTED,
        caller_phone=dialled(call.caller),
        content="（来电已接听，内容待补录）",
        operator_id=call.operator_id,
        accepted_at=call.answered_at or call.rang_at,
    )
    note(order, "来电登记", by=None, public=True)
    return order


@transaction.atomic
def ensure_order(call: Call, *, by: Any = None, now: datetime | None = None) -> Order:
    """The order of an answered call, made if there is none: once, whoever asks how often.

    Raises ``NeverAnswered``.
    """
    locked = Call.objects.select_for_update().get(pk=call.pk)
    if locked.order is not None:
        return locked.order
    if not locked.was_answered:
        raise NeverAnswered(call=call.pk)
    locked.order = _make_order(locked, now or timezone.now())
    locked.save(update_fields=["order"])
    audit.record(None, "call.order", f"通话 {locked.pk}", user=by, order=locked.order.number)
    return locked.order


@transaction.atomic
def take_charge(pk: int, *, by: Any) -> Call:
    """An operator takes a call that is nobody's yet; its order becomes theirs too.

    Raises ``CallTaken``, and ``NeverAnswered``: while it rings it is the desk's at which it does.
    """
    call = Call.objects.select_for_update().filter(pk=pk).first()
    if call is None:
        raise CallNotFound(call=pk)
    if call.operator_id not in (None, by.pk):
        raise CallTaken(call=pk)
    if not call.was_answered:
        raise NeverAnswered("这通电话没有接听，不能由您负责", call=pk)
    if call.operator_id is None:
        call.operator, call.taken_at = by, timezone.now()
        call.save(update_fields=["operator", "taken_at"])
        if call.order_id:
            Order.objects.filter(pk=call.order_id, operator=None).update(operator=by)
        audit.record(None, "call.take", f"通话 {call.pk}", user=by)
        announce.on_commit(call)
    return call
