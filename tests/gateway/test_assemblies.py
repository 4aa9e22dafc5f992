"""Sub-packaged messages that never end, by the thousand: the gateway holds no more of them than its budget."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from datacenter.gateway import metrics
from datacenter.protocols.budget import BEGUN_COST
from datacenter.protocols.jt808.frame import seal
from datacenter.protocols.jt808.header import Edition, Header
from datacenter.protocols.jt808.messages import LocationBatch
from tests.gateway.conftest import Start, eventually, grown, phone
from tests.gateway.terminal import Terminal, location
from tests.gateway.test_bad_input import packets, still_good
from tests.gateway.worker import Worker

BOUND = 256 * 1024


def begun(number: int, first: int, message_id: int = 0x0704) -> bytes:
    """The first of 9 packets of a message that never goes on."""
    body = bytes(500)
    header = Header(message_id, 500, f"{number:012d}", first, Edition.V2013, subpackaged=True, packets=9, packet_no=1)
    return seal(header.pack() + body)


async def test_ten_thousand_trains_on_one_socket_leave_a_neighbours_message_whole(start: Start, settings: Any) -> None:
    gateway = await start(assembly_bytes=BOUND, sub_packets_s=60.0)
    body = LocationBatch.of(tuple(location(number) for number in range(10)), kind=1).encode("2013")
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1)) as hostile, Terminal(gateway.port, phone(2)) as good:
            await hostile.authenticate()
            await good.authenticate()
            frames = packets(good, body, 100)
            for part, frame in enumerate(frames):
                await good.raw(frame)
                flood = (begun(13900000001, (40 * at) & 0xFFFF) for at in range(2500 * part, 2500 * (part + 1)))
                await hostile.raw(b"".join(flood))
                assert gateway.assemblies.held_bytes <= BOUND
            assert len(frames) == 4
            assert set((await good.results(4)).values()) == {0}
            await still_good(hostile)
        assert any(batch.blob == body for batch in worker.batches)
    await eventually(lambda: not gateway.sessions)
    assert (gateway.assemblies.held_bytes, len(gateway.assemblies)) == (0, 0)


async def test_trains_from_a_thousand_strangers_hold_no_more_than_the_budget(start: Start, settings: Any) -> None:
    gateway = await start(assembly_bytes=BOUND)
    dropped = grown(metrics.ASSEMBLIES_GIVEN_UP)
    async with AsyncExitStack() as stack:
        for number in range(1000):
            stranger = await stack.enter_async_context(Terminal(gateway.port, phone(number)))
            await stranger.raw(b"".join(begun(13900000000 + number, 40 * at, 0x0100) for at in range(10)))
            if not number % 100:
                await asyncio.sleep(0)
                assert gateway.assemblies.held_bytes <= BOUND
        await eventually(lambda: len(gateway.sessions) == 1000)
        await eventually(lambda: len(gateway.assemblies) + dropped() + gateway.assemblies.given_up == 10_000, 20.0)
        assert 0 < gateway.assemblies.held_bytes <= BOUND
        assert len(gateway.assemblies) <= BOUND // BEGUN_COST
        await eventually(lambda: dropped() > 0)
        await eventually(lambda: metrics.ASSEMBLY_BYTES.value() > 0)
    await eventually(lambda: not gateway.sessions)
    assert (gateway.assemblies.held_bytes, len(gateway.assemblies)) == (0, 0)
