"""Framing: escapes, check bytes, headers, and cutting a stream however it arrives."""

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import (
    BadChecksum,
    BadEscape,
    EncryptedBody,
    FrameTooLong,
    HeaderTooShort,
    LengthMismatch,
    ProtocolError,
    SubPackaged,
    UnfitValue,
)
from datacenter.protocols.jt808.batch import split_stream
from datacenter.protocols.jt808.frame import FLAG, FrameSplitter, check, checksum, escape, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header, open_frame, require_readable

from .strategies import ample, header_editions, modest, rechecked, u16

streams = st.lists(
    st.one_of(st.binary(max_size=12), st.just(FLAG), st.just(b"\x7d\x01"), st.just(b"\x7d\x02"), st.just(b"\x7d")),
    max_size=30,
).map(b"".join)


def test_escape_is_the_standards_example() -> None:
    assert escape(bytes.fromhex("307E087D55")) == bytes.fromhex("307D02087D0155")


@ample
@given(st.binary(max_size=60))
def test_escaping_is_undone(raw: bytes) -> None:
    assert unescape(escape(raw)) == raw
    assert FLAG not in escape(raw)


@pytest.mark.parametrize("broken", [b"\x7d", b"ab\x7d", b"\x7d\x03", b"\x7d\x7d\x01"])
def test_a_lone_escape_is_refused_with_its_place(broken: bytes) -> None:
    with pytest.raises(BadEscape) as caught:
        unescape(broken)
    assert caught.value.offset == broken.index(b"\x7d")


@modest
@given(st.binary(max_size=1100))
def test_checksum_is_the_xor_of_all_bytes(raw: bytes) -> None:
    total = 0
    for byte in raw:
        total ^= byte
    assert checksum(raw) == total


def test_a_wrong_check_byte_is_refused_with_both_values() -> None:
    with pytest.raises(BadChecksum) as caught:
        check(bytes(13) + b"\x05")
    assert (caught.value.expected, caught.value.found) == (0, 5)


headers = st.builds(
    lambda edition, mid, phone, serial, split, packets: Header(
        mid,
        0,
        phone.zfill(20 if edition == Edition.V2019 else 12),
        serial,
        edition,
        subpackaged=split,
        packets=packets if split else 0,
        packet_no=packets if split else 0,
    ),
    header_editions, u16, st.text("0123456789", max_size=12), u16, st.booleans(), u16,
)  # fmt: skip


@modest
@given(headers)
def test_headers_are_read_back(header: Header) -> None:
    raw = unescape(seal(header.pack())[1:-1])
    assert open_frame(raw) == (header, b"")


def test_the_2019_flag_over_a_short_header_is_seen_by_the_length() -> None:
    content = bytearray(Header(0x0102, 12, "010030000681", 3, Edition.V2013).pack() + b"J10030000681")
    content[2] |= 0x40
    header, body = open_frame(rechecked(bytes(content) + b"\0"))
    assert (header.edition, header.phone, body) == (Edition.V2013, "010030000681", b"J10030000681")


def test_a_length_field_that_lies_is_refused_unless_told_so() -> None:
    content = Header(0x0200, 9, "013900000000", 3, Edition.V2013).pack() + b"12345678"
    raw = rechecked(content + b"\0")
    with pytest.raises(LengthMismatch) as caught:
        open_frame(raw)
    assert (caught.value.declared, caught.value.had) == (9, 8)
    assert open_frame(raw, strict_length=False)[1] == b"12345678"


@pytest.mark.parametrize("hexed", ["", "0101", "0200000001390000000000", "200020000123456789010001" + "00"])
def test_frames_shorter_than_their_header_are_refused(hexed: str) -> None:
    with pytest.raises(HeaderTooShort):
        open_frame(rechecked(bytes.fromhex(hexed) + b"\0"))


def test_bodies_that_cannot_stand_alone_are_refused_by_name() -> None:
    encrypted = Header(0x0200, 0, "1", 0, Edition.V2013, encryption=1)
    with pytest.raises(EncryptedBody) as caught:
        require_readable(encrypted)
    assert caught.value.method == 1
    with pytest.raises(SubPackaged):
        require_readable(Header(0x0200, 0, "1", 0, Edition.V2013, subpackaged=True, packets=2, packet_no=1))


@pytest.mark.parametrize(("phone", "length"), [("1" * 13, 0), ("x", 0), ("1", 1024)])
def test_headers_that_do_not_fit_are_refused(phone: str, length: int) -> None:
    with pytest.raises(UnfitValue):
        Header(0x0200, length, phone, 0, Edition.V2013).pack()


def segments(data: bytes, cuts: list[int], limit: int = 64) -> tuple[list[object], bytes, int]:
    splitter = FrameSplitter(limit)
    out: list[object] = []
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for begin, end in pairwise(edges):
        out += splitter.feed(data[begin:end])
    shown = [one if isinstance(one, bytes) else type(one) for one in out]
    return shown, splitter.remaining, splitter.skipped


@ample
@given(streams, st.lists(st.integers(0, 1 << 16), max_size=8), st.integers(4, 64))
def test_chunking_changes_nothing(data: bytes, cuts: list[int], limit: int) -> None:
    whole = segments(data, [], limit)
    assert segments(data, cuts, limit) == whole
    assert segments(data, list(range(len(data))), limit) == whole


def test_garbage_before_the_first_flag_is_skipped_and_counted() -> None:
    splitter = FrameSplitter()
    assert splitter.feed(b"garbage") == []
    assert splitter.feed(b"more\x7eab\x7e") == [b"ab"]
    assert splitter.skipped == 11


def test_one_flag_between_frames_ends_the_first_and_begins_the_second() -> None:
    assert FrameSplitter().feed(b"\x7eab\x7ecd\x7e\x7e\x7eef\x7e") == [b"ab", b"cd", b"ef"]


def test_the_unfinished_frame_is_kept() -> None:
    splitter = FrameSplitter()
    assert splitter.feed(b"\x7eab\x7e\x7ecd") == [b"ab"]
    assert splitter.remaining == b"\x7ecd"
    assert splitter.feed(b"ef\x7e") == [b"cdef"]
    assert splitter.remaining == b""


@pytest.mark.parametrize("chunk", [1000, 1 << 16, 10_000_000])
def test_ten_megabytes_without_a_flag_are_dropped_by_name_and_not_held(chunk: int) -> None:
    block = b"x" * chunk
    splitter = FrameSplitter()
    splitter.feed(b"\x7e")
    tracemalloc.start()
    dropped = [one for _ in range(10_000_000 // chunk) for one in splitter.feed(block)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(one) for one in dropped] == [FrameTooLong]
    assert held < 64_000
    assert splitter.remaining == b""
    assert splitter.feed(b"tail\x7eab\x7e") == [b"ab"]


@ample
@given(streams)
def test_the_vectorised_split_agrees(data: bytes) -> None:
    batch = split_stream(data)
    expected = [one for one in FrameSplitter(10_000).feed(data) if isinstance(one, bytes)]
    assert len(batch) == len(expected)
    for index, segment in enumerate(expected):
        try:
            raw: bytes | None = unescape(segment)
        except ProtocolError:
            raw = None
        if raw is None:
            assert batch.bad_escape is not None
            assert batch.bad_escape[index]
        else:
            assert batch.bad_escape is None or not batch.bad_escape[index]
            assert batch.frame(index) == raw
