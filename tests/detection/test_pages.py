"""The catalogue of detectors and the page of their limits: what they show, to whom, and what they refuse."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datacenter import metrics
from datacenter.accounts.models import AuditRecord
from datacenter.cases.models import Case
from datacenter.detection import backtest, costs, tasks
from datacenter.detection.models import Backtest, DetectorLimit, DetectorSetting, Finding, Mode, Violation
from datacenter.detection.settings import enter_detectors
from datacenter.registry.models import Vehicle
from tests import factories

pytestmark = pytest.mark.django_db
LIMITS = "/detection/limits/road.overspeed/"


@pytest.fixture(autouse=True)
def _detectors(db: None) -> None:
    enter_detectors()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    """What a page says, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def finding(vehicle: Vehicle, *, days: float = 1, mode: str = Mode.IN_FORCE, **facts: Any) -> Finding:
    at = timezone.now() - timedelta(days=days)
    return Finding.every.create(
        detector="road.overspeed", title="超速行驶", vehicle=vehicle, company_id=vehicle.company_id, mode=mode,
        county_id=vehicle.county_id, state="ended", started_at=at, ended_at=at, source="试", **facts,
    )  # fmt: skip


def limit(by: Any, **facts: Any) -> DetectorLimit:
    known = {"overrides": {"limit_kmh": {"hazmat": 70}}, "source": "市局通知", "note": "试"}
    known |= {"valid_from": timezone.now() - timedelta(days=2), "created_by": by, "vehicle_kind": "hazmat"}
    return DetectorLimit.objects.create(detector="road.overspeed", **{**known, **facts})


def form(**facts: Any) -> dict[str, Any]:
    return {"weekdays": list(range(7)), "mode": "in_force", "vehicle_kind": "hazmat"} | facts


def test_the_catalogue_says_of_each_detector_what_it_rests_on_and_judges_by(dawa_officer: Any) -> None:
    said = text(client_of(dawa_officer).get("/detection/"))
    assert "超速行驶 road.overspeed" in said
    assert "道路交通安全法实施条例第七十八条；危险货物道路运输安全管理办法第四十六条 已核实" in said
    assert "允许误差 10 %" in said
    assert "限速 出租汽车 120 km/h、公交车 100 km/h" in said
    assert "无定位时长 10 分" in said
    assert "未核实" in said
    assert "调整" not in said


def test_counts_are_those_of_one_s_own_county_and_of_decided_findings(
    city_officer: Any, dawa_officer: Any, other_company: Any
) -> None:
    here = factories.make_vehicle("辽L00001")
    there = factories.make_vehicle("辽L00002", other_company, county_id=factories.PANSHAN)
    for vehicle in (here, here, there):
        finding(vehicle)
    finding(here, days=31)
    finding(here, mode=Mode.SHADOW)
    Finding.every.create(
        detector="road.overspeed", title="撤", vehicle=here, county_id=here.county_id, state="superseded",
        started_at=timezone.now(), ended_at=timezone.now(), source="试",
    )  # fmt: skip
    facts = {"origin": "finding", "kind": "road.overspeed", "title": "超速行驶", "occurred_at": timezone.now()}
    facts |= {"county_id": factories.DAWA}
    right = Case.objects.create(number="A1", state="closed", outcome="substantiated", **facts)
    wrong = Case.objects.create(number="A2", state="verified", outcome="unfounded", **facts)
    said = Case.objects.create(number="A3", state="fed_back", outcome="substantiated", **facts)
    confirmed = finding(here, case=right)
    Violation.objects.create(finding=confirmed, vehicle=here, county_id=here.county_id, confirmed_by=city_officer)
    finding(here, case=wrong)
    finding(here, case=said)
    for officer, count in ((dawa_officer, 5), (city_officer, 6)):
        response = client_of(officer).get("/detection/")
        (line,) = (one for one in response.context["lines"] if one.setting.pk == "road.overspeed")
        assert (line.found, line.decided, line.confirmed, line.share) == (count, 2, 1, 50)
        assert "50% 1/2" in text(response)


