"""When an answer is written, and when it may wait for the terminal's next."""

from types import SimpleNamespace
from typing import Any

from datacenter.gateway import metrics
from datacenter.gateway.owed import Debt, Owed
from tests.gateway.conftest import grown


class Socket:
    """A session as ``Owed`` sees it; ``written`` has the serials of each write."""

    def __init__(self, waiting: int = 0) -> None:
        self.gateway = SimpleNamespace(clock_s=100.0)
        self.waiting, self.closed = waiting, False
        self.written: list[list[int]] = []

    def acknowledge(self, serials: list[int], message_ids: list[int], result: int) -> bool:
        self.written.append(serials)
        return not self.closed


def debt(*serials: int) -> Debt:
    return Debt(list(serials), [0x0200] * len(serials), [0] * len(serials))


def settle(owed: Owed, socket: Any, *serials: int) -> None:
    owed.settle(socket, debt(*serials))


def test_terminal_that_waits_is_answered_at_once() -> None:
    owed, socket = Owed(0.4, 8), Socket(waiting=0)
    counted = grown(metrics.ACKNOWLEDGED, "stored")
    settle(owed, socket, 1)
    owed.count()
    assert socket.written == [[1]]
    assert counted() == 1


def test_answers_go_out_together_while_more_frames_are_on_their_way() -> None:
    owed, socket = Owed(0.4, 8), Socket(waiting=1)
    settle(owed, socket, 1)
    assert socket.written == []
    socket.waiting = 0
    settle(owed, socket, 2, 3)
    assert socket.written == [[1, 2, 3]]
    assert len(owed) == 0


def test_answers_wait_no_longer_than_the_bound_and_no_more_than_a_few() -> None:
    owed, socket, other = Owed(0.4, 4), Socket(waiting=9), Socket(waiting=9)
    settle(owed, socket, 1)
    owed.settle_due(100.39)
    assert socket.written == []
    owed.settle_due(100.41)
    assert socket.written == [[1]]
    settle(owed, other, 1, 2, 3)
    settle(owed, other, 4)
    assert other.written == [[1, 2, 3, 4]]


def test_nothing_is_held_back_at_the_end_and_nothing_for_a_closed_socket() -> None:
    owed, socket, gone = Owed(0.4, 8), Socket(waiting=1), Socket(waiting=1)
    settle(owed, socket, 1)
    settle(owed, gone, 1)
    owed.forget(gone)  # type: ignore[arg-type]
    owed.settle_all()
    assert socket.written == [[1]]
    assert gone.written == []
    assert len(owed) == 0
