"""The raw log as one gateway keeps it (原始报文记录): frames of the vehicles that are switched on, both ways.

A session that isn't recorded pays for it with one attribute test a read and a write. The switches are read from the
database every few seconds; frames wait in memory for a second at most and are written in one go. Past its bounds, or
without a database, the log has gaps and counts them: terminals are served first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from django.db import close_old_connections
from django.utils import timezone

from datacenter.accounts.scope import CITY, entered
from datacenter.gateway.metrics import RAW_DROPPED, RAW_FRAMES
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.ingest.batch import TAXI_FRAME
from datacenter.protocols.errors import FrameTooLong, ProtocolError
from datacenter.protocols.jt808 import header as jt808
from datacenter.protocols.jt808.frame import FLAG, FrameSplitter, unescape
from datacenter.protocols.jt905 import header as jt905

if TYPE_CHECKING:
    from datacenter.gateway.server import Gateway
    from datacenter.gateway.session import Session

LOOK_EVERY_S = 2.0
WRITE_EVERY_S = 1.0
MOST_A_WRITE = 200
"""Frames of one vehicle in one write; a terminal that sends more at a time is logged with gaps."""
MOST_WAITING = 10_000
_MOST_BYTES = 131_200  # the longest frame there can be, JT/T 905's, escaped
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame on its way into the log."""

    vehicle_id: int
    at_us: int
    direction: str
    taxi: bool
    raw: bytes

    def row(self) -> RawFrame:
        """The row it becomes, with what its header says."""
        message_id = serial = None
        try:
            content = unescape(self.raw.strip(FLAG))[:-1]
            opened = jt905.open_content if self.taxi else jt808.open_content
            header, _ = opened(content, strict_length=False)
            message_id, serial = header.message_id, header.serial
        except ProtocolError:
            pass
        return RawFrame(
            vehicle_id=self.vehicle_id,
            at=datetime.fromtimestamp(self.at_us / 1e6, UTC),
            direction=self.direction,
            protocol="jt905" if self.taxi else "jt808",
            message_id=message_id,
            serial=serial,
            raw=self.raw,
        )


class RawLog:
    """The raw log of one gateway. ``on``: vehicles that are recorded."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.on: frozenset[int] = frozenset()
        self._splitters: dict[Session, FrameSplitter] = {}
        self._waiting: list[Heard] = []
        self._of_vehicle: Counter[int] = Counter()

    # --- Frames ---

    def came(self, session: Session, data: bytes, received_us: int) -> None:
        """What a recorded session read: its whole frames enter, the rest waits for its end."""
        splitter = self._splitters.get(session)
        if splitter is None:
            splitter = self._splitters[session] = FrameSplitter(_MOST_BYTES)
        for one in splitter.feed(data):
            if not isinstance(one, FrameTooLong):
                self._enter(session, RawFrame.Direction.UP, FLAG + one + FLAG, received_us)

    def went(self, session: Session, data: bytes) -> None:
        """What was written to a recorded session: whole frames."""
        now_us = time.time_ns() // 1000
        for one in data.split(FLAG):
            if one:
                self._enter(session, RawFrame.Direction.DOWN, FLAG + one + FLAG, now_us)

    def forget(self, session: Session) -> None:
        """A session is gone, or nobody's."""
        session.recorded = False
        self._splitters.pop(session, None)

    def _enter(self, session: Session, direction: str, raw: bytes, at_us: int) -> None:
        vehicle_id = session.vehicle_id
        if self._of_vehicle[vehicle_id] >= MOST_A_WRITE or len(self._waiting) >= MOST_WAITING:
            RAW_DROPPED.inc()
            return
        self._of_vehicle[vehicle_id] += 1
        self._waiting.append(Heard(vehicle_id, at_us, direction, session.form == TAXI_FRAME, raw))

    # --- Clockwork ---

    async def follow(self) -> None:
        """Look who is switched on, until cancelled."""
        while True:
            try:
                self._turn(await self._in_thread(switched_on))
            except Exception:  # the outermost loop: whatever is wrong with the database, the last switches stand
                _log.exception("the switches of the raw log could not be read")
            await asyncio.sleep(LOOK_EVERY_S)

    def _turn(self, on: frozenset[int]) -> None:
        if on == self.on:
            return
        self.on = on
        for session in self._gateway.by_phone.values():
            session.recorded = session.vehicle_id in on
            if not session.recorded:
                self._splitters.pop(session, None)

    async def write_down(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            if not self._waiting:
                continue
            heard, self._waiting = self._waiting, []
            self._of_vehicle.clear()
            try:
                await self._in_thread(partial(keep, heard))
                RAW_FRAMES.inc(by=len(heard))
            except Exception:  # as above: a gap in the log is no harm to a terminal
                RAW_DROPPED.inc(by=len(heard))
                _log.exception("%d frames of the raw log are lost", len(heard))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def run() -> T:
            close_old_connections()
            try:
                with entered(CITY):
                    return work()
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._gateway.threads, run)


def switched_on() -> frozenset[int]:
    """Vehicles that are recorded now."""
    rows = RawLogSwitch.objects.filter(until__gt=timezone.now())
    return frozenset(rows.values_list("vehicle_id", flat=True))


def keep(heard: list[Heard]) -> None:
    """Write frames into the log, in one statement."""
    RawFrame.objects.bulk_create([one.row() for one in heard], batch_size=1000)
