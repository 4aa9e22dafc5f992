"""Hypothesis strategies for active safety: identifications of every practice, items, lists of files."""

from typing import Any

from hypothesis import strategies as st

from datacenter.protocols.active_safety.items import ITEMS, ItemList, walk
from datacenter.protocols.active_safety.messages import AttachmentList
from datacenter.protocols.active_safety.passthrough import Asked
from datacenter.protocols.active_safety.practices import SHAPES
from datacenter.protocols.active_safety.tag import AlarmTag, Followed, Tag
from datacenter.protocols.composed import Sized
from datacenter.protocols.errors import FieldError
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import Reader

from .strategies import extras_any, instances, strategy, strategy_for, u8

Known = dict[str, Any]
Values = st.SearchStrategy[Any]
practices = st.sampled_from(sorted(SHAPES))
tags = practices.flatmap(lambda practice: instances(AlarmTag, practice))


@strategy(Followed)
def _followed(kind: Followed, known: Known, edition: str) -> Values:
    return st.just(edition)


@strategy(Tag)
def _tags(kind: Tag, known: Known, edition: str) -> Values:
    return instances(AlarmTag, edition) if edition in SHAPES else tags


@strategy(Sized)
def _sized(kind: Sized, known: Known, edition: str) -> Values:
    def other(raw: bytes) -> bool:
        reader = Reader(raw)
        try:
            kind.kind.read(reader)
        except FieldError:
            return True
        return bool(reader.remaining)

    inner = strategy_for(kind.kind, {}, edition).filter(lambda value: len(kind.kind.write(value)) < 256)
    return st.one_of(inner, st.binary(max_size=9).filter(other))


@strategy(Asked)
def _asked(kind: Asked, known: Known, edition: str) -> Values:
    items = st.lists(strategy_for(kind.items.item), max_size=4).map(tuple)
    return st.one_of(st.lists(u8, max_size=6).map(tuple), items)


packed = st.sampled_from(sorted(ITEMS)).flatmap(lambda key: instances(ITEMS[key])).map(lambda alarm: alarm.pack())
small = packed.filter(lambda item: len(item.data) < 256)


@strategy(ItemList)
def _items(kind: ItemList, known: Known, edition: str) -> Values:
    def kept(items: tuple[Tlv, ...]) -> bool:
        data = kind.write(items)
        return tuple(walk(data, 0, len(data))) == items  # by chance, bytes may mend what isn't broken

    return st.lists(st.one_of(small, extras_any), max_size=5).map(tuple).filter(kept)


def lists_of_files() -> Values:
    """0x1210 of any practice; its own table decides which, so all but that one's are left out."""
    drawn = practices.flatmap(lambda practice: instances(AttachmentList, practice))
    return drawn.filter(lambda one: AttachmentList.edition_of(one.encode(), "") == one.tag.practice)
