"""What answers which order, and who wants to hear of it (应答的登记)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datacenter.protocols.jt808.rules import GENERAL_UP, answer_to

if TYPE_CHECKING:
    from datacenter.commands.models import Command

TAXI_EDITION = "905"
# JT/T 905's orders with an answer of their own; JT/T 808 has its table in ``protocols.jt808.rules``.
TAXI_ANSWERS = {
    0x8104: 0x0104,
    0x8201: 0x0201,
    0x8302: 0x0302,
    0x8500: 0x0500,
    0x8802: 0x0802,
    0x8805: 0x0805,
    0x8B10: 0x0B10,
    0x8B11: 0x0B11,
}
# Orders of the standards that travel in JT/T 808's frames (JT/T 1078-2016, messages 0x1003, 0x1205 and 0x1206).
VIDEO_ANSWERS = {0x9003: 0x1003, 0x9201: 0x1205, 0x9205: 0x1205, 0x9206: 0x1206}

Listener = Callable[["Command", Any], None]
_listeners: dict[int, list[Listener]] = {}


def expected_answer(message_id: int, edition: str) -> int:
    """Id of the message that answers an order; ``GENERAL_UP`` where that is the general reply."""
    if edition == TAXI_EDITION:
        return TAXI_ANSWERS.get(message_id, GENERAL_UP)
    return VIDEO_ANSWERS.get(message_id) or answer_to(message_id, edition)


def answers(message_id: int) -> Callable[[Listener], Listener]:
    """The decorated function is told of each command answered by this message, inside the recording transaction.

    It gets the command and the decoded message. What it raises is logged, and undoes what itself did and nothing else.
    """

    def enter(listener: Listener) -> Listener:
        known = _listeners.setdefault(message_id, [])
        if listener not in known:
            known.append(listener)
        return listener

    return enter


def listeners_of(message_id: int) -> list[Listener]:
    """Who wants to hear of answers by this message."""
    return _listeners.get(message_id, [])
