"""What every websocket of changes shares (变动推送): it says that something changed inside the user's scope, no more.

Who is listening is asked again every half minute: a session that ended, an account that was disabled or moved to
another unit closes its sockets.
"""

import asyncio
import contextlib
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from datacenter.accounts.scope import NOTHING, Scope, scope_of

ALIVE_S = 15
RECHECK_EVERY = 2  # alive messages between two looks at the session
SIGNED_OUT, NOT_ALLOWED = 4401, 4403


class ScopedChanges(AsyncJsonWebsocketConsumer):
    """A socket that hears one group, that of its user's scope; ``{"type": "alive"}`` in between.

    Subclasses say which ``right`` it takes, and name the group of a scope.
    """

    right = ""
    group = ""
    seen: Scope = NOTHING
    user_id = 0
    _pulse: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Joins the group of the user's scope."""
        signed_in, self.seen = await self._who()
        await self.accept()  # a code only reaches the page over an open socket
        if not signed_in:
            await self.close(SIGNED_OUT)
            return
        self.group = self.group_of(self.seen)
        if not self.group:
            await self.close(NOT_ALLOWED)
            return
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.send_json({"type": "alive"})
        self._pulse = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        """Leaves the group."""
        if self._pulse is not None:
            self._pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pulse
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """Nothing is asked of this socket."""

    async def _beat(self) -> None:
        beats = 0
        while True:
            await asyncio.sleep(ALIVE_S)
            beats += 1
            if beats % RECHECK_EVERY == 0 and not await self.recheck():
                return
            await self.send_json({"type": "alive"})

    async def recheck(self) -> bool:
        """Whether the same user still may listen to the same scope; closes the socket if not."""
        signed_in, scope = await self._who()
        if signed_in and scope == self.seen:
            return True
        await self.close(SIGNED_OUT if not signed_in else NOT_ALLOWED)
        return False

    @database_sync_to_async
    def _who(self) -> tuple[bool, Scope]:
        """Who the session belongs to by now, read afresh; a user without ``right`` sees nothing."""
        session = self.scope.get("session")
        if session is None or not session.session_key:
            return False, NOTHING
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
        user = auth.get_user(request)
        if not user.is_authenticated or not user.is_active:
            return False, NOTHING
        self.user_id = user.pk
        return True, scope_of(user) if user.may(self.right) else NOTHING

    def group_of(self, scope: Scope) -> str:
        """The channel group that hears what lies inside ``scope``; empty where there is none."""
        raise NotImplementedError
