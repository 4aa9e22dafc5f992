"""Celery's door to the shard's worker: one solo process reads one shard's queue."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import redis
from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from datacenter import metrics
from datacenter.ingest import layout
from datacenter.ingest.batch import TASK, Batch, answer_channel, pack_answer, pack_moved, queue
from datacenter.ingest.errors import LayoutChanged, Superseded
from datacenter.ingest.worker import ShardWorker
from datacenter.tracks import live

log = logging.getLogger(__name__)

REDETECT = "datacenter.ingest.redetect"
# How long detecting anew may hold up the live positions of its shard.
_REDETECT_BUDGET_S = 0.2

_workers: dict[int, ShardWorker] = {}
_client: redis.Redis | None = None


def client() -> redis.Redis:
    """This process's Redis connection."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)
    return _client


def worker_of(shard: int) -> ShardWorker:
    """The shard's worker in this process; the first call takes the shard over."""
    if shard not in _workers:
        _workers[shard] = ShardWorker(shard)
    return _workers[shard]


@shared_task(name=TASK, ignore_result=True)
def store_batch(**arguments: Any) -> None:
    """Store one batch and tell its gateway. What fails for the database's sake is handed in again by the gateway."""
    batch = Batch.from_task(arguments)
    try:
        results, moved = worker_of(batch.shard).store(batch)
    except (OperationalError, InterfaceError) as fault:
        _lost(batch.shard, fault)
        return
    except Superseded:
        _leave(batch.shard)
        return
    except LayoutChanged:
        _moved(batch)
        return
    _publish(answer_channel(batch.gateway), pack_answer(batch.batch_id, results))
    if moved:
        _publish(live.channel(), moved)


@shared_task(name="datacenter.ingest.tick", ignore_result=True)
def tick(shard: int) -> None:
    """A watermark: the shard is up to date as of now. Also looks at what waits to be detected anew."""
    try:
        worker_of(shard).tick()
    except (OperationalError, InterfaceError) as fault:
        _lost(shard, fault)
        return
    except Superseded:
        _leave(shard)
        return
    except LayoutChanged:
        return  # it changed this very moment: the next tick sees the new one
    redetect(shard)


@shared_task(name=REDETECT, ignore_result=True)
def redetect(shard: int) -> None:
    """Detect pending spans anew, a little at a time, between the batches of live positions."""
    try:
        more = worker_of(shard).redetect(_REDETECT_BUDGET_S)
    except (OperationalError, InterfaceError) as fault:
        _lost(shard, fault)
        return
    except Superseded:
        _leave(shard)
        return
    except LayoutChanged:
        return  # what waits has gone with its vehicles
    if more:
        redetect.apply_async([shard], queue=queue(shard), expires=60)


def _moved(batch: Batch) -> None:
    """Tell the batch's gateway that it was cut by an older layout, and which is in force."""
    try:
        _publish(answer_channel(batch.gateway), pack_moved(layout.establish()))
    except (OperationalError, InterfaceError) as fault:
        _lost(batch.shard, fault)


def _publish(channel: str, message: bytes) -> None:
    try:
        client().publish(channel, message)
    except redis.RedisError as fault:
        # The gateway hands the batch in again, and storing it twice stores it once.
        log.warning("nothing published on %s: %s", channel, fault)


def _lost(shard: int, fault: Exception) -> None:
    log.warning("shard %d: the database is away (%s); its batch will be handed in again", shard, fault)
    connection.close()
    time.sleep(0.5)  # it is restarting: no use in asking it a thousand times


def _leave(shard: int) -> None:
    """Another worker has taken the shard: this one takes no more of it until it is started anew."""
    log.error("shard %d was taken over by another worker: this one stops", shard)
    raise SystemExit(1)


@worker_ready.connect
def _begin(sender: Any = None, **_: Any) -> None:
    """Shows this worker's life and figures to /readyz and /metrics until it stops."""
    name = sender.hostname.split("@")[0]

    def beat() -> None:
        try:
            metrics.resume(client().hget(metrics.key(), f"worker:{name}"))  # type: ignore[arg-type]
        except redis.RedisError as fault:
            log.warning("figures start from zero: %s", fault)
        while not _stopping.wait(metrics.PUBLISH_S):
            try:
                client().set(f"{settings.REDIS_PREFIX}:alive:worker:{name}", 1, ex=10)
                metrics.publish(client(), f"worker:{name}")
            except redis.RedisError as fault:
                log.warning("figures not published: %s", fault)

    threading.Thread(target=beat, name="beat", daemon=True).start()


_stopping = threading.Event()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    _stopping.set()
