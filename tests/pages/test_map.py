"""The live map and the track as an officer uses them: a vehicle appears and moves, filters, drawer, playback."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from playwright.sync_api import Page, expect

from datacenter.accounts.models import User
from datacenter.registry.models import Company, Vehicle
from datacenter.tracks import live, store
from datacenter.tracks.position import Flag
from tests import factories
from tests.pages.conftest import Desk

pytestmark = pytest.mark.pages


def publish(vehicle: Vehicle, **facts: int) -> None:
    record = np.zeros(1, live.LIVE)
    record["vehicle_id"] = vehicle.pk
    record["latitude_e6"], record["longitude_e6"], record["speed_dkmh"] = 41_000_000, 122_060_000, 423
    record["flags"] = Flag.LOCATED | Flag.QUALIFIED
    record["device_time"], record["received_us"] = int(time.time()), time.time_ns() // 1000
    for name, value in facts.items():
        record[name] = value
    redis.from_url(settings.REDIS_URL).publish(live.channel(), record.tobytes())


@pytest.fixture
def ours(hazmat_company: Company) -> Vehicle:
    return factories.make_vehicle("辽LH0001", hazmat_company)


@pytest.fixture
def theirs(other_company: Company) -> Vehicle:
    return factories.make_vehicle("辽LZ0009", other_company, county_id=factories.PANSHAN, kind="heavy_truck")


def connected(page: Page) -> None:
    """The socket has brought its first frame; how old its data are depends on the tests before."""
    expect(page.locator("[data-age]")).to_have_text(re.compile("实时|尚未收到定位数据|已停更"), timeout=15_000)


def report_until(page: Page, report: Callable[[], object], shown: Callable[[], bool], wait_s: float = 20) -> None:
    """Report as terminals do, again and again: the first report of a vehicle that is new makes the web learn of it."""
    until = time.monotonic() + wait_s
    while not shown():
        assert time.monotonic() < until, "reports are not shown"
        report()
        page.wait_for_timeout(500)


def drawn(page: Page, count: int) -> None:
    expect(page.locator("[data-map]")).to_have_attribute("data-drawn", str(count), timeout=15_000)


def test_a_vehicle_appears_moves_and_can_be_looked_up(
    desk: Desk, city_officer: User, ours: Vehicle, theirs: Vehicle
) -> None:
    page = desk(city_officer)
    page.goto("/map/")
    connected(page)
    report_until(
        page,
        lambda: (publish(ours), publish(theirs, latitude_e6=41_240_000)),
        lambda: page.locator("[data-map]").get_attribute("data-drawn") == "2",
    )
    expect(page.get_by_text("实时", exact=True)).to_be_visible()

    page.get_by_label("重型货车").check()
    drawn(page, 1)
    assert "kinds=heavy_truck" in _address(page, "kinds=")
    page.get_by_role("button", name="清除筛选").click()
    drawn(page, 2)

    page.locator("body").press("/")
    page.keyboard.type("h0001")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary", name="车辆", exact=True)
    expect(drawer.get_by_text("42.3")).to_be_visible(timeout=10_000)
    expect(drawer.get_by_text("危险货物运输车")).to_be_visible()
    publish(ours, latitude_e6=41_001_000, speed_dkmh=611, alarm=1 << 1)
    expect(drawer.get_by_text("61.1")).to_be_visible(timeout=5_000)
    expect(drawer.get_by_text("超速报警")).to_be_visible()
    _address(page, "vehicle=")
    page.reload()  # the address keeps the drawer
    expect(drawer.get_by_text("超速报警")).to_be_visible(timeout=10_000)
    drawer.get_by_role("button", name="关闭").click()
    expect(drawer).to_be_hidden()


def test_a_county_officer_never_gets_another_countys_vehicle(
    desk: Desk, dawa_officer: User, ours: Vehicle, theirs: Vehicle
) -> None:
    page = desk(dawa_officer)
    page.goto("/map/")
    expect(page.get_by_text("企业名称").or_(page.get_by_label("危险货物运输车"))).to_be_visible(timeout=15_000)
    report_until(
        page,
        lambda: (publish(ours), publish(theirs)),
        lambda: page.locator("[data-map]").get_attribute("data-drawn") in ("1", "2"),
    )
    publish(ours), publish(theirs)
    page.wait_for_timeout(1200)  # a frame more, which would bring the other
    drawn(page, 1)
    assert page.request.get(f"/vehicles/{theirs.pk}/drawer/").status == 404
    assert page.request.get(f"/vehicles/{theirs.pk}/track/").status == 404
    assert page.request.get(f"/vehicles/{ours.pk}/drawer/").status == 200


def test_a_day_can_be_played_and_an_empty_one_says_where_to_look(desk: Desk, city_officer: User, ours: Vehicle) -> None:
    day = datetime.now(store.SHANGHAI).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
    store.make_partitions([day.date()])
    rows = [{"at": at, "speed_kmh": 60 if at < 300 else 0} for at in range(0, 900, 10)]
    positions = factories.make_positions(ours.pk, rows, start=int(day.timestamp()))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))

    page = desk(city_officer)
    page.goto(f"/vehicles/{ours.pk}/track/?date={day:%Y-%m-%d}")
    expect(page.get_by_text("08:00:00", exact=True)).to_be_visible(timeout=15_000)
    expect(page.get_by_text("08:05:00–08:14:50")).to_be_visible()  # the stop
    page.locator("body").press("ArrowRight")
    expect(page.get_by_text("08:00:10", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="播放速度").select_option("×120")
    page.get_by_role("button", name="播放").click()
    expect(page.get_by_text("08:14:50", exact=True)).to_be_visible(timeout=15_000)
    export = page.request.get(page.get_by_role("link", name="导出 CSV").get_attribute("href"))
    assert len(export.text().strip().splitlines()) == 1 + len(rows)

    page.goto(f"/vehicles/{ours.pk}/track/?date={day - timedelta(days=1):%Y-%m-%d}")
    expect(page.get_by_text("这一天没有定位数据")).to_be_visible(timeout=10_000)
    page.get_by_role("link", name=f"{day:%Y-%m-%d}").click()
    expect(page.get_by_text("08:00:00", exact=True)).to_be_visible(timeout=15_000)


def _address(page: Page, wanted: str) -> str:
    page.wait_for_url(lambda url: wanted in url, timeout=5_000)
    return page.url
