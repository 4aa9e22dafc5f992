"""The house follows the layout: shard workers come and go, beat ticks those there are, /readyz asks for all."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client

from datacenter.ingest import layout
from panjin_traffic.beat import LayoutScheduler
from panjin_traffic.celery import app
from panjin_traffic.supervisor.house import House, processes
from tests.servers.test_supervisor import POLITE, end, read_until, start

__all__ = ["start"]  # the fixture


def test_who_is_wanted_is_started_and_who_is_not_is_ended(start: Any, tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.json"
    shards = [{"name": f"shard-{number}", "script": POLITE} for number in range(3)]
    house: subprocess.Popen[str] = start(*shards[:2], wanted_file=str(wanted))
    read_until(house, "hello", times=2)
    _write(wanted, shards)
    assert any(re.match(r"shard-2 +\| hello", line) for line in read_until(house, "hello"))
    _write(wanted, shards[:1])
    lines = read_until(house, "goodbye", times=2)
    said = {re.sub(r" +\| ", ": ", line) for line in lines}
    assert {"shard-1: goodbye", "shard-2: goodbye", "shard-1: is no longer wanted: it ends"} <= said
    lines, _ = end(house)
    assert any(re.match(r"shard-0 +\| goodbye", line) for line in lines)
    assert not [line for line in lines if "hello" in line], "nobody who left was started again"


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.with_suffix(".new").write_text(json.dumps(rows))
    path.with_suffix(".new").replace(path)


def test_gateways_share_a_port_under_names_of_their_own(tmp_path: Path) -> None:
    specs = {spec.name: spec for spec in processes(House("127.0.0.1", 1, 2, 1, tmp_path, gateways=3))}
    found = {name: spec.command[-3:] for name, spec in specs.items() if name.startswith("gateway")}
    assert list(found) == ["gateway", "gateway-1", "gateway-2"]
    assert [command[1:] for command in found.values()] == [[f"gateway-{n}", "--share-port"] for n in range(3)]
    (alone,) = [spec for spec in processes(House("127.0.0.1", 1, 2, 1, tmp_path)) if spec.name.startswith("gateway")]
    assert "--share-port" not in alone.command


def test_beat_ticks_the_shards_that_there_are(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    settings.INGEST_SHARDS = 2
    app.finalize()  # as beat does: the table enters then
    beat = LayoutScheduler(app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    beat.setup_schedule()
    try:
        for shards in (2, 4, 1):
            layout.change(shards)
            beat._follow()
            ticks = {name: entry for name, entry in beat.schedule.items() if name.startswith("tick-")}
            assert {entry.options["queue"] for entry in ticks.values()} == {f"shard.{n}" for n in range(shards)}
            assert len(ticks) == shards
            assert "make-partitions" in beat.schedule
    finally:
        beat.close()


@pytest.mark.parametrize(("alive", "said"), [(0, "missing"), (1, "1 of 2"), (2, "ok")])
def test_readiness_asks_for_every_gateway_and_every_shard(
    transactional_db: None, settings: Any, alive: int, said: str
) -> None:
    settings.INGEST_SHARDS, settings.GATEWAYS = 2, 2
    layout.establish()
    layout.prepare(3)
    with redis.from_url(settings.REDIS_URL) as client:
        for number in range(alive):
            client.set(f"{settings.REDIS_PREFIX}:alive:gateway:gateway-{number}", 1)
        client.set(f"{settings.REDIS_PREFIX}:alive:worker:shard0", 1)
        answer = Client().get("/readyz").json()
        assert answer["parts"]["gateway"] == said
        assert (answer["parts"]["worker shard0"], answer["parts"]["worker shard1"]) == ("ok", "missing")
        assert "worker shard2" not in answer["parts"], "prepared, not in force"
        assert answer["shards"] == 3, "whoever starts workers starts three"
        layout.change(3)
        assert Client().get("/readyz").json()["parts"]["worker shard2"] == "missing"
