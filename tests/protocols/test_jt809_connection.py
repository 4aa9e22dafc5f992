"""Links of JT/T 809: coming and going in all four roles, what is lawful when and where, time, bad frames."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import EncryptedBody, FrameTooLong, LengthMismatch, TruncatedBody, UnfitValue
from datacenter.protocols.jt809.connection import (
    Connection,
    NotLoggedIn,
    OtherPlatform,
    WrongDirection,
    WrongLink,
)
from datacenter.protocols.jt809.events import (
    AnswerMissing,
    BadFrame,
    Carried,
    ClosingAnnounced,
    ConnectAnswered,
    ConnectAsked,
    KeepAliveAnswered,
    KeepAliveAsked,
    LinkSilent,
    LoginAnswered,
    LoginAsked,
    LogoutAnswered,
    LogoutAsked,
    OtherLinkBroken,
    Received,
    Unknown,
)
from datacenter.protocols.jt809.frame import BadCrc, BadEscape, UnfinishedFrame, seal, unescape
from datacenter.protocols.jt809.header import Edition, Header, Key, open_frame, sealed
from datacenter.protocols.jt809.messages import (
    MESSAGES,
    SUB_MESSAGES,
    DriverQuery,
    KeepAlive,
    KeepAliveReply,
    Location,
    LocationUp,
    LoginReply,
    LowerCloses,
    MainLinkBroken,
    NotInEdition,
    PositionsReceived,
    PostCheck,
    StartExchange,
    Statistics,
    SubLinkBroken,
    UpperCloses,
    WaybillUp,
    family_form,
)
from datacenter.protocols.jt809.rules import ANSWERS, LAWFUL, UPKEEP, End, Link, Phase, right_link, sender_of

from .jt809_strategies import frames
from .strategies import modest

CODE, VERIFY, NOW = 211_100_809, 54_321, 1_764_030_378.0
KEY = Key(m1=10_000_019, ia1=20_000_003, ic1=30_000_001)
PLATE: dict[str, Any] = {"plate": "辽LT0809", "plate_color": 2}
POSITION = LocationUp(
    Location(day=25, month=11, year=2026, hour=8, minute=0, second=0, longitude_deg=122.0, latitude_deg=41.0)
)
both = pytest.mark.parametrize("edition", list(Edition))


def pair(link: Link, edition: Edition = Edition.V2011, **options: Any) -> tuple[Connection, Connection]:
    """The opener of a link and the other end, not yet logged in."""
    opener = End.SUBORDINATE if link is Link.MAIN else End.SUPERIOR
    first = Connection(link, opener, edition=edition, access_code=CODE, **options)
    known = {} if link is Link.MAIN else {"access_code": CODE}  # a lower platform knows its own
    return first, Connection(link, opener.other, edition=edition, **known, **options)


def only(events: list[Any], kind: type) -> Any:
    [event] = events
    assert type(event) is kind, event
    return event


def refusal(events: list[Any], kind: type) -> Any:
    error = only(events, BadFrame).error
    assert type(error) is kind, error
    return error


def up(link: Link, edition: Edition = Edition.V2011, **options: Any) -> tuple[Connection, Connection]:
    """The same, logged in."""
    opener, other = pair(link, edition, **options)
    if link is Link.MAIN:
        other.receive(opener.login(7, "secret", "127.0.0.1", 7613, NOW), NOW)
    else:
        other.verify_code = VERIFY
        other.receive(opener.connect(VERIFY, NOW), NOW)
    opener.receive(other.admit(VERIFY, NOW), NOW)
    assert opener.phase is other.phase is Phase.UP
    return opener, other


# --- Coming and going ---


@both
def test_a_lower_platform_logs_in_and_the_upper_one_comes_back_with_the_code(edition: Edition) -> None:
    lower, upper = pair(Link.MAIN, edition)
    asked = only(upper.receive(lower.login(7, "secret", "127.0.0.1", 7614, NOW), NOW), LoginAsked)
    assert (asked.message.user_id, asked.message.password, asked.message.down_port) == (7, "secret", 7614)
    assert asked.message.access_code == (CODE if edition == Edition.V2019 else None)
    assert (upper.phase, upper.access_code, lower.phase) == (Phase.ASKED, CODE, Phase.ASKED)
    answered = only(lower.receive(upper.admit(VERIFY, NOW), NOW), LoginAnswered)
    assert answered.message.verify_code == lower.verify_code == upper.verify_code == VERIFY

    back, listener = pair(Link.SUB, edition)
    listener.verify_code = lower.verify_code
    asked = only(listener.receive(back.connect(upper.verify_code, NOW), NOW), ConnectAsked)
    assert listener.judge(asked) == 0
    only(back.receive(listener.admit(now=NOW), NOW), ConnectAnswered)
    assert back.phase is listener.phase is Phase.UP


def test_a_wrong_code_on_the_sub_link_is_judged_wrong_and_turned_away() -> None:
    upper, lower = pair(Link.SUB)
    lower.verify_code = VERIFY
    asked = only(lower.receive(upper.connect(VERIFY + 1)), ConnectAsked)
    assert lower.judge(asked) == 1
    answered = only(upper.receive(lower.turn_away(1)), ConnectAnswered)
    assert answered.message.result == 1
    assert upper.phase is lower.phase is Phase.NEW


def test_a_login_turned_away_may_be_tried_again_by_another_platform() -> None:
    lower, upper = pair(Link.MAIN)
    upper.receive(lower.login(7, "wrong", "127.0.0.1", 1))
    assert only(lower.receive(upper.turn_away(4)), LoginAnswered).message.result == 4
    assert (lower.phase, upper.phase, upper.access_code) == (Phase.NEW, Phase.NEW, 0)
    other = Connection(Link.MAIN, End.SUBORDINATE, edition=Edition.V2011, access_code=CODE + 1)
    only(upper.receive(other.login(8, "right", "127.0.0.1", 1)), LoginAsked)
    fixed = Connection(Link.MAIN, End.SUPERIOR, access_code=CODE)
    fixed.receive(lower.login(7, "wrong", "127.0.0.1", 1))
    fixed.turn_away(4)
    assert fixed.access_code == CODE  # what the owner has set stays


@pytest.mark.parametrize("link", list(Link))
def test_whoever_opened_a_link_keeps_it_alive_and_logs_out(link: Link) -> None:
    opener, other = up(link)
    due = opener.tick(NOW + 60)
    asked = only(other.receive(due.frames, NOW + 60), KeepAliveAsked)
    only(opener.receive(other.reply_to(asked, NOW + 60), NOW + 60), KeepAliveAnswered)
    assert opener.tick(NOW + 61).frames == other.tick(NOW + 61).frames == b""
    asked = only(other.receive(opener.logout(7, "secret")), LogoutAsked)
    assert opener.phase is Phase.LEAVING
    only(opener.receive(other.reply_to(asked)), LogoutAnswered)
    assert opener.phase is other.phase is Phase.CLOSED
    with pytest.raises(WrongDirection):
        up(link)[1].logout()
    with pytest.raises(NotLoggedIn):
        opener.logout()


def test_a_closed_main_link_may_be_opened_again() -> None:
    lower, upper = up(Link.MAIN)
    [asked] = upper.receive(lower.logout(7, "secret"))
    lower.receive(upper.reply_to(asked))
    only(upper.receive(lower.login(7, "secret", "127.0.0.1", 1)), LoginAsked)
    lower.receive(upper.admit(9))
    assert lower.phase is upper.phase is Phase.UP


def test_only_the_right_end_may_log_in_connect_or_admit() -> None:
    lower, upper = pair(Link.MAIN)
    with pytest.raises(WrongDirection):
        upper.login(1, "", "", 1)
    with pytest.raises(WrongLink):
        upper.connect(1)
    with pytest.raises(WrongDirection):
        lower.connect(1)
    for nobody_asked in (upper, lower):
        with pytest.raises(NotLoggedIn):
            nobody_asked.admit()
        with pytest.raises(NotLoggedIn):
            nobody_asked.turn_away(1)
    with pytest.raises(WrongLink):
        Connection(Link.SUB, End.SUBORDINATE).login(1, "", "", 1)
    with pytest.raises(NotLoggedIn):
        up(Link.MAIN)[0].login(1, "", "", 1)


# --- What is lawful when, and where ---


def heard(receiver: Connection, message_id: int, body: bytes = b"", **facts: Any) -> list[Any]:
    edition = receiver.edition or Edition.V2011
    header = Header(message_id, 1, facts.pop("access_code", CODE), edition, utc=int(NOW), **facts)
    return receiver.receive(sealed(header, body), NOW)


def test_nothing_but_a_login_is_taken_before_it() -> None:
    for link in Link:
        opener, other = pair(link)
        for message_id in MESSAGES.forms:
            for end in (opener, other):
                if sender_of(message_id) is end.end.other and right_link(message_id, link, False):
                    login = end is other and message_id in (0x1001, 0x9001)
                    if not login:
                        refusal(heard(end, message_id), NotLoggedIn)
    assert set(LAWFUL) == {(phase, opened) for phase in Phase for opened in (True, False)}


def test_an_answer_nobody_asked_for_changes_nothing() -> None:
    lower, _ = pair(Link.MAIN)
    refusal(heard(lower, 0x1002, LoginReply(0, 1).encode()), NotLoggedIn)
    assert lower.phase is Phase.NEW
    lower.login(1, "", "", 1)
    only(heard(lower, 0x1002, LoginReply(0, 1).encode()), LoginAnswered)


def test_messages_come_from_the_platform_that_may_say_them() -> None:
    lower, upper = up(Link.MAIN)
    upper.other_down = lower.other_down = True
    for message_id in MESSAGES.forms:
        end = lower if sender_of(message_id) is End.SUBORDINATE else upper
        refusal(heard(end, message_id), WrongDirection)
        with pytest.raises(WrongDirection):
            (upper if end is lower else lower).send_body(message_id, b"")
    assert {one for one in MESSAGES.forms if sender_of(one) is End.SUPERIOR and one < 0x9000} == {
        0x1002,
        0x1004,
        0x1006,
    }


def test_each_link_has_its_own_traffic_until_the_other_is_down() -> None:
    lower, upper = up(Link.MAIN)
    check = PostCheck(object_type=1, object_id="1", info_id=7, content="在岗？")
    with pytest.raises(WrongLink):
        upper.exchange(check)
    sub_upper, sub_lower = up(Link.SUB)
    only(sub_lower.receive(sub_upper.exchange(check)), Carried)
    refusal(heard(sub_upper, 0x1200), WrongLink)
    refusal(heard(sub_upper, 0x1005), WrongLink)
    only(lower.receive(upper.send(SubLinkBroken(1))), OtherLinkBroken)
    upper.other_down = True
    event = only(lower.receive(upper.exchange(check)), Carried)
    assert event.sub == check
    only(sub_upper.receive(sub_lower.send(MainLinkBroken(0))), OtherLinkBroken)
    sub_lower.other_down = True
    only(sub_upper.receive(sub_lower.exchange(POSITION, **PLATE)), Carried)
    refusal(heard(sub_upper, 0x1005), WrongLink)  # the upkeep of a link stays on it
    refusal(heard(lower, 0x9005), WrongLink)


def test_both_ends_may_announce_that_they_close() -> None:
    lower, upper = up(Link.MAIN)
    only(upper.receive(lower.send(LowerCloses(0))), ClosingAnnounced)
    assert upper.phase is Phase.CLOSED
    sub_upper, sub_lower = up(Link.SUB)
    only(sub_lower.receive(sub_upper.send(UpperCloses(1))), ClosingAnnounced)


def test_a_frame_with_another_access_code_is_refused_from_below_and_taken_from_above() -> None:
    lower, upper = up(Link.MAIN)
    refusal(heard(upper, 0x1005, access_code=CODE + 1), OtherPlatform)
    only(heard(upper, 0x1005), KeepAliveAsked)
    only(heard(lower, 0x1006, access_code=0), KeepAliveAnswered)


# --- Messages ---


@both
def test_what_one_end_sends_the_other_gets(edition: Edition) -> None:
    upper, lower = up(Link.SUB, edition)
    for sub in (StartExchange(0), DriverQuery(1 if edition == Edition.V2019 else None)):
        event = only(lower.receive(upper.exchange(sub, **PLATE, now=NOW), NOW), Carried)
        assert event.sub == sub
        assert (event.message.plate, event.message.plate_color) == ("辽LT0809", 2)
        assert event.header.sent_at is None or event.header.sent_at.timestamp() == NOW
    count = PositionsReceived(5, 0, 9)
    assert only(lower.receive(upper.send(count)), Received).body == count.encode()
    main, top = up(Link.MAIN, edition)
    statistics = Statistics("21110000", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC), 3, 4, 5)
    if edition == Edition.V2011:
        with pytest.raises(NotInEdition):
            main.exchange(statistics)
    else:
        assert only(top.receive(main.exchange(statistics)), Carried).sub == statistics


def test_unknown_messages_are_handed_on_and_can_be_sent_on_byte_for_byte() -> None:
    lower, upper = up(Link.MAIN)
    event = only(upper.receive(lower.send_body(0x1777, b"\x5b\x5d\x5a")), Unknown)
    assert (event.header.message_id, event.body) == (0x1777, b"\x5b\x5d\x5a")
    body = b"\x00" * 21 + b"\x02\x12\xf0" + (2).to_bytes(4, "big") + b"ab"
    carried = only(upper.receive(lower.send_body(0x1200, body)), Carried)
    assert carried.sub is None
    assert carried.message.encode("2011") == carried.body == body


def test_a_value_that_does_not_fit_costs_no_serial_number() -> None:
    lower, _ = up(Link.MAIN)
    before = lower.serial
    with pytest.raises(UnfitValue):
        lower.exchange(WaybillUp(5), **PLATE)  # type: ignore[arg-type]
    assert lower.serial == before


def test_serial_numbers_wrap_and_jumps_are_counted() -> None:
    lower, upper = up(Link.MAIN, serial=0xFFFFFFFE)
    frames_sent = [lower.send(KeepAlive()) for _ in range(3)]
    serials = [open_frame(unescape(frame[1:-1]))[0].serial for frame in frames_sent]
    assert serials == [0xFFFFFFFF, 0, 1]
    upper.receive(frames_sent[0])
    assert upper.missed == 0
    upper.receive(frames_sent[2])
    assert (upper.missed, upper.last_serial) == (1, 1)
    upper.receive(frames_sent[1])  # late
    assert upper.missed == 1


def test_the_first_sound_frame_binds_the_edition() -> None:
    for edition in Edition:
        lower = Connection(Link.MAIN, End.SUBORDINATE, edition=edition, access_code=CODE)
        upper = Connection(Link.MAIN, End.SUPERIOR)
        only(upper.receive(lower.login(7, "secret", "127.0.0.1", 1, NOW), NOW), LoginAsked)
        assert upper.edition == edition


@both
def test_encrypted_links_understand_each_other_and_nobody_else(edition: Edition) -> None:
    lower, upper = up(Link.MAIN, edition, key=KEY, message_key=77)
    sent = lower.exchange(WaybillUp("易燃"), **PLATE, now=NOW)
    assert "易燃".encode("gbk") not in sent
    assert only(upper.receive(sent, NOW), Carried).sub == WaybillUp("易燃")
    upper.key = None
    refusal(upper.receive(lower.exchange(WaybillUp("易燃"), **PLATE, now=NOW), NOW), EncryptedBody)
    assert upper.phase is Phase.UP


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


# --- Tables ---


def test_requests_and_their_answers_are_said_by_opposite_ends() -> None:
    every = {*SUB_MESSAGES.forms}
    for request, reply in ANSWERS.items():
        assert {request, reply} <= every
        assert sender_of(request) is not sender_of(reply)
        assert family_form(request) is not family_form(reply)
    assert all(len(ids) == 6 for ids in UPKEEP.values())
    assert KeepAliveReply.message_id in UPKEEP[Link.MAIN]
