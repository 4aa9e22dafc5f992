"""A media connection of JT/T 1078: binding, sequence numbers, frames from parts, silence, bounds."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.jt1078.assembly import PACKET_COST
from datacenter.protocols.jt1078.connection import MediaConnection
from datacenter.protocols.jt1078.errors import LostMagic, OtherStream
from datacenter.protocols.jt1078.events import (
    BadMedia,
    Dropped,
    Event,
    FrameDropped,
    MediaFrame,
    SequenceGap,
    StreamBound,
    StreamSilent,
)
from datacenter.protocols.jt1078.packet import DataType, Mark, MediaPacket, packets_of

from .jt1078_strategies import dirty_streams, packets, pieces
from .strategies import ample, modest

SIM = "013900002468"
A, F, L, M = Mark.ATOMIC, Mark.FIRST, Mark.LAST, Mark.MIDDLE
I_, P_, SOUND, DATA = DataType.I_FRAME, DataType.P_FRAME, DataType.AUDIO, DataType.PASSTHROUGH


def packet(seq: int, mark: int = A, data_type: int = P_, payload: bytes = b"", **other: Any) -> MediaPacket:
    times = {"timestamp_ms": 40 * seq} if data_type != DATA else {}
    if data_type < SOUND:
        times |= {"last_i_ms": 40, "last_ms": 40}
    facts: dict[str, Any] = {"sim": SIM, "channel": 3, "payload_type": 98} | times | other
    return MediaPacket(data_type=data_type, mark=mark, seq=seq & 0xFFFF, payload=payload or b"%d;" % seq, **facts)


def taken(connection: MediaConnection, *sent: MediaPacket, now: float = 0.0) -> list[Event]:
    return connection.receive(b"".join(one.encode() for one in sent), now)


def bound() -> MediaConnection:
    """A connection that has seen packet 0."""
    connection = MediaConnection(6)
    taken(connection, packet(0))
    return connection


def frames(events: list[Event]) -> list[bytes]:
    return [event.payload for event in events if isinstance(event, MediaFrame)]


def drops(events: list[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, FrameDropped)]


def gaps(events: list[Event]) -> list[tuple[int, int, int]]:
    return [(event.expected, event.found, event.missing) for event in events if isinstance(event, SequenceGap)]


def test_the_first_packet_binds_sim_and_channel() -> None:
    connection = MediaConnection(6)
    assert not connection.bound
    first, second = taken(connection, packet(7))
    assert first == StreamBound(SIM, 3)
    assert isinstance(first, StreamBound)
    assert first.phone == "13900002468"
    assert isinstance(second, MediaFrame)
    assert (second.channel, second.timestamp_ms, second.packets, second.is_video) == (3, 280, 1, True)
    assert connection.bound


@pytest.mark.parametrize("other", [{"channel": 4}, {"sim": "013900009999"}])
def test_a_packet_of_another_stream_is_refused_and_ends_nothing(other: dict[str, Any]) -> None:
    connection = bound()
    events = taken(connection, packet(1, F), packet(900, **other), packet(2, L))
    assert [type(one) for one in events] == [BadMedia, MediaFrame]
    assert isinstance(events[0], BadMedia)
    assert isinstance(events[0].error, OtherStream)
    assert (connection.received, connection.bad_packets, connection.lost) == (3, 1, 0)


def test_frames_are_put_together_from_their_parts_with_sound_in_between() -> None:
    events = taken(
        bound(),
        packet(1, F, I_, b"a"),
        packet(2, A, SOUND, b"!"),
        packet(3, M, I_, b"b"),
        packet(4, F, SOUND, b"x"),
        packet(5, L, I_, b"c"),
        packet(6, L, SOUND, b"y"),
    )
    assert frames(events) == [b"!", b"abc", b"xy"]
    picture = events[1]
    assert isinstance(picture, MediaFrame)
    assert (picture.data_type, picture.timestamp_ms, picture.packets) == (I_, 40, 3)
    assert drops(events) == []


@ample
@given(
    st.lists(st.tuples(st.sampled_from(DataType), st.binary(max_size=60)), max_size=8),
    st.integers(1, 20),
    st.integers(0, 0xFFFF),
    st.lists(st.integers(0, 900), max_size=6),
)
def test_what_is_sent_in_packets_arrives_as_frames_however_it_is_cut(
    sent: list[tuple[DataType, bytes]], longest: int, seq: int, cuts: list[int]
) -> None:
    numbers = count(seq)
    stream = b""
    for data_type, payload in sent:
        for one in packets_of(payload, packet(0, data_type=data_type), seq=0, longest=longest):
            one.seq = next(numbers) & 0xFFFF
            stream += one.encode()
    whole, cut, crumbs = (MediaConnection(6) for _ in range(3))
    events = whole.receive(stream)
    assert [one for part in pieces(stream, cuts) for one in cut.receive(part)] == events
    assert [one for at in range(len(stream)) for one in crumbs.receive(stream[at : at + 1])] == events
    assert [(one.data_type, one.payload) for one in events if isinstance(one, MediaFrame)] == sent
    assert (whole.lost, whole.late, whole.held_bytes, drops(events)) == (0, 0, 0, [])


@ample
@given(st.one_of(dirty_streams(), st.binary(max_size=200)), st.lists(st.integers(0, 400), max_size=6))
def test_any_bytes_give_events_and_never_else(stream: bytes, cuts: list[int]) -> None:
    whole, cut = MediaConnection(), MediaConnection()
    events = [*whole.receive(stream), *whole.finish(), *whole.tick(1e9)]
    again = [*(one for part in pieces(stream, cuts) for one in cut.receive(part)), *cut.finish(), *cut.tick(1e9)]
    assert [str(one) for one in events] == [str(one) for one in again]
    assert all(isinstance(one, Event) for one in events)
    for event in events:
        if isinstance(event, BadMedia):
            assert event.error.code
            assert event.error.message


def test_noise_between_packets_is_said_and_survived() -> None:
    events = bound().receive(packet(1).encode() + b"noise" + packet(2).encode())
    assert [type(one) for one in events] == [MediaFrame, BadMedia, MediaFrame]
    assert isinstance(events[1], BadMedia)
    assert isinstance(events[1].error, LostMagic)


def test_sequence_numbers_wrap_without_a_gap() -> None:
    connection = MediaConnection(6)
    events = taken(connection, *(packet(seq) for seq in range(65530, 65545)))
    assert gaps(events) == []
    assert (connection.wraps, connection.lost, connection.late) == (1, 0, 0)
    assert gaps(taken(connection, *(packet(seq) for seq in range(65545, 65536 + 65545)))) == []
    assert connection.wraps == 2


@pytest.mark.parametrize(("last", "seq", "gap"), [(5, 7, (6, 7, 1)), (65534, 1, (65535, 1, 2)), (65535, 3, (0, 3, 3))])
def test_packets_that_never_came_are_counted_over_a_wrap_too(last: int, seq: int, gap: tuple[int, int, int]) -> None:
    connection = MediaConnection(6)
    events = taken(connection, packet(last), packet(seq))
    assert gaps(events) == [gap]
    assert (connection.lost, connection.wraps) == (gap[2], int(seq < last))
    assert connection.loss_pct == gap[2] * 100 // (2 + gap[2])


def test_a_number_from_before_is_late_and_no_loss() -> None:
    connection = bound()
    events = taken(connection, packet(1), packet(1), packet(0), packet(1))
    assert gaps(events) == []
    assert (connection.late, connection.lost, connection.received) == (2, 0, 5)
    assert len(frames(events)) == 4


def test_sound_and_pictures_may_be_numbered_apart() -> None:
    connection = MediaConnection(6)
    sent = [packet(500 + at, A, SOUND) if at % 2 else packet(at, A) for at in range(40)]
    for at, one in enumerate(sent):
        one.seq = (500 if at % 2 else 65530) + at // 2 & 0xFFFF
    assert gaps(taken(connection, *sent)) == []
    assert gaps(taken(connection, packet(65530 + 22))) == [((65530 + 20) & 0xFFFF, (65530 + 22) & 0xFFFF, 2)]


@pytest.mark.parametrize("lost", range(4))
def test_a_frame_that_lacks_any_packet_is_dropped_once_and_the_next_one_is_whole(lost: int) -> None:
    marks = (F, M, M, L)
    sent = [packet(seq, marks[(seq - 1) % 4], I_) for seq in range(1, 9)]
    connection = bound()
    events = taken(connection, *(one for at, one in enumerate(sent) if at != lost))
    assert frames(events) == [b"5;6;7;8;"]
    assert len(drops(events)) == 1
    assert [missing for _, _, missing in gaps(events)] == [1]
    assert connection.held_bytes == 0


def test_a_loss_spoils_what_is_open_even_if_another_kind_tells_it() -> None:
    events = taken(bound(), packet(1, F, I_), packet(3, A, SOUND), packet(4, L, I_), packet(5, A, P_))
    assert drops(events) == [Dropped.GAP]
    assert frames(events) == [b"3;", b"5;"]


def test_a_frame_without_its_first_part_is_said_once() -> None:
    events = taken(bound(), *(packet(seq, M) for seq in range(1, 50)), packet(50, L), packet(51, L), packet(52))
    assert drops(events) == [Dropped.NO_BEGINNING, Dropped.NO_BEGINNING]
    assert frames(events) == [b"52;"]


@pytest.mark.parametrize("mark", [A, F])
def test_a_new_frame_ends_one_that_has_no_end(mark: int) -> None:
    events = taken(bound(), packet(1, F, I_), packet(2, M, I_), packet(3, mark, P_), packet(4, L, P_))
    assert drops(events)[0] == Dropped.NO_END
    assert frames(events) == ([b"3;4;"] if mark == F else [b"3;"])


def test_a_part_of_another_picture_doesnt_get_into_this_one() -> None:
    events = taken(bound(), packet(1, F, I_), packet(2, M, P_), packet(3, L, P_), packet(4, A, P_))
    assert drops(events) == [Dropped.NO_END, Dropped.NO_BEGINNING]
    assert frames(events) == [b"4;"]


def test_ten_thousand_unfinished_frames_take_no_more_than_three() -> None:
    connection = bound()
    held = []
    for seq in range(1, 10_001):
        kind = (I_, SOUND, DATA)[seq % 3]
        taken(connection, packet(seq, F, kind, bytes(900)))
        held.append(connection.held_bytes)
    assert max(held) == 3 * (900 + PACKET_COST)
    assert connection.lost == 0


@pytest.mark.parametrize("size", [0, 1, 900])
def test_a_frame_without_end_is_given_up_at_the_bound_and_said_once(size: int) -> None:
    connection = MediaConnection(6, frame_bytes=100_000)
    events = taken(connection, packet(0, F, I_, bytes(size)))
    for seq in range(1, 10_000):
        one = packet(seq, M, I_)
        one.payload = bytes(size)
        events += taken(connection, one)
        assert connection.held_bytes <= 100_000
    assert drops(events) == [Dropped.TOO_LARGE]
    assert frames(taken(connection, packet(10_000, L, I_), packet(10_001))) == [b"10001;"]


def test_a_frame_that_is_just_as_long_as_the_bound_is_taken() -> None:
    for more, expected in ((0, 1), (1, 0)):
        connection = MediaConnection(6, frame_bytes=2 * (500 + PACKET_COST))
        events = taken(connection, packet(0, F, I_, bytes(500)), packet(1, L, I_, bytes(500 + more)))
        assert len(frames(events)) == expected
        assert connection.held_bytes == 0


def test_a_frame_whose_end_never_comes_is_given_up_in_time() -> None:
    connection = MediaConnection(6, frame_lifetime_s=10.0)
    taken(connection, packet(0, F, I_), now=100.0)
    assert connection.tick(109.9) == []
    assert drops(connection.tick(110.0)) == [Dropped.TOO_LATE]
    assert drops(taken(connection, packet(1, M, I_), packet(2, L, I_), now=111.0)) == []
    assert frames(taken(connection, packet(3), now=112.0)) == [b"3;"]


def test_silence_is_said_once_and_again_after_a_packet() -> None:
    connection = MediaConnection(6, started_at=50.0, silence_s=30.0)
    assert connection.tick(79.0) == []
    assert connection.tick(80.0) == [StreamSilent(50.0, bound=False)]
    assert connection.tick(500.0) == []
    taken(connection, packet(0), now=600.0)
    assert connection.tick(629.0) == []
    assert connection.tick(630.0) == [StreamSilent(600.0, bound=True)]


def test_a_terminal_that_sends_rubbish_counts_as_silent() -> None:
    connection = MediaConnection(6, silence_s=30.0)
    connection.receive(bytes(5000), now=29.0)
    assert connection.tick(30.0) == [StreamSilent(0.0, bound=False)]
    assert connection.skipped_bytes == 5000


@modest
@given(st.lists(packets(SIM), max_size=30))
def test_counters_add_up_whatever_comes(sent: list[MediaPacket]) -> None:
    connection = MediaConnection(6)
    events = taken(connection, *sent)
    refused = sum(isinstance(one, BadMedia) for one in events)
    assert connection.received + refused == len(sent)
    assert connection.lost == sum(missing for _, _, missing in gaps(events))
    assert 0 <= connection.loss_pct <= 100
