"""One connection beyond plain frames: packets sent again, bounded trains, encrypted bodies, rules and catalogues."""

import tracemalloc

import pytest

from datacenter.protocols.errors import EncryptedBody, UnfitValue
from datacenter.protocols.jt808 import events as e
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.frame import FLAG, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header, open_frame
from datacenter.protocols.jt808.messages import (
    MESSAGES,
    Heartbeat,
    MediaData,
    MediaReply,
    Place,
    TerminalReply,
    TerminalResendRequest,
    TextMessage,
    TimeRequest,
)
from datacenter.protocols.jt808.rules import ACKNOWLEDGED_FIRST, ANSWERS, LAWFUL, UNANSWERED, answer_to, timeout_s
from datacenter.protocols.jt808.sent import PacketsGone, SentPackets
from datacenter.protocols.layout import Catalogue, Message

from .strategies import sealed
from .test_connection import PHONE, REPORT, open_connection


def fragments(stream: bytes) -> list[bytes]:
    return [FLAG + part + FLAG for part in stream.split(FLAG) if part]


LONG_TEXT = TextMessage(1, 1, "文" * 1500)


@pytest.mark.parametrize("edition", [Edition.V2013, Edition.V2019])
def test_lost_packets_are_sent_again_byte_for_byte(edition: Edition) -> None:
    terminal, platform = open_connection(edition), open_connection(edition)
    platform.serial = 65534  # the train runs over the wrap
    sent = fragments(platform.send(LONG_TEXT, now=5.0))
    assert len(sent) == 3
    assert terminal.receive(sent[1], now=5.0) == []
    [lacking] = terminal.resend_requests(30.0, form=TerminalResendRequest)
    assert lacking == TerminalResendRequest(65534, (1, 3))
    [heard] = platform.receive(terminal.send(TerminalResendRequest(65534, (3, 1, 3, 9))))
    assert isinstance(heard, e.ResendAsked)
    again = platform.resend(heard, now=40.0)
    assert again == sent[2] + sent[0]
    assert platform.serial == 1
    [whole] = terminal.receive(again, now=41.0)
    assert isinstance(whole, e.Received)
    assert whole.message.text == LONG_TEXT.text


HEADER = Header(0x0005, 0, PHONE, 0, Edition.V2013)


def test_packets_are_not_kept_for_ever() -> None:
    platform = open_connection()
    asked = e.ResendAsked(HEADER, TerminalResendRequest(0, (1,)))
    with pytest.raises(PacketsGone):
        platform.resend(asked)
    platform.send(LONG_TEXT, now=0.0)
    assert platform.resend(asked, now=119.0)
    for unknown in (TerminalResendRequest(1, (1,)), TerminalResendRequest(0, (4, 0)), TerminalResendRequest(0, ())):
        with pytest.raises(PacketsGone):
            platform.resend(e.ResendAsked(HEADER, unknown), now=119.0)
    assert platform.resend_requests(119.0) == []
    assert platform.resend(asked)  # the clock stands where the last bytes came
    assert platform.resend_requests(120.0) == []
    with pytest.raises(PacketsGone):
        platform.resend(asked)


def test_kept_packets_are_bounded_in_bytes() -> None:
    sent = SentPackets(limit_bytes=1000)
    for serial in range(0, 1000, 10):
        sent.keep(serial, [bytes(150), bytes(150)], 0.0)
        sent.keep(serial, [bytes(150), bytes(150)], 0.0)
        assert sent.held_bytes <= 1000
    assert len(sent) == 3
    sent.keep(7, [bytes(2000)], 0.0)
    assert len(sent) == 3
    with pytest.raises(PacketsGone):
        sent.again(7, [1], 0.0)


def test_a_body_of_more_packets_than_a_header_can_number_is_refused() -> None:
    with pytest.raises(UnfitValue):
        open_connection().send_body(0x8108, bytes(1023 * 65536))


def test_ten_thousand_trains_opened_at_once_stay_within_bounds() -> None:
    connection = Connection(PHONE, authenticated=True, assembly_bytes=200_000)
    body = bytes(900)
    tracemalloc.start()
    try:
        for train in range(10_000):
            header = Header(
                0x0801, 900, PHONE, train * 5 & 0xFFFF, Edition.V2013, subpackaged=True, packets=60_000, packet_no=1
            )
            assert connection.receive(seal(header.pack() + body), now=0.0) == []
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000
    assert len(connection.resend_requests(60.0)) <= 16
    assert all(len(request.packets) <= 255 for request in connection.resend_requests(60.0))


