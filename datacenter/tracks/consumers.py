"""The live map's socket, ``/ws/map/`` (实时地图).

To the server, JSON::

    {"type": "view", "view": 3, "box": [west, south, east, north], "filters": {"kinds": ["taxi"], "counties": [],
     "companies": [12], "states": ["alarm"], "plate": "LT1"}}      where to look; answered by a full frame
    {"type": "follow", "vehicle": 17}                              details of one vehicle; null ends it
    {"type": "ping"}

To the browser: every second a binary frame (``frames.py``), and JSON: ``counts``, ``vehicle`` (of the one followed),
``changed`` (what else of the one followed: the name of the drawer's section to draw afresh),
``registry`` (read the table of vehicles again), ``pong``, ``error`` with code, message and field.

Who has not signed in or lacks the right is refused at the handshake. Every ``RECHECK_S`` the user, the session, the
right and the scope are looked at again: what was taken away closes the socket, 4401 signed out, 4403 not allowed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.utils.crypto import constant_time_compare

from datacenter.accounts.scope import NOTHING, Scope, scope_of
from datacenter.registry.models import Vehicle
from datacenter.tracks.changes import vehicle_group
from datacenter.tracks.errors import BadMapMessage
from datacenter.tracks.feed import MapClient, MapFeed, feed
from datacenter.tracks.fleet import Box, Filters, VehicleState, View

RIGHT = "map.view"
RECHECK_S = 30.0
SILENT_S = 180.0  # a browser pings every 20 s, a hidden tab at least once a minute
SIGNED_OUT, NOT_ALLOWED, GONE = 4401, 4403, 4408
LARGEST_MESSAGE = 16_384
_MOST_CHOICES = 500


class MapConsumer(AsyncWebsocketConsumer):
    """One open map."""

    client: MapClient | None = None
    _watch: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        user = self.scope["user"]
        self._user_pk = user.pk
        self._heard = time.monotonic()
        code, scope = await _standing(user.pk, self._session())
        if code:
            await self.close(code=code)  # before accept: the handshake is refused
            return
        self.client = MapClient(View(scope), self._deliver, lambda: self.close(code=GONE))
        self._feed: MapFeed = feed()
        await self.accept()
        self._watch = asyncio.create_task(self._keep_watch())
        await self._feed.join(self.client)

    async def disconnect(self, code: int) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self.client is not None:
            self._feed.leave(self.client)
            await self._follow(None)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.client is None:
            return
        self._heard = time.monotonic()
        try:
            message = _read(text_data)
            match message.get("type"):
                case "view":
                    self.client.view.ask(filters=read_filters(message.get("filters", {})), box=read_box(message))
                    self.client.number = _whole(message.get("view", 0), "view")
                    self.client.ready = True
                    if self._feed.loaded.is_set():
                        self.client.offer(self._feed, time.time_ns() // 1000)
                case "follow":
                    vehicle = message.get("vehicle")
                    await self._follow(None if vehicle is None else _whole(vehicle, "vehicle"))
                case "ping":
                    await self._deliver({"type": "pong"})
                case _:
                    raise BadMapMessage("没有这种消息", field="type")
        except BadMapMessage as fault:
            await self._deliver({"type": "error", "code": fault.code, "message": fault.message, "field": fault.field})

    async def _follow(self, vehicle: int | None) -> None:
        """Hear of one vehicle: its reports in full, and what else of it changes; None: of nobody."""
        assert self.client is not None
        if self.client.followed is not None:
            await self.channel_layer.group_discard(vehicle_group(self.client.followed), self.channel_name)
        self.client.follow(vehicle)
        if vehicle is not None:
            await self.channel_layer.group_add(vehicle_group(vehicle), self.channel_name)

    async def vehicle_changed(self, message: dict[str, Any]) -> None:
        """Carries on what ``changes`` said of the vehicle followed, where it lies inside the scope."""
        vehicle = message["vehicle"]
        if self.client is not None and self.client.followed == vehicle and self.client.may_see(self._feed, vehicle):
            await self._deliver({"type": "changed", "id": vehicle, "section": message["section"]})

    async def _deliver(self, message: bytes | dict[str, Any]) -> None:
        if isinstance(message, bytes):
            await self.send(bytes_data=message)
        else:
            await self.send(text_data=json.dumps(message, ensure_ascii=False, separators=(",", ":")))

    async def _keep_watch(self) -> None:
        """Close the socket when its user may no longer look, or nobody is there."""
        assert self.client is not None
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(RECHECK_S)
                code, scope = await _standing(self._user_pk, self._session())
                if not code and scope != self.client.view.scope:
                    code = NOT_ALLOWED  # the page holds vehicles of the old scope: it has to be opened anew
                if not code and time.monotonic() - self._heard > SILENT_S:
                    code = GONE
                if code:
                    self._feed.leave(self.client)
                    await self.close(code=code)
                    return

    def _session(self) -> str | None:
        """The key of the browser's session; None where something other than a session signed this socket in."""
        if "session" not in self.scope:
            return None
        return self.scope["session"].session_key or ""


