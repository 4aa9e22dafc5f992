"""Fuzz target of JT/T 809: frames, streams, messages with what lies inside them, the four ends of two links."""

import json
from typing import Any

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt809.connection import Connection
from datacenter.protocols.jt809.events import Carried, ConnectAsked, Event, LoginAsked, Received
from datacenter.protocols.jt809.frame import BEGIN, END, FrameSplitter, escape, seal, unescape
from datacenter.protocols.jt809.header import Edition, Header, Key, clear_body, open_frame, sealed
from datacenter.protocols.jt809.messages import MESSAGES, SUB_MESSAGES
from datacenter.protocols.jt809.rules import End, Link, Phase
from datacenter.protocols.jt809.static_info import pairs_of, text_of

from .checks import Plan, check_door, check_events, check_line, check_table, fed, flat, frame_facts, pieces

PROTOCOLS = ("jt809", "")
IDS = tuple(sorted(MESSAGES.forms))
SUB_IDS = tuple(sorted(SUB_MESSAGES.forms))
EDITIONS = tuple(Edition)
ROLES = tuple((link, end) for link in Link for end in End)
KEY = Key(10_000_000, 20_000_000, 30_000_000)
SMALL = 1024
UTC = 1_773_000_000


def line(data: bytes) -> None:
    """A line of text, as somebody may paste it."""
    check_line(data.decode("utf-8", "replace"), "jt809")


def door(data: bytes) -> None:
    """Bytes as they came, with what a line may say of them."""
    plan = Plan(data)
    facts: dict[str, Any] = frame_facts(plan, PROTOCOLS, (*IDS, *SUB_IDS))
    if plan.flag():
        facts |= {"edition": plan.one_of(("2011", "2019", 2019, 1)), "decrypt": plan.one_of((None, {}, KEY_FACTS))}
    check_door(facts | {"hex": plan.rest().hex()})


KEY_FACTS = {"M1": KEY.m1, "IA1": KEY.ia1, "IC1": KEY.ic1}


def framed(data: bytes) -> None:
    """A body under a sound header and CRC, encrypted or not: by the doors and by connections."""
    plan = Plan(data)
    edition, message_id, secret = plan.one_of(EDITIONS), plan.word(), plan.byte()
    body = plan.rest()
    header = Header(message_id, 1, 1234, edition, "010000", secret & 1, secret, UTC if edition == "2019" else 0)
    wire = sealed(header, body, KEY)
    opened, inside = open_frame(unescape(wire[1:-1]), edition)
    assert clear_body(opened, inside, KEY) == body
    check_door({"hex": wire.hex(), "protocol": "jt809", "edition": edition, "decrypt": KEY_FACTS})
    check_stream(wire, bytes((secret,)), ROLES[secret >> 1 & 3])


def stream(data: bytes) -> None:
    """Bytes of a link, cut anyhow, at any of the four ends, in any phase."""
    plan = Plan(data)
    role, sizes = plan.one_of(ROLES), plan.take(plan.byte() % 8)
    check_stream(plan.rest(), sizes, role)


def check_stream(wire: bytes, sizes: bytes, role: tuple[Link, End]) -> None:
    """Cuts change nothing, memory stays bounded, whatever the phase."""
    for phase in Phase:
        whole, cut = (Connection(*role, limit=SMALL, key=KEY) for _ in range(2))
        whole.phase = cut.phase = phase
        at_once = whole.receive(wire, 1.0)
        check_events(at_once, (Event,))
        events = fed(lambda piece, one=cut: one.receive(piece, 1.0), wire, sizes, Event,  # type: ignore[misc]
                     lambda one=cut: check_bounds(one))  # type: ignore[misc]  # fmt: skip
        assert flat(events) == flat(at_once)
        facts = [(one.phase, one.missed, one.bad_frames, one.skipped_bytes, one.access_code) for one in (whole, cut)]
        assert facts[0] == facts[1]
        answer_all(cut, events)
        for at in (2.0, 100.0, 1000.0):
            check_events(cut.tick(at).events, (Event,))


def check_bounds(connection: Connection) -> None:
    splitter: FrameSplitter = connection._splitter
    assert len(splitter.remaining) <= splitter.limit + 1


def answer_all(connection: Connection, events: list[Any]) -> None:
    """What an owner may say to these events, said; what it may not say any more is refused by name."""
    for event in events:
        if not isinstance(event, Received):
            continue
        try:
            connection.reply_to(event, 1.0)
            if isinstance(event, LoginAsked):
                connection.admit(7, 1.0)
            elif isinstance(event, ConnectAsked):
                connection.turn_away(connection.judge(event), 1.0)
        except ProtocolError:
            continue


def table(data: bytes) -> None:
    """A message's body by its table, in both editions; what it says goes over a link and comes back."""
    plan = Plan(data)
    message_id, edition, sizes = plan.one_of(IDS), plan.one_of(EDITIONS), plan.take(1)
    message = check_table(MESSAGES.forms[message_id], plan.rest(), edition)
    if message is None:
        return
    body = message.encode(edition)
    for link, end in ROLES:
        sender, receiver = (Connection(link, one, edition=edition, access_code=9) for one in (end, end.other))
        sender.phase = receiver.phase = Phase.UP
        try:
            wire = sender.send(message, float(UTC))
        except ProtocolError:  # not this end's to say, or not on this link
            continue
        events: list[Any] = []
        for piece in pieces(wire, sizes):
            events += receiver.receive(piece, float(UTC))
        assert len(events) == 1, events
        assert isinstance(events[0], Received | Carried), events
        assert (events[0].message, events[0].body) == (message, body)


def sub_table(data: bytes) -> None:
    """What lies inside a family, by its own table."""
    plan = Plan(data)
    form, edition = SUB_MESSAGES.forms[plan.one_of(SUB_IDS)], plan.one_of(EDITIONS)
    check_table(form, plan.rest(), edition)


def escapes(data: bytes) -> None:
    """Escaping is undone by unescaping, and leaves no flag inside."""
    escaped = escape(data)
    assert unescape(escaped) == data
    assert BEGIN not in escaped
    assert END not in escaped
    assert FrameSplitter().feed(seal(data))[-1:] == [seal(data)[1:-1]]


def papers(data: bytes) -> None:
    """A vehicle's papers in one line."""
    pairs = pairs_of(data.decode("utf-8", "replace"))
    json.dumps(pairs)
    assert pairs_of(text_of(pairs)).keys() <= {key.strip() for key in pairs} | set(pairs)


PARTS = (line, door, framed, stream, table, sub_table, escapes, papers)
