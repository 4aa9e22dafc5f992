"""Compiled tables: what a table's generated function reads and writes is what the table says line by line."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt905.messages import MESSAGES as JT905
from datacenter.protocols.layout import Layout
from datacenter.protocols.wire import Reader

from . import jt905_strategies  # noqa: F401  # enters the kinds of that standard
from .strategies import bodies, instances, modest

few = settings(max_examples=12, deadline=None)

TABLES = [
    *((form, edition) for form in JT808.forms.values() for edition in Edition),
    *((form, "") for form in JT905.forms.values()),
]
every_table = pytest.mark.parametrize(
    ("form", "edition"), TABLES, ids=[f"{form.__module__.split('.')[-3]}-{form.__name__}-{e}" for form, e in TABLES]
)


def read_both_ways(layout: Layout, body: bytes, edition: str) -> list[Any]:
    """What each way gives: the message and where it ended, or the refusal with its field and place."""
    out: list[Any] = []
    for way in (layout.read, layout._read_by_line):
        reader = Reader(body, edition)
        try:
            out.append((way(reader), reader.pos))
        except FieldError as fault:
            out.append((type(fault), fault.field, fault.offset, fault.message))
    return out


def write_both_ways(layout: Layout, message: Any, edition: str) -> list[Any]:
    out: list[Any] = []
    for way in (layout.encode, layout._encode_by_line):
        try:
            out.append(way(message, edition))
        except FieldError as fault:
            out.append((type(fault), fault.field, fault.message))
    return out


@every_table
@few
@given(data=st.data())
def test_both_ways_write_and_read_the_same(form: Any, edition: str, data: st.DataObject) -> None:
    message = data.draw(instances(form, edition))
    written, by_line = write_both_ways(form.layout, message, edition)
    assert written == by_line
    read, by_line = read_both_ways(form.layout, written, edition)
    assert read == by_line
    assert type(read[0]) is form


@every_table
@few
@given(data=st.data())
def test_both_ways_refuse_the_same_bytes_for_the_same_reason(form: Any, edition: str, data: st.DataObject) -> None:
    read, by_line = read_both_ways(form.layout, data.draw(bodies(form, edition)), edition)
    assert read == by_line


WRONG = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5), st.just(()), st.just(object)
)


@pytest.mark.parametrize("message_id", [0x0200, 0x8001, 0x0100, 0x8202, 0x8203], ids=hex)
@modest
@given(data=st.data())
def test_both_ways_refuse_a_value_that_does_not_fit(message_id: int, data: st.DataObject) -> None:
    form = JT808.forms[message_id]
    message = data.draw(instances(form, "2013"))
    line = data.draw(st.sampled_from(form.layout.lines))
    object.__setattr__(message, line.attribute, data.draw(WRONG))
    ways: list[Any] = []
    for way in (form.layout.encode, form.layout._encode_by_line):
        try:
            ways.append(way(message, "2013"))
        except FieldError as fault:
            ways.append((type(fault), fault.field, fault.message))
        except (TypeError, ValueError, AttributeError) as fault:  # a value of no sense at all: both say so alike
            ways.append(type(fault))
    assert ways[0] == ways[1]


def test_a_message_that_was_filled_stays_frozen() -> None:
    message = JT808.decode(0x8001, bytes(5))
    with pytest.raises(AttributeError):
        message.result = 1
    assert message == type(message)(0, 0, 0)
    assert hash(message) == hash(type(message)(0, 0, 0))
