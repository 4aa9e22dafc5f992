"""Orders on a vehicle's drawer and page (车辆的指令板块)."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.utils import timezone

from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS, Order
from datacenter.commands.selectors import commands_of
from datacenter.facts.selectors import reports_of
from datacenter.registry.models import Terminal, Vehicle
from datacenter.registry.sections import VehicleSection, register_vehicle_section

_REPORTS = 8
_FRESH = timedelta(seconds=60)


def orders_for(user: Any, edition: str) -> list[Order]:
    """The orders that a terminal of this edition knows and the user may give, in the table's order."""
    return [order for order in ORDERS.values() if order.form.fits(edition) and user.may(order.right)]


def terminal_in_use(vehicle: Vehicle) -> Terminal | None:
    """The terminal that orders go to."""
    return vehicle.terminals.filter(state=Terminal.State.IN_USE).order_by("pk").last()


def section_context(user: Any, vehicle: Vehicle) -> dict[str, Any] | None:
    """Buttons, and the newest orders with what came of them; nothing where there is neither."""
    terminal = terminal_in_use(vehicle)
    offered = orders_for(user, terminal.edition) if terminal and user.may("command.send") else []
    rows = list_context(user, vehicle)
    if not offered and not rows["commands"]:
        return None
    others = [order for order in offered if not order.quick]
    return {
        "quick": [order for order in offered if order.quick],
        "groups": [(group, list(orders)) for group, orders in groupby(others, key=lambda order: order.group)],
        "terminal": terminal,
        **rows,
    }


def list_context(user: Any, vehicle: Vehicle) -> dict[str, Any]:
    """The newest orders to a vehicle, and whether they should be looked at again soon."""
    commands, now = commands_of(user, vehicle.pk), timezone.now()
    return {"commands": commands, "moving": any(_moves(one, now) for one in commands)}


def _moves(command: Command, now: Any) -> bool:
    """Whether something may come of it any moment: it is on its way, or was a moment ago."""
    last = command.answered_at or command.acknowledged_at or command.sent_at or command.created_at
    return command.state == Command.State.SENT or now - last < _FRESH


def reports_context(user: Any, vehicle: Vehicle) -> dict[str, Any] | None:
    """What the terminal reported last besides positions; nothing where there is none."""
    reports = reports_of(user, vehicle.pk, _REPORTS)
    return {"reports": reports} if reports else None


def register() -> None:
    """Put the sections where vehicles are shown."""
    register_vehicle_section(
        VehicleSection("commands", "指令", 30, "commands/_section.html", section_context, right="command.view")
    )
    register_vehicle_section(
        VehicleSection(
            "reports", "终端上报", 60, "commands/_reports.html", reports_context, right="vehicle.view", places=("page",)
        )
    )
