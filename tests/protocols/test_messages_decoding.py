"""``decode`` of JT/T 808 frames: dialects and vendors, fragments, encrypted bodies, bodies that don't fit."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from datacenter.protocols.decoding import Request, answer, read_request
from datacenter.protocols.errors import TruncatedBody
from datacenter.protocols.jt808.decoding import decode
from datacenter.protocols.jt808.dialect import Dialect, speaking
from datacenter.protocols.jt808.extras import Extra, ExtraForm, Mileage, extra, typed
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt808.messages import (
    MESSAGES,
    LocationBatch,
    LocationReport,
    ParametersAnswer,
    PassthroughDown,
    PassthroughUp,
)
from datacenter.protocols.jt808.parameters import Parameter, item
from datacenter.protocols.jt808.vendors import VENDORS
from datacenter.protocols.layout import Catalogue, Message, wire
from datacenter.protocols.wire import U8, U16

from .strategies import sealed

REPORT = LocationReport.decode(bytes(22) + bytes.fromhex("260309140530"))
THEIRS: dict[int, type[ExtraForm]] = {}
OTHERS = Catalogue("others")


@extra(0x64, "前向碰撞", THEIRS)
@dataclass(frozen=True, slots=True)
class Ahead(ExtraForm):
    distance_m: int = wire(U16, "距离")


@OTHERS.message(0x1210, "附件信息")
@dataclass(frozen=True, slots=True)
class Attachment(Message):
    kind: int = wire(U8, "类型")


def request(data: bytes, **facts: str) -> Request:
    return read_request(json.dumps({"hex": data.hex(), **facts}))


def reporting(*extras: Extra) -> LocationReport:
    return replace(REPORT, extras=extras)


def shown_extras(said: dict[str, Any]) -> dict[str, Any]:
    return said["body"]["extras"]


@pytest.mark.parametrize("dialects", [(), (Dialect(extras=THEIRS),)])
def test_items_of_a_dialect_are_shown_where_it_is_spoken(dialects: tuple[Dialect, ...]) -> None:
    frame = sealed(reporting(Ahead(35).pack(), Mileage(2.0).pack()), Edition.V2013)
    extras = shown_extras(decode(request(frame), MESSAGES, dialects))
    assert extras["0x64"] == {"len": 2, "hex": "0023"} | ({"distance_m": 35} if dialects else {})
    assert extras["0x01"]["mileage_dkm"] == 20
    assert "distance_m" not in json.dumps(answer(frame.hex()))


def test_a_dialect_reaches_the_items_of_a_batch() -> None:
    batch = LocationBatch.of((reporting(Ahead(35).pack()),))
    said = decode(request(sealed(batch, Edition.V2019, "0" * 20)), MESSAGES, (Dialect(extras=THEIRS),))
    assert said["body"]["items"][0]["location"]["extras"]["0x64"]["distance_m"] == 35


def test_typed_items_may_be_read_by_a_table_of_ones_own() -> None:
    items = (Ahead(35).pack(), Mileage(2.0).pack(), Extra(0x64, b"\x01"))
    assert typed(items) == {0x01: Mileage(2.0)}
    assert typed(items, THEIRS) == {0x64: Ahead(35), 0x01: Mileage(2.0)}
    with speaking(Dialect(extras=THEIRS)):
        assert typed(items) == {0x64: Ahead(35), 0x01: Mileage(2.0)}


def test_another_catalogue_names_and_reads_its_messages() -> None:
    frame = sealed(Attachment(3), Edition.V2013)
    joined = MESSAGES.joined("both", OTHERS)
    assert decode(request(frame), joined)["body"] == {"kind": 3}
    assert decode(request(frame), joined)["title"] == "附件信息"
    assert decode(request(frame))["body"] == {"hex": "03", "unknown": "unknown-message"}


def test_parameters_of_a_dialect_are_read_where_it_is_spoken() -> None:
    theirs = Dialect(parameters={0xF367: Parameter(U16, "盲区")})
    frame = sealed(ParametersAnswer(1, 1, (item(0xF367, b"\x02\x01"),)), Edition.V2013)
    [plain] = decode(request(frame))["body"]["params"]
    [read] = decode(request(frame), MESSAGES, (theirs,))["body"]["params"]
    assert (plain, read) == ({"id": "0xF367", "len": 2, "hex": "0201"}, plain | {"value": 0x0201})


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_a_vendor_is_asked_for_by_name(vendor: str) -> None:
    for item_id, form in VENDORS[vendor].extras.items():
        size = sum(line.kind.size or 4 for line in form.layout.lines)
        frame = sealed(reporting(Extra(item_id, b"1" * size)), Edition.V2013)
        key = f"0x{item_id:02X}"
        assert set(shown_extras(answer(frame.hex()))[key]) == {"len", "hex"}
        theirs = shown_extras(answer(json.dumps({"hex": frame.hex(), "vendor": vendor})))[key]
        assert {line.name for line in form.layout.lines} <= set(theirs)


def test_an_unknown_vendor_is_refused_by_name() -> None:
    frame = sealed(REPORT, Edition.V2013)
    assert answer(json.dumps({"hex": frame.hex(), "vendor": "nobody"}))["error"]["code"] == "unknown-vendor"


def test_an_encrypted_frame_gives_its_header_and_its_bytes() -> None:
    said = answer(seal(Header(0x0801, 3, "139", 7, Edition.V2013, encryption=1).pack() + b"abc").hex())
    assert said["ok"]
    assert said["header"]["encryption"] == 1
    assert said["body"] == {"hex": "616263", "encrypted": "encrypted-body"}


@pytest.mark.parametrize(("number", "known"), [(1, True), (2, False)])
def test_the_first_packet_says_what_it_can_and_the_others_nothing(number: int, known: bool) -> None:
    body = ParametersAnswer(9, 5, (item(0x0001, 60),)).encode()
    header = Header(0x0104, len(body), "139", 7, Edition.V2013, subpackaged=True, packets=2, packet_no=number)
    said = answer(seal(header.pack() + body).hex())["body"]
    assert said["fragment"] == body.hex().upper()
    assert ("params" in said) is known


def test_a_first_packet_too_short_to_say_anything_is_a_fragment() -> None:
    header = Header(0x0104, 1, "139", 7, Edition.V2013, subpackaged=True, packets=2, packet_no=1)
    assert answer(seal(header.pack() + b"\x01").hex())["body"] == {"fragment": "01"}


def test_bytes_behind_a_body_are_shown() -> None:
    frame = seal(Header(0x8201, 2, "139", 7, Edition.V2013).pack() + b"ab")
    assert answer(frame.hex())["body"] == {"_trailing": "6162"}


def test_passed_through_data_are_read_by_the_dialect_spoken() -> None:
    dialect = Dialect(passthrough={0xF8: Attachment})
    for form in (PassthroughUp, PassthroughDown):
        assert form(0xF8, b"\x03").content() == b"\x03"
        with speaking(dialect):
            assert form(0xF8, b"\x03").content() == Attachment(3)
            assert form(0x41, b"\x03").content() == b"\x03"
            with pytest.raises(TruncatedBody):
                form(0xF8, b"\x03\x04").content()
