"""Batches to the broker (发件), from a thread of its own since kombu's producer blocks.

The thread asks each shard what the broker has not got yet and publishes that in order. When the broker is away it keeps
trying; nothing is lost meanwhile, since the shard keeps what is not committed.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from typing import Any

import kombu
from celery.app import app_or_default
from django.conf import settings

from datacenter.gateway.batches import HandedIn
from datacenter.gateway.metrics import BROKER_FAULTS, HANDED_IN
from datacenter.gateway.shard import Shard
from datacenter.ingest import batch as contract

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_log = logging.getLogger(__name__)


def broker_key(shard: int) -> str:
    """The Redis list that is the queue of ``shard``."""
    prefix = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("global_keyprefix", ""))
    return prefix + contract.queue(shard)


class Outbox:
    """Publishes what shards hand in. ``publish`` may be called from any thread and never blocks."""

    def __init__(self, url: str, expires_s: float) -> None:
        self._url, self._expires_s = url, expires_s
        self._app = app_or_default()  # asked for here, since the current application is a matter of the thread
        self._shards: queue.SimpleQueue[Shard | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._connection: kombu.Connection | None = None
        self._producer: kombu.Producer | None = None
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin publishing."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the thread; what is unpublished stays with its shard."""
        self._stopping.set()
        self._shards.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def publish(self, shard: Shard) -> None:
        """``shard`` has batches that the broker has not got."""
        self._shards.put(shard)

    def _run(self) -> None:
        while not self._stopping.is_set():
            shard = self._shards.get()
            if shard is not None:
                self._publish_all(shard)
        self._disconnect()

    def _publish_all(self, shard: Shard) -> None:
        pause_s = _FIRST_PAUSE_S
        while (batches := shard.unpublished()) and not self._stopping.is_set():
            try:
                for batch in batches:
                    self._publish_one(batch)
            except Exception as fault:
                # The outermost loop of this thread: a broker that is away, full or restarting is waited for.
                BROKER_FAULTS.inc("publish")
                if pause_s == _FIRST_PAUSE_S:
                    _log.warning("shard %d: a batch could not be published, trying on: %s", shard.number, fault)
                self._disconnect()
                self._stopping.wait(pause_s)
                pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    def _publish_one(self, batch: HandedIn) -> None:
        producer = self._producer or self._connect()
        message = self._app.amqp.as_task_v2(
            str(uuid.uuid4()),
            contract.TASK,
            kwargs=batch.task(),
            expires=self._expires_s,
            ignore_result=True,
            argsrepr="",
            kwargsrepr="",  # otherwise the whole blob would be printed to be cut off again
        )
        # The default exchange needs no binding, so a broker that comes back empty routes as before.
        producer.publish(
            message.body,
            exchange="",
            routing_key=contract.queue(batch.shard),
            serializer="msgpack",
            headers=message.headers,
            **message.properties,
        )
        batch.attempts += 1
        batch.published_at = time.monotonic()
        HANDED_IN.inc()

    def _connect(self) -> kombu.Producer:
        options: dict[str, Any] = dict(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        options |= {"socket_timeout": 10.0, "socket_connect_timeout": 3.0, "socket_keepalive": True}
        self._connection = kombu.Connection(self._url, transport_options=options)
        self._producer = kombu.Producer(self._connection, auto_declare=False)
        return self._producer

    def _disconnect(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            try:
                connection.release()
            except Exception as fault:
                _log.debug("closing a broken broker connection: %s", fault)
