"""Links of JT/T 809: coming and going in all four roles, what is lawful when and where, time, bad frames."""

from datetime import UTC, datetime

import pytest

from datacenter.protocols.errors import EncryptedBody, UnfitValue
from datacenter.protocols.jt809.connection import Connection
from datacenter.protocols.jt809.errors import (
    NotInEdition,
    NotLoggedIn,
    OtherPlatform,
    WrongDirection,
    WrongFamily,
    WrongLink,
)
from datacenter.protocols.jt809.events import (
    Carried,
    ClosingAnnounced,
    ConnectAnswered,
    ConnectAsked,
    KeepAliveAnswered,
    KeepAliveAsked,
    LoginAnswered,
    LoginAsked,
    LogoutAnswered,
    LogoutAsked,
    OtherLinkBroken,
    Received,
    Unknown,
)
from datacenter.protocols.jt809.frame import unescape
from datacenter.protocols.jt809.header import Edition, open_frame
from datacenter.protocols.jt809.messages import (
    MESSAGES,
    SUB_MESSAGES,
    DriverQuery,
    KeepAlive,
    KeepAliveReply,
    LoginReply,
    LowerCloses,
    MainLinkBroken,
    PositionsReceived,
    PostCheck,
    StartExchange,
    Statistics,
    SubLinkBroken,
    UpperCloses,
    WaybillUp,
    carry,
    family_form,
)
from datacenter.protocols.jt809.rules import ANSWERS, LAWFUL, UPKEEP, End, Link, Phase, right_link, sender_of

from .jt809_pair import CODE, KEY, NOW, PLATE, POSITION, VERIFY, heard, only, pair, refusal, up

both = pytest.mark.parametrize("edition", list(Edition))


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
    asked = only(upper.receive(lower.logout(7, "secret")), LogoutAsked)
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


def test_an_order_of_the_upper_platform_inside_a_lower_ones_message_is_refused() -> None:
    lower, upper = up(Link.MAIN)
    order = carry(StartExchange(0), "2011", **PLATE).encode("2011")
    refusal(heard(upper, 0x1200, order), WrongFamily)
    misplaced = MESSAGES.decode(0x1200, order, "2011")
    with pytest.raises(WrongFamily):
        lower.send(misplaced)


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


# --- Tables ---


def test_requests_and_their_answers_are_said_by_opposite_ends() -> None:
    every = {*SUB_MESSAGES.forms}
    for request, reply in ANSWERS.items():
        assert {request, reply} <= every
        assert sender_of(request) is not sender_of(reply)
        assert family_form(request) is not family_form(reply)
    assert all(len(ids) == 6 for ids in UPKEEP.values())
    assert KeepAliveReply.message_id in UPKEEP[Link.MAIN]
