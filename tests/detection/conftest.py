"""A truck whose terminal reports, and the worker that stores what it says."""

from __future__ import annotations

import pytest

from datacenter.ingest.worker import ShardWorker
from datacenter.registry.models import Vehicle
from tests.commands.conftest import truck  # noqa: F401  a fixture


@pytest.fixture
def shard(truck: Vehicle, as_ingest: None) -> ShardWorker:  # noqa: F811
    return ShardWorker(0)
