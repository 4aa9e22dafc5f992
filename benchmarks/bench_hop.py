"""What it costs that Celery carries positions (Celery 一跳的代价), beside a plain Redis stream (ADR 0010).

The same batches go from one process to another that does nothing and answers: once as the product does it (the
gateway's outbox, kombu, a solo worker), once by XADD, XREADGROUP, XACK and XDEL of the same dictionary in msgpack. The
answer comes by publish and subscribe both times. CPU is that of sender, worker and Valkey together.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench_decode import make_reports
from benchmarks.cpu import used_s

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"": 4096, "-small": 100}  # frames a batch: a full one, and what a quiet city gives in 100 ms
IN_FLIGHT = 3  # as the gateway: ``Limits.batches_in_flight``
GATEWAY = "bench"
_MOST_BATCHES, _LATENCIES = 4000, 150


class Parcel:
    """One batch as the gateway's outbox knows it."""

    shard, attempts = 0, 0
    published_at: float | None = None

    def __init__(self, task: dict[str, Any]) -> None:
        self.batch_id = uuid.uuid4().hex
        self._task = task | {"batch_id": self.batch_id}

    def task(self) -> dict[str, Any]:
        """Keyword arguments of the task."""
        return self._task


class Waiting:
    """What the outbox asks of a shard: the batches that the broker has not got."""

    number = 0

    def __init__(self) -> None:
        self._parcels: queue.SimpleQueue[Parcel] = queue.SimpleQueue()

    def put(self, parcel: Parcel) -> None:
        self._parcels.put(parcel)

    def unpublished(self) -> list[Parcel]:
        """Takes them out: nothing is handed in twice here."""
        taken = []
        while not self._parcels.empty():
            taken.append(self._parcels.get())
        return taken


def run(seconds: float = 4.0) -> list[dict[str, Any]]:
    """CPU a batch of each way and size; ``hop`` is Celery with full batches, the figure of the ADR."""
    import django

    django.setup()
    from panjin_traffic.servers import ValkeyServer

    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-hop-") as place:
        valkey = ValkeyServer(Path(place) / "valkey")
        valkey.start()
        try:
            for way, server in (("", _celery), ("-stream", _stream)):
                with server(valkey.url) as (send, worker):
                    for size, frames in SIZES.items():
                        measured = _measured(
                            valkey.url, send, {"worker": worker, "valkey": valkey.pid}, frames, seconds
                        )
                        bench, value = f"hop{way}{size}", measured["cpu_us_a_batch"]["all"]
                        figures.append({"bench": bench, "value": value, "unit": "us/batch", "detail": measured})
        finally:
            valkey.destroy()
    return figures


def batch_of(frames: int) -> dict[str, Any]:
    """A batch as it leaves the gateway: 0x0200 with six items, some 85 bytes each."""
    from datacenter.ingest.batch import Batch
    from datacenter.protocols.jt808.header import Edition, Header

    bodies = [report.encode(Edition.V2013) for report in make_reports(frames)]
    whole = [
        Header(0x0200, len(body), f"{13900000000 + n % 400:012d}", n, Edition.V2013).pack() + body + b"\0"
        for n, body in enumerate(bodies)
    ]
    ones = np.ones(frames, np.int64)
    return Batch(
        batch_id="", gateway=GATEWAY, shard=0, blob=b"".join(whole),
        lengths=np.array([len(frame) for frame in whole], np.int32), vehicles=np.arange(frames, dtype=np.int32),
        received_us=ones * time.time_ns() // 1000, forms=np.zeros(frames, np.uint8),
        message_ids=(ones * 0x0200).astype(np.uint16),
    ).to_task()  # fmt: skip


# --- the two ways ----------------------------------------------------------------------------------------------------
@contextmanager
def _celery(url: str) -> Iterator[tuple[Callable[[Parcel], None], int]]:
    from datacenter.gateway.limits import Limits
    from datacenter.gateway.outbox import Outbox
    from panjin_traffic.supervisor.house import CELERY, QUIET_WORKER

    command = [
        *CELERY[:-1], "benchmarks.hop_worker", "worker", "-P", "solo", "-O", "fair", "--prefetch-multiplier", "1",
        "-Q", "shard.0", "-n", "hop@%h", "-l", "ERROR", *QUIET_WORKER,
    ]  # fmt: skip
    outbox, shard = Outbox(url, Limits().expires_s), Waiting()
    with _process(command, url) as pid:
        outbox.start()
        try:
            yield lambda parcel: (shard.put(parcel), outbox.publish(shard))[1], pid  # type: ignore[arg-type]
        finally:
            outbox.stop()


