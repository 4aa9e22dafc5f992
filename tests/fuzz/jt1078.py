"""Fuzz target of JT/T 1078: signalling in frames of JT/T 808, media packets, media connections."""

from typing import Any

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt1078.assembly import PACKET_COST
from datacenter.protocols.jt1078.connection import MediaConnection
from datacenter.protocols.jt1078.decoding import SPOKEN
from datacenter.protocols.jt1078.events import Event, MediaFrame
from datacenter.protocols.jt1078.messages import MESSAGES
from datacenter.protocols.jt1078.packet import DataType, MediaPacket, open_either, open_packet, packets_of
from datacenter.protocols.jt1078.splitter import PacketSplitter

from .checks import Plan, check_door, check_events, check_line, fed, flat, frame_facts, pieces
from .jt808 import check_framed, check_tables

PROTOCOLS = ("jt1078", "")
IDS = tuple(sorted(MESSAGES.forms))
SMALL = 2048
SIMS = ("013900002468", "00000000013900002468")


def line(data: bytes) -> None:
    """A line of text, as somebody may paste it."""
    check_line(data.decode("utf-8", "replace"), "jt1078")


def door(data: bytes) -> None:
    """Bytes as they came, with what a line may say of them."""
    plan = Plan(data)
    facts = frame_facts(plan, PROTOCOLS, IDS)
    check_door(facts | {"hex": plan.rest().hex()})


def framed(data: bytes) -> None:
    """A message under a sound header."""
    check_framed(Plan(data), SPOKEN, PROTOCOLS)


def table(data: bytes) -> None:
    """A body by its message's table, sent and received."""
    check_tables(Plan(data), MESSAGES)


def stream(data: bytes) -> None:
    """Bytes of a media connection, cut anyhow."""
    plan = Plan(data)
    sim_bytes, sizes = plan.one_of((None, 6, 10)), plan.take(plan.byte() % 8)
    check_stream(plan.rest(), sizes, sim_bytes)


def check_stream(wire: bytes, sizes: bytes, sim_bytes: int | None, limit: int = 1024) -> list[Any]:
    """Cuts change nothing, memory stays bounded, the end of a stream is no surprise. Gives the events."""
    whole, cut = (MediaConnection(sim_bytes, limit=limit, frame_bytes=SMALL) for _ in range(2))
    at_once = whole.receive(wire)
    check_events(at_once, (Event,))
    events = fed(cut.receive, wire, sizes, Event, lambda: check_bounds(cut))
    assert flat(events) == flat(at_once)
    ends = [one.finish() for one in (whole, cut)]
    assert flat(ends[0]) == flat(ends[1])
    check_events(ends[0], (Event,))
    facts = [(one.sim, one.channel, one.received, one.lost, one.late, one.wraps, one.skipped_bytes, one.bad_packets)
             for one in (whole, cut)]  # fmt: skip
    assert facts[0] == facts[1]
    check_events(cut.tick(100.0), (Event,))
    assert cut.held_bytes == 0
    return [*at_once, *ends[0]]


def check_bounds(connection: MediaConnection) -> None:
    assembler, splitter = connection._assembler, connection._splitter
    opened = assembler._open.values()
    assert assembler.held_bytes == sum(one.cost for one in opened) <= assembler.limit_bytes
    assert all(one.cost == sum(map(len, one.parts)) + PACKET_COST * len(one.parts) for one in opened)
    assert len(splitter.remaining) <= splitter.limit + 64
    assert 0 <= connection.loss_pct <= 100


def packet(data: bytes) -> None:
    """One packet as its owner makes it: written, read again, split, shown."""
    plan = Plan(data)
    sim, data_type = plan.one_of(SIMS), plan.byte() % 6
    stamp, last_i, last = (plan.word() if plan.flag() else None for _ in range(3))
    channel, mark, seq, payload_type = plan.byte(), plan.byte() % 5, plan.word(), plan.byte()
    last_of_frame, first = plan.flag(), plan.byte()
    one = MediaPacket(sim, channel, data_type, mark, seq, payload_type, b"", stamp, last_i, last, last_of_frame, first)
    one.payload = plan.rest()
    try:
        wire = one.encode()
    except ProtocolError:
        return
    assert open_packet(wire, len(sim) // 2) == (one, b"")
    splitter = PacketSplitter(len(sim) // 2)
    assert splitter.feed(wire) == [one]
    try:
        open_either(wire)
    except ProtocolError as fault:  # read with the other length of SIM it may be cut off
        assert len(sim) == 20, fault
    check_door({"hex": wire.hex(), "protocol": "jt1078", "framing": "rtp"})


def frames(data: bytes) -> None:
    """Whole frames sent in packets are the frames that come out, whatever the cuts; with a loss, none is made up."""
    plan = Plan(data)
    sim, longest, lost = plan.one_of(SIMS), 1 + plan.byte(), plan.byte()
    sizes = plan.take(plan.byte() % 5)
    sent: list[tuple[int, bytes]] = []
    wire: list[bytes] = []
    seq = plan.word()
    while plan.more and len(wire) < 200:
        data_type = DataType(plan.byte() % 5)
        timed: dict[str, Any] = {"timestamp_ms": plan.byte()} if data_type != DataType.PASSTHROUGH else {}
        timed |= {"last_i_ms": 1, "last_ms": 2} if data_type < DataType.AUDIO else {}
        template = MediaPacket(sim, 3, data_type, 0, 0, 98, b"", **timed)
        frame = plan.take(plan.byte())
        sent.append((data_type, frame))
        parts = list(packets_of(frame, template, seq=seq, longest=longest))
        seq = (seq + len(parts)) & 0xFFFF
        wire += [one.encode() for one in parts]
    if lost and lost < len(wire):
        del wire[lost]
    events = check_stream(b"".join(wire), sizes, len(sim) // 2)
    came = [(one.data_type, one.payload) for one in events if isinstance(one, MediaFrame)]
    held = max((len(frame) for _, frame in sent), default=0)
    if not (lost and lost < len(wire) + 1) and held + PACKET_COST * (held // longest + 1) < SMALL:
        assert came == sent, (came, sent)
    for one in came:
        assert one in sent


def found(data: bytes) -> None:
    """A splitter that has to find out how long the SIM is: the same whatever the cuts."""
    plan = Plan(data)
    sizes = plan.take(1 + plan.byte() % 8)
    wire = plan.rest()
    whole, cut = PacketSplitter(), PacketSplitter()
    at_once = whole.feed(wire)
    by_piece = [one for piece in pieces(wire, sizes) for one in cut.feed(piece)]
    assert [_plain(one) for one in at_once] == [_plain(one) for one in by_piece]
    assert whole.remaining == cut.remaining
    try:
        open_either(wire)
    except ProtocolError:
        return


def _plain(one: Any) -> Any:
    return (type(one), one.message) if isinstance(one, ProtocolError) else one


PARTS = (line, door, framed, table, stream, packet, frames, found)
