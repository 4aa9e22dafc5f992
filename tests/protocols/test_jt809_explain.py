"""Frames of JT/T 809 field by field: every byte has its place, and what is wrong is said."""

import pytest
from hypothesis import given

from datacenter.protocols.explain import Explanation
from datacenter.protocols.explaining import as_text, explain_line
from datacenter.protocols.jt809.frame import unescape
from datacenter.protocols.jt809.header import Edition, Header, Key, sealed

from .goldens import FOLDER, Golden, load
from .jt809_strategies import damaged_frames
from .strategies import ample

GOLDENS = load(FOLDER.parent / "jt809")
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)


def explained(frame: bytes) -> Explanation:
    return explain_line(frame.hex(), "jt809")


@by_name
def test_every_byte_of_a_frame_lies_in_one_row(golden: Golden) -> None:
    told = explained(golden.frame)
    assert told.faults == []
    assert told.raw == unescape(golden.frame[1:-1])
    assert b"".join(one.raw for one in told.rows if one.depth == 0) == told.raw
    assert told.message == golden.says["message"]
    assert told.edition == golden.says["edition"]
    for one in told.rows:
        assert one.raw == told.raw[one.offset : one.stop]
        assert one.title
        assert one.clause.startswith("JT/T ") or not one.depth or one.name == "hex"
    as_text(told)


@ample
@given(damaged_frames())
def test_any_bytes_are_explained(frame: bytes) -> None:
    told = explained(frame)
    assert all(one.raw == told.raw[one.offset : one.stop] for one in told.rows)
    as_text(told)


def test_a_frame_says_what_it_carries_with_moments_and_clauses() -> None:
    told = explained(next(one.frame for one in GOLDENS if one.name == "9401_2011"))
    assert told.title.endswith("报警督办请求")
    text = as_text(told)
    assert "GMT+8" in text
    assert "JT/T 809-2011, sub-message 0x9401" in text


def test_what_is_wrong_is_said_where_it_is() -> None:
    frame = next(one.frame for one in GOLDENS if one.name == "9205_2019")
    broken = bytearray(unescape(frame[1:-1]))
    broken[-1] ^= 1
    assert [fault.code for fault in explained(b"\x5b" + bytes(broken) + b"\x5d").faults] == ["bad-crc"]
    assert next(fault.code for fault in explained(frame[:-2] + b"\x5a\x5d").faults) == "bad-escape"
    short = explained(b"\x5b" + bytes(10) + b"\x5d")
    assert "header-too-short" in {fault.code for fault in short.faults}
    closed = explained(sealed(Header(0x9300, 1, 1, Edition.V2011, encrypt=1, key=5), b"abc", Key(5, 6, 7)))
    assert [fault.code for fault in closed.faults] == ["encrypted-body"]


def test_a_frame_that_was_never_escaped_is_said_to_be() -> None:
    frame = sealed(Header(0x1005, 0x5A5B, 1, Edition.V2011), b"")
    bare = b"\x5b" + unescape(frame[1:-1]) + b"\x5d"
    assert explained(frame).notes == []
    assert len(explained(bare).notes) == 1
    assert explained(bare).faults == []
