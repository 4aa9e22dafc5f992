"""Putting frames together from their packets (组帧). JT/T 1078-2016, part marks of the media packet.

Pictures, sound and passed-through data come between one another's packets, so each has one frame in the making, never
more. Bounded in bytes, empty packets charged too. Time is passed in, in seconds of any clock.
"""

from dataclasses import dataclass, field

from .events import Dropped, Event, FrameDropped, MediaFrame
from .packet import DataType, Mark, MediaPacket

FRAME_BYTES = 4 << 20
"""What all frames in the making may take: a key frame of 1080P is some hundred kilobytes."""
PACKET_COST = 64
FRAME_LIFETIME_S = 10.0


@dataclass(slots=True)
class Open:
    """A frame in the making."""

    head: MediaPacket
    since: float
    parts: list[bytes] = field(default_factory=list)
    cost: int = 0


class FrameAssembler:
    """Frames of one stream. ``held_bytes`` is what the frames in the making take."""

    __slots__ = ("_open", "_skipping", "held_bytes", "lifetime_s", "limit_bytes")

    def __init__(self, limit_bytes: int = FRAME_BYTES, lifetime_s: float = FRAME_LIFETIME_S) -> None:
        self.limit_bytes, self.lifetime_s = limit_bytes, lifetime_s
        self._open: dict[int, Open] = {}
        self._skipping: set[int] = set()  # kinds whose current frame has been reported as dropped
        self.held_bytes = 0

    def add(self, packet: MediaPacket, now: float) -> list[Event]:
        """What one packet in sequence comes to: a frame, a frame dropped, or nothing yet."""
        kind, mark = kind_of(packet.data_type), packet.mark
        if mark == Mark.ATOMIC:
            out = self._drop(kind, Dropped.NO_END)
            self._skipping.discard(kind)
            return [*out, _frame(packet, packet.payload, 1)]
        if mark == Mark.FIRST:
            out = self._drop(kind, Dropped.NO_END)
            self._skipping.discard(kind)
            self._open[kind] = Open(packet, now)
            return [*out, *self._append(kind, packet)]
        opened = self._open.get(kind)
        if opened is not None and opened.head.data_type != packet.data_type:  # another frame, whose first part is lost
            out = self._drop(kind, Dropped.NO_END)
        else:
            out = []
        if opened is None or out:
            out += self._orphan(kind, packet)
            return out
        out = self._append(kind, packet)
        if mark == Mark.LAST and not out:
            self._forget(kind)
            return [_frame(opened.head, b"".join(opened.parts), len(opened.parts))]
        if mark == Mark.LAST:
            self._skipping.discard(kind)
        return out

    def lost(self) -> list[Event]:
        """Packets are missing: no frame in the making can be trusted."""
        return [event for kind in list(self._open) for event in self._drop(kind, Dropped.GAP, skip=True)]

    def expire(self, now: float) -> list[Event]:
        """Give up what has been open too long."""
        late = [kind for kind, opened in self._open.items() if now - opened.since >= self.lifetime_s]
        return [event for kind in late for event in self._drop(kind, Dropped.TOO_LATE, skip=True)]

    def _append(self, kind: int, packet: MediaPacket) -> list[Event]:
        opened, cost = self._open[kind], len(packet.payload) + PACKET_COST
        if self.held_bytes + cost > self.limit_bytes:
            return self._drop(kind, Dropped.TOO_LARGE, skip=True)
        opened.parts.append(packet.payload)
        opened.cost += cost
        self.held_bytes += cost
        return []

    def _orphan(self, kind: int, packet: MediaPacket) -> list[Event]:
        """A part of a frame that isn't open: reported once, then skipped up to its end."""
        known = kind in self._skipping
        if packet.mark == Mark.LAST:
            self._skipping.discard(kind)
        else:
            self._skipping.add(kind)
        return [] if known else [FrameDropped(Dropped.NO_BEGINNING, packet.data_type)]

    def _drop(self, kind: int, reason: Dropped, *, skip: bool = False) -> list[Event]:
        opened = self._open.get(kind)
        if opened is None:
            return []
        self._forget(kind)
        if skip:
            self._skipping.add(kind)
        return [FrameDropped(reason, opened.head.data_type)]

    def _forget(self, kind: int) -> None:
        self.held_bytes -= self._open.pop(kind).cost


def kind_of(data_type: int) -> int:
    """Pictures of every type are one kind, as one frame of theirs is sent after the other."""
    return DataType.I_FRAME if data_type < DataType.AUDIO else data_type


def _frame(head: MediaPacket, payload: bytes, packets: int) -> MediaFrame:
    return MediaFrame(
        head.channel,
        head.data_type,
        head.payload_type,
        payload,
        head.timestamp_ms,
        head.last_i_ms,
        head.last_ms,
        packets,
    )
