"""Fuzz target of JT/T 808: frames, streams, tables, sub-packages, the vectorised decoder."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from datacenter.protocols.budget import BEGUN_COST, Budget
from datacenter.protocols.errors import ProtocolError, UnfitValue
from datacenter.protocols.jt808.columns import FrameBatch, decode, split_stream
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import AssembledLocations, BadFrame, Event, Locations, Received, ResendAsked
from datacenter.protocols.jt808.frame import FLAG, checksum, escape, seal, unescape
from datacenter.protocols.jt808.header import MAX_BODY, Edition, Header
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt808.messages import TerminalResendRequest
from datacenter.protocols.jt808.vendors import VENDORS
from datacenter.protocols.layout import Catalogue
from datacenter.protocols.terminal_catalogue import MESSAGES, speaking_all
from tests.protocols.columns_by_table import body_by_table, check_equal, rows_of

from .checks import Plan, check_door, check_events, check_line, check_table, edition_in, fed, flat, frame_facts, pieces

PROTOCOLS = ("jt808", "jt808-2019", "jt808-2013", "jt808-2011", "")
EDITIONS = (Edition.V2013, Edition.V2019, Edition.V2011)
PHONE = "013904270001"
SMALL = 2048
"""Bound on assemblers here, so that inputs reach it."""
SHARED = SMALL + 3 * BEGUN_COST
IDS = tuple(sorted(JT808.forms))


def line(data: bytes) -> None:
    """A line of text, as somebody may paste it."""
    plan = Plan(data)
    protocol = plan.one_of(PROTOCOLS)
    check_line(plan.rest().decode("utf-8", "replace"), protocol)


def door(data: bytes) -> None:
    """Bytes as they came, with what a line may say of them."""
    plan = Plan(data)
    facts = frame_facts(plan, PROTOCOLS, IDS)
    if plan.flag():
        facts["vendor"] = plan.one_of([*VENDORS, "?"])
    check_door(facts | {"hex": plan.rest().hex()})


def framed(data: bytes) -> None:
    """A body under a sound header and check byte: by the doors, by connections, by the vectorised decoder."""
    plan = Plan(data)
    check_framed(plan, MESSAGES, PROTOCOLS)


def check_framed(plan: Plan, catalogue: Catalogue, protocols: tuple[str, ...]) -> None:
    edition, protocol = plan.one_of(EDITIONS[:2]), plan.one_of(protocols)
    message_id, extra = plan.word(), plan.byte()
    body = plan.rest()[:MAX_BODY]
    header = Header(message_id, len(body), PHONE, extra, edition, encryption=extra == 255, version=1)
    wire = seal(header.pack() + body)
    check_door({"hex": wire.hex(), "protocol": protocol})
    check_stream(wire, bytes((extra,)), catalogue)
    if message_id in (0x0200, 0x0704):
        raw = unescape(wire[1:-1])
        check_equal([raw], decode(FrameBatch.from_frames([raw])))


def stream(data: bytes) -> None:
    """Bytes of a socket, cut anyhow, to a connection in either phase and to the vectorised splitter."""
    plan = Plan(data)
    sizes = plan.take(plan.byte() % 8)
    wire = plan.rest()
    check_stream(wire, sizes, MESSAGES)
    batch = split_stream(wire)
    decode(batch)
    frames: list[bytes] = []
    for segment in [one for one in wire.split(FLAG)[1:-1] if one]:
        try:
            frames.append(unescape(segment))
        except ProtocolError:
            frames.append(b"?")
    bad = batch.bad_escape if batch.bad_escape is not None else np.zeros(len(batch), np.bool_)
    assert [b"?" if bad[at] else batch.frame(at) for at in range(len(batch))] == frames


def check_stream(wire: bytes, sizes: bytes, catalogue: Catalogue) -> None:
    """Cuts change nothing, memory stays bounded, whatever the phase."""
    for authenticated in (False, True):
        whole, cut = (
            Connection(authenticated=authenticated, limit=512, assembly_bytes=SMALL, catalogue=catalogue)
            for _ in range(2)
        )
        at_once = whole.receive(wire)
        check_events(at_once, (Event,))
        events = fed(cut.receive, wire, sizes, Event, lambda one=cut: check_bounds(one))  # type: ignore[misc]
        assert flat(events) == flat(at_once)
        assert (cut.phone, cut.bad_frames, cut.skipped_bytes) == (whole.phone, whole.bad_frames, whole.skipped_bytes)
        answer_all(cut, events)


def check_bounds(connection: Connection) -> None:
    splitter, assembler = connection._splitter, connection._assembler
    assert len(splitter.remaining) <= splitter.limit + 1
    if assembler is not None:
        assert len(assembler) <= assembler.limit_messages
        assert assembler.held_bytes == sum(one.size for one in assembler._partials.values()) <= assembler.limit_bytes
        held = (len(part) for one in assembler._partials.values() for part in one.parts.values())
        assert sum(held) <= assembler.held_bytes


def answer_all(connection: Connection, events: list[Any]) -> None:
    """What an owner may say to these events, said."""
    for event in events:
        if isinstance(event, Locations):
            connection.general_replies(event.serials, event.message_ids)
        elif isinstance(event, ResendAsked):
            try:
                connection.resend(event, 1.0)
            except ProtocolError:
                continue
        elif isinstance(event, BadFrame) and event.header is not None and connection.phone:
            connection.general_replies([event.header.serial], event.header.message_id, 2)


def table(data: bytes) -> None:
    """A body by its message's table, in each edition; what it says goes over a connection and comes back."""
    plan = Plan(data)
    check_tables(plan, JT808)


