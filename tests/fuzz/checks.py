"""What must hold of any bytes at all, whatever the standard. A check that fails raises ``AssertionError``.

An input's bytes also say what is done with them: ``Plan`` takes choices from their front.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from datacenter.protocols.decoding import BadRequest, answer
from datacenter.protocols.errors import FieldError, ProtocolError
from datacenter.protocols.explaining import as_text, explain_line
from datacenter.protocols.jt808.events import AssembledLocations, Locations
from datacenter.protocols.layout import Layout
from datacenter.protocols.wire import Reader

FRAMINGS = ("frame", "body", "stream", "escape", "rtp", "rtp-stream", "sub-body", "")
HEADER_EDITIONS = ("", "2011", "2013", "2019")


class Plan:
    """Choices from the front of an input; zeros once it is used up. ``rest`` is what no choice has taken."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def word(self) -> int:
        return self.byte() << 8 | self.byte()

    def flag(self) -> bool:
        return bool(self.byte() & 1)

    def one_of(self, choices: Sequence[Any]) -> Any:
        return choices[self.byte() % len(choices)]

    def take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def rest(self) -> bytes:
        return self.take(max(0, len(self._data) - self._at))

    @property
    def more(self) -> bool:
        return self._at < len(self._data)


def pieces(data: bytes, sizes: bytes) -> Iterator[bytes]:
    """``data`` cut into pieces of ``sizes``, in turn; 0 stands for 256. All of it at once where there are none."""
    at, turn = 0, 0
    while at < len(data):
        size = (sizes[turn % len(sizes)] or 256) if sizes else len(data)
        yield data[at : at + size]
        at, turn = at + size, turn + 1


# --- Doors ---


def check_door(facts: dict[str, Any]) -> None:
    """``manage.py decode`` answers with what goes into JSON, and never raises; its ``--explain`` refuses by name."""
    check_line(json.dumps(facts))


def check_line(line: str, protocol: str = "") -> None:
    """The same for a line of text."""
    said = answer(line, protocol)
    assert said["ok"] is True or said["error"]["code"], said
    json.dumps(said, allow_nan=False)
    try:
        told = explain_line(line, protocol)
    except ProtocolError as fault:
        assert isinstance(fault, BadRequest) or fault.code
        return
    as_text(told)
    for row in told.rows:
        assert 0 <= row.offset <= row.stop <= len(told.raw), row
        assert told.raw[row.offset : row.stop] == row.raw, row


def frame_facts(plan: Plan, protocols: Sequence[str], message_ids: Sequence[int]) -> dict[str, str]:
    """What a line may say of the bytes beside them."""
    facts = {"protocol": plan.one_of(protocols), "framing": plan.one_of(FRAMINGS)}
    facts |= {"header_edition": plan.one_of(HEADER_EDITIONS), "message": f"{plan.one_of(message_ids):04X}"}
    facts |= {"length": "mismatch"} if plan.flag() else {}
    return {name: value for name, value in facts.items() if value}


# --- Tables ---


def read_both_ways(layout: Layout, body: bytes, edition: str) -> Any:
    """What a table reads, compiled and line by line: message and end, or why not."""
    out: list[Any] = []
    for way in (layout.read, layout._read_by_line):
        reader = Reader(body, edition)
        try:
            out.append((way(reader), reader.pos))
        except FieldError as fault:
            out.append((type(fault), fault.field, fault.offset, fault.message))
    assert out[0] == out[1], out
    return out[0]


def write_both_ways(layout: Layout, message: Any, edition: str) -> bytes:
    """What a table writes, compiled and line by line. Raises ``UnfitValue``."""
    written = layout.encode(message, edition)
    assert written == layout._encode_by_line(message, edition)
    return written


def check_table(form: Any, body: bytes, edition: str = "") -> Any:
    """Whatever a message's table reads, it shows, explains, and writes byte for byte, so that it is read as the same.

    Gives the message; None where the table refuses the body.
    """
    chosen = edition_in(form, body, edition)
    layout: Layout = form.layout
    read = read_both_ways(layout, body, chosen)
    if len(read) != 2:
        return None
    message, stop = read
    json.dumps(layout.show(message, chosen), allow_nan=False)
    layout.explain(body, chosen)
    written = write_both_ways(layout, message, chosen)
    again, end = read_both_ways(layout, written, chosen)
    assert again == message, (message, written, again)
    assert end == len(written), (message, written)
    assert layout.encode(again, chosen) == written, (message, written, again)
    # texts of JT/T 905 at a body's end may come without the zeros behind them
    assert written.startswith(body[:stop]) and not written[stop:].strip(b"\0"), (message, written)  # noqa: PT018
    return message


def edition_in(form: Any, body: bytes, edition: str) -> str:
    """The edition that a body follows under a header of ``edition``."""
    return str(form.edition_of(body, edition)) if hasattr(form, "edition_of") else edition


# --- Connections ---


def flat(events: Iterable[Any]) -> list[Any]:
    """Events with positions one by one: how many lie in one ``Locations`` is the cuts' doing."""
    out: list[Any] = []
    for event in events:
        if type(event) is Locations:
            out += [("location", *one) for one in zip(event.frames, event.message_ids, event.serials, strict=True)]
        elif hasattr(event, "error"):
            out.append((type(event), type(event.error), event.error.message))
        else:
            out.append(event)
    return out


def check_events(events: list[Any], base: tuple[type, ...]) -> None:
    """Events and nothing else; what is refused is refused by name."""
    for event in events:
        assert isinstance(event, base), event
        if hasattr(event, "error"):
            assert isinstance(event.error, ProtocolError), event
        if isinstance(event, AssembledLocations):
            assert event.serials


def fed(
    receive: Callable[[bytes], list[Any]], data: bytes, sizes: bytes, base: type, bounds: Callable[[], None]
) -> Any:
    """Events of ``data`` fed in pieces; ``bounds`` is asked for after each of them."""
    events: list[Any] = []
    for piece in pieces(data, sizes):
        got = receive(piece)
        check_events(got, (base,))
        bounds()
        events += got
    return events
