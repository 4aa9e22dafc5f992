"""Hypothesis strategies, made from the tables: messages of any catalogue; frames of JT/T 808, and frames gone wrong.

``messages_of(catalogue, edition)`` and ``bodies(form, edition)`` are what tests of a standard need; a standard's own
field kinds are entered by ``@strategy(TheirKind)``.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from datacenter.protocols.composed import Coded, SignMagnitude
from datacenter.protocols.jt808.extras import Extra, ExtraList
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import MAX_BODY, Edition, Header
from datacenter.protocols.jt808.kinds import IfBit, LooseDate, LooseTime, Since2019
from datacenter.protocols.jt808.messages import MESSAGES, LocationBatch, LocationItems, LocationReport
from datacenter.protocols.jt808.messages.areas import AreaItems
from datacenter.protocols.layout import Catalogue, Layout, Struct
from datacenter.protocols.tlv import TAIL, Tlv, TlvList
from datacenter.protocols.wire import (
    ABSENT,
    GMT8,
    Bcd,
    BcdDate,
    BcdTime,
    Bytes,
    Flags,
    Integer,
    Kind,
    Reader,
    Repeated,
    Scaled,
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


Builder = Callable[[Any, dict[str, Any], str], st.SearchStrategy[Any]]
BUILDERS: dict[type[Kind[Any]], Builder] = {}


def strategy(*kinds: type[Kind[Any]]) -> Callable[[Builder], Builder]:
    """Enters ``build(kind, known, edition)`` as the strategy of these classes of kinds and of their subclasses.

    ``known`` holds the fields already drawn, by Python name. A standard's own kinds are entered in its tests.
    """

    def enter(build: Builder) -> Builder:
        BUILDERS.update(dict.fromkeys(kinds, build))
        return build

    return enter


def strategy_for(kind: Kind[Any], known: dict[str, Any] | None = None, edition: str = "") -> st.SearchStrategy[Any]:
    """Values that a field of ``kind`` can carry and give back."""
    for form in type(kind).__mro__:
        if form in BUILDERS:
            return BUILDERS[form](kind, known or {}, edition)
    raise NotImplementedError(kind)


def values_of(kind: Kind[Any], optional: bool = False) -> st.SearchStrategy[Any]:
    """The same for a kind by itself; an ``optional`` field is None, or something that lies on the wire."""
    values = strategy_for(kind)
    return st.one_of(st.none(), values.filter(lambda value: bool(kind.write(value)))) if optional else values


@strategy(type(ABSENT))
def _absent(kind: Kind[Any], known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return st.none()


@strategy(Integer)
def _integers(kind: Integer, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    top = 1 << 8 * (kind.size or 1)
    return st.integers(-top // 2, top // 2 - 1) if kind.signed else st.integers(0, top - 1)


@strategy(Flags, Coded)
def _based(kind: Any, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return strategy_for(kind.base, known, edition)


@strategy(SignMagnitude)
def _sign_magnitudes(kind: SignMagnitude, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return st.integers(1 - kind.sign, kind.sign - 1)


@strategy(Scaled)
def _scaled(kind: Scaled, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return strategy_for(kind.base, known, edition).map(lambda raw: raw / kind.per_unit)


@strategy(Bcd)
def _bcd(kind: Bcd, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    width = 2 * (kind.size or 0)
    return st.text("0123456789" if kind.strict else "0123456789abcdef", min_size=width, max_size=width)


@strategy(BcdTime)
def _times(kind: BcdTime, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return moments.map(lambda moment: moment.replace(tzinfo=kind.zone))


@strategy(BcdDate)
def _dates(kind: BcdDate, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return st.dates()


@strategy(LooseTime)
def _loose_times(kind: LooseTime, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    odd = st.one_of(
        st.binary(min_size=6, max_size=6), st.just(bytes(6)), moments.map(lambda m: b"\0\0\0" + BcdTime().write(m)[3:])
    )
    return st.one_of(strategy_for(kind.base), odd.map(lambda raw: kind.read(Reader(raw))))


@strategy(LooseDate)
def _loose_dates(kind: LooseDate, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return st.one_of(st.dates(), st.binary(min_size=4, max_size=4).map(lambda raw: kind.read(Reader(raw))))


@strategy(Text)
def _texts(kind: Text, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return texts(kind.size)


@strategy(Bytes)
def _bytes(kind: Bytes, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return st.binary(min_size=kind.size or 0, max_size=kind.size or 20)


@strategy(Struct)
def _structs(kind: Struct, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return instances(kind.layout.form, edition)


@strategy(Repeated)
def _lists(kind: Repeated, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    times = known.get(kind.times) if isinstance(kind.times, str) else kind.times
    items = strategy_for(kind.item, {}, edition)
    return st.lists(items, min_size=times or 0, max_size=FEW if times is None else times).map(tuple)


@strategy(TlvList)
def _tlvs(kind: TlvList, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    head, most = kind.id_size + kind.length_size, (1 << 8 * kind.length_size) - 1
    ids = st.one_of(st.sampled_from(sorted(kind.table) or [0]), st.integers(0, (1 << 8 * kind.id_size) - 1))
    whole = st.builds(Tlv, ids, st.binary(max_size=12))
    more = st.integers(1, min(9, most - 6))
    cut = st.builds(lambda item, data, lacking: Tlv(item, data, len(data) + lacking), ids, st.binary(max_size=6), more)
    stub = st.builds(lambda data: Tlv(TAIL, data), st.binary(min_size=1, max_size=head - 1))
    tails = st.one_of(st.just(()), st.just(()), st.tuples(st.one_of(cut, stub)))
    return st.builds(lambda items, tail: (*items, *tail), st.lists(whole, max_size=8), tails)


@strategy(ExtraList)
def _extras(kind: ExtraList, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return extra_lists


@strategy(IfBit)
def _if_bit(kind: IfBit, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return strategy_for(kind.kind, known, edition) if kind.present(known) else st.none()


@strategy(Since2019)
def _since_2019(kind: Since2019, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return strategy_for(kind.kind, known, edition) if edition == "2019" else st.none()


@strategy(AreaItems)
def _area_items(kind: AreaItems, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    return strategy_for(kind.lists.get(known["kind"], kind.unknown), known, edition)


@strategy(LocationItems)
def _location_items(kind: LocationItems, known: dict[str, Any], edition: str) -> st.SearchStrategy[Any]:
    reports = instances(LocationReport, edition)
    return st.lists(reports, min_size=known["count"], max_size=known["count"]).map(tuple)


FEW = 6
COUNTS = {"count"}
"""Fields that count what follows without the list's kind saying so; drawn small."""


