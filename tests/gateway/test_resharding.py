"""The layout changes under a gateway: what it holds is cut anew, in order, and everything is answered once."""

from __future__ import annotations

from typing import Any

import numpy as np
import redis

from datacenter.gateway import metrics
from datacenter.gateway.server import Gateway
from datacenter.ingest.batch import Batch, answer_channel, pack_moved
from datacenter.ingest.layout import Layout
from tests.gateway.conftest import Start, eventually, grown, phone
from tests.gateway.terminal import Terminal
from tests.gateway.worker import Worker, stored

VEHICLES = (1, 2, 3, 4, 5, 6)
NEW = Layout(2, 3)


class Shards:
    """Workers that store by ``in_force`` only, and tell who comes with anything else."""

    def __init__(self, settings: Any) -> None:
        self.in_force = Layout(1, 2)
        self.kept: list[Batch] = []
        self._url = settings.REDIS_URL

    def __call__(self, batch: Batch) -> np.ndarray | None:
        if batch.layout == self.in_force.version:
            self.kept.append(batch)
            return stored(batch)
        with redis.from_url(self._url) as client:
            client.publish(answer_channel(batch.gateway), pack_moved(self.in_force))
        return None

    def frames(self) -> dict[int, list[bytes]]:
        """Stored frames of each vehicle, in order; each in the shard it belongs to, and none twice."""
        out: dict[int, list[bytes]] = {}
        for batch in self.kept:
            ends = np.cumsum(batch.lengths)
            for begin, end, vehicle in zip(ends - batch.lengths, ends, batch.vehicles.tolist(), strict=True):
                assert vehicle % (2 if batch.layout == 1 else 3) == batch.shard
                out.setdefault(vehicle, []).append(batch.blob[begin:end])
        return out


async def connect(gateway: Gateway) -> list[Terminal]:
    terminals = []
    for number in VEHICLES:
        terminal = Terminal(gateway.port, phone(number))
        await terminal.__aenter__()
        assert await terminal.authenticate() == 0
        terminals.append(terminal)
    return terminals


async def test_what_is_in_flight_and_gathered_is_cut_anew_in_order(start: Start, settings: Any) -> None:
    gateway = await start(answer_s=30.0)
    shards = Shards(settings)
    recut = grown(metrics.RECUT)
    with Worker(settings.REDIS_URL, [0, 1, 2], shards) as worker:
        terminals = await connect(gateway)
        sent = {}
        for number, terminal in zip(VEHICLES, terminals, strict=True):
            sent[number] = await terminal.locations(2)
        for number, terminal in zip(VEHICLES, terminals, strict=True):
            assert await terminal.results(2) == dict.fromkeys(sent[number], 0)
        worker.hold()
        for piece in range(5):  # three batches in flight, the rest gathers
            for number, terminal in zip(VEHICLES, terminals, strict=True):
                sent[number] = sent[number][: 2 + 3 * piece] + await terminal.locations(3, first=100 + 3 * piece)
            await eventually(lambda wanted=18 * (piece + 1): sum(s.held_frames for s in gateway.shards) == wanted)
            least = min(piece + 1, 3)
            await eventually(lambda least=least: all(len(shard.in_flight) >= least for shard in gateway.shards))
            await eventually(lambda: all(batch.published_at for s in gateway.shards for batch in s.in_flight.values()))
        shards.in_force = NEW
        worker.go_on()
        for number, terminal in zip(VEHICLES, terminals, strict=True):
            assert await terminal.results(15) == dict.fromkeys(sent[number][2:], 0)
    assert recut() == 90
    assert gateway.layout == NEW
    frames = shards.frames()
    for number in VEHICLES:
        serials = [int.from_bytes(frame[10:12]) for frame in frames[number]]
        assert serials == sent[number], "each once, and in the order it was sent"
    assert all(session.waiting == 0 for session in gateway.sessions)
    assert {session.vehicle_id % 3 == session.shard.number for session in gateway.by_phone.values()} == {True}


async def test_answer_that_was_under_way_when_the_layout_changed_harms_nobody(start: Start, settings: Any) -> None:
    """A batch of the old layout was committed, its answer lost or late: its frames go once more and are answered."""
    gateway = await start(answer_s=30.0)
    stray = grown(metrics.STRAY_ANSWERS)
    with Worker(settings.REDIS_URL, [0, 1, 2]) as worker:
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            worker.hold()
            serials = await terminal.locations(4)
            await eventually(lambda: gateway.shards[1].in_flight)
            await eventually(lambda: all(b.published_at for b in gateway.shards[1].in_flight.values()))
            gateway.resharding.take_up(NEW)
            gateway.resharding.take_up(Layout(1, 2))  # an older word changes nothing
            assert gateway.layout == NEW
            worker.go_on()
            assert await terminal.results(4) == dict.fromkeys(serials, 0)
            await eventually(lambda: stray() == 1)
    assert [batch.layout for batch in worker.batches] == [1, 2]
    assert worker.batches[0].blob == worker.batches[1].blob


async def test_paused_sockets_are_read_again_where_their_new_shard_has_room(start: Start, settings: Any) -> None:
    gateway = await start(answer_s=30.0, shard_frames=40, batch_frames=10, batch_most_frames=20)
    shards = Shards(settings)
    with Worker(settings.REDIS_URL, [0, 1, 2], shards) as worker:
        worker.hold()
        async with Terminal(gateway.port, phone(1)) as many, Terminal(gateway.port, phone(3)) as few:
            await many.authenticate()
            await few.authenticate()
            first = await many.locations(60)
            await eventually(lambda: gateway.shards[1].paused)
            second = await few.locations(2)
            shards.in_force = NEW
            gateway.resharding.take_up(NEW)
            assert gateway.shards[1].paused, "what was too much for the old shard is too much for the new one"
            assert not gateway.shards[0].paused
            worker.go_on()
            assert await few.results(2) == dict.fromkeys(second, 0)
            assert await many.results(60) == dict.fromkeys(first, 0)
            await eventually(lambda: not gateway.shards[1].paused)


async def test_a_gateway_that_stops_takes_the_new_layout_with_it(start: Start, settings: Any) -> None:
    gateway = await start(answer_s=30.0)
    shards = Shards(settings)
    with Worker(settings.REDIS_URL, [0, 1, 2], shards) as worker:
        async with Terminal(gateway.port, phone(5)) as terminal:
            await terminal.authenticate()
            worker.hold()
            serials = await terminal.locations(3)
            await eventually(lambda: gateway.shards[1].in_flight)
            shards.in_force = NEW
            worker.go_on()
            await gateway.stop()
            assert await terminal.results(3) == dict.fromkeys(serials, 0)
    assert [(batch.layout, batch.shard) for batch in shards.kept] == [(2, 2)]
