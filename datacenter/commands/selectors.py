"""Reads of orders (指令查询): the only place that spells ``Command.objects`` for reading."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.commands.errors import CommandNotFound
from datacenter.commands.models import Command, CommandBatch

_OPEN = (Command.State.QUEUED, Command.State.SENT)
_GOOD = (Command.State.ACKNOWLEDGED, Command.State.ANSWERED)


def commands_visible_to(user: Any) -> QuerySet[Command]:
    """Orders to the vehicles inside the user's scope, the newest first; without their bytes."""
    rows = scope_of(user).limit(Command.objects.all())
    return rows.select_related("vehicle", "company", "created_by").defer("body").order_by("-created_at", "-pk")


def commands_of(user: Any, vehicle_id: int, count: int = 5) -> list[Command]:
    """The newest orders to one vehicle."""
    return list(commands_visible_to(user).filter(vehicle_id=vehicle_id)[:count])


def get_command_for(user: Any, pk: int) -> Command:
    """The order if the user may see it; raises ``CommandNotFound``."""
    command = commands_visible_to(user).filter(pk=pk).first()
    if command is None:
        raise CommandNotFound(pk=pk)
    return command


def batches_visible_to(user: Any) -> QuerySet[CommandBatch]:
    """Orders to many vehicles that the user's own unit gave (the city sees all), with how far each has come."""
    rows = scope_of(user).limit(CommandBatch.objects.all(), vehicle="commands__vehicle_id")
    return rows.select_related("created_by").order_by("-created_at", "-pk")


def with_progress(rows: QuerySet[CommandBatch]) -> QuerySet[CommandBatch]:
    """Batches with ``open``, ``good`` and ``failed`` counted."""
    return rows.annotate(
        waiting=Count("commands", filter=Q(commands__state=Command.State.QUEUED)),
        under_way=Count("commands", filter=Q(commands__state=Command.State.SENT)),
        good=Count("commands", filter=Q(commands__state__in=_GOOD)),
        failed=Count("commands", filter=~Q(commands__state__in=(*_OPEN, *_GOOD))),
    )


def get_batch_for(user: Any, pk: int) -> CommandBatch:
    """The batch if the user may see it; raises ``CommandNotFound``."""
    batch = with_progress(batches_visible_to(user)).filter(pk=pk).first()
    if batch is None:
        raise CommandNotFound(pk=pk)
    return batch
