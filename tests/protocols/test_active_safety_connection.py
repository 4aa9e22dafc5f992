"""The attachment connection: one upload in order, with losses, breaks and lies; chunking changes nothing."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.active_safety.connection import (
    AttachmentConnection,
    Bounds,
    Event,
    FileBegun,
    FileData,
    FileFinished,
    Listed,
    Refused,
)
from datacenter.protocols.active_safety.errors import AttachmentRefused
from datacenter.protocols.active_safety.messages import (
    AttachmentList,
    FileAnnounced,
    FileAnswer,
    FileSent,
    ListedFile,
    Missing,
)
from datacenter.protocols.active_safety.ranges import Ranges
from datacenter.protocols.active_safety.stream import (
    Payload,
    StreamSplitter,
    pack_head,
    pack_packet,
)
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.active_safety.upload import Attachment, Upload
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import Received
from datacenter.protocols.jt808.messages import GeneralReply, Heartbeat
from datacenter.protocols.wire import GMT8

from .strategies import ample, modest

MOMENT = datetime(2026, 3, 9, 7, 12, 30, tzinfo=GMT8)
TAG = AlarmTag.of("PJ00042", MOMENT, 0, 2)
PHOTO = Attachment("00_65_6503_0_A7.jpg", 0, bytes(range(256)) * 10)
VIDEO = Attachment("02_65_6503_1_A7.h264", 2, b"\x7e\x7d0" + b"01cd" * 900 + b"\x7e")
LIMITS = Bounds(file_bytes=1 << 16, alarm_bytes=1 << 17, pieces=8, waiting_bytes=4096)


class Server:
    """What owns a connection: takes every list, keeps what comes, confirms what is whole."""

    def __init__(self, had: dict[str, bytearray] | None = None, ranges: dict[str, Ranges] | None = None) -> None:
        self.connection = AttachmentConnection(LIMITS)
        self.files: dict[str, bytearray] = had if had is not None else {}
        self.ranges: dict[str, Ranges] = ranges if ranges is not None else {}
        self.events: list[Event] = []
        self.complete: list[str] = []

    def take(self, data: bytes) -> bytes:
        waiting = self.connection.receive(data)
        while waiting:
            event, *waiting = waiting
            self.events.append(event)
            if isinstance(event, Listed):
                known = {name: ranges.pairs() for name, ranges in self.ranges.items()}
                waiting += self.connection.accept(known)
            elif isinstance(event, FileData):
                file = self.files.setdefault(event.file.name, bytearray(event.file.size_bytes))
                file[event.offset : event.offset + len(event.data)] = event.data
                self.ranges[event.file.name] = event.file.ranges
            elif isinstance(event, FileFinished) and not event.missing:
                self.complete.append(event.file.name)
                self.connection.confirm(event.file)
        return self.connection.sent()

    def refusals(self) -> list[str]:
        return [event.error.code for event in self.events if isinstance(event, Refused)]


def talk(upload: Upload, server: Server, most: int = 50) -> None:
    """Both ends, until neither has anything to say."""
    outgoing = upload.begin()
    for _ in range(most):
        back = server.take(outgoing)
        outgoing = upload.receive(back)
        if not outgoing:
            return
    raise AssertionError("they never end")


def upload(**facts: object) -> Upload:
    given_facts: dict[str, object] = {"payload_bytes": 512} | facts
    return Upload("014500002731", TAG, "A7", (PHOTO, VIDEO), **given_facts)  # type: ignore[arg-type]


def terminal() -> Connection:
    return Connection("014500002731", authenticated=True)


def listing(*files: tuple[str, int]) -> bytes:
    items = tuple(ListedFile(name, size) for name, size in files)
    return terminal().send(AttachmentList("PJ00042", TAG, "A7", 0, items))


def said(data: bytes) -> list[object]:
    events = Connection("", authenticated=True, catalogue=AttachmentConnection()._frames.catalogue).receive(data)
    return [event.message for event in events if isinstance(event, Received)]


def test_files_arrive_as_they_were_sent() -> None:
    server, end = Server(), upload()
    talk(end, server)
    assert end.done
    assert server.connection.finished
    assert server.complete == [PHOTO.name, VIDEO.name]
    assert {name: bytes(data) for name, data in server.files.items()} == {
        PHOTO.name: PHOTO.data,
        VIDEO.name: VIDEO.data,
    }
    assert [type(event) for event in server.events if not isinstance(event, FileData)] == [
        Listed,
        FileBegun,
        FileFinished,
        FileBegun,
        FileFinished,
    ]
    assert not server.refusals()


def test_lost_packets_are_asked_for_by_range_and_come_again() -> None:
    server, end = Server(), upload(lose={PHOTO.name: (1, 2, 4), VIDEO.name: (0,)})
    talk(end, server)
    asked = [event.missing for event in server.events if isinstance(event, FileFinished)]
    assert asked == [(Missing(512, 1024), Missing(2048, 512)), (), (Missing(0, 512),), ()]
    assert bytes(server.files[PHOTO.name]) == PHOTO.data
    assert bytes(server.files[VIDEO.name]) == VIDEO.data


@ample
@given(st.data())
def test_chunking_changes_nothing(data: st.DataObject) -> None:
    whole, pieces = Server(), Server()
    stream = b"".join(
        [
            listing((PHOTO.name, len(PHOTO.data))),
            terminal().send(FileAnnounced(PHOTO.name, 0, len(PHOTO.data))),
            pack_packet(PHOTO.name, 0, PHOTO.data[:1000]),
            terminal().send(Heartbeat()),
            pack_packet(PHOTO.name, 1500, PHOTO.data[1500:]),
            terminal().send(FileSent(PHOTO.name, 0, len(PHOTO.data))),
        ]
    )
    sent = whole.take(stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    back = b"".join(
        pieces.take(stream[start:stop]) for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)
    )
    assert back == sent
    assert pieces.files == whole.files
    assert len(whole.files) == 1
    assert said(sent)[-1] == FileAnswer(PHOTO.name, 0, 1, (Missing(1000, 500),))


@modest
@given(st.integers(1, 3000))
def test_an_upload_that_broke_off_goes_on_over_another_connection(break_at: int) -> None:
    first = Server()
    stream = b"".join(
        [
            listing((PHOTO.name, len(PHOTO.data))),
            terminal().send(FileAnnounced(PHOTO.name, 0, len(PHOTO.data))),
            *(pack_packet(PHOTO.name, at, PHOTO.data[at : at + 512]) for at in range(0, len(PHOTO.data), 512)),
        ]
    )
    first.take(stream[:break_at])
    had = sum(ranges.had for ranges in first.ranges.values())
    second = Server(first.files, first.ranges)
    end = replace(upload(info_type=1), attachments=(PHOTO,))
    talk(end, second)
    assert end.done
    assert bytes(second.files[PHOTO.name]) == PHOTO.data
    new = sum(len(event.data) for event in second.events if isinstance(event, FileData))
    assert had + new == len(PHOTO.data), "a byte was handed on twice"


def test_a_list_that_comes_again_goes_on_where_it_was() -> None:
    server = Server()
    server.take(listing((PHOTO.name, len(PHOTO.data))) + pack_packet(PHOTO.name, 0, PHOTO.data[:700]))
    server.take(listing((PHOTO.name, len(PHOTO.data))) + pack_packet(PHOTO.name, 700, PHOTO.data[700:]))
    assert said(server.take(terminal().send(FileSent(PHOTO.name, 0, len(PHOTO.data)))))[-1] == FileAnswer(
        PHOTO.name, 0, 0
    )


def test_nothing_behind_a_list_is_looked_at_before_it_is_judged() -> None:
    connection = AttachmentConnection(LIMITS)
    events = connection.receive(listing(("a", 4)) + pack_packet("a", 0, b"abcd"))
    assert [type(event) for event in events] == [Listed]
    assert connection.waiting
    assert not connection.sent()
    assert [type(event) for event in connection.accept()] == [FileData]
    assert said(connection.sent()) == [GeneralReply(0, 0x1210, 0)]


def test_a_refused_list_takes_no_file() -> None:
    connection = AttachmentConnection(LIMITS)
    connection.receive(listing(("a", 4)))
    assert connection.refuse() == []
    assert said(connection.sent()) == [GeneralReply(0, 0x1210, 1)]
    (refused,) = connection.receive(pack_packet("a", 0, b"abcd"))
    assert isinstance(refused, Refused)
    assert refused.error.code == "nothing-listed"


def test_what_waits_for_a_judgement_is_bounded() -> None:
    connection = AttachmentConnection(LIMITS)
    connection.receive(listing(("a", 60_000)))
    packet = pack_packet("a", 0, bytes(1000))
    with pytest.raises(AttachmentRefused) as refusal:
        [connection.receive(packet) for _ in range(20)]
    assert refusal.value.code == "too-early"
    assert refusal.value.fatal


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (listing(("a", 4)) + pack_packet("b", 0, b"abcd"), "not-listed"),
        (listing(("a", 4)) + pack_packet("a", 2, b"abcd"), "past-the-end"),
        (listing(("a", 4)) + pack_packet("a", 0xFFFFFFFF, b"a"), "past-the-end"),
        (listing(("a", 8)) + pack_packet("a", 0, b"abcd") + pack_packet("a", 2, b"XXXX"), "overlapping"),
        (listing(("a", 4)) + terminal().send(FileAnnounced("b", 0, 4)), "not-listed"),
        (listing(("a", 4)) + terminal().send(FileSent("b", 0, 4)), "not-listed"),
        (listing(("a", 4)) + terminal().send(FileAnnounced("a", 0, 5)), "other-size"),
        (listing(("a", 4)) + terminal().send(FileSent("a", 0, 5)), "other-size"),
        (terminal().send(FileAnnounced("a", 0, 4)), "nothing-listed"),
        (pack_packet("a", 0, b"abcd"), "nothing-listed"),
        (listing(("a", 1 << 20)), "file-too-large"),
        (listing(*((f"{n}", 1 << 16) for n in range(3))), "file-too-large"),
        (listing(("a", 4), ("a", 5)), "listed-twice"),
        (b"\x7e\x12\x10\x00\x00\x7e", "header-too-short"),
        (listing(("a", 4))[:-2] + b"\x00\x7e", "bad-checksum"),
    ],
)
def test_what_is_wrong_is_refused_by_name_and_ends_nothing(stream: bytes, code: str) -> None:
    server = Server()
    server.take(stream)
    assert server.refusals() == [code]
    again = Server.take(server, listing(("z", 2)) + pack_packet("z", 0, b"ok") + terminal().send(FileSent("z", 0, 2)))
    assert said(again)[-1] == FileAnswer("z", 0, 0)
    assert bytes(server.files["z"]) == b"ok"


def test_what_has_come_stands() -> None:
    server = Server()
    server.take(listing(("a", 8)) + pack_packet("a", 0, b"abcd") + pack_packet("a", 2, b"XXXXXX"))
    assert bytes(server.files["a"]) == b"abcdXXXX"


def test_a_file_in_too_many_pieces_is_refused() -> None:
    server = Server()
    server.take(listing(("a", 1000)))
    server.take(b"".join(pack_packet("a", 2 * n, b"x") for n in range(12)))
    assert server.refusals() == ["too-scattered"] * 4
    assert len(server.ranges["a"]) == 8


def test_more_gaps_than_an_answer_holds_are_asked_for_in_turns() -> None:
    connection = AttachmentConnection(Bounds(pieces=2000))
    connection.receive(listing(("a", 1200)))
    connection.accept()
    connection.sent()
    connection.receive(b"".join(pack_packet("a", 2 * n, b"x") for n in range(600)))
    connection.receive(terminal().send(FileSent("a", 2, 1200)))
    (answer,) = said(connection.sent())
    assert isinstance(answer, FileAnswer)
    assert len(answer.missing) == 255


@pytest.mark.parametrize(
    ("stream", "code"),
    [(pack_head("a", 0, 1 << 31), "packet-too-long"), (b"GET / HTTP/1.1\r\n" * 400, "no-attachment-stream")],
)
def test_where_the_stream_is_lost_the_connection_ends(stream: bytes, code: str) -> None:
    with pytest.raises(AttachmentRefused) as refusal:
        AttachmentConnection(LIMITS).receive(stream)
    assert refusal.value.code == code
    assert refusal.value.fatal


def test_a_file_that_was_no_good_is_asked_for_again() -> None:
    server = Server()
    server.take(listing(("a", 4)) + pack_packet("a", 0, b"abcd"))
    file = server.connection.files["a"]
    server.connection.start_over(file)
    assert said(server.connection.sent()) == [FileAnswer("a", 4, 1, (Missing(0, 4),))]
    assert file.ranges.had == 0


def test_an_empty_file_is_whole_at_once() -> None:
    server = Server()
    back = server.take(listing(("a", 0)) + terminal().send(FileSent("a", 3, 0)))
    assert said(back)[-1] == FileAnswer("a", 3, 0)


def test_a_list_in_sub_packets_is_put_together() -> None:
    files = [(f"00_65_6503_{n}_{'A' * 30}.jpg", 10) for n in range(60)]
    server = Server()
    server.take(listing(*files))
    assert len(server.connection.files) == 60


def test_silence_and_a_missing_list_end_a_connection() -> None:
    connection = AttachmentConnection(LIMITS, now=100.0)
    assert connection.expired(130.0) == ""
    assert connection.expired(131.0) == "no_list"
    connection.receive(b"\x7e", 129.0)  # a byte now and then is no list
    assert (connection.left_s(129.0), connection.left_s(140.0)) == (1.0, 0.0)
    connection.receive(listing(("a", 4)), 130.0)
    connection.accept()
    assert connection.left_s(180.0) == 10.0
    assert connection.expired(180.0) == ""
    assert connection.expired(191.0) == "silent"


@ample
@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([listing(("a", 9)), b"\x7e", b"01cd", b"01c"]))))
def test_any_bytes_give_events_or_a_named_refusal(chunks: list[bytes]) -> None:
    server = Server()
    try:
        for chunk in chunks:
            server.take(chunk)
    except AttachmentRefused as fault:
        ended = fault
    else:
        return
    assert ended.fatal


def test_a_large_file_passes_through_without_being_gathered() -> None:
    """64 MiB in packets of 64 KiB, whatever their bytes."""
    data = bytes(range(256)) * 256
    server = AttachmentConnection()
    server.receive(listing(("big", len(data) * 64)))
    server.accept()
    digest, seen = sha256(), 0
    for number in range(64):
        for event in server.receive(pack_packet("big", number * len(data), data)):
            assert isinstance(event, FileData)
            digest.update(event.data)
            seen += len(event.data)
    assert seen == 64 * len(data)
    assert digest.digest() == sha256(data * 64).digest()


@pytest.mark.parametrize(
    "stream",
    [
        b"\x7e" + b"a" * 400 + b"\x7e" + pack_packet("a.jpg", 0, b"abc"),
        b"\x7e\x12\x10abc\x7ejunk\x00\x00\x08\x7e\x12\x12\x7e",
    ],
    ids=["a frame longer than any", "junk behind a frame that goes on like another one"],
)
def test_what_is_no_frame_is_none_however_it_is_cut(stream: bytes) -> None:
    outcomes = []
    for size in (1, 7, 19, 300, len(stream)):
        splitter = StreamSplitter(packet_bytes=4096, limit=256, junk_bytes=4096)
        pieces = [piece for at in range(0, len(stream), size) for piece in splitter.feed(stream[at : at + size])]
        payload = b"".join(piece.data for piece in pieces if isinstance(piece, Payload))
        others = [piece for piece in pieces if not isinstance(piece, Payload)]
        outcomes.append((others, payload, splitter.skipped))
    assert all(outcome == outcomes[0] for outcome in outcomes), outcomes


@pytest.mark.parametrize(
    "answer",
    [
        FileAnswer("other.jpg", 0, 1, (Missing(0, 10),)),
        FileAnswer(PHOTO.name, 0, 1, (Missing(1 << 31, (1 << 31) - 1),)),
        FileAnswer(PHOTO.name, 0, 1, tuple(Missing(0, (1 << 32) - 1) for _ in range(255))),
        FileAnswer("other.jpg", 0, 0),
    ],
    ids=["of no file", "past the end", "all of it, 255 times over", "no file complete"],
)
def test_a_terminal_sends_no_more_than_its_file_whatever_it_is_asked_for(answer: FileAnswer) -> None:
    terminal = Upload("013904270001", TAG, "A1", (PHOTO,))
    terminal.begin()
    platform = Connection("013904270001", authenticated=True)
    assert len(terminal.receive(platform.send(answer))) < len(PHOTO.data) + 1000
    assert not terminal.done


def test_a_terminal_that_has_brought_everything_hears_answers_in_peace() -> None:
    terminal = Upload("013904270001", TAG, "A1", ())
    platform = Connection("013904270001", authenticated=True)
    assert terminal.receive(platform.send(FileAnswer("late.jpg", 0, 0))) == b""
    assert terminal.done