def test_a_trial_is_counted_beside_what_is_in_force_for_the_same_vehicles(
    city_officer: Any, other_company: Any
) -> None:
    tanker, taxi = factories.make_vehicle("辽L00001"), factories.make_vehicle("辽LT0002", other_company, kind="taxi")
    limit(city_officer, mode=Mode.SHADOW)
    for vehicle, mode, days in [
        (tanker, Mode.SHADOW, 1), (tanker, Mode.SHADOW, 6), (tanker, Mode.SHADOW, 8),
        (tanker, Mode.IN_FORCE, 1), (taxi, Mode.IN_FORCE, 1),
    ]:  # fmt: skip
        finding(vehicle, mode=mode, days=days)
    said = text(client_of(city_officer).get("/detection/"))
    assert "试运行：近 7 天 2 条，现行 1 条" in said
    assert "危险货物运输车（试运行）： 限速 危险货物运输车 70 km/h" in said
    assert "试运行：近 7 天 2 条，现行 1 条" in text(client_of(city_officer).get(LIMITS))


def test_the_catalogue_asks_a_constant_number_of_queries(city_officer: Any, other_company: Any) -> None:
    client = client_of(city_officer)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get("/detection/").status_code == 200
        return len(asked)

    limit(city_officer, mode=Mode.SHADOW)
    few = queries()
    vehicle = factories.make_vehicle("辽L00001", other_company)
    for number in range(8):
        limit(city_officer, mode=Mode.SHADOW, company=other_company, vehicle_kind="")
        limit(city_officer, county_id=factories.DAWA, note=str(number))
        finding(vehicle, days=number)
    DetectorSetting.objects.filter(pk="device.fault").update(mode=Mode.SHADOW)
    assert queries() == few


def test_what_each_detector_costs_is_read_from_what_the_workers_published(city_officer: Any) -> None:
    assert all(line.cost_us is None for line in client_of(city_officer).get("/detection/").context["lines"])
    client = redis.Redis.from_url(settings.REDIS_URL)
    for worker, seconds, positions in (("shard0", 0.3, 1_000_000), ("shard1", 0.1, 1_000_000)):
        costs.SECONDS.set(seconds, "road.overspeed")
        costs.POSITIONS.set(positions, "road.overspeed")
        metrics.publish(client, f"worker:{worker}")
    (line,) = (
        one for one in client_of(city_officer).get("/detection/").context["lines"] if one.setting.pk == "road.overspeed"
    )
    assert line.cost_us == pytest.approx(0.2)


def test_a_county_sees_the_rows_for_all_and_its_own_and_no_other_company_s(
    city_officer: Any, panshan_officer: Any, hazmat_company: Any
) -> None:
    factories.make_vehicle("辽L00001", hazmat_company)  # of Dawa
    limit(city_officer, company=hazmat_company, vehicle_kind="")
    limit(city_officer, county_id=factories.PANSHAN, vehicle_kind="")
    said = text(client_of(panshan_officer).get("/detection/"))
    assert "盘山县： 限速 危险货物运输车 70 km/h" in said
    assert hazmat_company.name not in said


# --- limits -----------------------------------------------------------------------------------------------------------


