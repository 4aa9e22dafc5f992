"""Fuzz target of JT/T 905: frames, streams, tables, media in parts, the vectorised decoder."""

from typing import Any

from datacenter.protocols.budget import BEGUN_COST, Budget
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.columns import FrameBatch
from datacenter.protocols.jt808.events import BadFrame, Event, Locations
from datacenter.protocols.jt808.frame import checksum, seal, unescape
from datacenter.protocols.jt905.assembly import PART_COST, MediaAssembler
from datacenter.protocols.jt905.columns import decode
from datacenter.protocols.jt905.connection import LOCATION_IDS, Connection, End
from datacenter.protocols.jt905.header import Header
from datacenter.protocols.jt905.messages import MESSAGES, ImagePart, RecordingPart
from tests.protocols.jt905_columns_by_table import check_equal

from .checks import Plan, check_door, check_events, check_line, check_table, fed, flat, frame_facts

PROTOCOLS = ("jt905", "")
ISU = "103904270001"
SMALL = 2048
IDS = tuple(sorted(MESSAGES.forms))
SHARED = SMALL + 3 * BEGUN_COST
RAMP = bytes(range(256)) * 257
POSITIONS = (0x0200, 0x0201, 0x0202, 0x0203)


def line(data: bytes) -> None:
    """A line of text, as somebody may paste it."""
    check_line(data.decode("utf-8", "replace"), "jt905")


def door(data: bytes) -> None:
    """Bytes as they came, with what a line may say of them."""
    plan = Plan(data)
    facts = frame_facts(plan, PROTOCOLS, IDS)
    check_door(facts | {"hex": plan.rest().hex()})


def framed(data: bytes) -> None:
    """A body under a sound header and check byte: by the doors, by connections, by the vectorised decoder."""
    plan = Plan(data)
    protocol, message_id, serial = plan.one_of(PROTOCOLS), plan.word(), plan.byte()
    body = plan.rest()
    wire = seal(Header(message_id, len(body), ISU, serial).pack() + body)
    check_door({"hex": wire.hex(), "protocol": protocol})
    check_stream(wire, bytes((serial,)))
    if message_id in POSITIONS:
        raw = unescape(wire[1:-1])
        check_equal([raw], decode(FrameBatch.from_frames([raw])))


def stream(data: bytes) -> None:
    """Bytes of a socket, cut anyhow, to both ends, admitted or not."""
    plan = Plan(data)
    sizes = plan.take(plan.byte() % 8)
    check_stream(plan.rest(), sizes)


def check_stream(wire: bytes, sizes: bytes) -> None:
    for peer in End:
        for admitted in (False, True):
            whole, cut = (Connection(admitted=admitted, peer=peer, limit=512, media_bytes=SMALL) for _ in range(2))
            at_once = whole.receive(wire)
            check_events(at_once, (Event,))
            events = fed(cut.receive, wire, sizes, Event, lambda one=cut: check_bounds(one))  # type: ignore[misc]
            assert flat(events) == flat(at_once)
            assert (cut.isu, cut.bad_frames, cut.skipped_bytes) == (whole.isu, whole.bad_frames, whole.skipped_bytes)
            answer_all(cut, events)


def check_bounds(connection: Connection) -> None:
    splitter = connection._splitter
    assert len(splitter.remaining) <= splitter.limit + 1
    if connection._assembler is not None:
        check_held(connection._assembler)


def check_held(assembler: MediaAssembler) -> None:
    partials = assembler._partials.values()
    assert len(assembler) <= assembler.limit_files
    assert assembler.held_bytes == sum(one.cost for one in partials) <= assembler.limit_bytes
    for one in partials:
        assert one.held == sum(map(len, one.parts.values())) <= one.first.size
        assert one.starts == sorted(one.parts)
        ends = [start + len(one.parts[start]) for start in one.starts]
        assert all(end <= start for end, start in zip(ends, one.starts[1:], strict=False)), one.starts


def answer_all(connection: Connection, events: list[Any]) -> None:
    for event in events:
        if isinstance(event, Locations):
            connection.general_replies(event.serials, event.message_ids)
        elif isinstance(event, BadFrame) and event.header is not None and connection.isu:
            connection.general_replies([event.header.serial], event.header.message_id, 2)


def table(data: bytes) -> None:
    """A body by its message's table; what it says goes over a connection and comes back."""
    plan = Plan(data)
    message_id, sizes = plan.one_of(IDS), plan.take(1)
    message = check_table(MESSAGES.forms[message_id], plan.rest())
    if message is None:
        return
    up = not message_id & 0x8000
    sender = Connection(ISU, admitted=True, peer=End.CENTRE if up else End.TERMINAL)
    receiver = Connection(ISU, admitted=True, peer=End.TERMINAL if up else End.CENTRE)
    wire = sender.send(message)
    events = fed(receiver.receive, wire, sizes, Event, lambda: check_bounds(receiver))
    if message_id in LOCATION_IDS:
        assert [type(one) for one in events] == [Locations]
        return
    said = [one.message for one in events if hasattr(one, "message")]
    refused = [one for one in events if isinstance(one, BadFrame)]
    assert said == [message] or (refused and isinstance(message, ImagePart | RecordingPart)), events


def media(data: bytes) -> None:
    """Parts of photos and recordings in any order, with time going on: bounded; what is whole is what was sent."""
    plan = Plan(data)
    budget = Budget(SHARED)
    assemblers = [MediaAssembler(limit_bytes=SMALL, limit_files=4, lifetime_s=60.0, budget=budget) for _ in range(2)]
    now = 0.0
    while plan.more:
        kind, media_id, size, offset, length = (plan.byte() for _ in range(5))
        if kind & 2:
            size <<= 8
            offset <<= 4
        content = RAMP[media_id : media_id + size]
        part: ImagePart | RecordingPart = (
            ImagePart(0, media_id, 0, size, offset, content[offset : offset + length])
            if kind & 1
            else RecordingPart(0, media_id, size, offset, content[offset : offset + length])
        )
        assembler = assemblers[media_id & 1]
        try:
            medium = assembler.add(part, now)
        except ProtocolError:
            medium = None
        check_held(assembler)
        if medium is not None:
            assert medium.content == content
            assert medium.picture[1] in content
        now += kind >> 2
        assembler.stalled(now, 2.0)
        check_shared(budget, assemblers)
    for one in assemblers:
        one.clear()
    assert (budget.held_bytes, len(budget)) == (0, 0)


def check_shared(budget: Budget, assemblers: list[MediaAssembler]) -> None:
    """What assemblers hold together is what their budget says, but for what each file costs to begin."""
    assert budget.held_bytes <= budget.limit_bytes
    assert len(budget) == sum(map(len, assemblers))
    begun = (BEGUN_COST - PART_COST) * len(budget)
    assert budget.held_bytes == sum(one.held_bytes for one in assemblers) + begun


def columns(data: bytes) -> None:
    """Frames by the vectorised decoder as by the tables, row by row and error by error."""
    plan = Plan(data)
    frames: list[bytes] = []
    times = 17 if plan.flag() else 1
    while plan.more:
        kind, size = plan.byte(), plan.byte()
        content = plan.take(size)
        if kind & 4:
            content = Header(POSITIONS[kind >> 3 & 3], len(content), ISU, kind).pack() + content
        frames.append(content + bytes((checksum(content),)) if kind & 1 else content)
    check_equal(frames * times, decode(FrameBatch.from_frames(frames * times)))


PARTS = (line, door, framed, stream, table, media, columns)
