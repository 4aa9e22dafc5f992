"""A gateway on loopback, a Valkey of the tests, a directory of terminals in memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
import uvloop

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.limits import Limits
from datacenter.gateway.server import Gateway
from datacenter.metrics import Counter
from datacenter.registry.directory import Entry

_numbers = itertools.count(1)

QUICK = Limits(
    batch_wait_s=0.02,
    answer_s=1.0,
    sweep_s=0.1,
    stop_s=2.0,
    sub_packets_s=0.3,
)
Start = Callable[..., Awaitable[Gateway]]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Any]:
    """The loop that ``manage.py gateway`` runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(autouse=True)
def _own_prefix(settings: Any) -> None:
    """Keys of one test are no other's; two shards."""
    settings.REDIS_PREFIX = prefix = f"{settings.REDIS_PREFIX}:gateway{next(_numbers)}"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": f"{prefix}:celery:", "visibility_timeout": 3600}
    settings.INGEST_SHARDS = 2


def entry(number: int, **facts: Any) -> Entry:
    """The terminal in vehicle ``number``: phone 13900000000 + number."""
    phone = str(13900000000 + number)
    given = {
        "terminal_pk": number, "phone": phone, "vehicle_id": number, "company_id": 1, "county_id": "211104",
        "kind": "hazmat", "edition": "2013", "plate": "辽L" + phone[-5:], "plate_colour": 2,
        "terminal_id": "T" + phone[-6:], "auth_code": "", **facts,
    }  # fmt: skip
    return Entry(**given)


@pytest.fixture
def directory() -> GatewayDirectory:
    """Vehicles 1 to 20; odd ones belong to shard 1, even ones to shard 0."""
    rows = [entry(number) for number in range(1, 21)]
    return GatewayDirectory({row.phone: row for row in rows})


@pytest.fixture
async def start(directory: GatewayDirectory, settings: Any) -> AsyncIterator[Start]:
    """Starts gateways with other limits than ``QUICK``'s where a test says so; stops them at its end."""
    async with AsyncExitStack() as stack:

        async def begin(name: str = "", redis_url: str = "", **limits: Any) -> Gateway:
            gateway = Gateway(
                directory, port=0, name=name, limits=replace(QUICK, **limits), redis_url=redis_url or settings.REDIS_URL
            )
            await stack.enter_async_context(gateway)
            return gateway

        yield begin


def phone(number: int) -> str:
    """The phone number of vehicle ``number``."""
    return str(13900000000 + number)


def grown(counter: Counter, *labels: str) -> Callable[[], float]:
    """How much a counter has grown since this call."""
    before = counter.value(*labels)
    return lambda: counter.value(*labels) - before


async def eventually(condition: Callable[[], Any], wait_s: float = 5.0) -> None:
    """Wait until ``condition`` holds."""
    async with asyncio.timeout(wait_s):
        while not condition():
            await asyncio.sleep(0.01)
