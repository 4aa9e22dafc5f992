"""Signalling of JT/T 1078: golden frames, identity, any bytes at all; parameters, items, and the joined catalogue."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.errors import FieldError, TruncatedBody, UnfitValue
from datacenter.protocols.jt808.bits import Alarm, VideoAlarm
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.dialect import speaking
from datacenter.protocols.jt808.events import Received, Unknown
from datacenter.protocols.jt808.extras import StorageFault, VideoAlarms, VideoLoss, VideoOcclusion, typed
from datacenter.protocols.jt808.frame import seal, unescape
from datacenter.protocols.jt808.header import Edition, Header, open_frame
from datacenter.protocols.jt808.messages import MESSAGES as JT808
from datacenter.protocols.jt808.messages import LocationReport, SetParameters
from datacenter.protocols.jt808.parameters import UnknownParameter, item, value_of
from datacenter.protocols.jt1078.codes import wake_up_text
from datacenter.protocols.jt1078.kinds import AlarmWord, alarm_word
from datacenter.protocols.jt1078.messages import MESSAGES, FileUpload, RecordingList, RecordingsQuery
from datacenter.protocols.jt1078.parameters import PARAMETERS, VIDEO
from datacenter.protocols.terminal_catalogue import MESSAGES as EVERYTHING
from datacenter.protocols.terminal_catalogue import speaking_all
from datacenter.protocols.tlv import Tlv

from .goldens import FOLDER, Golden, load
from .strategies import ample, bodies, instances, modest, sealed, strategy_for

GOLDENS = [golden for golden in load(FOLDER.parent / "jt1078") if golden.says["message"] != "rtp"]
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
every_message = pytest.mark.parametrize("message_id", sorted(MESSAGES.forms), ids=lambda key: f"0x{key:04X}")


def asked(frame: bytes, **facts: str) -> dict[str, Any]:
    return answer(json.dumps({"protocol": "jt1078", "hex": frame.hex()} | facts))


def test_there_is_a_golden_frame_for_every_message() -> None:
    assert {int(golden.says["message"], 16) for golden in GOLDENS} == set(MESSAGES.forms)


@by_name
def test_golden_frames_say_what_is_written_beside_them(golden: Golden) -> None:
    said = asked(golden.frame)
    assert said["ok"], said
    for part in ("message", "header", "body"):
        assert json.loads(json.dumps(said[part])) == golden.says[part]


@by_name
def test_golden_frames_encode_back_byte_for_byte(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    assert header.edition == golden.says["edition"]
    assert MESSAGES.decode(header.message_id, body).encode() == body
    assert seal(header.pack() + body) == golden.frame


@by_name
def test_every_byte_of_a_golden_body_is_explained(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    rows = MESSAGES.forms[header.message_id].layout.explain(body)
    assert b"".join(row.raw for row in rows) == body
    assert all(row.title for row in rows)


@by_name
def test_a_connection_understands_them_by_the_joined_catalogue_alone(golden: Golden) -> None:
    [plain] = Connection(authenticated=True).receive(golden.frame)
    assert isinstance(plain, Unknown)
    connection = Connection(authenticated=True, catalogue=EVERYTHING)
    [event] = [one for at in range(len(golden.frame)) for one in connection.receive(golden.frame[at : at + 1])]
    assert isinstance(event, Received)
    assert type(event.message) is MESSAGES.forms[event.header.message_id]
    assert connection.send(event.message).startswith(b"\x7e")


@every_message
@modest
@given(data=st.data())
def test_decoding_undoes_encoding(message_id: int, data: st.DataObject) -> None:
    message = data.draw(instances(MESSAGES.forms[message_id]))
    body = message.encode()
    again = MESSAGES.decode(message_id, body)
    assert again == message
    assert again.encode() == body
    json.dumps(message.layout.show(message))


@every_message
@modest
@given(data=st.data())
def test_any_body_gives_a_message_or_a_named_refusal(message_id: int, data: st.DataObject) -> None:
    body = data.draw(bodies(MESSAGES.forms[message_id]))
    refusal: FieldError | None = None
    try:
        message = MESSAGES.decode(message_id, body)
    except FieldError as fault:
        refusal = fault
    else:
        assert body.startswith(message.encode())
        json.dumps(message.layout.show(message))
    if refusal is not None:
        assert refusal.field
        assert refusal.message
        assert 0 <= refusal.offset <= len(body)


@ample
@given(st.binary(max_size=80), st.sampled_from(["frame", "body", "stream", "escape", "rtp", "rtp-stream", "x", ""]))
def test_any_line_gets_an_answer(data: bytes, framing: str) -> None:
    said = asked(data, framing=framing, message="0x9206")
    assert said["ok"] or said["error"]["message"]


def test_a_list_that_lies_about_its_count_is_refused_where_its_bytes_end() -> None:
    body = RecordingList(7, ()).encode()[:2] + b"\xff\xff\xff\xff" + bytes(28)
    with pytest.raises(TruncatedBody) as caught:
        RecordingList.decode(body)
    assert (caught.value.field, caught.value.offset) == ("channel", 34)


def test_a_text_that_lies_about_its_length_is_refused() -> None:
    with pytest.raises(TruncatedBody) as caught:
        FileUpload.decode(b"\x09ftp")
    assert (caught.value.field, caught.value.offset) == ("addr", 1)


def test_a_recording_list_in_packets_is_put_together() -> None:
    golden = next(one for one in GOLDENS if one.name == "recording_list")
    header, body = open_frame(unescape(golden.frame[1:-1]))
    connection = Connection(authenticated=True, catalogue=EVERYTHING)
    events = []
    for number, part in ((2, body[20:]), (1, body[:20])):
        head = Header(0x1205, len(part), header.phone, 40 + number, Edition.V2013, 0, True, 2, number)
        events += connection.receive(seal(head.pack() + part))
    [event] = events
    assert isinstance(event, Received)
    assert event.message.encode() == body
    assert len(event.message.items) == 2


def test_the_first_packet_of_a_list_is_shown_as_it_came() -> None:
    part = RecordingList(7, ()).encode()[:2] + b"\0\0\0\x02" + bytes(10)
    head = Header(0x1205, len(part), "013900002468", 1, Edition.V2013, 0, True, 2, 1)
    assert asked(seal(head.pack() + part))["body"] == {"fragment": part.hex().upper()}


def test_the_alarm_word_has_both_kinds_of_alarms() -> None:
    word = alarm_word(Alarm.EMERGENCY | Alarm.FATIGUE, VideoAlarm.SIGNAL_COVERED)
    assert RecordingsQuery.decode(RecordingsQuery(1, alarms=word).encode()).alarms == 0x2_0000_0005
    assert AlarmWord().names(word) == ["EMERGENCY", "FATIGUE", "SIGNAL_COVERED"]
    for told in (AlarmWord().titles, AlarmWord().means):
        assert len(told(word | 1 << 63)) == 4


@pytest.mark.parametrize("parameter_id", PARAMETERS, ids=lambda key: f"0x{key:04X}")
@modest
@given(data=st.data())
def test_every_parameter_reads_what_it_writes_where_the_dialect_is_spoken(
    parameter_id: int, data: st.DataObject
) -> None:
    value = data.draw(strategy_for(PARAMETERS[parameter_id].kind))
    with speaking(VIDEO):
        one = item(parameter_id, value)
        assert value_of(one) == value
        message = SetParameters.of({parameter_id: value})
        assert SetParameters.decode(message.encode()).values() == {parameter_id: value}
        json.dumps(message.layout.show(message))
    assert value_of(one) is None
    with pytest.raises(UnknownParameter):
        item(parameter_id, value)


PARAMETER_BYTES = {
    0x0075: ("01 05 0032 19 00000800 00 03 0019 0F 00000400 0043 01", {"osd": 0x43, "audio_output": 1}),
    0x0076: ("02 00 01 01010001 02020000 03030200", {"total": 2, "audio": 0, "video": 1}),
    0x0077: ("01 03 01 05 0032 19 00000800 00 03 0019 0F 00000400 0003", {}),
    0x0079: ("14 05 01", {"storage_pct": 20, "longest_min": 5, "before_min": 1}),
    0x007B: ("2D 50", {"rated_passengers": 45, "fatigue_threshold": 80}),
    0x007C: ("03 01 1F 03 0600 0900 1700 1930 0000 0000 0000 0000", {"mode": 3, "weekdays": 31, "periods_used": 3}),
}


@pytest.mark.parametrize("parameter_id", PARAMETER_BYTES, ids=lambda key: f"0x{key:04X}")
def test_parameters_laid_out_by_hand_are_read(parameter_id: int) -> None:
    digits, says = PARAMETER_BYTES[parameter_id]
    raw = bytes.fromhex(digits)
    with speaking_all():
        [shown] = SetParameters.layout.show(SetParameters(1, (Tlv(parameter_id, raw),)))["params"]
        value = value_of(Tlv(parameter_id, raw))
        assert item(parameter_id, value).data == raw
    assert says.items() <= shown["value"].items()


def test_the_streams_of_a_video_parameter_stand_apart() -> None:
    with speaking(VIDEO):
        setting = value_of(Tlv(0x0075, bytes.fromhex(PARAMETER_BYTES[0x0075][0])))
        channels = value_of(Tlv(0x0077, bytes.fromhex(PARAMETER_BYTES[0x0077][0]))).channels
    assert (setting.live.bit_rate_kbps, setting.stored.bit_rate_kbps) == (2048, 1024)
    assert (setting.live.key_frame_interval, setting.stored.resolution) == (50, 3)
    assert [(one.channel, one.live, one.stored) for one in channels] == [(3, setting.live, setting.stored)]


@modest
@given(st.sampled_from(sorted(PARAMETERS)), st.binary(max_size=60))
def test_a_parameter_of_any_bytes_is_kept(parameter_id: int, raw: bytes) -> None:
    with speaking(VIDEO):
        message = SetParameters(1, (Tlv(parameter_id, raw),))
        json.dumps(message.layout.show(message))
        value = value_of(message.params[0])
    assert SetParameters.decode(message.encode()) == message
    if value is not None and parameter_id != 0x007A:  # a number is read at the length it has
        with speaking(VIDEO):
            assert item(parameter_id, value).data == raw


def test_a_position_carries_the_video_alarms() -> None:
    extras = (VideoAlarms(3).pack(), VideoLoss(5).pack(), VideoOcclusion(2).pack(), StorageFault(0x1001).pack())
    report = LocationReport.decode(bytes.fromhex("00" * 22 + "260309074126"))
    full = LocationReport.decode(report.encode() + b"".join(bytes((e.id, len(e.data))) + e.data for e in extras))
    assert [type(one) for one in typed(full.extras).values()] == [VideoAlarms, VideoLoss, VideoOcclusion, StorageFault]
    shown = asked(sealed(full, Edition.V2013))["body"]["extras"]
    assert shown["0x14"]["video_alarm"] == 3
    assert shown["0x17"]["storage_fault"] == 0x1001


def test_the_joined_catalogue_has_every_message_and_no_two_standards_quarrel() -> None:
    assert set(EVERYTHING.forms) >= set(JT808.forms) | set(MESSAGES.forms)
    assert not set(JT808.forms) & set(MESSAGES.forms)
    assert all(EVERYTHING.forms[key] is form for key, form in MESSAGES.forms.items())


@pytest.mark.parametrize(("awake_min", "text"), [(0, "WAKEUP00"), (5, "WAKEUP05"), (99, "WAKEUP99")])
def test_the_short_message_that_wakes_a_terminal(awake_min: int, text: str) -> None:
    assert wake_up_text(awake_min) == text


def test_a_terminal_cannot_be_woken_for_longer_than_the_text_can_say() -> None:
    with pytest.raises(UnfitValue):
        wake_up_text(100)
