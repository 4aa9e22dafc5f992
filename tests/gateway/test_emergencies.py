"""An emergency button reaches the desk at once (紧急报警直通): ahead of any queue, with or without a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis.asyncio
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection

from datacenter.emergencies import announce
from datacenter.emergencies.models import EmergencyCall
from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.emergencies import Emergencies, alarm_at, may_ring
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import LocationBatch, LocationReport
from datacenter.protocols.jt905.connection import Connection as TaxiConnection
from datacenter.protocols.jt905.connection import End
from datacenter.protocols.jt905.header import EDITION
from datacenter.protocols.jt905.messages import LocationReport as TaxiReport
from datacenter.registry.models import Vehicle
from tests import factories

from . import conftest
from .conftest import Start, entry, eventually
from .terminal import Terminal, location

ISU = "104502000731"
pytestmark = pytest.mark.usefixtures("tracks")


@pytest.fixture(autouse=True)
def _no_worker_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """None runs here: what a gateway that stops would wait for never comes."""
    monkeypatch.setattr(conftest, "QUICK", replace(conftest.QUICK, stop_s=0.1))


@pytest.fixture
def fleet(counties: Any) -> list[Vehicle]:
    return [factories.make_vehicle(f"辽LE000{number}") for number in range(3)]


@pytest.fixture
def directory(fleet: list[Vehicle]) -> GatewayDirectory:
    """Three vehicles: two of JT/T 808, a taxi of JT/T 905."""
    rows = [entry(1, vehicle_id=fleet[0].pk), entry(2, vehicle_id=fleet[1].pk, edition="2019")]
    rows.append(entry(3, vehicle_id=fleet[2].pk, phone=ISU, edition=EDITION, kind="taxi"))
    return GatewayDirectory({row.phone: row for row in rows})


def report(*, alarms: int = 1, ago_s: float = 0.0, number: int = 0) -> LocationReport:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=ago_s)
    return replace(location(number), alarms=alarms, device_time=at)


async def calls(wanted: Callable[[list[EmergencyCall]], bool] = bool, wait_s: float = 5.0) -> list[EmergencyCall]:
    """The calls, once they are as wanted."""

    def look() -> list[EmergencyCall]:
        try:
            return list(EmergencyCall.objects.order_by("pk"))
        finally:
            connection.close()

    until = time.monotonic() + wait_s
    while not wanted(found := await sync_to_async(look, thread_sensitive=False)()):
        assert time.monotonic() < until, found
        await asyncio.sleep(0.02)
    return found


class Desk:
    """Hears what is told to the city's desk, and when."""

    def __init__(self, settings: Any) -> None:
        prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
        self._channel = f"{prefix}__group__{announce.group('city')}"
        self._client = redis.asyncio.from_url(settings.REDIS_URL)

    async def __aenter__(self) -> Desk:
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        await self._pubsub.subscribe(self._channel)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pubsub.aclose()
        await self._client.aclose()

    async def next(self, wait_s: float = 5.0) -> dict[str, Any]:
        async with asyncio.timeout(wait_s):
            while True:
                message = await self._pubsub.get_message(timeout=0.05)
                if message is not None:
                    told: dict[str, Any] = get_channel_layer().deserialize(message["data"])
                    return told["call"]


async def test_a_button_rings_within_a_second_though_no_worker_takes_anything(
    start: Start, directory: GatewayDirectory, settings: Any
) -> None:
    gateway = await start(batches_in_flight=1, answer_s=60.0)
    async with Terminal(gateway.port, entry(1).phone) as terminal, Desk(settings) as desk:
        assert await terminal.authenticate() == 0
        await terminal.locations(3000)
        await eventually(lambda: sum(shard.held_frames for shard in gateway.shards) == 3000)
        began = time.monotonic()
        await terminal.send(report())
        told = await desk.next()
        lasted = time.monotonic() - began
    assert told["state"] == "ringing"
    assert lasted < 1.0
    (call,) = await calls()
    assert call.latitude_e6 == 41_120_000
    assert sum(shard.held_frames for shard in gateway.shards) == 3001, "the position itself still waits"


async def test_sockets_that_are_not_read_are_looked_into(start: Start, directory: GatewayDirectory) -> None:
    gateway = await start(batches_in_flight=1, answer_s=60.0, shard_frames=500)
    async with Terminal(gateway.port, entry(1).phone) as terminal:
        assert await terminal.authenticate() == 0
        await terminal.locations(600)
        await eventually(lambda: any(shard.paused for shard in gateway.shards))
        await terminal.locations(20)
        await terminal.send(report())
        await terminal.send(report(alarms=0, ago_s=-1))
        (call,) = await calls()
        await calls(lambda found: not found[0].bit_on)
        await asyncio.sleep(1.2)  # two more looks at the same bytes
    assert (call.presses, (await calls())[0].reports) == (1, 1)


