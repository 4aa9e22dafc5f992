"""Notices that an embedded server has died, and starts it again without holding up anybody (看护内置服务)."""

import time
from collections.abc import Callable
from typing import IO

from panjin_traffic.servers import ServerError, Servers
from panjin_traffic.servers.base import EmbeddedServer
from panjin_traffic.servers.shared import try_starting

PAUSE_S = 5.0


class ServersWatch:
    """Looks after the servers of ``lease``; ``say`` takes a server's name and a line."""

    def __init__(self, lease: Servers, say: Callable[[str, str], None]) -> None:
        self.lease = lease
        self._say = say
        self._environment = lease.environment()
        self._reviving: dict[EmbeddedServer, float] = {}
        self._lock: IO[bytes] | None = None
        self._not_before = 0.0

    def look(self) -> bool:
        """Does the next step; True when the servers' addresses have changed, so that everyone must start anew."""
        for server in self.lease.running():
            if server in self._reviving:
                self._follow(server)
            elif not server.running:
                self._revive(server)
        if self._reviving:
            return False
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        changed = self.lease.environment() != self._environment
        self._environment = self.lease.environment()
        return changed

    def _revive(self, server: EmbeddedServer) -> None:
        if time.monotonic() < self._not_before:
            return
        if self._lock is None:
            self._lock = try_starting(self.lease.directory)
            if self._lock is None:
                return  # another process of this directory has noticed too, and is at it
        self._say(server.name, "is gone; starting it again")
        try:
            server.launch()
            self._reviving[server] = time.monotonic()
        except ServerError as fault:
            self._fail(server, fault)

    def _follow(self, server: EmbeddedServer) -> None:
        try:
            if server.ready():
                self._say(server.name, f"is back after {time.monotonic() - self._reviving.pop(server):.1f} s")
        except ServerError as fault:
            self._reviving.pop(server)
            self._fail(server, fault)

    def _fail(self, server: EmbeddedServer, fault: ServerError) -> None:
        self._say(server.name, f"{fault}; tried again in {PAUSE_S:.0f} s")
        self._not_before = time.monotonic() + PAUSE_S
