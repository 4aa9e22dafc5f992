"""One shard's worker on a real database: stored once, in order, in one transaction, found the same however it came."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg2
import pytest
from django.db import connection, transaction

from datacenter.detection import catalogue
from datacenter.detection.detectors.speed import Overspeed
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.ingest import redetect
from datacenter.ingest.batch import BAD_MESSAGE, NO_ANSWER, STORED, Batch, Rejected
from datacenter.ingest.errors import Superseded
from datacenter.ingest.models import QuarantinedFrame, RedetectionSpan
from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Vehicle
from datacenter.screening.models import ReviewItem
from datacenter.tracks import store
from tests import factories
from tests.conftest import on_test_database
from tests.ingest.frames import location_batch, location_frame

NOW = int(datetime.now(UTC).timestamp())
pytestmark = pytest.mark.usefixtures("tracks")


@pytest.fixture
def truck(counties: Any, settings: Any) -> Vehicle:
    settings.INGEST_SHARDS = 1
    return factories.make_vehicle("辽L12345")


@pytest.fixture
def other(counties: Any) -> Vehicle:
    return factories.make_vehicle("辽L54321")


@pytest.fixture
def worker(truck: Vehicle, as_ingest: None) -> ShardWorker:
    return ShardWorker(0)


def drive(truck: Vehicle, *, count: int = 30, start: int = NOW - 3600, fast: slice = slice(10, 20)) -> list[bytes]:
    """Frames of a truck through Dawa, one each 10 s, over the limit in ``fast``."""
    speeds = [60] * count
    speeds[fast] = [100] * len(speeds[fast])
    return [
        location_frame(start + i * 10, 40_992_450 + i * 1000, 122_066_240, speed_kmh=s) for i, s in enumerate(speeds)
    ]


def stored() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vehicle_id, device_time, body_hash FROM track_position ORDER BY 1, 2, 3")
        return list(cursor.fetchall())


def findings() -> list[tuple[Any, ...]]:
    rows = Finding.objects.exclude(state=Finding.State.SUPERSEDED).order_by("detector", "started_at")
    return [(f.detector, f.started_at, f.ended_at, sorted(f.measures.items())) for f in rows]


def test_what_is_screened_first_opens_no_case_and_waits_at_the_desk(worker: ShardWorker, truck: Vehicle) -> None:
    DetectorSetting.objects.filter(pk="road.overspeed").update(needs_screening=True)
    worker.store(location_batch(truck.pk, drive(truck)))
    item = ReviewItem.objects.get()
    assert item.finding.detector == "road.overspeed"
    assert (item.finding.case, item.awaits_case, item.county_id) == (None, True, factories.DAWA)


def test_positions_findings_and_cases_come_in_one_transaction(worker: ShardWorker, truck: Vehicle) -> None:
    results, live = worker.store(location_batch(truck.pk, drive(truck)))
    assert set(results) == {STORED}
    assert len(stored()) == 30
    assert live
    finding = Finding.objects.get()
    assert finding.detector == "road.overspeed"
    assert finding.case.county_id == factories.DAWA
    assert finding.case.state == "dispatched"
    assert finding.measures["peak_speed_dkmh"] == 1000
    assert finding.limits["limit_kmh"]["hazmat"] == 80
    assert len(finding.evidence["track"]) >= 10


def test_a_batch_that_comes_twice_is_stored_once(worker: ShardWorker, truck: Vehicle) -> None:
    batch = location_batch(truck.pk, drive(truck))
    worker.store(batch)
    before = (stored(), findings())
    results, _ = worker.store(batch)
    assert set(results) == {STORED}
    assert (stored(), findings()) == before
    assert Finding.objects.count() == 1


def test_two_reports_of_one_second_are_two(worker: ShardWorker, truck: Vehicle) -> None:
    frames = [location_frame(NOW - 100, 41_000_000, 122_000_000, speed_kmh=s) for s in (50, 51)]
    worker.store(location_batch(truck.pk, frames))
    assert len(stored()) == 2


@pytest.mark.parametrize("seed", range(6))
def test_findings_do_not_depend_on_order_or_batches(worker: ShardWorker, truck: Vehicle, seed: int) -> None:
    frames = drive(truck, count=60, fast=slice(20, 45))
    worker.store(location_batch(truck.pk, frames))
    worker.tick()
    expected = [row for row in findings() if row[0] != "device.silence"]
    assert expected
    owner = psycopg2.connect(on_test_database(os.environ["DATABASE_URL"]))
    with owner, owner.cursor() as cursor:
        cursor.execute("TRUNCATE track_position, finding, engine_checkpoint, violation, review, review_item CASCADE")
    owner.close()
    again = ShardWorker(0)
    shuffled = np.random.default_rng(seed)
    order = shuffled.permutation(len(frames)).tolist() if seed % 2 else list(range(len(frames)))
    for piece in np.array_split(order, 1 + seed):
        again.store(location_batch(truck.pk, [frames[i] for i in piece]))
        if seed == 4:
            again = ShardWorker(0)  # killed and started anew
    while again.redetect(10):
        pass
    again.tick()
    assert [row for row in findings() if row[0] != "device.silence"] == expected
    assert not RedetectionSpan.objects.exists()


def test_backfill_that_fills_a_gap_joins_two_findings(worker: ShardWorker, truck: Vehicle) -> None:
    frames = drive(truck, count=60, fast=slice(10, 50))
    hole = range(24, 38)
    worker.store(location_batch(truck.pk, [f for i, f in enumerate(frames) if i not in hole]))
    assert Finding.objects.filter(detector="road.overspeed").count() == 2
    worker.store(location_batch(truck.pk, [frames[i] for i in hole]))
    worker.redetect(10)
    standing = Finding.objects.filter(detector="road.overspeed").exclude(state=Finding.State.SUPERSEDED)
    assert standing.count() == 1
    assert standing.get().measures["lasting_s"] == 390
    superseded = Finding.objects.get(state=Finding.State.SUPERSEDED)
    assert superseded.case.events.filter(note__contains="不再成立").exists()


def test_an_older_worker_stores_nothing_more(worker: ShardWorker, truck: Vehicle) -> None:
    successor = ShardWorker(0)
    with pytest.raises(Superseded):
        worker.store(location_batch(truck.pk, drive(truck)))
    assert stored() == []
    successor.store(location_batch(truck.pk, drive(truck)))
    assert len(stored()) == 30


def test_a_bad_report_stands_alone_in_quarantine(worker: ShardWorker, truck: Vehicle, monkeypatch: Any) -> None:
    frames = drive(truck)
    poison = 13
    real = store.append_fresh

    def refuses_one(cursor: Any, positions: Any, extras: Any) -> int:
        if (positions.device_time == NOW - 3600 + poison * 10).any():
            raise ValueError("this report can't be stored")
        return real(cursor, positions, extras)

    monkeypatch.setattr(store, "append_fresh", refuses_one)
    # A first report makes the vehicle known, so that the others take the common way.
    worker.store(location_batch(truck.pk, [location_frame(NOW - 7200, 41_000_000, 122_000_000)]))
    results, _ = worker.store(location_batch(truck.pk, frames))
    assert results[poison] == BAD_MESSAGE
    assert (results == STORED).sum() == 29
    assert len(stored()) == 30
    row = QuarantinedFrame.objects.get()
    assert row.reason == "poison"
    assert bytes(row.raw) == frames[poison]


def test_a_detector_that_raises_costs_no_position_and_is_made_good_later(
    worker: ShardWorker, truck: Vehicle, monkeypatch: Any
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    frames = drive(truck, count=60, fast=slice(20, 45))
    with monkeypatch.context() as patched:
        patched.setattr(Overspeed, "condition", broken)
        worker.store(location_batch(truck.pk, frames[:40]))
    assert len(stored()) == 40
    assert Finding.objects.count() == 0
    assert RedetectionSpan.objects.filter(reason="fault").exists()
    mended = ShardWorker(0)
    mended.store(location_batch(truck.pk, frames[40:]))
    mended.redetect(10)
    assert [f.measures["lasting_s"] for f in Finding.objects.filter(detector="road.overspeed")] == [240]


def test_a_span_that_fails_again_joins_what_failed_before_and_holds_up_no_other(
    other: Vehicle, worker: ShardWorker, truck: Vehicle, monkeypatch: Any
) -> None:
    first, second = drive(truck, count=60), drive(other, count=60)
    worker.store(location_batch(truck.pk, first[40:]))
    worker.store(location_batch(other.pk, second[40:]))
    real = redetect.redetect

    def broken(engine: Any, context: Any, pending: Any) -> Any:
        if pending.vehicle_id == truck.pk:
            raise RuntimeError("broken")
        return real(engine, context, pending)

    monkeypatch.setattr(redetect, "redetect", broken)
    for frames in (first[20:40], first[:20]):  # the second failure meets the row of the first
        worker.store(location_batch(truck.pk, frames))
        worker.store(location_batch(other.pk, second[:20]))
        worker.redetect(10)
    spans = list(RedetectionSpan.objects.values_list("vehicle_id", "reason", "detector"))
    assert spans == [(truck.pk, "fault", "")]
    assert int(RedetectionSpan.objects.get().started_at.timestamp()) == NOW - 3600
    monkeypatch.undo()
    ShardWorker(0).redetect(10)
    assert not RedetectionSpan.objects.exists()


@pytest.mark.parametrize(
    ("at", "reason"),
    [(0, "absurd_time"), (NOW + 86_400, "absurd_time"), (NOW - 200 * 86_400, "absurd_time")],
    ids=["1970", "tomorrow", "half a year ago"],
)
def test_absurd_times_go_to_quarantine(worker: ShardWorker, truck: Vehicle, at: int, reason: str) -> None:
    at = max(at, 946_684_800 + 86_400)  # the wire's earliest year is 2000
    results, _ = worker.store(location_batch(truck.pk, [location_frame(at, 41_000_000, 122_000_000)]))
    assert results[0] == STORED
    assert stored() == []
    row = QuarantinedFrame.objects.get()
    assert (row.reason, row.vehicle_id) == (reason, truck.pk)


@pytest.mark.parametrize(
    ("lat", "lon", "status"), [(0, 0, 3), (51_000_000, 1_000_000, 3), (41_000_000, 122_000_000, 1)]
)
def test_doubtful_places_are_stored_but_not_used(
    worker: ShardWorker, truck: Vehicle, lat: int, lon: int, status: int
) -> None:
    frames = [location_frame(NOW - 600 + i * 10, lat, lon, speed_kmh=150, status=status) for i in range(20)]
    worker.store(location_batch(truck.pk, frames))
    assert len(stored()) == 20
    assert not Finding.objects.filter(detector="road.overspeed").exists()


def test_broken_frames_are_kept_and_answered_by_kind(worker: ShardWorker, truck: Vehicle) -> None:
    good = location_frame(NOW - 60, 41_000_000, 122_000_000)
    bad_check = good[:-1] + bytes([good[-1] ^ 1])
    results, _ = worker.store(location_batch(truck.pk, [good, bad_check]))
    assert results.tolist() == [STORED, NO_ANSWER]
    assert QuarantinedFrame.objects.get().reason == "checksum"


def test_what_the_gateway_rejected_rides_along(worker: ShardWorker) -> None:
    rejected = [Rejected("bad_escape", "7d 03", "13900000000", 0, "10.0.0.1", b"\x7d\x03", NOW * 1_000_000)]
    empty = Batch(
        "b", "g", 0, b"", *(np.empty(0, t) for t in (np.int32, np.int32, np.int64, np.uint8, np.uint16)), rejected
    )
    worker.store(empty)
    assert QuarantinedFrame.objects.get().phone == "13900000000"


def test_missing_partitions_are_made(worker: ShardWorker, truck: Vehicle) -> None:
    old = NOW - 100 * 86_400
    worker.store(location_batch(truck.pk, [location_frame(old, 41_000_000, 122_000_000)]))
    assert len(stored()) == 1


def test_a_failed_transaction_leaves_nothing_half_written(
    worker: ShardWorker, truck: Vehicle, monkeypatch: Any
) -> None:
    from django.db import OperationalError

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patched:
        patched.setattr("datacenter.detection.findings.keep", away)
        with pytest.raises(OperationalError):
            worker.store(location_batch(truck.pk, drive(truck)))
    assert stored() == []
    worker.store(location_batch(truck.pk, drive(truck)))
    assert len(stored()) == 30
    assert Finding.objects.filter(detector="road.overspeed").count() == 1


def test_limits_changed_by_an_officer_are_in_force_within_seconds(
    city_officer: Any, worker: ShardWorker, truck: Vehicle
) -> None:
    from datacenter.detection.models import DetectorSetting
    from datacenter.detection.settings import change_setting

    setting = DetectorSetting.objects.get(pk="road.overspeed")
    change_setting(setting, limits={**setting.limits, "limit_kmh": {"hazmat": 110}}, enabled=True, by=city_officer)
    worker._settings_read = 0
    worker.store(location_batch(truck.pk, drive(truck)))
    assert not Finding.objects.filter(detector="road.overspeed").exists()
    assert setting.changes.get().before["limits"]["limit_kmh"]["hazmat"] == 80


def test_every_registered_detector_has_a_setting_row(db: None) -> None:
    from datacenter.detection.models import DetectorSetting

    with transaction.atomic():
        assert set(DetectorSetting.objects.values_list("pk", flat=True)) == set(catalogue.detectors())


def test_one_silence_may_follow_another(worker: ShardWorker, truck: Vehicle) -> None:
    frames = [location_frame(NOW - 7200 + at, 41_000_000 + at, 122_000_000, speed_kmh=60) for at in (0, 700, 1500)]
    worker.store(location_batch(truck.pk, frames))
    silences = Finding.objects.filter(detector="device.silence").exclude(state=Finding.State.SUPERSEDED)
    assert [f.measures["silent_s"] for f in silences.order_by("started_at")] == [700, 800]
