"""Keeps the web process's fleet fed and its maps drawn (实时推送): one feed an event loop, for all its sockets.

Two tasks while any map is open: one listens to the live channel and comes back by itself, the other closes a tick every
second and sends each map its frame. The registry and the latest positions are read again after each reconnection and
every few minutes. A map whose last frame is still under way gets none; when it catches up it gets a full one, so a slow
reader costs one frame of memory, however slow it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from datacenter import metrics
from datacenter.accounts.scope import CITY, entered
from datacenter.registry.directory import changed_channel
from datacenter.registry.models import Vehicle
from datacenter.tracks import frames, live, store
from datacenter.tracks.fleet import Fleet, Roll, VehicleState, View
from datacenter.tracks.position import Positions
from datacenter.tracks.words import alarm_words, status_words, taxi_words

TICK_S = 1.0
COUNTS_EVERY = 2  # ticks
RELOAD_S = 180.0
RELOAD_AT_MOST_S = 5.0  # between two reloads that unknown vehicles, or maps that open, ask for
LONGEST_WAIT_S = 10.0
STUCK_S = 60.0  # a reader that has not taken one frame in this time is gone
LINGER_S = 60.0  # how long the arrays stay fed after the last map has closed

_log = logging.getLogger(__name__)
Send = Callable[[bytes | dict[str, Any]], Awaitable[None]]


class MapClient:
    """One open map: its view, and how to reach it. ``send`` takes a frame's bytes or a JSON message."""

    def __init__(self, view: View, send: Send, drop: Callable[[], Awaitable[None]]) -> None:
        self.view = view
        self.number = 0  # of the viewport message that frames answer
        self.ready = False  # has asked for a viewport
        self.followed: int | None = None  # vehicle id whose details it wants
        self.skipped = 0  # frames it was too slow for
        self.sent_bytes = 0
        self._send, self._drop = send, drop
        self._sequence = 0
        self._sending: asyncio.Task[None] | None = None
        self._since = 0.0
        self._generation = -1
        self._told: tuple[Any, ...] | None = None
        self._counts: dict[str, Any] | None = None

    def offer(self, feed: MapFeed, now_us: int) -> asyncio.Task[None] | None:
        """Send what has changed, unless the last frame is still under way; what does the sending, if anything does."""
        if not self.ready:
            return None
        if self._sending is not None and not self._sending.done():
            self.skipped += 1
            self.view.restart()
            if time.monotonic() - self._since > STUCK_S:
                self._sending.cancel()
                self._sending = asyncio.create_task(self._drop_quietly())
            return None
        self._since = time.monotonic()
        self._sending = asyncio.create_task(self._deliver(self._messages(feed, now_us)))
        return self._sending

    def cancel(self) -> None:
        """The socket has closed."""
        self.ready = False
        if self._sending is not None:
            self._sending.cancel()

    def _messages(self, feed: MapFeed, now_us: int) -> list[bytes | dict[str, Any]]:
        fleet, view = feed.fleet, self.view
        messages: list[bytes | dict[str, Any]] = []
        if self._generation not in (-1, fleet.generation):
            messages.append({"type": "registry"})  # the table of vehicles has changed: read it again
        self._generation = fleet.generation
        delta = view.delta(fleet)
        self._sequence += 1
        messages.append(
            frames.encode(fleet, delta, view.box, view=self.number, sequence=self._sequence, now_us=now_us, fed=feed.up)
        )
        if delta.full or self._sequence % COUNTS_EVERY == 0:
            counts = view.counts(fleet)
            if counts != self._counts:
                self._counts = counts
                messages.append({"type": "counts", **counts})
        details = self._details(fleet)
        if details is not None:
            messages.append(details)
        return messages

    def _details(self, fleet: Fleet) -> dict[str, Any] | None:
        """The followed vehicle's last report in full, when it has changed."""
        if self.followed is None:
            return None
        slot = self._slot(fleet, self.followed)
        if slot is None:
            return None
        state = (self.followed, *report_of(fleet, slot).values())
        if state == self._told:
            return None
        self._told = state
        return {"type": "vehicle", "id": self.followed, **report_of(fleet, slot)}

    def may_see(self, feed: MapFeed, vehicle_id: int) -> bool:
        """Whether the vehicle lies inside the map's scope."""
        return self._slot(feed.fleet, vehicle_id) is not None

    def _slot(self, fleet: Fleet, vehicle_id: int) -> int | None:
        slot = int(fleet.slots(np.array([vehicle_id]))[0])
        return slot if slot >= 0 and self.view.may_see(fleet, slot) else None

    def follow(self, vehicle_id: int | None) -> None:
        """Send this vehicle's reports in full from now on; None: nobody's."""
        self.followed, self._told = vehicle_id, None

    async def _deliver(self, messages: list[bytes | dict[str, Any]]) -> None:
        try:
            for message in messages:
                await self._send(message)
                if isinstance(message, bytes):
                    self.sent_bytes += len(message)
        except Exception:
            # Whatever broke this socket is this socket's matter: its consumer hears of it by itself.
            _log.debug("a map's socket broke while a frame was sent", exc_info=True)
            self.view.restart()

    async def _drop_quietly(self) -> None:
        try:
            await self._drop()
        except Exception:
            _log.debug("a map's socket could not be closed", exc_info=True)


