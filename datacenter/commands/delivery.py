"""An order between the database and a gateway (指令投递): claimed once, sent, and what the terminal said of it.

Gateways have no officer: they work with the ingest role's rights. A claim is one statement, so that of two gateways
only one sends. An order that was claimed and never acknowledged goes back into the queue, up to ``ATTEMPTS`` times.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from psycopg2.extras import execute_values

from datacenter.commands.catalogue import expected_answer, listeners_of
from datacenter.commands.editions import in_edition
from datacenter.commands.models import Command
from datacenter.facts.envelope import TABLES, protocol_of, shown
from datacenter.protocols.jt808.rules import GENERAL_UP

_log = logging.getLogger(__name__)

ATTEMPTS = 3
UNANSWERED_AFTER = timedelta(seconds=45)
"""How long a sent order waits for any answer before it is sent again, or given up after the last attempt."""
State = Command.State
_LATE_IS_GOOD = (State.QUEUED, State.SENT, State.ACKNOWLEDGED, State.TIMED_OUT)


def channel() -> str:
    """The Redis channel that tells gateways: orders wait."""
    return f"{settings.REDIS_PREFIX}:commands:waiting"


def wake_gateways() -> None:
    """Tell every gateway, once the transaction is committed, that orders wait. They also look by themselves."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
            client.publish(channel(), b"")
    except (redis.RedisError, OSError) as fault:
        _log.warning("gateways were not told of waiting orders: %s", fault)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order in the queue, and whose it is."""

    id: int
    phone: str


@dataclass(frozen=True, slots=True)
class Order:
    """A claimed order, ready to be sent; ``answer_id`` is the message that will answer it."""

    id: int
    phone: str
    edition: str
    message_id: int
    body: bytes
    answer_id: int

    def body_in(self, edition: str) -> bytes:
        """The body as the terminal on the line speaks, where the registry has another edition of JT/T 808 for it."""
        if edition == self.edition or protocol_of(edition) != protocol_of(self.edition):
            return self.body
        message = TABLES["jt808"].decode(self.message_id, self.body, self.edition)
        return bytes(in_edition(message, edition).encode(edition))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order at ``at``: sent with ``serial``, or answered.

    ``message_id`` is 0 for "sent", the general reply's for an acknowledgement with ``result``, else the answer's.
    """

    command_id: int
    at: datetime
    message_id: int = 0
    serial: int | None = None
    result: int | None = None
    edition: str = ""
    body: bytes = b""


def waiting(most: int = 20_000) -> list[Waiting]:
    """Orders in the queue that have not expired, the urgent first, then the oldest."""
    rows = Command.objects.filter(state=State.QUEUED, expires_at__gt=timezone.now()).order_by("-urgent", "id")
    return [Waiting(*row) for row in rows.values_list("id", "phone")[:most]]


_CLAIM = """
UPDATE command SET state = 'sent', gateway = %(gateway)s, sent_at = now(), attempts = attempts + 1
WHERE id IN (SELECT id FROM command WHERE id = ANY(%(ids)s) AND state = 'queued' AND expires_at > now()
             FOR UPDATE SKIP LOCKED)
RETURNING id, phone, edition, message_id, body, urgent
"""


def claim(ids: Sequence[int], gateway: str) -> list[Order]:
    """Take these orders for ``gateway``, whichever are still in the queue; in the order they should be sent."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"ids": list(ids), "gateway": gateway})
        rows = sorted(cursor.fetchall(), key=lambda row: (not row[5], row[0]))
    return [
        Order(pk, phone, edition, message_id, bytes(body), expected_answer(message_id, edition))
        for pk, phone, edition, message_id, body, _ in rows
    ]


def give_back(ids: Iterable[int]) -> None:
    """The terminal went away between claim and write: these orders wait on, as if they had not been tried."""
    Command.objects.filter(pk__in=list(ids), state=State.SENT).update(state=State.QUEUED, attempts=F("attempts") - 1)


_SENT = """
UPDATE command SET serial = told.serial FROM (VALUES %s) AS told (id, serial) WHERE command.id = told.id
"""
_ACKNOWLEDGED = """
UPDATE command
SET acknowledged_at = told.at, result = told.result,
    state = CASE WHEN told.result = 0 THEN 'acknowledged' ELSE 'refused' END
FROM (VALUES %s) AS told (id, at, result)
WHERE command.id = told.id AND command.state IN ('queued', 'sent', 'acknowledged', 'timed_out')
"""


def record(outcomes: Sequence[Outcome]) -> None:
    """Write down what became of orders: those sent and acknowledged in one statement each, answers one by one.

    Of one order they come in this order; a late word is welcome, and one behind its answer changes nothing.
    """
    sent = {one.command_id: (one.command_id, one.serial) for one in outcomes if not one.message_id}
    heard = {one.command_id: (one.command_id, one.at, one.result) for one in outcomes if one.message_id == GENERAL_UP}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, rows in ((_SENT, sent), (_ACKNOWLEDGED, heard)):
            if rows:
                execute_values(cursor.cursor, statement, list(rows.values()), page_size=1000)
    for outcome in outcomes:
        if outcome.message_id not in (0, GENERAL_UP):
            try:
                with transaction.atomic():
                    _answered(outcome)
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                # It would fail the same way for ever, and hold up every other order's outcome.
                _log.exception("command %d: its answer can't be recorded", outcome.command_id)


def _answered(outcome: Outcome) -> None:
    command = Command.objects.select_for_update(of=("self",)).filter(pk=outcome.command_id).first()
    if command is None or command.state not in _LATE_IS_GOOD:
        return
    message = TABLES[protocol_of(outcome.edition)].decode(outcome.message_id, outcome.body, outcome.edition)
    command.state = State.ANSWERED
    command.answered_at, command.answer_id = outcome.at, outcome.message_id
    command.answer = shown(message, outcome.body, outcome.edition)
    command.result = getattr(message, "result", None)
    command.save(update_fields=["state", "answered_at", "answer_id", "answer", "result"])
    tell_listeners(command, message)


def tell_listeners(command: Command, message: Any) -> None:
    """Each in a savepoint of its own: what one of them raises costs the answer nothing."""
    for listener in listeners_of(message.message_id):
        try:
            with transaction.atomic():
                listener(command, message)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            _log.exception("command %d: a listener failed on its answer", command.pk)


def look_after(now: datetime | None = None) -> None:
    """The clock's look at open orders: out of time, to be sent again, given up."""
    now = now or timezone.now()
    Command.objects.filter(state=State.QUEUED, expires_at__lte=now).update(state=State.EXPIRED)
    silent = Command.objects.filter(state=State.SENT, sent_at__lte=now - UNANSWERED_AFTER)
    silent.filter(attempts__gte=ATTEMPTS).update(state=State.TIMED_OUT)
    if silent.filter(attempts__lt=ATTEMPTS).update(state=State.QUEUED):
        wake_gateways()
