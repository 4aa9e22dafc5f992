"""Hypothesis strategies for JT/T 809: its own kinds of fields, families with what they carry, frames gone wrong."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from datacenter.protocols.jt808.kinds import kept
from datacenter.protocols.jt809.frame import seal
from datacenter.protocols.jt809.header import Edition, Header, sealed
from datacenter.protocols.jt809.kinds import (
    EPOCH,
    IN_MILLISECONDS,
    Bare,
    BytesOf,
    Extended,
    IfFits,
    IfKnown,
    ModelText,
    Named,
    UtcTime,
    moment_of,
)
from datacenter.protocols.jt809.messages import MESSAGES, SUB_MESSAGES, Family, TokenReport, carry

from . import active_safety_strategies  # noqa: F401  # enters Sized
from .strategies import COUNTS, instances, strategy, strategy_for, texts, u8, u32

Known = dict[str, Any]
Values = st.SearchStrategy[Any]
COUNTS.add("photo_bytes")
editions = st.sampled_from(list(Edition))
plates = texts(21)


@strategy(UtcTime)
def _times(kind: UtcTime, known: Known, edition: str) -> Values:
    seconds = st.integers(0, IN_MILLISECONDS).map(lambda count: EPOCH + timedelta(seconds=count))
    milli = st.integers(IN_MILLISECONDS + 1, 253_000_000_000_000).map(moment_of)
    return st.one_of(seconds, milli, st.integers(1 << 62, (1 << 64) - 1))


@strategy(Named)
def _named(kind: Named, known: Known, edition: str) -> Values:
    return strategy_for(kind.kind, known, edition)


@strategy(IfFits)
def _if_fits(kind: IfFits, known: Known, edition: str) -> Values:
    return st.one_of(st.none(), strategy_for(kind.kind, known, edition))


@strategy(IfKnown)
def _if_known(kind: IfKnown, known: Known, edition: str) -> Values:
    return st.none() if known[kind.attribute] is None else strategy_for(kind.kind, known, edition)


@strategy(ModelText)
def _models(kind: ModelText, known: Known, edition: str) -> Values:
    short = texts(8).map(lambda text: kept(text, text.encode("gb18030").ljust(8, b"\0")))
    return st.one_of(texts(20), short)


@strategy(BytesOf)
def _counted(kind: BytesOf, known: Known, edition: str) -> Values:
    return st.binary(min_size=known[kind.attribute], max_size=known[kind.attribute])


def spoken(edition: str) -> list[Any]:
    """Tables of sub-messages that an edition has."""
    every: list[Any] = [form for _, form in sorted(SUB_MESSAGES.forms.items())]
    return [form for form in every if edition >= form.SINCE]


@st.composite
def families(draw: st.DrawFn, edition: str, form: Any = None) -> Any:
    """A message of a family with what it carries; of ``form`` or of any, sometimes longer than its table."""
    sub: Any = draw(
        instances(form or draw(st.sampled_from(spoken(edition))), edition).filter(lambda one: clear(one, edition))
    )
    inner = sub
    if sub.message_id == TokenReport.message_id and draw(st.booleans()):
        inner = Bare(sub)
    elif draw(st.integers(0, 4)) == 0 and sub.layout.lines and not ends_open(sub, edition):
        inner = Extended(sub, draw(st.binary(min_size=1, max_size=8)))
    return carry(inner, edition, plate=draw(plates), plate_color=draw(u8))


def clear(sub: Any, edition: str) -> bool:
    """Whether a field that the length decides can be told to be missing; by chance, other bytes may look like it."""
    lines = [line for line in sub.layout.lines if isinstance(line.kind_in(edition), IfFits)]
    if all(getattr(sub, line.attribute) is not None for line in lines):
        return True
    again = sub.layout.decode(sub.layout.encode(sub, edition), edition)
    return all(getattr(again, line.attribute) == getattr(sub, line.attribute) for line in lines)


def ends_open(sub: Any, edition: str) -> bool:
    """Whether the last field takes everything to the end, or the data's length says which fields there are."""
    kinds = [line.kind_in(edition) for line in sub.layout.lines]
    titles = "".join(kind.title for kind in kinds)
    optional = any(line.optional for line in sub.layout.lines) or isinstance(kinds[2 % len(kinds)], ModelText)
    return optional or "由数据长度" in titles or kinds[-1].title in ("STRING", "BYTE[n]")


def links(edition: str) -> Values:
    """A link message."""
    forms = [form for _, form in sorted(MESSAGES.forms.items()) if not issubclass(form, Family)]
    return st.sampled_from(forms).flatmap(lambda form: instances(form, edition))


def messages(edition: str) -> Values:
    """Any message."""
    return st.one_of(families(edition), families(edition), links(edition))


@st.composite
def headers(draw: st.DrawFn, message_id: int, edition: str) -> Header:
    version = draw(st.binary(min_size=3, max_size=3)).hex()
    utc = draw(st.integers(946_684_800, 4_102_444_799)) if edition == "2019" else 0
    return Header(message_id, draw(u32), draw(u32), Edition(edition), version, 0, draw(u32), utc)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A sound frame of any message."""
    edition = draw(editions)
    message = draw(messages(edition))
    return sealed(draw(headers(message.message_id, edition)), message.encode(edition))


@st.composite
def damaged(draw: st.DrawFn, whole: Values) -> bytes:
    """Bytes after an accident or three."""
    content = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        match draw(st.integers(0, 2)):
            case 0 if place < len(content):
                content[place] = draw(u8)
            case 1:
                del content[place:]
            case _:
                content[place:place] = draw(st.binary(max_size=4))
    return bytes(content)


@st.composite
def damaged_frames(draw: st.DrawFn) -> bytes:
    """A frame after an accident; length and CRC mostly mended, so that deeper rules are reached."""
    edition = draw(editions)
    message = draw(messages(edition))
    whole = draw(headers(message.message_id, edition)).pack() + message.encode(edition)
    content = bytearray(draw(damaged(st.just(whole))))
    if draw(st.integers(0, 3)) and len(content) >= 4:
        content[:4] = (len(content) + 4).to_bytes(4, "big")
    if draw(st.integers(0, 4)) == 0:
        return b"\x5b" + bytes(content) + b"\x5d"
    return seal(bytes(content))
