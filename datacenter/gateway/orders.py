"""Orders to terminals and their answers, as one gateway sees them (指令下行).

One loop looks into the queue when it is told to, when terminals came online, and now and then by itself; it claims what
is for terminals of this gateway and writes it to their sockets. What they answer is found by the order's serial number
and written down a moment later. Losing any of it loses nothing: an order without an answer is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import close_old_connections

from datacenter.accounts.scope import CITY, entered
from datacenter.commands import delivery
from datacenter.commands.delivery import Order, Outcome
from datacenter.gateway.metrics import ORDERS_SENT, ORDERS_UNFIT
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.rules import GENERAL_UP

if TYPE_CHECKING:
    from datacenter.gateway.server import Gateway
    from datacenter.gateway.session import Session

_LOOK_EVERY_S = 5.0
_SETTLE_S = 0.15  # several terminals come online, several officers click: one look for all
_MOST_OPEN = 256  # orders of one terminal without an answer; older ones are forgotten here, never in the database
_MOST_OUTCOMES = 20_000
_KEPT_TOO = frozenset({0x0702})  # answers that say something of the vehicle besides: the driver's card
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """An order on its way: which, and which message will answer it."""

    command_id: int
    message_id: int
    answer_id: int


class Orders:
    """The orders of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._woken = asyncio.Event()
        self._outcomes: list[Outcome] = []
        self._settled = asyncio.Event()

    def wake(self) -> None:
        """Orders may wait for somebody here."""
        self._woken.set()

    # --- Down ---

    async def deliver(self) -> None:
        """Look and send, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOK_EVERY_S)
            self._woken.clear()
            if self._gateway.by_phone:
                try:
                    await self._deliver()
                except Exception:
                    # The outermost loop: whatever is wrong with the database, terminals are served.
                    _log.exception("orders could not be looked for")
            await asyncio.sleep(_SETTLE_S)

    async def _deliver(self) -> None:
        here = self._gateway.by_phone
        ids = [one.id for one in await self._in_thread(delivery.waiting) if one.phone in here]
        for first in range(0, len(ids), 500):
            piece = ids[first : first + 500]
            orders = await self._in_thread(partial(delivery.claim, piece, self._gateway.name))
            gone = [order.id for order in orders if not self._send(order)]
            if gone:
                await self._in_thread(partial(delivery.give_back, gone))

    def _send(self, order: Order) -> bool:
        """Write one order to its terminal's socket; false where the terminal is gone."""
        session = self._gateway.by_phone.get(order.phone)
        if session is None or session.closed or session.transport is None:
            return False
        connection = session.connection
        serial = connection.serial
        try:
            body = order.body_in(str(connection.edition))
            session.write(connection.send_body(order.message_id, body))
        except ProtocolError as fault:
            # It would fail the same way next time; it ends unanswered, and the log says why.
            ORDERS_UNFIT.inc()
            _log.error("order %d could not be written: %s", order.id, fault)
            return True
        sent = Sent(order.id, order.message_id, order.answer_id)
        for number in range(
            (connection.serial - serial) & 0xFFFF
        ):  # some terminals answer the first packet's serial number, some the last one's
            session.ordered[(serial + number) & 0xFFFF] = sent
        while len(session.ordered) > _MOST_OPEN:
            del session.ordered[next(iter(session.ordered))]
        ORDERS_SENT.inc()
        self._note(Outcome(order.id, datetime.now(UTC), serial=serial))
        return True

    # --- Up ---

    def acknowledged(self, session: Session, reply: Any) -> None:
        """A general reply: it may be to an order."""
        sent = session.ordered.get(reply.ack_serial)
        if sent is None or sent.message_id != reply.ack_id:
            return
        if reply.result or sent.answer_id == GENERAL_UP:
            self._finish(session, sent)
        self._note(Outcome(sent.command_id, datetime.now(UTC), GENERAL_UP, result=reply.result))

    def answered(self, session: Session, event: Any) -> bool:
        """Whether a message was the answer to an order, and is no more than that."""
        message_id, message = event.header.message_id, event.message
        serial = getattr(message, "ack_serial", None)
        if serial is not None:
            sent = session.ordered.get(serial)
        else:  # it does not say which order it answers: the oldest of those that it can
            sent = next((one for one in session.ordered.values() if one.answer_id == message_id), None)
        if sent is None or sent.answer_id != message_id:
            return False
        self._finish(session, sent)
        edition = str(session.connection.edition)
        self._note(Outcome(sent.command_id, datetime.now(UTC), message_id, edition=edition, body=event.body))
        return message_id not in _KEPT_TOO

    def _finish(self, session: Session, sent: Sent) -> None:
        for serial in [serial for serial, one in session.ordered.items() if one is sent]:
            del session.ordered[serial]

    # --- Into the database ---

    def _note(self, outcome: Outcome) -> None:
        if len(self._outcomes) < _MOST_OUTCOMES:  # a database that is away for long: the orders are sent again
            self._outcomes.append(outcome)
        self._settled.set()

    async def write_down(self) -> None:
        """Write outcomes down, until cancelled; a database that is away is waited for."""
        while True:
            await self._settled.wait()
            await asyncio.sleep(_SETTLE_S)
            self._settled.clear()
            outcomes, self._outcomes = self._outcomes, []
            try:
                await self._in_thread(partial(delivery.record, outcomes))
            except Exception:  # the outermost loop, as above
                _log.exception("%d outcomes of orders wait for the database", len(outcomes))
                self._outcomes = outcomes + self._outcomes
                self._settled.set()
                await asyncio.sleep(1.0)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def run() -> T:
            close_old_connections()
            try:
                with entered(CITY):
                    return work()
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._gateway.threads, run)
