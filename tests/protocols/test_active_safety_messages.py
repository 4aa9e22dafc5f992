"""Message tables of active safety: golden frames both ways, identity, practices, wrong lengths, any bytes at all."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.active_safety.decoding import EVERYTHING
from datacenter.protocols.active_safety.dialect import ACTIVE_SAFETY
from datacenter.protocols.active_safety.files import FileName, read_name
from datacenter.protocols.active_safety.gaps import NOT_FOUND
from datacenter.protocols.active_safety.items import ITEM_LIST, ITEMS, AdasAlarm, Alarm, Scene, alarms_in, walk
from datacenter.protocols.active_safety.messages import MESSAGES, AttachmentList, ListedFile, SafetyReport, UploadOrder
from datacenter.protocols.active_safety.parameters import PARAMETERS, AdasSettings, DsmSettings
from datacenter.protocols.active_safety.passthrough import (
    PASSTHROUGH,
    PeripheralState,
    PeripheralStates,
    StateItem,
)
from datacenter.protocols.active_safety.practices import SHAPES, Practice, UnknownPractice, following
from datacenter.protocols.active_safety.record import BLOCK_BYTES, StateBlock, read_record
from datacenter.protocols.active_safety.tag import AlarmTag
from datacenter.protocols.decoding import answer
from datacenter.protocols.errors import FieldError, ProtocolError
from datacenter.protocols.jt808.dialect import speaking
from datacenter.protocols.jt808.frame import seal, unescape
from datacenter.protocols.jt808.header import open_frame
from datacenter.protocols.jt808.messages import PassthroughUp
from datacenter.protocols.jt808.parameters import item, value_of
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import GMT8

from .active_safety_strategies import lists_of_files, small, tags
from .goldens import FOLDER, Golden, load
from .strategies import ample, bodies, extras_any, instances, modest, u8, values_of

GOLDENS = load(FOLDER.parent / "active_safety")
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
MOMENT = datetime(2026, 3, 9, 7, 12, 30, tzinfo=GMT8)


def adas(practice: str = Practice.JIANGSU, attachments: int = 2) -> AdasAlarm:
    scene = Scene(62, 14, 41.123456, 122.065432, MOMENT, 1)
    return AdasAlarm(7, 1, 2, 1, 58, 0.7, 2, 0, 0, scene, AlarmTag.of("PJ00042", MOMENT, 0, attachments, practice))


def test_there_is_a_golden_frame_for_every_message_and_item() -> None:
    assert set(MESSAGES.forms) <= {int(one.says["message"], 16) for one in GOLDENS}
    items = {key for one in GOLDENS for key in one.says["body"].get("extras", {})}
    assert {f"0x{key:02X}" for key in ITEMS} <= items


@by_name
def test_golden_frames_say_what_is_written_beside_them(golden: Golden) -> None:
    said = answer(golden.frame.hex(), "jt808-su")
    assert said["ok"], said
    for part in ("message", "header", "body"):
        assert json.loads(json.dumps(said[part])) == golden.says[part]


@by_name
def test_golden_frames_encode_back_byte_for_byte(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    again = EVERYTHING.decode(header.message_id, body, header.edition).encode(header.edition)
    assert seal(header.pack() + again) == golden.frame


def test_an_item_lies_on_the_wire_as_the_printed_table_has_it() -> None:
    """By hand, field by field: 0x64 of T/JSATL 12-2017."""
    raw = bytes.fromhex(
        "00000007 01 02 01 3A 07 02 00 00"  # id, start, lane departure, level, 58 km/h, 0.7 s, right, no sign
        "3E 000E 02737E80 07469218"  # 62 km/h, 14 m, 41.123456, 122.065432
        "260309071230 0001"  # moment, ACC
        "504A3030303432 260309071230 00 02 00"  # PJ00042, moment, first, two attachments
    )
    assert adas().pack() == Tlv(0x64, raw)
    assert alarms_in(bytes((0x64, 47)) + raw) == [adas()]


def test_the_order_to_upload_lies_on_the_wire_as_the_printed_table_has_it() -> None:
    order = UploadOrder("192.0.2.9", 7612, 0, adas().tag, "A7")
    raw = bytes.fromhex("09 3139322E302E322E39 1DBC 0000 504A3030303432 260309071230 00 02 00 4137" + "00" * 46)
    assert order.encode() == raw
    assert UploadOrder.decode(raw) == order


@ample
@given(st.sampled_from(sorted(ITEMS)).flatmap(lambda key: instances(ITEMS[key])))
def test_decoding_undoes_encoding_of_items(alarm: Alarm) -> None:
    raw = alarm.layout.encode(alarm)
    again = ITEMS[alarm.extra_id].layout.decode_whole(raw)
    assert again == alarm
    assert again.layout.encode(again) == raw
    json.dumps(alarm.layout.show(alarm))
    assert isinstance(alarm.event, int)
    assert isinstance(alarm.severity, int)


@ample
@given(
    st.one_of(
        lists_of_files(),
        st.sampled_from([key for key in MESSAGES.forms if key != 0x1210]).flatmap(
            lambda key: instances(MESSAGES.forms[key])
        ),
        instances(SafetyReport),
    )
)
def test_decoding_undoes_encoding_of_messages(message: Any) -> None:
    body = message.encode("2013")
    again = EVERYTHING.decode(message.message_id, body, "2013")
    assert again == message
    assert again.encode("2013") == body
    json.dumps(message.layout.show(message))


@modest
@given(
    st.sampled_from(sorted(PARAMETERS)).flatmap(lambda key: st.tuples(st.just(key), values_of(PARAMETERS[key].kind)))
)
def test_decoding_undoes_encoding_of_parameters(drawn: tuple[int, Any]) -> None:
    key, settings = drawn
    with speaking(ACTIVE_SAFETY):
        assert value_of(item(key, settings)) == settings


@modest
@given(st.sampled_from(sorted(PASSTHROUGH)).flatmap(lambda key: st.tuples(st.just(key), instances(PASSTHROUGH[key]))))
def test_decoding_undoes_encoding_of_what_peripherals_say(drawn: tuple[int, Any]) -> None:
    key, content = drawn
    with speaking(ACTIVE_SAFETY):
        assert PassthroughUp(key, content.layout.encode(content)).content() == content
    json.dumps(content.layout.show(content))


@modest
@given(instances(StateBlock))
def test_decoding_undoes_encoding_of_state_blocks(block: StateBlock) -> None:
    raw = block.pack()
    assert len(raw) == BLOCK_BYTES
    assert read_record(raw * 2) == [block, block]
    with pytest.raises(ProtocolError, match="第 1 块"):
        read_record(raw + raw[:-1] + bytes((raw[-1] ^ 1,)))


@ample
@given(st.sampled_from(sorted(EVERYTHING.forms)).flatmap(lambda key: st.tuples(st.just(key), bodies())))
def test_any_bytes_give_a_message_or_a_protocol_error(drawn: tuple[int, bytes]) -> None:
    message_id, body = drawn
    try:
        message = EVERYTHING.decode(message_id, body, "2013")
    except ProtocolError:
        return
    if message_id in MESSAGES.forms or message_id == 0x0200:
        assert body.startswith(message.encode("2013"))


@ample
@given(st.binary(max_size=400))
def test_any_bytes_are_items_that_encode_back(data: bytes) -> None:
    items = tuple(walk(data, 0, len(data)))
    assert ITEM_LIST.write(items) == data
    json.dumps(ITEM_LIST.show(items))
    alarms_in(data)


@pytest.mark.parametrize("practice", SHAPES)
def test_a_practice_is_found_by_length_alone(practice: str) -> None:
    alarm = adas(practice)
    assert alarms_in(bytes((0x64, len(alarm.pack().data))) + alarm.pack().data) == [alarm]
    order = UploadOrder("192.0.2.9", 7612, 7612, alarm.tag, "A7")
    assert UploadOrder.decode(order.encode("2019"), "2019") == order
    listed = AttachmentList("PJ00042", alarm.tag, "A7", 0, (ListedFile("a.jpg", 9), ListedFile("b.wav", 1 << 31)))
    assert AttachmentList.decode(listed.encode("2013"), "2013") == listed


def test_a_header_of_2019_does_not_mean_thirty_bytes() -> None:
    listed = AttachmentList("PJ00042", adas().tag, "A7", 0, ())
    assert AttachmentList.decode(listed.encode("2019"), "2019") == listed


def test_a_named_practice_is_tried_first_and_dropped_where_it_does_not_fit() -> None:
    extras = bytes((0x64, 47)) + adas().pack().data
    with following(Practice.GUANGDONG):
        assert alarms_in(extras)[0].tag.practice == Practice.JIANGSU
    with pytest.raises(UnknownPractice), following("liaoning"):
        pass


@ample
@given(small, st.integers(0, 255), st.lists(extras_any, max_size=3), st.lists(extras_any, max_size=3))
def test_a_wrong_length_costs_neither_the_alarm_nor_its_neighbours(
    item: Tlv, length: int, before: list[Tlv], behind: list[Tlv]
) -> None:
    alarm = ITEMS[item.id].layout.decode_whole(item.data)
    sound = isinstance(alarm.scene.device_time, datetime) and isinstance(alarm.tag.alarm_time, datetime)
    plain = [one for one in (*before, *behind) if one.id in ITEMS]
    lying = Tlv(item.id, item.data, length if length != len(item.data) else None)
    data = ITEM_LIST.write((*before, lying, *behind))
    found = alarms_in(data)
    if sound and not plain and not _another_practice(item, length):
        assert alarm in found
    assert ITEM_LIST.write(tuple(walk(data, 0, len(data)))) == data


def _another_practice(item: Tlv, length: int) -> bool:
    """Whether the wrong length happens to be that of another practice, or its bytes mend to another one's."""
    heads = {0x64: 31, 0x65: 31, 0x66: 24, 0x67: 25, 0x70: 31}
    sizes = [heads[item.id] + shape.tag_bytes for shape in SHAPES.values()]
    return item.id == 0x66 or length in sizes or min(sizes) < len(item.data)


