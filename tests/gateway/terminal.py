"""A terminal on a real socket, for the gateway's tests (测试终端)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from datacenter.gateway.authentication import auth_code
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import Event
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import Authenticate, Heartbeat, LocationReport, Register
from datacenter.protocols.layout import Message

WAIT_S = 5.0
START = datetime(2025, 11, 22, 4, 0, tzinfo=UTC)


def location(number: int) -> LocationReport:
    """The ``number``-th report of a vehicle."""
    return LocationReport(
        alarms=0,
        status=3,
        latitude_deg=41.12 + number % 1000 * 1e-4,
        longitude_deg=122.06,
        altitude_m=5,
        speed_kmh=40.0,
        bearing_deg=90,
        device_time=START + timedelta(seconds=number),
    )


class Terminal:
    """Sends what a test says and remembers what comes back."""

    def __init__(self, port: int, phone: str, edition: Edition = Edition.V2013) -> None:
        self.port, self.phone = port, phone
        padded = phone.zfill(20 if edition == Edition.V2019 else 12)
        self.connection = Connection(padded, edition, authenticated=True)
        self.events: list[Event] = []
        self.closed = False
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Terminal:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send(self, message: Message) -> int:
        """Send one message; its serial number."""
        serial = self.connection.serial
        await self.raw(self.connection.send(message))
        return serial

    async def locations(self, count: int, first: int = 0) -> list[int]:
        """Send ``count`` reports in one write; their serial numbers."""
        begin = self.connection.serial
        await self.raw(b"".join(self.connection.send(location(first + number)) for number in range(count)))
        return [(begin + number) & 0xFFFF for number in range(count)]

    async def next(self, wait_s: float = WAIT_S) -> Any:
        """The next event from the platform. Raises ``ConnectionResetError`` at the end, ``TimeoutError`` in silence."""
        async with asyncio.timeout(wait_s):
            while not self.events:
                data = await self._reader.read(65536)
                if not data:
                    self.closed = True
                    raise ConnectionResetError
                self.events += self.connection.receive(data)
        return self.events.pop(0)

    async def reply(self, wait_s: float = WAIT_S) -> Any:
        """The message of the next event."""
        return (await self.next(wait_s)).message

    async def results(self, count: int, wait_s: float = WAIT_S) -> dict[int, int]:
        """The next ``count`` general replies: serial → result."""
        out: dict[int, int] = {}
        for _ in range(count):
            answer = await self.reply(wait_s)
            out[answer.ack_serial] = answer.result
        return out

    async def register(self, **facts: Any) -> Any:
        given = {
            "province": 21, "city": 1100, "maker_id": "12345", "model": "M1", "terminal_id": "T" + self.phone[-6:],
            "plate_color": 2, "plate": "辽L" + self.phone[-5:], **facts,
        }  # fmt: skip
        await self.send(Register(**given))
        return await self.reply()

    async def authenticate(self, code: str | None = None) -> int:
        """Authenticate; the platform's result."""
        given = auth_code(self.phone) if code is None else code
        long = self.connection.edition == Edition.V2019
        await self.send(Authenticate(given, "861234567890123" if long else None, "v1" if long else None))
        return (await self.reply()).result

    async def heartbeat(self) -> int:
        await self.send(Heartbeat())
        return (await self.reply()).result

    async def ended(self, wait_s: float = WAIT_S) -> bool:
        """Whether the platform closes the socket in time."""
        try:
            while True:
                await self.next(wait_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            return True
        except TimeoutError:
            return False
