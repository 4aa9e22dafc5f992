"""The attachment server (报警附件服务器): terminals bring the files of their alarms here, over TCP of its own.

One process, one event loop; whatever touches disk or database runs in a few threads, one piece of a connection after
the other. Memory is bounded by connections times one read. What it holds need not survive: pieces lie on the disk, and
a terminal goes on where it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import redis.asyncio
from django.conf import settings
from django.db import close_old_connections
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from datacenter import metrics
from datacenter.media import parts
from datacenter.media.uploads import REFUSED, Room, Upload, refusal_of
from datacenter.protocols.active_safety.connection import AttachmentConnection, Bounds, Event, Listed
from datacenter.protocols.active_safety.errors import AttachmentRefused
from datacenter.registry.directory import TerminalDirectory

ALIVE_EVERY_S, ALIVE_FOR_S = 3.0, 10
SWEEP_S = 3600.0
_log = logging.getLogger(__name__)
T = TypeVar("T")

CONNECTIONS = metrics.gauge("attachment_connections", "Open sockets of the attachment server")
ACCEPTED = metrics.counter("attachment_connections_total", "Sockets accepted")
CLOSED = metrics.counter("attachment_closed_total", "Sockets closed, by reason", ["reason"])


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server bounds."""

    connections: int = 256
    connections_per_address: int = 16
    read_bytes: int = 1 << 16
    write_s: float = 20.0
    refusals: int = 5
    """Lists refused before the socket is closed: whoever guesses alarm numbers is no terminal."""
    threads: int = 4
    bounds: Bounds = field(default_factory=Bounds)
    room: Room = field(default_factory=Room)


