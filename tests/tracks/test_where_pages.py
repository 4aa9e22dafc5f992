"""The pages 经过查询 and 轨迹质量 and their API: what they show, to whom, how they refuse, and what they keep."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.registry.models import Vehicle
from datacenter.tracks.models import TrackQuality
from tests import factories
from tests.tracks.driving import GOOD, store_rows

LAT, LON = factories.DAWA_SEAT
PLACE = (round(LAT * 1e6), round(LON * 1e6))


def question(**changes: Any) -> dict[str, Any]:
    now = timezone.localtime()
    asked = {
        "latitude": f"{LAT:.6f}", "longitude": f"{LON:.6f}", "radius_m": "200", "purpose": "police",
        "start": f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}", "end": f"{now:%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    return {**asked, **changes}


@pytest.fixture
def two(counties: Any) -> tuple[Vehicle, Vehicle]:
    """One of Dawa's and one of Panshan's, both at the seat an hour ago."""
    cars = (
        factories.make_vehicle("辽L11111"),
        factories.make_vehicle("辽L22222", county_id=factories.PANSHAN, kind="taxi"),
    )
    at = int(time.time()) - 3600
    store_rows([(car.pk, at + s, PLACE[0] + 300, PLACE[1], 0, GOOD) for car in cars for s in (0, 10)])
    return cars


def test_who_was_there_the_nearest_first_and_who_asked(client: Client, city_officer: User, two: Any) -> None:
    client.force_login(city_officer)
    page = client.get("/tracks/passed/", question(note="盘公函〔2026〕7号")).content.decode()
    assert "共 2 辆" in page
    assert "11111" in page
    assert "22222" in page
    line = AuditRecord.objects.get(action="track.passed")
    assert line.user == city_officer
    assert line.detail["purpose"] == "公安机关协查取证"
    assert line.detail["note"] == "盘公函〔2026〕7号"
    assert line.detail["found"] == 2
    assert "22222" not in client.get("/tracks/passed/", question(kind="hazmat")).content.decode()
    assert "没有车辆经过" in client.get("/tracks/passed/", question(radius_m="20")).content.decode()


def test_a_county_sees_its_own_on_page_sheet_and_api(client: Client, dawa_officer: User, two: Any) -> None:
    client.force_login(dawa_officer)
    page = client.get("/tracks/passed/", question()).content.decode()
    assert "共 1 辆" in page
    assert "22222" not in page
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/tracks/passed/export", question()).content)).active
    assert sheet is not None
    assert [row[0].value for row in sheet.iter_rows()] == ["车牌号", "辽L11111"]
    answer = client.get("/api/v1/tracks/passed/", question()).json()
    assert [row["plate"] for row in answer["results"]] == ["辽L11111"]
    assert answer["results"][0]["distance_m"] == pytest.approx(33.4, abs=0.2)
    assert answer["results"][0]["passes"] == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"latitude": "北纬"}, "latitude", "数"),
        ({"latitude": "99"}, "latitude", "54"),
        ({"latitude": ""}, "latitude", "坐标"),
        ({"radius_m": "5000"}, "radius_m", "1000"),
        ({"radius_m": "1"}, "radius_m", "10"),
        ({"start": "昨天"}, "start", "日期"),
        ({"start": "2026-11-01T00:00", "end": "2026-11-05T00:00"}, "end", "48"),
        ({"start": "2026-11-02T00:00", "end": "2026-11-01T00:00"}, "end", "晚于"),
        ({"purpose": ""}, "purpose", "必填"),
        ({"purpose": "other"}, "note", "事由"),
        ({"kind": "boat"}, "kind", "boat"),
        ({"area": "77"}, "area", "选择"),
    ],
)
def test_a_bad_question_is_refused_by_field_and_rule(
    client: Client, city_officer: User, changes: dict[str, str], field: str, words: str
) -> None:
    client.force_login(city_officer)
    answer = client.get("/api/v1/tracks/passed/", question(**changes))
    assert answer.status_code == 422
    assert any(words in line for line in answer.json()["fields"][field]), answer.json()
    page = client.get("/tracks/passed/", question(**changes))
    assert page.status_code == 422
    assert "查询条件有误" in page.content.decode()
    assert not AuditRecord.objects.filter(action="track.passed").exists()


def test_an_area_gives_the_place(client: Client, city_officer: User, two: Any) -> None:
    small, large = factories.make_area((LAT, LON), 0.002), factories.make_area((LAT, LON), 0.05, name="大围栏")
    client.force_login(city_officer)
    page = client.get(
        "/tracks/passed/", question(latitude="", longitude="", radius_m="", area=small.pk)
    ).content.decode()
    assert "共 2 辆" in page
    assert "大围栏" in client.get("/api/v1/tracks/passed/", question(area=large.pk)).json()["fields"]["area"][0]


def quality_row(vehicle: Vehicle, day: Any, **facts: Any) -> TrackQuality:
    now = timezone.now() - timedelta(hours=3)
    sound = {"reports": 100, "qualified": 99, "drift": 0, "online_s": 3600, "distance_mm": 10_000_000,
             "complete_mm": 9_000_000, "first_at": now, "last_at": now}  # fmt: skip
    return TrackQuality.objects.create(vehicle=vehicle, day=day, **{**sound, **facts})


def test_indicators_with_what_they_divide_the_worst_first(client: Client, city_officer: User, two: Any) -> None:
    today = timezone.localdate()
    third = factories.make_vehicle("辽L33333")  # connected, and silent
    for car in (*two, third):
        factories.make_terminal(car)
    quality_row(two[0], today)
    quality_row(two[1], today, complete_mm=2_500_000, drift=3)
    client.force_login(city_officer)
    page = client.get("/tracks/quality/").content.decode()
    assert page.index("盘山县</a>") < page.index("大洼区</a>"), "the worst first"
    # Complete over all kilometres; two of Dawa's are connected, one was online.
    for shown in ("25.00 %", "2.5/10.0", "50.00 %", "1/2"):
        assert shown in page
    assert "100.00 %" in page
    assert "未核实" in page
    month = client.get("/tracks/quality/", {"period": "month", "by": "vehicle"}).content.decode()
    assert month.index("22222") < month.index("11111") < month.index("33333")
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/tracks/quality/export", {"by": "kind"}).content)).active
    assert sheet is not None
    assert sheet.max_row == 3
    assert "没有轨迹质量数据" in client.get("/tracks/quality/", {"date": "2020-01-01"}).content.decode()
    assert "2000" in client.get("/tracks/quality/", {"date": "1812-01-01"}).content.decode()


def test_a_county_and_a_company_see_theirs(
    client: Client, dawa_officer: User, safety_officer: User, two: Any, hazmat_company: Any
) -> None:
    own = factories.make_vehicle("辽L44444", hazmat_company)
    for car in (*two, own):
        quality_row(car, timezone.localdate())
    client.force_login(dawa_officer)
    page = client.get("/tracks/quality/", {"by": "vehicle"}).content.decode()
    assert "11111" in page
    assert "44444" in page
    assert "22222" not in page
    client.force_login(safety_officer)
    page = client.get("/tracks/quality/").content.decode()
    assert "44444" in page
    assert "11111" not in page
    assert "轨迹质量" in client.get(f"/vehicles/{own.pk}/").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_fleet(client: Client, city_officer: User, two: Any) -> None:
    client.force_login(city_officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert client.get("/tracks/quality/", {"by": "vehicle"}).status_code == 200
            assert client.get("/tracks/passed/", question()).status_code == 200
        return len(taken)

    quality_row(two[0], timezone.localdate())
    queries()
    few = queries()
    company = two[0].company
    cars = [factories.make_vehicle(company=company) for _ in range(12)]
    at = int(time.time()) - 60  # today, but for a minute after midnight
    store_rows([(car.pk, at, *PLACE, 0, GOOD) for car in cars])
    for car in cars:
        quality_row(car, timezone.localdate())
    assert queries() == few
