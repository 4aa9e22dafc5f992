"""Positions kept through a blind area wait for live ones, not the other way round; what waits is bounded."""

import asyncio
from typing import Any

from datacenter.ingest.batch import Batch
from datacenter.protocols.jt808.messages import LocationBatch
from tests.gateway.conftest import Start, eventually, phone
from tests.gateway.terminal import Terminal, location
from tests.gateway.worker import Worker

KEPT = LocationBatch.of(tuple(location(number) for number in range(20)), kind=1)


def ids_of(batches: list[Batch]) -> list[int]:
    return [int(message_id) for batch in batches for message_id in batch.message_ids]


async def test_live_positions_overtake_what_waits_and_all_of_it_is_stored(start: Start, settings: Any) -> None:
    gateway = await start(backfill_at_once=4096)
    with Worker(settings.REDIS_URL, [1]) as worker:
        async with Terminal(gateway.port, phone(1)) as blind, Terminal(gateway.port, phone(3)) as live:
            await blind.authenticate()
            await live.authenticate()
            for _ in range(60):
                await blind.send(KEPT)
            await eventually(lambda: gateway.shards[1].held_frames > 20)
            await live.locations(5)
            assert set((await live.results(5)).values()) == {0}
            assert gateway.shards[1].held_frames > 0, "the live ones did not wait for the kept ones"
            assert set((await blind.results(60)).values()) == {0}
            taken = ids_of(worker.batches)
    assert sorted(set(taken)) == [0x0200, 0x0704]
    assert taken.count(0x0704) == 60
    assert gateway.shards[1].held_frames == 0


async def test_past_the_bound_only_the_socket_that_brings_it_is_not_read(start: Start, settings: Any) -> None:
    gateway = await start(backfill_at_once=1024, backfill_bytes=16 * 1024)
    with Worker(settings.REDIS_URL, [1]):
        async with Terminal(gateway.port, phone(1)) as blind, Terminal(gateway.port, phone(3)) as live:
            await blind.authenticate()
            await live.authenticate()
            sending = asyncio.create_task(_send(blind, 300))
            await eventually(lambda: gateway.shards[1].held_frames > 5)
            for _ in range(5):
                await live.locations(5)
                assert set((await live.results(5)).values()) == {0}
            most = gateway.limits.backfill_bytes + gateway.limits.kernel_receive_bytes * 2
            assert gateway.shards[1].held_frames * 600 < most + 64 * 1024
            assert set((await blind.results(300, 30)).values()) == {0}
            await sending


async def _send(terminal: Terminal, count: int) -> None:
    for _ in range(count):
        await terminal.send(KEPT)
