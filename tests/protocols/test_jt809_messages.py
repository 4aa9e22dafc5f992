"""Message tables of JT/T 809: golden frames, identity in both editions, disputed fields, and any bytes at all."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.protocols.decoding import answer
from datacenter.protocols.errors import BadText, FieldError, TruncatedBody, UnfitValue
from datacenter.protocols.jt809.frame import FrameSplitter, unescape
from datacenter.protocols.jt809.gaps import NOT_FOUND
from datacenter.protocols.jt809.header import Edition, Header, open_frame, sealed
from datacenter.protocols.jt809.kinds import EPOCH, Bare, Extended, Milliseconds, UtcTime
from datacenter.protocols.jt809.messages import (
    MESSAGES,
    SUB_MESSAGES,
    AlarmReport,
    ExchangeDown,
    ExchangeUp,
    Family,
    Location,
    LocationUp,
    PhotoAnswer,
    PlatformLocation,
    PostCheck,
    RecorderAnswer,
    RegisterAnswer,
    ResendRequestDown,
    StartAnswer,
    VehicleRegister,
    carry,
    family_form,
    has_vehicle,
)
from datacenter.protocols.jt809.static_info import pairs_of, text_of
from datacenter.protocols.wire import GMT8, Reader

from .goldens import FOLDER, Golden, load
from .jt809_strategies import damaged, families, messages, spoken
from .strategies import ample, bodies, instances, modest

GOLDENS = load(FOLDER.parent / "jt809")
by_name = pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
few = settings(max_examples=15, deadline=None)
both = pytest.mark.parametrize("edition", list(Edition))
PLATE = "辽LT0809"


def golden(name: str) -> tuple[Header, bytes]:
    """Header and body of a golden frame."""
    one = next(one for one in GOLDENS if one.name == name)
    return open_frame(unescape(one.frame[1:-1]), one.says["edition"])


def decoded(name: str) -> Any:
    header, body = golden(name)
    return MESSAGES.decode(header.message_id, body, header.edition)


def asked(data: bytes, **facts: Any) -> dict[str, Any]:
    return answer(json.dumps({"protocol": "jt809", "hex": data.hex()} | facts))


# --- Golden frames ---


def test_there_is_a_golden_frame_for_every_message_and_sub_message() -> None:
    said = {int(one.says[name], 16) for one in GOLDENS for name in ("message", "sub_message") if name in one.says}
    assert said >= {*MESSAGES.forms, *SUB_MESSAGES.forms}


@by_name
def test_golden_frames_say_what_is_written_beside_them(golden: Golden) -> None:
    for facts in ({"edition": int(golden.says["edition"])}, {}):
        said = asked(golden.frame, **facts)
        assert said["ok"], said
        assert said["message"] == golden.says["message"]
        for part in ("header", "body"):
            for name, value in golden.says[part].items():
                assert agrees(json.loads(json.dumps(said[part][name])), value), name


def agrees(said: Any, written: Any) -> bool:
    """Whether everything that is written is said; more may be."""
    if isinstance(written, dict):
        return all(name in said and agrees(said[name], value) for name, value in written.items())
    if isinstance(written, list):
        return len(said) == len(written) and all(map(agrees, said, written))
    return bool(said == written)


@by_name
def test_golden_frames_encode_back_byte_for_byte(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]), golden.says["edition"])
    if header.message_id in MESSAGES.forms:
        body = MESSAGES.decode(header.message_id, body, header.edition).encode(header.edition)
    assert sealed(header, body) == golden.frame


@by_name
def test_golden_frames_come_out_of_a_stream_one_byte_at_a_time(golden: Golden) -> None:
    neighbour = GOLDENS[0].frame
    splitter = FrameSplitter()
    fed = golden.frame + neighbour + b"\x5b\x02"
    found = [one for at in range(len(fed)) for one in splitter.feed(fed[at : at + 1])]
    assert found == [golden.frame[1:-1], neighbour[1:-1]]


@by_name
def test_every_byte_of_a_golden_body_is_explained(golden: Golden) -> None:
    header, body = open_frame(unescape(golden.frame[1:-1]), golden.says["edition"])
    if header.message_id not in MESSAGES.forms:
        return
    rows = MESSAGES.forms[header.message_id].layout.explain(body, header.edition)
    assert b"".join(row.raw for row in rows) == body
    assert all(row.title for row in rows)


# --- Identity ---


@both
@ample
@given(data=st.data())
def test_decoding_undoes_encoding(edition: Edition, data: st.DataObject) -> None:
    message = data.draw(messages(edition))
    body = message.encode(edition)
    again = MESSAGES.decode(message.message_id, body, edition)
    assert again == message
    assert again.encode(edition) == body
    json.dumps(message.layout.show(message, edition))


SUBS = [(form, edition) for edition in Edition for form in spoken(edition)]


@pytest.mark.parametrize(("form", "edition"), SUBS, ids=[f"{form.message_id:04X}-{e}" for form, e in SUBS])
@few
@given(data=st.data())
def test_each_sub_message_comes_back_inside_its_family(form: Any, edition: Edition, data: st.DataObject) -> None:
    message = data.draw(families(edition, form))
    body = message.encode(edition)
    again = MESSAGES.decode(message.message_id, body, edition)
    assert again == message
    assert again.encode(edition) == body
    assert type(again.sub_message) is form
    assert (getattr(again, "plate", None) is not None) is has_vehicle(form.message_id, edition)


@both
@modest
@given(data=st.data())
def test_both_ways_of_reading_agree(edition: Edition, data: st.DataObject) -> None:
    message = data.draw(messages(edition))
    layout, body = message.layout, message.encode(edition)
    assert layout.read(Reader(body, edition)) == layout._read_by_line(Reader(body, edition))
    assert layout.encode(message, edition) == layout._encode_by_line(message, edition)


# --- Any bytes ---


EVERY = [(catalogue, key, edition) for catalogue in (MESSAGES, SUB_MESSAGES) for key in sorted(catalogue.forms)
         for edition in Edition]  # fmt: skip


@pytest.mark.parametrize(
    ("catalogue", "key", "edition"), EVERY, ids=[f"{one.protocol[6:]}{key:04X}-{e}" for one, key, e in EVERY]
)
@few
@given(data=st.data())
def test_any_body_gives_a_message_or_a_named_refusal(
    catalogue: Any, key: int, edition: Edition, data: st.DataObject
) -> None:
    form = catalogue.forms[key]
    if issubclass(form, Family):  # its own sub-messages, and others'
        whole = families(edition).map(lambda one: one.encode(edition))
        own = [one for one in spoken(edition) if family_form(one.message_id) is form]
        if own:
            drawn = st.sampled_from(own).flatmap(lambda one: families(edition, one))
            whole = st.one_of(whole, damaged(drawn.map(lambda one: one.encode(edition))))
    else:
        whole = bodies(form, edition)
    body = data.draw(st.one_of(whole, st.binary(max_size=120)))
    refusal: FieldError | None = None
    try:
        message = catalogue.decode(key, body, edition)
    except FieldError as fault:
        refusal = fault
    else:
        assert body.startswith(message.layout.encode(message, edition))
        json.dumps(message.layout.show(message, edition))
    if refusal is not None:
        assert refusal.field
        assert refusal.message
        assert 0 <= refusal.offset <= len(body)


# --- Families ---


def test_unknown_messages_and_sub_messages_survive_a_round_trip() -> None:
    family = decoded("12f0_2019_unknown_sub_message")
    assert (family.data, family.sub_message) == (b"\x5b\x5d\x00", None)
    assert family.encode("2019") == golden("12f0_2019_unknown_sub_message")[1]
    _, body = golden("1777_2011_unknown_message")
    assert body == b"\x5e\x5a\x01"


def test_bytes_behind_the_last_field_are_kept_inside_the_length() -> None:
    family = carry(Extended(StartAnswer(), b"more"), "2011", plate=PLATE, plate_color=2)
    again = ExchangeUp.decode(family.encode("2011"), "2011")
    assert again.data == Extended(StartAnswer(), b"more")
    assert asked(sealed(Header(0x1200, 1, 1, Edition.V2011), family.encode("2011")))["body"]["_trailing"] == "6D6F7265"


def test_a_data_length_that_lies_is_refused_at_its_place() -> None:
    _, body = golden("9205_2019")
    for size in (2, 0xFFFFFFFF):
        with pytest.raises(TruncatedBody) as refused:
            ExchangeDown.decode(body[:24] + size.to_bytes(4, "big") + body[28:], "2019")
        assert (refused.value.field, refused.value.offset) == ("data_length", 24)
    short = ExchangeDown.decode(body + b"xx", "2019")  # too short a length leaves the rest to a later edition
    assert short.encode("2019") == body


def test_references_of_2019_lie_before_the_length_where_the_paper_says_so() -> None:
    for name in ("1205_2019", "1206_2019"):
        _, body = golden(name)
        family = decoded(name)
        assert body[-4:] == bytes(4)
        assert family.data.src_serial == int.from_bytes(body[26:30], "big")
        assert asked(b"", framing="sub-body", sub_message=name[:4], edition=2019) == {
            "ok": True, "protocol": "jt809", "sub_message": f"0x{name[:4].upper()}",
            "title": SUB_MESSAGES.forms[int(name[:4], 16)].title, "body": {},
        }  # fmt: skip
    assert decoded("1205_2011").data == StartAnswer()


def test_the_answer_to_a_registration_has_no_vehicle_in_front() -> None:
    family = decoded("9201_2019")
    assert (family.plate, family.plate_color) == (None, None)
    assert isinstance(family.data, RegisterAnswer)
    for wrong in (replace(family, plate=PLATE), replace(decoded("9205_2019"), plate=None)):
        with pytest.raises(UnfitValue):
            wrong.encode("2019")


def test_tokens_come_with_and_without_length_and_vehicle() -> None:
    bare, sized, whole = (decoded(f"1701_{end}") for end in ("2011", "2019_with_length", "2019_with_vehicle"))
    assert bare.data == Bare(sized.data)
    assert bare.sub_message == sized.sub_message == whole.sub_message
    assert (bare.plate, sized.plate, whole.plate) == (None, None, PLATE)


def test_a_family_does_not_carry_what_its_sub_type_does_not_name() -> None:
    with pytest.raises(UnfitValue):
        replace(decoded("9205_2019"), sub_type=0x9206).encode("2019")
    with pytest.raises(UnfitValue):
        replace(decoded("9205_2019"), data=object()).encode("2019")


# --- Disputed fields ---


def test_two_or_three_times_of_an_alarm_are_told_by_the_length() -> None:
    two, three = decoded("1402_2019_two_times").data, decoded("1402_2019").data
    assert two.end is None
    assert isinstance(two.alarmed_at, Milliseconds)
    assert two.alarmed_at == datetime(2025, 11, 25, 0, 26, 18, 123000, tzinfo=UTC)
    assert (two.content, two.plate) == ("停车", PLATE)
    assert three.end is not None
    assert not isinstance(three.alarmed_at, Milliseconds)


@pytest.mark.parametrize("number", [0x1402, 0x1403, 0x9402, 0x9403], ids=hex)
@modest
@given(data=st.data())
def test_both_spellings_of_an_alarm_come_back(number: int, data: st.DataObject) -> None:
    form: Any = SUB_MESSAGES.forms[number]
    alarm = data.draw(instances(form, "2019"))
    for end in (EPOCH, None):
        one = replace(alarm, end=end, content="停车" * 5)
        assert form.decode(one.encode("2019"), "2019") == one


def test_times_keep_their_unit() -> None:
    kind = UtcTime()
    for raw in (0, 1_764_030_378, 10**11, 10**11 + 1, 1_764_030_378_000, (1 << 64) - 1):
        value = kind.read(Reader(raw.to_bytes(8, "big")))
        assert kind.show(value) == raw
        assert kind.write(value) == raw.to_bytes(8, "big")
    assert kind.show(datetime(2026, 11, 25, 8, 0, 0, 900_000, tzinfo=GMT8)) == 1_795_564_800
    for wrong in (datetime(2026, 1, 1), "x", None, datetime(1969, 1, 1, tzinfo=UTC)):  # noqa: DTZ001
        with pytest.raises(UnfitValue):
            kind.write(wrong)


def test_the_model_of_a_terminal_has_eight_bytes_or_twenty() -> None:
    short, long = decoded("1201_2011_short_model"), decoded("1201_2011")
    assert (short.data.model, short.data.terminal_id) == ("M8", "T000001")
    assert len(short.encode("2011")) - len(long.encode("2011")) == -12
    plain = VehicleRegister(platform_id="1", maker_id="2", model="M8", terminal_id="3", sim="4")
    assert len(plain.encode("2011")) == 61


def test_recorder_data_of_2019_come_with_and_without_their_reference() -> None:
    bare = RecorderAnswer(command=8, data=b"\x55\x7a\x08")
    assert RecorderAnswer.decode(bare.encode("2019"), "2019") == bare
    referred = replace(bare, src_type=0x9504, src_serial=77)
    assert RecorderAnswer.decode(referred.encode("2019"), "2019") == referred
    assert RecorderAnswer.decode(bare.encode("2011"), "2011") == bare


def test_a_location_that_is_none_costs_nothing_around_it() -> None:
    place = PlatformLocation(report=b"\x01\x02\x03", company_platform="P1", city_alarms=5)
    again = LocationUp.decode(LocationUp(place).encode("2019"), "2019")
    assert again.location == place
    shown = again.layout.show(again, "2019")["location19"]
    assert shown["gnss"] == {"hex": "010203", "malformed": 1}
    assert (shown["gnss_len"], shown["platform1"], shown["alarm2"]) == (3, "P1", 5)


def test_a_location_of_2011_says_when_or_that_it_does_not() -> None:
    at = datetime(2026, 11, 25, 8, 26, 18, tzinfo=GMT8)
    place = Location.at(at.astimezone(UTC), longitude_deg=122.07, latitude_deg=41.12, speed_kmh=63)
    assert place.device_time == at
    again = LocationUp.decode(LocationUp(place).encode("2011"), "2011").location
    assert again == place
    assert Location.at(at, longitude_deg=0, latitude_deg=0).year == 2026
    nowhere = replace(place, day=0, month=0, year=0)
    assert nowhere.device_time is None
    photo = PhotoAnswer.of(b"\xff\xd8", result=1, location=nowhere, lens=1, size_type=1, format=1)
    referred = replace(photo, src_type=0x9502, src_serial=7)
    for one, edition in ((photo, Edition.V2011), (referred, Edition.V2019)):  # the 36 bytes of 2011 in both
        assert PhotoAnswer.decode(one.encode(edition), edition) == one
    with pytest.raises(UnfitValue):
        photo.encode("2019")  # no reference to what it answers
    with pytest.raises(TruncatedBody):
        PhotoAnswer.decode(replace(photo, photo_bytes=3).encode("2011"), "2011")


def test_texts_that_are_no_gbk_are_refused_at_their_byte_and_platform_codes_are_kept() -> None:
    check = PostCheck(object_type=1, object_id="1", info_id=7, content="在岗").encode("2011")
    with pytest.raises(BadText) as refused:
        PostCheck.decode(check[:-1] + b"\xff", "2011")
    assert refused.value.field == "content"
    header, body = golden("1402_2019_two_times")
    halved = body[:6] + b"\xb2\xff" + body[8:]
    again = MESSAGES.decode(header.message_id, halved, "2019")
    assert isinstance(again.data, AlarmReport)
    assert again.encode("2019") == halved


def test_serials_asked_for_again_are_two() -> None:
    asked_for = ResendRequestDown.of(3, 9, datetime(2026, 11, 25, tzinfo=UTC))
    assert asked_for.span == (3, 9)
    assert ResendRequestDown.decode(asked_for.encode("2019"), "2019") == asked_for


def test_papers_are_pairs_in_order_and_unknown_keys_stay() -> None:
    text = "VIN:=辽LT0809;VEHICLE_COLOR:=2;X-NEW:=a:=b;FLAG"
    assert pairs_of(text) == {"VIN": "辽LT0809", "VEHICLE_COLOR": "2", "X-NEW": "a:=b", "FLAG": ""}
    assert text_of(pairs_of(text)) == text + ":="
    assert pairs_of("") == {}


def test_every_table_has_a_title_a_clause_and_chinese_names() -> None:
    for catalogue in (MESSAGES, SUB_MESSAGES):
        for form in catalogue.forms.values():
            assert "JT/T 809-20" in (form.__doc__ or "") or "JT/T 1078-2016" in (form.__doc__ or ""), form
            assert form.title
            assert all(line.title for line in form.layout.lines)
    assert all(subject and what for subject, what in NOT_FOUND)
