"""The TCP gateway for terminals (终端接入网关): one process, one event loop, no database in the hot path.

It owns the listening socket, the sessions by phone, the shards, and the clockwork around them: one tick for batches,
one sweep for time-outs, the subscription to answers, a life sign, metrics. Nothing it holds has to survive: a terminal
sends again what was not acknowledged, and only what is committed is acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from datacenter import metrics as shared
from datacenter.gateway import doors, metrics
from datacenter.gateway.answers import Answers, claims_channel, pack_claims
from datacenter.gateway.authentication import Directory
from datacenter.gateway.emergencies import Emergencies, alarm_at
from datacenter.gateway.limits import Limits, raise_file_limit
from datacenter.gateway.orders import Orders
from datacenter.gateway.outbox import Outbox, broker_key
from datacenter.gateway.owed import Owed
from datacenter.gateway.raw_log import RawLog
from datacenter.gateway.resharding import Resharding
from datacenter.gateway.session import Session
from datacenter.gateway.shard import Shard
from datacenter.gateway.unknown import Strangers
from datacenter.ingest.layout import Layout, first
from datacenter.protocols.budget import Budget
from datacenter.registry.directory import Entry

ALIVE_EVERY_S, ALIVE_FOR_S = 3.0, 10
_LINGER_S = 10.0  # for a closing socket's last bytes
_log = logging.getLogger(__name__)


def alive_key(gateway: str) -> str:
    """The Redis key that says this gateway lives; ``/readyz`` looks for it."""
    return f"{settings.REDIS_PREFIX}:alive:gateway:{gateway}"


def calm_collector() -> None:
    """Tell Python's garbage collector that what is there now stays, and to look less often.

    The gateway makes lists by the hundred thousand and no cycles; counting them again and again takes 5 % of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


