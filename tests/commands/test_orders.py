"""Every order that a person can give: its form makes messages that each edition's terminal can read."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from shapely.geometry import Polygon, box

from datacenter.commands.orders import ORDERS
from datacenter.commands.orders.areas import message_for
from datacenter.commands.workflow import speaks
from datacenter.facts.envelope import TABLES, protocol_of
from datacenter.geo.models import Area
from datacenter.geo.shapes import circle
from datacenter.protocols.jt808 import messages as jt808

EDITIONS = ("2011", "2013", "2019", "905")
SPAN = {"start": "2026-11-25T08:00", "end": "2026-11-25T09:30"}
STORED = {"media_type": "0", "event": "0", "channel": "0"}
FILLED: dict[str, dict[str, Any]] = {
    "text": {"text": "前方事故，请减速慢行", "kind": "urgent", "screen": "on", "spoken": "on"},
    "call": {"flag": "1", "phone": "04272812328"},
    "question": {"question": "是否空车", "choices": "是\n否"},
    "events": {"events": "堵车\n事故"},
    "phone_book": {"contacts": "0427-2812328 值班室\n12328 热线"},
    "link": {},
    "position": {},
    "tracking": {"interval_s": "5", "valid_s": "600"},
    "confirm_alarm": {"bits": ["0", "3"], "alarm_serial": "0"},
    "end_alarm": {},
    "photo": {"channel": "1", "count": "2", "interval_s": "5", "resolution": "2", "quality": "5"},
    "video_clip": {"channel": "1", "lasting_s": "10"},
    "audio_clip": {"command": "1", "lasting_s": "30", "sample_rate": "0"},
    "media_search": {**STORED, **SPAN},
    "media_upload": {**STORED, "delete": "on"},
    "media_upload_one": {"media_id": "77"},
    "video_attributes": {},
    "live": {"channel": "1", "data_type": "1", "stream": "1"},
    "live_control": {"channel": "1", "control": "0", "stream": "0"},
    "recordings": {"channel": "1", "media_type": "0", "stream": "0", "storage": "0", **SPAN},
    "playback": {
        "channel": "1", "media_type": "0", "stream": "1", "storage": "1", "playback": "0", "pace": "1", **SPAN
    },
    "playback_control": {"channel": "1", "control": "1", "pace": "0"},
    "driver_card": {},
    "recorder": {"command": "2", "content": "AA 75 02"},
    "peripherals": {"type": "247", "peripherals": ["100", "101"]},
    "passthrough": {"type": "65", "content": "0102"},
    "route_set": {
        "route_id": "9", "name": "辽河路", "width_m": "40", "limit_kmh": "60", "points": "41.1, 122.0\n41.2，122.1"
    },
    "area_delete": {"kind": "3", "ids": "11 12"},
    "areas_query": {"kind": "3", "ids": ""},
    "parameters": {},
    "parameters_listed": {"ids": "0001 0x29"},
    "parameters_set": {"parameters": "0029 = 10\n0013 = 10.0.0.1\n0084 = 2\nF001 = AB CD"},
    "attributes": {},
    "control": {"command": "4"},
    "doors": {"locked": "1"},
    "wireless_upgrade": {"url": "ftp://10.0.0.1/v2.bin", "firmware": "V2.0"},
    "upgrade": {"upgrade_type": "0", "maker_id": "12345", "version": "V2.0"},
}  # fmt: skip
FILES = {"upgrade": {"file": SimpleUploadedFile("v2.bin", b"\x7e\x7d" * 900)}}


def filled(code: str) -> Any:
    for file in FILES.get(code, {}).values():
        file.seek(0)
    return ORDERS[code].form(FILLED[code], FILES.get(code))


def test_every_order_is_tried() -> None:
    kernel = {code for code, order in ORDERS.items() if order.form.__module__.startswith("datacenter.")}
    assert kernel - set(FILLED) == {"area_set"}, "say above what its form is filled with"


@pytest.mark.parametrize(
    ("code", "edition"), [(code, e) for code in sorted(FILLED) for e in EDITIONS if ORDERS[code].form.fits(e)]
)
def test_an_order_is_what_a_terminal_of_its_edition_reads(code: str, edition: str) -> None:
    form = filled(code)
    assert form.is_valid(), form.errors
    messages = form.messages(edition)
    assert messages
    for message in messages:
        assert speaks(edition, message)
        wire = "" if edition == "905" else edition
        again = TABLES[protocol_of(edition)].decode(message.message_id, message.encode(wire), wire)
        assert again.encode(wire) == message.encode(wire)
    assert isinstance(form.summary(), str)


@pytest.mark.parametrize(
    ("code", "change", "field", "said"),
    [
        ("text", {"text": "长" * 300}, "text", "600 字节"),
        ("text", {"screen": "", "spoken": ""}, "spoken", "屏幕显示或语音播读"),
        ("call", {"phone": "abc"}, "phone", "“abc”不是电话号码"),
        ("parameters_set", {"parameters": "0029 10"}, "parameters", "“0029 10”应为“ID = 值”"),
        ("parameters_set", {"parameters": "0029 = 快"}, "parameters", "缺省时间汇报间隔（0029）的值“快”应为整数"),
        ("parameters_set", {"parameters": "0031 = 70000"}, "parameters", "不符合 WORD"),
        ("parameters_listed", {"ids": "0001 zz"}, "ids", "“zz”不是十六进制"),
        ("recorder", {"content": "0"}, "content", "十六进制"),
        ("route_set", {"points": "41.1, 122.0"}, "points", "共 1 个拐点"),
        ("route_set", {"points": "91, 122\n41, 122"}, "points", "“91, 122”超出范围"),
        ("media_search", {"end": "2026-11-25T07:00"}, "end", "晚于起始时间"),
        ("area_delete", {"ids": "0"}, "ids", "“0”不是"),
        ("wireless_upgrade", {"url": "a;b"}, "url", "分号"),
        ("phone_book", {"contacts": "值班室"}, "contacts", "应为“号码 姓名”"),
    ],
)
def test_what_is_wrong_is_said_with_its_value_and_rule(
    code: str, change: dict[str, str], field: str, said: str
) -> None:
    form = ORDERS[code].form(FILLED[code] | change)
    assert not form.is_valid()
    assert said in str(form.errors[field])


RULE: dict[str, Any] = {"attributes": 0b101000, "max_speed_kmh": None, "overspeed_s": None, "name": None}


def test_a_polygon_goes_down_as_what_it_is() -> None:
    rectangle = message_for(box(122.0, 41.0, 122.1, 41.05), 10, RULE)
    assert isinstance(rectangle, jt808.SetRectangles)
    assert rectangle.areas[0].top_latitude_deg == 41.05
    round_one = message_for(circle(122.05, 41.1, 500), 20, RULE)
    assert isinstance(round_one, jt808.SetCircles)
    assert round_one.areas[0].radius_m == pytest.approx(500, abs=3)
    triangle = message_for(Polygon([(122, 41), (122.1, 41), (122.05, 41.1)]), 30, RULE)
    assert isinstance(triangle, jt808.SetPolygon)
    assert [v.latitude_deg for v in triangle.vertices] == [41, 41, 41.1]


@pytest.mark.django_db
def test_an_area_of_the_registry_is_set_part_by_part_with_its_limit() -> None:
    two = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[122, 41], [122.1, 41], [122.05, 41.1], [122, 41]]],
            [[[122.2, 41], [122.3, 41], [122.25, 41.1], [122.2, 41]]],
        ],
    }
    area = Area.objects.create(name="辽河口", kind=Area.Kind.SPEED, boundary=two, limit_kmh=40, source="试")
    form = ORDERS["area_set"].form({"area": area.pk, "on_entry": "on", "tell_driver": "on", "overspeed_s": "10"})
    assert form.is_valid(), form.errors
    messages = form.messages("2019")
    assert [m.area_id for m in messages] == [area.pk * 10 + 1, area.pk * 10 + 2]
    assert {(m.max_speed_kmh, m.name) for m in messages} == {(40, "辽河口")}
    for message in messages:
        assert jt808.SetPolygon.decode(message.encode("2019"), "2019").area_id == message.area_id
    assert form.messages("2013")[0].name is None