async def test_the_end_of_the_button_and_the_next_press_are_told_too(start: Start, directory: GatewayDirectory) -> None:
    gateway = await start()
    async with Terminal(gateway.port, entry(1).phone) as terminal:
        assert await terminal.authenticate() == 0
        await terminal.send(report(ago_s=3))
        await calls()
        await terminal.send(report(alarms=0, ago_s=2))
        await calls(lambda found: not found[0].bit_on)
        await terminal.send(report(ago_s=1))
        (call,) = await calls(lambda found: found[0].bit_on)
    assert call.presses == 2


async def test_a_terminal_that_moves_to_another_gateway_with_its_button_down_is_one_call(
    start: Start, directory: GatewayDirectory
) -> None:
    first, second = await start("a"), await start("b")
    for gateway in (first, second):
        async with Terminal(gateway.port, entry(1).phone) as terminal:
            assert await terminal.authenticate() == 0
            await terminal.send(report(ago_s=1 if gateway is first else 0))
            reports = 1 if gateway is first else 2
            (call,) = await calls(lambda found, reports=reports: bool(found) and found[0].reports == reports)
    assert call.presses == 1


async def test_a_backfill_with_the_bit_rings_as_late(start: Start, directory: GatewayDirectory) -> None:
    gateway = await start()
    async with Terminal(gateway.port, entry(1).phone) as terminal:
        assert await terminal.authenticate() == 0
        quiet, pressed = (report(alarms=alarms, ago_s=7200 - alarms) for alarms in (0, 1))
        await terminal.send(LocationBatch.of((quiet, pressed), kind=1))
        (call,) = await calls()
    assert call.is_late
    assert 7100 < call.late_s < 7300


async def test_a_terminal_whose_clock_was_never_set_rings(start: Start, directory: GatewayDirectory) -> None:
    gateway = await start()
    async with Terminal(gateway.port, entry(1).phone) as terminal:
        assert await terminal.authenticate() == 0
        await terminal.send(replace(report(), device_time=datetime(2000, 1, 1, tzinfo=UTC)))
        (call,) = await calls()
    assert not call.is_late


async def test_editions_and_taxis_ring(start: Start, directory: GatewayDirectory) -> None:
    gateway = await start()
    async with Terminal(gateway.port, entry(2).phone, Edition.V2019) as terminal:
        assert await terminal.authenticate() == 0
        await terminal.send(report())
        await calls()
    async with Terminal(gateway.port, ISU) as taxi:
        taxi.connection = TaxiConnection(ISU, admitted=True, peer=End.CENTRE)
        at = datetime.now(UTC).replace(microsecond=0)
        await taxi.send(TaxiReport(0, 0x300, 41.12, 122.07, 40.0, 90, at))
        await taxi.send(TaxiReport(1, 0x300, 41.12, 122.07, 40.0, 90, at))
        await calls(lambda found: len(found) == 2)


async def test_a_database_that_is_away_is_waited_for(
    start: Start, directory: GatewayDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await start()
    async with Terminal(gateway.port, entry(1).phone) as terminal:
        assert await terminal.authenticate() == 0
        monkeypatch.setattr(Emergencies, "_in_thread", _refused(Emergencies._in_thread))
        await terminal.send(report())
        await calls()


def _refused(real: Any) -> Any:
    """The first two tries find nobody."""
    left = [2]

    async def in_thread(self: Emergencies, work: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise ConnectionError("away")
        return await real(self, work)

    return in_thread


def frame(alarms: int, edition: Edition = Edition.V2013) -> bytes:
    length = 17 if edition == Edition.V2019 else 12
    return bytes(length) + replace(location(0), alarms=alarms).encode(edition) + b"\0"


@pytest.mark.parametrize("edition", list(Edition))
def test_only_bit_0_is_looked_at(edition: Edition) -> None:
    at = alarm_at(edition)
    assert may_ring([frame(1, edition)], [0x0200], at)
    assert not may_ring([frame(0xFFFFFFFE, edition)], [0x0200], at)
    assert not may_ring([frame(0, edition)] * 9, [0x0200] * 9, at)
    assert may_ring([frame(0, edition)] * 8 + [frame(1, edition)], [0x0200] * 9, at)
    assert may_ring([frame(0, edition)] * 2, [0x0200, 0x0704], at)
    assert may_ring([frame(0, edition), b"short"], [0x0200] * 2, at)