@contextmanager
def _stream(url: str) -> Iterator[tuple[Callable[[Parcel], None], int]]:
    import msgpack
    import redis

    from benchmarks.hop_worker import STREAM

    client, parcels = redis.Redis.from_url(url), queue.SimpleQueue[Parcel | None]()

    def send_all() -> None:
        while (parcel := parcels.get()) is not None:
            client.xadd(STREAM, {"b": msgpack.packb(parcel.task())})

    thread = threading.Thread(target=send_all, daemon=True)  # as the outbox: the caller never blocks
    with _process([sys.executable, "-m", "benchmarks.hop_worker"], url) as pid:
        thread.start()
        try:
            yield parcels.put, pid
        finally:
            parcels.put(None)
            thread.join(5)


@contextmanager
def _process(command: list[str], url: str) -> Iterator[int]:
    environment = {**os.environ, "REDIS_URL": url, "LOG_LEVEL": "WARNING", "CELERY_SKIP_CHECKS": "true"}
    child = subprocess.Popen(command, cwd=ROOT, env=environment)  # noqa: S603
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait(10)


# --- the measuring ---------------------------------------------------------------------------------------------------
def _measured(
    url: str, send: Callable[[Parcel], None], others: dict[str, int | None], frames: int, seconds: float
) -> dict[str, Any]:
    """Latency with one batch under way, then throughput and CPU with ``IN_FLIGHT``."""
    import msgpack
    import redis

    from datacenter.ingest.batch import answer_channel

    task = batch_of(frames)
    with redis.Redis.from_url(url) as client, client.pubsub() as answers:
        answers.subscribe(answer_channel(GATEWAY))
        answers.get_message(timeout=5)
        _pass(send, answers, task, 1, 20, 60.0)  # the worker is up, caches are warm
        latencies = np.array(_pass(send, answers, task, 1, _LATENCIES, 60.0)[1]) * 1000
        before = {name: used_s(pid) for name, pid in others.items()} | {"sender": time.process_time()}
        began = time.perf_counter()
        batches = _pass(send, answers, task, IN_FLIGHT, _MOST_BATCHES, seconds)[0]
        lasted = time.perf_counter() - began
        after = {name: used_s(pid) for name, pid in others.items()} | {"sender": time.process_time()}
    each = {name: round((after[name] - before[name]) / batches * 1e6, 1) for name in after}
    each["all"] = round(sum(each.values()), 1)
    return {
        "frames": frames,
        "bytes": len(msgpack.packb(task)),
        "batches": batches,
        "cpu_us_a_batch": each,
        "cpu_us_a_frame": round(each["all"] / frames, 3),
        "p50_ms": round(float(np.percentile(latencies, 50)), 2),
        "p99_ms": round(float(np.percentile(latencies, 99)), 2),
        "batches_s": round(batches / lasted),
        "frames_s": round(batches * frames / lasted),
    }


def _pass(
    send: Callable[[Parcel], None], answers: Any, task: dict[str, Any], window: int, most: int, seconds: float
) -> tuple[int, list[float]]:
    """Send ``most`` batches or for ``seconds``, ``window`` under way; how many came back and how long each took."""
    from datacenter.ingest.batch import unpack_answer

    under_way: dict[str, float] = {}
    took: list[float] = []
    sent, until = 0, time.perf_counter() + seconds
    while True:
        while len(under_way) < window and sent < most and time.perf_counter() < until:
            parcel = Parcel(task)
            under_way[parcel.batch_id] = time.perf_counter()
            send(parcel)
            sent += 1
        if not under_way:
            return len(took), took
        message = answers.get_message(timeout=30)
        assert message is not None, f"no answer to {len(under_way)} batches"
        answer = unpack_answer(message["data"])
        assert isinstance(answer, tuple)
        took.append(time.perf_counter() - under_way.pop(answer[0]))
