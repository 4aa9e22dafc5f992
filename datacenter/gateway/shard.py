"""One shard's frames inside the gateway (分片): how many wait, what is handed in, when its sockets are not read.

Batches are handed in in order, ``batches_in_flight`` at most at a time, and kept until their commit is known. Memory is
bounded by not reading: past the shard's bound its sockets pause, and only its.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from datacenter.gateway.backfill import BULK, Backfill
from datacenter.gateway.batches import Gathering, HandedIn, Reply
from datacenter.gateway.limits import Limits
from datacenter.gateway.metrics import FRAMES, NOT_QUARANTINED, PAUSES, REHANDED, STRAY_ANSWERS
from datacenter.gateway.owed import Owed
from datacenter.ingest.batch import Rejected
from datacenter.ingest.layout import FIRST
from datacenter.protocols.jt808.events import Locations

if TYPE_CHECKING:
    from datacenter.gateway.session import Session


class Shard:
    """Gathers, hands in, keeps, answers. ``publish`` tells the outbox that this shard has something to publish."""

    def __init__(
        self,
        number: int,
        gateway: str,
        limits: Limits,
        publish: Callable[[Shard], None],
        owed: Owed,
        layout: int = FIRST,
    ) -> None:
        self.number, self._gateway, self._limits, self._publish = number, gateway, limits, publish
        self._owed, self._layout = owed, layout
        self.sessions: set[Session] = set()
        self.paused = False
        self.open = False  # answers can reach us: what is handed in now will be answered
        self.in_flight: dict[str, HandedIn] = {}  # in order of their hand-in
        self._gathering = Gathering()
        self._backfill = Backfill(limits.backfill_bytes)
        self._backfill_at = 0.0  # when some of it last entered
        self._waiting = 0  # frames handed in and not answered
        self._waiting_bytes = 0

    @property
    def held_frames(self) -> int:
        """Frames that are not known to be committed."""
        return self._waiting + len(self._gathering.frames) + self._backfill.frames

    @property
    def gathering(self) -> Gathering:
        """What has not been handed in."""
        return self._gathering

    # --- In ---

    def add(self, session: Session, locations: Locations, received_us: int) -> None:
        """Take the frames that one read brought; those of a blind area when it is their turn."""
        if BULK.isdisjoint(locations.message_ids):
            self._gather(session, locations, received_us)
        else:
            self._backfill.add(session, locations, received_us)

    def _gather(self, session: Session, locations: Locations, received_us: int) -> None:
        gathering, frames = self._gathering, locations.frames
        count = len(frames)
        if not gathering:
            gathering.since = time.monotonic()
        gathering.frames += frames
        gathering.message_ids += locations.message_ids
        gathering.serials += locations.serials
        gathering.sessions.append(session)
        gathering.counts.append(count)
        gathering.vehicles.append(session.vehicle_id)
        gathering.received_us.append(received_us)
        session.waiting += count
        gathering.nbytes += len(frames[0]) if count == 1 else sum(map(len, frames))
        if len(gathering.frames) >= self._limits.batch_frames:
            self.hand_in()
        if not self.paused and self._too_much():
            self._pause()

    def add_assembled(
        self, session: Session, message_id: int, serials: tuple[int, ...], body: bytes, received_us: int
    ) -> None:
        """Take the body of a message that came in packets; all of them are answered once it is committed."""
        self._gathering.assembled[len(self._gathering.frames)] = serials
        self.add(session, Locations([body], [message_id], [serials[0]]), received_us)

    def add_fact(
        self, session: Session, message_id: int, serials: tuple[int, ...], packed: bytes, reply: Reply | None = None
    ) -> None:
        """Take a message that is no position; ``reply``, or 0x8001 to each of ``serials``, once it is committed."""
        gathering, row = self._gathering, len(self._gathering.frames)
        gathering.assembled[row], gathering.facts[row] = serials, reply
        self.add(session, Locations([packed], [message_id], [serials[0] if serials else 0]), time.time_ns() // 1000)

    def reject(self, entry: Rejected) -> None:
        """Send a frame along to the quarantine."""
        gathering = self._gathering
        if len(gathering.rejected) >= self._limits.batch_rejected:
            NOT_QUARANTINED.inc()
            return
        if not gathering:
            gathering.since = time.monotonic()
        gathering.rejected.append(entry)
        gathering.nbytes += len(entry.raw)

    # --- Out ---

    def hand_in(self, *, everything: bool = False) -> None:
        """Hand in what has gathered, if there is a place for it; ``everything`` at the end, place or not."""
        limits = self._limits
        if not self._gathering or not (self.open or everything):
            return
        if not everything and len(self.in_flight) >= limits.batches_in_flight:
            return
        gathering = self._gathering
        if len(gathering.frames) > limits.batch_most_frames or gathering.nbytes > limits.batch_most_bytes:
            gathering = gathering.split(limits.batch_most_frames, limits.batch_most_bytes)
        else:
            self._gathering = Gathering()
        batch = HandedIn(self._gateway, self.number, gathering, self._layout)
        self.in_flight[batch.batch_id] = batch
        self._waiting += batch.rows
        self._waiting_bytes += batch.nbytes
        FRAMES.inc(by=batch.rows)
        self._publish(self)
        if everything and self._gathering:
            self.hand_in(everything=True)

    def hand_in_if_due(self, now: float) -> None:
        """The clock's call: what has waited long enough goes, or grown large enough."""
        if self._backfill:
            self._admit_backfill(now)
        gathering = self._gathering
        if gathering and (
            len(gathering.frames) >= self._limits.batch_frames or now - gathering.since >= self._limits.batch_wait_s
        ):
            self.hand_in()

    def _admit_backfill(self, now: float) -> None:
        """Hand in some of what was kept through a blind area while the worker has little to do, or now and then."""
        limits = self._limits
        if not self.open or (len(self.in_flight) > 1 and now - self._backfill_at < limits.backfill_wait_s):
            return
        self._backfill_at = now
        for session, locations, received_us in self._backfill.take(limits.backfill_at_once):
            if not session.came_back:  # else it sends all that again: it was not answered
                self._gather(session, locations, received_us)
        self.hand_in()
        if not self.paused:
            for session in self._backfill.paused():
                session.resume_reading()

    def unpublished(self) -> list[HandedIn]:
        """Batches that the broker has not got, oldest first. The publishing thread asks."""
        return [batch for batch in tuple(self.in_flight.values()) if batch.published_at is None]

    def overdue(self, now: float) -> bool:
        """Whether an answer has been out for too long."""
        return any(
            batch.published_at is not None and now - batch.published_at > self._limits.answer_s
            for batch in self.in_flight.values()
        )

    def hand_in_again(self, cause: str) -> None:
        """Publish everything in flight once more, in order: its tasks or its answers may be lost."""
        for batch in self.in_flight.values():
            if batch.published_at is not None:
                batch.published_at = None
                REHANDED.inc(cause)
        if self.in_flight:
            self._publish(self)

    # --- Back ---

    def answered(self, batch_id: str, results: bytes) -> None:
        """The worker has committed a batch: answer its terminals, and make room."""
        batch = self.in_flight.get(batch_id)
        if batch is None or len(results) != batch.rows:
            STRAY_ANSWERS.inc()
            return
        del self.in_flight[batch_id]
        self._waiting -= batch.rows
        self._waiting_bytes -= batch.nbytes
        batch.acknowledge(results, self._owed)
        if self.paused and self._little_enough():
            self._resume()
        self.hand_in_if_due(time.monotonic())

    # --- Another layout ---

    def give_up(self) -> list[tuple[Gathering, list[bytes]]]:
        """All that is not answered, in order, each part with its frames; this shard is done with."""
        for session, locations, received_us in self._backfill.take():
            self._gather(session, locations, received_us)
        held = [batch.reopened() for batch in self.in_flight.values()]
        held.append((self._gathering, self._gathering.frames))
        self.in_flight, self._gathering = {}, Gathering()
        return held

    def take_up(self, *, is_open: bool, everything: bool) -> None:
        """Begin with what was dealt to this shard; ``everything`` at the end, when nothing more will come."""
        self.open = is_open
        if self._too_much():
            self._pause()
        self.hand_in(everything=everything)

    # --- Reading or not ---

    def _too_much(self) -> bool:
        limits = self._limits
        return (
            self._waiting + len(self._gathering.frames) >= limits.shard_frames
            or self._waiting_bytes + self._gathering.nbytes >= limits.shard_bytes
        )

    def _little_enough(self) -> bool:
        limits = self._limits
        return (
            self._waiting + len(self._gathering.frames) <= limits.shard_frames * limits.low_water
            and self._waiting_bytes + self._gathering.nbytes <= limits.shard_bytes * limits.low_water
        )

    def _pause(self) -> None:
        self.paused = True
        PAUSES.inc()
        for session in self.sessions:
            session.pause_reading()

    def _resume(self) -> None:
        self.paused = False
        for session in self.sessions:
            session.resume_reading()
