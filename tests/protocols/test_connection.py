"""One connection's state machine: what comes out of bytes, what is lawful, what is answered."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import (
    BadChecksum,
    BadEscape,
    FrameTooLong,
    ProtocolError,
    TruncatedBody,
)
from datacenter.protocols.jt808 import events as e
from datacenter.protocols.jt808.connection import Connection, NotAuthenticated, NotBound, OtherPhone
from datacenter.protocols.jt808.frame import FLAG, escape, seal, unescape
from datacenter.protocols.jt808.header import Edition, Header, open_frame
from datacenter.protocols.jt808.messages import (
    MESSAGES,
    Authenticate,
    GeneralReply,
    Heartbeat,
    LocationBatch,
    LocationReport,
    Register,
    RegisterReply,
    ResendRequest,
    TerminalReply,
    TimeRequest,
    Unregister,
)
from datacenter.protocols.jt808.replies import general_replies, reply_head

from .strategies import header_editions, location_frames, messages, modest, sealed, u8, u16

PHONE = "013900001111"
REPORT = LocationReport.decode(bytes(22) + bytes.fromhex("260309074126"))


def open_connection(edition: Edition = Edition.V2013) -> Connection:
    """A connection past authentication."""
    phone = PHONE.zfill(20) if edition == Edition.V2019 else PHONE
    return Connection(phone, edition, authenticated=True)


def phone_of(edition: Edition) -> str:
    return PHONE.zfill(20) if edition == Edition.V2019 else PHONE


def test_a_session_from_registration_to_leaving() -> None:
    connection = Connection()
    [registration] = connection.receive(sealed(Register(21, 1101, "M", "T", "1", 2, "辽L1"), Edition.V2013, PHONE, 0))
    assert isinstance(registration, e.Registration)
    assert registration.message.plate == "辽L1"
    answer = connection.send(RegisterReply(registration.header.serial, 0, "code"))
    header, body = open_frame(unescape(answer[1:-1]))
    assert (header.message_id, header.phone, header.serial) == (0x8100, PHONE, 0)
    assert RegisterReply.decode(body) == RegisterReply(0, 0, "code")

    [authentication] = connection.receive(sealed(Authenticate("code"), Edition.V2013, PHONE, 1))
    assert isinstance(authentication, e.Authentication)
    connection.authenticated = True
    stream = sealed(Heartbeat(), Edition.V2013, PHONE, 2) + sealed(REPORT, Edition.V2013, PHONE, 3)
    stream += sealed(LocationBatch.of((REPORT,)), Edition.V2013, PHONE, 4)
    stream += sealed(TerminalReply(0, 0x8100, 0), Edition.V2013, PHONE, 5) + sealed(
        TimeRequest(), Edition.V2013, PHONE, 6
    )
    stream += sealed(Unregister(), Edition.V2013, PHONE, 7)
    events = connection.receive(stream)
    kinds = [e.HeartbeatReceived, e.Locations, e.Acknowledgement, e.TimeAsked, e.Unregistration]
    assert [type(event) for event in events] == kinds
    locations = events[1]
    assert isinstance(locations, e.Locations)
    assert (locations.message_ids, locations.serials) == ([0x0200, 0x0704], [3, 4])
    assert open_frame(locations.frames[0])[1] == REPORT.encode()
    assert connection.bad_frames == 0


@pytest.mark.parametrize("message", [Heartbeat(), REPORT, Unregister(), TimeRequest(), LocationBatch.of((REPORT,))])
@pytest.mark.parametrize("edition", [Edition.V2013, Edition.V2019])
def test_nothing_but_registration_and_authentication_is_lawful_before(message: object, edition: Edition) -> None:
    connection = Connection()
    for _ in range(2):
        [refused] = connection.receive(sealed(message, edition, phone_of(edition)))
        assert isinstance(refused, e.BadFrame)
        assert isinstance(refused.error, NotAuthenticated)
        assert refused.header is not None
    connection.authenticated = True
    [taken] = connection.receive(sealed(message, edition, phone_of(edition)))
    assert not isinstance(taken, e.BadFrame)


@pytest.mark.parametrize("message", [REPORT, Heartbeat(), Authenticate("x")])
def test_another_phone_on_the_same_connection_is_refused(message: object) -> None:
    connection = open_connection()
    [refused] = connection.receive(sealed(message, Edition.V2013, "013900002222"))
    assert isinstance(refused, e.BadFrame)
    assert isinstance(refused.error, OtherPhone)
    assert (refused.error.bound, refused.error.found) == (PHONE, "013900002222")
    assert len(connection.receive(sealed(REPORT, Edition.V2013, PHONE))) == 1


def test_a_bad_frame_ends_nothing() -> None:
    good = sealed(REPORT, Edition.V2013, PHONE, 9)
    damaged = bytearray(sealed(Heartbeat(), Edition.V2013, PHONE))
    damaged[-2] ^= 0x55
    short = seal(Header(0x0001, 2, PHONE, 0, Edition.V2013).pack() + b"\0\0")
    stream = good + bytes(damaged) + good + b"\x7eab\x7dcd\x7e" + short + b"\x7e" + b"x" * 5000 + b"\x7e" + good
    events = open_connection().receive(stream)
    assert [type(event).__name__ for event in events] == [
        "Locations", "BadFrame", "Locations", "BadFrame", "BadFrame", "BadFrame", "Locations",
    ]  # fmt: skip
    errors = [type(event.error) for event in events if isinstance(event, e.BadFrame)]
    assert errors == [BadChecksum, BadEscape, TruncatedBody, FrameTooLong]


def test_the_check_byte_of_a_position_is_left_to_the_vectorised_decoder() -> None:
    frame = bytearray(sealed(REPORT, Edition.V2013, PHONE))
    frame[-2] ^= 0x01
    [event] = open_connection().receive(bytes(frame))
    assert isinstance(event, e.Locations)


def test_a_position_whose_length_lies_is_a_bad_frame() -> None:
    raw = bytearray(unescape(sealed(REPORT, Edition.V2013, PHONE)[1:-1]))
    raw[3] += 1
    [event] = open_connection().receive(FLAG + escape(bytes(raw)) + FLAG)
    assert isinstance(event, e.BadFrame)


def test_the_2019_flag_over_a_short_header_stays_on_the_quick_path() -> None:
    content = bytearray(Header(0x0200, 28, PHONE, 5, Edition.V2013).pack() + REPORT.encode())
    content[2] |= 0x40
    connection = Connection(authenticated=True)
    for _ in range(2):
        [event] = connection.receive(seal(bytes(content)))
        assert isinstance(event, e.Locations)
        assert event.serials == [5]
    assert (connection.edition, connection.phone) == (Edition.V2013, PHONE)


def test_unknown_messages_are_passed_on_whole() -> None:
    connection = open_connection()
    [event] = connection.receive(seal(Header(0x0F01, 3, PHONE, 1, Edition.V2013).pack() + b"abc"))
    assert isinstance(event, e.Unknown)
    assert (event.header.message_id, event.body) == (0x0F01, b"abc")


@pytest.mark.parametrize("edition", [Edition.V2013, Edition.V2019])
def test_sub_packaged_messages_are_put_together(edition: Edition) -> None:
    terminal, platform = open_connection(edition), open_connection(edition)
    batch = LocationBatch.of((REPORT,) * 100, 1)
    frames = terminal.send(batch)
    assert frames.count(FLAG) == 6
    events = [event for at in range(len(frames)) for event in platform.receive(frames[at : at + 1])]
    assert events == [e.AssembledLocations(0x0704, (0, 1, 2), batch.encode())]
    parts = [FLAG + part + FLAG for part in terminal.send(batch).split(FLAG) if part]
    assert platform.receive(parts[0] + parts[2], now=1.0) == []
    assert platform.resend_requests(5.0) == []
    assert platform.resend_requests(11.0) == [ResendRequest(3, (2,))]
    [whole] = platform.receive(parts[1], now=12.0)
    assert isinstance(whole, e.AssembledLocations)


@pytest.mark.parametrize("edition", [Edition.V2013, Edition.V2019])
def test_a_terminal_hears_the_platform(edition: Edition) -> None:
    terminal, platform = open_connection(edition), open_connection(edition)
    heard = terminal.receive(platform.general_replies([7, 8], 0x0200) + platform.send(RegisterReply(1, 0, "c")))
    assert [type(event) for event in heard] == [e.Acknowledgement, e.Acknowledgement, e.RegistrationAnswered]
    assert [event.message.ack_serial for event in heard[:2] if isinstance(event, e.Received)] == [7, 8]


def test_serials_wrap() -> None:
    connection = open_connection()
    connection.serial = 65535
    assert [connection.next_serial(), connection.next_serial()] == [65535, 0]
    connection.serial = 65534
    replies = connection.general_replies([1, 2, 3], 0x0200)
    frames = [open_frame(unescape(part)) for part in replies.split(FLAG) if part]
    assert [header.serial for header, _ in frames] == [65534, 65535, 0]
    assert connection.serial == 1


def test_nothing_can_be_sent_to_an_unknown_terminal() -> None:
    with pytest.raises(NotBound):
        Connection().send(Heartbeat())
    with pytest.raises(NotBound):
        Connection().general_replies([1], 0x0200)


@modest
@given(
    header_editions,
    st.text("0123456789abcdef", min_size=1, max_size=12),
    u16,
    st.lists(st.tuples(u16, u16), max_size=9),
    u8,
)
def test_quick_replies_are_the_tables_replies(
    edition: Edition, phone: str, first: int, acks: list[tuple[int, int]], result: int
) -> None:
    phone = phone.zfill(20 if edition == Edition.V2019 else 12)
    expected = b"".join(
        seal(Header(0x8001, 5, phone, (first + n) & 0xFFFF, edition).pack() + GeneralReply(*ack, result).encode())
        for n, ack in enumerate(acks)
    )
    head = reply_head(phone, edition)
    assert general_replies(head, first, [serial for serial, _ in acks], [ack for _, ack in acks], result) == expected


def shown(events: list[e.Event]) -> list[object]:
    """Events with ``Locations`` taken apart, since how they are grouped depends on how bytes arrive."""
    out: list[object] = []
    for event in events:
        if isinstance(event, e.Locations):
            out += zip(event.frames, event.message_ids, event.serials, strict=True)
        elif isinstance(event, e.BadFrame):
            out.append((type(event.error), event.raw, event.header))
        else:
            out.append(event)
    return out


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """A terminal's stream: mostly its own messages, some damaged, some garbage."""
    edition = draw(header_editions)
    parts: list[bytes] = []
    for serial in range(draw(st.integers(1, 6))):
        match draw(st.integers(0, 5)):
            case 0:
                parts.append(draw(st.binary(max_size=20)))
            case 1:
                parts.append(FLAG + escape(draw(location_frames())) + FLAG)
            case 2:
                damaged = bytearray(sealed(REPORT, edition, phone_of(edition), serial))
                damaged[draw(st.integers(0, len(damaged) - 1))] = draw(u8)
                parts.append(bytes(damaged))
            case 3:
                message = draw(messages(edition))
                body = message.encode(edition)[:1023]
                header = Header(message.message_id, len(body), phone_of(edition), serial, edition)
                parts.append(seal(header.pack() + body))
            case _:
                parts.append(sealed(REPORT, edition, phone_of(edition), serial))
    return b"".join(parts)


@modest
@given(conversations(), st.lists(st.integers(0, 1 << 16), max_size=6), st.booleans())
def test_chunking_changes_no_event(stream: bytes, cuts: list[int], authenticated: bool) -> None:
    whole = shown(Connection(authenticated=authenticated).receive(stream))
    for edges in (sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)}), list(range(len(stream) + 1))):
        connection = Connection(authenticated=authenticated)
        events = [event for begin, end in pairwise(edges) for event in connection.receive(stream[begin:end])]
        assert shown(events) == whole


@modest
@given(st.lists(st.one_of(st.binary(max_size=40), st.just(FLAG), conversations()), max_size=5), st.booleans())
def test_any_bytes_give_events_and_nothing_else(chunks: list[bytes], authenticated: bool) -> None:
    connection = Connection(authenticated=authenticated)
    for chunk in chunks:
        for event in connection.receive(chunk):
            assert isinstance(event, e.Event)
            if isinstance(event, e.BadFrame):
                assert isinstance(event.error, ProtocolError)


def test_every_event_of_the_table_has_a_message() -> None:
    assert set(e.EVENTS) <= set(MESSAGES.forms)
