"""Frames and file packets on one stream of an attachment connection, and what is known of a file's bytes."""

from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.active_safety.ranges import Ranges
from datacenter.protocols.active_safety.stream import (
    Frame,
    PacketHead,
    Payload,
    StreamSplitter,
    pack_packet,
)

from .strategies import ample


@ample
@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=30).map(lambda raw: raw.replace(b"\x7e", b"")).filter(bool).map(Frame),
            st.tuples(st.integers(0, 99), st.binary(max_size=60)),
        ),
        max_size=8,
    ),
    st.integers(1, 70),
)
def test_frames_and_packets_are_told_apart(drawn: list[Frame | tuple[int, bytes]], size: int) -> None:
    stream = b""
    expected: list[object] = []
    for one in drawn:
        if isinstance(one, Frame):
            stream += b"\x7e" + one.segment + b"\x7e"
            expected.append(one)
        else:
            stream += pack_packet("f", *one)
            expected.append(PacketHead("f", one[0], len(one[1])))
            expected.append(Payload(one[1]))
    splitter = StreamSplitter(packet_bytes=1000)
    found: list[object] = []
    for at in range(0, len(stream), size):
        for piece in splitter.feed(stream[at : at + size]):
            if isinstance(piece, Payload) and found and isinstance(found[-1], Payload):
                found[-1] = Payload(found[-1].data + piece.data)
            else:
                found.append(piece)
    assert found == [piece for piece in expected if piece != Payload(b"")]
    assert splitter.skipped == 0


def test_frames_may_share_a_flag_and_junk_is_stepped_over() -> None:
    splitter = StreamSplitter(packet_bytes=1000)
    pieces = splitter.feed(b"junk\x7e\x12\x10a\x7e\x12\x11b\x7e..." + pack_packet("f", 0, b"\x7e"))
    assert pieces == [Frame(b"\x12\x10a"), Frame(b"\x12\x11b"), PacketHead("f", 0, 1), Payload(b"\x7e")]
    assert splitter.skipped == 7


@ample
@given(st.integers(0, 60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20))
def test_ranges_know_each_byte(size: int, pairs: list[tuple[int, int]]) -> None:
    ranges, known = Ranges(size), set()
    for start, stop in pairs:
        stop = min(stop, size)
        touches = any(byte in known for byte in range(start - 1, stop + 1))
        assert start >= stop or ranges.grows(start, stop) == (not touches)
        ranges.add(start, stop)
        known |= set(range(start, stop))
    assert ranges.had == len(known)
    assert ranges.whole == (len(known) == size)
    assert {byte for start, stop in ranges.missing() for byte in range(start, stop)} == set(range(size)) - known
    assert Ranges(size, ranges.pairs()).pairs() == ranges.pairs()
    assert all(stop < start for (_, stop), (start, _) in zip(ranges.pairs(), ranges.pairs()[1:], strict=False))