@database_sync_to_async
def _standing(user_pk: int | None, session_key: str | None) -> tuple[int, Scope]:
    """(0, scope) of a user who may look at the map now, else the code to close with."""
    user = get_user_model().objects.select_related("unit").filter(pk=user_pk).first() if user_pk else None
    if user is None or not user.is_active or not _signed_in(user, session_key):
        return SIGNED_OUT, NOTHING
    scope = scope_of(user)
    if not user.may(RIGHT) or scope.level == "none":
        return NOT_ALLOWED, NOTHING
    return 0, scope


def _signed_in(user: Any, session_key: str | None) -> bool:
    """Whether the session still is this user's: signing out and a new password end it."""
    if session_key is None:
        return True
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    signed = store.get(HASH_SESSION_KEY, "")
    return store.get(SESSION_KEY) == str(user.pk) and constant_time_compare(signed, user.get_session_auth_hash())


def _read(text: str | None) -> dict[str, Any]:
    if text is None or len(text) > LARGEST_MESSAGE:
        raise BadMapMessage("消息应为不超过 16 KB 的 JSON", field="")
    try:
        message = json.loads(text)
    except ValueError:
        raise BadMapMessage("消息不是 JSON", field="") from None
    if not isinstance(message, dict):
        raise BadMapMessage("消息应为 JSON 对象", field="")
    return message


def read_box(message: dict[str, Any]) -> Box:
    """The viewport of a message. Raises ``BadMapMessage``."""
    box = message.get("box")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(value) for value in box):
        raise BadMapMessage("视野应为 [西, 南, 东, 北] 四个数", field="box")
    west, south = max(box[0], -180.0), max(box[1], -90.0)
    east, north = min(box[2], 180.0), min(box[3], 90.0)
    if not (east - west >= 1e-5 and north - south >= 1e-5):
        raise BadMapMessage("视野的东应大于西、北应大于南", field="box")
    return Box(round(west * 1e6), round(south * 1e6), round(east * 1e6), round(north * 1e6))


def read_filters(raw: Any) -> Filters:
    """The filters of a message; what is left out filters nothing. Raises ``BadMapMessage``."""
    if not isinstance(raw, dict):
        raise BadMapMessage("筛选应为 JSON 对象", field="filters")
    states = {state.code: state for state in VehicleState}
    unknown = set(raw) - {"kinds", "counties", "companies", "states", "plate"}
    if unknown:
        raise BadMapMessage(f"没有这种筛选：{min(unknown)}", field="filters")
    plate = raw.get("plate", "")
    if not isinstance(plate, str) or len(plate) > 12:
        raise BadMapMessage("车牌应为不超过 12 个字符的文字", field="plate")
    kinds, counties = _texts(raw, "kinds"), _texts(raw, "counties")
    if any(kind not in Vehicle.Kind.values for kind in kinds):
        raise BadMapMessage("没有这种车辆类别", field="kinds")
    chosen = _texts(raw, "states")
    if any(state not in states for state in chosen):
        raise BadMapMessage("没有这种车辆状态", field="states")
    companies = tuple(_whole(value, "companies") for value in _list(raw, "companies"))
    return Filters(kinds, counties, companies, tuple(states[state] for state in chosen), plate.strip())


def _list(raw: dict[str, Any], name: str) -> list[Any]:
    values = raw.get(name, [])
    if not isinstance(values, list) or len(values) > _MOST_CHOICES:
        raise BadMapMessage(f"应为不超过 {_MOST_CHOICES} 项的列表", field=name)
    return values


def _texts(raw: dict[str, Any], name: str) -> tuple[str, ...]:
    values = _list(raw, name)
    if not all(isinstance(value, str) and len(value) <= 24 for value in values):
        raise BadMapMessage("列表中应为文字代码", field=name)
    return tuple(values)


def _whole(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise BadMapMessage("应为非负整数", field=field)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e4
