"""Which vehicle a terminal's phone number stands for (终端目录), in memory, for the gateway's every message.

One query reads it all; a message on ``changed_channel`` or sixty seconds make it read again. Whoever changes a
terminal, a vehicle, a company calls ``announce_change``. Personal data are not in it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import redis
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, transaction

from datacenter.registry.models import Terminal, Vehicle

REFRESH_S = 60.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A terminal in use and the vehicle it sits in."""

    terminal_pk: int
    phone: str
    vehicle_id: int
    company_id: int
    county_id: str
    kind: str
    edition: str
    plate: str
    plate_colour: int
    terminal_id: str
    auth_code: str
    networks: str = ""
    """Where it may come from: networks in CIDR spelling between blanks, the terminal's or else its company's."""


_COLUMNS = (
    "pk",
    "phone",
    "vehicle_id",
    "vehicle__company_id",
    "vehicle__county_id",
    "vehicle__kind",
    "edition",
    "vehicle__plate",
    "vehicle__plate_colour",
    "terminal_id",
    "auth_code",
    "networks",
    "vehicle__company__networks",
)


class TerminalDirectory:
    """Every terminal in use by phone number without left zeros (终端目录)."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        self._entries = entries

    @classmethod
    def load(cls) -> TerminalDirectory:
        """The directory as the database has it now; one query."""
        return cls(_read())

    def get(self, phone: str) -> Entry | None:
        """The entry of a phone number as a frame spells it, left zeros or not."""
        return self._entries.get(stripped(phone))

    def refresh(self) -> None:
        """Reads again; a reader meanwhile sees the old rows or the new ones, never a mixture."""
        self._entries = _read()

    async def follow(self) -> None:
        """Keeps the directory fresh until cancelled: on each announced change, and every ``REFRESH_S``.

        A Redis or a database that is away is waited for; the last rows stand meanwhile.
        """
        while True:
            try:
                async with redis.asyncio.from_url(settings.REDIS_URL) as client, client.pubsub() as listener:
                    await listener.subscribe(changed_channel())
                    while True:
                        await listener.get_message(ignore_subscribe_messages=True, timeout=REFRESH_S)
                        await sync_to_async(self._refresh_in_thread)()
            except Exception:
                # The outermost loop: whatever is wrong with a server, the gateway goes on with what it knows.
                _log.exception("the directory of terminals could not be refreshed")
                await asyncio.sleep(1.0)

    def _refresh_in_thread(self) -> None:
        close_old_connections()
        try:
            self.refresh()
        finally:
            close_old_connections()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())


def stripped(phone: str) -> str:
    """A phone number as the registry keeps it: without the zeros a header pads it with; all zeros stay one."""
    return phone.lstrip("0") or "0"


def changed_channel() -> str:
    """The Redis channel that says the registry has changed."""
    return f"{settings.REDIS_PREFIX}:registry:changed"


def announce_change() -> None:
    """Tells every gateway, once the transaction is committed, to read the registry again.

    A Redis that is away costs nothing but time: each gateway reads again by itself within a minute.
    """
    transaction.on_commit(_publish, robust=True)


def _publish() -> None:
    with redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
        client.publish(changed_channel(), b"")


def _read() -> dict[str, Entry]:
    rows = Terminal.objects.filter(state=Terminal.State.IN_USE).exclude(vehicle__state=Vehicle.State.RETIRED)
    return {row[1]: Entry(*row[:-2], row[-2] or row[-1]) for row in rows.order_by().values_list(*_COLUMNS)}
