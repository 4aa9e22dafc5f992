"""The live map's socket and API through their public face: who is let in, what each scope gets, what is refused."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import redis
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from datacenter import metrics
from datacenter.accounts.models import AuditRecord, User
from datacenter.registry.models import Company, Vehicle
from datacenter.tracks import consumers, frames, live, store
from datacenter.tracks.feed import MapClient, feed
from datacenter.tracks.fleet import Filters, View
from datacenter.tracks.position import Flag
from datacenter.tracks.routing import websocket_urlpatterns
from tests import factories

VIEW = {"type": "view", "view": 1, "box": [121.3, 40.6, 122.7, 41.6], "filters": {}}


class Socket(ApplicationCommunicator):
    """A browser's end of ``/ws/map/``; ``let_in`` and, when refused, ``code`` say how the handshake went."""

    def __init__(self, user: User | None) -> None:
        scope = {"type": "websocket", "path": "/ws/map/", "query_string": b"", "headers": [], "subprotocols": []}
        super().__init__(URLRouter(websocket_urlpatterns), {**scope, "user": user or _Nobody()})
        self.let_in, self.code = False, 0

    async def connect(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout=10)
        self.let_in, self.code = answer["type"] == "websocket.accept", answer.get("code", 0)

    async def send_to(self, text_data: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text_data})

    async def send_json_to(self, message: dict[str, Any]) -> None:
        await self.send_to(json.dumps(message))

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=5)


Open = Callable[[User | None], Awaitable[Socket]]


@pytest.fixture
def vehicles(hazmat_company: Company, other_company: Company, tracks: None) -> dict[str, Vehicle]:
    """Two vehicles of Dawa, of two companies, and one of Panshan."""
    second = factories.make_company("大洼第二运输有限公司", factories.DAWA)
    return {
        "ours": factories.make_vehicle("辽LH0001", hazmat_company),
        "neighbour": factories.make_vehicle("辽LH0002", second),
        "panshan": factories.make_vehicle("辽LH0003", other_company, county_id=factories.PANSHAN),
    }


@pytest.fixture
async def open_map() -> AsyncIterator[Open]:
    opened: list[Socket] = []

    async def connect(user: User | None) -> Socket:
        opened.append(Socket(user))
        await opened[-1].connect()
        return opened[-1]

    yield connect
    for socket in opened:
        await socket.disconnect()
    await feed().stop()


class _Nobody:
    pk = None
    is_authenticated = False


def publish(*vehicles: Vehicle, **facts: int) -> None:
    records = np.zeros(len(vehicles), live.LIVE)
    records["vehicle_id"] = [vehicle.pk for vehicle in vehicles]
    records["latitude_e6"], records["longitude_e6"], records["speed_dkmh"] = 41_000_000, 122_050_000, 400
    records["flags"] = Flag.LOCATED | Flag.QUALIFIED
    records["device_time"], records["received_us"] = int(time.time()), time.time_ns() // 1000
    for name, value in facts.items():
        records[name] = value
    redis.from_url(settings.REDIS_URL).publish(live.channel(), records.tobytes())


async def told(socket: Socket, until: Callable[[Any], bool]) -> Any:
    """The first message for which ``until`` holds: a ``Frame`` or a JSON object."""
    for _ in range(40):
        answer = await socket.receive_output(timeout=5)
        if answer["type"] == "websocket.close":
            message: Any = answer
        else:
            data = answer.get("bytes")
            message = frames.decode(data) if data else json.loads(answer["text"])
        if until(message):
            return message
    raise AssertionError("not told")


async def known_to(socket: Socket, wait_for: int) -> set[int]:
    """Ids that a map has been told once it knows ``wait_for`` vehicles, and for a frame longer."""
    known: set[int] = set()
    for _ in range(20):
        frame = await told(socket, lambda message: isinstance(message, frames.Frame))
        enough = len(known) >= wait_for
        known |= set(frame.ids.tolist())
        if enough:
            return known
    raise AssertionError(f"knows {len(known)} vehicles only")


# --- the door --------------------------------------------------------------------------------------------------------
async def test_nobody_is_refused_at_the_handshake(transactional_db: None, open_map: Open) -> None:
    socket = await open_map(None)
    assert (socket.let_in, socket.code) == (False, consumers.SIGNED_OUT)


