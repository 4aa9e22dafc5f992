"""Message tables of JT/T 808: golden frames, identity, and any bytes at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.errors import BadTime, FieldError, TruncatedBody, UnfitValue, UnknownMessage
from datacenter.protocols.jt808.bits import CLEARED_BY_REPLY, CONFIRMABLE, RESERVED_ALARMS, Alarm
from datacenter.protocols.jt808.connection import Connection
from datacenter.protocols.jt808.events import Locations, Received
from datacenter.protocols.jt808.extras import EXTRAS, Extra, Mileage, Satellites, typed
from datacenter.protocols.jt808.frame import FLAG, FrameSplitter, seal, unescape
from datacenter.protocols.jt808.header import Edition, open_frame
from datacenter.protocols.jt808.messages import MESSAGES, BadItem, LocationBatch, LocationReport, Register
from datacenter.protocols.layout import Explained

from .goldens import GOLDENS, Golden
from .strategies import HEADERS, ample, bodies, extra_lists, instances, modest

by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)


def test_there_is_a_golden_frame_for_every_message() -> None:
    assert {int(golden.says["message"], 16) for golden in GOLDENS} == set(MESSAGES.forms)


@by_name
def test_golden_frames_say_what_is_written_beside_them(golden: Golden) -> None:
    said = answer(golden.frame.hex())
    assert said["ok"], said
    for part in ("message", "header", "body"):
        assert json.loads(json.dumps(said[part])) == golden.says[part]


@by_name
def test_golden_frames_encode_back_byte_for_byte(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    message = MESSAGES.decode(header.message_id, body, header.edition)
    assert message.encode(golden.says["edition"]) == body
    content = bytearray(header.pack() + body)
    content[2] |= 0x40 if golden.says.get("flagged") else 0
    assert seal(bytes(content)) == golden.frame


@by_name
def test_golden_frames_come_out_of_a_stream_one_byte_at_a_time(golden: Golden) -> None:
    neighbour = GOLDENS[0].frame
    splitter = FrameSplitter()
    fed = golden.frame + neighbour + b"\x7e\x02"
    found = [one for at in range(len(fed)) for one in splitter.feed(fed[at : at + 1])]
    assert found == [golden.frame.strip(FLAG), neighbour.strip(FLAG)]
    assert splitter.remaining == b"\x7e\x02"


@by_name
def test_every_byte_of_a_golden_body_is_explained(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]))
    form = MESSAGES.forms[header.message_id]
    rows: list[Explained] = form.layout.explain(body, form.edition_of(body, header.edition))
    assert b"".join(row.raw for row in rows) == body
    assert all(row.title for row in rows)


@ample
@given(
    st.sampled_from(list(Edition)).flatmap(lambda e: st.tuples(st.just(e), st.sampled_from(sorted(MESSAGES.forms)))),
    st.data(),
)
def test_decoding_undoes_encoding(which: tuple[Edition, int], data: st.DataObject) -> None:
    edition, message_id = which
    message = data.draw(instances(MESSAGES.forms[message_id], edition))
    body = message.encode(edition)
    again = MESSAGES.decode(message_id, body, HEADERS.get(edition, edition))
    assert again == message
    assert again.encode(edition) == body
    json.dumps(message.layout.show(message, edition))


@ample
@given(st.sampled_from(sorted(MESSAGES.forms)), st.sampled_from(list(Edition)), st.data())
def test_any_body_gives_a_message_or_a_named_refusal(message_id: int, edition: Edition, data: st.DataObject) -> None:
    body = data.draw(bodies(MESSAGES.forms[message_id], "2019" if edition == Edition.V2019 else "2013"))
    refusal: FieldError | None = None
    try:
        message = MESSAGES.decode(message_id, body, edition)
        json.dumps(message.layout.show(message, edition))
    except FieldError as fault:
        refusal = fault
    if refusal is not None:
        assert refusal.field
        assert refusal.code
        assert refusal.message
        assert 0 <= refusal.offset <= len(body)


@by_name
def test_golden_frames_are_taken_by_a_connection(golden: Golden) -> None:
    [event] = Connection(authenticated=True).receive(golden.frame)
    assert isinstance(event, Locations | Received)
    if isinstance(event, Received):
        assert event.message.encode(golden.says["edition"]) == open_frame(unescape(golden.frame[1:-1]))[1]


def test_an_id_without_a_table_is_refused_by_name() -> None:
    with pytest.raises(UnknownMessage):
        MESSAGES.decode(0x0F0F, b"")


def test_a_truncated_body_names_the_field_and_the_place() -> None:
    with pytest.raises(TruncatedBody) as caught:
        LocationReport.decode(bytes(18))
    assert (caught.value.field, caught.value.offset) == ("speed_dkmh", 18)


def test_a_location_without_a_clock_is_refused() -> None:
    with pytest.raises(BadTime):
        LocationReport.decode(bytes(28))


@pytest.mark.parametrize(("size", "edition"), [(25, "2011"), (36, "2011"), (37, "2013"), (50, "2013")])
def test_the_length_of_a_registration_tells_2011_from_2013(size: int, edition: str) -> None:
    assert Register.edition_of(bytes(size), Edition.V2013) == edition
    assert Register.edition_of(bytes(size), Edition.V2019) == Edition.V2019


@pytest.mark.parametrize(
    ("latitude", "status", "signed"),
    [(33.5, 0, 33500000), (33.5, 4, -33500000), (4261.467296, 4, -33500000), (4261.467296, 0, -33500000), (0.0, 4, 0)],
)
def test_hemispheres_come_from_the_status_bits(latitude: float, status: int, signed: int) -> None:
    report = LocationReport.decode(bytes.fromhex("00" * 22 + "260309074126"))
    moved = LocationReport(0, status, latitude, 0.0, 0, 0.0, 0, report.device_time)
    assert moved.signed_e6[0] == signed


def test_alarm_bits_have_names_and_unknown_combinations_leave_no_trace() -> None:
    before = len(Alarm._value2member_map_)
    for bits in range(1000):
        body = (bits << 7).to_bytes(4, "big") + bytes(18) + bytes.fromhex("260309074126")
        report = LocationReport.decode(body)
        assert bool(report.alarms & Alarm.STOLEN.value) is False
    assert len(Alarm._value2member_map_) == before
    assert LocationReport.layout.lines[0].kind.names(0b11) == ["EMERGENCY", "OVERSPEED"]


@ample
@given(extra_lists)
def test_extras_survive_byte_for_byte_and_typed_ones_read(extras: tuple[Extra, ...]) -> None:
    report = LocationReport.decode(bytes.fromhex("00" * 22 + "260309074126"))
    kind = report.layout.lines[-1].kind
    raw = kind.write(extras)
    body = bytes.fromhex("00" * 22 + "260309074126") + raw
    again = LocationReport.decode(body)
    assert again.extras == extras
    assert again.encode() == body
    for item_id, form in typed(extras).items():
        assert form.extra_id == item_id
        assert form.pack().data in [item.data for item in extras if item.id == item_id] or item_id == 0x06


def test_the_last_of_two_equal_items_counts() -> None:
    extras = (Mileage(1.0).pack(), Mileage(2.5).pack(), Satellites(4).pack(), Extra(0x31, b"12"))
    assert typed(extras) == {0x01: Mileage(2.5), 0x31: Satellites(4)}


@pytest.mark.parametrize("form", EXTRAS.values(), ids=lambda form: form.__name__)
@modest
@given(data=st.data())
def test_every_extra_reads_what_it_packs(form: type, data: st.DataObject) -> None:
    value = data.draw(instances(form, ""))
    assert typed((value.pack(),)) == {form.extra_id: value}


def test_a_bad_item_costs_only_itself() -> None:
    good = bytes.fromhex("00" * 22 + "260309074126")
    clockless = bytes(28)
    short = good[:20]
    parts = [good, clockless, short, good]
    body = b"\x00\x06\x01" + b"".join(len(part).to_bytes(2, "big") + part for part in parts) + b"\x00\x40\x01"
    batch = LocationBatch.decode(body)
    assert [isinstance(item, BadItem) for item in batch.items] == [False, True, True, False, True]
    assert [item.error.code for item in batch.items if isinstance(item, BadItem)] == [
        "bad-time",
        "truncated-body",
        "truncated-body",
    ]
    assert batch.encode() == body


@pytest.mark.parametrize(
    ("edition", "reserved", "cleared"),
    [
        ("2011", {12, 13, 14, 15, 16, 17, 29, 30, 31}, {0, 3, 20, 21, 22, 27, 28}),
        ("2013", {15, 16, 17}, {0, 3, 20, 21, 22, 27, 28, 31}),
        ("2019", {31}, {0, 20, 21, 22, 27, 28}),
    ],
)
def test_alarm_bits_by_edition(edition: str, reserved: set[int], cleared: set[int]) -> None:
    def bits(word: int) -> set[int]:
        return {bit for bit in range(32) if word >> bit & 1}

    assert bits(RESERVED_ALARMS[edition]) == reserved
    assert bits(CLEARED_BY_REPLY[edition]) == cleared
    assert bits(CONFIRMABLE) == {0, 3, 20, 21, 22, 27, 28}


def test_a_message_of_an_older_shape_is_refused_by_name_where_it_has_no_bytes() -> None:
    photo = MESSAGES.decode(0x0801, bytes.fromhex("0000038600000102ffd8ffe0ffd9"), Edition.V2013)
    assert photo.encode(Edition.V2011)
    with pytest.raises(UnfitValue):
        photo.encode(Edition.V2013)
