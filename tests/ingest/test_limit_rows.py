"""Limits by row in the worker: they judge live, late and replayed positions alike, and on trial they open no case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from datacenter import metrics
from datacenter.cases.models import Case
from datacenter.detection import costs
from datacenter.detection.models import DetectorLimit, DetectorSetting, Finding, Mode
from datacenter.detection.selectors import findings_visible_to
from datacenter.detection.settings import change_setting, rules_in_force
from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Vehicle
from tests import factories
from tests.ingest.frames import location_batch, location_frame

NOW = int(datetime.now(UTC).timestamp())
Start = Callable[[], ShardWorker]
pytestmark = pytest.mark.usefixtures("tracks")


@pytest.fixture
def truck(counties: Any, settings: Any) -> Vehicle:
    settings.INGEST_SHARDS = 1
    return factories.make_vehicle("辽L12345")


@pytest.fixture
def other(truck: Vehicle, other_company: Any) -> Vehicle:
    return factories.make_vehicle("辽L54321", other_company, county_id=factories.PANSHAN)


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Start:
    """The shard's worker, by the rights of ingest from here on; rows of limits are made before."""

    def begin() -> ShardWorker:
        request.getfixturevalue("as_ingest")
        return ShardWorker(0)

    return begin


def drive(speed_kmh: float = 100, *, start: int = NOW - 3600, count: int = 20) -> list[bytes]:
    return [
        location_frame(start + i * 10, 40_992_450 + i * 1000, 122_066_240, speed_kmh=speed_kmh) for i in range(count)
    ]


def limit(by: Any, over: dict[str, Any], **facts: Any) -> DetectorLimit:
    """A row that has been in force for a day."""
    known = {"valid_from": timezone.now() - timedelta(days=1), "source": "试验公告", "note": "试", "created_by": by}
    return DetectorLimit.objects.create(detector="road.overspeed", overrides=over, **{**known, **facts})


def kmh(limit_kmh: int) -> dict[str, Any]:
    return {"limit_kmh": {"hazmat": limit_kmh}}


def found(mode: str = Mode.IN_FORCE) -> list[tuple[str, int | None, int]]:
    rows = Finding.every.filter(detector="road.overspeed", mode=mode).exclude(state=Finding.State.SUPERSEDED)
    return [(f.vehicle.plate, f.limit_row_id, f.limits["limit_kmh"]["hazmat"]) for f in rows.order_by("vehicle_id")]


def test_a_finding_keeps_the_limits_of_the_row_that_judged_it(
    city_officer: Any, truck: Vehicle, other: Vehicle, start: Start
) -> None:
    row = limit(city_officer, kmh(60), company_id=truck.company_id)
    worker = start()
    for vehicle in (truck, other):
        worker.store(location_batch(vehicle.pk, drive(70)))
        worker.store(location_batch(vehicle.pk, drive(100, start=NOW - 1800)))
    assert found() == [("辽L12345", row.pk, 60), ("辽L12345", row.pk, 60), ("辽L54321", None, 80)]
    finding = Finding.objects.filter(limit_row=row).first()
    assert finding is not None
    assert finding.source.endswith("试验公告")
    assert finding.limits["tolerance_percent"] == 10  # what the row does not say is the base's
    assert finding.case is not None


def test_late_positions_are_judged_by_the_limits_of_their_time(city_officer: Any, truck: Vehicle, start: Start) -> None:
    since = datetime.fromtimestamp(NOW - 1800, UTC)
    row = limit(city_officer, kmh(60), company_id=truck.company_id, valid_from=since)
    worker = start()
    worker.store(location_batch(truck.pk, drive(20, start=NOW - 600)))
    worker.store(location_batch(truck.pk, [*drive(70, start=NOW - 3600), *drive(70, start=NOW - 1500)]))
    while worker.redetect(10):
        pass
    assert found() == [("辽L12345", row.pk, 60)]
    assert Finding.objects.get(detector="road.overspeed").started_at.timestamp() == NOW - 1500


def test_a_finding_that_began_earlier_after_all_takes_the_limits_of_its_beginning(
    city_officer: Any, truck: Vehicle, start: Start
) -> None:
    since = datetime.fromtimestamp(NOW - 1800, UTC)
    before = limit(city_officer, kmh(50), company_id=truck.company_id, valid_until=since)
    after = limit(city_officer, kmh(60), company_id=truck.company_id, valid_from=since)
    worker = start()
    worker.store(location_batch(truck.pk, drive(70, start=NOW - 1800)))
    assert found() == [("辽L12345", after.pk, 60)]
    worker.store(location_batch(truck.pk, drive(70, start=NOW - 1820, count=2)))
    while worker.redetect(10):
        pass
    assert found() == [("辽L12345", before.pk, 50)]


