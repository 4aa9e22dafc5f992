"""What an engineer pastes (粘贴的报文): lines of hexadecimal or JSON, cut into frames, each explained.

A line that begins a frame and doesn't end it goes on in the next; a line that holds several frames is cut. Nothing here
touches Django: the page brings a text and takes the answers away.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from datacenter.protocols.decoding import BadRequest, digits_of
from datacenter.protocols.explain import Explanation
from datacenter.protocols.explaining import explain_line
from datacenter.protocols.jt808.frame import FLAG

MOST_CHARACTERS = 200_000
MOST_FRAMES = 50
_PLATFORM = (b"\x5b", b"\x5d")
_ENDS = {FLAG: FLAG, _PLATFORM[0]: _PLATFORM[1]}
"""The byte that ends a frame, by the one that begins it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One frame, or what stood in its place: where it began, and either its fields or why it has none."""

    line: int
    text: str
    explanation: Explanation | None = None
    refusal: str = ""


def explained(text: str, protocol: str = "") -> list[Told]:
    """Each frame of ``text``, ``MOST_FRAMES`` of them at most; a bad line doesn't stop the next."""
    told: list[Told] = []
    for line, piece in _pieces(text):
        if len(told) == MOST_FRAMES:
            break
        try:
            told.append(Told(line, piece, explain_line(piece, protocol)))
        except BadRequest as fault:
            told.append(Told(line, piece, refusal=f"第 {line} 行：{fault.message}"))
    return told


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Frames as text, with the line on which each begins."""
    begun, open_line = b"", 0
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            data = b"" if line.startswith("{") else digits_of(line)
        except BadRequest:
            data = b""
        if begun and not data:  # what was begun ends here as it is
            yield open_line, begun.hex()
            begun = b""
        if not data:
            yield number, line
            continue
        if begun and data[:1] in _ENDS and len(data) > 1:
            yield open_line, begun.hex()
            begun = b""
        open_line = open_line if begun else number
        begun += data
        end = _ENDS.get(begun[:1])
        if end is None or (len(begun) > 1 and begun.endswith(end)):
            yield from ((open_line, one.hex()) for one in _frames(begun))
            begun = b""
    if begun:
        yield from ((open_line, one.hex()) for one in _frames(begun))


def _frames(data: bytes) -> Iterator[bytes]:
    """The frames of one stretch of bytes; a stretch that isn't flagged is one."""
    if data.startswith(FLAG):
        inner = [one for one in data.split(FLAG) if one]
        unfinished = not data.endswith(FLAG)
        for number, one in enumerate(inner):
            yield FLAG + one + (b"" if unfinished and number == len(inner) - 1 else FLAG)
        if not inner:
            yield data
        return
    begins, ends = _PLATFORM
    if data.startswith(begins):
        parts = data.split(ends)
        yield from (part + ends for part in parts[:-1])
        if parts[-1]:
            yield parts[-1]
        return
    yield data