@st.composite
def _instances(draw: st.DrawFn, form: Any, layout: Layout, edition: str) -> Any:
    kinds = [line.kind_in(edition) for line in layout.lines]
    counts = COUNTS | {kind.times for kind in kinds if isinstance(kind, Repeated) and isinstance(kind.times, str)}
    known: dict[str, Any] = {}
    ended = False
    for line, kind in zip(layout.lines, kinds, strict=True):
        if line.optional and (ended or draw(st.integers(0, 3)) == 0):
            known[line.attribute], ended = None, kind is not ABSENT or ended
            continue
        small = line.attribute in counts and isinstance(kind, Integer)
        value = draw(st.integers(0, FEW) if small else strategy_for(kind, known, edition))
        if line.optional and kind is not ABSENT and not kind.write(value, edition):
            value, ended = None, True  # nothing on the wire reads as absent
        known[line.attribute] = value
    return form(**known)


def settled(form: Any, edition: str, body: bytes) -> bool:
    """Whether ``body`` is read by the tables of ``edition`` under that edition's header."""
    found = form.edition_of(body, HEADERS.get(edition, edition)) if hasattr(form, "edition_of") else edition
    return all(line.kind_in(found) is line.kind_in(edition) for line in form.layout.lines)


HEADERS = {"2011": "2013", "2019bare": "2019"}
"""The edition that the header tells, where the body's is another."""


def instances(form: Any, edition: str = "") -> st.SearchStrategy[Any]:
    """Messages (or items, or inner structures) of ``form`` that ``edition`` can carry and give back."""
    layout: Layout = getattr(form, "layout", None) or Layout(form)
    drawn = _instances(form, layout, edition)
    if not hasattr(form, "edition_of") or not any(line.by_edition for line in layout.lines):
        return drawn
    return drawn.filter(lambda one: settled(form, edition, one.encode(edition)))


def messages_of(catalogue: Catalogue, edition: str = "") -> st.SearchStrategy[Any]:
    """Any message of ``catalogue`` that ``edition`` can carry and give back."""
    return st.sampled_from(sorted(catalogue.forms)).flatmap(lambda key: instances(catalogue.forms[key], edition))


@st.composite
def bodies(draw: st.DrawFn, form: Any = None, edition: str = "") -> bytes:
    """Any bytes; with a ``form``, mostly those of a message after an accident."""
    if form is None or draw(st.integers(0, 3)) == 0:
        return draw(st.binary(max_size=120))
    body = bytearray(draw(instances(form, edition)).encode(edition))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(body)))
        match draw(st.integers(0, 2)):
            case 0 if place < len(body):
                body[place] = draw(u8)
            case 1:
                del body[place:]
            case _:
                body[place:place] = draw(st.binary(max_size=4))
    return bytes(body)


def messages(edition: str) -> st.SearchStrategy[Any]:
    """Any message of JT/T 808."""
    return messages_of(MESSAGES, edition)


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