async def end_tasks(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel ``tasks`` and wait; once more where redis-py swallowed the cancellation, as it does while connecting."""
    pending = set(tasks)
    for _ in range(20):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
    _log.warning("%d tasks did not end", len(pending))


class Gateway:
    """One gateway. ``start``, then ``stop``; in between it needs nobody."""

    def __init__(
        self,
        directory: Directory,
        *,
        host: str = "127.0.0.1",
        port: int = 7611,
        name: str = "",
        limits: Limits | None = None,
        redis_url: str = "",
        layout: Layout | None = None,
        share_port: bool = False,
    ) -> None:
        self.directory = directory
        self.layout = layout or first()
        self._share_port = share_port
        self.limits = limits or Limits()
        self.host, self.port, self.name = host, port, name
        self.clock_s = time.monotonic()  # as of the last tick: good enough for minutes, and costs nothing
        self.strangers = Strangers(self.limits.unknown_terminals, self.limits.unknown_rows)
        self.owed = Owed(self.limits.hold_s, self.limits.hold_few)
        self.assemblies = Budget(self.limits.assembly_bytes)
        self.sessions: set[Session] = set()
        self.by_phone: dict[str, Session] = {}
        self.shards: list[Shard] = []
        self._redis_url = redis_url or settings.REDIS_URL
        self._addresses: dict[str, int] = {}
        self._claims: dict[str, int] = {}
        self._directory_version = directory.version
        self._outbox = Outbox(self._redis_url, self.limits.expires_s)
        self.threads = ThreadPoolExecutor(1, "gateway-db")
        self.orders = Orders(self)
        self.emergencies = Emergencies(self)
        self.raw_log = RawLog(self)
        self.resharding = Resharding(self)
        self._server: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.stopping = False

    # --- Life ---

    async def start(self) -> None:
        """Listen, subscribe, tick. Returns when terminals can connect."""
        raise_file_limit(self.limits.connections + 512)
        listener = self._listen()
        self.port = listener.getsockname()[1]
        self.name = self.name or f"{socket.gethostname()}-{self.port}"
        self.shards = self.make_shards(self.layout)
        self._redis = redis.asyncio.from_url(
            self._redis_url, socket_connect_timeout=3.0, socket_timeout=5.0, retry=Retry(NoBackoff(), 1)
        )
        with contextlib.suppress(redis.RedisError, OSError):
            shared.resume(await self._redis.hget(shared.key(), self._field))
        self._outbox.start()
        answers = Answers(
            self._redis_url,
            self.name,
            answered=self._answered,
            moved=self.resharding.take_up,
            claimed=self._claimed,
            opened=self._opened,
            closed=self._broken,
            orders_wait=self.orders.wake,
        )
        loops = (
            *(answers.listen(), self._tick(), self._sweep(), self._rehand(), self._report(), self._write_strangers()),
            *(self.orders.deliver(), self.orders.write_down(), self.emergencies.tell(), self.emergencies.peek()),
            *(self.raw_log.follow(), self.raw_log.write_down(), self.resharding.follow()),
        )
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        self._server = await asyncio.get_running_loop().create_server(lambda: Session(self), sock=listener)
        _log.info("gateway %s listens on %s:%d, %d shards", self.name, self.host, self.port, len(self.shards))

    async def stop(self) -> None:
        """Read no more, hand everything in, acknowledge what is committed in time, close."""
        if self.stopping:
            return
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for session in self.sessions:
            session.pause_reading()
        for shard in self.shards:
            shard.hand_in(everything=True)
        end = time.monotonic() + self.limits.stop_s
        while any(shard.in_flight for shard in self.shards) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        self.owed.settle_all()
        left = sum(shard.held_frames for shard in self.shards)
        if left:
            _log.warning("stopping with %d frames unacknowledged: their terminals send them again", left)
        for session in list(self.sessions):
            session.close("stopping")
        await asyncio.sleep(0)
        await end_tasks(self._tasks)
        while self.sessions and time.monotonic() < end + 1.0:
            await asyncio.sleep(0.01)
        for session in list(self.sessions):
            session.abort()
        await self._say_goodbye()
        await asyncio.to_thread(self._outbox.stop)
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.emergencies.stop()

    async def __aenter__(self) -> Gateway:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def make_shards(self, layout: Layout) -> list[Shard]:
        """The shards of ``layout``, empty."""
        publish, owed = self._outbox.publish, self.owed
        return [Shard(number, self.name, self.limits, publish, owed, layout.version) for number in range(layout.shards)]

    # --- Sessions ---

    def admit(self, session: Session) -> None:
        """A socket has opened; it may be one too many."""
        limits, address = self.limits, session.remote.rpartition(":")[0]
        self.sessions.add(session)
        self._addresses[address] = at_address = self._addresses.get(address, 0) + 1
        metrics.ACCEPTED.inc()
        if self.stopping:
            session.close("stopping", at_once=True)
        elif len(self.sessions) > limits.connections:
            metrics.REFUSED.inc("too_many_connections")
            session.close("too_many_connections", at_once=True)
        elif limits.connections_per_address and at_address > limits.connections_per_address:
            metrics.REFUSED.inc("too_many_from_address")
            session.close("too_many_from_address", at_once=True)

    def dismiss(self, session: Session) -> None:
        """A socket is gone."""
        self.leave(session)
        self.owed.forget(session)
        session.connection.let_go()
        self.sessions.discard(session)
        address = session.remote.rpartition(":")[0]
        left = self._addresses.get(address, 0) - 1
        if left > 0:
            self._addresses[address] = left
        else:
            self._addresses.pop(address, None)

    def enter(self, session: Session, phone: str, entry: Entry) -> None:
        """A terminal has authenticated; whoever held its phone number before is closed."""
        older = self.by_phone.get(phone)
        if older is not None and older is not session:
            self._replace(older)
        self.by_phone[phone] = session
        session.phone, session.connection.authenticated = phone, True
        session.alarm_at = alarm_at(session.connection.edition)
        session.authenticated_us = self._claims[phone] = time.time_ns() // 1000
        self._place(session, entry)
        self.orders.wake()

    def leave(self, session: Session) -> None:
        """A session is nobody's any more: unregistered, or its socket is gone."""
        session.connection.authenticated = False
        session.ordered.clear()
        session.left_at = self.clock_s
        self.raw_log.forget(session)
        if session.shard is not None:
            session.shard.sessions.discard(session)
            session.shard = None
        if self.by_phone.get(session.phone) is session:
            del self.by_phone[session.phone]

    def _place(self, session: Session, entry: Entry) -> None:
        """Put a session where its vehicle's positions go; the registry may have changed its mind."""
        session.vehicle_id = entry.vehicle_id
        session.recorded = entry.vehicle_id in self.raw_log.on
        self.settle(session)

    def settle(self, session: Session) -> None:
        """Put a session into the shard that carries its vehicle."""
        shard = self.shards[self.layout.shard_of(session.vehicle_id)]
        if session.shard is shard:
            return
        if session.shard is not None:
            session.shard.sessions.discard(session)
            session.resume_reading()
        session.shard = shard
        shard.sessions.add(session)
        if shard.paused:
            session.pause_reading()

    def _replace(self, older: Session) -> None:
        metrics.DUPLICATE_PHONE.inc()
        older.close("replaced")

    # --- What Redis says ---

    def _opened(self, again: bool) -> None:
        for shard in self.shards:
            shard.open = True
            if again:
                shard.hand_in_again("reconnected")
        if again:  # others may have missed who is here, as we may have missed them
            self._claims = {phone: session.authenticated_us for phone, session in self.by_phone.items()}

    def _broken(self) -> None:
        for shard in self.shards:
            shard.open = False

    def _answered(self, batch_id: str, results: bytes) -> None:
        for shard in self.shards:
            if batch_id in shard.in_flight:
                shard.answered(batch_id, results)
                return
        metrics.STRAY_ANSWERS.inc()

    def _claimed(self, claims: dict[str, int]) -> None:
        """Another gateway has these phones now; the newer authentication wins."""
        for phone, authenticated_us in claims.items():
            session = self.by_phone.get(phone)
            if session is None:
                continue
            if session.authenticated_us < authenticated_us:
                self._replace(session)
            elif session.authenticated_us > authenticated_us:
                self._claims[phone] = session.authenticated_us  # that gateway has not heard of it

    # --- Clockwork ---

    async def _tick(self) -> None:
        """Hands in what is due; the gateway's clock."""
        pause_s = min(0.05, max(0.005, self.limits.batch_wait_s / 4))
        while True:
            await asyncio.sleep(pause_s)
            self.clock_s = now = time.monotonic()
            for shard in self.shards:
                shard.hand_in_if_due(now)
            self.owed.settle_due(now)

    async def _sweep(self) -> None:
        """Looks at every socket: silent, never authenticated, gone from the registry, waiting for packets."""
        limits = self.limits
        while True:
            await asyncio.sleep(limits.sweep_s)
            changed = self._directory_version != self.directory.version
            self._directory_version = self.directory.version
            now = self.clock_s
            for number, session in enumerate(list(self.sessions)):
                if not number % 2000:
                    await asyncio.sleep(0)  # tens of thousands of sockets: let others have a turn
                if session.closed:
                    if now - session.seen_at > _LINGER_S:
                        session.abort()
                elif session.shard is None:
                    if now - max(session.opened_at, session.left_at) > limits.authenticate_s:
                        session.close("never_authenticates")
                elif not session.shard.paused:
                    self._look_at(session, now, changed)

    def _look_at(self, session: Session, now: float, changed: bool) -> None:
        if now - session.seen_at > self.limits.silence_s:
            session.close("silent")
            return
        session.ask_missing(now, self.limits.sub_packets_s)
        if changed:
            entry = self.directory.get(session.phone)
            reason = "struck_off" if entry is None else doors.reason_to_leave(session, entry)
            if entry is None or reason:
                session.close(reason)
            else:
                self._place(session, entry)

    async def _rehand(self) -> None:
        """Hands overdue batches in again, unless their queue is full of copies that no worker takes."""
        pause_s = min(1.0, self.limits.answer_s / 4)
        while True:
            await asyncio.sleep(pause_s)
            now = time.monotonic()
            for shard in self.shards:
                if not shard.overdue(now):
                    continue
                try:
                    length = await self._redis.llen(broker_key(shard.number))
                except (redis.RedisError, OSError):
                    continue  # the broker is away: its return hands everything in again
                if length < self.limits.queue_length:
                    shard.hand_in_again("no_answer")
                else:
                    metrics.REHAND_WAITED.inc()

    async def _write_strangers(self) -> None:
        while True:
            await asyncio.sleep(2.0)
            if strangers := self.strangers.take():
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self.threads, self.strangers.write, strangers)

    # --- Reports ---

    @property
    def _field(self) -> str:
        return f"gateway:{self.name}"

    async def _report(self) -> None:
        """Life sign and metrics, and the claims that other gateways should hear at once."""
        alive_at = published_at = 0.0
        while True:
            now = time.monotonic()
            claims, self._claims = self._claims, {}
            try:
                if claims:
                    await self._redis.publish(claims_channel(), pack_claims(self.name, claims))
                if now - alive_at >= ALIVE_EVERY_S:
                    ready = json.dumps({"time": time.time(), "pid": os.getpid(), "port": self.port})
                    await self._redis.set(alive_key(self.name), ready, ex=ALIVE_FOR_S)
                    alive_at = now
                if now - published_at >= shared.PUBLISH_S:
                    await self._publish_metrics()
                    published_at = now
            except (redis.RedisError, OSError) as fault:
                self._claims = claims | self._claims
                metrics.BROKER_FAULTS.inc("report")
                _log.debug("no report: %s", fault)
                alive_at = 0.0
            await asyncio.sleep(0.25)

    async def _publish_metrics(self) -> None:
        metrics.CONNECTIONS.set(len(self.sessions))
        metrics.AUTHENTICATED.set(len(self.by_phone))
        metrics.PAUSED_SHARDS.set(sum(shard.paused for shard in self.shards))
        metrics.IN_FLIGHT.set(sum(len(shard.in_flight) for shard in self.shards))
        metrics.HELD_FRAMES.set(sum(shard.held_frames for shard in self.shards))
        metrics.ASSEMBLY_BYTES.set(self.assemblies.held_bytes)
        metrics.ASSEMBLIES_GIVEN_UP.inc(by=self.assemblies.given_up)
        self.assemblies.given_up = 0
        await self._redis.hset(shared.key(), self._field, json.dumps(shared.snapshot()))
        await self._redis.expire(shared.key(), int(shared.FORGOTTEN_S))

    async def _say_goodbye(self) -> None:
        with contextlib.suppress(redis.RedisError, OSError):
            await self._publish_metrics()
            await self._redis.delete(alive_key(self.name))
        await self._redis.aclose()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._share_port:  # the kernel deals new connections out over all gateways that listen
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Accepted sockets take these over: without them the kernel would keep megabytes for one that never reads.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.kernel_send_bytes)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.limits.kernel_receive_bytes)
        listener.setblocking(False)
        listener.bind((self.host, self.port))
        listener.listen(4096)
        return listener
