"""Tells open pages that a case appeared or changed (案件变动广播), from any process, once its transaction is committed.

Sent with a plain Redis client in the channel layer's own spelling: a shard's worker has no event loop, and one made for
each message would open a connection for each. Best effort: where Redis is away, pages refresh later, the case stands.
"""

import logging
import threading
import time

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

_log = logging.getLogger(__name__)
_TIMEOUT_S = 0.5
_PAUSE_S = 5.0  # after a failure, how long not to try: a burst of cases must not wait for a dead server one by one


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
            _log.warning("Open pages were not told of a case: %s", error)


_wire = _Wire()


def city_group() -> str:
    """The group of those who see the whole city."""
    return "cases.city"


def county_group(county_id: str) -> str:
    """The group of one county's officers."""
    return f"cases.county.{county_id}"


def company_group(company_id: int | str) -> str:
    """The group of one company's people."""
    return f"cases.company.{company_id}"


def announce(case_id: int, number: str, county_id: str | None, company_id: int | None, state: str, verb: str) -> None:
    """Tell everybody who may see the case; the fields are named as in the API's row."""
    row = {"id": case_id, "number": number, "county": county_id, "company": company_id, "state": state}
    groups = [city_group()]
    if county_id:
        groups.append(county_group(county_id))
    if company_id:
        groups.append(company_group(company_id))
    message = get_channel_layer().serialize({"type": "case.changed", "verb": verb, "case": row})
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    _wire.publish({f"{prefix}__group__{group}": message for group in groups})
