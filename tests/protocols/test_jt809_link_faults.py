"""Links of JT/T 809 when nobody answers, nobody speaks, or what comes is no frame."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import FrameTooLong, LengthMismatch, TruncatedBody
from datacenter.protocols.jt809.connection import Connection
from datacenter.protocols.jt809.errors import BadCrc, BadEscape, UnfinishedFrame, WrongDirection
from datacenter.protocols.jt809.events import (
    AnswerMissing,
    BadFrame,
    KeepAliveAsked,
    LinkSilent,
    Received,
    Unknown,
)
from datacenter.protocols.jt809.frame import seal, unescape
from datacenter.protocols.jt809.header import Edition, Header, sealed
from datacenter.protocols.jt809.messages import KeepAlive
from datacenter.protocols.jt809.rules import End, Link, Phase

from .jt809_pair import CODE, NOW, VERIFY, heard, only, pair, refusal, up
from .jt809_strategies import frames
from .strategies import modest

# --- Time ---


@pytest.mark.parametrize(("link", "message_id"), [(Link.MAIN, 0x1001), (Link.SUB, 0x9001)])
def test_a_login_that_nobody_answers_is_given_up(link: Link, message_id: int) -> None:
    opener, _ = pair(link)
    if link is Link.MAIN:
        opener.login(1, "", "", 1, NOW)
    else:
        opener.connect(VERIFY, NOW)
    assert opener.tick(NOW + 29).events == []
    assert opener.tick(NOW + 30).events == [AnswerMissing(message_id)]
    assert opener.phase is Phase.NEW
    assert opener.tick(NOW + 99).events == []


def test_a_logout_that_nobody_answers_closes_the_link() -> None:
    lower, _ = up(Link.MAIN)
    lower.logout(7, "secret", NOW)
    assert lower.tick(NOW + 30).events == [AnswerMissing(0x1003)]
    assert lower.phase is Phase.CLOSED


def test_a_silent_link_is_lost_once_and_noise_does_not_keep_it() -> None:
    _, upper = up(Link.MAIN)
    upper.receive(b"\x5bnoise\x5d", NOW + 100)
    refusal(heard(upper, 0x9001), WrongDirection)
    [silent] = upper.tick(NOW + 180).events
    assert isinstance(silent, LinkSilent)
    assert (silent.silent_s, upper.phase) == (180, Phase.CLOSED)
    assert upper.tick(NOW + 999).events == []
    upper, _ = up(Link.SUB)
    upper.receive(sealed(Header(0x9006, 1, CODE, Edition.V2011), b""), NOW + 170)
    assert upper.tick(NOW + 180).events == []
    fresh = Connection(Link.MAIN, End.SUPERIOR)
    fresh.phase = Phase.UP
    assert fresh.tick(NOW).events == []  # silence is counted from the first look


# --- Bad frames ---


def test_a_bad_frame_says_why_and_ends_nothing() -> None:
    lower, upper = up(Link.MAIN)
    good = lower.send(KeepAlive())
    flipped = unescape(good[1:-1])
    content = Header(0x1005, 9, CODE, Edition.V2011, length=99).pack()
    bad: list[tuple[bytes, type]] = [
        (b"\x5b" + flipped[:-1] + bytes((flipped[-1] ^ 1,)) + b"\x5d", BadCrc),
        (b"\x5b\x5a\x07\x5d", BadEscape),
        (seal(content), LengthMismatch),
        (good[:7] + good, UnfinishedFrame),
        (lower.send_body(0x1200, b"\x00" * 22 + b"\x12\x02\xff\xff\xff\xff"), TruncatedBody),
    ]
    for count, (data, error) in enumerate(bad, start=1):
        first = upper.receive(data)[0]
        assert isinstance(first, BadFrame)
        assert type(first.error) is error
        assert upper.bad_frames == count
        only(upper.receive(good), KeepAliveAsked)
    assert upper.phase is Phase.UP


def test_ten_thousand_partial_frames_and_one_without_end_hold_no_memory() -> None:
    _, upper = up(Link.MAIN, limit=2000)
    for _ in range(10_000):
        upper.receive(b"\x5b" + b"p" * 1500)
    assert upper.bad_frames == 9_999
    long = [one for _ in range(1000) for one in upper.receive(b"q" * 1000)]
    refusal(long, FrameTooLong)
    only(heard(upper, 0x1005)[-1:], KeepAliveAsked)


@modest
@given(st.lists(frames(), max_size=4), st.integers(1, 50), st.booleans())
def test_chunking_changes_no_events(sent: list[bytes], size: int, down: bool) -> None:
    whole, pieces = up(Link.MAIN)[1], up(Link.MAIN)[1]
    for one in (whole, pieces):
        one.other_down, one.edition, one.access_code = down, None, 0
    stream = b"".join(sent)
    at_once = whole.receive(stream)
    bit_by_bit = [event for at in range(0, len(stream), size) for event in pieces.receive(stream[at : at + size])]
    assert list(map(told, at_once)) == list(map(told, bit_by_bit))
    assert (whole.phase, whole.bad_frames, whole.missed) == (pieces.phase, pieces.bad_frames, pieces.missed)


def told(event: Any) -> Any:
    """An event without the identity of its error."""
    return (type(event.error), event.raw, event.header) if isinstance(event, BadFrame) else event


@modest
@given(st.binary(max_size=100), st.sampled_from(list(Link)), st.sampled_from(list(End)), st.sampled_from(list(Phase)))
def test_any_bytes_give_events_and_never_raise(data: bytes, link: Link, end: End, phase: Phase) -> None:
    for fed in (data, b"\x5b" + data + b"\x5d", seal(data)):
        connection = Connection(link, end)
        connection.phase = phase
        for event in connection.receive(fed):
            assert isinstance(event, BadFrame | Received | Unknown)
            if isinstance(event, BadFrame):
                assert event.error.code
                assert event.error.message
