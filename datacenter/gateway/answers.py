"""What comes to the gateway over Redis (回执): workers' word of commits, and other gateways' claims to a phone.

Publish and subscribe loses what nobody hears, so hand-ins wait until the subscription is confirmed, and after each
reconnection everything in flight is handed in again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgpack
import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from datacenter.commands.delivery import channel as commands_channel
from datacenter.gateway.metrics import BROKER_FAULTS
from datacenter.ingest.batch import answer_channel, unpack_answer
from datacenter.ingest.layout import Layout

_PAUSE_S = 0.2
_PING_S = 5.0
_log = logging.getLogger(__name__)


def claims_channel() -> str:
    """The Redis channel on which gateways say which phones have just authenticated with them."""
    return f"{settings.REDIS_PREFIX}:gateway:claims"


def pack_claims(gateway: str, claims: dict[str, int]) -> bytes:
    """Phones with the time of their authentication, unix microseconds."""
    return bytes(msgpack.packb([gateway, claims]))


class Answers:
    """The subscription of one gateway.

    ``answered`` gets batch id and results, ``moved`` the layout in force where a batch was cut by an older one,
    ``claimed`` another gateway's claims; ``opened`` is called with whether this is a reconnection, ``closed`` when the
    subscription breaks, ``orders_wait`` when orders to terminals do.
    """

    def __init__(
        self,
        url: str,
        gateway: str,
        *,
        answered: Callable[[str, bytes], None],
        moved: Callable[[Layout], None],
        claimed: Callable[[dict[str, int]], None],
        opened: Callable[[bool], None],
        closed: Callable[[], None],
        orders_wait: Callable[[], None],
    ) -> None:
        self._url, self._gateway = url, gateway
        self._answered, self._claimed, self._opened, self._closed = answered, claimed, opened, closed
        self._orders_wait, self._moved = orders_wait, moved

    async def listen(self) -> None:
        """Hear until cancelled, over any number of connections."""
        again = False
        while True:
            try:
                await self._listen_once(again)
            except (redis.RedisError, OSError) as fault:
                BROKER_FAULTS.inc("answers")
                _log.warning("the subscription to answers broke, trying on: %s", fault)
                again = True
            finally:
                self._closed()
            await asyncio.sleep(_PAUSE_S)

    async def _listen_once(self, again: bool) -> None:
        client = redis.asyncio.from_url(
            self._url,
            socket_connect_timeout=3.0,
            socket_keepalive=True,
            # A silent reconnection would hide that answers were lost.
            retry=Retry(NoBackoff(), 0),
        )
        async with client, client.pubsub() as listener:
            channel = answer_channel(self._gateway).encode()
            waiting = commands_channel().encode()
            await listener.subscribe(channel, claims_channel(), waiting)
            confirmed = 0
            while True:
                message = await listener.get_message(timeout=_PING_S)
                if message is None:
                    if confirmed < 3:
                        raise redis.ConnectionError("no confirmation of the subscription")
                    await asyncio.wait_for(listener.ping(), _PING_S)
                elif message["type"] == "subscribe":
                    confirmed += 1
                    if confirmed == 3:
                        self._opened(again)
                elif message["type"] == "message" and message["channel"] == waiting:
                    self._orders_wait()
                elif message["type"] == "message":
                    self._hear(message["channel"] == channel, message["data"])

    def _hear(self, is_answer: bool, data: bytes) -> None:
        try:
            if is_answer:
                answer = unpack_answer(data)
                if isinstance(answer, Layout):
                    self._moved(answer)
                else:
                    self._answered(*answer)
            else:
                gateway, claims = msgpack.unpackb(data)
                if gateway != self._gateway:
                    self._claimed(claims)
        except (ValueError, TypeError, msgpack.UnpackException) as fault:
            BROKER_FAULTS.inc("message")
            _log.error("a message on the gateway's channels could not be read: %s", fault)
