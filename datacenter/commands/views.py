"""Pages of orders to vehicles (指令页面): one vehicle's in its drawer, the list, one order, many vehicles at once."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from datacenter.accounts import audit
from datacenter.accounts.permissions import needs, require
from datacenter.cases.listing import page_of
from datacenter.commands import section, workflow
from datacenter.commands.answers import answer_rows, result_word
from datacenter.commands.errors import CommandNotFound
from datacenter.commands.forms import CommandFilters, SelectionForm
from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS, Order
from datacenter.commands.selectors import (
    batches_visible_to,
    commands_visible_to,
    get_batch_for,
    get_command_for,
    with_progress,
)
from datacenter.errors import DomainError
from datacenter.protocols.layout import Message
from datacenter.registry.models import Terminal, Vehicle
from datacenter.registry.selectors import get_vehicle_for, with_terminal_in_use

# --- One vehicle ---


@require_GET
@needs("command.view")
def vehicle_commands(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest orders to a vehicle, as a part of its drawer; it asks again by itself while they move."""
    vehicle = get_vehicle_for(request.user, pk)
    context = {"vehicle": vehicle, "section": section.list_context(request.user, vehicle)}
    return render(request, "commands/_vehicle_rows.html", context)


@needs("command.send")
def vehicle_order(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The form of one order to one vehicle; posted, the order goes."""
    vehicle, order = get_vehicle_for(request.user, pk), _order(request, code)
    terminal = workflow.terminal_of(vehicle)
    if request.method != "POST":
        return _form(request, vehicle, order, order.form())
    form = order.form(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, vehicle, order, form, 422)
    try:
        for message in form.messages(terminal.edition):
            workflow.send_command(
                vehicle,
                message,
                by=request.user,
                kind=order.code,
                summary=_said(order, form.summary()),
                expires_in=order.expires_in,
                note=request.POST.get("note", ""),
            )
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return _form(request, vehicle, order, form, 422)
    audit.record(request, "command.send", vehicle.plate, order=order.code, summary=form.summary())
    response = render(
        request,
        "commands/_vehicle_rows.html",
        {"vehicle": vehicle, "section": section.list_context(request.user, vehicle), "sent": order},
    )
    response["HX-Trigger"] = json.dumps({"toast": {"text": _("已交付下发：%s") % order.title, "kind": "success"}})
    return response


def _order(request: HttpRequest, code: str) -> Order:
    order = ORDERS.get(code)
    if order is None:
        raise CommandNotFound(code=code)
    require(request.user, order.right)
    return order


def _said(order: Order, summary: str) -> str:
    return f"{order.title}：{summary}" if summary else order.title


def _form(request: HttpRequest, vehicle: Vehicle, order: Order, form: Any, status: int = 200) -> HttpResponse:
    context = {"vehicle": vehicle, "order": order, "form": form}
    return render(request, "commands/_order_form.html", context, status=status)


# --- The list ---


@require_safe
@needs("command.view")
def command_list(request: HttpRequest) -> HttpResponse:
    """指令记录: every order in scope, the newest first."""
    filters = CommandFilters(request.GET)
    page = page_of(filters.cut(commands_visible_to(request.user)), request.GET, "created_at")
    filtered = any(request.GET.get(name) for name in filters.fields)
    return render(request, "commands/command_list.html", {"filters": filters, "page": page, "filtered": filtered})


@require_safe
@needs("command.view")
def command_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: what was sent, when, and what the terminal answered."""
    command = get_command_for(request.user, pk)
    audit.record(request, "command.view", command.vehicle.plate, command=pk)
    context = {
        "command": command,
        "order": ORDERS.get(command.kind),
        "result": result_word(command),
        "answer": answer_rows(command),
        "raw": bytes(Command.objects.only("body").get(pk=command.pk).body).hex(" ").upper()[:3000],
    }
    return render(request, "commands/command_detail.html", context)


@require_POST
@needs("command.send")
def command_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an order back that has not gone yet."""
    command = get_command_for(request.user, pk)
    workflow.cancel_command(command, by=request.user)
    audit.record(request, "command.cancel", command.vehicle.plate, command=pk)
    messages.success(request, _("指令已撤销"))
    return redirect("command-detail", pk=pk)


# --- Many vehicles ---


@needs("command.send")
def command_bulk(request: HttpRequest, code: str) -> HttpResponse:
    """One order to a selection of vehicles; first it says how many would get it, then it goes."""
    order = _order(request, code)
    if not order.many:
        raise CommandNotFound(code=code)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form, selection = order.form(*given), SelectionForm(*given[:1], user=request.user, prefix="to")
    context: dict[str, Any] = {"order": order, "form": form, "selection": selection, "orders": _bulk_orders(request)}
    if request.method == "POST" and form.is_valid() & selection.is_valid():
        vehicles = list(with_terminal_in_use(selection.vehicles())[: workflow.MOST_IN_A_BATCH + 1])
        reached = [v for v in vehicles if v.terminals_in_use and order.form.fits(v.terminals_in_use[-1].edition)]  # type: ignore[attr-defined]
        context |= {"chosen": len(vehicles), "reached": len(reached)}
        if request.POST.get("confirmed") == str(len(reached)) and reached:
            try:
                batch = _send(request, order, form, selection, reached)
            except DomainError as refusal:
                selection.add_error("plates", refusal.message)
            else:
                audit.record(
                    request,
                    "command.send_many",
                    order.code,
                    batch=batch.pk,
                    count=batch.count,
                    vehicles=batch.selection,
                )
                messages.success(request, _("已交付下发 %(count)d 辆车") % {"count": batch.count})
                return redirect("command-batch", pk=batch.pk)
    status = 422 if form.errors or selection.errors else 200
    return render(request, "commands/command_bulk.html", context, status=status)


def _send(request: HttpRequest, order: Order, form: Any, selection: SelectionForm, reached: list[Vehicle]) -> Any:
    made: dict[str, list[Message]] = {}

    def make(vehicle: Vehicle, terminal: Terminal) -> Message | None:
        if terminal.edition not in made:
            made[terminal.edition] = form.messages(terminal.edition)
        return made[terminal.edition][0] if made[terminal.edition] else None

    return workflow.send_to_many(
        reached,
        make,
        by=request.user,
        kind=order.code,
        summary=_said(order, form.summary()),
        selection=selection.words(),
        expires_in=order.expires_in,
        note=request.POST.get("note", ""),
    )


def _bulk_orders(request: HttpRequest) -> list[Order]:
    return [order for order in ORDERS.values() if order.many and request.user.may(order.right)]  # type: ignore[union-attr]


@require_safe
@needs("command.view")
def batch_list(request: HttpRequest) -> HttpResponse:
    """批量下发: what the user's own unit sent to many, with how far it has come."""
    page = page_of(with_progress(batches_visible_to(request.user)), request.GET, "created_at")
    return render(request, "commands/batch_list.html", {"page": page, "orders": _bulk_orders(request)})


@require_safe
@needs("command.view")
def batch_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One order to many: its progress, and the vehicles by what became of theirs."""
    batch = get_batch_for(request.user, pk)
    state = request.GET.get("state", "")
    rows = commands_visible_to(request.user).filter(batch=batch)
    if state in Command.State.values:
        rows = rows.filter(state=state)
    context = {"batch": batch, "page": page_of(rows, request.GET, "created_at"), "states": _states(batch, state)}
    part = request.headers.get("HX-Target") == "batch-body"
    return render(request, "commands/_batch_body.html" if part else "commands/batch_detail.html", context)


def _states(batch: Any, current: str) -> list[dict[str, Any]]:
    counts = dict(Command.objects.filter(batch=batch).order_by().values_list("state").annotate(n=Count("pk")))
    return [
        {"value": value, "label": label, "count": counts[value], "current": value == current}
        for value, label in Command.State.choices
        if value in counts
    ]


@require_POST
@needs("command.send")
def batch_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what of a batch has not gone yet."""
    batch = get_batch_for(request.user, pk)
    count = workflow.cancel_batch(batch, by=request.user)
    audit.record(request, "command.cancel_many", batch.kind, batch=pk, count=count)
    messages.success(request, _("已撤销 %(count)d 条待下发指令") % {"count": count})
    return redirect("command-batch", pk=pk)
