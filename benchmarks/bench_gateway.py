"""What one gateway costs by itself (网关基准): a real broker, a worker that only says "committed", real sockets.

``gateway`` is frames a second from a few busy sockets, many frames a read; ``gateway-single`` from thousands that wait
for each answer, the dearest case; ``gateway-fleet`` from 11,268 that together report 60,000 a second. In each
``cpu_us_per_frame`` is the gateway process alone. ``gateway-idle`` is the memory of 10,000 authenticated sockets that
say nothing.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import psutil

ROOT = Path(__file__).resolve().parent.parent
SECONDS, FIRST_PHONE = 6.0, 13_900_000_000
BUSY, BUSY_WINDOW = 200, 64
SINGLE, SINGLE_WINDOW = 5_000, 1
FLEET, FLEET_RATE = 11_268, 60_000
IDLE = 10_000


def run() -> list[dict[str, Any]]:
    """One line each for busy sockets, single frames, a fleet, idle sockets."""
    _setup()
    from django.conf import settings

    from panjin_traffic.servers import ValkeyServer

    with tempfile.TemporaryDirectory(prefix="bench-gateway-") as place:
        valkey = ValkeyServer(Path(place) / "valkey")
        valkey.start()
        try:
            environment = {**os.environ, "REDIS_URL": valkey.url, "REDIS_PREFIX": "bench", "LOG_LEVEL": "WARNING"}
            environment["SECRET_KEY"] = settings.SECRET_KEY  # terminals compute their own authentication codes
            busy = _measure(environment, BUSY, BUSY_WINDOW)
            single = _measure(environment, SINGLE, SINGLE_WINDOW)
            fleet = _measure(environment, FLEET, 0, FLEET_RATE)
            idle = _measure(environment, IDLE, 0)
        finally:
            valkey.destroy()
    return [
        {"bench": "gateway", "value": busy.pop("frames_s"), "unit": "frames/s", "detail": busy},
        {"bench": "gateway-single", "value": single.pop("frames_s"), "unit": "frames/s", "detail": single},
        {"bench": "gateway-fleet", "value": fleet.pop("frames_s"), "unit": "frames/s", "detail": fleet},
        {"bench": "gateway-idle", "value": idle["mb_per_10000"], "unit": "MB/10,000 sockets", "detail": idle},
    ]


def _measure(environment: dict[str, str], sockets: int, window: int, rate: int = 0) -> dict[str, Any]:
    """One gateway, one worker, ``sockets`` terminals with ``window`` unacknowledged frames each, or ``rate`` in all."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        for role in ("serve", "commit"):
            command = [sys.executable, "-m", "benchmarks.bench_gateway", role]
            children.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE))  # noqa: S603
        port, _ = (int(cast(Any, child.stdout).readline()) for child in children)  # both are ready now
        import uvloop

        return uvloop.run(_drive(port, psutil.Process(children[0].pid), sockets, window, rate))
    finally:
        for child in children:
            child.terminate()
            child.wait(10)


# --- the load --------------------------------------------------------------------------------------------------------
class Load(asyncio.Protocol):
    """One terminal: keeps ``window`` frames unacknowledged, counts flags instead of reading replies."""

    def __init__(self, hello: bytes, frames: list[bytes], window: int, totals: list[int], ready: asyncio.Event) -> None:
        self.hello, self.frames, self.window, self.totals, self.ready = hello, frames, window, totals, ready
        self.flags = self.sent = self.acknowledged = 0
        self.entered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.hello)

    def data_received(self, data: bytes) -> None:
        self.flags += data.count(b"\x7e")
        answered = self.flags // 2 - 1
        if not self.entered and answered >= 0:
            self.entered = b"\x01\x02\x00" in data  # 0x8001 with the id of authentication and result 0
            assert self.entered, data.hex()
            self.totals[0] += 1
            if self.totals[0] == self.totals[2]:
                self.ready.set()
            return
        self.totals[1] += answered - self.acknowledged
        self.acknowledged = answered
        self.go()

    def go(self) -> None:
        room = self.window - (self.sent - self.acknowledged)
        if room > 0 and self.window:
            at = self.sent % len(self.frames)
            self.transport.write(b"".join(self.frames[at : at + room]))
            self.sent += min(room, len(self.frames) - at)