def test_the_length_0x20_before_47_bytes_is_mended() -> None:
    data = b"\x01\x04\x00\x00\xa3\xf1" + b"\x64\x20" + adas().pack().data + b"\x30\x01\x1f"
    assert alarms_in(data) == [adas()]
    shown = ITEM_LIST.show(tuple(walk(data, 0, len(data))))
    assert shown["0x64"]["wrong_length"] == 1
    assert shown["0x64"]["len"] == 0x20
    assert shown["0x30"]["signal_strength"] == 0x1F
    assert shown["0x01"]["mileage_dkm"] == 0xA3F1


def test_an_item_of_nobodys_length_stays_bytes_and_is_no_alarm() -> None:
    data = b"\x64\x05\x01\x02\x03\x04\x05"
    assert alarms_in(data) == []
    assert tuple(walk(data, 0, len(data))) == (Tlv(0x64, b"\x01\x02\x03\x04\x05"),)


def test_a_terminal_without_a_clock_loses_no_alarm() -> None:
    raw = bytearray(adas().pack().data)
    raw[23:29] = bytes(6)
    (alarm,) = alarms_in(bytes((0x64, 47)) + bytes(raw))
    assert alarm.scene.device_time == "000000000000"


@modest
@given(tags)
def test_an_identification_is_as_long_as_its_practice_says(tag: AlarmTag) -> None:
    assert len(tag.pack()) == SHAPES[tag.practice].tag_bytes


