"""Field kinds: what they read, what they write back, what they refuse."""

from contextlib import suppress
from datetime import UTC, date, datetime
from enum import IntFlag

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.composed import SignMagnitude
from datacenter.protocols.errors import BadBcd, BadText, BadTime, FieldError, TruncatedBody, UnfitValue
from datacenter.protocols.tlv import TAIL, Tlv, TlvList
from datacenter.protocols.wire import (
    GMT8,
    I16,
    U8,
    U16,
    U32,
    UTC_TIME,
    Bcd,
    BcdDate,
    BcdTime,
    Bytes,
    Flags,
    Kind,
    Reader,
    Repeated,
    Scaled,
    Text,
)

from .strategies import modest, moments, texts, values_of


class Colour(IntFlag):
    RED = 1
    BLUE = 4


KINDS: list[Kind] = [
    U8, U16, U32, I16, Scaled(U32, 1e-6), Scaled(U16, 0.1), SignMagnitude(2), Flags(4, Colour), BcdTime(), UTC_TIME,
    Text(7), Text(), Text(count=U8), Bytes(3), Bytes(), Bytes(count=U16), Repeated(U16), Repeated(U8, times=4),
    Repeated(U16, count=U8), TlvList({}),
]  # fmt: skip


@modest
@given(st.data())
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{type(kind).__name__} {kind.title}")
def test_what_is_written_is_read_back(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(values_of(kind, False))
    reader = Reader(kind.write(value))
    assert kind.read(reader) == value
    assert not reader.remaining


@modest
@given(st.binary(max_size=40))
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{type(kind).__name__} {kind.title}")
def test_any_bytes_are_read_or_refused_by_name(kind: Kind, raw: bytes) -> None:
    with suppress(FieldError):
        kind.show(kind.read(Reader(raw)))


def test_text_is_stripped_of_padding_on_both_sides() -> None:
    assert Text(8).read(Reader(b"\0\0AB C\0\0\0")) == "AB C"
    assert Text(8).write("辽L1") == "辽L1".encode("gbk") + b"\0\0\0\0"


def test_bytes_that_are_no_gbk_are_refused_with_their_offset() -> None:
    with pytest.raises(BadText) as caught:
        Text().read(Reader(b"A\xff\xffB"))
    assert caught.value.offset == 1


@pytest.mark.parametrize(
    ("digits", "error"),
    [
        ("261331000000", BadTime),
        ("260231000000", BadTime),
        ("250229000000", BadTime),
        ("000000000000", BadTime),
        ("260101240000", BadTime),
        ("260101006000", BadTime),
        ("260101000060", BadTime),
        ("2601010000A0", BadBcd),
        ("F60101000000", BadBcd),
    ],
)
def test_times_that_name_no_moment_are_refused(digits: str, error: type[FieldError]) -> None:
    with pytest.raises(error):
        BcdTime().read(Reader(bytes.fromhex(digits)))


def test_terminal_time_is_gmt8_and_aware() -> None:
    read = BcdTime().read(Reader(bytes.fromhex("240229233000")))
    assert read == datetime(2024, 2, 29, 15, 30, tzinfo=UTC)
    assert BcdTime().show(read.astimezone(UTC)) == "2024-02-29 23:30:00"
    assert UTC_TIME.read(Reader(bytes.fromhex("240229233000"))) == datetime(2024, 2, 29, 23, 30, tzinfo=UTC)


@modest
@given(moments)
def test_times_survive_in_any_zone(moment: datetime) -> None:
    assert BcdTime().write(moment.astimezone(UTC)) == BcdTime().write(moment.astimezone(GMT8))


def test_dates_are_eight_digits() -> None:
    assert BcdDate().read(Reader(bytes.fromhex("20281231"))) == date(2028, 12, 31)
    assert BcdDate().write(date(2028, 12, 31)).hex() == "20281231"


def test_phones_with_hexadecimal_nibbles_are_kept_unless_strict() -> None:
    raw = bytes.fromhex("4EB6FB4AD628")
    assert Bcd(6).read(Reader(raw)) == "4eb6fb4ad628"
    assert Bcd(6).write("4eb6fb4ad628") == raw
    with pytest.raises(BadBcd):
        Bcd(6, strict=True).read(Reader(raw))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (U8, 256),
        (U16, -1),
        (U16, None),
        (I16, 40000),
        (Scaled(U16, 0.1), 6554),
        (Scaled(U16, 0.1), float("nan")),
        (Text(3), "辽宁"),
        (Text(), "\ud800"),
        (Bcd(6), "1234567890123"),
        (Bcd(6), "12 4"),
        (Bytes(3), b"12"),
        (BcdTime(), datetime(1999, 1, 1, tzinfo=UTC)),
        (SignMagnitude(2), 0x8000),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: Kind, value: object) -> None:
    with pytest.raises(UnfitValue):
        kind.write(value)


@modest
@given(texts(30))
def test_show_gives_the_length_beside_counted_text(text: str) -> None:
    assert Text(count=U8, count_name="n").beside(text) == {"n": len(text.encode("gb18030"))}


def test_a_counted_list_that_ends_early_is_truncated() -> None:
    with pytest.raises(TruncatedBody) as caught:
        Repeated(U16, count=U8).read(Reader(b"\x03\x00\x01\x00"))
    assert (caught.value.needed, caught.value.had, caught.value.offset) == (2, 1, 3)


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("", ()),
        ("300107", (Tlv(0x30, b"\x07"),)),
        ("3001073", None),
        ("30010733", (Tlv(0x30, b"\x07"), Tlv(TAIL, b"\x33"))),
        ("330501", (Tlv(0x33, b"\x01", 5),)),
        ("3300", (Tlv(0x33, b""),)),
    ],
)
def test_item_lists_keep_whatever_comes(raw: str, items: tuple[Tlv, ...] | None) -> None:
    if items is None:
        raw, items = raw + "3", (Tlv(0x30, b"\x07"), Tlv(TAIL, b"\x33"))
    kind = TlvList({})
    assert kind.read(Reader(bytes.fromhex(raw))) == items
    assert kind.write(items) == bytes.fromhex(raw)


@modest
@given(st.binary(max_size=80), st.sampled_from([1, 2, 4]), st.sampled_from([1, 2]))
def test_any_item_list_encodes_back_byte_for_byte(raw: bytes, id_size: int, length_size: int) -> None:
    kind = TlvList({}, id_size=id_size, length_size=length_size)
    assert kind.write(kind.read(Reader(raw))) == raw
