"""The certain way (紧急报警监视): the worker's transaction holds position and call, whatever became of the gateway."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from datacenter.emergencies.models import EmergencyCall
from datacenter.ingest.models import QuarantinedFrame
from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Vehicle
from tests import factories
from tests.ingest.frames import location_batch, location_frame

NOW = int(datetime.now(UTC).timestamp())
LONG_AGO = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())


@pytest.fixture
def truck(counties: Any, settings: Any) -> Vehicle:
    settings.INGEST_SHARDS = 1
    return factories.make_vehicle("辽L12345")


@pytest.fixture
def worker(truck: Vehicle, as_ingest: None) -> ShardWorker:
    return ShardWorker(0)


def frame(at: int, alarm: int) -> bytes:
    return location_frame(at, 40_992_450, 122_066_240, alarm=alarm)


def test_a_stored_position_with_the_bit_rings_once_though_its_batch_comes_twice(worker, truck):
    batch = location_batch(truck.pk, [frame(NOW - 10, 0), frame(NOW, 1)])
    worker.store(batch)
    worker.store(batch)
    call = EmergencyCall.objects.get()
    assert (call.vehicle_id, call.state, call.reports, call.latitude_e6) == (truck.pk, "ringing", 1, 40_992_450)


def test_a_worker_that_begins_anew_lets_the_button_go(worker, truck):
    worker.store(location_batch(truck.pk, [frame(NOW, 1)]))
    ShardWorker(0).store(location_batch(truck.pk, [frame(NOW + 5, 0)]))
    assert not EmergencyCall.objects.get().bit_on


def test_a_clock_that_was_never_set_keeps_no_button_silent(worker, truck):
    worker.store(location_batch(truck.pk, [frame(LONG_AGO, 1)]))
    assert not EmergencyCall.objects.get().is_late
    assert QuarantinedFrame.objects.get().reason == "absurd_time"
