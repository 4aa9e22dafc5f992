"""A phone is found: from what the caller remembers to the right taxi, and words on its screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone
from playwright.sync_api import expect

from complaints.lost.models import LostItem
from datacenter.accounts.models import AuditRecord, User
from datacenter.commands.models import Command
from datacenter.geo.models import Area
from datacenter.registry.models import DriverBinding, Vehicle
from datacenter.tracks import store
from datacenter.tracks.chunks import Rows
from datacenter.tracks.position import Flag, Positions
from taxi.rides import following
from tests import factories
from tests.factories import make_positions
from tests.pages.conftest import Desk
from tests.taxi.conftest import make_taxi
from tests.taxi.conftest import taxi_company as taxi_company

pytestmark = pytest.mark.pages

STATION, HOSPITAL, MARKET = (41.1200, 122.0700), (41.1500, 122.1000), (41.1480, 122.0650)
BEGAN = timezone.localtime().replace(second=0, microsecond=0) - timedelta(hours=3)


def drive(taxi: Vehicle, end: tuple[float, float], late: timedelta = timedelta()) -> Positions:
    """Vacant for five minutes at the station, loaded for twelve to ``end``, vacant for five more."""
    rows: list[dict[str, Any]] = []
    for step in range(133):
        share = min(max((step - 30) / 72, 0), 1)
        lat, lon = (a + share * (b - a) for a, b in zip(STATION, end, strict=True))
        flags = Flag.TAXI | Flag.LOCATED | Flag.QUALIFIED | (Flag.LOADED if 30 <= step <= 102 else 0)
        rows.append(
            {"at": step * 10, "latitude_e6": round(lat * 1e6), "longitude_e6": round(lon * 1e6), "flags": flags}
        )
    return make_positions(taxi.pk, rows, int((BEGAN + late).timestamp()) - 300)


def arrive(*tracks: Positions) -> None:
    """Stored, and rides made of them, as the workers do."""
    track = Positions.join(list(tracks))
    store.make_partitions(sorted({store.day_of(int(at)) for at in np.unique(track.device_time).tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, track, [b""] * len(track))
        following.note(cursor, Rows.of(track).sorted())
    following.follow(timezone.now())


def test_an_operator_finds_the_taxi_with_the_phone_and_sends_words_to_its_screen(
    desk: Desk, hotline_operator: User, taxi_company: Any
) -> None:
    right, near, far = (make_taxi(plate, taxi_company) for plate in ("辽LT1001", "辽LT1002", "辽LT1003"))
    factories.make_terminal(right)
    driver = factories.make_practitioner("赵平安", taxi_company, phone="13912345678")
    DriverBinding.objects.create(vehicle=right, practitioner=driver, since=BEGAN - timedelta(days=3))
    factories.make_area(STATION, 0.001, kind=Area.Kind.STATION, name="盘锦站")
    arrive(drive(right, HOSPITAL), drive(near, HOSPITAL, timedelta(minutes=25)), drive(far, MARKET))

    page = desk(hotline_operator)
    page.get_by_role("link", name="失物查车").click()
    page.wait_for_selector("html[data-ready=lost]")
    # Where the caller got in, by name; where out, by a click on the map.
    page.get_by_label("上车地点", exact=True).fill("盘锦")
    page.get_by_role("option", name="盘锦站").wait_for()
    page.get_by_label("上车地点", exact=True).press("Enter")
    page.get_by_label("上车大约几点").fill(f"{BEGAN + timedelta(minutes=5):%Y-%m-%dT%H:%M}")
    page.keyboard.press("Escape")
    page.get_by_label("上车大约几点").blur()
    page.keyboard.press("2")
    page.locator("[data-lost-map]").click(position={"x": 250, "y": 120})
    expect(page.get_by_label("下车地点", exact=True)).to_have_value("地图点选")
    # The click was anywhere: what it set is put where the hospital is.
    for name, value in zip(("latitude", "longitude"), HOSPITAL, strict=True):
        page.locator(f"#id_alight_{name}").evaluate("(field, value) => { field.value = value }", str(value + 0.001))
    page.get_by_label("下车大约几点").fill(f"{BEGAN + timedelta(minutes=14):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="查车").click()

    page.wait_for_selector("html[data-ready=lost]")
    rides = page.locator("[data-ride]")
    expect(rides).to_have_count(2)
    expect(rides.first).to_contain_text("T1001")
    expect(rides.first).to_contain_text("时间早 5 分钟")
    panel = page.locator("#lost-panel")
    expect(panel).to_contain_text("赵**")
    expect(panel).to_contain_text("之后还没有乘客")
    panel.get_by_role("button", name="显示姓名电话").click()
    expect(panel.get_by_role("link", name="13912345678")).to_be_visible()
    panel.get_by_label("发到车上屏幕并播报").fill("乘客的手机在您车上，请致电12328")
    panel.get_by_role("button", name="发消息").click()
    expect(panel).to_contain_text("已交付下发")
    command = Command.objects.get()
    assert (command.vehicle_id, command.kind) == (right.pk, "text")
    assert "请致电12328" in command.summary
    assert AuditRecord.objects.filter(action="lost.search", user=hotline_operator).count() == 1
    assert AuditRecord.objects.filter(action="practitioner.unmask", user=hotline_operator).count() == 1

    # The thing is registered from the candidate, found, and given back against a signature drawn on the page.
    panel.get_by_role("link", name="登记失物").click()
    page.get_by_label("物品类别").select_option("手机")
    page.get_by_label("特征描述").fill("黑色手机")
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_selector("html[data-ready=lost-item]")
    expect(page.get_by_text("T1001")).to_be_visible()
    page.get_by_role("button", name="已找到").click()
    page.wait_for_selector("html[data-ready=lost-item]")
    page.get_by_label("领取人姓名").fill("钱来顺")
    page.get_by_label("证件号").fill("211103199003070019")
    box = page.locator("[data-sign]").bounding_box()
    assert box is not None
    page.locator("[data-sign]").scroll_into_view_if_needed()
    box = page.locator("[data-sign]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 20 + step * 25, box["y"] + (80 if step % 2 else 20))
    page.mouse.up()
    page.get_by_role("button", name="交还", exact=True).click()
    expect(page.get_by_text("2111**********0019")).to_be_visible()
    item = LostItem.objects.get()
    assert (item.state, item.vehicle_id, item.practitioner_id) == ("returned", right.pk, driver.pk)
