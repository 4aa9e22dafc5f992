"""A gateway and a shard's real worker on the tests' database, and a vehicle whose terminal connects to them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.server import Gateway
from datacenter.ingest.batch import Batch
from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Company, Terminal, Vehicle
from tests import factories
from tests.gateway.conftest import QUICK
from tests.gateway.worker import Worker

PHONE = "13900000077"
T = TypeVar("T")


@pytest.fixture
def truck(hazmat_company: Company, settings: Any) -> Vehicle:
    """A truck of Dawa with a terminal of JT/T 808-2013."""
    settings.INGEST_SHARDS = 1
    vehicle = factories.make_vehicle("辽L77777", hazmat_company)
    factories.make_terminal(vehicle, PHONE, edition=Terminal.Edition.JT808_2013)
    return vehicle


class Shard:
    """The judge of ``tests.gateway.worker.Worker`` that really stores."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self, batch: Batch) -> np.ndarray:
        if not hasattr(self._local, "worker"):
            self._local.worker = ShardWorker(batch.shard)
        results, _ = self._local.worker.store(batch)
        return results


@pytest.fixture
def worker(tracks: None, settings: Any, as_ingest: None) -> Iterator[Worker]:
    """Takes shard 0's batches and stores them with the ingest role's rights."""
    shard = Shard()

    def judge(batch: Batch) -> np.ndarray:
        try:
            return shard(batch)
        finally:
            connection.close()

    with Worker(settings.REDIS_URL, [0], judge) as running:
        yield running


@pytest.fixture
async def gateway(truck: Vehicle, worker: Worker, settings: Any) -> AsyncIterator[Gateway]:
    """A gateway that knows the truck."""
    directory = await in_database(GatewayDirectory.load)
    async with Gateway(directory, port=0, limits=QUICK, redis_url=settings.REDIS_URL) as running:
        yield running


async def in_database(work: Callable[[], T]) -> T:
    """``work`` on a connection of its own, with the role that the test's connection has; closed again."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    return await sync_to_async(run, thread_sensitive=False)()
