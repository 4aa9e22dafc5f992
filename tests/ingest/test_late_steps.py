"""A late position changes the step behind it too: what is judged by steps is then what it would have been in time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely
from shapely.geometry import mapping

from datacenter.detection.models import DetectorSetting, Finding
from datacenter.geo.models import Crossing
from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Vehicle
from tests.commands.conftest import truck  # noqa: F401  a fixture
from tests.ingest.frames import location_batch, location_frame
from tests.media.conftest import NOW

pytestmark = pytest.mark.usefixtures("tracks")

AT = int(NOW.timestamp()) - 600
STRIPES = shapely.box(122.066, 40.9930, 122.0665, 40.99305)
BEFORE, CLOSE, BEHIND, FAR = 40_991_800, 40_992_800, 40_993_900, 40_994_900


@pytest.fixture
def crossing(db: None) -> None:
    Crossing.objects.create(name="府前街口", boundary=mapping(STRIPES), source="试验")
    DetectorSetting.objects.filter(pk="crossing.fast").update(enabled=True)


@pytest.fixture
def shard(truck: Vehicle, crossing: None, as_ingest: None) -> ShardWorker:  # noqa: F811
    return ShardWorker(0)


def tell(shard: ShardWorker, vehicle: Vehicle, *fixes: tuple[int, int, int]) -> None:
    """Fixes of (second, latitude, km/h) in one batch."""
    frames = [
        location_frame(AT + second, latitude, 122_066_240, speed_kmh=speed, serial=second)
        for second, latitude, speed in fixes
    ]
    shard.store(location_batch(vehicle.pk, frames))
    while shard.redetect(5.0):
        pass


def passages() -> list[tuple[datetime, int]]:
    found = Finding.objects.filter(detector="crossing.fast").exclude(state=Finding.State.SUPERSEDED)
    return [(one.started_at, one.measures["through_dkmh"]) for one in found]


def at(second: int) -> datetime:
    return datetime.fromtimestamp(AT + second, UTC)


def test_a_step_that_becomes_short_enough_is_found(shard: ShardWorker, truck: Vehicle) -> None:  # noqa: F811
    tell(shard, truck, (0, BEFORE, 50), (20, BEHIND, 52), (30, FAR, 50))  # 20 s: nobody knows what was between
    assert passages() == []
    tell(shard, truck, (10, CLOSE, 51))
    assert passages() == [(at(20), 510)]


def test_a_step_that_turns_out_slow_is_taken_back(shard: ShardWorker, truck: Vehicle) -> None:  # noqa: F811
    tell(shard, truck, (0, CLOSE, 50), (10, BEHIND, 52), (20, FAR, 50))
    assert passages() == [(at(10), 500)]
    tell(shard, truck, (5, CLOSE + 50, 20))
    assert passages() == []
    assert Finding.objects.filter(detector="crossing.fast", state=Finding.State.SUPERSEDED).count() == 1


def test_behind_the_last_position_there_is_no_step(shard: ShardWorker, truck: Vehicle) -> None:  # noqa: F811
    tell(shard, truck, (0, BEFORE, 50), (10, CLOSE, 50))
    tell(shard, truck, (10, CLOSE + 1, 50))  # of the same second
    tell(shard, truck, (20, BEHIND, 50))
    assert passages() == [(at(20), 500)]