def report_of(fleet: Fleet, slot: int) -> dict[str, Any]:
    """A vehicle's last report as JSON: place, motion, clocks, and what its bits say."""
    located, received_us = bool(fleet.located[slot]), int(fleet.received_us[slot])
    return {
        "state": VehicleState(int(fleet.state[slot])).code,
        "latitude_deg": int(fleet.latitude_e6[slot]) / 1e6 if located else None,
        "longitude_deg": int(fleet.longitude_e6[slot]) / 1e6 if located else None,
        "speed_kmh": int(fleet.speed_dkmh[slot]) / 10,
        "bearing_deg": int(fleet.bearing_deg[slot]),
        "device_time": int(fleet.device_time[slot]) or None,
        "received_at": received_us // 1_000_000 or None,
        "alarms": alarm_words(int(fleet.alarm[slot])),
        "statuses": [*taxi_words(int(fleet.flags[slot])), *status_words(int(fleet.status[slot]))]
        if received_us
        else [],
    }


class MapFeed:
    """The fleet of this process and the maps that look at it."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.up = False  # the live channel is subscribed to
        self.loaded = asyncio.Event()
        self._clients: set[MapClient] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._reload_wanted = asyncio.Event()
        self._loaded_at = 0.0
        self._received_us: list[npt.NDArray[np.int64]] = []  # of what has come since the last frame
        self._idle_since = time.monotonic()

    async def join(self, client: MapClient) -> None:
        """Show ``client`` the fleet; returns when the arrays are loaded."""
        self._clients.add(client)
        if not self._tasks or all(task.done() for task in self._tasks):
            self._reload_wanted.set()
            self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._keep_loaded, self._beat)]
        else:
            self._wish_reload()  # a vehicle registered a moment ago is on a map that opens now
        await self.loaded.wait()

    def leave(self, client: MapClient) -> None:
        """``client`` has closed."""
        client.cancel()
        self._clients.discard(client)
        self._idle_since = time.monotonic()

    async def stop(self) -> None:
        """End the feed's tasks, as at the end of a process."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.loaded.clear()
        self.up = False

    async def _listen(self) -> None:
        wait_s = 0.5
        while True:
            try:
                async with (
                    redis.asyncio.from_url(settings.REDIS_URL, health_check_interval=10) as client,
                    client.pubsub(ignore_subscribe_messages=True) as listener,
                ):
                    await listener.subscribe(live.channel(), changed_channel())
                    self.up, wait_s = True, 0.5
                    self._reload_wanted.set()  # what passed while nobody listened is in the tracks
                    while True:
                        message = await listener.get_message(timeout=5.0)
                        if message is not None and message["channel"].decode() == changed_channel():
                            self._reload_wanted.set()
                        elif message is not None:
                            self._take(message["data"])
            except (redis.exceptions.RedisError, OSError, TimeoutError) as fault:
                if self.up:
                    _log.warning("the live channel is gone, coming back: %s", fault)
                self.up = False
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _take(self, data: bytes) -> None:
        try:
            records = live.unpack(data)
        except ValueError:
            _log.error("a live message of %d bytes is no list of records", len(data))
            return
        self.fleet.absorb(records)
        self._received_us.append(records["received_us"].astype(np.int64))
        if self.fleet.unknown:
            self.fleet.unknown = 0
            self._wish_reload()

    def _wish_reload(self) -> None:
        if time.monotonic() - self._loaded_at > RELOAD_AT_MOST_S:
            self._reload_wanted.set()

    async def _keep_loaded(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reload_wanted.wait(), RELOAD_S)
            self._reload_wanted.clear()
            try:
                roll, latest = await sync_to_async(_read, thread_sensitive=False)()
            except Exception:
                # The outermost loop: whatever is wrong with the database, maps go on with what they have.
                _log.exception("the fleet could not be read")
                await asyncio.sleep(2.0)
                self._reload_wanted.set()
                continue
            self.fleet.enrol(roll)
            self.fleet.absorb(latest)
            self.fleet.unknown = 0
            self._loaded_at = time.monotonic()
            self.fleet.advance(_now_us())
            self.loaded.set()

    async def _beat(self) -> None:
        await self.loaded.wait()
        due = time.monotonic()
        while self._clients or time.monotonic() - self._idle_since < LINGER_S:
            now_us = _now_us()
            self.fleet.advance(now_us)
            received, self._received_us = self._received_us, []
            sending = []
            for number, client in enumerate(list(self._clients)):
                if (frame := client.offer(self, now_us)) is not None:
                    sending.append(frame)
                if number % 16 == 15:
                    await asyncio.sleep(0)  # let the sockets breathe
            await _count_delays(received, sending, due + TICK_S - time.monotonic())
            due = max(due + TICK_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self.loaded.clear()
        self.up = False


async def _count_delays(
    received: list[npt.NDArray[np.int64]], sending: list[asyncio.Task[None]], most_s: float
) -> None:
    """From the last byte of each report to the frames that tell it written to the open maps' sockets.

    ``received`` are unix microseconds; a frame that takes longer than ``most_s`` is not waited for. Where no map is
    open nothing is counted.
    """
    if received and sending:
        await asyncio.wait(sending, timeout=max(0.0, most_s))
        metrics.LIVE_SECONDS.observe_many((_now_us() - np.concatenate(received)) / 1e6)


def _now_us() -> int:
    return time.time_ns() // 1000


def _read() -> tuple[Roll, Positions]:
    """The registry and the latest positions of the whole city; sockets cut their own part."""
    try:
        with entered(CITY):
            rows = Vehicle.objects.exclude(state=Vehicle.State.RETIRED).order_by("pk")
            roll = Roll.of(list(rows.values_list("pk", "kind", "county_id", "company_id", "plate")))
            return roll, store.latest(roll.vehicle_id)
    finally:
        connections.close_all()  # this thread serves nothing else


_FEEDS: WeakKeyDictionary[asyncio.AbstractEventLoop, MapFeed] = WeakKeyDictionary()


def feed() -> MapFeed:
    """The feed of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _FEEDS:
        _FEEDS[loop] = MapFeed()
    return _FEEDS[loop]
