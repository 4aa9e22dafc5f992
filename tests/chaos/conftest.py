"""Houses that may be broken, and real tracks to drive through them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack

SHARED = Path(__file__).resolve().parents[3] / "shared"
REAL_TRACKS = SHARED / "data/tracks/sf_cabs.parquet"


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Gateway, two shards, beat and servers of their own, with the demo city's registry."""
    house = Stack(tmp_path_factory.mktemp("house"))
    try:
        yield house.start("gateway", "shard-0", "shard-1")
    finally:
        house.stop()


@pytest.fixture(scope="session")
def real_tracks() -> Path:
    """The real cabs' tracks, read in place."""
    if not REAL_TRACKS.exists():
        warnings.warn(f"SKIPPED: {REAL_TRACKS} is not there: no real tracks to replay", stacklevel=1)
        pytest.skip("the shared tracks are absent")
    return REAL_TRACKS
