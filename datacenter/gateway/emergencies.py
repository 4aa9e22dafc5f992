"""Emergency buttons as one gateway sees them (紧急报警直通): told to the database at once, ahead of any queue.

Every read of a socket costs one look at a bit (``may_ring``). Where it is set, the frame goes by a thread of its own
through the worker's own decoder and watch, seconds or hours before the shard's queue has come so far. The worker looks
once more at all that it stores: whatever is lost here, it finds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from django.db import InterfaceError, OperationalError, close_old_connections, transaction

from datacenter.accounts.scope import CITY, entered
from datacenter.emergencies.watch import EMERGENCY_BIT, Watch
from datacenter.emergencies.workflow import vehicles_with_bit
from datacenter.gateway.metrics import EMERGENCIES, EMERGENCIES_DROPPED
from datacenter.gateway.peek import frames_in, unread
from datacenter.ingest.batch import BODY, TAXI_FRAME, Batch
from datacenter.ingest.decode import decode_batch
from datacenter.protocols.jt808.header import LONG_HEADER, SHORT_HEADER, Edition
from datacenter.tracks.position import Positions

if TYPE_CHECKING:
    from datacenter.gateway.server import Gateway
    from datacenter.gateway.session import Session

REPORT, BACKFILL = 0x0200, 0x0704
_POSITIONS = frozenset({REPORT, BACKFILL, 0x0202, 0x0203})
_PEEK_EVERY_S = 0.5
_LAST = 3  # the byte of the alarm word that has bit 0
ALARM_AT = SHORT_HEADER + _LAST
"""Where that byte stands in a frame with a short header."""
_AGAIN_S = 5.0  # a button that stays down is told of again this often: the desk sees where the vehicle is
_REFRESH_S = 5.0
_MOST = 5_000
_TAXI_REPORTS = frozenset({0x0200, 0x0202})  # of JT/T 905, with a body like 0x0200's
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame to be looked at, as it would lie in a batch."""

    vehicle_id: int
    message_id: int
    form: int
    frame: bytes
    received_us: int


def alarm_at(edition: str) -> int:
    """Where the byte with the emergency bit stands in a report's frame."""
    return _LAST + (LONG_HEADER if edition == Edition.V2019 else SHORT_HEADER)


def may_ring(frames: Sequence[bytes], message_ids: Sequence[int], at: int) -> bool:
    """Whether one of ``frames`` has to be looked at: not so plain reports without the bit, at the price of a glance."""
    try:
        if len(frames) == 1:
            return frames[0][at] & EMERGENCY_BIT != 0 or message_ids[0] != REPORT
        return 1 in [frame[at] & EMERGENCY_BIT for frame in frames] or message_ids.count(REPORT) != len(frames)
    except IndexError:  # a body too short to be one; others in the same read may be sound
        return True


