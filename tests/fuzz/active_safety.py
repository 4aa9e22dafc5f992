"""Fuzz target of active safety: items of reports, its messages, attachment connections, file streams."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from datacenter.protocols.active_safety.connection import (
    AttachmentConnection,
    Bounds,
    Event,
    FileBegun,
    FileData,
    FileFinished,
    Listed,
    Refused,
)
from datacenter.protocols.active_safety.decoding import EVERYTHING
from datacenter.protocols.active_safety.dialect import ACTIVE_SAFETY
from datacenter.protocols.active_safety.errors import AttachmentRefused
from datacenter.protocols.active_safety.items import ITEM_LIST, ITEMS
from datacenter.protocols.active_safety.messages import MESSAGES, AttachmentList, FileAnnounced, FileSent, ListedFile
from datacenter.protocols.active_safety.parameters import PARAMETERS
from datacenter.protocols.active_safety.passthrough import PASSTHROUGH
from datacenter.protocols.active_safety.practices import Practice
from datacenter.protocols.active_safety.ranges import Ranges
from datacenter.protocols.active_safety.stream import Payload, StreamSplitter, pack_packet
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.active_safety.upload import Attachment, Upload
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.dialect import speaking
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.wire import GMT8, Reader

from .checks import Plan, check_door, check_events, check_line, check_table, frame_facts, pieces
from .jt808 import PHONE, check_framed, check_tables

PROTOCOLS = ("jt808-su", "")
IDS = (*sorted(MESSAGES.forms), 0x0200, 0x0704, 0x8103, 0x0104, 0x0900, 0x8900)
BOUNDS = Bounds(file_bytes=4096, alarm_bytes=8192, pieces=6, waiting_bytes=512)
WHEN = datetime(2026, 3, 9, 7, 41, 26, tzinfo=GMT8)
NAMES = ("02_64_6402_1_A1.h264", "00_65_6501_0_A1.jpg", "x")


def line(data: bytes) -> None:
    """A line of text, as somebody may paste it."""
    check_line(data.decode("utf-8", "replace"), "jt808-su")


def door(data: bytes) -> None:
    """Bytes as they came, with what a line may say of them."""
    plan = Plan(data)
    facts = frame_facts(plan, PROTOCOLS, IDS)
    if plan.flag():
        facts["practice"] = plan.one_of([*Practice, "?"])
    check_door(facts | {"hex": plan.rest().hex()})


def framed(data: bytes) -> None:
    """A message under a sound header."""
    check_framed(Plan(data), EVERYTHING, PROTOCOLS)


def table(data: bytes) -> None:
    """A body by its message's table, sent and received."""
    check_tables(Plan(data), MESSAGES)


def item(data: bytes) -> None:
    """The bytes of an alarm in a report, a parameter or a peripheral's answer, by their own tables."""
    plan = Plan(data)
    forms: dict[int, Any] = {**ITEMS, **PASSTHROUGH, **PARAMETERS}
    form = forms[plan.one_of(sorted(forms))]
    practice = plan.one_of(("", *Practice))
    body = plan.rest()
    with speaking(ACTIVE_SAFETY):
        if hasattr(form, "layout"):
            check_table(form, body, practice)


def items(data: bytes) -> None:
    """The list of a report's items, wrong lengths and all: it is read whole and written back byte for byte."""
    with speaking(ACTIVE_SAFETY):
        reader = Reader(data)
        read = ITEM_LIST.read(reader)
        assert not reader.remaining
        assert ITEM_LIST.write(read) == data
        ITEM_LIST.show(read)


def stream(data: bytes) -> None:
    """Bytes of an attachment connection, cut anyhow: what is handed on is the same, and little is held."""
    plan = Plan(data)
    sizes, verdict = plan.take(plan.byte() % 8), plan.byte()
    wire = plan.rest()
    server = AttachmentConnection(BOUNDS)
    try:
        for piece in pieces(wire, sizes):
            take(server, server.receive(piece), verdict)
            assert server._queued_bytes <= BOUNDS.waiting_bytes
            assert len(server._splitter._buffer) <= server._splitter.limit + 64
            assert all(len(one.ranges) <= BOUNDS.pieces + 1 for one in server.files.values())
            server.sent()
            server.expired(1.0)
    except AttachmentRefused as fault:
        assert fault.fatal, fault


def take(server: AttachmentConnection, events: list[Any], verdict: int) -> None:
    """An owner's answers to events. Bytes of a file come once, inside the file."""
    while True:
        check_events(events, (Event,))
        for event in events:
            if isinstance(event, FileData):
                assert 0 <= event.offset <= event.offset + len(event.data) <= event.file.size_bytes
            elif isinstance(event, FileFinished) and not event.missing:
                server.confirm(event.file) if verdict & 2 else server.start_over(event.file)
        if not server.waiting:
            return
        events = server.refuse() if verdict & 1 else server.accept({NAMES[0]: [(0, verdict)]} if verdict & 4 else None)


def splitter(data: bytes) -> None:
    """Frames and file packets out of a stream: the cuts change nothing as long as it is one."""
    plan = Plan(data)
    sizes = plan.take(1 + plan.byte() % 8)
    wire = plan.rest()
    outcomes = [split(wire, b""), split(wire, sizes)]
    ends = [[one for one in outcome if isinstance(one, type)] for outcome in outcomes]
    assert ends[0] == ends[1], outcomes
    assert ends[0] or outcomes[0] == outcomes[1], outcomes  # what comes together with a fatal refusal is lost with it


