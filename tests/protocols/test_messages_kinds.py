"""What terminals really send, field by field: paddings, clocks, widths, editions that only the body tells."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.errors import BadText, FieldError, TruncatedBody, UnfitValue
from datacenter.protocols.jt808 import messages as m
from datacenter.protocols.jt808.dialect import Dialect, speaking, spoken
from datacenter.protocols.jt808.kinds import DailyTime, KeptStr, KeptText, LooseDate, LooseTime, OpenTime
from datacenter.protocols.jt808.messages.data import BadCompression
from datacenter.protocols.jt808.parameters import PARAMETERS, Parameter, UnknownParameter, item, parameter_of, value_of
from datacenter.protocols.jt808.recorder import BadRecorderBlock, RecorderBlock
from datacenter.protocols.layout import Catalogue, Message, wire
from datacenter.protocols.tlv import TAIL, Tlv
from datacenter.protocols.wire import GMT8, U8, U16, Kind, Reader

from .strategies import ample, bodies, instances, modest, strategy_for

MOMENT = datetime(2026, 3, 9, 14, 5, 30, tzinfo=GMT8)


def read(kind: Kind[Any], raw: str) -> Any:
    return kind.read(Reader(bytes.fromhex(raw)))


@pytest.mark.parametrize(
    ("raw", "text", "plain"),
    [("C1C94C31", "辽L1", True), ("0000C1C9", "辽", False), ("C1C90000", "辽", True), ("00000000", "", True)],
)
def test_padded_text_says_the_same_and_keeps_its_bytes(raw: str, text: str, plain: bool) -> None:
    value = read(KeptText(4), raw)
    assert (value, isinstance(value, KeptStr)) == (text, not plain)
    assert KeptText(4).write(value) == bytes.fromhex(raw)


def test_kept_bytes_do_not_leave_their_width() -> None:
    value = read(KeptText(4), "00004131")
    assert KeptText(8).write(value) == b"A1" + bytes(6)
    assert KeptText().write(value) == bytes.fromhex("00004131")


def test_counted_text_tells_the_length_on_the_wire() -> None:
    kind = KeptText(count=U8, count_name="n")
    value = read(kind, "04C1C90000")
    assert (value, kind.beside(value), kind.beside("辽")) == ("辽", {"n": 4}, {"n": 2})
    assert kind.write(value) == bytes.fromhex("04C1C90000")


def test_half_a_character_is_refused_where_text_is_due_and_shown_where_bytes_are_mixed_in() -> None:
    with pytest.raises(BadText):
        read(KeptText(), "4131C1")
    value = read(KeptText(lossy=True), "4131C1")
    assert value == "A1\ufffd"
    assert KeptText(lossy=True).write(value) == b"A1\xc1"


@pytest.mark.parametrize(
    ("kind", "raw", "value", "shown"),
    [
        (LooseTime(), "260309140530", MOMENT, "2026-03-09 14:05:30"),
        (LooseTime(), "18061B0F362E", "18061B0F362E", "18061B0F362E"),
        (LooseTime(), "000000000000", "000000000000", "000000000000"),
        (OpenTime(), "000000000000", None, None),
        (OpenTime(), "260309140530", MOMENT, "2026-03-09 14:05:30"),
        (DailyTime(), "000000220000", time(22), "00-00-00 22:00:00"),
        (DailyTime(), "000000240000", "000000240000", "000000240000"),
        (DailyTime(), "260309140530", MOMENT, "2026-03-09 14:05:30"),
        (LooseDate(), "20300131", date(2030, 1, 31), "2030-01-31"),
        (LooseDate(), "07E8061B", "07E8061B", "07E8-06-1B"),
        (LooseDate(), "00000000", "00000000", "0000-00-00"),
    ],
)
def test_times_that_name_no_moment_stay_their_digits(kind: Kind[Any], raw: str, value: Any, shown: Any) -> None:
    assert read(kind, raw) == value
    assert kind.show(value) == shown
    assert kind.write(value) == bytes.fromhex(raw)


def test_a_time_cut_short_is_refused() -> None:
    with pytest.raises(TruncatedBody):
        read(LooseTime(), "2603")


ATTRIBUTES = m.Attributes(0, "PJTST", "M", "T", "8" * 20, "H1", "F22", 1, 2)


def test_attributes_of_2019_are_read_with_a_maker_of_five_and_of_eleven_bytes() -> None:
    short = ATTRIBUTES.encode("2019")
    long = short[:7] + bytes(6) + short[7:]
    for body in (short, long):
        again = m.Attributes.decode(body, "2019")
        assert again == ATTRIBUTES
        assert again.encode("2019") == body


def test_driver_cards_of_three_editions_are_told_apart_by_their_bodies() -> None:
    old = m.DriverIdentity(None, None, None, "张三", "211100000000000000", "2111000000", org="盘锦")
    again = m.DriverIdentity.decode(old.encode("2011"), "2013")
    assert (again, again.identity_number, again.on_duty) == (old, "211100000000000000", True)
    new = m.DriverIdentity(1, MOMENT, 0, "李四", None, "2111000001", "盘锦", date(2030, 1, 31), "21110000000000000X")
    for edition in ("2013", "2019"):  # terminals of 2013 send the identity number too
        again = m.DriverIdentity.decode(new.encode(edition), edition)
        assert (again, again.identity_number, again.on_duty) == (new, "21110000000000000X", True)
    assert not m.DriverIdentity(2, MOMENT).on_duty
    assert not m.DriverIdentity(1, MOMENT, 2).on_duty


PLACE = m.Place(0, 3, 41.1, 122.1, 5, 0.0, 0, MOMENT)


@pytest.mark.parametrize("clock", ["260309140530", "000000000000"])
def test_a_picture_survives_a_terminal_without_a_clock(clock: str) -> None:
    body = bytearray(m.MediaData(1, 0, 0, 0, 1, PLACE, b"\xff\xd8picture").encode("2013"))
    body[30:36] = bytes.fromhex(clock)
    again = m.MediaData.decode(bytes(body), "2013")
    assert (again.data, again.encode("2013")) == (b"\xff\xd8picture", bytes(body))


def test_a_picture_of_2011_has_no_location() -> None:
    picture = m.MediaData(1, 0, 0, 0, 1, None, b"\xff\xd8" + bytes(100))
    assert m.MediaData.decode(picture.encode("2011"), "2013") == picture


@pytest.mark.parametrize(
    ("items", "count", "edition"), [(0, 0, "2013"), (1, 1, "2013"), (31, 31, "2013"), (1, 1, "2011"), (35, 35, "2011")]
)
def test_items_of_a_search_are_told_apart_by_their_size(items: int, count: int, edition: str) -> None:
    old = edition == "2011"
    one: Any = m.StoredMedia2011(0, 1, 0, PLACE) if old else m.StoredMedia(9, 0, 1, 0, PLACE)
    answer = m.MediaSearchAnswer(5, count, (one,) * items)
    assert m.MediaSearchAnswer.decode(answer.encode(edition), "2013") == answer


def test_a_control_without_its_count_is_known_by_its_length() -> None:
    assert m.VehicleControl.decode(b"\0\x01\x01", "2019").controls == (m.Control(1, 1),)
    assert m.VehicleControl.decode(b"\0\x01\0\x01\x01", "2019").controls == (m.Control(1, 1),)
    assert m.VehicleControl.decode(b"\x01", "2013") == m.VehicleControl(1)


def test_arguments_of_an_order_have_names() -> None:
    order = m.TerminalControl.of(2, control=0, auth_code="c", address="10.0.0.1", tcp_port=7611, limit_min=5)
    assert order.argument == "0;c;;;;10.0.0.1;7611;;5"
    assert order.arguments()["tcp_port"] == "7611"
    assert m.TerminalControl.of(2, control=1).encode() == b"\x021"
    assert m.TerminalControl.of(4).encode() == b"\x04"


def test_areas_lose_in_2013_what_only_2019_has() -> None:
    circle = m.Circle(1, 0b10, 41.1, 122.1, 100, None, None, 60, 10, 50, "站前")
    assert m.SetCircles.decode(m.SetCircles(1, (circle,)).encode("2019"), "2019").areas == (circle,)
    [old] = m.SetCircles.decode(m.SetCircles(1, (circle,)).encode("2013"), "2013").areas
    assert (old.max_speed_kmh, old.night_max_speed_kmh, old.name) == (60, None, None)


@pytest.mark.parametrize(
    ("attributes", "facts"),
    [
        (0b01, {}),
        (0b01, {"start": MOMENT}),
        (0b00, {"start": MOMENT, "end": MOMENT}),
        (0b10, {"max_speed_kmh": 60}),
        (0b00, {"max_speed_kmh": 60, "overspeed_s": 10}),
    ],
)
def test_bits_and_fields_of_an_area_may_not_contradict_each_other(attributes: int, facts: dict[str, Any]) -> None:
    with pytest.raises(UnfitValue):
        m.Circle(1, attributes, 41.1, 122.1, 100, **facts)
    with pytest.raises(UnfitValue):
        m.SetPolygon(1, attributes, vertices=(m.Vertex(41.1, 122.1),), **facts)


def test_an_area_made_for_2013_can_be_said_in_2019() -> None:
    limit = {"max_speed_kmh": 60, "overspeed_s": 10}
    polygon = m.SetPolygon(1, 0b10, vertices=(m.Vertex(41.1, 122.1),) * 3, **limit)
    again = m.SetPolygon.decode(polygon.encode("2019"), "2019")
    assert (again.night_max_speed_kmh, again.name) == (60, "")
    route = m.SetRoute(1, 0, points=(m.TurningPoint(1, 1, 41.1, 122.1, 30, 0b10, **limit),))
    again = m.SetRoute.decode(route.encode("2019"), "2019")
    assert again.points[0].night_max_speed_kmh == 60
    assert m.SetRoute.decode(route.encode("2013"), "2013") == route


def test_a_count_that_lies_is_refused_before_anything_is_made() -> None:
    with pytest.raises(TruncatedBody):
        m.AreasQuery.decode(bytes.fromhex("01FFFFFFFF00000001"))
    with pytest.raises(TruncatedBody):
        m.UpgradePackage.decode(bytes(7) + b"\xff\xff\xff\xff" + b"x")


def test_parameters_are_read_by_their_table_and_others_kept() -> None:
    message = m.SetParameters.of({0x0001: 60, 0x0013: "gw.example.cn", 0xF0F1: b"\x01\x02"})
    again = m.SetParameters.decode(message.encode())
    assert again == message
    assert again.values() == {0x0001: 60, 0x0013: "gw.example.cn"}
    shown = again.layout.show(again)
    assert shown["params"][0] == {"id": "0x0001", "len": 4, "hex": "0000003C", "value": 60}
    assert shown["params"][2] == {"id": "0xF0F1", "len": 2, "hex": "0102"}


def test_numbers_of_another_width_still_count_and_texts_cannot_be_numbers() -> None:
    assert value_of(Tlv(0x0090, bytes.fromhex("00000003"))) == 3
    assert value_of(Tlv(0x0001, b"\x0a")) == 10
    assert value_of(Tlv(0x0001, bytes(9))) is None
    assert value_of(Tlv(0x0032, b"\x01\x02")) is None
    assert value_of(Tlv(0x0013, b"\xc1")) is None
    assert value_of(Tlv(0x0013, b"ab", 5)) is None


def test_parameters_that_cannot_be_set_are_refused_by_name() -> None:
    with pytest.raises(UnknownParameter):
        item(0xF0F1, 5)
    with pytest.raises(UnfitValue):
        item(0x0031, 70000)


def test_a_list_of_parameters_cut_anywhere_survives_byte_for_byte() -> None:
    body = m.ParametersAnswer(1, 2, (item(0x0001, 60), item(0x0013, "gw.example.cn"))).encode()
    for cut in range(3, len(body) + 1):
        again = m.ParametersAnswer.decode(body[:cut])
        assert again.encode() == body[:cut]
        json.dumps(again.layout.show(again))
    assert m.ParametersAnswer.decode(body[:14]).params[-1] == Tlv(TAIL, body[12:14])


@pytest.mark.parametrize("parameter_id", sorted(PARAMETERS), ids=lambda key: f"0x{key:04X}")
@modest
@given(data=st.data())
def test_every_parameter_reads_what_it_writes(parameter_id: int, data: st.DataObject) -> None:
    value = data.draw(strategy_for(PARAMETERS[parameter_id].kind))
    assert value_of(item(parameter_id, value)) == value


def test_a_dialect_holds_where_it_is_spoken_and_nowhere_else() -> None:
    theirs = Dialect(parameters={0x0001: Parameter(U8, "x"), 0xF364: Parameter(U16, "y")})
    before = parameter_of(0x0001)
    with speaking(theirs):
        assert value_of(item(0xF364, 258)) == 258
        with speaking(Dialect(parameters={0xF364: Parameter(U8, "z")})):
            assert parameter_of(0xF364) == Parameter(U8, "z")
            assert parameter_of(0x0001) == Parameter(U8, "x")
    assert (parameter_of(0x0001), parameter_of(0xF364), spoken()) == (before, None, Dialect())


def test_catalogues_join_and_the_last_one_holds() -> None:
    other = Catalogue("other")

    @other.message(0x0002, "另一种心跳")
    @dataclass(frozen=True, slots=True)
    class Pulse(Message):
        beats: int = wire(U8, "次数")

    joined = m.MESSAGES.joined("both", other)
    assert joined.protocol == "both"
    assert joined.decode(0x0002, b"\x09") == Pulse(9)
    assert joined.forms[0x0200] is m.LocationReport
    assert m.MESSAGES.forms[0x0002] is m.Heartbeat


def test_recorder_blocks_are_read_and_written() -> None:
    block = RecorderBlock(4, bytes.fromhex("260309140530"))
    assert RecorderBlock.parse(block.pack()) == block
    assert m.RecorderData(1, 4, block.pack()).block() == block
    spoilt = block.pack()[:-1] + b"\0"
    assert not RecorderBlock.parse(spoilt).check_holds
    for bad in (b"\xaa\x75\x04", b"\x55\x7a\x04", block.pack()[:-3]):
        with pytest.raises(FieldError):
            RecorderBlock.parse(bad)
    with pytest.raises(BadRecorderBlock):
        RecorderBlock.parse(b"")


def test_compressed_messages_unpack_within_a_bound() -> None:
    bomb = m.Compressed.of(bytes(5 << 20))
    assert m.Compressed.of(b"hello").unpacked() == b"hello"
    for bad in (bomb, m.Compressed(b"no gzip"), m.Compressed(m.Compressed.of(b"hello" * 50).data[:-9])):
        with pytest.raises(BadCompression):
            bad.unpacked()


def test_waybills_are_text_in_practice() -> None:
    assert m.WaybillReport("运单".encode("gbk")).text() == "运单"
    with pytest.raises(BadText):
        m.WaybillReport(b"\xff\xff").text()


@ample
@given(st.sampled_from(sorted(m.MESSAGES.forms)), st.sampled_from(["", "2011", "2013", "2019"]), st.data())
def test_whatever_decodes_encodes_to_bytes_that_decode_alike(
    message_id: int, edition: str, data: st.DataObject
) -> None:
    form = m.MESSAGES.forms[message_id]
    body = data.draw(bodies(form, edition if edition in ("2013", "2019") else "2013"))
    try:
        message = form.decode(body, edition)
    except FieldError:
        return
    found = form.edition_of(body, edition)
    again = message.encode(found)
    assert body.startswith(again)
    assert form.layout.decode(again, found) == message


@modest
@given(instances(m.VehicleControl, "2019bare"))
def test_a_bare_control_survives(message: m.VehicleControl) -> None:
    assert m.VehicleControl.decode(message.encode("2019bare"), "2019") == message