async def _at_rate(loads: list[Load], rate: int) -> None:
    """Each terminal in turn sends one frame, ``rate`` a second in all, whatever is acknowledged."""
    begin, sent = time.perf_counter(), 0
    while True:
        await asyncio.sleep(0.01)
        due = int((time.perf_counter() - begin) * rate)
        for number in range(sent, due):
            one = loads[number % len(loads)]
            one.transport.write(one.frames[number // len(loads) % len(one.frames)])
        sent = due


async def _drive(port: int, process: psutil.Process, sockets: int, window: int, rate: int) -> dict[str, Any]:
    from datacenter.gateway.limits import raise_file_limit

    raise_file_limit(sockets + 100)
    before = process.memory_info().rss
    totals, ready = [0, 0, sockets], asyncio.Event()
    loop = asyncio.get_running_loop()
    loads: list[Load] = []
    for number in range(sockets):
        hello, frames = _frames(number, max(2, window) * 2)
        one = Load(hello, frames, window, totals, ready)
        await loop.create_connection(lambda one=one: one, "127.0.0.1", port)  # type: ignore[misc]
        loads.append(one)
    await asyncio.wait_for(ready.wait(), 60)
    if not window and not rate:
        await asyncio.sleep(2)
        grown = process.memory_info().rss - before
        cpu = sum(process.cpu_times()[:2])
        await asyncio.sleep(5)
        return {
            "sockets": sockets,
            "mb_per_10000": round(grown / 2**20 * 10_000 / sockets, 1),
            "kb_each": round(grown / 1024 / sockets, 1),
            "cpu_percent_idle": round((sum(process.cpu_times()[:2]) - cpu) / 5 * 100, 1),
        }
    sending = asyncio.create_task(_at_rate(loads, rate)) if rate else None
    for one in loads:
        one.go()
    await asyncio.sleep(1.5)
    begin, done, cpu = time.perf_counter(), totals[1], sum(process.cpu_times()[:2])
    kernel = process.cpu_times().system
    await asyncio.sleep(SECONDS)
    seconds, frames = time.perf_counter() - begin, totals[1] - done
    used = sum(process.cpu_times()[:2]) - cpu
    system = process.cpu_times().system - kernel
    if sending is not None:
        sending.cancel()
    return {
        "frames_s": round(frames / seconds),
        "sockets": sockets,
        "window": window,
        "cpu_us_per_frame": round(used / max(1, frames) * 1e6, 2),
        "kernel_us_per_frame": round(system / max(1, frames) * 1e6, 2),
        "cpu_percent": round(used / seconds * 100),
        "rss_mb": round(process.memory_info().rss / 2**20),
    }


def _frames(number: int, count: int) -> tuple[bytes, list[bytes]]:
    """What authenticates terminal ``number``, and ``count`` of its reports."""
    from datacenter.gateway.authentication import auth_code
    from datacenter.protocols.jt808.connection import Connection
    from datacenter.protocols.jt808.messages import Authenticate, LocationReport

    phone = str(FIRST_PHONE + number)
    connection = Connection(phone.zfill(12), authenticated=True)
    hello = connection.send(Authenticate(auth_code(phone)))
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    reports = [
        LocationReport(0, 3, 41.1, 122.0 + n * 1e-5, 5, 36.5, 90, begin + timedelta(seconds=n)) for n in range(count)
    ]
    return hello, [connection.send(report) for report in reports]


# --- the other two processes -----------------------------------------------------------------------------------------
def _setup() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
    django.setup()


async def _serve() -> None:
    from datacenter.gateway.authentication import GatewayDirectory
    from datacenter.gateway.server import Gateway, calm_collector
    from datacenter.registry.directory import Entry

    phones = [str(FIRST_PHONE + number) for number in range(max(IDLE, FLEET))]
    entries = {
        phone: Entry(n, phone, n, 1, "211104", "taxi", "2013", "", 1, "", "") for n, phone in enumerate(phones, 1)
    }
    calm_collector()
    async with Gateway(GatewayDirectory(entries), port=0) as gateway:
        print(gateway.port, flush=True)
        await asyncio.Event().wait()


def _commit() -> None:
    """Take tasks off the broker's lists and answer at once; nothing is stored."""
    import msgpack
    import redis
    from django.conf import settings

    from datacenter.gateway.outbox import broker_key
    from datacenter.ingest.batch import answer_channel

    client = redis.from_url(settings.REDIS_URL)
    client.ping()
    print(0, flush=True)
    keys = [broker_key(shard) for shard in range(settings.INGEST_SHARDS)]
    while True:
        popped = client.brpop(keys, timeout=1)
        if popped is None:
            continue
        task = msgpack.unpackb(base64.b64decode(json.loads(popped[1])["body"]))[1]
        rows = len(task["lengths"]) // 4
        client.publish(answer_channel(task["gateway"]), msgpack.packb([task["batch_id"], bytes(rows)]))


if __name__ == "__main__":
    if sys.argv[1:]:
        _setup()
    if sys.argv[1:] == ["serve"]:
        import uvloop

        uvloop.run(_serve())
    elif sys.argv[1:] == ["commit"]:
        _commit()
    else:
        for line in run():
            print(json.dumps(line))
