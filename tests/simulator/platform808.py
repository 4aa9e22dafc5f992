"""A small JT/T 808 platform on loopback, real sockets and real frames, that misbehaves as told."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from datacenter.protocols.jt808.frame import FrameSplitter, seal, unescape
from datacenter.protocols.jt808.header import Header, open_frame
from datacenter.protocols.jt808.messages import MESSAGES


@dataclass
class Platform:
    """Accepts every terminal; keeps what it acknowledged. ``heed`` says whether a report is acknowledged."""

    heed: Callable[[str, int, int], bool] = lambda phone, message_id, count: True
    port: int = 0
    seen: list[tuple[str, int, bytes]] = field(default_factory=list)  # every position: phone, serial, body
    acknowledged: list[tuple[str, bytes]] = field(default_factory=list)
    messages: Counter = field(default_factory=Counter)
    codes: dict[str, str] = field(default_factory=dict)
    unauthenticated: int = 0
    _sessions: set["_Session"] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> "Platform":
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Session(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As when the process is killed: every connection is reset, the port closed."""
        self._server.close()
        self.drop()
        await asyncio.sleep(0)

    def drop(self) -> None:
        """Reset every connection."""
        for session in list(self._sessions):
            session.transport.abort()


class _Session(asyncio.Protocol):
    def __init__(self, platform: Platform) -> None:
        self.platform, self.splitter, self.let_in, self.serial = platform, FrameSplitter(), False, 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.platform._sessions.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.platform._sessions.discard(self)

    def data_received(self, data: bytes) -> None:
        for segment in self.splitter.feed(data):
            if not self.transport.is_closing():
                self.answer(*open_frame(unescape(segment)))

    def answer(self, header: Header, body: bytes) -> None:
        platform, phone = self.platform, header.phone
        platform.messages[header.message_id] += 1
        if header.message_id == 0x0100:
            platform.codes[phone] = f"CODE{phone[-4:]}"
            self.send(0x8100, header, header.serial, 0, platform.codes[phone])
            return
        result = 0
        if header.message_id == 0x0102:
            sent = MESSAGES.decode(0x0102, body, header.edition)
            self.let_in = platform.codes.get(phone) == sent.auth_code
            result = 0 if self.let_in else 1
        elif not self.let_in:
            platform.unauthenticated += 1
            return
        if header.message_id in (0x0200, 0x0704):
            bodies = [body] if header.message_id == 0x0200 else _items(body)
            platform.seen += [(phone, header.serial, one) for one in bodies]
            if not platform.heed(phone, header.message_id, len(platform.seen)):
                return
            platform.acknowledged += [(phone, one) for one in bodies]
        if not self.transport.is_closing():
            self.send(0x8001, header, header.serial, header.message_id, result)

    def send(self, message_id: int, to: Header, *values: object) -> None:
        body = MESSAGES.forms[message_id](*values).encode(to.edition)
        head = Header(message_id, len(body), to.phone, self.serial, to.edition).pack()
        self.serial = (self.serial + 1) & 0xFFFF
        self.transport.write(seal(head + body))


def _items(body: bytes) -> list[bytes]:
    assert body[2] == 1, "a batch after a blind area has kind 1"
    found, at = [], 3
    while at < len(body):
        size = int.from_bytes(body[at : at + 2], "big")
        found.append(body[at + 2 : at + 2 + size])
        at += 2 + size
    assert len(found) == int.from_bytes(body[:2], "big")
    return found
