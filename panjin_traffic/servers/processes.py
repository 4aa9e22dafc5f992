"""Processes and ports of the embedded servers: who is alive, who must end, which port is free (进程与端口).

A server outlives the process that started it, so it is known by its pid AND its time of birth: a pid alone may have
been given to a stranger since.
"""

import contextlib
import json
import os
import random
import signal
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Birth:
    """One process for good: its pid and when it was born, in seconds since 1970."""

    pid: int
    born: float

    @classmethod
    def of(cls, pid: int) -> "Birth | None":
        """The living process ``pid``; None when there is none, or only its unburied remains."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                _bury(pid)
                return None
            return cls(pid, process.create_time())
        except psutil.Error:
            return None

    @classmethod
    def read(cls, path: Path, home: Path) -> "Birth | None":
        """The process noted in ``path`` for ``home``; None when there is no note, half of one, or a copied one."""
        try:
            note = json.loads(path.read_text(encoding="ascii"))
            if note["home"] != str(home):
                return None
            return cls(int(note["pid"]), float(note["born"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path, home: Path) -> None:
        """Notes the process in ``path`` for others to find; a copy of ``home`` elsewhere won't take it for its own."""
        path.write_text(json.dumps({**asdict(self), "home": str(home)}), encoding="ascii")

    def alive(self) -> bool:
        """Whether this very process still runs."""
        now = Birth.of(self.pid)
        return now is not None and abs(now.born - self.born) < 1.0

    def send(self, signal_number: int) -> None:
        """Sends a signal, unless the process is gone."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)

    def wait(self, timeout_s: float) -> bool:
        """Waits for the end; False when it still runs after ``timeout_s``."""
        end = time.monotonic() + timeout_s
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def end(self, *steps: tuple[int, float]) -> None:
        """Sends each signal and waits its seconds for the end; SIGKILL is the last word."""
        for signal_number, patience_s in steps:
            self.send(signal_number)
            if self.wait(patience_s):
                return
        self.send(signal.SIGKILL)
        self.wait(5.0)


def _bury(pid: int) -> None:
    """Takes the exit status of a child that ended, so that its pid is free again."""
    with contextlib.suppress(ChildProcessError, PermissionError):
        os.waitpid(pid, os.WNOHANG)


def kill_family(pid: int) -> None:
    """SIGKILL for a process and all its children at once, as when the power goes."""
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _, late = psutil.wait_procs(family, timeout=5)
    for process in late:
        _bury(process.pid)


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on ``port`` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose_port(key: str) -> int:
    """A free port of loopback for ``key``, mostly the same one each time.

    It lies below the ports that the kernel lends to outgoing connections: a busy gateway would borrow one of those
    while its server is down, and the server could not come back to it.
    """
    ceiling = 32768
    with contextlib.suppress(OSError, ValueError, IndexError):
        ceiling = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    low, high = (15000, ceiling) if ceiling > 16000 else (61001, 65536)
    dice = random.Random(key)  # noqa: S311 - spreads clones over ports, keeps no secret
    for _ in range(200):
        port = dice.randrange(low, high)
        if port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
