"""From a taxi terminal's socket to shift, binding and trip: through the real gateway and a shard's real worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.server import Gateway
from datacenter.protocols.jt905.messages import EventReport, LocationReport, Text
from datacenter.registry.models import DriverBinding, Practitioner, Terminal, Vehicle
from taxi.models import Shift, Trip
from tests import factories
from tests.commands.conftest import in_database, worker  # noqa: F401  a fixture
from tests.gateway.conftest import QUICK
from tests.gateway.test_taxi_terminals import Taxi
from tests.gateway.worker import Worker
from tests.taxi.messages import ISU, sign_in, sign_out, trip
from tests.taxi.rows import now


@pytest.fixture
def cab(taxi: Vehicle, zhao: Practitioner, settings: Any) -> Vehicle:
    """The taxi with a terminal of JT/T 905."""
    settings.INGEST_SHARDS = 1
    factories.make_terminal(taxi, ISU, edition=Terminal.Edition.JT905_2014)
    return taxi


@pytest.fixture
async def gateway(tracks: None, cab: Vehicle, worker: Worker, settings: Any) -> AsyncIterator[Gateway]:  # noqa: F811
    directory = await in_database(GatewayDirectory.load)
    async with Gateway(directory, port=0, limits=QUICK, redis_url=settings.REDIS_URL) as running:
        yield running


def bound() -> list[tuple[str, Any, bool]]:
    rows = DriverBinding.objects.select_related("practitioner")
    return [(row.practitioner.name, row.source, row.until is None) for row in rows]


def trips() -> list[tuple[int | None, int]]:
    return list(Trip.objects.values_list("fare_jiao", "rating"))


async def test_a_sign_in_binds_once_it_is_committed_and_is_answered_then(
    gateway: Gateway,
    zhao: Practitioner,
    worker: Worker,  # noqa: F811
) -> None:
    at = now() - timedelta(hours=2)
    async with Taxi(gateway.port, ISU) as taxi:
        worker.hold()
        serial = await taxi.send(sign_in(zhao.identity_no, at))
        with pytest.raises(TimeoutError):
            await taxi.reply(0.4)
        assert await in_database(bound) == []
        worker.go_on()
        assert await taxi.results(1) == {serial: 0}
        assert await in_database(bound) == [("赵平安", "sign_in", True)]
        out = await taxi.send(sign_out(zhao.identity_no, at + timedelta(hours=1)))
        assert await taxi.results(1) == {out: 0}
    assert await in_database(bound) == [("赵平安", "sign_in", False)]
    assert await in_database(lambda: Shift.objects.get().total_jiao) == 4125


async def test_a_driver_who_signs_in_reads_his_name_on_the_screen(gateway: Gateway, zhao: Practitioner) -> None:
    async with Taxi(gateway.port, ISU) as taxi:
        serial = await taxi.send(sign_in(zhao.identity_no, now()))
        heard = [await taxi.reply(), await taxi.reply()]
    (shown,) = [message for message in heard if isinstance(message, Text)]
    assert shown.text == "当班驾驶员：赵平安"
    assert [message.ack_serial for message in heard if message is not shown] == [serial]


async def test_a_trip_record_sent_again_is_answered_again_and_stored_once(gateway: Gateway, zhao: Practitioner) -> None:
    record = trip(zhao.identity_no, now() - timedelta(hours=1))
    async with Taxi(gateway.port, ISU) as taxi:
        for _ in range(3):
            serial = await taxi.send(record)
            assert await taxi.results(1) == {serial: 0}
        raw = taxi.connection.send(record)
        await taxi.raw(raw + raw)
        await taxi.results(1)
    assert await in_database(trips) == [(135, 0)]


async def test_a_shift_of_positions_trips_and_events_in_one_read_is_stored_whole(
    gateway: Gateway, zhao: Practitioner
) -> None:
    at = now() - timedelta(hours=1)
    place = LocationReport(0, 0x300, 41.12, 122.07, 36.0, 90, at)
    told = [
        sign_in(zhao.identity_no, at), place, trip(zhao.identity_no, at), EventReport(3),
        trip(zhao.identity_no, at + timedelta(minutes=20), evaluation=1),
    ]  # fmt: skip
    async with Taxi(gateway.port, ISU) as taxi:
        first = taxi.connection.serial
        await taxi.raw(b"".join(taxi.connection.send(message) for message in told))
        assert await taxi.results(5) == dict.fromkeys(range(first, first + 5), 0)
    assert await in_database(trips) == [(135, 0), (135, 1)]
    assert await in_database(bound) == [("赵平安", "sign_in", True)]
