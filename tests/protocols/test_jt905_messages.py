"""Message tables of JT/T 905: golden frames, identity, disputed fields, and any bytes at all."""

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.errors import (
    BadBcd,
    BadTime,
    FieldError,
    HeaderTooShort,
    LengthMismatch,
    ProtocolError,
    TruncatedBody,
    UnfitValue,
)
from datacenter.protocols.jt808 import bits as jt808
from datacenter.protocols.jt808.frame import FLAG, FrameSplitter, seal, unescape
from datacenter.protocols.jt905.bits import ALARM_808, STATUS_808, Alarm, Device, Status, alarm_808, status_808
from datacenter.protocols.jt905.codes import DEVICE, EVALUATION, PAYMENT
from datacenter.protocols.jt905.header import MAX_BODY, MAX_ESCAPED, Header, looks_like, open_frame
from datacenter.protocols.jt905.kinds import BcdDecimal, BcdDutyTime, ByteSerial, DutyTime, Terminated, TextTooLong
from datacenter.protocols.jt905.messages import (
    MESSAGES,
    BadMeter,
    BadPosition,
    Evaluation,
    GrabResult,
    ImageSearchAnswer,
    LocationReport,
    LocationResent,
    Meter,
    PayType,
    SignOut,
    Text,
    TripRecord,
)
from datacenter.protocols.wire import GMT8, Reader

from .goldens import FOLDER, Golden, load
from .jt905_strategies import messages
from .strategies import ample, bodies, instances, modest, rechecked

GOLDENS = load(FOLDER.parent / "jt905")
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)


def golden(name: str) -> bytes:
    """The body of a golden frame."""
    return open_frame(unescape(next(one for one in GOLDENS if one.name == name).frame[1:-1]))[1]


def taken(message_id: int, body: bytes) -> tuple[Any, FieldError | None]:
    """The message in ``body``, or the refusal."""
    try:
        return MESSAGES.decode(message_id, body), None
    except FieldError as fault:
        return None, fault


def test_there_is_a_golden_frame_for_every_message() -> None:
    assert {int(one.says["message"], 16) for one in GOLDENS} == set(MESSAGES.forms)


@by_name
def test_golden_frames_say_what_is_written_beside_them(golden: Golden) -> None:
    said = answer(golden.frame.hex(), "jt905")
    assert said["ok"], said
    for part in ("message", "header", "body"):
        assert json.loads(json.dumps(said[part])) == golden.says[part]


@by_name
def test_golden_frames_encode_back_byte_for_byte(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    again = MESSAGES.decode(header.message_id, body).encode()
    assert again == body
    assert seal(header.pack() + again) == golden.frame


@by_name
def test_golden_frames_come_out_of_a_stream_one_byte_at_a_time(golden: Golden) -> None:
    neighbour = GOLDENS[0].frame
    splitter = FrameSplitter(MAX_ESCAPED)
    fed = golden.frame + neighbour + b"\x7e\x02"
    found = [one for at in range(len(fed)) for one in splitter.feed(fed[at : at + 1])]
    assert found == [golden.frame.strip(FLAG), neighbour.strip(FLAG)]


@by_name
def test_every_byte_of_a_golden_body_is_explained(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    rows = MESSAGES.forms[header.message_id].layout.explain(body)
    assert b"".join(row.raw for row in rows) == body
    assert all(row.title for row in rows)


@ample
@given(messages)
def test_decoding_undoes_encoding(message: Any) -> None:
    body = message.encode()
    again = MESSAGES.decode(message.message_id, body)
    assert again == message
    assert again.encode() == body
    json.dumps(message.layout.show(message))


@ample
@given(
    st.sampled_from(sorted(MESSAGES.forms)).flatmap(lambda key: st.tuples(st.just(key), bodies(MESSAGES.forms[key])))
)
@example((0x0203, bytes(24)))
@example((0x0B05, bytes(131)))
def test_any_body_gives_a_message_or_a_named_refusal(asked: tuple[int, bytes]) -> None:
    message_id, body = asked
    message, refusal = taken(message_id, body)
    if refusal is not None:
        assert refusal.field
        assert 0 <= refusal.offset <= len(body)
    else:
        json.dumps(message.layout.show(message))
        assert MESSAGES.decode(message_id, message.encode()) == message


@ample
@given(instances(TripRecord), st.data())
def test_any_damage_to_a_trip_is_a_trip_or_a_named_refusal(trip: TripRecord, data: st.DataObject) -> None:
    body = bytearray(trip.encode())
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    again, refusal = taken(TripRecord.message_id, bytes(body))
    if refusal is None:
        json.dumps(again.layout.show(again))
    else:
        assert refusal.offset < 65


@modest
@given(st.binary(max_size=60))
def test_any_frame_gives_an_answer_and_never_raises(raw: bytes) -> None:
    for data in (raw, FLAG + raw + FLAG, FLAG + rechecked(raw or b"\0") + FLAG):
        json.dumps(answer(data.hex(), "jt905"))


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        ("0002000010", HeaderTooShort),
        ("000200011045020007310001", LengthMismatch),
        ("00020000104502000731000100", LengthMismatch),
    ],
)
def test_headers_that_do_not_fit_are_refused(raw: str, refusal: type[ProtocolError]) -> None:
    with pytest.raises(refusal):
        open_frame(rechecked(bytes.fromhex(raw) + b"\0"))


