"""First inputs of each target: our golden frames, and messages that Hypothesis makes from the tables.

Frames of the shared vectors are no part of it: what grows from these seeds is kept in the repository.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from datacenter.protocols.active_safety.items import ITEM_LIST
from datacenter.protocols.active_safety.messages import MESSAGES as SAFETY
from datacenter.protocols.active_safety.stream import pack_packet
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.header import open_frame as open_808
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt809.frame import raw_of
from datacenter.protocols.jt809.header import Edition as Edition809
from datacenter.protocols.jt809.header import open_frame as open_809
from datacenter.protocols.jt809.messages import MESSAGES as JT809
from datacenter.protocols.jt809.messages import SUB_MESSAGES
from datacenter.protocols.jt905.header import open_frame as open_905
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.jt1078.messages import MESSAGES as JT1078
from datacenter.protocols.jt1078.packet import MAGIC
from datacenter.protocols.layout import Catalogue
from tests.protocols import (
    active_safety_strategies,  # noqa: F401  # enters its kinds, as the others do
    jt809_strategies,
    jt905_strategies,  # noqa: F401
    jt1078_strategies,  # noqa: F401
)
from tests.protocols.goldens import load
from tests.protocols.strategies import instances

from .targets import input_for

DATA = Path(__file__).resolve().parents[1] / "data"
EXAMPLES = 4
LINES = ("7e 02 00", "0x7e, 0x02", '{"hex": "7E"}', '{"hex": 1, "framing": []}', "\\x7e\\x02", "7e0", "\ufeff", "一")


def messages(catalogue: Catalogue, edition: str = "", examples: int = EXAMPLES) -> Iterator[tuple[int, bytes]]:
    """Bodies of each message, the same at each call."""
    for message_id, form in catalogue.forms.items():
        for message in _made(form, edition, message_id, examples):
            try:
                yield message_id, message.encode(edition)
            except ProtocolError:
                continue


def _made(form: Any, edition: str, number: int, examples: int) -> list[Any]:
    return _drawn(instances(form, edition), examples, number)


def _drawn(values: SearchStrategy[Any], examples: int, number: int = 809) -> list[Any]:
    """The same values at each call."""
    out: list[Any] = []

    @seed(number)
    @settings(max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(values)
    def make(value: Any) -> None:
        out.append(value)

    make()
    return out


def in_808(protocol: str, folder: str, catalogue: Catalogue, forms: Catalogue, spare: int) -> Iterator[bytes]:
    """Goldens and made-up messages of a standard that travels in frames of JT/T 808."""
    ids = sorted(catalogue.forms)
    whole = b""
    for golden in load(DATA / folder):
        if golden.frame.startswith(b"\x7e"):
            yield input_for(protocol, "door", bytes(spare) + golden.frame)
            whole = whole[-200:] + golden.frame
            header, body = open_808(unescape(golden.frame.strip(b"\x7e")))
            long = header.edition == Edition.V2019
            yield from _body_808(protocol, ids, header.message_id, body, long)
    for edition in (Edition.V2013, Edition.V2019):
        for message_id, body in messages(forms, edition):
            yield from _body_808(protocol, ids, message_id, body, edition == Edition.V2019)
    for text in LINES:
        yield input_for(protocol, "line", (b"\0" if protocol == "jt808" else b"") + text.encode())


def _body_808(protocol: str, ids: list[int], message_id: int, body: bytes, long: bool) -> Iterator[bytes]:
    yield input_for(protocol, "framed", bytes((long, 0)) + message_id.to_bytes(2, "big") + b"\x01" + body)
    if message_id in ids:
        yield input_for(protocol, "table", bytes((ids.index(message_id), long, 9)) + body)


def jt808() -> Iterator[bytes]:
    yield from in_808("jt808", "jt808", JT808, JT808, 6)
    reports: list[bytes] = []
    for golden in load(DATA / "jt808"):
        yield input_for("jt808", "stream", b"\x02\x05\x01" + golden.frame * 2)
        raw = unescape(golden.frame.strip(b"\x7e"))
        header, body = open_808(raw)
        if header.message_id in (0x0200, 0x0704) and len(raw) < 256:
            reports.append(bytes((0, len(raw))) + raw)
            kind = 5 | (header.message_id == 0x0704) << 3
            reports.append(bytes((kind, len(body))) + body)
            yield input_for("jt808", "columns", b"\0" + b"".join(reports[-4:]))
            yield input_for("jt808", "columns", b"\1" + reports[-1])
            yield input_for("jt808", "assembled", bytes((header.message_id == 0x0704,)) + body)
        if header.subpackaged:
            yield input_for(
                "jt808", "packets", bytes((2, 1, 2, 1, 20, 0)) + body[:20] + bytes((2, 1, 2, 2, 9, 1)) + bytes(9)
            )
    for count in (1, 3, 9, 40):
        train = b"".join(
            bytes((number % 6, 7, count, number, 30, number)) + bytes(30) for number in range(1, count + 1)
        )
        yield input_for("jt808", "packets", train)
    yield input_for("jt808", "escapes", b"\x7d\x7e\x01\x02")


def jt905() -> Iterator[bytes]:
    ids = sorted(JT905.forms)
    bodies: list[tuple[int, bytes]] = []
    for golden in load(DATA / "jt905"):
        yield input_for("jt905", "door", bytes(5) + golden.frame)
        yield input_for("jt905", "stream", b"\x02\x05\x01" + golden.frame * 2)
        header, body = open_905(unescape(golden.frame.strip(b"\x7e")))
        bodies.append((header.message_id, body))
    for message_id, body in (*bodies, *messages(JT905)):
        yield input_for("jt905", "framed", b"\0" + message_id.to_bytes(2, "big") + b"\x01" + body)
        if message_id in ids:
            yield input_for("jt905", "table", bytes((ids.index(message_id), 9)) + body)
        if 0x0200 <= message_id <= 0x0203 and len(body) < 256:
            item = bytes((5 | (message_id - 0x0200) << 3, len(body))) + body
            yield input_for("jt905", "columns", b"\0" + item * 2)
            yield input_for("jt905", "columns", b"\1" + item)
    for step in (10, 60, 250):
        parts = b"".join(bytes((at % 2 << 1 | 1, 3, 250, at, step)) for at in range(0, 250, step))
        yield input_for("jt905", "media", parts)
    for text in LINES:
        yield input_for("jt905", "line", text.encode())


def jt1078() -> Iterator[bytes]:
    yield from in_808("jt1078", "jt1078", JT1078, JT1078, 5)
    for golden in load(DATA / "jt1078"):
        if golden.frame.startswith(MAGIC):
            yield input_for("jt1078", "door", bytes((0, 4, 0, 0, 0)) + golden.frame)
            yield input_for("jt1078", "stream", b"\x00\x02\x07\x03" + golden.frame * 3)
            yield input_for("jt1078", "found", b"\x01\x09\x04" + golden.frame * 2)
    for kind in range(5):
        yield input_for("jt1078", "packet", bytes((0, kind, 1, 0, 9, 1, 0, 1, 1, 0, 1, 2, 0, 7, 98, 1, 0x81)) + b"abc")
        frames = b"".join(bytes((kind if at % 3 else 3, 40)) + bytes(40) for at in range(6))
        yield input_for("jt1078", "frames", bytes((kind & 1, 15, kind, 2, 9, 5, 255, 250)) + frames)


def active_safety() -> Iterator[bytes]:
    yield from in_808("active_safety", "active_safety", SAFETY, SAFETY, 6)
    stream = b""
    for golden in load(DATA / "active_safety"):
        raw = unescape(golden.frame.strip(b"\x7e"))
        header, body = open_808(raw)
        stream = stream[-300:] + golden.frame
        for name in ("stream", "splitter"):
            yield input_for("active_safety", name, b"\x02\x05\x40\x04" + golden.frame)
            packet = pack_packet("a.jpg", 0, bytes(range(90, 130)))
            yield input_for("active_safety", name, b"\x02\x05\x40\x04" + golden.frame + packet + golden.frame)
        if header.message_id == 0x0200:
            yield input_for("active_safety", "items", body[28:])
            at = 28
            while at + 2 <= len(body):
                size = body[at + 1]
                for number in range(12):
                    yield input_for("active_safety", "item", bytes((number, 0)) + body[at + 2 : at + 2 + size])
                at += 2 + size
    assert ITEM_LIST
    yield input_for("active_safety", "stream", b"\x01\x30\x04" + stream)
    play = bytes((0, 0, 40, 1, 1, 0, 40, 3, 0, 0, 20, 3, 0, 20, 20, 2, 0, 40))
    yield input_for("active_safety", "script", b"\x02\x01\x20" + play)
    yield input_for("active_safety", "script", b"\x07\x00" + play * 2)
    for lost in range(4):
        files = bytes((60,)) + bytes(60) + bytes((5,)) + bytes(5) + b"\0"
        lose = bytes((lost, *range(lost), 0, 1, 0))
        yield input_for("active_safety", "upload", bytes((lost, 1, 50, 9)) + lose + files + bytes((lost,)))
    answer = bytes((5,)) + b"a.jpg" + bytes((2, 1, 1)) + bytes((0, 0, 0, 1, 0, 0, 0, 9))
    yield input_for("active_safety", "terminal_end", bytes((0, 0, 1, len(answer))) + answer)
    yield input_for("active_safety", "terminal_end", bytes((0, 1, 1, 5, 0, 0, 0x12, 0x10, 0)))
    yield input_for("active_safety", "ranges", bytes((200, 1, 9, 20, 30, 9, 20)))
    yield input_for("active_safety", "refused", b"\x05a.jpg\x00\x01abc")
    for text in LINES:
        yield input_for("active_safety", "line", text.encode())


def jt809() -> Iterator[bytes]:
    ids, sub_ids = sorted(JT809.forms), sorted(SUB_MESSAGES.forms)
    for golden in load(DATA / "jt809"):
        frame = golden.frame
        if not frame.startswith(b"\x5b"):
            continue
        yield input_for("jt809", "door", bytes(6) + frame)
        yield input_for("jt809", "stream", b"\x00\x02\x05\x01" + frame * 2)
        header, body = open_809(raw_of(frame[1:-1]))
        yield from _body_809(ids, header.message_id, body, header.edition)
        yield input_for("jt809", "stream", bytes((frame[11] & 3, 2, 5, 9)) + frame)
    for edition in Edition809:
        for made in _drawn(jt809_strategies.messages(edition), 160):
            yield from _body_809(ids, made.message_id, made.encode(edition), edition)
        for sub_type, body in messages(SUB_MESSAGES, edition, 2):
            yield input_for("jt809", "sub_table", bytes((sub_ids.index(sub_type), edition == "2019")) + body)
    yield input_for("jt809", "escapes", b"\x5a\x5b\x5d\x5e\x01\x02")
    yield input_for("jt809", "papers", "VIN:=辽LA1234;VEHICLE_COLOR:=2;x".encode())
    for text in LINES:
        yield input_for("jt809", "line", text.encode())


def _body_809(ids: list[int], message_id: int, body: bytes, edition: str) -> Iterator[bytes]:
    late = edition == "2019"
    for secret in (0, 1, 2, 5):
        yield input_for("jt809", "framed", bytes((late,)) + message_id.to_bytes(2, "big") + bytes((secret,)) + body)
    if message_id in ids:
        yield input_for("jt809", "table", bytes((ids.index(message_id), late, 9)) + body)


SEEDS = {"jt808": jt808, "jt809": jt809, "jt905": jt905, "jt1078": jt1078, "active_safety": active_safety}
