"""A stand-in for a shard's worker: takes real tasks from the real broker and says "committed" (测试用)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty

import kombu
import numpy as np
import redis
from django.conf import settings

from datacenter.ingest.batch import STORED, Batch, answer_channel, pack_answer, queue

Judge = Callable[[Batch], "np.ndarray | None"]


def stored(batch: Batch) -> np.ndarray:
    """Everything is stored."""
    return np.full(len(batch), STORED, np.uint8)


class Worker:
    """One thread for ``shards``. ``judge`` gives the results of a batch, or None for an answer that gets lost.

    ``batches`` are those it took, ``expired`` how many tasks were too old, as Celery would see them.
    """

    def __init__(self, url: str, shards: list[int], judge: Judge = stored, pause_s: float = 0.0) -> None:
        self.judge, self.pause_s = judge, pause_s
        self.batches: list[Batch] = []
        self.expired = 0
        self.frames = 0
        self.cpu_s = 0.0
        self.keep = True
        self._url, self._shards = url, shards
        self._stop = threading.Event()
        self._held = threading.Event()
        self._held.set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._held.set()
        self._thread.join(5)

    def hold(self) -> None:
        """Take nothing more until ``go_on``."""
        self._held.clear()

    def go_on(self) -> None:
        self._held.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._serve()
            except Exception:  # the broker is killed in tests
                time.sleep(0.05)

    def _serve(self) -> None:
        options = dict(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        with kombu.Connection(self._url, transport_options=options) as connection, redis.from_url(self._url) as client:
            consumer = connection.Consumer(
                [kombu.Queue(queue(shard)) for shard in self._shards],
                callbacks=[lambda body, message: self._take(client, body, message)],
                accept=["msgpack"],
                prefetch_count=1,
            )
            with consumer:
                while not self._stop.is_set():
                    try:
                        connection.drain_events(timeout=0.2)
                    except (TimeoutError, Empty):
                        continue
            self.cpu_s = time.thread_time()

    def _take(self, client: redis.Redis, body: list, message: kombu.Message) -> None:
        self._held.wait()
        message.ack()
        assert message.headers["task"] == "datacenter.ingest.store_batch"
        if datetime.fromisoformat(message.headers["expires"]) < datetime.now(UTC):
            self.expired += 1
            return
        batch = Batch.from_task(body[1])
        if self.keep:
            self.batches.append(batch)
        self.frames += len(batch)
        if self.pause_s:
            time.sleep(self.pause_s)
        results = self.judge(batch)
        if results is not None:
            client.publish(answer_channel(batch.gateway), pack_answer(batch.batch_id, results))
