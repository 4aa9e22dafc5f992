"""Taxis as an officer uses them: from the list to a trip beside its track; a drawer that hears who has signed in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from playwright.sync_api import expect

from datacenter.accounts.models import User
from datacenter.facts.workflow import keep
from datacenter.registry.models import Practitioner, Vehicle
from datacenter.tracks import store
from tests.factories import make_positions
from tests.pages.conftest import Desk
from tests.pages.test_map import connected, publish, report_until
from tests.taxi.conftest import taxi, taxi_company, zhao  # noqa: F401  fixtures
from tests.taxi.messages import fact, sign_in
from tests.taxi.rows import cheap, make_shift, make_trip, now

pytestmark = pytest.mark.pages


def drive(vehicle: Vehicle, start: int, minutes: int = 15) -> None:
    """A track from the place where ``make_trip`` begins, northwards."""
    rows = [
        {"at": at, "speed_kmh": 30, "latitude_e6": 41_120_000 + at * 75, "longitude_e6": 122_070_000 - at * 40}
        for at in range(0, minutes * 60, 10)
    ]
    positions = make_positions(vehicle.pk, rows, start)
    store.make_partitions(sorted({store.day_of(int(at)) for at in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


def test_an_officer_finds_a_trip_whose_fare_does_not_fit_and_looks_at_its_way(
    desk: Desk,
    panshan_officer: User,
    taxi: Vehicle,  # noqa: F811
    zhao: Practitioner,  # noqa: F811
) -> None:
    make_shift(taxi, zhao.identity_no)
    make_trip(taxi, zhao.identity_no, ago=timedelta(hours=2), meter_facts=cheap("13.5", "5.3"), evaluation=1)
    odd = make_trip(taxi, zhao.identity_no, meter_facts=cheap("98.0", "0.0"), evaluation=4)
    drive(taxi, int(odd.boarded_at.timestamp()))

    page = desk(panshan_officer)
    page.get_by_role("link", name="营运记录").click()
    expect(page.get_by_text("共 2 单")).to_be_visible()
    page.get_by_label("车费与里程不符").select_option("是")
    expect(page.get_by_text("共 1 单")).to_be_visible()
    page.locator("tr[data-row]").get_by_role("link").first.click()
    expect(page.get_by_text("计程为零、没有等待，却有车费")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("里程 km"))).to_contain_text("-7.5")
    page.wait_for_selector("html[data-ready=trip]")
    expect(page.locator("[data-trip-map] canvas").first).to_be_visible()

    page.get_by_role("link", name="在岗驾驶员").click()
    expect(page.get_by_text("1 人在岗")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("赵\\*\\*"))).to_contain_text("111.5")


def test_an_open_drawer_says_who_has_signed_in_without_being_opened_again(
    desk: Desk,
    panshan_officer: User,
    taxi: Vehicle,  # noqa: F811
    zhao: Practitioner,  # noqa: F811
) -> None:
    page = desk(panshan_officer)
    page.goto(f"/map/?vehicle={taxi.pk}")
    drawer = page.get_by_role("complementary", name="车辆", exact=True)
    expect(drawer.get_by_text("还没有签到记录")).to_be_visible(timeout=15_000)
    connected(page)
    report_until(
        page,
        lambda: publish(taxi, latitude_e6=41_120_000),
        lambda: drawer.get_by_text("行驶", exact=True).is_visible(),
    )
    keep(fact(taxi.pk, sign_in(zhao.identity_no, now() - timedelta(minutes=3))))
    expect(drawer.get_by_text("赵**")).to_have_count(2, timeout=15_000)
    expect(drawer.get_by_text("没有绑定的驾驶员")).to_have_count(0)
