"""0x8001 that terminals are owed for committed frames (待发应答), and when they are written.

A write costs more than all else done for a frame. So where a terminal has more frames on their way to the worker, the
answer to the committed ones may wait for those, up to ``hold_s``, and go out with them in one write. A terminal that
waits for each answer has no more frames on their way and is answered at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from datacenter.gateway.metrics import ACKNOWLEDGE_SECONDS, ACKNOWLEDGED
from datacenter.ingest.batch import STORED

if TYPE_CHECKING:
    from datacenter.gateway.session import Session


class Debt:
    """What one terminal is owed: parallel lists of serials, message ids, times of arrival (unix microseconds)."""

    __slots__ = ("message_ids", "received_us", "serials", "since")

    def __init__(self, serials: list[int], message_ids: list[int], received_us: list[int]) -> None:
        self.serials, self.message_ids, self.received_us = serials, message_ids, received_us
        self.since = 0.0

    def add(self, other: Debt) -> None:
        """Owe that as well."""
        self.serials += other.serials
        self.message_ids += other.message_ids
        self.received_us += other.received_us


class Owed:
    """All debts of a gateway, oldest first."""

    def __init__(self, hold_s: float, few: int) -> None:
        self._hold_s, self._few = hold_s, few
        self._held: dict[Session, Debt] = {}
        self._written_us: list[int] = []

    def __len__(self) -> int:
        return len(self._held)

    def settle(self, session: Session, debt: Debt) -> None:
        """Write what ``session`` is owed, or hold it for the frames that are still on their way."""
        held = self._held.get(session)
        if held is not None:
            held.add(debt)
            debt = held
        if session.waiting > 0 and self._hold_s and len(debt.serials) < self._few and not session.closed:
            if held is None:
                debt.since = session.gateway.clock_s
                self._held[session] = debt
            return
        if held is not None:
            del self._held[session]
        self._write(session, debt)

    def settle_due(self, now: float) -> None:
        """Write what has been held long enough."""
        due = []
        for session, debt in self._held.items():
            if now - debt.since < self._hold_s:
                break
            due.append(session)
        for session in due:
            self._write(session, self._held.pop(session))
        self.count()

    def settle_all(self) -> None:
        """Write everything; before sockets are closed."""
        for session in list(self._held):
            self._write(session, self._held.pop(session))
        self.count()

    def forget(self, session: Session) -> None:
        """Its socket is gone: the terminal will send again what it heard nothing of."""
        self._held.pop(session, None)

    def count(self) -> None:
        """Enter what was written since the last call into the metrics."""
        if self._written_us:
            waited = (time.time_ns() // 1000 - np.array(self._written_us)) / 1e6
            ACKNOWLEDGE_SECONDS.observe_many(waited)
            ACKNOWLEDGED.inc("stored", by=len(waited))
            self._written_us = []

    def _write(self, session: Session, debt: Debt) -> None:
        if session.acknowledge(debt.serials, debt.message_ids, STORED):
            self._written_us += debt.received_us
