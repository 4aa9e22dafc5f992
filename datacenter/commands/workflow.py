"""The verbs of orders to vehicles (指令下发): given, given to many, taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.commands.delivery import wake_gateways
from datacenter.commands.errors import NobodySelected, NotCancellable, NoTerminal, NotSpoken, TooManyVehicles
from datacenter.commands.models import Command, CommandBatch
from datacenter.facts.envelope import protocol_of
from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.jt1078.messages import MESSAGES as JT1078
from datacenter.protocols.layout import Message
from datacenter.registry.models import Terminal, Vehicle

EXPIRES_IN = timedelta(hours=24)
"""How long an order waits for a terminal that is not online, unless its kind says otherwise."""
MOST_IN_A_BATCH = 12_000
_SPOKEN: dict[str, frozenset[type]] = {
    "jt808": frozenset({*JT808.forms.values(), *JT1078.forms.values(), *SAFETY.forms.values()}),
    "jt905": frozenset(JT905.forms.values()),
}
_EDITIONS = {"2011": "2011", "2013": "2013", "2019": "2019"}


def terminal_of(vehicle: Vehicle) -> Terminal:
    """The terminal in use in a vehicle. Raises ``NoTerminal``."""
    terminal = vehicle.terminals.filter(state=Terminal.State.IN_USE).order_by("pk").last()
    if terminal is None:
        raise NoTerminal(vehicle.plate)
    return terminal


def speaks(edition: str, order: Message) -> bool:
    """Whether the tables of the terminal's standard have this very order."""
    return type(order) in _SPOKEN[protocol_of(edition)]


def send_command(
    vehicle: Vehicle,
    order: Message,
    *,
    by: Any,
    kind: str,
    summary: str = "",
    expires_in: timedelta = EXPIRES_IN,
    urgent: bool = False,
    note: str = "",
    right: str = "command.send",
) -> Command:
    """Put ``order`` into the queue of the vehicle's terminal; a gateway sends it as soon as that is online.

    ``by`` None is the platform itself; ``right`` is what allows ``by`` to give it. Raises ``NoTerminal``, ``NotSpoken``
    where the terminal's standard has no such order, ``UnfitValue`` where a field can't carry its value, ``NotAllowed``.
    """
    if by is not None:
        require(by, right)
    now = timezone.now()
    command = _command(vehicle, terminal_of(vehicle), order, kind, summary, by, now, now + expires_in)
    command.urgent, command.note = urgent, note[:300]
    with transaction.atomic():
        command.save()
        wake_gateways()
    return command


def send_to_many(
    vehicles: Sequence[Vehicle],
    make: Callable[[Vehicle, Terminal], Message | None],
    *,
    by: Any,
    kind: str,
    summary: str,
    selection: str,
    expires_in: timedelta = EXPIRES_IN,
    note: str = "",
) -> CommandBatch:
    """One order to many vehicles, with ``terminals_in_use`` prefetched; ``make`` gives each its message, None for none.

    Vehicles without a terminal, or whose standard lacks the order, are left out. Raises ``NobodySelected`` where none
    remains, ``TooManyVehicles``, ``UnfitValue``, ``NotAllowed``.
    """
    require(by, "command.send")
    if len(vehicles) > MOST_IN_A_BATCH:
        raise TooManyVehicles(len(vehicles), MOST_IN_A_BATCH)
    now, commands = timezone.now(), []
    for vehicle in vehicles:
        terminals = vehicle.terminals_in_use  # type: ignore[attr-defined]
        order = make(vehicle, terminals[-1]) if terminals else None
        if order is not None and speaks(terminals[-1].edition, order):
            commands.append(_command(vehicle, terminals[-1], order, kind, summary, by, now, now + expires_in))
    if not commands:
        raise NobodySelected
    scope = scope_of(by)
    batch = CommandBatch(
        kind=kind,
        summary=summary[:300],
        selection=selection[:300],
        count=len(commands),
        created_by=by,
        created_at=now,
        county_id=scope.id if scope.level == "county" else None,
        company_id=int(scope.id) if scope.level == "company" else None,
    )
    with transaction.atomic():
        batch.save()
        for command in commands:
            command.batch, command.note = batch, note[:300]
        Command.objects.bulk_create(commands, batch_size=1000)
        wake_gateways()
    return batch


def cancel_command(command: Command, *, by: Any) -> Command:
    """Take back an order that no gateway has sent yet. Raises ``NotCancellable``."""
    require(by, "command.send")
    with transaction.atomic():
        locked = Command.objects.select_for_update(of=("self",)).get(pk=command.pk)
        if locked.state != Command.State.QUEUED:
            raise NotCancellable(locked.get_state_display())
        locked.state = Command.State.CANCELLED
        locked.save(update_fields=["state"])
    return locked


def cancel_batch(batch: CommandBatch, *, by: Any) -> int:
    """Take back what of a batch still waits; how many that were."""
    require(by, "command.send")
    waiting = Command.objects.filter(batch=batch, state=Command.State.QUEUED)
    return waiting.update(state=Command.State.CANCELLED)


def _command(
    vehicle: Vehicle,
    terminal: Terminal,
    order: Message,
    kind: str,
    summary: str,
    by: Any,
    now: datetime,
    expires_at: datetime,
) -> Command:
    if not speaks(terminal.edition, order):
        raise NotSpoken(order.title, terminal.get_edition_display())
    return Command(
        vehicle=vehicle,
        county_id=vehicle.county_id,
        company_id=vehicle.company_id,
        phone=terminal.phone,
        edition=terminal.edition,
        kind=kind,
        message_id=order.message_id,
        summary=(summary or order.title)[:300],
        body=order.encode(_EDITIONS.get(terminal.edition, "")),
        created_by=by,
        created_at=now,
        expires_at=expires_at,
    )