class AttachmentServer:
    """``start``, then ``stop``; in between it needs nobody."""

    def __init__(
        self,
        directory: TerminalDirectory,
        *,
        host: str = "127.0.0.1",
        port: int = 7612,
        limits: Limits | None = None,
        redis_url: str = "",
    ) -> None:
        self.directory, self.host, self.port = directory, host, port
        self.limits = limits or Limits()
        self.name = ""
        self._redis_url = redis_url or settings.REDIS_URL
        self._threads = ThreadPoolExecutor(self.limits.threads, "attachments")
        self._sessions: dict[asyncio.Task[None], str] = {}
        self._bringing: dict[str, asyncio.Task[None]] = {}  # alarm number → the connection that has it
        self._server: asyncio.Server | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Listen. Returns when terminals can connect."""
        self._server = await asyncio.start_server(
            self._accepted, self.host, self.port, limit=self.limits.read_bytes, backlog=512
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.name = self.name or f"{socket.gethostname()}-{self.port}"
        self._redis = redis.asyncio.from_url(
            self._redis_url, socket_connect_timeout=3.0, socket_timeout=5.0, retry=Retry(NoBackoff(), 1)
        )
        with contextlib.suppress(redis.RedisError, OSError):
            metrics.resume(await self._redis.hget(metrics.key(), self._field))
        self._loops = [asyncio.create_task(self._report()), asyncio.create_task(self._sweep())]
        _log.info("attachment server %s listens on %s:%d", self.name, self.host, self.port)

    async def stop(self) -> None:
        """Accept no more, note what has come, close."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        pending = {*self._sessions, *self._loops}
        while pending:  # a call to Redis that ends as it is cancelled may swallow one word
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1.0)
        with contextlib.suppress(redis.RedisError, OSError):
            await self._publish()
            await self._redis.delete(self._alive_key)
        with contextlib.suppress(redis.RedisError, OSError):
            await self._redis.aclose()
        self._threads.shutdown(wait=True)

    async def __aenter__(self) -> AttachmentServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # --- Connections ---

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One socket from its first byte to its last."""
        task = asyncio.current_task()
        assert task is not None
        address = str((writer.get_extra_info("peername") or ("",))[0])
        ACCEPTED.inc()
        reason = self._too_many(address)
        self._sessions[task] = address
        try:
            if not reason:
                reason = await self._serve(reader, writer)
        except asyncio.CancelledError:
            reason = "stopping" if self._stopping else "replaced"
        except (OSError, TimeoutError):
            reason = "broken"
        except Exception:  # the outermost loop of a connection: nothing it brings ends the server
            _log.exception("an upload failed")
            reason = "fault"
        finally:
            self._sessions.pop(task, None)
            CLOSED.inc(reason)
            if reason in ("done", "by_terminal"):
                writer.close()
            else:
                writer.transport.abort()

    def _too_many(self, address: str) -> str:
        if len(self._sessions) >= self.limits.connections:
            return "too_many_connections"
        same = sum(other == address for other in self._sessions.values())
        return "too_many_from_address" if same >= self.limits.connections_per_address else ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Take what comes until the terminal closes, or has to be closed; why it ended."""
        connection = AttachmentConnection(self.limits.bounds, time.monotonic())
        upload = Upload(connection, self.directory, self.limits.room)
        try:
            while True:
                data = await self._read(reader, connection)
                if not data:
                    return "done" if connection.finished else "by_terminal" if data is not None else "silent"
                try:
                    events = connection.receive(data, time.monotonic())
                except AttachmentRefused as fault:
                    REFUSED.inc(fault.code)
                    return fault.code
                await self._take(upload, events)
                if upload.refusals > self.limits.refusals:
                    return "too_many_refusals"
                if answer := connection.sent():
                    writer.write(answer)
                    await asyncio.wait_for(writer.drain(), self.limits.write_s)
        finally:
            await self._in_thread(_let_go, upload)
            self._forget(upload)

    async def _read(self, reader: asyncio.StreamReader, connection: AttachmentConnection) -> bytes | None:
        """Bytes; empty where the terminal has closed, None where it has been silent for too long."""
        try:
            async with asyncio.timeout(connection.left_s(time.monotonic())):
                return await reader.read(self.limits.read_bytes)
        except TimeoutError:
            return None

    async def _take(self, upload: Upload, events: list[Event]) -> None:
        """The events of one read, lists judged where they stand."""
        while events:
            stop = next((at for at, event in enumerate(events) if isinstance(event, Listed)), len(events))
            if stop:
                await self._in_thread(upload.take, events[:stop])
            if stop == len(events):
                return
            listed = events[stop]
            assert isinstance(listed, Listed)
            assert stop == len(events) - 1, "nothing comes behind a list"
            events = await self._judge(upload, listed)

    async def _judge(self, upload: Upload, listed: Listed) -> list[Event]:
        alarm, reason = await self._in_thread(refusal_of, upload, listed)
        if alarm is None:
            REFUSED.inc(reason)
            upload.refusals += 1
            return upload.connection.refuse()
        await self._take_over(upload, alarm.alarm_no)
        return await self._in_thread(upload.accept, listed, alarm)

    async def _take_over(self, upload: Upload, alarm_no: str) -> None:
        """This connection has the alarm from now on; an older one that had it notes what came, and is gone."""
        task = asyncio.current_task()
        assert task is not None
        self._forget(upload)
        older = self._bringing.get(alarm_no)
        self._bringing[alarm_no] = task
        if older is not None and older is not task:
            older.cancel()
            await asyncio.wait([older], timeout=self.limits.write_s)

    def _forget(self, upload: Upload) -> None:
        task = asyncio.current_task()
        if upload.alarm is not None and self._bringing.get(upload.alarm.alarm_no) is task:
            del self._bringing[upload.alarm.alarm_no]

    async def _in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Run what blocks in one of the threads, each of which has its own database connection."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, _with_database, function, args)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])  # nobody touches this upload while a thread still does
            raise

    # --- Reports ---

    @property
    def _field(self) -> str:
        return f"attachments:{self.name}"

    @property
    def _alive_key(self) -> str:
        return f"{settings.REDIS_PREFIX}:alive:attachments:{self.name}"

    async def _report(self) -> None:
        """Life sign and metrics."""
        while True:
            with contextlib.suppress(redis.RedisError, OSError):
                ready = json.dumps({"time": time.time(), "pid": os.getpid(), "port": self.port})
                await self._redis.set(self._alive_key, ready, ex=ALIVE_FOR_S)
                await self._publish()
            await asyncio.sleep(min(ALIVE_EVERY_S, metrics.PUBLISH_S))

    async def _publish(self) -> None:
        CONNECTIONS.set(len(self._sessions))
        await self._redis.hset(metrics.key(), self._field, json.dumps(metrics.snapshot()))
        await self._redis.expire(metrics.key(), int(metrics.FORGOTTEN_S))

    async def _sweep(self) -> None:
        """Uploads that nobody goes on with."""
        while True:
            with contextlib.suppress(OSError):
                if removed := await self._in_thread(parts.sweep):
                    _log.info("%d forgotten uploads removed", removed)
            await asyncio.sleep(SWEEP_S)


def _with_database(function: Callable[..., T], args: tuple[Any, ...]) -> T:
    close_old_connections()
    try:
        return function(*args)
    finally:
        close_old_connections()


def _let_go(upload: Upload) -> None:
    upload.save()
    upload.close()
