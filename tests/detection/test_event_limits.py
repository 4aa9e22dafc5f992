"""Limits of event rules differ by row as those of positions do: by kind, county, company, place, hour; on trial too."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from datacenter.accounts.models import User
from datacenter.cases.models import KeyCaseRule
from datacenter.detection.backtest import begin_backtest
from datacenter.detection.detectors.second import SilentDay
from datacenter.detection.errors import LimitsRefused
from datacenter.detection.events import Told, tell
from datacenter.detection.models import DetectorLimit, DetectorSetting, Finding, Mode
from datacenter.detection.workflow import add_limit
from datacenter.geo.models import Area
from datacenter.registry.models import Vehicle
from tests import factories

RULE = "driver.phone"
NOON = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)  # 12:00 in Asia/Shanghai
LAT, LON = 41_123_456, 122_065_432
pytestmark = pytest.mark.usefixtures("tracks", "city_officer")


def told(vehicle: Vehicle, number: int = 1, *, at: datetime = NOON, level: int = 1, **facts: Any) -> Finding | None:
    given = {"latitude_e6": LAT, "longitude_e6": LON, **facts}
    return tell(Told(RULE, vehicle.pk, int(at.timestamp()), f"alarm:{number}", level=level, **given))


def row(**facts: Any) -> DetectorLimit:
    """Only alarms of level 2 count, for those that it is for."""
    given = {"overrides": {"least_level": 2}, "valid_from": NOON - timedelta(days=30), "source": "试验", "note": "试验"}
    return DetectorLimit.objects.create(detector=RULE, created_by=User.objects.get(), **(given | facts))


@pytest.mark.parametrize("whom", ["kind", "county", "company", "area", "hours"])
def test_a_row_judges_those_whom_it_is_for_and_nobody_else(truck: Vehicle, whom: str) -> None:
    other = factories.make_vehicle(kind="coach", county_id=factories.PANSHAN)
    conditions: dict[str, dict[str, Any]] = {
        "kind": {"vehicle_kind": truck.kind},
        "county": {"county_id": truck.county_id},
        "company": {"company_id": truck.company_id},
        "area": {"area": factories.make_area((LAT / 1e6, LON / 1e6), kind=Area.Kind.SPEED, limit_kmh=40)},
        "hours": {"time_from": time(11), "time_until": time(13)},
    }
    made = row(**conditions[whom])
    assert told(truck) is None
    finding = told(truck, 2, level=2)
    assert finding is not None
    assert (finding.limit_row_id, finding.limits["least_level"]) == (made.pk, 2)
    outside: dict[str, dict[str, Any]] = {
        "area": {"latitude_e6": LAT + 200_000},
        "hours": {"at": NOON + timedelta(hours=3)},
    }
    finding = told(other, 3, **outside.get(whom, {}))
    assert finding is not None
    assert (finding.limit_row_id, finding.limits["least_level"]) == (None, 0)


def test_an_event_without_a_place_lies_in_no_area(truck: Vehicle) -> None:
    row(area=factories.make_area((LAT / 1e6, LON / 1e6), kind=Area.Kind.SPEED, limit_kmh=40))
    assert told(truck, latitude_e6=None, longitude_e6=None) is not None


def test_a_row_that_has_ended_or_not_begun_judges_nothing(truck: Vehicle) -> None:
    row(valid_until=NOON)
    row(valid_from=NOON + timedelta(seconds=1))
    assert told(truck) is not None
    assert told(truck, 2, at=NOON - timedelta(hours=1)) is None


def test_a_row_on_trial_counts_and_opens_no_case(truck: Vehicle) -> None:
    row(mode=Mode.SHADOW, overrides={"least_level": 0})
    DetectorSetting.objects.filter(pk=RULE).update(limits={"least_level": 2})
    assert told(truck) is None
    (tried,) = Finding.every.all()
    assert (tried.mode, tried.case) == (Mode.SHADOW, None)
    told(truck, 2)
    assert Finding.every.get().measures["alarms"] == 2
    assert told(truck, 3, level=2) is not None
    assert {finding.mode for finding in Finding.every.all()} == {Mode.SHADOW, Mode.IN_FORCE}


def test_a_rule_on_trial_as_a_whole_opens_no_case(truck: Vehicle) -> None:
    DetectorSetting.objects.filter(pk=RULE).update(mode=Mode.SHADOW)
    assert told(truck) is None
    assert Finding.every.get().case is None


def test_rows_cost_one_event_no_more_queries_the_more_there_are(truck: Vehicle) -> None:
    KeyCaseRule.objects.all().delete()  # the third of one vehicle would be a key case
    counts = []
    for number in (1, 2, 3):  # the first opens the day's first case
        row(vehicle_kind="coach")
        row(vehicle_kind=truck.kind, overrides={"forgiven_gap_s": 10})
        with CaptureQueriesContext(
            connection,
        ) as queries:
            told(truck, number, at=NOON + timedelta(hours=number))
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_a_row_is_entered_for_alarms_and_refused_for_what_a_task_judges(city_officer: User) -> None:
    given = {"vehicle_kind": "coach", "source": "试验", "note": "试验"}
    assert add_limit(DetectorLimit(detector=RULE, overrides={"least_level": 2}, **given), by=city_officer).pk
    with pytest.raises(LimitsRefused, match="定时任务"):
        add_limit(DetectorLimit(detector=SilentDay.code, overrides={"limit_s": 7200}, **given), by=city_officer)


def test_alarms_have_no_past_to_test_on(city_officer: User) -> None:
    proposed = DetectorLimit(detector=RULE, overrides={"least_level": 2}, vehicle_kind="coach")
    with pytest.raises(LimitsRefused, match="不能用历史轨迹回测"):
        begin_backtest(proposed, since=NOON - timedelta(days=2), until=NOON - timedelta(days=1), by=city_officer)


def test_the_page_offers_rows_without_a_back_test(client: Client, city_officer: User) -> None:
    client.force_login(city_officer)
    page = client.get(f"/detection/limits/{RULE}/").content.decode()
    assert 'name="save"' in page
    assert 'name="test"' not in page
    assert 'name="save"' not in client.get(f"/detection/limits/{SilentDay.code}/").content.decode()