def encrypted(message_id: int, body: bytes) -> bytes:
    return seal(Header(message_id, len(body), PHONE, 3, Edition.V2013, encryption=1).pack() + body)


@pytest.mark.parametrize("message_id", [0x0001, 0x0200, 0x0801])
def test_an_encrypted_body_is_refused_by_name_without_a_key(message_id: int) -> None:
    [refused] = open_connection().receive(encrypted(message_id, bytes(28)))
    assert isinstance(refused, e.BadFrame)
    assert isinstance(refused.error, EncryptedBody)
    split = Header(message_id, 1, PHONE, 4, Edition.V2013, encryption=1, subpackaged=True, packets=2, packet_no=1)
    [refused] = open_connection().receive(seal(split.pack() + b"x"))
    assert isinstance(refused, e.BadFrame)
    assert isinstance(refused.error, EncryptedBody)


def test_an_encrypted_body_is_read_with_a_key() -> None:
    def unseal(method: int, body: bytes) -> bytes:
        if method != 1:
            raise EncryptedBody(method)
        return bytes(byte ^ 0x5A for byte in body)

    def sealed_body(message: Message) -> bytes:
        return bytes(byte ^ 0x5A for byte in message.encode("2013"))

    connection = Connection(PHONE, authenticated=True, unseal=unseal)
    [reply] = connection.receive(encrypted(0x0001, sealed_body(TerminalReply(1, 2, 0))))
    assert isinstance(reply, e.Acknowledgement)
    assert reply.message == TerminalReply(1, 2, 0)
    assert connection.receive(encrypted(0x0200, sealed_body(REPORT))) == [
        e.AssembledLocations(0x0200, (3,), REPORT.encode())
    ]
    other = Header(0x0001, 5, PHONE, 3, Edition.V2013, encryption=2).pack() + bytes(5)
    [refused] = connection.receive(seal(other))
    assert isinstance(refused, e.BadFrame)


def test_a_connection_understands_the_catalogue_it_is_given() -> None:
    few = Catalogue("few")
    few.forms[0x0002] = Heartbeat
    connection = Connection(PHONE, authenticated=True, catalogue=few)
    events = connection.receive(sealed(Heartbeat(), Edition.V2013) + sealed(TimeRequest(), Edition.V2013))
    assert [type(event) for event in events] == [e.HeartbeatReceived, e.Unknown]


def test_phases_follow_authentication() -> None:
    connection = Connection()
    assert LAWFUL[connection.phase] == {0x0100, 0x0102}
    connection.authenticated = True
    assert LAWFUL[connection.phase] is None


@pytest.mark.parametrize(
    ("message_id", "edition", "answer"),
    [
        (0x8801, "2013", 0x0805),
        (0x8801, "2011", 0x0001),
        (0x8300, "2019", 0x0001),
        (0x0200, "2013", 0x8001),
        (0x0801, "2013", 0x8800),
        (0x8106, "2013", 0x0104),
    ],
)
def test_answers_come_from_the_table(message_id: int, edition: str, answer: int) -> None:
    assert answer_to(message_id, edition) == answer


def test_every_message_of_the_rules_has_a_table() -> None:
    assert set(ANSWERS) | set(ANSWERS.values()) | ACKNOWLEDGED_FIRST | UNANSWERED <= set(MESSAGES.forms)


def test_time_outs_grow_with_each_attempt() -> None:
    assert [timeout_s(10.0, attempt) for attempt in (1, 2, 3, 4)] == [10.0, 20.0, 60.0, 240.0]


@pytest.mark.parametrize("edition", [Edition.V2013, Edition.V2019])
def test_a_photo_arrives_in_packets(edition: Edition) -> None:
    terminal, platform = open_connection(edition), open_connection(edition)
    place = Place(0, 3, 41.1, 122.1, 5, 0.0, 0, REPORT.device_time)
    photo = MediaData(9, 0, 0, 0, 1, place, b"\xff\xd8" + bytes(range(256)) * 20)
    frames = fragments(terminal.send(photo))
    assert len(frames) == 6
    events = [event for frame in reversed(frames) for event in platform.receive(frame)]
    assert [event.message for event in events if isinstance(event, e.Received)] == [photo]
    assert open_frame(unescape(platform.send(MediaReply(9))[1:-1]))[1] == bytes((0, 0, 0, 9))
