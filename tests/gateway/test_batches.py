"""From the socket to the commit and back: order, back-pressure, lost answers, a killed broker, an orderly end."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis

from datacenter import metrics as shared
from datacenter.gateway import metrics
from datacenter.gateway.outbox import broker_key
from datacenter.gateway.server import Gateway, alive_key
from datacenter.ingest.batch import Batch
from panjin_traffic.servers import ValkeyServer
from tests.gateway.conftest import Start, eventually, grown, phone
from tests.gateway.terminal import Terminal
from tests.gateway.worker import Worker, stored


def held(gateway: Gateway) -> int:
    """Frames that the gateway holds."""
    return sum(shard.held_frames for shard in gateway.shards)


def serials_of(batches: list[Batch]) -> list[int]:
    """Serial numbers of the frames of 2013 in ``batches``, in order."""
    out = []
    for batch in batches:
        starts = np.cumsum(batch.lengths) - batch.lengths
        out += [int.from_bytes(batch.blob[start + 10 : start + 12], "big") for start in starts]
    return out


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A broker of this test's own, to be killed."""
    server = ValkeyServer(tmp_path / "valkey")
    server.start()
    yield server
    server.destroy()


async def test_a_full_batch_goes_at_once_and_in_order(start: Start, settings: Any) -> None:
    gateway = await start(batch_frames=100, batch_wait_s=30.0)
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            serials = [serial for first in range(0, 450, 50) for serial in await terminal.locations(50, first)]
            await terminal.results(351)  # of 450, fewer than a full batch may still be waiting
            await eventually(lambda: held(gateway) < 100)
            taken = serials_of(worker.batches)
    assert taken == serials[: len(taken)]


async def test_only_the_full_shards_sockets_are_not_read(start: Start, settings: Any) -> None:
    gateway = await start(batch_frames=50, batch_most_frames=200, shard_frames=400, batches_in_flight=2)
    pauses = grown(metrics.PAUSES)
    with Worker(settings.REDIS_URL, [1]) as slow, Worker(settings.REDIS_URL, [0]):
        slow.hold()
        async with Terminal(gateway.port, phone(1)) as odd, Terminal(gateway.port, phone(2)) as even:
            await odd.authenticate()
            await even.authenticate()
            sending = asyncio.create_task(send_slowly(odd, 20_000))
            await eventually(lambda: gateway.shards[1].paused)
            await asyncio.sleep(0.2)
            most = gateway.shards[1].held_frames
            assert most < 400 + gateway.limits.kernel_receive_bytes * 2 / 45
            assert not gateway.shards[0].paused
            assert await even.heartbeat() == 0
            assert set((await even_results(even)).values()) == {0}
            await asyncio.sleep(0.3)
            assert gateway.shards[1].held_frames == most  # nothing more is read
            slow.go_on()
            assert set((await odd.results(20_000)).values()) == {0}
            await sending
    assert pauses() >= 1
    assert held(gateway) == 0


async def send_slowly(terminal: Terminal, count: int) -> None:
    for first in range(0, count, 100):
        await terminal.locations(100, first)


async def even_results(terminal: Terminal) -> dict[int, int]:
    await terminal.locations(300)
    return await terminal.results(300)


async def test_lost_answer_is_made_good_by_handing_the_same_batch_in_again(start: Start, settings: Any) -> None:
    gateway = await start(answer_s=0.4)
    again = grown(metrics.REHANDED, "no_answer")
    lost: list[Batch] = []

    def forgetful(batch: Batch) -> Any:
        lost.append(batch)
        return None if len(lost) == 1 else stored(batch)

    with Worker(settings.REDIS_URL, [0, 1], forgetful) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            serials = await terminal.locations(2)
            assert await terminal.results(2) == dict.fromkeys(serials, 0)
    first, second = worker.batches
    assert first.batch_id == second.batch_id
    assert first.blob == second.blob
    assert again() == 1


async def test_dead_workers_queue_stays_short_and_its_old_tasks_expire(start: Start, settings: Any) -> None:
    gateway = await start(answer_s=0.2, batches_in_flight=2, queue_length=4)
    waited = grown(metrics.REHAND_WAITED)
    client = redis.from_url(settings.REDIS_URL)
    async with Terminal(gateway.port, phone(1)) as terminal:
        await terminal.authenticate()
        for _ in range(3):
            await terminal.locations(1)
            await asyncio.sleep(0.05)
        await eventually(lambda: waited() >= 2)
        assert client.llen(broker_key(1)) <= 4 + 1
        with Worker(settings.REDIS_URL, [1]) as worker:
            assert len(await terminal.results(3)) == 3
            assert worker.expired >= 2


