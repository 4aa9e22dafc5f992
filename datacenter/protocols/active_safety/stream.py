"""The two framings on an attachment connection (附件连接码流): frames of JT/T 808, and raw file packets between them.

A file packet begins with four bytes that no frame begins with and says how long it is, so its payload is cut out
whatever it holds. Payloads are handed on as they come and never gathered. T/JSATL 12-2017, table of the file packet.
"""

from dataclasses import dataclass
from struct import Struct

from datacenter.protocols.errors import UnfitValue
from datacenter.protocols.jt808.frame import FLAG, MAX_ESCAPED

from .errors import NoAttachmentStream, PacketTooLong

MAGIC = bytes((0x30, 0x31, 0x63, 0x64))
NAME_BYTES = 50
PAYLOAD_BYTES = 65_536
"""What a packet carries by default."""
_HEAD = Struct(">4s50sII")
HEAD_BYTES = _HEAD.size
_FLAG = FLAG[0]
_IDS = (0x00, 0x12)
"""First bytes of the messages that come over such a connection: a frame may share the flag of the one before it."""


def pack_packet(name: str, offset: int, data: bytes) -> bytes:
    """A file packet, as a terminal sends it. Raises ``UnfitValue``."""
    return pack_head(name, offset, len(data)) + data


def pack_head(name: str, offset: int, length: int) -> bytes:
    """The 62 bytes in front of a payload. Raises ``UnfitValue``."""
    raw = name.encode("gb18030")
    if len(raw) > NAME_BYTES:
        raise UnfitValue(name, f"STRING[{NAME_BYTES}]")
    if not (0 <= offset <= 0xFFFFFFFF and 0 <= length <= 0xFFFFFFFF):
        raise UnfitValue((offset, length), "DWORD")
    return _HEAD.pack(MAGIC, raw, offset, length)


@dataclass(frozen=True, slots=True)
class Frame:
    """A segment between two flags, still escaped, flags taken off."""

    segment: bytes


@dataclass(frozen=True, slots=True)
class PacketHead:
    """A file packet begins: ``length`` bytes of ``name`` from ``offset`` on follow."""

    name: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes of the packet begun last, in order."""

    data: bytes


Piece = Frame | PacketHead | Payload


class StreamSplitter:
    """Cuts the stream into pieces, however the bytes arrive, holding no more than one frame or one head.

    Raises ``PacketTooLong`` where a payload can't be stepped over, ``NoAttachmentStream`` after ``junk_bytes`` that
    are neither; nothing can be read from it afterwards.
    """

    __slots__ = ("_buffer", "_flag_behind", "_left", "junk_bytes", "limit", "packet_bytes", "skipped")

    def __init__(self, *, packet_bytes: int, limit: int = MAX_ESCAPED, junk_bytes: int = 4096) -> None:
        self.packet_bytes, self.limit, self.junk_bytes = packet_bytes, limit, junk_bytes
        self.skipped = 0
        self._buffer = b""
        self._left = 0  # bytes of a payload still to come
        self._flag_behind = False

    @property
    def inside_packet(self) -> bool:
        """Whether a payload is still coming."""
        return self._left > 0

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that ``data`` completes."""
        buffer = self._buffer + data if self._buffer else data
        pieces: list[Piece] = []
        at, end = 0, len(buffer)
        while at < end:
            if self._left:
                part = buffer[at : at + self._left]
                self._left -= len(part)
                pieces.append(Payload(part))
                at += len(part)
                continue
            taken = self._next(buffer, at, end, pieces)
            if taken < 0:
                break
            at = taken
        self._buffer = buffer[at:]
        return pieces

    def _next(self, buffer: bytes, at: int, end: int, pieces: list[Piece]) -> int:
        """Where the next piece begins; -1 where more bytes are needed first."""
        first = buffer[at]
        if first == _FLAG:
            return self._frame(buffer, at + 1, end, pieces)
        if MAGIC.startswith(buffer[at : at + len(MAGIC)]):
            if end - at < HEAD_BYTES:
                return -1
            _, raw, offset, length = _HEAD.unpack_from(buffer, at)
            if length > self.packet_bytes:
                raise PacketTooLong(length, self.packet_bytes)
            self._left, self._flag_behind = length, False
            name = raw.rstrip(b"\0").decode("gb18030", "replace")
            pieces.append(PacketHead(name, offset, length))
            return at + HEAD_BYTES
        if self._flag_behind and first in _IDS:
            return self._frame(buffer, at, end, pieces)
        return self._skip(buffer, at, end)

    def _frame(self, buffer: bytes, start: int, end: int, pieces: list[Piece]) -> int:
        stop = buffer.find(FLAG, start)
        if (stop if stop >= 0 else end) - start > self.limit:  # however it came: no frame is so long
            return self._skip(buffer, start, end)
        if stop < 0:
            return -1
        if stop == start:
            return stop  # an ending flag taken for a beginning one, or two in a row
        pieces.append(Frame(buffer[start:stop]))
        self._flag_behind = True
        return stop + 1

    def _skip(self, buffer: bytes, at: int, end: int) -> int:
        """Past what is neither, to the next flag or magic number; the start of one at the very end is kept."""
        found = [place for mark in (FLAG, MAGIC) if (place := buffer.find(mark, at + 1)) >= 0]
        stop = min(found, default=-1)
        if stop < 0:
            kept = next((size for size in (3, 2, 1) if size < end - at and MAGIC.startswith(buffer[end - size :])), 0)
            stop = end - kept
        self.skipped += stop - at
        self._flag_behind = False
        if self.skipped > self.junk_bytes:
            raise NoAttachmentStream(self.skipped)
        return stop
