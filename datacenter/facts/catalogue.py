"""Who keeps what terminals report besides positions (上报事项的登记).

A package registers a function for a message of a protocol; the shard's worker calls it inside the transaction that
stores the positions, in order of arrival. What nobody registered for, but a table can read, is kept as a
``TerminalReport``. Registering happens in ``AppConfig.ready``, so gateway and worker know the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One message to be kept (上报事项). ``body`` is whole, whether it came in packets or not.

    ``protocol`` is jt808 or jt905, ``edition`` that of the frame's header (905 for JT/T 905), ``phone`` without left
    zeros, ``received_at`` aware; ``message`` is what the protocol's table made of the body.
    """

    protocol: str
    edition: str
    message_id: int
    serial: int
    phone: str
    vehicle_id: int
    received_at: datetime
    body: bytes
    message: Any


Keeper = Callable[[Fact], None]
_keepers: dict[tuple[str, int], Keeper] = {}


def keeps(protocol: str, message_id: int) -> Callable[[Keeper], Keeper]:
    """The decorated function keeps this message. It must store once what comes twice; whatever it raises costs the
    fact its place (it goes to the quarantine, the terminal hears "failed") and nothing else.
    """

    def enter(keeper: Keeper) -> Keeper:
        known = _keepers.setdefault((protocol, message_id), keeper)
        assert known is keeper, f"two keepers of {protocol} 0x{message_id:04X}"
        return keeper

    return enter


def keeper_of(protocol: str, message_id: int) -> Keeper | None:
    """Who keeps the message, None where nobody in particular does."""
    return _keepers.get((protocol, message_id))
