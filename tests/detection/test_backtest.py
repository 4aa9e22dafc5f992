"""A back-test counts what proposed limits would have found beside those in force, piece by piece."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import AuditRecord
from datacenter.detection import backtest, tasks
from datacenter.detection.errors import BacktestUnderWay, LimitsRefused
from datacenter.detection.models import Backtest, DetectorLimit, Finding
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.archive.errors import ArchiveUnavailable
from datacenter.tracks.position import Positions
from tests import factories

pytestmark = pytest.mark.usefixtures("tracks")
NOON = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
UNTIL = NOON + timedelta(hours=6)
SINCE = UNTIL - timedelta(days=3)


def keep(positions: Positions) -> None:
    store.make_partitions(sorted({store.day_of(int(at)) for at in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


def drive(vehicle: Vehicle, speed_kmh: float, start: datetime, count: int = 12) -> Positions:
    rows = [
        {"at": i * 10, "speed_kmh": speed_kmh, "latitude_e6": 40_992_450, "longitude_e6": 122_066_240}
        for i in range(count)
    ]
    return factories.make_positions(vehicle.pk, rows, int(start.timestamp()))


@pytest.fixture
def fleet(counties: Any, hazmat_company: Any, other_company: Any, monkeypatch: pytest.MonkeyPatch) -> list[Vehicle]:
    """Three tankers at 95 km/h, one at 85 the day before too; a taxi at 95."""
    monkeypatch.setattr(backtest, "_PIECE_POSITIONS", 8640 * 8)  # two vehicles a piece over three days
    made = [factories.make_vehicle(f"辽L0000{n}", hazmat_company) for n in range(3)]
    made.append(factories.make_vehicle("辽LT0001", other_company, kind="taxi"))
    for vehicle in made:
        keep(drive(vehicle, 95, NOON))
    keep(drive(made[0], 85, NOON - timedelta(days=1)))
    return made


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the task hands on to itself, not run."""
    handed: list[int] = []
    monkeypatch.setattr(tasks.run_backtest, "delay", handed.append)
    return handed


def row(limit_kmh: int, **facts: Any) -> DetectorLimit:
    known: dict[str, Any] = {"vehicle_kind": "hazmat", "source": "", "note": ""}
    over = {"limit_kmh": {"hazmat": limit_kmh}}
    return DetectorLimit(detector="road.overspeed", overrides=over, **{**known, **facts})


def begin(by: Any, proposed: DetectorLimit, **facts: Any) -> Backtest:
    return backtest.begin_backtest(proposed, by=by, **{"since": SINCE, "until": UNTIL, **facts})


def run(test: Backtest, queue: list[int]) -> Backtest:
    tasks.run_backtest(test.pk)
    while queue:
        tasks.run_backtest(queue.pop())
    test.refresh_from_db()
    return test


def test_both_limits_are_counted_by_day_and_county_and_nothing_is_kept(
    city_officer: Any, fleet: list[Vehicle], queue: list[int]
) -> None:
    test = run(begin(city_officer, row(75)), queue)
    yesterday, before = (f"{at:%Y-%m-%d}" for at in (NOON, NOON - timedelta(days=1)))
    # 95 km/h is over 80 and ten percent, 85 only over 75.
    assert test.counts == {
        yesterday: {factories.DAWA: {"old": 3, "new": 3}},
        before: {factories.DAWA: {"old": 0, "new": 1}},
    }
    assert (test.state, test.vehicles, test.vehicles_done, test.percent) == ("done", 3, 3, 100)
    assert (test.total("old"), test.total("new"), test.positions) == (3, 4, 4 * 12)
    assert [entry["vehicle"] for entry in test.samples["appear"]] == [fleet[0].pk]
    assert test.samples["vanish"] == []
    assert not Finding.every.exists()
    assert not DetectorLimit.objects.exists()


def test_what_vanishes_is_sampled_too(city_officer: Any, fleet: list[Vehicle], queue: list[int]) -> None:
    test = run(begin(city_officer, row(90, company_id=fleet[0].company_id)), queue)
    assert (test.total("old"), test.total("new")) == (3, 0)
    assert {entry["vehicle"] for entry in test.samples["vanish"]} == {vehicle.pk for vehicle in fleet[:3]}


def test_rows_in_force_now_count_for_the_whole_span_and_the_replaced_one_for_the_old_alone(
    city_officer: Any, fleet: list[Vehicle], queue: list[int]
) -> None:
    facts = {"valid_from": timezone.now() - timedelta(seconds=5), "created_by": city_officer}
    current = row(90, company_id=fleet[0].company_id, **facts)
    current.save()
    row(40, valid_until=timezone.now(), **facts).save()  # over: judges nothing
    row(40, mode="shadow", **facts).save()  # tried only
    test = run(begin(city_officer, row(75, company_id=fleet[0].company_id), replaces=current), queue)
    assert (test.total("old"), test.total("new")) == (0, 4)


def test_a_row_for_all_is_tried_on_all(city_officer: Any, fleet: list[Vehicle], queue: list[int]) -> None:
    proposed = DetectorLimit(detector="road.overspeed", overrides={"limit_kmh": {"taxi": 60}})
    test = run(begin(city_officer, proposed), queue)
    assert (test.vehicles, test.total("old"), test.total("new")) == (4, 3, 4)


