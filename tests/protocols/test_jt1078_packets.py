"""Media packets of JT/T 1078: golden packets, identity, any bytes, and streams however they are cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.errors import ProtocolError, UnfitValue
from datacenter.protocols.jt1078.errors import (
    LostMagic,
    MediaError,
    PacketTooLong,
    TruncatedPacket,
    UnknownDataType,
)
from datacenter.protocols.jt1078.packet import (
    LONGEST_HEAD,
    MAGIC,
    MOST_PAYLOAD,
    Mark,
    MediaPacket,
    open_either,
    open_packet,
    packets_of,
)
from datacenter.protocols.jt1078.splitter import PacketSplitter

from .goldens import FOLDER, Golden, load
from .jt1078_strategies import dirty_streams, packets, pieces
from .strategies import ample, modest

GOLDENS = [golden for golden in load(FOLDER.parent / "jt1078") if golden.says["message"] == "rtp"]
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
SIM, LONG_SIM = "013900002468", "00000000013900002468"
cuts = st.lists(st.integers(0, 400), max_size=8)


def video(payload: bytes = b"\0\0\0\1", seq: int = 0, sim: str = SIM, mark: int = Mark.ATOMIC) -> MediaPacket:
    return MediaPacket(sim, 1, 1, mark, seq, 98, payload, 40 * seq, 40, 40)


def fed(splitter: PacketSplitter, parts: list[bytes]) -> list[Any]:
    """What a splitter makes of these pieces; errors as their facts, so that they compare."""
    found = [one for part in parts for one in splitter.feed(part)]
    return [(one.code, one.facts) if isinstance(one, ProtocolError) else one for one in found]


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@by_name
def test_golden_packets_say_what_is_written_beside_them(golden: Golden) -> None:
    for framing in ("rtp", "rtp-stream"):
        said = answer(json.dumps({"protocol": "jt1078", "framing": framing, "hex": golden.frame.hex()}))
        assert said["ok"], said
        assert said["body"] == golden.says["body"]
    assert said["remaining"] == ""


@by_name
def test_golden_packets_encode_back_byte_for_byte(golden: Golden) -> None:
    packet, rest = open_either(golden.frame)
    assert (packet.encode(), rest) == (golden.frame, b"")


@by_name
def test_golden_packets_come_out_of_a_stream_however_it_is_cut(golden: Golden) -> None:
    packet, _ = open_either(golden.frame)
    stream = golden.frame * 3 + MAGIC[:3]
    for parts in ([stream], one_by_one(stream)):
        splitter = PacketSplitter()
        assert fed(splitter, parts) == [packet] * 3
        assert splitter.sim_bytes == len(packet.sim) // 2
        assert splitter.remaining == MAGIC[:3]


@ample
@given(packets())
def test_decoding_undoes_encoding(packet: MediaPacket) -> None:
    raw = packet.encode()
    assert open_packet(raw, len(packet.sim) // 2) == (packet, b"")
    json.dumps(packet.show())


@ample
@given(st.one_of(st.binary(max_size=60), packets().map(MediaPacket.encode)), st.data())
def test_any_bytes_give_a_packet_or_a_named_refusal(data: bytes, draw: st.DataObject) -> None:
    raw = bytearray(data)
    if raw:
        raw[draw.draw(st.integers(0, len(raw) - 1))] ^= draw.draw(st.integers(0, 255))
    refusal: MediaError | None = None
    try:
        packet, rest = open_either(bytes(raw))
    except MediaError as fault:
        refusal = fault
    else:
        assert packet.encode() + rest == raw
    if refusal is not None:
        assert refusal.code
        assert refusal.message
        assert 0 <= refusal.offset <= len(raw)


@ample
@given(st.sampled_from([SIM, LONG_SIM]).flatmap(lambda sim: st.lists(packets(sim), max_size=8)), cuts)
def test_a_clean_stream_gives_its_packets_however_it_is_cut(sent: list[MediaPacket], places: list[int]) -> None:
    stream = b"".join(packet.encode() for packet in sent)
    size = len(sent[0].sim) // 2 if sent else 6
    assert fed(PacketSplitter(size), pieces(stream, places)) == sent
    assert fed(PacketSplitter(size), one_by_one(stream)) == sent


@ample
@given(st.one_of(dirty_streams(), st.binary(max_size=200)), cuts, st.sampled_from([None, 6, 10]))
def test_cutting_a_stream_otherwise_changes_nothing(stream: bytes, places: list[int], size: int | None) -> None:
    whole, cut, crumbs = (PacketSplitter(size, 60) for _ in range(3))
    expected = fed(whole, [stream])
    assert fed(cut, pieces(stream, places)) == expected
    assert fed(crumbs, one_by_one(stream)) == expected
    assert (whole.skipped, whole.remaining) == (cut.skipped, cut.remaining) == (crumbs.skipped, crumbs.remaining)
    assert [str(one) for one in whole.finish()] == [str(one) for one in crumbs.finish()]
    taken = sum(len(one.encode()) for one in expected if isinstance(one, MediaPacket))
    assert taken + whole.skipped + len(whole.remaining) <= len(stream)


@pytest.mark.parametrize("sim", [SIM, LONG_SIM, "000000001003", "00000000000000001003", "999999999999"])
def test_the_length_of_a_sim_is_found_by_where_packets_end(sim: str) -> None:
    sent = [video(bytes(700 + seq), seq, sim) for seq in range(4)]
    stream = b"".join(packet.encode() for packet in sent)
    splitter = PacketSplitter()
    assert fed(splitter, [stream]) == sent
    assert splitter.skipped == 0


@ample
@given(
    st.text("0123456789", min_size=10, max_size=10).map("1".__add__),
    st.sampled_from([12, 20]),
    st.sampled_from([(1,), (3,), (3, 3, 1), (4,), (0, 1, 1, 3)]),
    st.integers(1, 37),
    st.integers(0, 1 << 44),
    st.lists(st.binary(min_size=1, max_size=60), min_size=3, max_size=6),
)
def test_a_phone_of_any_digits_is_read_at_its_own_length(
    phone: str, width: int, kinds: tuple[int, ...], channel: int, clock: int, payloads: list[bytes]
) -> None:
    sim, sent = phone.zfill(width), []
    for seq, payload in enumerate(payloads):
        kind = kinds[seq % len(kinds)]
        stamp = clock + 40 * seq if kind < 4 else None
        interval = 40 if kind < 3 else None
        sent.append(MediaPacket(sim, channel, kind, 0, seq, 98, payload, stamp, interval, interval))
    stream = b"".join(packet.encode() for packet in sent)
    splitter = PacketSplitter()
    found = [*splitter.feed(stream), *splitter.finish()]
    assert found == sent
    first, rest = open_either(stream)
    assert (first.sim, len(rest)) == (sim, len(stream) - len(sent[0].encode()))


def test_a_single_packet_is_given_at_the_end_of_its_stream() -> None:
    for sim in (SIM, LONG_SIM):
        packet = MediaPacket(sim, 16, 4, 0, 1, 91, bytes(30))
        splitter = PacketSplitter()
        assert [*splitter.feed(packet.encode()), *splitter.finish()] == [packet]
        assert splitter.finish() == []


def test_what_lies_between_packets_is_skipped_and_said_once() -> None:
    splitter = PacketSplitter(6)
    first, second = video(seq=1), video(seq=2)
    found = splitter.feed(b"junk" + first.encode() + b"\x30\x31noise" + second.encode())
    assert [type(one) for one in found] == [LostMagic, MediaPacket, LostMagic, MediaPacket]
    assert [one.offset for one in found if isinstance(one, LostMagic)] == [0, 4 + len(first.encode())]
    assert splitter.skipped == 4 + 7


def test_the_length_of_a_sim_is_found_anew_after_the_magic_was_lost() -> None:
    splitter = PacketSplitter()
    sent = [*(video(bytes(60), seq) for seq in range(2)), *(video(bytes(60), seq, LONG_SIM) for seq in range(2))]
    stream = b"".join(one.encode() for one in sent[:2]) + b"!" + b"".join(one.encode() for one in sent[2:])
    found = splitter.feed(stream)
    assert [one for one in found if isinstance(one, MediaPacket)] == sent
    assert splitter.sim_bytes == 10


def test_an_undefined_data_type_is_refused_and_the_next_packet_taken() -> None:
    for kind in (0x50, 0xF0, 0x14, 0x3F):
        raw = bytearray(video().encode())
        raw[15] = kind
        found = PacketSplitter(6).feed(bytes(raw) + video(seq=1).encode())
        assert isinstance(found[0], UnknownDataType)
        assert found[0].offset == 15
        assert found[1:] == [video(seq=1)]
        with pytest.raises(UnknownDataType):
            open_packet(bytes(raw))


def test_a_length_over_the_limit_is_refused_at_once() -> None:
    splitter = PacketSplitter(6, limit=1000)
    [refusal] = splitter.feed(video(bytes(1001)).encode()[:40])
    assert isinstance(refusal, PacketTooLong)
    assert splitter.feed(bytes(991) + video(bytes(1000)).encode()) == [video(bytes(1000))]


def test_a_lying_length_costs_no_more_than_it_says() -> None:
    raw = bytearray(video().encode())
    raw[28:30] = b"\xff\xff"
    splitter = PacketSplitter()
    followers = [video(bytes(900), seq) for seq in range(1, 100)]
    found = splitter.feed(bytes(raw) + b"".join(packet.encode() for packet in followers))
    packets_found = [one for one in found if isinstance(one, MediaPacket)]
    assert len(packets_found) >= 100 - 73  # those whose bytes the liar hasn't swallowed
    assert packets_found[-1] == followers[-1]
    assert sum(isinstance(one, ProtocolError) for one in found) <= 2


@modest
@given(st.lists(st.binary(max_size=300), max_size=40), st.sampled_from([None, 6, 10]))
def test_a_splitter_never_keeps_more_than_one_packet(parts: list[bytes], size: int | None) -> None:
    splitter = PacketSplitter(size)
    for part in parts:
        splitter.feed(part)
        splitter.feed(MAGIC + bytes(4) + part)
        assert len(splitter.remaining) < LONGEST_HEAD + MOST_PAYLOAD + len(MAGIC)


def test_endless_noise_is_not_kept() -> None:
    splitter = PacketSplitter()
    for _ in range(200):
        splitter.feed(b"\x30\x31\x63" * 5000)
        assert len(splitter.remaining) <= 3
    assert splitter.skipped + len(splitter.remaining) == 200 * 15000


def test_a_truncated_packet_says_how_much_it_needed() -> None:
    raw = video(bytes(10)).encode()
    for stop in range(len(raw)):
        with pytest.raises(TruncatedPacket) as caught:
            open_either(raw[:stop])
        assert caught.value.offset == stop
    with pytest.raises(LostMagic):
        open_either(b"\x30\x31\x63\x65" + bytes(40))


@pytest.mark.parametrize(
    "packet",
    [
        MediaPacket("0139", 1, 4, 0, 0, 91, b""),
        MediaPacket("01390000246X", 1, 4, 0, 0, 91, b""),
        MediaPacket(SIM, 1, 5, 0, 0, 91, b""),
        MediaPacket(SIM, 1, 4, 4, 0, 91, b""),
        MediaPacket(SIM, 1, 4, 0, 0, 128, b""),
        MediaPacket(SIM, 1, 4, 0, 65536, 91, b""),
        MediaPacket(SIM, 256, 4, 0, 0, 91, b""),
        MediaPacket(SIM, 1, 4, 0, 0, 91, bytes(65536)),
        MediaPacket(SIM, 1, 4, 0, 0, 91, b"", timestamp_ms=1),
        MediaPacket(SIM, 1, 3, 0, 0, 6, b"", timestamp_ms=1, last_ms=1),
        MediaPacket(SIM, 1, 3, 0, 0, 6, b""),
        MediaPacket(SIM, 1, 0, 0, 0, 98, b"", timestamp_ms=1),
        MediaPacket(SIM, 1, 0, 0, 0, 98, b"", timestamp_ms=-1, last_i_ms=0, last_ms=0),
    ],
)
def test_what_no_packet_can_carry_is_refused(packet: MediaPacket) -> None:
    with pytest.raises(UnfitValue):
        packet.encode()


@pytest.mark.parametrize(
    ("size", "marks"), [(0, [0]), (1, [0]), (950, [0]), (951, [1, 2]), (1900, [1, 2]), (1901, [1, 3, 2])]
)
def test_a_frame_is_sent_in_packets_as_long_as_the_text_allows(size: int, marks: list[int]) -> None:
    frame = bytes(range(256)) * 8
    sent = list(packets_of(frame[:size], video(), seq=65535))
    assert [packet.mark for packet in sent] == marks
    assert [packet.last_of_frame for packet in sent] == [False] * (len(marks) - 1) + [True]
    assert [packet.seq for packet in sent] == [(65535 + at) & 0xFFFF for at in range(len(marks))]
    assert b"".join(packet.payload for packet in sent) == frame[:size]
    assert all(open_packet(packet.encode()) == (packet, b"") for packet in sent)