def test_a_body_has_sixteen_bits_of_length() -> None:
    assert Header(0x0800, MAX_BODY, "104502000731", 1).pack()[2:4] == b"\xff\xff"
    with pytest.raises(UnfitValue):
        Header(0x0800, MAX_BODY + 1, "104502000731", 1).pack()
    assert Header(2, 0, "104502000731", 1).show() == {"isu": "104502000731", "serial": 1}
    assert (Header(2, 0, "104502000731", 1).maker, Header(2, 0, "104502000731", 1).device_type) == (0x45, 0x02)


def test_the_shape_of_a_frame_is_an_isu_and_a_plain_length() -> None:
    ours = rechecked(Header(2, 0, "104502000731", 1).pack() + b"\0")
    assert looks_like(ours)
    assert not looks_like(ours[:4] + b"\x01" + ours[5:])
    assert not looks_like(ours + b"\0")
    assert not looks_like(ours[:12])


# --- Position ---


def test_coordinates_are_ten_thousandths_of_a_minute() -> None:
    report = LocationReport.decode(golden("location"))
    assert report.latitude_deg == pytest.approx(41.119873, abs=1e-6)
    assert report.signed_e6 == (41119873, 122070713)
    assert (report.bearing_deg, report.speed_kmh) == (270, 42.5)
    south = replace(report, status=Status.SOUTH | Status.WEST)
    assert south.signed_e6 == (-41119873, -122070713)
    already = replace(south, latitude_deg=-report.latitude_deg)
    assert already.signed_e6[0] == -41119873
    absurd = LocationReport.decode(bytes(8) + b"\x7f\xff\xff\xff\x80\0\0\0" + golden("location")[16:])
    assert absurd.signed_e6 == ((1 << 31) - 1, 1 - (1 << 31))


def test_a_bad_position_does_not_cost_its_neighbours() -> None:
    body = golden("location_resent")
    broken = body[:44] + b"\x26\x13\x09\x00\x00\x00" + body[50:] + b"\x01\x02"
    message = LocationResent.decode(broken)
    assert [isinstance(one, BadPosition) for one in message.items] == [False, True, False, True]
    assert (message.items[1].error.offset, type(message.items[1].error)) == (44, BadTime)
    assert type(message.items[3].error) is TruncatedBody
    assert message.encode() == broken


# --- Status and alarms ---