def check_tables(plan: Plan, catalogue: Catalogue) -> None:
    message_id, edition, sizes = plan.one_of(sorted(catalogue.forms)), plan.one_of(EDITIONS), plan.take(1)
    body = plan.rest()
    with speaking_all(*(VENDORS.values() if sizes[:1] > b"\x80" else ())):
        form = catalogue.forms[message_id]
        message = check_table(form, body, edition)
        if message is None or edition == Edition.V2011:
            return
        with suppress(UnfitValue):  # where the body followed an older edition than its header
            written = message.encode(edition)
            if edition_in(form, body, edition) != edition or edition_in(form, written, edition) != edition:
                return
            check_sent(message, edition, sizes, catalogue)


def check_sent(message: Any, edition: Edition, sizes: bytes, catalogue: Catalogue) -> None:
    """A message that one end sends, in packets where it needs them, is what the other end receives."""
    one, other = (Connection(PHONE, edition, authenticated=True, catalogue=catalogue) for _ in range(2))
    other.phone = one.phone = Header(0, 0, PHONE, 0, edition).show()["phone"].zfill(20 if edition == "2019" else 12)
    body = message.encode(edition)
    events: list[Any] = []
    for piece in pieces(one.send(message), sizes):
        events += other.receive(piece)
    assert len(events) == 1, events
    got = events[0]
    if isinstance(got, Locations):
        assert got.message_ids == [message.message_id]
    elif isinstance(got, AssembledLocations):
        assert got.body == body
    elif isinstance(got, Received):
        assert (got.body, got.message) == (body, message)
    else:  # a body that a header can't tell apart: what its own edition wrote, another one's table refuses
        assert isinstance(got, BadFrame), got


def packets(data: bytes) -> None:
    """Trains of sub-packages in any order, with time going on: bounded, and each message whole or not at all."""
    plan = Plan(data)
    budget = Budget(SHARED)
    connections = [
        Connection(authenticated=True, assembly_bytes=SMALL, catalogue=MESSAGES, budget=budget) for _ in range(3)
    ]
    now = 0.0
    ids = (0x0801, 0x0704, 0x0200, 0x0900, 0x0104, 0x0FFF)
    while plan.more:
        message_id, first, packets, number = plan.one_of(ids), plan.byte(), plan.byte(), plan.byte()
        size, step = plan.byte(), plan.byte()
        if packets == 255:
            packets = plan.word()
        body = plan.take(size)
        serial, connection = (first + number - 1) & 0xFFFF, connections[first % 3]
        header = Header(message_id, len(body), PHONE, serial, Edition.V2013, 0, True, packets, number)
        events = connection.receive(seal(header.pack() + body), now)
        check_events(events, (Event,))
        check_bounds(connection)
        now += step / 4
        if step & 1:
            asked = connection.resend_requests(now, 2.0)
            asked += connection.resend_requests(now, 2.0, TerminalResendRequest)
            for one in asked:
                connection.send(one, now)
            check_bounds(connection)
        check_budget(budget, [one._assembler for one in connections if one._assembler is not None])
    for one in connections:
        one.let_go()
    assert (budget.held_bytes, len(budget)) == (0, 0)


def check_budget(budget: Budget, assemblers: Sequence[Any]) -> None:
    """What assemblers hold together is what their budget says, and no more than it allows."""
    assert budget.held_bytes <= budget.limit_bytes
    assert len(budget) == sum(map(len, assemblers))
    assert budget.held_bytes == sum(one.held_bytes + BEGUN_COST * len(one) for one in assemblers)


def columns(data: bytes) -> None:
    """Frames and bare bodies by the thousand decoder as by the tables, row by row and error by error."""
    plan = Plan(data)
    frames: list[bytes] = []
    times = 17 if plan.flag() else 1
    while plan.more:
        kind, size = plan.byte(), plan.byte()
        content = plan.take(size)
        if kind & 4:
            message_id = (0x0200, 0x0704)[kind >> 3 & 1]
            edition = EDITIONS[kind >> 4 & 1]
            content = Header(message_id, len(content), PHONE, kind, edition).pack() + content
        frames.append(content + bytes((checksum(content),)) if kind & 1 else content)
    check_equal(frames * times, decode(FrameBatch.from_frames(frames * times)))


def assembled(data: bytes) -> None:
    """A bare body of a reassembled message."""
    plan = Plan(data)
    message_id = plan.one_of((0x0200, 0x0704, 0x0801))
    body = plan.rest()
    got = decode(FrameBatch.from_frames([body]), np.ones(1, np.bool_), np.array([message_id], np.uint16))
    if message_id != 0x0801:
        error, rows = body_by_table(0, message_id, body, "2013")
        assert (got.error[0], rows_of(got)) == (error, rows)


def escapes(data: bytes) -> None:
    """Escaping is undone by unescaping; what unescapes is escaped to the same or a refusal."""
    assert unescape(escape(data)) == data
    assert FLAG not in escape(data)


PARTS = (line, door, framed, stream, table, packets, columns, assembled, escapes)
