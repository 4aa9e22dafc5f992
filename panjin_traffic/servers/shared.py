"""One pair of servers for all processes of one directory: who comes first starts it, who leaves last stops it.

Each process that needs the servers holds a *lease*: a shared lock on ``var/servers/lease``, which the kernel takes back
when the process ends, however it ends. A small *keeper* process waits for the lock alone and stops the servers of those
who could not. Rule: whoever starts or stops a server holds ``var/servers/starting`` or the whole lease.
"""

import atexit
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from panjin_traffic.servers.base import EmbeddedServer
from panjin_traffic.servers.errors import MissingPermission, ServersBusy
from panjin_traffic.servers.postgres import PostgresServer
from panjin_traffic.servers.valkey import ValkeyServer

PATIENCE_S = 150.0
ROOT = Path(__file__).resolve().parents[2]


class Servers:
    """A lease on the servers of one directory; ``close`` gives it back."""

    def __init__(self, postgres: PostgresServer | None, valkey: ValkeyServer | None, lease: IO[bytes]) -> None:
        self.postgres = postgres
        self.valkey = valkey
        self.directory = Path(lease.name).parent
        self._lease = lease
        self._holder = os.getpid()
        atexit.register(self.close)

    @property
    def database_url(self) -> str:
        """The owner's address: migrations, partitions."""
        return self.postgres.urls.owner if self.postgres else ""

    @property
    def web_url(self) -> str:
        """The web's address, bound by row-level security."""
        return self.postgres.urls.web if self.postgres else ""

    @property
    def ingest_url(self) -> str:
        """The address of workers and gateways."""
        return self.postgres.urls.ingest if self.postgres else ""

    @property
    def redis_url(self) -> str:
        """Valkey's address."""
        return self.valkey.url if self.valkey else ""

    def running(self) -> list[EmbeddedServer]:
        """The servers this lease is for."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def environment(self) -> dict[str, str]:
        """The environment variables by which a process reaches these servers."""
        variables = {}
        if self.postgres:
            variables["DATABASE_URL"] = self.database_url
            variables["DATABASE_WEB_URL"] = self.web_url
            variables["DATABASE_INGEST_URL"] = self.ingest_url
        if self.valkey:
            variables["REDIS_URL"] = self.redis_url
        return variables

    def close(self, patience_s: float = 8.0) -> None:
        """Gives the lease back; the last one stops the servers and returns when they are gone.

        ``patience_s`` is what they may take to end in order; a database cut short repairs itself at its next start.
        """
        if self._lease.closed or self._holder != os.getpid():
            return
        atexit.unregister(self.close)
        with self._lease as lease:
            if _lock(lease, fcntl.LOCK_EX):
                stop_all(self.directory, patience_s)
            elif not _lock(lease, fcntl.LOCK_SH):  # the keeper was faster and is stopping them
                _wait_for(lease, fcntl.LOCK_SH, "stopped")


def ensure(var_dir: Path | str, *, postgres: bool = True, valkey: bool = True) -> Servers:
    """The servers of ``var_dir``, running; raises a ``ServerError`` that says what to do."""
    directory = Path(var_dir).absolute() / "servers"
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o711)
        lease = (directory / "lease").open("ab")
    except PermissionError as fault:
        raise MissingPermission(
            f"{fault.strerror} for {fault.filename}: run as the user whom it belongs to, or set VAR_DIR"
        ) from None
    try:
        _wait_for(lease, fcntl.LOCK_SH, "stopped")
        with starting(directory):
            servers = Servers(
                PostgresServer(directory / "postgres") if postgres else None,
                ValkeyServer(directory / "valkey") if valkey else None,
                lease,
            )
            cold = [server for server in servers.running() if not server.running]
            if cold:
                _start_keeper(directory)  # first: a start that fails half-way is cleared up too
            for server in cold:
                server.launch()
            for server in servers.running():
                server.start()
    except BaseException:
        lease.close()
        raise
    return servers


@contextmanager
def starting(directory: Path) -> Iterator[None]:
    """Alone in starting servers in ``directory`` (…/servers); others wait their turn."""
    with (directory / "starting").open("ab") as file:
        _wait_for(file, fcntl.LOCK_EX, "started")
        yield


def try_starting(directory: Path) -> IO[bytes] | None:
    """As ``starting``, but None at once when another process is at it; closing the file lets others in."""
    file = (directory / "starting").open("ab")
    if _lock(file, fcntl.LOCK_EX):
        return file
    file.close()
    return None


def stop_all(directory: Path, patience_s: float = 8.0) -> None:
    """Stops whatever runs in ``directory`` (…/servers). The caller holds the whole lease."""
    ValkeyServer(directory / "valkey").stop(patience_s)
    PostgresServer(directory / "postgres").stop(patience_s)


def _start_keeper(directory: Path) -> None:
    """One keeper for these servers; a second one ends by itself."""
    process = subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-m", "panjin_traffic.servers.keeper", str(directory)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # it outlives us: nobody waits for this object


def _lock(file: IO[bytes], kind: int) -> bool:
    """Takes the lock if it is free."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(file: IO[bytes], kind: int, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not _lock(file, kind):
        if time.monotonic() > end:
            raise ServersBusy(
                f"the servers of {Path(file.name).parent} are being {what} by another process for {PATIENCE_S:.0f} s: "
                "end that process, then try again"
            )
        time.sleep(0.03)
