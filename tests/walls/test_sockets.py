"""Every websocket of the house, asked by the wrong county and by another company, over the real web process.

What sockets carry passes through no SQL for each reader (live arrays, channel groups), so PostgreSQL is no second wall
here and the scope's own check is held alone.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from datacenter.accounts.models import User
from datacenter.cases import announce
from datacenter.emergencies import announce as emergencies
from datacenter.notices import announce as notices
from datacenter.registry.models import Vehicle
from datacenter.routing import websocket_urlpatterns
from datacenter.tracks import frames, live
from tests import factories
from tests.conftest import Site
from tests.walls.world import LATITUDE_E6, LONGITUDE_E6, World

CITY_BOX = [121.0, 40.5, 123.0, 41.8]
LONGEST_S = 30.0  # a web process reads a changed registry again after a quarter of a minute at most
LONGER_S = 1.5  # a map is told of changes once a second
# What each socket is asked at its opening; a route that is missing here fails by its name.
SOCKETS: dict[str, list[dict[str, Any]]] = {
    "ws/map/": [
        {"type": "view", "view": 1, "box": CITY_BOX, "filters": {"counties": ["211104"]}},
        {"type": "follow", "vehicle": "VEHICLE"},
        {"type": "view", "view": 2, "box": CITY_BOX, "filters": {}},
    ],
    "ws/cases/": [],
    "ws/emergencies/": [],
    "ws/notices/": [],
}


def routes() -> list[str]:
    return [str(pattern.pattern) for pattern in websocket_urlpatterns]


def test_every_socket_is_in_the_table() -> None:
    assert sorted(routes()) == sorted(SOCKETS)


@asynccontextmanager
async def opened(site: Site, route: str, client: Client | None) -> AsyncIterator[Any]:
    headers = {"Origin": site.url}
    if client is not None:
        headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    address = site.url.replace("http", "ws") + "/" + route
    async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
        yield socket


def heard_in(message: str | bytes, world: World) -> set[str]:
    """What of Dawa's a message tells."""
    if isinstance(message, bytes):
        return {"position"} if world.vehicle.pk in frames.decode(message).ids.tolist() else set()
    told = json.loads(message)
    found = {secret for secret in world.secrets if secret in json.dumps(told, ensure_ascii=False)}
    if told.get("type") == "vehicle" and told.get("id") == world.vehicle.pk:
        found.add("details")
    if "211104" in told.get("counties", {}) or str(world.company.pk) in told.get("companies", {}):
        found.add("counts")
    return found


def move(world: World) -> None:
    """Dawa's vehicle and its neighbour report a position, a case and a call of Dawa's change; all told live."""
    now = int(time.time())
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for vehicle in (world.vehicle, world.neighbour):
            row = {"at": 0, "latitude_e6": LATITUDE_E6 + now % 900, "longitude_e6": LONGITUDE_E6, "speed_kmh": 40}
            client.publish(live.channel(), live.pack(factories.make_positions(vehicle.pk, [row], now)))
    case = world.case
    announce.announce(case.pk, case.number, case.county_id, case.company_id, case.state, "accept")
    call = world.call
    emergencies.on_commit(call.pk, call.plate, call.county_id, call.company_id, call.state)
    notice = world.notice
    facts = {"topic": notice.topic, "title": notice.title, "link": notice.link, "urgent": False}
    notices.on_commit([world.county_officer.pk], **facts)


class Listening:
    """Several sockets listened to at once, until each has heard what it is due and a little longer."""

    def __init__(self, site: Site, route: str, world: World) -> None:
        self.site, self.route, self.world = site, route, world
        self.found: dict[str, set[str]] = {}
        self.shown: dict[str, set[int]] = {}
        self.officer = "its own officer"

    def satisfied(self) -> bool:
        """Whether the officer has heard everything and, on the map, each stranger of the neighbour."""
        due = {
            "ws/map/": {"position", "details", "counts"},
            "ws/cases/": {self.world.case.number},
            "ws/emergencies/": {self.world.call.plate},
            "ws/notices/": {self.world.case.number},
        }[self.route]
        told = due <= self.found[self.officer]
        return told and (self.route != "ws/map/" or all(self.shown.values()))

    async def listen(self, sessions: dict[str, Client]) -> None:
        """Until all is heard, or ``LONGEST_S``; live news come meanwhile."""
        self.found, self.shown = {who: set() for who in sessions}, {who: set() for who in sessions}
        readers = [asyncio.create_task(self._read(who, session)) for who, session in sessions.items()]
        try:
            until = time.monotonic() + LONGEST_S
            while time.monotonic() < until and not self.satisfied():
                await sync_to_async(move)(self.world)
                await asyncio.sleep(0.8)
            await sync_to_async(move)(self.world)
            await asyncio.sleep(LONGER_S)
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    async def _read(self, who: str, session: Client) -> None:
        async with opened(self.site, self.route, session) as socket:
            for message in SOCKETS[self.route]:
                ready = {key: self.world.vehicle.pk if value == "VEHICLE" else value for key, value in message.items()}
                await socket.send(json.dumps(ready))
            async for message in socket:
                self.found[who] |= heard_in(message, self.world)
                if isinstance(message, bytes):
                    self.shown[who] |= set(frames.decode(message).ids.tolist())


def session_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def site(world: World, live_server: Site) -> Site:
    return live_server


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


@pytest.mark.parametrize("route", sorted(SOCKETS))
def test_a_socket_tells_a_stranger_nothing_and_its_officer_everything(
    site: Site, world: World, strangers: dict[str, User], route: str
) -> None:
    listening = Listening(site, route, world)
    sessions = {who: session_of(user) for who, user in strangers.items()}
    run(listening.listen({**sessions, listening.officer: session_of(world.county_officer)}))
    assert listening.satisfied(), (listening.found, listening.shown)
    # The web process may still know vehicles of an earlier test, whose rows are gone: they are nobody's.
    alive = set(Vehicle.objects.values_list("pk", flat=True))
    for who in sessions:
        assert not listening.found[who], f"{who} hears {listening.found[who]}"
        assert listening.shown[who] & alive <= {world.neighbour.pk}, who
    assert listening.shown[listening.officer] & alive <= {world.vehicle.pk}


@pytest.mark.parametrize("route", sorted(SOCKETS))
def test_a_socket_refuses_who_has_not_signed_in(site: Site, world: World, route: str) -> None:
    async def attempt() -> int:
        try:
            async with opened(site, route, None) as socket:
                await asyncio.wait_for(socket.wait_closed(), 5)
                return int(socket.close_code)
        except websockets.InvalidStatus as refusal:
            return int(refusal.response.status_code)

    assert run(attempt()) in {403, 4401}


@pytest.mark.parametrize("route", sorted(SOCKETS))
def test_a_socket_refuses_a_page_of_another_site(site: Site, world: World, route: str) -> None:
    client = session_of(world.county_officer)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    async def attempt() -> int:
        headers = {"Origin": "http://elsewhere.example", "Cookie": cookie}
        try:
            async with websockets.connect(
                site.url.replace("http", "ws") + "/" + route, additional_headers=headers, proxy=None
            ):
                return 101
        except websockets.InvalidStatus as refusal:
            return int(refusal.response.status_code)

    assert run(attempt()) == 403
