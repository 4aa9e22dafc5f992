"""Framing of JT/T 808 (消息封装): flags, escapes, check byte. JT/T 808-2019, 4.4.

A frame travels as 0x7e, escaped bytes, 0x7e. *Raw* below means unescaped, without flags, check byte included.
"""

from datacenter.protocols.errors import BadChecksum, BadEscape, FrameTooLong, HeaderTooShort

FLAG = b"\x7e"
ESCAPE = b"\x7d"
MAX_ESCAPED = 4096
"""No frame is longer between its flags: 21 bytes of header, 1023 of body, the check byte, all escaped, make 2,090."""


def escape(raw: bytes) -> bytes:
    """Raw bytes with 0x7d and 0x7e escaped."""
    if ESCAPE in raw:
        raw = raw.replace(b"\x7d", b"\x7d\x01")
    if FLAG in raw:
        raw = raw.replace(b"\x7e", b"\x7d\x02")
    return raw


def unescape(escaped: bytes) -> bytes:
    """The raw bytes behind an escaped segment. Raises ``BadEscape``."""
    if ESCAPE not in escaped:
        return escaped
    marks = escaped.count(ESCAPE)
    if escaped.count(b"\x7d\x01") + escaped.count(b"\x7d\x02") != marks:
        at = -1
        while True:
            at = escaped.index(ESCAPE, at + 1)
            if escaped[at + 1 : at + 2] not in (b"\x01", b"\x02"):
                raise BadEscape(at)
    return escaped.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")


def checksum(data: bytes) -> int:
    """XOR of all bytes: one long integer, folded in half until it has 64 bytes or fewer, then shifted onto itself.

    Below 64 bytes nothing need be cut off: every byte comes down to the lowest one exactly once.
    """
    size = len(data)
    value = int.from_bytes(data, "big")
    while size > 64:
        half = (size + 1) // 2
        value = (value >> 8 * half) ^ (value & ((1 << 8 * half) - 1))
        size = half
    value ^= value >> 256
    value ^= value >> 128
    value ^= value >> 64
    value ^= value >> 32
    value ^= value >> 16
    return (value ^ value >> 8) & 0xFF


def check(raw: bytes) -> bytes:
    """Header and body of a raw frame. Raises ``HeaderTooShort`` or ``BadChecksum``."""
    if len(raw) < 13:
        raise HeaderTooShort(13, len(raw))
    content = raw[:-1]
    if checksum(raw):  # with its check byte a frame comes to nothing
        raise BadChecksum(checksum(content), raw[-1])
    return content


def seal(content: bytes) -> bytes:
    """The frame that carries header and body, ready to send."""
    return FLAG + escape(content + bytes((checksum(content),))) + FLAG


class FrameSplitter:
    """Cuts a byte stream into escaped segments, however the bytes arrive, in bounded memory.

    What lies between two flags is a segment; empty ones are no frame; one flag between two frames ends the first and
    begins the second. Bytes before the first flag are skipped and counted in ``skipped``. A segment over ``limit`` is
    dropped up to the next flag and given as one ``FrameTooLong``.
    """

    __slots__ = ("_dropping", "_tail", "limit", "skipped")

    def __init__(self, limit: int = MAX_ESCAPED) -> None:
        self.limit = limit
        self.skipped = 0
        self._tail: bytearray | None = None  # None: no flag seen yet
        self._dropping = False

    @property
    def remaining(self) -> bytes:
        """The unfinished segment, its opening flag included; empty where there is none."""
        return FLAG + bytes(self._tail) if self._tail else b""

    @property
    def dropping(self) -> bool:
        """Whether an overlong segment is being dropped right now."""
        return self._dropping

    def feed(self, data: bytes) -> list[bytes | FrameTooLong]:
        """Segments that ``data`` completes, in order, still escaped."""
        parts = data.split(FLAG)
        tail = self._tail
        if not (tail or parts[0] or parts[-1] or self._dropping) and len(parts) > 1 and len(data) <= self.limit:
            if tail is None:
                self._tail = bytearray()
            return [part for part in parts if part]  # the usual case: whole frames, nothing before or behind
        out: list[bytes | FrameTooLong] = []
        first = parts[0]
        if tail is None:
            self.skipped += len(first)
        elif not self._dropping:
            if len(tail) + len(first) > self.limit:
                out.append(FrameTooLong(self.limit))
                self._drop(tail)
            else:
                tail += first
        if len(parts) == 1:
            return out
        if tail is None:
            tail = self._tail = bytearray()
        elif tail and not self._dropping:
            out.append(bytes(tail))
        self._dropping = False
        limit = self.limit
        for part in parts[1:-1]:
            if len(part) > limit:
                out.append(FrameTooLong(limit))
            elif part:
                out.append(part)
        last = parts[-1]
        if len(last) > limit:
            out.append(FrameTooLong(limit))
            self._drop(tail)
        else:
            tail[:] = last
        return out

    def _drop(self, tail: bytearray) -> None:
        self._dropping = True
        tail.clear()
