"""One ISU's connection: what is lawful when, positions, media in parts, serials."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import (
    AssemblyRefused,
    BadChecksum,
    BadTime,
    FrameTooLong,
    LengthMismatch,
    UnfitValue,
)
from datacenter.protocols.jt808.connection import NotBound, OtherPhone
from datacenter.protocols.jt808.events import Acknowledgement, BadFrame, HeartbeatReceived, Locations, Received, Unknown
from datacenter.protocols.jt808.frame import seal, unescape
from datacenter.protocols.jt905.assembly import PART_COST, BadPart, MediaAssembler
from datacenter.protocols.jt905.connection import (
    FROM_CENTRE,
    LAWFUL,
    Connection,
    End,
    NotAdmitted,
    State,
    WrongDirection,
)
from datacenter.protocols.jt905.events import (
    Identified,
    LocationAnswered,
    MediumAssembled,
    MediumPart,
    SignedIn,
    SignedOut,
    TripReported,
)
from datacenter.protocols.jt905.header import Header, open_frame
from datacenter.protocols.jt905.messages import (
    MESSAGES,
    CentreReply,
    Heartbeat,
    ImagePart,
    RecordingPart,
    TerminalReply,
    Text,
)

from .goldens import FOLDER, load
from .jt905_strategies import messages
from .strategies import modest

GOLDENS = {golden.name: golden.frame for golden in load(FOLDER.parent / "jt905")}
ISU = "104502000731"


def admitted(**options: Any) -> Connection:
    return Connection(ISU, admitted=True, **options)


def frame(message: Any, isu: str = ISU, serial: int = 0) -> bytes:
    body = message.encode()
    return seal(Header(message.message_id, len(body), isu, serial).pack() + body)


# --- What is lawful when ---


def test_the_first_sound_frame_names_the_isu_and_is_not_taken_before_it_is_admitted() -> None:
    connection = Connection()
    assert connection.state is State.NAMELESS
    named, refused = connection.receive(GOLDENS["location"])
    assert isinstance(named, Identified)
    assert named.header.isu == connection.isu == connection.phone == ISU
    assert isinstance(refused, BadFrame)
    assert isinstance(refused.error, NotAdmitted)
    assert connection.state is State.STRANGER
    connection.authenticated = True
    assert connection.state is State.ADMITTED
    (taken,) = connection.receive(GOLDENS["location"])
    assert isinstance(taken, Locations)


@pytest.mark.parametrize("name", sorted(GOLDENS))
def test_a_message_is_taken_from_its_own_end_of_an_admitted_connection_alone(name: str) -> None:
    message_id = open_frame(unescape(GOLDENS[name][1:-1]))[0].message_id
    for admit in (False, True):
        for peer in End:
            connection = Connection(ISU, admitted=admit, peer=peer)
            events = connection.receive(GOLDENS[name])
            refusals = [type(one.error) for one in events if isinstance(one, BadFrame)]
            own = (peer is End.CENTRE) is bool(message_id & FROM_CENTRE)
            assert (message_id in LAWFUL[connection.state, peer]) is (admit and own)
            assert refusals == ([] if admit and own else [WrongDirection] if admit else [NotAdmitted])
            assert bool(events)


def test_a_message_that_no_table_has_goes_by_its_direction() -> None:
    (unknown,) = admitted().receive(seal(Header(0x0B06, 2, ISU, 9).pack() + b"\x01\x02"))
    assert isinstance(unknown, Unknown)
    assert unknown.body == b"\x01\x02"
    (refused,) = admitted().receive(seal(Header(0x8B99, 0, ISU, 9).pack()))
    assert isinstance(refused.error, WrongDirection)


def test_a_frame_of_another_isu_is_refused_and_ends_nothing() -> None:
    connection = admitted()
    other = frame(Heartbeat(), "104502000732")
    events = connection.receive(GOLDENS["location"] + other + GOLDENS["location_bare"])
    assert [type(one) for one in events] == [Locations, BadFrame, Locations]
    assert isinstance(events[1].error, OtherPhone)
    assert connection.bad_frames == 1


# --- Positions ---


def test_positions_that_come_together_are_one_event_in_their_order() -> None:
    connection = admitted()
    names = ["location", "tracking_report", "location_resent", "location_bare"]
    (event,) = connection.receive(b"".join(GOLDENS[name] for name in names))
    assert event.message_ids == [0x0200, 0x0202, 0x0203, 0x0200]
    assert event.frames == [unescape(GOLDENS[name][1:-1]) for name in names]
    assert event.serials == [open_frame(raw)[0].serial for raw in event.frames]


def test_an_answer_to_a_position_query_is_stored_and_answered() -> None:
    stored, answered = admitted().receive(GOLDENS["location_answer"])
    assert (stored.message_ids, stored.frames) == ([0x0201], [unescape(GOLDENS["location_answer"][1:-1])])
    assert isinstance(answered, LocationAnswered)
    assert answered.message.ack_serial == 21


@modest
@given(st.lists(st.sampled_from(sorted(GOLDENS)), max_size=8), st.lists(st.integers(1, 90), min_size=1))
def test_how_the_bytes_arrive_changes_nothing(names: list[str], sizes: list[int]) -> None:
    data = b"".join(GOLDENS[name] for name in names)
    whole, pieces = admitted(), admitted()
    expected = flat(whole.receive(data))
    found: list[Any] = []
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        found += flat(pieces.receive(data[at : at + size]))
        at, turn = at + size, turn + 1
    assert found == expected


def flat(events: list[Any]) -> list[Any]:
    """Events with each position by itself, comparable."""
    out: list[Any] = []
    for event in events:
        if isinstance(event, Locations):
            out += list(zip(event.frames, event.message_ids, event.serials, strict=True))
        elif isinstance(event, BadFrame):
            out.append((type(event.error), event.raw))
        else:
            out.append(event)
    return out


@modest
@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from(sorted(GOLDENS.values()))), max_size=8))
def test_any_bytes_give_events_and_a_good_frame_after_them_is_taken(parts: list[bytes]) -> None:
    connection = admitted()
    connection.receive(b"".join(parts) + b"\x7e")
    (event,) = connection.receive(GOLDENS["heartbeat"])
    assert isinstance(event, HeartbeatReceived)


def test_each_fault_is_named() -> None:
    heartbeat = unescape(GOLDENS["heartbeat"][1:-1])
    bad_time = bytearray(unescape(GOLDENS["sign_in"][1:-1])[:-1])
    bad_time[12 + 20] = 0x13
    long = bytearray(heartbeat[:-1])
    long[3] = 1
    for segment, error in [
        (heartbeat[:-1] + b"\0", BadChecksum),
        (seal(bytes(bad_time))[1:-1], BadTime),
        (seal(bytes(long))[1:-1], LengthMismatch),
    ]:
        (event,) = admitted().receive(b"\x7e" + segment + b"\x7e")
        assert type(event.error) is error
    (event,) = admitted(limit=20).receive(b"\x7e" + bytes(30))
    assert type(event.error) is FrameTooLong


# --- The meanings of messages ---


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("terminal_reply", Acknowledgement),
        ("heartbeat", HeartbeatReceived),
        ("sign_in", SignedIn),
        ("sign_out", SignedOut),
        ("trip", TripReported),
        ("event_report", Received),
        ("image_part", MediumPart),
    ],
)
def test_messages_become_their_events(name: str, event: type[Received]) -> None:
    (got,) = admitted().receive(GOLDENS[name])
    assert type(got) is event
    assert got.header.show() == {"isu": ISU, "serial": got.header.serial}


# --- Sending ---


@modest
@given(messages)
def test_what_one_end_sends_the_other_takes(message: Any) -> None:
    from_centre = bool(message.message_id & FROM_CENTRE)
    sender = admitted(peer=End.TERMINAL if from_centre else End.CENTRE)
    receiver = admitted(peer=End.CENTRE if from_centre else End.TERMINAL)
    wrong = admitted(peer=End.CENTRE if from_centre else End.TERMINAL)
    with pytest.raises(WrongDirection):
        wrong.send(message)
    events = receiver.receive(sender.send(message))
    assert events
    if isinstance(events[0], Locations):
        assert MESSAGES.decode(message.message_id, events[0].frames[0][12:-1]) == message
    elif not isinstance(events[0], BadFrame):
        assert events[0].message == message
    else:
        assert isinstance(message, ImagePart | RecordingPart)


def test_serials_count_from_zero_and_wrap() -> None:
    connection = admitted()
    assert open_frame(unescape(connection.send(Text(8, "一"))[1:-1]))[0].serial == 0
    connection.serial = 0xFFFF
    replies = connection.general_replies([5, 6, 0xFFFF], 0x0200)
    peer = admitted(peer=End.CENTRE)
    events = peer.receive(replies)
    assert [one.header.serial for one in events] == [0xFFFF, 0, 1]
    assert [one.message for one in events] == [CentreReply(serial, 0x0200, 0) for serial in (5, 6, 0xFFFF)]
    assert connection.next_serial() == 2


@modest
@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535)), max_size=5), st.integers(0, 3))
def test_replies_by_the_dozen_are_those_of_the_table(owed: list[tuple[int, int]], result: int) -> None:
    many, single = admitted(), admitted()
    sent = many.general_replies([serial for serial, _ in owed], [key for _, key in owed], result)
    assert sent == b"".join(single.send(CentreReply(serial, key, result)) for serial, key in owed)


def test_nothing_is_sent_to_nobody_and_no_body_outgrows_its_length() -> None:
    for send in (lambda: Connection().send(Text(8, "")), lambda: Connection().general_replies([1], 2)):
        with pytest.raises(NotBound):
            send()
    with pytest.raises(UnfitValue):
        admitted().send_body(0x8B10, bytes(65536))
    assert admitted().send_body(0x8B10, bytes(65535))
    assert admitted().resend_requests(1e9) == []


# --- Photos and recordings ---


def parts(content: bytes, size: int, image_id: int = 9) -> list[ImagePart]:
    return [ImagePart(0, image_id, 1, len(content), at, content[at : at + size]) for at in range(0, len(content), size)]


@modest
@given(st.binary(min_size=1, max_size=300), st.integers(1, 40), st.randoms(use_true_random=False))
def test_parts_in_any_order_and_twice_give_the_file_once(content: bytes, size: int, chance: Any) -> None:
    shuffled = parts(content, size)
    chance.shuffle(shuffled)
    assembler = MediaAssembler()
    done = [assembler.add(one, 0.0) for one in [part for part in shuffled[:-1] for _ in range(2)] + shuffled[-1:]]
    assert [one is not None for one in done] == [False] * (len(done) - 1) + [True]
    assert done[-1] is not None
    assert done[-1].content == content
    assert (assembler.held_bytes, len(assembler)) == (0, 0)


@modest
@given(st.binary(min_size=20, max_size=120), st.lists(st.tuples(st.integers(0, 119), st.integers(1, 60)), max_size=30))
def test_overlapping_parts_never_hold_more_than_the_file(content: bytes, cuts: list[tuple[int, int]]) -> None:
    assembler = MediaAssembler()
    found = None
    for at, size in cuts:
        data = content[at : at + size]
        if at < len(content) and found is None:
            found = assembler.add(ImagePart(0, 9, 1, len(content), at, data), 0.0)
            # n overlapping parts leave at most 2n - 1 pieces, and the file itself is charged once.
            assert assembler.held_bytes <= len(content) + PART_COST * 2 * len(cuts)
    for part in parts(content, 7):
        found = found or assembler.add(part, 0.0)
    assert found is not None
    assert found.content == content
    assert assembler.held_bytes == 0


def test_a_photo_comes_out_with_the_place_it_was_taken_at() -> None:
    position = unescape(GOLDENS["location_bare"][1:-1])[12:37]
    photo = b"\xff\xd8" + bytes(500) + b"\xff\xd9"
    connection = admitted()
    events: list[Any] = []
    for serial, part in enumerate(parts(position + photo, 200)):
        events += connection.receive(frame(part, serial=serial))
    assert [type(one) for one in events] == [MediumPart] * 3 + [MediumAssembled]
    place, picture = events[-1].medium.picture
    assert picture == photo
    assert place is not None
    assert place.bearing_deg == 358
    for content in (photo, b"\xff" * 40, b"no position at all, and no JPEG"):
        (bare,) = [one for part in parts(content, 4000) if (one := MediaAssembler().add(part, 0.0))]
        assert bare.picture == (None, content)


def test_a_recording_is_no_photo() -> None:
    (sound,) = [MediaAssembler().add(RecordingPart(1, 4, 30, 0, bytes(30)), 0.0)]
    assert sound is not None
    assert (sound.picture, sound.media_id, sound.message_id) == ((None, bytes(30)), 4, 0x0806)


def test_parts_that_cannot_be_are_refused_by_name() -> None:
    assembler = MediaAssembler(limit_bytes=1000)
    with pytest.raises(BadPart):
        assembler.add(ImagePart(0, 1, 1, 10, 5, bytes(6)), 0.0)
    with pytest.raises(AssemblyRefused):
        assembler.add(ImagePart(0, 1, 1, 0xFFFFFFFF, 0, bytes(6)), 0.0)
    for at in range(0, 990, 2):  # tiny parts cost more than they bring
        try:
            assembler.add(ImagePart(0, 1, 1, 1000, at, b"x"), 0.0)
        except AssemblyRefused:
            break
        assert assembler.held_bytes <= 1000 + 2 * PART_COST
    else:
        raise AssertionError("tiny parts went round the bound")


def test_a_file_that_changes_its_size_begins_anew() -> None:
    assembler = MediaAssembler()
    assert assembler.add(ImagePart(0, 1, 1, 10, 0, bytes(5)), 0.0) is None
    assert assembler.add(ImagePart(0, 1, 1, 6, 3, b"def"), 0.0) is None
    whole = assembler.add(ImagePart(0, 1, 1, 6, 0, b"abc"), 0.0)
    assert whole is not None
    assert whole.content == b"abcdef"
    assert assembler.given_up == 1


def test_ten_thousand_files_opened_at_once_stay_within_bounds() -> None:
    connection = admitted(media_bytes=100_000)
    for number in range(10_000):
        (event,) = connection.receive(frame(ImagePart(0, number, 1, 5000, 0, bytes(1000))))
        assert isinstance(event, MediumPart)
    assembler = connection._assembler
    assert assembler is not None
    assert len(assembler) == assembler.limit_files
    assert assembler.held_bytes <= 100_000
    assert assembler.given_up == 10_000 - assembler.limit_files


def test_what_never_comes_is_asked_for_and_then_given_up() -> None:
    connection = admitted()
    first, *_, last = parts(bytes(1000), 100)
    connection.receive(frame(first) + frame(last), now=100.0)
    assert connection.stalled_media(105.0) == []
    assert connection.stalled_media(110.0) == [(0x0800, 9, 100)]
    assert connection.stalled_media(100.0 + 600.0) == []
    assert Connection().stalled_media(0.0) == []


def test_a_reply_of_the_terminal_reaches_the_centre() -> None:
    terminal = admitted(peer=End.CENTRE)
    (event,) = admitted().receive(terminal.send(TerminalReply(3, 0x8300, 0)))
    assert (event.message.ack_id, event.message.result) == (0x8300, 0)