class Emergencies:
    """The emergencies of one gateway. ``on``: vehicles whose button is down, and when that was last told."""

    def __init__(self, gateway: Gateway) -> None:
        self.on: dict[int, float] = {}
        self._gateway = gateway
        self._waiting: deque[Seen] = deque(maxlen=_MOST)
        self._woken = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "gateway-emergency")
        self._peeked: dict[Session, int] = {}  # sockets that are not read: how many of their bytes were looked at

    # --- On the loop ---

    def look(
        self, session: Session, frames: Sequence[bytes], message_ids: Sequence[int], received_us: int, form: int
    ) -> None:
        """Take out of one read's frames what has to be told."""
        now, vehicle_id = self._gateway.clock_s, session.vehicle_id
        for frame, message_id in zip(frames, message_ids, strict=True):
            pressed = _pressed(frame, message_id, form, session.alarm_at)
            told_at = self.on.get(vehicle_id)
            if pressed is None:  # several positions in one message: what it says of the button is long past
                if not _any_pressed(frame, form, session.alarm_at - _LAST):
                    continue
            elif pressed:
                if told_at is not None and now - told_at < _AGAIN_S:
                    continue
                self.on[vehicle_id] = now
            elif told_at is None:
                continue
            else:
                del self.on[vehicle_id]
            if len(self._waiting) == _MOST:
                EMERGENCIES_DROPPED.inc()
            self._waiting.append(Seen(vehicle_id, message_id, form, frame, received_us))
            self._woken.set()

    async def peek(self) -> None:
        """Look at what waits unread for the sockets of shards that hold too much, until cancelled."""
        while True:
            await asyncio.sleep(_PEEK_EVERY_S)
            paused = [session for shard in self._gateway.shards if shard.paused for session in shard.sessions]
            self._peeked = {session: self._peeked.get(session, 0) for session in paused}
            for number, session in enumerate(paused):
                if not number % 500:
                    await asyncio.sleep(0)  # terminals that are read come first
                if session in self._peeked:
                    self._peek(session)

    def _peek(self, session: Session) -> None:
        data = unread(session)
        looked_at = self._peeked[session]
        if session.shard is None or not session.shard.paused or len(data) <= looked_at:
            return
        frames, ids, self._peeked[session] = frames_in(data[looked_at:])
        self._peeked[session] += looked_at
        found = [number for number, message_id in enumerate(ids) if message_id in _POSITIONS]
        self.look(session, [frames[n] for n in found], [ids[n] for n in found], time.time_ns() // 1000, session.form)

    async def tell(self) -> None:
        """Tell the database, until cancelled; where it is away, until it is back."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _REFRESH_S)
            self._woken.clear()
            try:
                if self._waiting:
                    await self._tell()
                else:
                    await self._refresh()
            except Exception:
                # The outermost loop: whatever is wrong with the database, the next try comes.
                _log.exception("%d emergency reports wait for the database", len(self._waiting))
                await asyncio.sleep(1.0)
                self._woken.set()

    async def _tell(self) -> None:
        while self._waiting:
            seen = self._waiting[0]
            await self._in_thread(partial(_write_down, seen, self._gateway.name))
            if self._waiting and self._waiting[0] is seen:
                self._waiting.popleft()

    async def _refresh(self) -> None:
        """Buttons that other gateways or workers know of: a terminal may come here with its button down."""
        known = await self._in_thread(vehicles_with_bit)
        began = self._gateway.clock_s - _REFRESH_S
        self.on = {pk: told_at for pk, told_at in self.on.items() if pk in known or told_at > began}
        for pk in known:
            self.on.setdefault(pk, 0.0)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _guarded, work)

    def stop(self) -> None:
        """No more is told from here."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _pressed(frame: bytes, message_id: int, form: int, at: int) -> bool | None:
    """The bit of a message with one position; None where it may hold several, or none can be read."""
    if form == BODY:
        at = _LAST
    if message_id == BACKFILL or (form == TAXI_FRAME and message_id not in _TAXI_REPORTS) or len(frame) <= at:
        return None
    return bool(frame[at] & EMERGENCY_BIT)


def _any_pressed(frame: bytes, form: int, header: int) -> bool:
    """Whether one of the positions of a backfill has the bit (JT/T 808-2019, message 0x0704).

    Of JT/T 905's resent reports and answers, which come seldom, the decoder says.
    """
    if form == TAXI_FRAME:
        return True
    at = (0 if form == BODY else header) + 3  # behind count and kind
    end = len(frame)
    while at + 2 + _LAST < end:
        if frame[at + 2 + _LAST] & EMERGENCY_BIT:
            return True
        at += 2 + (frame[at] << 8 | frame[at + 1])
    return False


def _guarded(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        with entered(CITY):
            return work()
    finally:
        close_old_connections()


def _write_down(seen: Seen, gateway: str) -> None:
    """Raise, refresh or let go by one frame. Raises what the database raises where it is away, and nothing else."""
    try:
        batch = Batch(
            batch_id="",
            gateway=gateway,
            shard=0,
            blob=seen.frame,
            lengths=np.array([len(seen.frame)], np.int32),
            vehicles=np.array([seen.vehicle_id], np.int32),
            received_us=np.array([seen.received_us], np.int64),
            forms=np.array([seen.form], np.uint8),
            message_ids=np.array([seen.message_id], np.uint16),
        )
        decoded = decode_batch(batch)
        positions = Positions.join([decoded.positions, decoded.timeless])
        watch = Watch()
        with transaction.atomic():
            watch.look(positions, watch.concerned(positions))
        EMERGENCIES.inc()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # The worker sees the same frame once more.
        _log.exception("an emergency report of vehicle %d could not be told", seen.vehicle_id)
