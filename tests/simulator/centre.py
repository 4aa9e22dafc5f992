"""A platform that gives orders, on loopback, for JT/T 808 and JT/T 905: the codecs' own connections do its talking."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Self

from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import (
    Authentication,
    BadFrame,
    Event,
    Locations,
    Received,
    Registration,
    Unknown,
)
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt808.messages import MESSAGES, MediaReply, RegisterReply
from datacenter.protocols.jt905.connection import Connection as TaxiConnection
from datacenter.protocols.jt905.header import open_frame as open_taxi_frame
from datacenter.protocols.jt905.messages import MESSAGES as TAXI_MESSAGES
from datacenter.protocols.jt1078.messages import MESSAGES as VIDEO
from datacenter.protocols.layout import Message

CATALOGUE = MESSAGES.joined("jt808", VIDEO, SAFETY)
UNANSWERED = (0x0001, 0x0102, 0x0801)


class Centre(asyncio.Protocol):
    """Lets everybody in, acknowledges what it is told to heed, keeps every message in ``received``."""

    def __init__(self, *, taxi: bool = False, heed: Callable[[int], bool] = lambda message_id: True) -> None:
        self.taxi, self.heed = taxi, heed
        self.received: list[Any] = []
        self.positions: list[Any] = []
        self.serials: list[tuple[int, int]] = []  # message id and serial of everything but positions
        self.port = 0
        self._events: asyncio.Queue[None] = asyncio.Queue()
        self._taken = 0
        self._transport: asyncio.Transport | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: self, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.drop()

    def drop(self) -> None:
        """Reset the connection."""
        if self._transport is not None:
            self._transport.abort()

    def order(self, message: Message) -> int:
        """Give an order; its serial number."""
        assert self._transport is not None
        serial = self.connection.serial
        self._transport.write(self.connection.send(message))
        packets = 1 if self.taxi else max(1, -(-len(message.encode(self.connection.edition)) // 1023))
        return serial + packets - 1  # an order in packets is answered by the number of the last one

    async def next(self, form: type[Message], wait_s: float = 5.0) -> Any:
        """The next message of that form since the last one asked for."""
        async with asyncio.timeout(wait_s):
            while True:
                while self._taken < len(self.received):
                    self._taken += 1
                    if isinstance(self.received[self._taken - 1], form):
                        return self.received[self._taken - 1]
                await self._events.get()

    async def ask(self, message: Message, form: type[Message], wait_s: float = 5.0) -> tuple[Any, int]:
        """Give an order and wait for an answer of that form; the answer and the order's serial number."""
        self._taken = len(self.received)
        serial = self.order(message)
        return await self.next(form, wait_s), serial

    def ask_for_packets(self) -> int:
        """0x8003 for whatever is incomplete; how many requests."""
        asked = self.connection.resend_requests(time.monotonic(), 0.0)
        for request in asked:
            self._transport.write(self.connection.send(request))
        return len(asked)

    # The connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.connection = (
            TaxiConnection(admitted=True) if self.taxi else Connection(authenticated=True, catalogue=CATALOGUE)
        )

    def data_received(self, data: bytes) -> None:
        for event in self.connection.receive(data, time.monotonic()):
            self._take(event)

    def _take(self, event: Event) -> None:
        assert not isinstance(event, BadFrame | Unknown), event
        reply = self.connection.general_replies
        if isinstance(event, Locations):
            heeded = []
            for raw, message_id, serial in zip(event.frames, event.message_ids, event.serials, strict=True):
                _, body = (open_taxi_frame if self.taxi else open_frame)(raw)
                forms = TAXI_MESSAGES if self.taxi else MESSAGES
                self.positions.append(forms.decode(message_id, body, str(self.connection.edition)))
                if self.heed(message_id):
                    heeded.append((serial, message_id))
            if heeded:
                self._transport.write(reply([serial for serial, _ in heeded], [number for _, number in heeded]))
        elif isinstance(event, Received):
            self._answer(event)
        self._events.put_nowait(None)

    def _answer(self, event: Received) -> None:
        message_id, serial = event.header.message_id, event.header.serial
        self.received.append(event.message)
        self.serials.append((message_id, event.header.first_serial if event.header.subpackaged else serial))
        if isinstance(event, Registration):
            self._transport.write(self.connection.send(RegisterReply(serial, 0, "CODE")))
        elif isinstance(event, Authentication):
            self._transport.write(self.connection.general_replies([serial], [message_id]))
        elif message_id == 0x0801 and self.heed(message_id):
            self._transport.write(self.connection.send(MediaReply(event.message.media_id)))
        elif message_id not in UNANSWERED and self.heed(message_id):
            self._transport.write(self.connection.general_replies([serial], [message_id]))
