"""The shards' layout is changed while positions flow: no vehicle in two shards, nothing missed, nothing doubled."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from datacenter.detection import memory
from datacenter.detection.episodes import Engine
from datacenter.detection.models import Finding
from datacenter.detection.settings import rules_in_force
from datacenter.detection.world import read_context
from datacenter.ingest import layout
from datacenter.ingest.batch import STORED, Batch
from datacenter.ingest.errors import BadShardCount, LayoutChanged
from datacenter.ingest.layout import Layout
from datacenter.ingest.models import EngineCheckpoint, IngestShard, RedetectionSpan
from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from tests import factories
from tests.conftest import on_test_database
from tests.ingest.frames import location_batch, location_frame

NOW = int(datetime.now(UTC).timestamp())
pytestmark = pytest.mark.usefixtures("tracks")


@pytest.fixture
def truck(counties: Any, settings: Any, tracks: None) -> Vehicle:
    """A vehicle that lies in shard 0 of two, and in shard 2 of three."""
    settings.INGEST_SHARDS = 2
    number = 0
    while True:
        number += 1
        vehicle = factories.make_vehicle(f"辽L1{number:04d}")
        if vehicle.pk % 2 == 0 and vehicle.pk % 3 == 2:
            return vehicle


def frames_of(count: int, first: int = 0) -> list[bytes]:
    """One each 10 s through Dawa, over the limit from the 10th to the 40th."""
    return [
        location_frame(NOW - 3600 + i * 10, 40_992_450 + i * 1000, 122_066_240, speed_kmh=100 if 10 <= i < 40 else 60)
        for i in range(first, first + count)
    ]


def batch_of(truck: Vehicle, frames: list[bytes], at: Layout) -> Batch:
    batch = location_batch(truck.pk, frames, at.shard_of(truck.pk))
    batch.layout = at.version
    return batch


def findings() -> list[tuple[Any, ...]]:
    rows = Finding.objects.exclude(state=Finding.State.SUPERSEDED).exclude(detector="device.silence")
    return [(f.detector, f.started_at, f.ended_at, f.measures) for f in rows.order_by("detector", "started_at")]


def count_stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM track_position")
        return int(cursor.fetchone()[0])


def test_a_batch_of_the_old_layout_is_refused_and_stores_nothing(truck: Vehicle, as_ingest: None) -> None:
    old = layout.establish()
    worker = ShardWorker(0)
    worker.store(batch_of(truck, frames_of(5), old))
    new = layout.change(3)
    assert (new.version, new.shards) == (old.version + 1, 3)
    for _ in range(2):  # by a worker that does not know of it, and by one that does
        with pytest.raises(LayoutChanged):
            worker.store(batch_of(truck, frames_of(5, first=5), old))
        worker._look_at_layout()
    assert count_stored() == 5
    there = ShardWorker(new.shard_of(truck.pk))
    results, _ = there.store(batch_of(truck, frames_of(5, first=5), new))
    assert set(results) == {STORED}
    assert count_stored() == 10


def test_a_worker_refuses_in_the_transaction_itself(truck: Vehicle, as_ingest: None) -> None:
    """Between its look at the batch and its lock the layout may change: the row that is locked decides."""
    old = layout.establish()
    worker = ShardWorker(0)
    worker.store(batch_of(truck, frames_of(5), old))
    layout.change(3)
    assert worker.layout == old
    with pytest.raises(LayoutChanged), transaction.atomic():
        worker._lock()


def test_a_change_waits_for_the_transaction_under_way(truck: Vehicle, as_ingest: None) -> None:
    layout.establish()
    other = psycopg2.connect(on_test_database(os.environ["DATABASE_INGEST_URL"]))
    with other.cursor() as cursor:
        cursor.execute("SELECT epoch FROM ingest_shard WHERE shard = 1 FOR UPDATE")  # shard 1 stores a batch
    done = threading.Event()

    def change() -> None:
        layout.change(3)
        connection.close()
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    assert not done.wait(0.5), "the new layout was in force beside a transaction of the old one"
    other.rollback()
    assert done.wait(5)
    thread.join()
    other.close()
    assert layout.read() == Layout(2, 3)


def test_findings_are_those_of_an_undisturbed_run(truck: Vehicle, as_ingest: None) -> None:
    """An episode goes on over two changes; its vehicle is carried by shards 0, 2 and 0 in turn."""
    at = layout.establish()
    worker = ShardWorker(at.shard_of(truck.pk))
    for first in range(0, 60, 20):
        worker.store(batch_of(truck, frames_of(20, first), at))
    expected = findings()
    assert len(expected) == 1
    owner = psycopg2.connect(on_test_database(os.environ["DATABASE_URL"]))
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "TRUNCATE track_position, finding, engine_checkpoint, violation, redetection_span, review, review_item"
            " CASCADE"
        )
    owner.close()

    workers = {shard: ShardWorker(shard) for shard in range(3)}
    shards = []
    for first, wanted in ((0, 3), (20, 2), (40, 0)):
        worker = workers[at.shard_of(truck.pk)]
        shards.append(worker.shard)
        worker.store(batch_of(truck, frames_of(20, first), at))
        if wanted:
            at = layout.change(wanted)
    assert shards == [0, 2, 0]
    assert findings() == expected
    assert count_stored() == 60


def test_what_a_shard_remembers_goes_with_its_vehicles(truck: Vehicle, as_ingest: None) -> None:
    old = layout.establish()
    worker = ShardWorker(0)
    worker.store(batch_of(truck, frames_of(20), old))
    with transaction.atomic():
        worker._write_checkpoint()
    IngestShard.objects.filter(shard=0).update(tick_at=datetime.fromtimestamp(NOW, UTC))
    span = worker._span(truck.pk, NOW - 3600, NOW - 3500, RedetectionSpan.Reason.BACKFILL)
    span.save()
    new = layout.change(3)
    assert RedetectionSpan.objects.get().shard == new.shard_of(truck.pk) == 2
    assert set(EngineCheckpoint.objects.values_list("shard", flat=True)) == {0, 1, 2}
    assert set(IngestShard.objects.values_list("tick_at", flat=True)) == {datetime.fromtimestamp(NOW, UTC)}
    there = ShardWorker(2)
    there._ready()
    assert there.engine is not None
    assert there.engine.last_times(np.array([truck.pk])).tolist() == [NOW - 3600 + 190]
    back = ShardWorker(0)
    back._ready()
    assert back.engine is not None
    assert back.engine.last_times(np.array([truck.pk])).tolist() == [-1]


def test_memory_is_dealt_out_whole(truck: Vehicle, as_ingest: None) -> None:
    engine = Engine(rules_in_force())
    worker = ShardWorker(0)
    worker.store(batch_of(truck, frames_of(25), layout.establish()))
    track = store.between(truck.pk, datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(NOW, UTC))
    fleet = [1, 2, 3, 4, 5, 6, 7]
    for number in fleet:
        copy = track.take(np.arange(len(track)))
        copy.vehicle_id[:] = number
        engine.process(copy, read_context())
    parts = memory.dealt([engine.dump()], 3)
    loaded = []
    for shard, part in enumerate(parts):
        one = Engine(rules_in_force())
        one.load(part)
        assert {int(pk) % 3 for pk in one.vehicles} == {shard}
        loaded.append(one)
    assert sorted(int(pk) for one in loaded for pk in one.vehicles) == fleet
    again = Engine(rules_in_force())
    (whole,) = memory.dealt(parts, 1)
    again.load(whole)
    for number in fleet:
        at, was = again.slots(np.array([number]))[0], engine.slots(np.array([number]))[0]
        for name, column in engine.last.items():
            assert again.last[name][at] == column[was]
        for code, remembered in engine.memory.items():
            for name, column in remembered.columns.items():
                assert np.array_equal(again.memory[code].columns[name][at], column[was]), (code, name)


def test_epochs_never_begin_anew(truck: Vehicle, as_ingest: None) -> None:
    layout.establish()
    layout.change(3)
    ShardWorker(2)
    layout.change(2)
    assert ShardWorker(2).tick() is None, "a shard that is no more has nothing to tick"
    layout.change(3)
    assert ShardWorker(2).epoch == 3


def test_a_change_waits_for_workers_and_says_which_are_missing(truck: Vehicle, as_ingest: None) -> None:
    with pytest.raises(CommandError, match="no worker lives for shard-2"):
        call_command("reshard", 3, wait=0.1)
    assert layout.read() == Layout(1, 2)
    assert layout.prepared() == 3, "whoever starts workers knows that one more is wanted"
    call_command("reshard", 2)  # never mind
    assert layout.prepared() == 2
    call_command("reshard", 3, no_wait=True)
    assert layout.read() == Layout(3, 3)


@pytest.mark.parametrize("shards", [0, -1, 1025])
def test_an_impossible_number_of_shards_is_refused_by_name(truck: Vehicle, as_ingest: None, shards: int) -> None:
    with pytest.raises(BadShardCount, match=f"shards={shards} "):
        layout.change(shards)
    with pytest.raises(CommandError, match=f"shards={shards} "):
        call_command("reshard", shards)


def test_the_first_process_writes_the_first_layout(truck: Vehicle, as_ingest: None, settings: Any) -> None:
    assert layout.read() is None
    assert layout.establish() == Layout(1, 2)
    settings.INGEST_SHARDS = 5  # a process with another setting takes what is in force
    assert layout.establish() == Layout(1, 2)
    ShardWorker(1)
    assert IngestShard.objects.count() == 2
