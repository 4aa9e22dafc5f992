"""A taxi's terminal by JT/T 905 (出租汽车智能终端): no registration, no authentication, the same care."""

from typing import Any

from datacenter.protocols.jt905.header import open_frame
from datacenter.simulator import taxi_frames
from datacenter.simulator.answering import TAXI_ANSWERS
from datacenter.simulator.terminal import Terminal


class TaxiTerminal(Terminal):
    """Online as soon as it is connected: whom the centre doesn't know, it hangs up on."""

    __slots__ = ()
    forms = taxi_frames
    answers = TAXI_ANSWERS
    reports = (0x0200, 0x0201, 0x0203)
    batch_bytes = 60_000
    longest_tail = 140_000

    def _greet(self, now: float) -> None:
        self._come_online(now)

    def _open(self, raw: bytes) -> tuple[Any, bytes]:
        return open_frame(raw)