def test_the_fix_bit_is_the_inverse_of_that_of_808() -> None:
    assert status_808(0) == jt808.Status.FIXED
    assert status_808(Status.NO_FIX) == 0
    loaded = status_808(Status.LOADED | Status.ACC_ON)
    assert loaded == jt808.Status.FIXED | jt808.Status.ACC_ON | jt808.Status.LOAD_LOW | jt808.Status.LOAD_HIGH
    assert status_808(1 << 31 | Status.BOOKED | Status.PICK_UP) == jt808.Status.FIXED


def test_alarms_that_only_taxis_have_raise_none_of_808() -> None:
    only = Alarm.METER_FAULT | Alarm.EVALUATOR_FAULT | Alarm.TOP_LIGHT_FAULT | Alarm.METER_CLOCK | Alarm.RECORDER_FAULT
    only |= Alarm.SECURITY_MODULE_FAULT | Alarm.SCREEN_FAULT | Alarm.ADVERT_SCREEN_FAULT | Alarm.STORAGE_FAULT
    assert alarm_808(only | 0xE0000000) == 0
    assert alarm_808(Alarm.EMERGENCY | Alarm.OVERSPEED) == jt808.Alarm.EMERGENCY | jt808.Alarm.OVERSPEED
    named = set(Alarm) - {ours for ours, _ in ALARM_808}
    assert sum(named) == only
    for table in (ALARM_808, STATUS_808):
        assert len({ours for ours, _ in table}) == len({theirs for _, theirs in table}) == len(table)


def test_codes_have_the_same_numbers_by_name_and_by_title() -> None:
    for names, titles in [(Device, DEVICE), (Evaluation, EVALUATION), (PayType, PAYMENT)]:
        assert set(titles.names) == {one.value for one in names}


# --- Disputed fields ---


def test_power_on_times_of_both_spellings_are_read_and_written_again() -> None:
    kind = BcdDutyTime()
    for digits, at, to_the_second in [
        ("202603090629", datetime(2026, 3, 9, 6, 29, tzinfo=GMT8), False),
        ("260309062958", datetime(2026, 3, 9, 6, 29, 58, tzinfo=GMT8), True),
        ("201301010000", datetime(2013, 1, 1, tzinfo=GMT8), False),
        ("201231235959", datetime(2020, 12, 31, 23, 59, 59, tzinfo=GMT8), True),
    ]:
        value = kind.read(Reader(bytes.fromhex(digits)))
        assert value == DutyTime(at, to_the_second)
        assert kind.write(value).hex() == digits
    assert kind.read(Reader(bytes(6))) is None
    with pytest.raises(BadTime):
        kind.read(Reader(bytes.fromhex("202613090629")))
    with pytest.raises(BadTime):
        kind.read(Reader(bytes.fromhex("200009062958")))
    for lost in (DutyTime(datetime(2012, 1, 1, tzinfo=GMT8)), DutyTime(datetime(2026, 1, 1, 0, 0, 1, tzinfo=GMT8))):
        with pytest.raises(UnfitValue):
            kind.write(lost)


def test_the_length_tells_a_byte_from_a_word_in_a_search_answer() -> None:
    word, byte = (ImageSearchAnswer.decode(golden(f"image_search_answer{end}")) for end in ("", "_byte"))
    assert (word.ack_serial, byte.ack_serial) == (44, 44)
    assert (type(word.ack_serial), type(byte.ack_serial)) == (int, ByteSerial)
    assert (word.ids, byte.ids) == ((9, 10), (9, 10))
    empty = ImageSearchAnswer(7, 0, 0)
    assert ImageSearchAnswer.decode(empty.encode()) == empty
    assert ImageSearchAnswer.decode(bytes(9)).ack_serial == 0


def test_who_lost_an_order_gets_its_number_alone() -> None:
    assert not GrabResult.decode(golden("grab_lost")).won
    won = GrabResult.decode(golden("grab_won"))
    assert won.won
    assert (won.service_fee_yuan, won.phone, won.longitude_deg) == (Decimal("3.5"), "13900001111", 122.07)
    with pytest.raises(TruncatedBody):
        GrabResult.decode(golden("grab_won")[:13])


