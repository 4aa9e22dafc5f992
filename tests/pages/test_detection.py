"""An officer's errand: from the catalogue to a limit, tried on last week's tracks, saved with a reason."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from playwright.sync_api import expect

from datacenter.detection import tasks
from datacenter.detection.models import Backtest, DetectorLimit
from datacenter.tracks import store
from tests import factories

pytestmark = pytest.mark.pages


def drive(vehicle, speed_kmh: float) -> None:
    start = int((timezone.localtime().replace(hour=9, minute=0, second=0) - timedelta(days=2)).timestamp())
    rows = [
        {"at": i * 10, "speed_kmh": speed_kmh, "latitude_e6": 40_992_450, "longitude_e6": 122_066_240}
        for i in range(12)
    ]
    positions = factories.make_positions(vehicle.pk, rows, start)
    store.make_partitions([store.day_of(start)])
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


def run(test: Backtest) -> None:
    """As the default worker would."""
    while test.under_way:
        tasks.run_backtest(test.pk)
        test.refresh_from_db()


def test_a_limit_is_tried_on_past_tracks_and_saved_with_a_reason(desk, city_officer, hazmat_company):
    for plate, speed in (("辽L11111", 95), ("辽L22222", 105)):
        drive(factories.make_vehicle(plate, hazmat_company), speed)
    page = desk(city_officer)
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", name="检测规则")).to_be_visible()
    page.get_by_role("row", name="超速行驶").get_by_role("link", name="调整").click()
    page.get_by_label("车辆类别").select_option("危险货物运输车")
    page.get_by_label("限速 危险货物运输车（km/h）").fill("90")
    page.get_by_role("button", name="回测").click()
    expect(page.get_by_role("status")).to_contain_text("0%")
    run(Backtest.objects.get())
    panel = page.locator("#backtest")
    expect(panel).to_contain_text("用 限速 危险货物运输车 90 km/h：1 条，现行 限速 危险货物运输车 80 km/h：2 条")
    expect(panel.get_by_role("link", name="看轨迹")).to_have_count(1)
    expect(panel.get_by_text("不再出现")).to_be_visible()
    expect(panel).to_contain_text("辽L11111".removeprefix("辽L"))
    assert not DetectorLimit.objects.exists()

    # Tried; now saved, once a reason is given.
    expect(page.get_by_label("限速 危险货物运输车（km/h）")).to_have_value("90")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("请填写依据")).to_be_visible()
    page.get_by_label("依据", exact=True).fill("市局〔2026〕9 号")
    page.get_by_label("理由", exact=True).last.fill("高速路段限速提高")
    page.get_by_role("button", name="保存").click()
    row = page.get_by_role("row", name="危险货物运输车").filter(has_text="市局〔2026〕9 号")
    expect(row).to_contain_text("待生效")
    expect(row).to_contain_text("未核实")
    row.get_by_text("终止…").click()
    row.get_by_label("理由").fill("暂缓")
    row.get_by_role("button", name="终止").click()
    expect(page.get_by_text("已终止，约半分钟后不再适用")).to_be_visible()
    assert DetectorLimit.objects.get().end_note == "暂缓"
