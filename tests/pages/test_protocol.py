"""An engineer reads a frame: pastes it, finds a field by its byte, opens one out of quarantine."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from datacenter.gateway.models import QuarantinedFrame

pytestmark = pytest.mark.django_db(transaction=True)
LOCATION = (Path(__file__).parents[1] / "data/jt808/location_2019.hex").read_text().strip()


def test_bytes_and_fields_light_up_together(desk, city_officer):
    page = desk(city_officer)
    page.goto("/datacenter/protocol/")
    page.get_by_label("报文", exact=True).fill(LOCATION)
    page.get_by_role("button", name="解析").click()
    expect(page.get_by_role("heading", name="0x0200 位置信息汇报")).to_be_visible()
    speed = page.get_by_role("row", name="speed_dkmh")
    expect(speed).to_contain_text("63.5 km/h")
    speed.hover()
    expect(page.locator("[data-at].is-lit")).to_have_text(["02", "7B"])
    page.locator("[data-at='25']").hover()
    expect(page.locator("tr.is-lit")).to_contain_text("latitude_e6")


def test_a_quarantined_frame_is_opened_and_its_error_found(desk, city_officer):
    raw = bytearray.fromhex(LOCATION)
    raw[-2] ^= 1
    QuarantinedFrame.objects.create(at=timezone.now(), reason="bad-checksum", phone="13904270001", raw=bytes(raw))
    page = desk(city_officer)
    page.goto("/gateway/quarantine/")
    page.get_by_role("row", name="校验码不符").get_by_role("link").first.click()
    page.get_by_role("link", name="解析", exact=True).click()
    expect(page.get_by_text("1 处错误")).to_be_visible()
    page.locator("[data-goto]").click()
    expect(page.locator("tr.is-lit")).to_contain_text("校验码")
