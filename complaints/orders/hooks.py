"""What other packages of the hotline hang on to the console (受理台接口): the console does not know them.

``NUMBER_OF_CALL``: a telephone call's id → the caller's number, for ``?call=<id>``. ``ORDER_OF_CALL``: that id → the
order that it has already and nobody completed. ``AFTER_LOG``: a new order and the id of the call it came by, in its
transaction. Registered from ``ready()``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from complaints.orders.models import Order

NUMBER_OF_CALL: list[Callable[[Any, int], str | None]] = []
ORDER_OF_CALL: list[Callable[[Any, int], Order | None]] = []
AFTER_LOG: list[Callable[[Order, int | None], None]] = []


def number_of_call(user: Any, call: int) -> str:
    """The number that rang, by the first that knows the call; empty where none does."""
    return next((number for ask in NUMBER_OF_CALL if (number := ask(user, call))), "")


def order_of_call(user: Any, call: int) -> Order | None:
    """The order to complete that a call has, by the first that knows the call; None where there is none."""
    return next((order for ask in ORDER_OF_CALL if (order := ask(user, call))), None)
