"""Cuts a byte stream into media packets (码流切包), however the bytes arrive, in bounded memory.

Nothing in a packet says whether its SIM has 6 or 10 bytes. Where the owner doesn't say, both readings of the first
packet are followed byte by byte: the first one to run into what can't be (an undefined data type, a time stamp of two
million years, anything but a magic behind its payload) is out, and the first one to find that magic is right. Only the
bytes decide, never how they were cut. The length found holds until the stream loses its magic.
"""

from datacenter.protocols.errors import ProtocolError

from .errors import LostMagic, MediaError, PacketTooLong, UnknownDataType
from .packet import (
    MAGIC,
    MOST_PAYLOAD,
    SIM_BYTES,
    DataType,
    MediaPacket,
    doubts,
    head_of,
    length_of,
    open_either,
    open_packet,
    read_packet,
)

_SIM_AT = 8
_MAGIC_BYTES = len(MAGIC)
NO_READING = 100


class PacketSplitter:
    """A stream's packets in order. ``sim_bytes`` is 6 or 10, None to find out; payloads over ``limit`` are refused.

    Where a packet can't be, one error says so and the stream is skipped up to the next magic; ``skipped`` counts bytes.
    """

    __slots__ = ("_buffer", "_given", "_lost", "_offset", "limit", "sim_bytes", "skipped")

    def __init__(self, sim_bytes: int | None = None, limit: int = MOST_PAYLOAD) -> None:
        assert sim_bytes in (None, *SIM_BYTES)
        self._given = self.sim_bytes = sim_bytes
        self.limit = limit
        self.skipped = 0
        self._buffer = bytearray()
        self._offset = 0  # of the buffer's first byte in the stream
        self._lost = False

    @property
    def remaining(self) -> bytes:
        """Bytes of the packet that isn't whole yet."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[MediaPacket | ProtocolError]:
        """Packets that ``data`` completes, and what was wrong between them."""
        if self._buffer:
            self._buffer += data
            return self._cut(self._buffer)
        return self._cut(data)

    def finish(self) -> list[MediaPacket | ProtocolError]:
        """The last packets of a stream that has ended while its SIM's length was still open."""
        if self.sim_bytes is not None or self._lost or not self._buffer:
            return []
        try:
            packet, _ = open_either(bytes(self._buffer))
        except MediaError:
            return []
        self.sim_bytes = len(packet.sim) // 2
        return self._cut(self._buffer)

    def _cut(self, data: bytes | bytearray) -> list[MediaPacket | ProtocolError]:
        out: list[MediaPacket | ProtocolError] = []
        pos, end, limit = 0, len(data), self.limit
        while pos < end:
            if self._lost:
                found = _next_magic(data, pos, end)
                self.skipped += found - pos
                pos = found
                if end - pos < _MAGIC_BYTES:
                    break
                self._lost = False
            if not data.startswith(MAGIC, pos):
                if MAGIC.startswith(data[pos : pos + _MAGIC_BYTES]):
                    break
                self._lose(out, LostMagic(self._offset + pos))
                continue
            sim_bytes = self.sim_bytes or self._find_sim(data, pos, end)
            if sim_bytes is None:
                break
            kind_at = pos + _SIM_AT + sim_bytes + 1
            if kind_at >= end:
                break
            head = head_of(data[kind_at], sim_bytes)
            if head is None:
                self._lose(out, UnknownDataType(data[kind_at], self._offset + kind_at))
                pos = self._skip_magic(pos)
                continue
            if end - pos < head.size:
                break
            size = length_of(data, pos, head)
            if size > limit:
                self._lose(out, PacketTooLong(size, limit, self._offset + pos + head.size - 2))
                pos = self._skip_magic(pos)
                continue
            stop = pos + head.size + size
            if stop > end:
                break
            out.append(read_packet(data, pos, head, stop))
            pos = stop
        self._keep(data, pos)
        return out

    def _lose(self, out: list[MediaPacket | ProtocolError], error: ProtocolError) -> None:
        self._lost, self.sim_bytes = True, self._given
        out.append(error)

    def _skip_magic(self, pos: int) -> int:
        """Behind the magic of a packet that can't be."""
        self.skipped += _MAGIC_BYTES
        return pos + _MAGIC_BYTES

    def _keep(self, data: bytes | bytearray, pos: int) -> None:
        self._offset += pos
        if data is self._buffer:
            del self._buffer[:pos]
        else:
            self._buffer += data[pos:]

    def _find_sim(self, data: bytes | bytearray, pos: int, end: int) -> int | None:
        """How long the SIM is, once the bytes tell; remembered. None while they don't."""
        short, long = (_judged(data, pos, end, sim_bytes, self.limit) for sim_bytes in SIM_BYTES)
        if short is None and long is None:
            return None
        decided = _decided(short, long)
        if decided is None:
            read = bytes(data[pos:end])
            decided = min(SIM_BYTES, key=lambda sim_bytes: _doubts(read, sim_bytes))
        self.sim_bytes = decided
        return decided


Verdict = tuple[int, bool]
"""After how many bytes a reading is decided, and whether it fits."""


def _decided(short: Verdict | None, long: Verdict | None) -> int | None:
    """The reading that the earlier verdict is for; None where both are the same at the same byte."""
    six, ten = SIM_BYTES
    if short is None or (long is not None and long[0] < short[0]):
        return ten if long is not None and long[1] else six
    if short == long:
        return None
    return six if short[1] else ten


def _doubts(data: bytes, sim_bytes: int) -> int:
    try:
        return doubts(open_packet(data, sim_bytes)[0])
    except MediaError:
        return NO_READING


def _judged(data: bytes | bytearray, pos: int, end: int, sim_bytes: int, limit: int) -> Verdict | None:
    """What becomes of one reading; None while the bytes don't say."""
    kind_at = _SIM_AT + sim_bytes + 1
    have = end - pos
    if have <= kind_at:
        return None
    head = head_of(data[pos + kind_at], sim_bytes)
    if head is None:
        return kind_at + 1, False
    if data[pos + kind_at] >> 4 < DataType.PASSTHROUGH:  # a time stamp follows, which never needs its first byte
        if have <= kind_at + 1:
            return None
        if data[pos + kind_at + 1]:
            return kind_at + 2, False
    if have < head.size:
        return None
    size = length_of(data, pos, head)
    if size > limit:
        return head.size, False
    stop = head.size + size
    following = data[pos + stop : pos + stop + _MAGIC_BYTES]
    for at, byte in enumerate(following):
        if byte != MAGIC[at]:
            return stop + at + 1, False
    return (stop + _MAGIC_BYTES, True) if len(following) == _MAGIC_BYTES else None


def _next_magic(data: bytes | bytearray, pos: int, end: int) -> int:
    """Where the next magic begins, whole or as far as the bytes go; ``end`` where none does."""
    found = data.find(MAGIC, pos)
    if found >= 0:
        return found
    for size in range(min(_MAGIC_BYTES - 1, end - pos), 0, -1):
        if data.endswith(MAGIC[:size]):
            return end - size
    return end
