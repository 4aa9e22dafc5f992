"""The whole house on loopback, every process real, in a directory of its own: for stories, chaos and benchmarks.

Servers, gateway, shard workers, web and beat are started by the supervisor's own table of processes, but one by one, so
that each can be killed and started again by name.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import redis

from panjin_traffic.servers import PostgresServer, ValkeyServer
from panjin_traffic.supervisor.house import House, missing, processes
from tests import database
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
MOULD = Path(tempfile.gettempdir()) / f"panjin-mould-{os.getpid()}"
"""Where the first house of this process leaves a copy of its database."""


class Stack:
    """``start`` it; ``kill`` and ``restart`` by name: postgres, valkey, or a process of the supervisor's table."""

    def __init__(self, directory: Path, *, shards: int = 2, gateways: int = 1, **more: str) -> None:
        self.directory = directory
        self.postgres = PostgresServer(directory / "postgres")
        self.valkey = ValkeyServer(directory / "valkey")
        web, terminal, media = free_port(), free_port(), free_port()
        self.house = House(
            "127.0.0.1", web, terminal, shards, directory, media_port=media, gateways=gateways, known_as="127.0.0.1"
        )
        self.specs = {spec.name: spec for spec in processes(self.house)}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._more = more

    # --- life -------------------------------------------------------------------------------------------------------
    def start(self, *names: str, demo_city: bool = True) -> Stack:
        """Servers, tables, the demo city, then the named processes (all when none is named), until they are ready."""
        self.valkey.start()
        if demo_city:
            self._furnish()
        else:
            self.postgres.start()
            self._migrate()
        for name in names or self.specs:
            self.restart(name)
        if not names:
            self.wait(lambda: not missing(self.house), 60, lambda: f"readiness: {missing(self.house)}")
        return self

    def _furnish(self) -> None:
        """Tables and the demo city: made for the first house of a run, copied for the others."""
        mould, state = MOULD / "data", self.postgres.home / "state.json"
        self.postgres.start()  # here too where it is copied: it chooses a place that its account can reach
        if mould.exists():
            self.postgres.stop()
            data = (self.postgres.home / "data").resolve()
            shutil.rmtree(data)
            subprocess.run(["cp", "-a", str(mould), str(data)], check=True)
            moulded = json.loads((MOULD / "state.json").read_text())
            state.write_text(json.dumps(json.loads(state.read_text()) | {"passwords": moulded["passwords"]}))
        else:
            self._migrate()
            self.manage("demo_city")
            self.postgres.stop()
            MOULD.mkdir(mode=0o700)
            atexit.register(shutil.rmtree, MOULD, ignore_errors=True)
            subprocess.run(["cp", "-a", str((self.postgres.home / "data").resolve()), str(mould)], check=True)
            shutil.copy(state, MOULD)
        self.postgres.start()

    def _migrate(self) -> None:
        name = urlsplit(self.postgres.urls.owner).path.lstrip("/")
        database.furnish(self.postgres.urls.superuser, name, lambda: self.manage("migrate", "--verbosity", "0"))

    def stop(self) -> None:
        """End everything, servers last."""
        for name in sorted(self.children, key=lambda name: not name.startswith("gateway")):
            child = self.children.get(name)
            if child and child.poll() is None:
                child.terminate()
        for child in self.children.values():
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
        self.valkey.destroy()
        self.postgres.destroy()

    def kill(self, name: str) -> None:
        """``kill -9``, without a word."""
        if name in ("postgres", "valkey"):
            getattr(self, name).kill9()
        else:
            os.killpg(self.children[name].pid, signal.SIGKILL)
            self.children[name].wait(10)

    def restart(self, name: str) -> None:
        """Start what is not running."""
        if name in ("postgres", "valkey"):
            getattr(self, name).start()
            return
        spec = self.specs[name]
        log = (self.directory / f"{name}.log").open("ab")
        self.children[name] = subprocess.Popen(
            spec.command,
            cwd=ROOT,
            env={**self.environment(), **spec.environment, **({"DATABASE_URL": ""} if name == "web" else {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def revive(self, except_for: Container[str] = ()) -> None:
        """Start again what ended by itself, as the supervisor does (a gateway that found no database, say)."""
        for name, child in list(self.children.items()):
            if name not in except_for and child.poll() is not None:
                self.restart(name)

    def environment(self) -> dict[str, str]:
        """The environment of every process of this house."""
        urls = self.postgres.urls
        return {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_ROLE"},
            "DATABASE_URL": urls.owner,
            "DATABASE_WEB_URL": urls.web,
            "DATABASE_INGEST_URL": urls.ingest,
            "REDIS_URL": self.valkey.url,
            "REDIS_PREFIX": "stack",
            "VAR_DIR": str(self.directory),
            "SECRET_KEY": "for this directory alone, not for any machine that serves people",
            "BIND_HOST": "127.0.0.1",
            "WEB_PORT": str(self.house.web_port),
            "TERMINAL_PORT": str(self.house.terminal_port),
            "MEDIA_PORT": str(self.house.media_port),
            "INGEST_SHARDS": str(self.house.shards),
            "GATEWAYS": str(self.house.gateways),
            "LOG_LEVEL": "WARNING",
            **self._more,
        }

    # --- use --------------------------------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        """The address of the pages."""
        return self.house.address.rstrip("/")

    def manage(self, *arguments: str, timeout_s: float = 120) -> str:
        """Run a command of ``manage.py``; what it printed."""
        done = subprocess.run(
            [*MANAGE, *arguments], cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=timeout_s
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def simulate(self, *arguments: str) -> subprocess.Popen[str]:
        """Terminals against this house's gateway; its report is JSON on standard output."""
        return subprocess.Popen(
            [*MANAGE, "simulate", "--port", str(self.house.terminal_port), "--json", *arguments],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )

    def query(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the owner, committed."""
        connection = psycopg2.connect(self.postgres.urls.owner)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, arguments or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def prepare(self, shards: int) -> None:
        """Start the workers of shards to come, and wait for them; the layout stays as it is."""
        self.specs = {spec.name: spec for spec in processes(replace(self.house, shards=shards))}
        names = [f"shard{shard}" for shard in range(self.house.shards, shards)]
        for name in names:
            self.restart(name.replace("shard", "shard-"))
        client = self.redis()
        self.wait(
            lambda: all(client.exists(f"stack:alive:worker:{name}") for name in names), 60, lambda: f"workers: {names}"
        )

    def resharded(self, shards: int) -> None:
        """The layout has been changed to ``shards``: ends the workers of those that are no more."""
        before, self.house = self.house, replace(self.house, shards=shards)
        for shard in range(shards, before.shards):
            self.children.pop(f"shard-{shard}").terminate()

    def forget_tracks(self) -> None:
        """As before the first position; the workers forget with it.

        Photos too: one that nobody has judged yet would become a finding of the next test, without a track.
        """
        shards = [name for name in self.children if name.startswith("shard-")]
        for name in shards:
            self.kill(name)
        self.query(
            "TRUNCATE track_position, track_chunk, track_cell, track_quality, finding, violation, case_event,"
            " case_attachment, case_dispatch, case_extension, supervision, case_file, elsewhere_lead, review,"
            " review_item, redetection_span, engine_checkpoint, quarantined_frame, media_file, safety_alarm,"
            " untold_event CASCADE"
        )
        for name in shards:
            self.restart(name)

    def redis(self) -> redis.Redis:
        """A client of this house's Valkey."""
        return redis.Redis.from_url(self.valkey.url)

    def settle(self, seconds: float = 60) -> None:
        """Wait until nothing is left to detect anew and every shard has ticked after all that."""
        self.wait(lambda: self._ticked_clean(), seconds, lambda: "spans still wait to be detected anew")

    def _ticked_clean(self) -> bool:
        code = (
            "from datacenter.ingest.tasks import tick\n"
            f"[tick.apply_async([shard], queue=f'shard.{{shard}}') for shard in range({self.house.shards})]"
        )
        before = self.query("SELECT clock_timestamp()")[0][0]
        self.manage("shell", "-v", "0", "-c", code)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            ticks = self.query("SELECT count(*) FROM ingest_shard WHERE shards > 0 AND tick_at > %s", before)[0][0]
            if ticks == self.house.shards:
                return bool(self.query("SELECT count(*) FROM redetection_span")[0][0] == 0)
            time.sleep(0.2)
        return False

    @staticmethod
    def wait(condition: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """Wait until ``condition`` holds, or fail by name."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, f"waited {seconds} s for {what()}"
            time.sleep(0.1)
