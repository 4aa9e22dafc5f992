"""Tells open pages what happened (广播), from any process: a message to every socket in some channel groups.

Sent with a plain Redis client in the channel layer's own spelling: a shard's worker has no event loop, and one made for
each message would open a connection for each. Best effort: where Redis is away, pages refresh later, what happened
stands. Packages name their groups and messages themselves; call it once the transaction is committed.
"""

import logging
import threading
import time
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

_log = logging.getLogger(__name__)
_TIMEOUT_S = 0.5
_PAUSE_S = 5.0  # after a failure, how long not to try: a burst of news must not wait for a dead server one by one


class _Wire:
    """One client of this process, made when first needed; quiet for a while after a failure."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: redis.Redis | None = None
        self._quiet_until = 0.0

    def publish(self, messages: dict[str, bytes]) -> None:
        if time.monotonic() < self._quiet_until:
            return
        with self._lock:
            if self._client is None:
                self._client = redis.Redis.from_url(
                    settings.REDIS_URL, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S
                )
        try:
            pipeline = self._client.pipeline(transaction=False)
            for channel, message in messages.items():
                pipeline.publish(channel, message)
            pipeline.execute()
        except (RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + _PAUSE_S
            _log.warning("Open pages were not told: %s", error)


_wire = _Wire()


def tell(groups: list[str], message: dict[str, Any]) -> None:
    """Send ``message`` to every socket in ``groups``."""
    packed = get_channel_layer().serialize(message)
    layers: Any = settings.CHANNEL_LAYERS
    prefix = layers["default"]["CONFIG"]["prefix"]
    _wire.publish({f"{prefix}__group__{group}": packed for group in groups})