# --- Texts ---


def test_texts_end_at_their_zero_and_may_lack_it_at_the_end() -> None:
    assert Text.decode(b"\x08" + "你好".encode("gbk") + b"\0").text == "你好"
    assert Text.decode(b"\x08" + "你好".encode("gbk")).text == "你好"
    assert Text(8, "").encode() == b"\x08\0"
    assert len(Text(8, "桥" * 249).encode()) == 500
    for long in ("桥" * 250, "a\0b"):
        with pytest.raises(UnfitValue):
            Text(8, long).encode()
    with pytest.raises(TextTooLong):
        Text.decode(b"\x08" + b"a" * 500 + b"\0")
    with pytest.raises(FieldError) as refused:
        Text.decode(b"\x08a\xc7\0")
    assert (refused.value.field, refused.value.offset) == ("text", 2)
    assert Terminated().write("") == b"\0"


# --- Taximeter ---


def test_fares_and_distances_are_exact() -> None:
    trip = TripRecord.decode(golden("trip"))
    assert isinstance(trip.meter, Meter)
    assert (trip.meter.fare_yuan, trip.meter.trip_km, trip.meter.empty_km) == (
        Decimal("17.5"),
        Decimal("7.4"),
        Decimal("2.1"),
    )
    shift = SignOut.decode(golden("sign_out"))
    assert (shift.unit_price_yuan, shift.total_yuan, shift.meter_k) == (Decimal("1.80"), Decimal("486.5"), "1620")
    for value in (Decimal("0.05"), Decimal("1000000"), Decimal("NaN"), Decimal("Infinity"), "x", Decimal(-1)):
        with pytest.raises(UnfitValue):
            BcdDecimal(3, 1).write(value)


def test_a_passenger_who_leaves_after_midnight_leaves_the_next_day() -> None:
    over, same = (TripRecord.decode(golden(name)).meter for name in ("trip_over_midnight", "trip"))
    assert isinstance(over, Meter)
    assert isinstance(same, Meter)
    assert over.alighted_at == datetime(2026, 3, 10, 0, 9, tzinfo=GMT8)
    assert same.alighted_at == datetime(2026, 3, 9, 7, 31, tzinfo=GMT8)
    assert over.card_data == bytes.fromhex("A1B2")


def test_a_meter_that_sends_binary_costs_its_record_and_not_the_trip() -> None:
    trip = TripRecord.decode(golden("trip_meter_binary"))
    assert isinstance(trip.meter, BadMeter)
    assert (type(trip.meter.error), trip.meter.error.field) == (BadBcd, "mileage_01km")
    assert trip.meter.error.offset == 65 + 48
    assert trip.pickup.status & Status.PICK_UP
    assert trip.encode() == golden("trip_meter_binary")
    assert TripRecord.decode(golden("trip_meter_raw")).meter == BadMeter(bytes.fromhex("0103040106"))


def test_a_k_value_in_binary_is_kept_and_an_amount_in_binary_refused() -> None:
    body = bytearray(golden("sign_out"))
    body[66:68] = b"\x06\xaa"
    assert SignOut.decode(bytes(body)).meter_k == "06aa"
    body[91] = 0xAB
    with pytest.raises(BadBcd) as refused:
        SignOut.decode(bytes(body))
    assert (refused.value.field, refused.value.offset) == ("total_01yuan", 91)


def test_padding_in_front_of_a_text_goes_back_where_it_was() -> None:
    body = bytes(19) + bytes.fromhex("260309074126") + bytes(4) + b"PJ0123456789" + bytes(19) + b"\0L1234" + bytes(6)
    message = MESSAGES.decode(0x0B03, body)
    assert (message.operator_license, message.plate) == ("PJ0123456789", "L1234")
    assert message.encode()[: len(body)] == body