async def test_batches_in_flight_are_bounded_and_the_next_one_grows(start: Start, settings: Any) -> None:
    gateway = await start(batches_in_flight=2, answer_s=10)
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        worker.hold()
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            for _ in range(5):
                await terminal.locations(3)
                await asyncio.sleep(0.06)
            assert len(gateway.shards[1].in_flight) == 2
            worker.go_on()
            await terminal.results(15)
        assert [len(batch) for batch in worker.batches] == [3, 3, 9]


async def test_killed_broker_loses_nothing(start: Start, valkey: ValkeyServer) -> None:
    gateway = await start(redis_url=valkey.url, answer_s=10)
    faults, again = grown(metrics.BROKER_FAULTS, "answers"), grown(metrics.REHANDED, "reconnected")
    with Worker(valkey.url, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal, Terminal(gateway.port, phone(2)) as other:
            await terminal.authenticate()
            await other.authenticate()
            await terminal.locations(1)
            await terminal.results(1)
            worker.hold()
            serials = await terminal.locations(2)
            await eventually(lambda: any(batch.published_at for batch in gateway.shards[1].in_flight.values()))
            valkey.kill9()
            more = await terminal.locations(2)
            others = await other.locations(2)
            assert await other.heartbeat() == 0  # the gateway itself is fine
            worker.go_on()
            await asyncio.to_thread(valkey.start)
            assert await terminal.results(4, 10.0) == dict.fromkeys(serials + more, 0)
            assert await other.results(2, 10.0) == dict.fromkeys(others, 0)
    assert faults() >= 1
    assert again() >= 1
    assert held(gateway) == 0


async def test_gateway_starts_without_its_broker_and_waits_for_it(start: Start, valkey: ValkeyServer) -> None:
    valkey.kill9()
    gateway = await start(redis_url=valkey.url)
    async with Terminal(gateway.port, phone(1)) as terminal:
        assert await terminal.authenticate() == 0
        await terminal.locations(1)
        await asyncio.to_thread(valkey.start)
        with Worker(valkey.url, [0, 1]):
            assert set((await terminal.results(1, 10.0)).values()) == {0}


async def test_graceful_stop_acknowledges_what_is_committed_and_nothing_else(start: Start, settings: Any) -> None:
    gateway = await start(batch_wait_s=30.0)
    with Worker(settings.REDIS_URL, [0]) as worker:
        async with Terminal(gateway.port, phone(2)) as served, Terminal(gateway.port, phone(1)) as unserved:
            await served.authenticate()
            await unserved.authenticate()
            await served.locations(3)
            await unserved.locations(3)
            await eventually(lambda: held(gateway) == 6)
            worker.pause_s = 0.3
            stopping = asyncio.create_task(gateway.stop())
            assert set((await served.results(3)).values()) == {0}
            assert await unserved.ended()
            assert not unserved.events
            await stopping
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", gateway.port)
    assert redis.from_url(settings.REDIS_URL).get(alive_key(gateway.name)) is None


async def test_acknowledged_reports_are_in_the_histogram_with_the_time_they_waited(start: Start, settings: Any) -> None:
    gateway = await start()
    seen, total = shared.ACKNOWLEDGE_SECONDS.count(), shared.ACKNOWLEDGE_SECONDS.snapshot()["series"][0][2]
    with Worker(settings.REDIS_URL, [0]) as worker:
        worker.pause_s = 0.3
        async with Terminal(gateway.port, phone(2)) as terminal:
            await terminal.authenticate()
            await terminal.locations(3)
            assert set((await terminal.results(3)).values()) == {0}
    await eventually(lambda: shared.ACKNOWLEDGE_SECONDS.count() == seen + 3)
    assert shared.ACKNOWLEDGE_SECONDS.snapshot()["series"][0][2] - total >= 3 * 0.3  # the worker alone took that long


async def test_life_sign_and_metrics_are_published(start: Start, settings: Any) -> None:
    gateway = await start()
    client = redis.from_url(settings.REDIS_URL)
    await eventually(lambda: client.get(alive_key(gateway.name)) and shared.read(client))
    assert 0 < client.ttl(alive_key(gateway.name)) <= 10
    assert json.loads(client.get(alive_key(gateway.name)))["port"] == gateway.port
    text = shared.render(shared.read(client))
    assert "# TYPE acknowledge_seconds histogram" in text
    assert 'acknowledge_seconds_bucket{le="+Inf"}' in text
    assert "gateway_connections 0" in text
