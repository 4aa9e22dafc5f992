"""What the desk orders of a call's vehicle (报警处置指令): ahead of other orders, written into the call's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from datacenter.commands.errors import NotSpoken
from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS, OrderForm
from datacenter.commands.workflow import send_command, terminal_of
from datacenter.emergencies.errors import NoteMissing
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent
from datacenter.emergencies.workflow import record_request, require_lawful
from datacenter.registry.models import Terminal

RIGHT = "emergency.order"
"""Listening in and photos of a cab take more than taking the call: the hotline does the one without the other."""
EXPIRES_IN = timedelta(minutes=30)
"""A photo of the cab an hour later helps nobody."""


@dataclass(frozen=True, slots=True)
class DeskOrder:
    """One of the desk's orders: a row of the table of all orders, and what the desk fills in for the officer."""

    code: str
    title: str
    icon: str
    asks: tuple[str, ...] = ()
    given: Mapping[str, Any] | None = None

    @property
    def form(self) -> type[OrderForm]:
        """The order's form."""
        return ORDERS[self.code].form


DESK_ORDERS: dict[str, DeskOrder] = {
    "photo": DeskOrder("photo", "车内拍照", "camera", ("channel",)),
    "listen": DeskOrder("call", "监听", "ear", ("phone",), {"flag": 1}),
    "talk": DeskOrder("call", "通话", "phone-call", ("phone",), {"flag": 0}),
    "confirm": DeskOrder("confirm_alarm", "确认报警", "bell-check", given={"bits": [0]}),
    "end": DeskOrder("end_alarm", "解除报警", "bell-off"),
}


def orders_for(call: EmergencyCall) -> list[tuple[str, DeskOrder]]:
    """The orders that the terminal in the vehicle knows; none where it has no terminal."""
    terminal = call.vehicle.terminals.filter(state=Terminal.State.IN_USE).order_by("pk").last()
    if terminal is None:
        return []
    return [(name, order) for name, order in DESK_ORDERS.items() if order.form.fits(terminal.edition)]


def order_for_call(call: EmergencyCall, name: str, *, by: Any, **said: str) -> Command:
    """Give one of ``DESK_ORDERS``; ``said`` is what the officer filled in of what it asks for.

    Raises ``NoteMissing`` for a field that is wrong, and what ``send_command`` raises.
    """
    order, terminal = DESK_ORDERS[name], terminal_of(call.vehicle)
    require_lawful(call, EmergencyEvent.Verb.REQUEST)
    if not order.form.fits(terminal.edition):
        raise NotSpoken(order.title, terminal.get_edition_display())
    blank = order.form()
    data = {field: blank.get_initial_for_field(blank.fields[field], field) for field in blank.fields}
    form = order.form(data | dict(order.given or {}) | {field: said.get(field, "") for field in order.asks})
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise NoteMissing(field, str(errors[0]))
    with transaction.atomic():
        for message in form.messages(terminal.edition):
            command = send_command(
                call.vehicle,
                message,
                by=by,
                kind=order.code,
                summary=_said(order, form.summary()),
                expires_in=EXPIRES_IN,
                urgent=True,
                note=f"紧急报警 {call.pk}",
                right=RIGHT,
            )
            record_request(call, by=by, command=command)
    return command


def _said(order: DeskOrder, summary: str) -> str:
    """The order in words: some say themselves what they are."""
    return summary if summary.startswith(order.title) else "：".join(filter(None, (order.title, summary)))
