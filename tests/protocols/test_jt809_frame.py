"""Frames of JT/T 809: flags, escapes, CRC, header, encryption, and streams in any pieces."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import EncryptedBody, FrameTooLong, HeaderTooShort, LengthMismatch, UnfitValue
from datacenter.protocols.jt809.errors import BadCrc, BadEscape, UnfinishedFrame
from datacenter.protocols.jt809.frame import FrameSplitter, check, crc, escape, is_bare, raw_of, seal, unescape
from datacenter.protocols.jt809.header import Edition, Header, Key, clear_body, edition_of, open_frame, sealed

from .jt809_document import crc as crc_by_bits
from .jt809_strategies import editions, frames
from .strategies import ample, modest, u32

KEY = Key(m1=10_000_019, ia1=20_000_003, ic1=30_000_001)


def header(edition: Edition = Edition.V2019, **facts: Any) -> Header:
    utc = 1_764_030_378 if edition == Edition.V2019 else 0
    return Header(0x1005, facts.pop("serial", 1), 211_100_809, edition, utc=utc, **facts)


@ample
@given(st.binary(max_size=60))
def test_unescaping_undoes_escaping(raw: bytes) -> None:
    escaped = escape(raw)
    assert not set(escaped) & {0x5B, 0x5D}
    assert unescape(escaped) == raw


@ample
@given(st.lists(st.sampled_from([0x5A, 0x5B, 0x5D, 0x5E, 1, 2, 0]), max_size=12).map(bytes))
def test_any_bytes_are_unescaped_or_refused_at_their_place(segment: bytes) -> None:
    try:
        raw = unescape(segment)
    except BadEscape as fault:
        at = fault.facts["offset"]
        assert segment[at] in (0x5A, 0x5E)
        assert segment[at + 1 : at + 2] not in (b"\1", b"\2")
    else:
        assert len(raw) == len(segment) - segment.count(0x5A) - segment.count(0x5E)


@modest
@given(st.binary(max_size=80))
def test_the_crc_is_that_of_the_paper_and_its_own_bytes_are_escaped(content: bytes) -> None:
    assert crc(content) == crc_by_bits(content)
    assert check(unescape(seal(b"x" + content)[1:-1])) == b"x" + content


def test_a_crc_that_needs_escapes_comes_through() -> None:
    contents = (bytes((high, low)) for high in range(256) for low in range(256))
    hard = next(one for one in contents if crc(one) in (0x5A5B, 0x5D5E, 0x5B5D, 0x5E5A))
    assert seal(hard)[-5:-1] == escape(crc(hard).to_bytes(2, "big"))
    assert check(unescape(seal(hard)[1:-1])) == hard


def test_a_wrong_crc_says_expected_and_found() -> None:
    raw = bytearray(unescape(sealed(header(), b"")[1:-1]))
    raw[-1] ^= 1
    with pytest.raises(BadCrc) as refused:
        open_frame(bytes(raw))
    assert refused.value.facts["expected"] ^ refused.value.facts["found"] == 1


def test_a_frame_that_was_never_escaped_is_taken_where_length_and_crc_agree() -> None:
    wire = sealed(header(serial=0x5A015E02), b"")
    raw = unescape(wire[1:-1])
    assert raw_of(wire[1:-1]) == raw_of(raw) == raw
    assert is_bare(raw)
    assert not is_bare(wire[1:-1])
    broken = raw[:-1] + bytes((raw[-1] ^ 1,))
    assert raw_of(broken) == unescape(broken)  # wrong as it lies: read by the book


# --- Header ---


@pytest.mark.parametrize("edition", list(Edition))
@modest
@given(body=st.binary(max_size=30), serial=u32)
def test_headers_come_back(edition: Edition, body: bytes, serial: int) -> None:
    sent = header(edition, serial=serial)
    found, again = open_frame(unescape(sealed(sent, body)[1:-1]), edition)
    assert again == body
    assert (found.serial, found.length, found.size) == (serial, found.size + len(body) + 4, 30 if sent.utc else 22)
    assert found.show()["version"] == "010000"
    assert ("utc" in found.show()) is (edition == Edition.V2019)


def test_the_send_time_tells_the_editions_apart() -> None:
    for sent in (header(), header(Edition.V2011)):
        for body in (b"", bytes(12), b"\xc1\xc9" + bytes(30)):
            assert open_frame(unescape(sealed(sent, body)[1:-1]))[0].edition == sent.edition
    assert edition_of(header().pack()[:22] + (1_764_030_378_123).to_bytes(8, "big")) == Edition.V2019
    assert edition_of(header().pack()[:22] + bytes(8)) == Edition.V2011
    named, _ = open_frame(unescape(sealed(header(Edition.V2011), bytes(9))[1:-1]), "2019")
    assert named.edition == Edition.V2019


def test_the_send_time_is_a_moment_or_nothing() -> None:
    assert str(header().sent_at) == "2025-11-25 00:26:18+00:00"
    assert header(Edition.V2011).sent_at is None
    absurd = Header(1, 1, 1, Edition.V2019, utc=(1 << 64) - 1)
    assert absurd.sent_at is None


@pytest.mark.parametrize("wrong", [{"length": 1 << 32}, {"version": "0102"}, {"version": "xx"}, {"key": -1}])
def test_a_header_that_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UnfitValue):
        Header(**({"message_id": 1, "serial": 1, "access_code": 1, "edition": Edition.V2011} | wrong)).pack()  # type: ignore[arg-type]


def test_lengths_that_lie_are_refused() -> None:
    content = header().pack()
    for length in (0, 33, 35, 0xFFFFFFFF):
        lying = length.to_bytes(4, "big") + content[4:]
        with pytest.raises(LengthMismatch) as refused:
            open_frame(unescape(seal(lying)[1:-1]))
        assert refused.value.facts == {"declared": length, "had": 34}
        assert open_frame(unescape(seal(lying)[1:-1]), strict_length=False)[1] == b""
    with pytest.raises(HeaderTooShort):
        open_frame(unescape(seal(content[:21])[1:-1]))
    with pytest.raises(HeaderTooShort):
        open_frame(unescape(seal(content[:29])[1:-1]), "2019")
    for tiny in (b"", b"a", b"ab"):
        with pytest.raises(HeaderTooShort):
            check(tiny)


# --- Encryption ---


@modest
@given(st.binary(max_size=80), u32, editions)
def test_decryption_undoes_encryption(body: bytes, seed: int, edition: Edition) -> None:
    sent = header(edition, encrypt=1, key=seed)
    found, cipher = open_frame(unescape(sealed(sent, body, KEY)[1:-1]), edition)
    assert clear_body(found, cipher, KEY) == body
    assert KEY.apply(seed, KEY.apply(seed, body)) == body


def test_the_key_stream_is_that_of_the_paper() -> None:
    key, expected = 9999, []
    for _ in range(5):
        key = (KEY.ia1 * (key % KEY.m1) + KEY.ic1) % (1 << 32)
        expected.append((key >> 20) & 0xFF)
    assert list(KEY.stream(9999, 5)) == expected
    assert KEY.stream(0, 4) == KEY.stream(1, 4)  # a key of 0 counts as 1, and so does a modulus of 0
    assert Key(0, 3, 5).stream(7, 2) == Key(1, 3, 5).stream(7, 2)
    assert KEY.apply(7, b"") == b""


def test_an_encrypted_body_without_a_key_is_refused_by_name() -> None:
    sent = header(encrypt=1, key=7)
    with pytest.raises(EncryptedBody):
        sealed(sent, b"abc")
    with pytest.raises(EncryptedBody):
        clear_body(sent, b"abc", None)


# --- Streams ---


@ample
@given(st.lists(frames(), min_size=1, max_size=4), st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_chunking_changes_nothing(sent: list[bytes], sizes: list[int]) -> None:
    stream, splitter, found, at, turn = b"".join(sent) + b"\x5b\x01", FrameSplitter(), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        found += splitter.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == [frame[1:-1] for frame in sent]
    assert splitter.remaining == b"\x5b\x01"


@ample
@given(st.binary(max_size=80), st.integers(1, 9))
def test_any_stream_gives_the_same_in_any_pieces(data: bytes, size: int) -> None:
    whole, pieces = FrameSplitter(30), FrameSplitter(30)
    at_once = [one if isinstance(one, bytes) else type(one) for one in whole.feed(data)]
    bit_by_bit: list[object] = []
    for at in range(0, len(data), size):
        bit_by_bit += [one if isinstance(one, bytes) else type(one) for one in pieces.feed(data[at : at + size])]
    assert at_once == bit_by_bit
    assert (whole.skipped, whole.remaining) == (pieces.skipped, pieces.remaining)


def test_noise_between_frames_is_skipped_and_counted() -> None:
    splitter = FrameSplitter()
    frame = sealed(header(), b"")
    assert splitter.feed(b"noise\x5d" + frame + b"xy" + frame) == [frame[1:-1]] * 2
    assert splitter.skipped == 8


def test_a_frame_cut_off_by_the_next_costs_itself_alone() -> None:
    splitter = FrameSplitter()
    frame = sealed(header(), b"")
    cut, whole = splitter.feed(frame[:9] + frame)
    assert isinstance(cut, UnfinishedFrame)
    assert cut.facts["had"] == 8
    assert whole == frame[1:-1]
    assert splitter.feed(b"\x5b\x5b\x5b" + frame) == [frame[1:-1]]  # flags alone are no frame


def test_a_frame_without_an_end_is_dropped_within_bounds() -> None:
    splitter = FrameSplitter(limit=1000)
    frame = sealed(header(), b"")
    found = [one for _ in range(300) for one in splitter.feed(b"\x5b" if _ == 0 else b"x" * 100)]
    assert [type(one) for one in found] == [FrameTooLong]
    assert len(splitter.remaining) <= 1001
    assert splitter.feed(b"\x5d" + frame) == [frame[1:-1]]


def test_ten_thousand_partial_frames_hold_no_memory() -> None:
    splitter = FrameSplitter(limit=1000)
    for _ in range(10_000):
        refused = splitter.feed(b"\x5b" + b"p" * 900)
        assert len(refused) <= 1
    assert len(splitter.remaining) == 901