@modest
@given(st.tuples(st.sampled_from(range(5)), u8, st.integers(0x6400, 0x70FF), st.integers(0, 99)))
def test_file_names_are_read_back(drawn: tuple[int, int, int, int]) -> None:
    kind, channel, alarm, seq = drawn
    name = FileName.of(kind, channel, alarm >> 8, alarm & 0xFF, seq, "26030907123000A7")
    assert read_name(str(name)) == name


@pytest.mark.parametrize("name", ["", "a.jpg", "09_1_6401_0_A.jpg", "00_1_6401_0_../../x.jpg", "00_1_6401_0_A.jpg/x"])
def test_odd_file_names_are_refused_by_name(name: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        read_name(name)
    assert refusal.value.code == "bad-file-name"


def test_settings_left_alone_are_all_ones() -> None:
    with speaking(ACTIVE_SAFETY):
        assert item(0xF364, AdasSettings()).data == b"\xff" * 56
        assert item(0xF365, DsmSettings()).data == b"\xff" * 49
        assert isinstance(value_of(Tlv(0xF365, b"\xff" * 47)), DsmSettings)
        assert value_of(Tlv(0xF365, b"\xff" * 46)) is None


def test_a_peripheral_of_another_make_costs_nothing_around_it() -> None:
    good = StateItem(0x64, PeripheralState(1, 0))
    content = PeripheralStates((good, StateItem(0x65, b"\x01"), good))
    raw = content.layout.encode(content)
    assert PeripheralStates.layout.decode_whole(raw) == content


def test_a_cut_message_is_refused_with_its_field() -> None:
    with pytest.raises(FieldError) as refusal:
        UploadOrder.decode(UploadOrder("192.0.2.9", 1, 2, adas().tag, "A7").encode()[:-20])
    assert refusal.value.field


def test_names_of_files_do_not_reach_past_their_list() -> None:
    listed = AttachmentList("PJ00042", adas().tag, "A7", 0, (ListedFile("x", 1),))
    raw = listed.encode()
    longer = replace(listed, files=(ListedFile("x", 1), ListedFile("y", 2))).encode()
    assert len(longer) - len(raw) == 6


def test_what_was_not_found_is_said() -> None:
    assert {"JT/T 1242", "辽宁的做法"} <= {subject for subject, _ in NOT_FOUND}
