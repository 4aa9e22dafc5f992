"""Framing of JT/T 809 (数据包封装): flags, escapes, CRC. JT/T 809-2011 and JT/T 809-2019, message structure.

A frame travels as 0x5b, escaped bytes, 0x5d. *Raw* below means unescaped, without flags, CRC included. The CRC is taken
before escaping, over header and body as they are sent (encrypted where they are); its own bytes may be escaped.
"""

from binascii import crc_hqx

from datacenter.protocols.errors import FrameTooLong, HeaderTooShort, ProtocolError

from .errors import BadCrc, BadEscape, UnfinishedFrame

BEGIN, END = b"\x5b", b"\x5d"
CRC_BYTES = 2
ENVELOPE = len(BEGIN) + CRC_BYTES + len(END)
"""Bytes of a frame that are neither header nor body; the length field counts them."""
LENGTH_BYTES = 4
"""A header begins with the frame's length."""
MAX_ESCAPED = 1 << 20
"""Bytes between two flags that are kept: pictures of 23 KB are known, and a peer may send larger ones."""

_ESCAPES = ((b"\x5a", b"\x5a\x02"), (b"\x5b", b"\x5a\x01"), (b"\x5e", b"\x5e\x02"), (b"\x5d", b"\x5e\x01"))
"""In the order in which they are put in: the byte that begins an escape goes before the one it stands for."""


def crc(data: bytes) -> int:
    """CRC-CCITT: polynomial 0x1021, start 0xffff, not reflected, nothing added at the end."""
    return crc_hqx(data, 0xFFFF)


def escape(raw: bytes) -> bytes:
    """Raw bytes with 0x5a, 0x5b, 0x5d and 0x5e escaped."""
    for byte, pair in _ESCAPES:
        if byte in raw:
            raw = raw.replace(byte, pair)
    return raw


def unescape(escaped: bytes) -> bytes:
    """The raw bytes behind an escaped segment. Raises ``BadEscape``."""
    for mark in (b"\x5a", b"\x5e"):
        marks = escaped.count(mark)
        if marks != escaped.count(mark + b"\x01") + escaped.count(mark + b"\x02"):
            raise BadEscape(_bad_escape(escaped))
    for byte, pair in reversed(_ESCAPES):
        if pair in escaped:
            escaped = escaped.replace(pair, byte)
    return escaped


def raw_of(segment: bytes) -> bytes:
    """The raw bytes of what lies between two flags. Raises ``BadEscape``.

    Frames that were never escaped, or are shown with their escapes undone, are taken as they lie where length and CRC
    are right so: an escaped frame with anything to escape is longer than its length field says.
    """
    if b"\x5a" not in segment and b"\x5e" not in segment:
        return segment
    return segment if is_bare(segment) else unescape(segment)


def is_bare(segment: bytes) -> bool:
    """Whether a segment is whole and sound without undoing escapes."""
    if len(segment) + 2 != int.from_bytes(segment[:LENGTH_BYTES], "big"):
        return False
    return crc(segment[:-CRC_BYTES]) == int.from_bytes(segment[-CRC_BYTES:], "big")


def _bad_escape(escaped: bytes) -> int:
    return next(
        at for at, byte in enumerate(escaped) if byte in b"\x5a\x5e" and escaped[at + 1 : at + 2] not in (b"\1", b"\2")
    )


def check(raw: bytes) -> bytes:
    """Header and body of a raw frame. Raises ``HeaderTooShort`` or ``BadCrc``."""
    if len(raw) < CRC_BYTES + 1:
        raise HeaderTooShort(CRC_BYTES + 1, len(raw))
    content, found = raw[:-CRC_BYTES], int.from_bytes(raw[-CRC_BYTES:], "big")
    expected = crc(content)
    if expected != found:
        raise BadCrc(expected, found)
    return content


def seal(content: bytes) -> bytes:
    """The frame that carries header and body, ready to send."""
    return BEGIN + escape(content + crc(content).to_bytes(CRC_BYTES, "big")) + END


class FrameSplitter:
    """Cuts a byte stream into escaped segments, however the bytes arrive, in bounded memory.

    What lies from a 0x5b to the next 0x5d is a segment. Bytes outside are skipped and counted in ``skipped``. A segment
    that another 0x5b cuts off is given as ``UnfinishedFrame``, one over ``limit`` is dropped up to the next flag and
    given as one ``FrameTooLong``.
    """

    __slots__ = ("_dropping", "_tail", "limit", "skipped")

    def __init__(self, limit: int = MAX_ESCAPED) -> None:
        self.limit = limit
        self.skipped = 0
        self._tail: bytearray | None = None  # None: outside of frames
        self._dropping = False

    @property
    def remaining(self) -> bytes:
        """The unfinished segment, its opening flag included; empty where there is none."""
        return b"" if self._tail is None else BEGIN + bytes(self._tail)

    def feed(self, data: bytes) -> list[bytes | ProtocolError]:
        """Segments that ``data`` completes, in order, still escaped; refusals in their place."""
        out: list[bytes | ProtocolError] = []
        first, *others = data.split(BEGIN)
        self._go_on(out, first)
        for piece in others:
            if self._tail and not self._dropping:
                out.append(UnfinishedFrame(len(self._tail)))
            self._tail, self._dropping = bytearray(), False
            self._go_on(out, piece)
        return out

    def _go_on(self, out: list[bytes | ProtocolError], piece: bytes) -> None:
        """Bytes without a 0x5b: what is left of the frame that is open, and what lies behind it."""
        inside, ended, outside = piece.partition(END)
        if self._tail is None:
            self.skipped += len(piece)
            return
        if not self._dropping:
            if len(self._tail) + len(inside) > self.limit:
                out.append(FrameTooLong(self.limit))
                self._dropping = True
                self._tail.clear()
            elif ended:
                out.append(bytes(self._tail) + inside)
            else:
                self._tail += inside
        if ended:
            self._tail, self._dropping = None, False
            self.skipped += len(outside)