def test_limits_are_filled_in_by_name_and_saved_with_a_reason(city_officer: Any) -> None:
    client = client_of(city_officer)
    page = client.get(LIMITS).content.decode()
    assert "限速 危险货物运输车（km/h）" in page
    assert 'placeholder="80"' in page
    given = form(**{"limit-limit_kmh-hazmat": 75, "limit-lasting_s": 30, "time_from": "22:00", "time_until": "06:00"})
    refused = client.post(LIMITS, given | {"save": 1})
    assert refused.status_code == 422
    assert refused.context["form"].errors["source"] == ["请填写依据"]
    assert 'value="75"' in refused.content.decode()
    assert client.post(LIMITS, given | {"save": 1, "source": "市局通知", "note": "结冰"}).status_code == 302
    row = DetectorLimit.objects.get()
    assert row.overrides == {"limit_kmh": {"hazmat": 75}, "lasting_s": 30}
    assert (f"{row.time_from:%H:%M}", row.weekdays, row.note) == ("22:00", 127, "结冰")
    said = text(client.get(LIMITS))
    assert "危险货物运输车 · 22:00–次日 06:00" in said
    assert "最短持续 30 秒 限速 危险货物运输车 75 km/h" in said
    assert AuditRecord.objects.filter(action="detector.limit_add").count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"limit-limit_kmh-hazmat": -5}, "limit-limit_kmh-hazmat"),
        ({"limit-lasting_s": "long"}, "limit-lasting_s"),
        ({}, "__all__"),
        ({"limit-lasting_s": 30, "weekdays": []}, "weekdays"),
        ({"limit-lasting_s": 30, "time_from": "22:00"}, "time_until"),
        ({"limit-lasting_s": 30, "valid_from": "2020-01-01T00:00"}, "valid_from"),
        ({"limit-lasting_s": 30, "company": 999_999}, "company"),
    ],
)
def test_what_can_not_be_is_refused_beside_its_field(city_officer: Any, given: dict[str, Any], field: str) -> None:
    response = client_of(city_officer).post(LIMITS, form(**given) | {"save": 1, "source": "通知", "note": "试"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not DetectorLimit.objects.exists()


def test_a_change_starts_from_the_row_and_ends_it(city_officer: Any) -> None:
    row = limit(city_officer)
    client = client_of(city_officer)
    page = client.get(f"{LIMITS}?replaces={row.pk}")
    assert 'value="70"' in page.content.decode()
    given = form(**{"limit-limit_kmh-hazmat": 65}) | {"save": 1, "source": "通知", "note": "再降"}
    assert client.post(f"{LIMITS}?replaces={row.pk}", given).status_code == 302
    row.refresh_from_db()
    assert row.end_note == "再降"
    again = client.post(f"{LIMITS}?replaces={row.pk}", given)
    assert again.status_code == 409
    assert "已经终止" in text(again)
    assert DetectorLimit.objects.count() == 2


def test_a_row_is_ended_with_a_reason(city_officer: Any) -> None:
    row = limit(city_officer)
    client = client_of(city_officer)
    client.post(f"{LIMITS}{row.pk}/end/", {"note": ""})
    row.refresh_from_db()
    assert row.ended_at is None
    assert client.post(f"{LIMITS}{row.pk}/end/", {"note": "冰已化"}).status_code == 302
    row.refresh_from_db()
    assert (row.ended_by, row.end_note) == (city_officer, "冰已化")
    assert client.post(f"/detection/limits/area.forbidden/{row.pk}/end/", {"note": "错"}).status_code == 404


@pytest.mark.parametrize(("state", "kept"), [("shadow", (True, "shadow")), ("off", (False, "in_force"))])
def test_a_whole_detector_is_tried_or_rests(city_officer: Any, state: str, kept: tuple[bool, str]) -> None:
    client = client_of(city_officer)
    client.post(f"{LIMITS}mode/", {"state": state})
    setting = DetectorSetting.objects.get(pk="road.overspeed")
    assert (setting.enabled, setting.mode) == kept
    assert setting.changes.get().by == city_officer
    client.post(f"{LIMITS}mode/", {"state": "nonsense"})
    assert setting.changes.count() == 1
    assert {"shadow": "试运行", "off": "停用"}[state] in text(client.get("/detection/"))


def test_nobody_else_gets_at_limits(dawa_officer: Any, safety_officer: Any, city_officer: Any) -> None:
    row = limit(city_officer)
    for user in (dawa_officer, safety_officer):
        client = client_of(user)
        assert client.get("/detection/").status_code == 200
        assert client.get(LIMITS).status_code == 403
        for path in (LIMITS, f"{LIMITS}mode/", f"{LIMITS}{row.pk}/end/"):
            assert client.post(path, {"state": "off", "note": "试"}).status_code == 403


def test_a_rule_that_a_task_judges_takes_no_rows(city_officer: Any) -> None:
    page = client_of(city_officer).get("/detection/limits/device.silent_day/").content.decode()
    assert "由定时任务统一判定" in page
    assert 'name="save"' not in page
    given = {"kind": "taxi", "limit_silent_s": "1", "source": "局文", "note": "试", "save": "1"}
    assert client_of(city_officer).post("/detection/limits/device.silent_day/", given).status_code == 422
    assert not DetectorLimit.objects.exists()


@pytest.mark.parametrize("path", ["/detection/limits/no.such/", "/detection/backtests/99/", f"{LIMITS}?backtest=99"])
def test_what_there_is_not_is_not_found(city_officer: Any, path: str) -> None:
    assert client_of(city_officer).get(path).status_code == 404


# --- back-test --------------------------------------------------------------------------------------------------------


def test_a_back_test_is_asked_for_before_saving_and_shown_on_the_page(
    city_officer: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    handed: list[int] = []
    monkeypatch.setattr(tasks.run_backtest, "delay", handed.append)
    client = client_of(city_officer)
    given = form(**{"limit-limit_kmh-hazmat": 90}) | {"test": 1}
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(LIMITS, given)
    test = Backtest.objects.get()
    assert response.headers["Location"] == f"{LIMITS}?backtest={test.pk}#backtest"
    assert handed == [test.pk]
    assert not DetectorLimit.objects.exists()
    page = client.get(f"{LIMITS}?backtest={test.pk}")
    assert 'hx-trigger="every 2s"' in page.content.decode()
    assert 'value="90"' in page.content.decode()
    again = client.post(LIMITS, given)
    assert again.status_code == 409
    assert "正在进行" in text(again)
    vehicle = factories.make_vehicle("辽L00001")
    day, started = f"{timezone.localdate():%Y-%m-%d}", int(timezone.now().timestamp())
    sample = {"draw": 1, "vehicle": vehicle.pk, "started": started, "ended": started + 70}
    Backtest.objects.filter(pk=test.pk).update(
        state="done", counts={day: {factories.DAWA: {"old": 121, "new": 312}}}, vehicles=9,
        samples={"appear": [sample | {"measures": {"peak_speed_dkmh": 953}}], "vanish": []},
    )  # fmt: skip
    part = client.get(f"/detection/backtests/{test.pk}/", headers={"HX-Request": "true"})
    said = text(part)
    assert "用 限速 危险货物运输车 90 km/h： 312 条" in said
    assert "现行 限速 危险货物运输车 80 km/h： 121 条" in said
    assert "121 → 312" in said
    assert "最高速度 95.3 km/h" in said
    assert f"/vehicles/{vehicle.pk}/track/?date={day}" in part.content.decode()
    assert "every 2s" not in part.content.decode()


def test_a_back_test_that_the_queue_does_not_take_fails_and_says_so(
    city_officer: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(_: int) -> None:
        raise tasks.run_backtest.OperationalError("away")

    monkeypatch.setattr(tasks.run_backtest, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        client_of(city_officer).post(LIMITS, form(**{"limit-lasting_s": 30}) | {"test": 1})
    assert "暂不可用" in Backtest.objects.get().error


def test_a_back_test_is_cancelled_from_the_page(city_officer: Any) -> None:
    now = timezone.now()
    row = DetectorLimit(detector="road.overspeed", overrides={"lasting_s": 30}, vehicle_kind="hazmat")
    test = backtest.begin_backtest(row, since=now - timedelta(days=1), until=now, by=city_officer)
    client = client_of(city_officer)
    assert "取消回测" in text(client.get(LIMITS))  # what is under way is shown without being asked for
    client.post(f"/detection/backtests/{test.pk}/cancel/")
    test.refresh_from_db()
    assert test.state == "cancelled"
    assert "回测已取消" in text(client.get(f"{LIMITS}?backtest={test.pk}"))
