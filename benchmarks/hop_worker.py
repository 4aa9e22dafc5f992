"""The worker's end of the hop (``bench_hop``): takes a batch, does nothing with it, answers its gateway.

``celery -A benchmarks.hop_worker worker …`` is the product's own worker with an empty task under the name of the real
one; ``python -m benchmarks.hop_worker`` is a plain consumer group of a Redis stream.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

import msgpack
import numpy as np
import redis
from celery import Celery
from django.conf import settings

from datacenter.ingest.batch import TASK, answer_channel, pack_answer

STREAM, GROUP = "bench:hop:stream", "shard"
app = Celery("hop")
app.config_from_object("django.conf:settings", namespace="CELERY")
client = redis.Redis.from_url(settings.REDIS_URL)


def answer_to(batch: dict[str, object]) -> tuple[str, bytes]:
    """Channel and word of the answer: every frame stored."""
    rows = len(batch["lengths"]) // 4  # type: ignore[arg-type]
    return answer_channel(str(batch["gateway"])), pack_answer(str(batch["batch_id"]), np.zeros(rows, np.uint8))


@app.task(name=TASK, ignore_result=True)
def nothing(**batch: object) -> None:
    """The task of the hop."""
    client.publish(*answer_to(batch))


def consume() -> None:
    """Read the stream one entry at a time, as a worker does that holds a transaction for each."""
    client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    client.publish("bench:hop:ready", "1")
    while True:
        for _, entries in client.xreadgroup(GROUP, "worker", {STREAM: ">"}, count=1, block=1000) or []:
            for number, fields in entries:
                pipe = client.pipeline(transaction=False)
                pipe.publish(*answer_to(msgpack.unpackb(fields[b"b"])))
                # An acknowledged entry stays in the stream until somebody deletes it.
                pipe.xack(STREAM, GROUP, number)
                pipe.xdel(STREAM, number)
                pipe.execute()


if __name__ == "__main__":
    sys.exit(consume())
