"""One media connection's state (码流连接): bytes in, events out. No socket, no clock.

The first packet binds SIM and channel; packets of another are refused and end nothing. Packets are counted by their
sequence numbers, frames put together (``assembly.py``), silence noticed by ``tick``. The attachment stream of active
safety begins with the same magic: it has a port of its own.
"""

from datacenter.protocols.errors import ProtocolError

from .assembly import FRAME_BYTES, FRAME_LIFETIME_S, FrameAssembler, kind_of
from .errors import OtherStream
from .events import BadMedia, Event, SequenceGap, StreamBound, StreamSilent
from .packet import MOST_PAYLOAD, MediaPacket
from .splitter import PacketSplitter

SEQUENCES = 1 << 16
LATE = SEQUENCES // 2
"""A sequence number so far ahead is one from before: sent again, or numbered anew."""
SILENCE_S = 30.0


class MediaConnection:
    """The protocol's side of one connection that carries one channel's stream, playback included.

    ``received``, ``lost``, ``late``, ``wraps`` and ``bad_packets`` count packets since the beginning. A stream is in
    sequence where a packet follows the last one, or the last of its own kind: some terminals number sound and pictures
    apart, and where they don't both say the same.
    """

    __slots__ = (
        "_assembler",
        "_last_at",
        "_last_seq",
        "_of_kind",
        "_silent",
        "_splitter",
        "bad_packets",
        "channel",
        "late",
        "lost",
        "received",
        "silence_s",
        "sim",
        "wraps",
    )

    def __init__(
        self,
        sim_bytes: int | None = None,
        *,
        started_at: float = 0.0,
        limit: int = MOST_PAYLOAD,
        frame_bytes: int = FRAME_BYTES,
        frame_lifetime_s: float = FRAME_LIFETIME_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._splitter = PacketSplitter(sim_bytes, limit)
        self._assembler = FrameAssembler(frame_bytes, frame_lifetime_s)
        self.sim, self.channel = "", 0
        self.received = self.lost = self.late = self.wraps = self.bad_packets = 0
        self._last_seq = -1
        self._of_kind: dict[int, int] = {}
        self.silence_s = silence_s
        self._last_at = started_at
        self._silent = False

    @property
    def bound(self) -> bool:
        """Whether a packet has said whose stream this is."""
        return bool(self.sim)

    @property
    def skipped_bytes(self) -> int:
        """Bytes that belonged to no packet."""
        return self._splitter.skipped

    @property
    def held_bytes(self) -> int:
        """What unfinished frames take."""
        return self._assembler.held_bytes

    @property
    def loss_pct(self) -> int:
        """Packets lost of those sent, in whole percent: what 0x9105 tells the terminal."""
        sent = self.received + self.lost
        return self.lost * 100 // sent if sent else 0

    def receive(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Events of the packets that ``data`` completes, in order. ``now`` (seconds) ages frames and silence."""
        return self._take(self._splitter.feed(data), now)

    def finish(self, now: float = 0.0) -> list[Event]:
        """The last events of a connection that has been closed."""
        return self._take(self._splitter.finish(), now)

    def tick(self, now: float) -> list[Event]:
        """What time has brought: frames given up, silence. To be called now and then."""
        events = self._assembler.expire(now)
        if not self._silent and now - self._last_at >= self.silence_s:
            self._silent = True
            events.append(StreamSilent(self._last_at, self.bound))
        return events

    def _take(self, packets: list[MediaPacket | ProtocolError], now: float) -> list[Event]:
        events: list[Event] = []
        for packet in packets:
            if isinstance(packet, ProtocolError):
                self._refuse(events, packet)
            elif self._is_ours(events, packet):
                self._last_at, self._silent = now, False
                self.received += 1
                self._follow(events, packet)
                events += self._assembler.add(packet, now)
        return events

    def _refuse(self, events: list[Event], error: ProtocolError, packet: MediaPacket | None = None) -> None:
        self.bad_packets += 1
        events.append(BadMedia(error, packet))

    def _is_ours(self, events: list[Event], packet: MediaPacket) -> bool:
        if not self.sim:
            self.sim, self.channel = packet.sim, packet.channel
            events.append(StreamBound(packet.sim, packet.channel))
        elif packet.sim != self.sim or packet.channel != self.channel:
            self._refuse(events, OtherStream((self.sim, self.channel), (packet.sim, packet.channel)), packet)
            return False
        return True

    def _follow(self, events: list[Event], packet: MediaPacket) -> None:
        """Compare a packet's number with those before it."""
        seq, kind = packet.seq, kind_of(packet.data_type)
        last, own = self._last_seq, self._of_kind.get(kind, -1)
        self._last_seq = self._of_kind[kind] = seq
        if last < 0:
            return
        expected = (last + 1) % SEQUENCES
        ahead = (seq - expected) % SEQUENCES
        if ahead and own < 0:  # the first of its kind: lost packets or numbers of its own, nobody knows
            events += self._assembler.lost()
            return
        if ahead:
            own_expected = (own + 1) % SEQUENCES
            own_ahead = (seq - own_expected) % SEQUENCES
            if own_ahead < ahead:
                expected, ahead = own_expected, own_ahead
        if ahead >= LATE:
            self.late += 1
            return
        if seq < (expected - 1) % SEQUENCES:
            self.wraps += 1
        if ahead:
            self.lost += ahead
            events.append(SequenceGap(expected, seq, ahead))
            events += self._assembler.lost()
