"""Who may say what when, and what answers what (会话规则). JT/T 808-2019, chapter 5 and the messages' own clauses."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a terminal's connection stands (会话阶段)."""

    NEW = "未鉴权"
    AUTHENTICATED = "已鉴权"


LAWFUL: dict[Phase, frozenset[int] | None] = {
    Phase.NEW: frozenset({0x0100, 0x0102}),
    Phase.AUTHENTICATED: None,
}
"""What a terminal may send in a phase, None for all. JT/T 808-2019, 5.2: nothing else before authentication."""

GENERAL_UP, GENERAL_DOWN = 0x0001, 0x8001

ANSWERS: dict[int, int] = {
    0x0004: 0x8004,
    0x0100: 0x8100,
    0x0801: 0x8800,
    0x8104: 0x0104,
    0x8106: 0x0104,
    0x8107: 0x0107,
    0x8201: 0x0201,
    0x8302: 0x0302,
    0x8500: 0x0500,
    0x8608: 0x0608,
    0x8700: 0x0700,
    0x8702: 0x0702,
    0x8801: 0x0805,
    0x8802: 0x0802,
}
"""Requests with an answer of their own; everything else is answered by the other end's general reply."""

ACKNOWLEDGED_FIRST = frozenset({0x8302, 0x8500})
"""Orders that get a general reply at once, and their own answer when the driver or the vehicle has done something."""

UNANSWERED = frozenset({0x0001, 0x0005, 0x8001, 0x8003, 0x8004, 0x8100, 0x8800}) | frozenset(
    answer for answer in ANSWERS.values() if answer < 0x8000
)
"""Answers and requests for lost packets: none of them asks for a general reply of the other end."""


def answer_to(message_id: int, edition: str = "") -> int:
    """Id of the message that answers ``message_id``: its own, or the general reply of the end that is asked.

    In 2011 an order to shoot is answered by the general reply alone.
    """
    if message_id == 0x8801 and edition == "2011":
        return GENERAL_UP
    return ANSWERS.get(message_id, GENERAL_UP if message_id & 0x8000 else GENERAL_DOWN)


def timeout_s(first_s: float, attempt: int) -> float:
    """How long the ``attempt``-th sending (from 1) waits for its answer (应答超时).

    Each waits as many times longer than the one before as its number. JT/T 808-2019, parameters 0x0002 and 0x0003.
    """
    wait_s = first_s
    for number in range(2, attempt + 1):
        wait_s *= number
    return wait_s