def test_what_limits_on_trial_find_opens_no_case_and_is_nobody_s_lead(
    city_officer: Any, dawa_officer: Any, truck: Vehicle, other: Vehicle, start: Start
) -> None:
    limit(city_officer, kmh(60), company_id=truck.company_id, mode=Mode.SHADOW)
    counted = metrics.FINDINGS.value("road.overspeed")
    worker = start()
    for vehicle in (truck, other):
        worker.store(location_batch(vehicle.pk, drive(70)))
    assert found() == []
    assert [(plate, limits) for plate, _, limits in found(Mode.SHADOW)] == [("辽L12345", 60)]
    assert Case.objects.count() == Finding.objects.count() == findings_visible_to(dawa_officer).count() == 0
    assert metrics.FINDINGS.value("road.overspeed") == counted
    # Beside it the rule in force goes on.
    worker.store(location_batch(truck.pk, drive(100, start=NOW - 1800)))
    assert found() == [("辽L12345", None, 80)]
    assert len(found(Mode.SHADOW)) == 2
    assert Case.objects.filter(kind="road.overspeed").count() == 1


def test_a_detector_on_trial_as_a_whole_judges_everybody_and_accuses_nobody(
    city_officer: Any, truck: Vehicle, other: Vehicle, start: Start
) -> None:
    setting = DetectorSetting.objects.get(pk="road.overspeed")
    change_setting(setting, limits=setting.limits, enabled=True, mode="shadow", by=city_officer)
    assert setting.changes.get().after["mode"] == "shadow"
    worker = start()
    for vehicle in (truck, other):
        worker.store(location_batch(vehicle.pk, drive(100)))
    assert found() == []
    assert len(found(Mode.SHADOW)) == 2
    assert not Case.objects.exists()


def test_findings_on_trial_do_not_depend_on_the_order_of_arrival(
    city_officer: Any, truck: Vehicle, start: Start
) -> None:
    limit(city_officer, kmh(60), mode=Mode.SHADOW)
    worker = start()
    worker.store(location_batch(truck.pk, drive(20, start=NOW - 600)))
    frames = drive(70)
    for piece in (frames[12:], frames[:5], frames[5:12]):
        worker.store(location_batch(truck.pk, piece))
        worker = ShardWorker(0)  # killed and started anew
    while worker.redetect(10):
        pass
    (finding,) = Finding.every.filter(detector="road.overspeed").exclude(state=Finding.State.SUPERSEDED)
    assert (finding.mode, finding.measures["lasting_s"]) == (Mode.SHADOW, 190)


def test_a_row_that_its_detector_accepts_no_longer_is_left_out_and_stops_nothing(
    city_officer: Any, truck: Vehicle, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    limit(city_officer, {"of_an_older_version": 5})
    assert all(not rule.rows for rule in rules_in_force())
    assert "of_an_older_version" in caplog.text
    start().store(location_batch(truck.pk, drive()))
    assert found() == [("辽L12345", None, 80)]


def test_a_vehicle_of_a_kind_that_the_engine_does_not_know_is_judged_as_any(truck: Vehicle, start: Start) -> None:
    Vehicle.objects.filter(pk=truck.pk).update(kind="tractor")
    worker = start()
    worker.store(location_batch(truck.pk, drive(131)))
    assert found() == []
    worker.store(location_batch(truck.pk, drive(135, start=NOW - 1800)))
    assert Finding.objects.get(detector="road.overspeed").measures["limit_kmh"] == 120


def test_the_worker_tells_what_each_detector_costs(truck: Vehicle, start: Start) -> None:
    worker = start()
    worker.store(location_batch(truck.pk, drive()))
    worker.store(location_batch(truck.pk, drive(start=NOW - 1800)))
    spent = costs.us_by_code([metrics.snapshot()])
    assert set(spent) >= {"road.overspeed", "device.silence"}
    assert all(0 < microseconds < 100_000 for microseconds in spent.values())
    text = metrics.render([metrics.snapshot()])
    assert 'detector_recent_positions{code="road.overspeed"}' in text
