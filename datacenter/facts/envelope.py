"""A fact on its way from the gateway to the worker, as one entry of a batch (上报事项的封装)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgpack

from datacenter.facts.catalogue import Fact
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt905.header import EDITION as EDITION_905
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.layout import Catalogue
from datacenter.protocols.terminal_catalogue import MESSAGES as JT808
from datacenter.protocols.terminal_catalogue import speaking_all

TABLES: dict[str, Catalogue] = {"jt808": JT808, "jt905": JT905}
"""The messages a fact may be, by protocol."""


def protocol_of(edition: str) -> str:
    """The protocol that a connection of this edition speaks."""
    return "jt905" if edition == EDITION_905 else "jt808"


def pack(edition: str, serial: int, phone: str, body: bytes) -> bytes:
    """What goes into the batch; the batch itself says whose it is, which message, and when it came."""
    return bytes(msgpack.packb([str(edition), serial, phone, body]))


def unpack(raw: bytes, *, message_id: int, vehicle_id: int, received_us: int) -> Fact:
    """The fact in ``raw``. Raises what the message's table raises on its body."""
    edition, serial, phone, body = msgpack.unpackb(raw)
    protocol = protocol_of(edition)
    message: Any = TABLES[protocol].decode(message_id, body, edition if protocol == "jt905" else Edition(edition))
    received_at = datetime.fromtimestamp(received_us / 1e6, UTC)
    return Fact(protocol, edition, message_id, serial, phone, vehicle_id, received_at, body, message)


def body_in(raw: bytes) -> tuple[str, bytes]:
    """Phone and bare body of a packed fact, for the quarantine."""
    _, _, phone, body = msgpack.unpackb(raw)
    return phone, body


def shown(message: Any, body: bytes, edition: str) -> dict[str, Any]:
    """A message under the wire's names, as a JSON column takes it.

    PostgreSQL refuses zero characters, which texts of terminals may hold inside.
    """
    form = type(message)
    with speaking_all():
        text = json.dumps(form.layout.show(message, form.edition_of(body, edition)), ensure_ascii=True)
    content: dict[str, Any] = json.loads(text.replace("\\u0000", ""))
    return content
