"""The tables that answering functions enter: message id → function of the desk, the order and its serial number."""

from collections.abc import Callable
from typing import Any, TypeVar

from datacenter.simulator.desk import UNSUPPORTED, Answering, Desk

F = TypeVar("F", bound=Callable[..., Any])
ANSWERS: dict[int, Answering] = {}
"""JT/T 808 with what travels in its frames. What has no line is answered by 0x0001 with result 3."""
TAXI_ANSWERS: dict[int, Answering] = {}
"""JT/T 905."""


def answers(
    *message_ids: int, table: dict[int, Answering] = ANSWERS, until: str = "", since: str = ""
) -> Callable[[F], F]:
    """Decorator: enters a function for these orders. Editions after ``until`` or before ``since`` don't know them."""

    def enter(function: F) -> F:
        def answering(desk: Desk, order: Any, serial: int) -> Any:
            edition = desk.speech.edition
            if (until and edition > until) or (since and edition < since):
                return UNSUPPORTED
            return function(desk, order, serial)

        for message_id in message_ids:
            assert message_id not in table, f"0x{message_id:04X} twice"
            table[message_id] = answering
        return function

    return enter