async def test_a_role_without_the_map_is_refused(
    hotline_operator: User, open_map: Open, transactional_db: None
) -> None:
    socket = await open_map(hotline_operator)
    assert (socket.let_in, socket.code) == (False, consumers.NOT_ALLOWED)


async def test_a_right_taken_away_closes_the_socket(
    dawa_officer: User, vehicles: dict[str, Vehicle], open_map: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.2)
    socket = await open_map(dawa_officer)
    assert socket.let_in
    await database_sync_to_async(User.objects.filter(pk=dawa_officer.pk).update)(is_active=False)
    closed = await told(socket, lambda message: isinstance(message, dict) and message["type"] == "websocket.close")
    assert closed["code"] == consumers.SIGNED_OUT


async def test_moving_to_another_county_closes_the_socket(
    dawa_officer: User, panshan_officer: User, vehicles: dict[str, Vehicle], open_map: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(consumers, "RECHECK_S", 0.2)
    socket = await open_map(dawa_officer)
    await database_sync_to_async(User.objects.filter(pk=dawa_officer.pk).update)(unit_id=panshan_officer.unit_id)
    closed = await told(socket, lambda message: isinstance(message, dict) and message["type"] == "websocket.close")
    assert closed["code"] == consumers.NOT_ALLOWED


# --- what each sees --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("city_officer", {"ours", "neighbour", "panshan"}),
        ("dawa_officer", {"ours", "neighbour"}),
        ("safety_officer", {"ours"}),
    ],
)
async def test_each_scope_sees_its_own_vehicles_and_no_other(
    who: str, seen: set[str], request: pytest.FixtureRequest, vehicles: dict[str, Vehicle], open_map: Open,
    city_officer: User, dawa_officer: User, safety_officer: User,
) -> None:  # fmt: skip
    user = {"city_officer": city_officer, "dawa_officer": dawa_officer, "safety_officer": safety_officer}[who]
    socket = await open_map(user)
    await socket.send_json_to(VIEW)
    await told(socket, lambda message: isinstance(message, frames.Frame) and message.full and message.fed)
    publish(*vehicles.values())
    assert await known_to(socket, len(seen)) == {vehicles[name].pk for name in seen}
    for name, vehicle in vehicles.items():
        await socket.send_json_to({"type": "follow", "vehicle": vehicle.pk})
        publish(*vehicles.values(), latitude_e6=41_000_000 + vehicle.pk)
        if name in seen:
            report = await told(socket, lambda message: isinstance(message, dict) and message["type"] == "vehicle")
            assert report["id"] == vehicle.pk
        else:
            for _ in range(3):
                frame = await told(socket, lambda message: True)
                assert not (isinstance(frame, dict) and frame["type"] == "vehicle")


async def test_a_vehicle_that_moves_out_of_sight_is_taken_away(
    city_officer: User, vehicles: dict[str, Vehicle], open_map: Open
) -> None:
    socket = await open_map(city_officer)
    await socket.send_json_to(VIEW)
    await told(socket, lambda message: isinstance(message, frames.Frame) and message.fed)
    delays = metrics.LIVE_SECONDS.count()
    publish(vehicles["ours"])
    await known_to(socket, 1)
    await told(socket, lambda message: isinstance(message, frames.Frame))  # the tick of the report is over by then
    assert metrics.LIVE_SECONDS.count() == delays + 1
    publish(vehicles["ours"], longitude_e6=124_000_000, device_time=int(time.time()) + 1)
    gone = await told(socket, lambda message: isinstance(message, frames.Frame) and len(message.removed) > 0)
    assert gone.removed.tolist() == [vehicles["ours"].pk]


async def test_a_frame_comes_every_second_even_when_nothing_moves(
    city_officer: User, vehicles: dict[str, Vehicle], open_map: Open
) -> None:
    socket = await open_map(city_officer)
    await socket.send_json_to(VIEW)
    first = await told(socket, lambda message: isinstance(message, frames.Frame))
    third = await told(socket, lambda m: isinstance(m, frames.Frame) and m.sequence >= first.sequence + 2)
    assert 1000 < third.now_ms - first.now_ms < 4000


