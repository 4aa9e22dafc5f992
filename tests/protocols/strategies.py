"""Hypothesis strategies for JT/T 808: headers, messages, frames, and frames gone wrong."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from datacenter.protocols.jt808.extras import Extra
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import MAX_BODY, Edition, Header
from datacenter.protocols.jt808.messages import MESSAGES, LocationBatch, LocationReport, Register
from datacenter.protocols.tlv import TAIL, TlvList
from datacenter.protocols.wire import (
    ABSENT,
    GMT8,
    BcdTime,
    Bytes,
    Flags,
    Integer,
    Kind,
    Repeated,
    Scaled,
    SignMagnitude,
    Text,
)

EPOCH = datetime(2000, 1, 1, tzinfo=GMT8)
modest = settings(max_examples=60, deadline=None)
ample = settings(max_examples=250, deadline=None)

u8, u16, u32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))
header_editions = st.sampled_from([Edition.V2013, Edition.V2019])
moments = st.integers(0, int((datetime(2100, 1, 1, tzinfo=GMT8) - EPOCH).total_seconds()) - 1).map(
    lambda seconds: EPOCH + timedelta(seconds=seconds)
)


def texts(size: int | None, filled: bool = False) -> st.SearchStrategy[str]:
    """Text that fits ``size`` bytes of GB18030 and neither begins nor ends in a zero byte."""
    room = 40 if size is None else size
    alphabet = st.one_of(st.sampled_from("辽LA0123456789京粤测试"), st.characters(codec="utf-8"))
    return st.text(alphabet, max_size=room).filter(
        lambda text: len(text.encode("gb18030")) <= room and text == text.strip("\0") and (text != "" or not filled)
    )


KNOWN_SIZES = [
    (0x01, 4), (0x02, 2), (0x03, 2), (0x04, 2), (0x05, 30), (0x06, 2), (0x11, 1), (0x11, 5), (0x12, 6), (0x13, 7),
    (0x14, 4), (0x15, 4), (0x16, 4), (0x17, 2), (0x18, 2), (0x18, 3), (0x25, 4), (0x2A, 2), (0x2B, 4),
    (0x30, 1), (0x31, 1),
]  # fmt: skip
extras_known = st.one_of(
    [st.builds(Extra, st.just(item_id), st.binary(min_size=size, max_size=size)) for item_id, size in KNOWN_SIZES]
)
extras_any = st.builds(Extra, u8, st.binary(max_size=12))
extras_broken = st.one_of(
    st.builds(
        lambda item, data, more: Extra(item, data, len(data) + more), u8, st.binary(max_size=6), st.integers(1, 9)
    ),
    st.builds(lambda item: Extra(TAIL, bytes((item,))), u8),
)
extra_lists = st.builds(
    lambda whole, tail: (*whole, *tail),
    st.lists(st.one_of(extras_known, extras_any), max_size=8),
    st.one_of(st.just(()), st.just(()), st.tuples(extras_broken)),
)


def values_of(kind: Kind[Any], optional: bool) -> st.SearchStrategy[Any]:
    """Values that a field of ``kind`` can carry and give back."""
    if kind is ABSENT:
        return st.none()
    if optional:
        present = texts(None, filled=True) if isinstance(kind, Text) else values_of(kind, False)
        return st.one_of(st.none(), present)
    match kind:
        case Flags():
            return values_of(kind.base, False)
        case Integer():
            top = 1 << 8 * (kind.size or 1)
            return st.integers(-top // 2, top // 2 - 1) if kind.signed else st.integers(0, top - 1)
        case SignMagnitude():
            return st.integers(1 - kind.sign, kind.sign - 1)
        case Scaled():
            return values_of(kind.base, False).map(lambda raw: raw / kind.per_unit)
        case BcdTime():
            return moments.map(lambda moment: moment.replace(tzinfo=kind.zone))
        case Text():
            return texts(kind.size)
        case Bytes():
            return st.binary(min_size=kind.size or 0, max_size=kind.size or 20)
        case TlvList():
            return extra_lists
        case Repeated():
            fixed = kind.times if isinstance(kind.times, int) else None
            items = st.lists(values_of(kind.item, False), min_size=fixed or 0, max_size=fixed or 12)
            return items.map(tuple)
    raise NotImplementedError(kind)


def instances(form: type, edition: str) -> st.SearchStrategy[Any]:
    """Messages of ``form`` that ``edition`` can carry and give back."""
    if form is LocationBatch:
        items = st.lists(instances(LocationReport, edition), max_size=5)
        return st.builds(lambda reports, kind: LocationBatch.of(tuple(reports), kind), items, st.integers(0, 2))
    parts = {line.attribute: values_of(line.kind_in(edition), line.optional) for line in form.layout.lines}
    if form is Register and edition == Edition.V2011:
        parts["plate"] = texts(11)
    assert set(parts) == {item.name for item in fields(form)}
    return st.builds(form, **parts)


def messages(edition: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(MESSAGES.forms)).flatmap(lambda key: instances(MESSAGES.forms[key], edition))


locations = instances(LocationReport, Edition.V2013)


@st.composite
def location_frames(draw: st.DrawFn) -> bytes:
    """A raw frame of 0x0200 or 0x0704, check byte included, as a healthy terminal sends it."""
    edition = draw(header_editions)
    message = draw(st.one_of(locations, locations, instances(LocationBatch, edition)))
    body = message.encode(edition)[:MAX_BODY]
    long = edition == Edition.V2019
    phone = draw(st.text("0123456789", min_size=20 if long else 12, max_size=20 if long else 12))
    content = bytearray(Header(message.message_id, len(body), phone, draw(u16), edition).pack() + body)
    if not long and draw(st.integers(0, 5)) == 0:
        content[2] |= 0x40  # the flag of 2019 over a short header, as some terminals do
    return rechecked(bytes(content) + b"\0")


def rechecked(raw: bytes) -> bytes:
    """A raw frame with its last byte made the right check byte."""
    total = 0
    for byte in raw[:-1]:
        total ^= byte
    return raw[:-1] + bytes((total,))


@st.composite
def damaged_frames(draw: st.DrawFn) -> bytes:
    """A location frame after an accident; the check byte mostly mended, so that deeper rules are reached."""
    raw = bytearray(draw(location_frames()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(raw) - 1)))
        match draw(st.integers(0, 4)):
            case 0 if raw:
                raw[place] = draw(u8)
            case 1:
                del raw[place:]
            case 2:
                raw[place:place] = draw(st.binary(max_size=4))
            case 3 if len(raw) > 3:
                raw[2] ^= 1 << draw(st.integers(0, 7))
            case 4 if len(raw) > 20:
                spot = draw(st.integers(12, min(len(raw) - 1, 50)))
                raw[spot] = draw(st.sampled_from([0, 0x13, 0x32, 0x99, 0xFF, 0x1A]))
    if raw and draw(st.integers(0, 3)):
        if len(raw) > 16 and draw(st.booleans()):
            size = len(raw) - 1 - (17 if raw[2] & 0x40 else 12)
            if 0 <= size <= MAX_BODY:
                raw[2], raw[3] = raw[2] & 0xFC | size >> 8, size & 0xFF
        return rechecked(bytes(raw))
    return bytes(raw)


def sealed(message: Any, edition: Edition, phone: str = "013900001111", serial: int = 0) -> bytes:
    """The wire frame of one message."""
    body = message.encode(edition)
    return seal(Header(message.message_id, len(body), phone, serial, edition).pack() + body)