def split(wire: bytes, sizes: bytes) -> list[Any]:
    """Pieces of the stream with payloads joined, and what ended it."""
    one = StreamSplitter(packet_bytes=4096, limit=256, junk_bytes=256)
    out: list[Any] = []
    try:
        for piece in pieces(wire, sizes):
            for part in one.feed(piece):
                if isinstance(part, Payload) and out and isinstance(out[-1], Payload):
                    part = Payload(out.pop().data + part.data)
                out.append(part)
            assert len(one._buffer) <= one.limit + 64
    except AttachmentRefused as fault:
        assert fault.fatal
        out.append(type(fault))
    return out


def script(data: bytes) -> None:
    """A terminal that knows the standard and does as it likes: lists, announces, sends any part of any file."""
    plan = Plan(data)
    verdict, sizes = plan.byte(), plan.take(plan.byte() % 5)
    terminal = Connection(PHONE, Edition.V2013, authenticated=True, catalogue=EVERYTHING)
    server = AttachmentConnection(BOUNDS)
    kept: dict[str, bytearray] = {}
    try:
        for wire in moves(plan, terminal):
            for piece in pieces(wire, sizes):
                events = server.receive(piece)
                take(server, events, verdict)
                for event in events:
                    if isinstance(event, FileData):
                        kept.setdefault(event.file.name, bytearray()).extend(event.data)
            terminal.receive(server.sent())
            for file in server.files.values():
                pairs = file.ranges.pairs()
                assert all(start < stop <= file.size_bytes for start, stop in pairs)
                assert all(stop < start for (_, stop), (start, _) in pairwise(pairs))
    except AttachmentRefused as fault:
        assert fault.fatal, fault


def moves(plan: Plan, terminal: Connection) -> Iterator[bytes]:
    while plan.more:
        kind, name = plan.byte() % 5, plan.one_of(NAMES)
        size = plan.byte() * 8
        if kind == 0:
            tag = AlarmTag.of("PJ20260", WHEN, 0, 1)
            files = tuple(ListedFile(one, size) for one in NAMES[: 1 + plan.byte() % 3])
            yield terminal.send(AttachmentList("PJ20260", tag, "A1", 0, files))
        elif kind == 1:
            yield terminal.send(FileAnnounced(name, 2, size))
        elif kind == 2:
            yield terminal.send(FileSent(name, 2, size))
        elif kind == 3:
            yield pack_packet(name, size, bytes(plan.byte() * 8))
        else:
            yield plan.take(size // 8)


def upload(data: bytes) -> None:
    """A terminal's end and the server's, over a bad network: every file arrives as it was."""
    plan = Plan(data)
    verdict = plan.byte()
    sizes, payload = plan.take(plan.byte() % 5), 1 + plan.byte()
    lose = {name: set(plan.take(plan.byte() % 4)) for name in NAMES}
    files = tuple(Attachment(name, 2, plan.take(plan.byte()) * (1 + verdict % 4)) for name in NAMES)
    practice = plan.one_of(tuple(Practice))
    tag = AlarmTag.of("PJ20260", WHEN, 0, len(files), practice)
    terminal = Upload(PHONE, tag, "A1", files, payload_bytes=payload, lose=lose)
    server = AttachmentConnection(BOUNDS)
    kept = {one.name: bytearray(len(one.data)) for one in files}
    wire = terminal.begin()
    for _ in range(64):
        for piece in pieces(wire, sizes):
            events = server.receive(piece)
            while True:
                for event in events:
                    if isinstance(event, FileData):
                        kept[event.file.name][event.offset : event.offset + len(event.data)] = event.data
                    elif isinstance(event, FileFinished) and not event.missing:
                        server.confirm(event.file)
                    else:
                        assert isinstance(event, Listed | FileBegun | FileFinished | Refused)
                if not server.waiting:
                    break
                events = server.accept()
        wire = terminal.receive(server.sent())
        if not wire:
            break
    assert terminal.done
    assert server.finished
    assert all(bytes(kept[one.name]) == one.data for one in files)


def terminal_end(data: bytes) -> None:
    """A terminal's end that hears anything at all: it sends no more than its files."""
    plan = Plan(data)
    sizes = plan.take(plan.byte() % 8)
    terminal = Upload(PHONE, AlarmTag.of("PJ20260", WHEN, 0, 1), "A1", (Attachment(NAMES[0], 2, bytes(600)),))
    terminal.begin()
    platform = Connection(PHONE, Edition.V2013, authenticated=True, catalogue=EVERYTHING)
    while plan.more:
        message_id = plan.one_of((0x9212, 0x8001, 0x9212, 0x1211))
        wire = platform.send_body(message_id, plan.take(plan.byte())) if plan.flag() else plan.take(plan.byte())
        for piece in pieces(wire, sizes):
            said = terminal.receive(piece)
            assert len(said) <= 255 * 4096, len(said)


def ranges(data: bytes) -> None:
    """Ranges of a file against a set of its bytes."""
    plan = Plan(data)
    size = plan.byte()
    known, plain = Ranges(size), set()
    while plan.more:
        start, stop = sorted((plan.byte() % (size + 1), plan.byte() % (size + 1)))
        touches = any(at in plain for at in range(start - 1, stop + 1)) if start < stop else None
        if touches is not None:
            assert known.grows(start, stop) is not touches
        known.add(start, stop)
        plain |= set(range(start, stop))
        assert known.had == len(plain)
        missing = {at for first, last in known.missing() for at in range(first, last)}
        assert missing == set(range(size)) - plain
        assert known.whole is (len(plain) == size)


def refused(data: bytes) -> None:
    """Only refusals by name come out of writing a file packet's head."""
    plan = Plan(data)
    try:
        pack_packet(plan.take(plan.byte()).decode("utf-8", "replace"), plan.word(), plan.rest())
    except ProtocolError:
        return


PARTS = (line, door, framed, table, item, items, stream, splitter, script, upload, terminal_end, ranges, refused)