async def test_a_slow_reader_skips_frames_and_then_gets_a_full_one() -> None:
    gate = asyncio.Event()
    sent: list[bytes | dict[str, Any]] = []

    async def send(message: bytes | dict[str, Any]) -> None:
        await gate.wait()
        sent.append(message)

    async def drop() -> None:
        raise AssertionError("dropped")

    hub = feed()
    reader = MapClient(View(), send, drop)
    reader.view.ask(filters=Filters(), box=consumers.read_box(VIEW))
    reader.ready = True
    for _ in range(5):
        reader.offer(hub, 0)
        await asyncio.sleep(0)
    assert reader.skipped == 4
    gate.set()
    await asyncio.sleep(0.01)
    reader.offer(hub, 0)
    await asyncio.sleep(0.01)
    drawn = [frames.decode(message) for message in sent if isinstance(message, bytes)]
    assert [frame.full for frame in drawn] == [True, True]


# --- refusals --------------------------------------------------------------------------------------------------------
BAD_MESSAGES = [
    ("{", ""),
    ("[]", ""),
    (json.dumps({"type": "sing"}), "type"),
    (json.dumps({**VIEW, "box": [1, 2, 3]}), "box"),
    (json.dumps({**VIEW, "box": [122, 41, 121, 42]}), "box"),
    (json.dumps({**VIEW, "box": [121, 41, "x", 42]}), "box"),
    (json.dumps({**VIEW, "filters": {"colour": []}}), "filters"),
    (json.dumps({**VIEW, "filters": {"kinds": ["ship"]}}), "kinds"),
    (json.dumps({**VIEW, "filters": {"states": "alarm"}}), "states"),
    (json.dumps({**VIEW, "filters": {"companies": ["5"]}}), "companies"),
    (json.dumps({**VIEW, "filters": {"plate": "x" * 13}}), "plate"),
    (json.dumps({"type": "follow", "vehicle": -1}), "vehicle"),
    (" " * 20_000, ""),
]


async def test_a_bad_message_is_answered_and_does_not_end_the_socket(
    city_officer: User, vehicles: dict[str, Vehicle], open_map: Open
) -> None:
    socket = await open_map(city_officer)
    for message, field in BAD_MESSAGES:
        await socket.send_to(message)
        error = await told(socket, lambda answer: isinstance(answer, dict) and answer["type"] == "error")
        assert (error["code"], error["field"]) == ("bad_message", field), message
    await socket.send_json_to({"type": "ping"})
    await told(socket, lambda answer: isinstance(answer, dict) and answer["type"] == "pong")


# --- the API ---------------------------------------------------------------------------------------------------------
def test_the_table_of_vehicles_is_cut_to_the_scope_and_not_sent_twice(
    client: Client, dawa_officer: User, vehicles: dict[str, Vehicle]
) -> None:
    client.force_login(dawa_officer)
    answer = client.get("/api/v1/map/vehicles/")
    assert sorted(answer.json()["plate"]) == ["辽LH0001", "辽LH0002"]
    again = client.get("/api/v1/map/vehicles/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_track_is_given_inside_the_scope_only_and_noted(
    client: Client, dawa_officer: User, vehicles: dict[str, Vehicle]
) -> None:
    start = timezone.now().replace(microsecond=0) - timedelta(minutes=30)
    store.make_partitions([store.day_of(int(start.timestamp())), timezone.localdate()])
    rows = factories.make_positions(vehicles["ours"].pk, [{}, {}, {}], start=int(start.timestamp()))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, rows, [b""] * len(rows))
    client.force_login(dawa_officer)
    span = {"start": start.isoformat(), "end": timezone.now().isoformat()}
    answer = client.get(f"/api/v1/vehicles/{vehicles['ours'].pk}/track/", span)
    assert answer.json()["count"] == len(answer.json()["longitude_e6"]) == 3
    assert client.get(f"/api/v1/vehicles/{vehicles['panshan'].pk}/track/", span).status_code == 404
    assert AuditRecord.objects.filter(action="track.view").count() == 1


@pytest.mark.parametrize(
    "span",
    [
        {},
        {"start": "2026-11-22T08:00:00", "end": "2026-11-22T07:00:00"},
        {"start": "2026-11-20T08:00:00", "end": "2026-11-22T08:00:01"},
        {"start": "yesterday", "end": "2026-11-22T08:00:00"},
    ],
)
def test_a_span_that_cannot_be_read_is_refused(
    span: dict[str, str], client: Client, city_officer: User, vehicles: dict[str, Vehicle]
) -> None:
    client.force_login(city_officer)
    answer = client.get(f"/api/v1/vehicles/{vehicles['ours'].pk}/track/", span)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_span")