def test_what_began_before_the_span_is_not_the_span_s(
    city_officer: Any, fleet: list[Vehicle], queue: list[int]
) -> None:
    test = run(begin(city_officer, row(75), since=NOON + timedelta(seconds=1)), queue)
    assert (test.total("old"), test.total("new")) == (0, 0)
    test = run(begin(city_officer, row(75), since=NOON), queue)
    assert (test.total("old"), test.total("new")) == (3, 3)


def test_a_cancelled_test_stops_at_its_next_piece(city_officer: Any, fleet: list[Vehicle], queue: list[int]) -> None:
    test = begin(city_officer, row(75))
    tasks.run_backtest(test.pk)
    assert queue == [test.pk]
    test.refresh_from_db()
    assert (test.state, test.percent) == ("running", 66)
    backtest.cancel_backtest(test, by=city_officer)
    test = run(test, [])
    assert (test.state, test.vehicles_done) == ("cancelled", 2)


def test_a_piece_that_was_under_way_when_the_test_was_cancelled_is_dropped(
    city_officer: Any, fleet: list[Vehicle], queue: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    test = begin(city_officer, row(75))
    reckon = backtest._episodes

    def cancelled_meanwhile(*given: Any) -> Any:
        backtest.cancel_backtest(test, by=city_officer)
        return reckon(*given)

    monkeypatch.setattr(backtest, "_episodes", cancelled_meanwhile)
    test = run(test, queue)
    assert (test.state, test.vehicles_done, test.counts, queue) == ("cancelled", 0, {}, [])


def test_one_at_a_time_for_each_officer(city_officer: Any, administrator: Any, fleet: list[Vehicle]) -> None:
    first = begin(city_officer, row(75))
    with pytest.raises(BacktestUnderWay) as refused:
        begin(city_officer, row(70))
    assert refused.value.facts["backtest"] == first.pk
    begin(administrator, row(70))
    backtest.cancel_backtest(first, by=city_officer)
    begin(city_officer, row(70))


def test_a_test_that_was_lost_with_its_worker_is_in_nobody_s_way(city_officer: Any, fleet: list[Vehicle]) -> None:
    first = begin(city_officer, row(75))
    Backtest.objects.filter(pk=first.pk).update(touched_at=timezone.now() - timedelta(minutes=11))
    begin(city_officer, row(70))
    first.refresh_from_db()
    assert first.state == "failed"


@pytest.mark.parametrize(
    ("span", "field"),
    [((UNTIL, SINCE), "until"), ((SINCE, SINCE), "until"), ((SINCE, NOON + timedelta(days=30)), "until")],
)
def test_a_span_that_is_not_past_is_refused(city_officer: Any, fleet: list[Vehicle], span: Any, field: str) -> None:
    with pytest.raises(LimitsRefused) as refused:
        begin(city_officer, row(75), since=span[0], until=span[1])
    assert list(refused.value.fields) == [field]
    with pytest.raises(LimitsRefused):
        begin(city_officer, row(-1))
    assert not Backtest.objects.exists()


def test_only_who_may_change_detectors_tests_and_it_is_written_down(
    city_officer: Any, dawa_officer: Any, fleet: list[Vehicle]
) -> None:
    with pytest.raises(NotAllowed):
        begin(dawa_officer, row(75))
    test = begin(city_officer, row(75))
    assert AuditRecord.objects.get(action="detector.backtest").detail["backtest"] == test.pk
    with pytest.raises(NotAllowed):
        backtest.cancel_backtest(test, by=dawa_officer)


@pytest.mark.parametrize(
    ("fault", "said"),
    [(ArchiveUnavailable(reason="磁盘已满"), "磁盘已满"), (ZeroDivisionError(), "ZeroDivisionError")],
)
def test_a_track_that_can_not_be_read_fails_the_test_with_its_reason(
    city_officer: Any,
    fleet: list[Vehicle],
    queue: list[int],
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    said: str,
) -> None:
    def broken(*_: Any) -> Any:
        raise fault

    monkeypatch.setattr(store, "of_many", broken)
    test = run(begin(city_officer, row(75)), queue)
    assert test.state == "failed"
    assert said in test.error


def test_the_default_worker_s_role_may_do_it(
    city_officer: Any, fleet: list[Vehicle], queue: list[int], request: pytest.FixtureRequest
) -> None:
    test = begin(city_officer, row(75))
    request.getfixturevalue("as_ingest")
    assert run(test, queue).total("new") == 4


def test_several_tracks_are_read_as_each_alone(fleet: list[Vehicle]) -> None:
    ids = [vehicle.pk for vehicle in fleet]
    both = store.of_many(ids, SINCE, datetime.now(UTC))
    alone = Positions.join([store.between(pk, SINCE, datetime.now(UTC)) for pk in ids])
    assert len(both) == 5 * 12
    assert np.array_equal(both.device_time, alone.device_time)
    assert np.array_equal(both.vehicle_id, alone.vehicle_id)
