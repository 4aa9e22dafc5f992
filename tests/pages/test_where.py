"""经过查询 and 轨迹质量 as an officer uses them: a question and the track; worst first, down to a vehicle."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from datacenter.accounts.models import User
from tests import factories
from tests.pages.conftest import Desk
from tests.tracks.driving import GOOD, store_rows
from tests.tracks.test_where_pages import PLACE, quality_row

pytestmark = pytest.mark.pages


def test_an_officer_asks_who_passed_and_looks_at_the_track(desk: Desk, dawa_officer: User) -> None:
    cars = [factories.make_vehicle(f"辽L5{n:04d}") for n in range(60)]
    at = int(time.time()) - 1200
    store_rows([(car.pk, at + s, PLACE[0] + 10 * n, PLACE[1], 0, GOOD) for n, car in enumerate(cars) for s in (0, 10)])
    page = desk(dawa_officer)
    page.get_by_role("link", name="经过查询").click()
    expect(page.get_by_text("选择位置和时段")).to_be_visible()
    page.wait_for_function("document.documentElement.dataset.ready === 'passed'")
    page.locator("[data-passed-map]").click(position={"x": 200, "y": 150})
    assert 40 < float(page.get_by_label("纬度").input_value()) < 42
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_text("查询条件有误")).to_be_visible()
    expect(page.locator(".errors").get_by_text("必填")).to_be_visible()
    page.get_by_label("纬度").fill(f"{PLACE[0] / 1e6:.6f}")
    page.get_by_label("经度").fill(f"{PLACE[1] / 1e6:.6f}")
    page.get_by_label("查询用途").select_option("lost")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_role("heading", name="共 60 辆")).to_be_visible()
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("第 2 / 2 页")).to_be_visible()
    page.get_by_role("link", name="按时间").click()
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="辽L")).to_be_visible()


def test_an_officer_goes_from_the_worst_county_down_to_a_vehicle(desk: Desk, city_officer: User) -> None:
    good, bad = factories.make_vehicle("辽L66666"), factories.make_vehicle("辽L77777", county_id=factories.PANSHAN)
    quality_row(good, timezone.localdate())
    quality_row(bad, timezone.localdate(), complete_mm=1_000_000)
    page = desk(city_officer)
    page.get_by_role("link", name="轨迹质量", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("盘山县")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="按企业")).to_be_visible()
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="按车辆")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="轨迹质量")).to_be_visible()
