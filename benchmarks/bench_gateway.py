"""What one gateway costs by itself (网关基准): real servers, a worker that only says "committed", real sockets.

``gateway`` is frames a second from a few busy sockets, many frames a read; ``gateway-single`` from thousands that wait
for each answer, the dearest case; ``gateway-fleet`` from 11,268 that together report 60,000 a second. In each
``cpu_us_per_frame`` is the gateway process alone. ``gateway-idle`` is the memory of a gateway with 50,000 authenticated
sockets that say nothing: all of its process, with what its kernel side takes beside it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil

from tests.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
SECONDS, FIRST_PHONE = 6.0, 13_900_000_000
BUSY, BUSY_WINDOW = 200, 64
SINGLE, SINGLE_WINDOW = 5_000, 1
FLEET, FLEET_RATE = 11_268, 60_000
IDLE = 50_000


def run() -> list[dict[str, Any]]:
    """One line each for busy sockets, single frames, a fleet, idle sockets."""
    setup()
    with tempfile.TemporaryDirectory(prefix="bench-gateway-") as place, _environment(Path(place)) as environment:
        busy = _measure(environment, BUSY, BUSY_WINDOW)
        single = _measure(environment, SINGLE, SINGLE_WINDOW)
        fleet = _measure(environment, FLEET, 0, FLEET_RATE)
        idle = _idle(environment, int(os.environ.get("BENCH_IDLE", IDLE)))
    return [
        {"bench": "gateway", "value": busy.pop("frames_s"), "unit": "frames/s", "detail": busy},
        {"bench": "gateway-single", "value": single.pop("frames_s"), "unit": "frames/s", "detail": single},
        {"bench": "gateway-fleet", "value": fleet.pop("frames_s"), "unit": "frames/s", "detail": fleet},
        {"bench": "gateway-idle", "value": idle["rss_mb"], "unit": "MB", "detail": idle},
    ]


@contextmanager
def _environment(place: Path) -> Iterator[dict[str, str]]:
    """Servers of their own, with tables and no rows, and the environment of processes that use them."""
    from django.conf import settings

    stack = Stack(place)
    try:
        stack.postgres.start()
        stack.valkey.start()
        stack.manage("migrate", "--verbosity", "0")
        # Terminals compute their own authentication codes, in this process.
        yield stack.environment() | {"SECRET_KEY": settings.SECRET_KEY, "DATABASE_ROLE": "ingest"}
    finally:
        stack.stop()


def _measure(environment: dict[str, str], sockets: int, window: int, rate: int = 0) -> dict[str, Any]:
    """One gateway, one worker, ``sockets`` terminals with ``window`` unacknowledged frames each, or ``rate`` in all."""
    import uvloop

    with _served(environment) as [(port, gateway)]:
        return uvloop.run(_drive(port, gateway, sockets, window, rate))


@contextmanager
def _served(environment: dict[str, str], *, gateways: int = 1) -> Iterator[list[tuple[int, psutil.Process]]]:
    """Gateways and one worker, all ready: each gateway's port and process."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        for role in ("commit", *["serve"] * gateways):
            command = [sys.executable, "-m", "benchmarks.bench_gateway", role]
            children.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE))  # noqa: S603
        ports = [int(cast(Any, child.stdout).readline()) for child in children]  # all are ready now
        yield [(port, psutil.Process(child.pid)) for port, child in zip(ports[1:], children[1:], strict=True)]
    finally:
        for child in children:
            child.terminate()
            child.wait(10)


def _idle(environment: dict[str, str], sockets: int) -> dict[str, Any]:
    """Memory and CPU with ``sockets`` silent terminals, and how long a heartbeat's answer takes then.

    One gateway holds all of them where the machine lets a process open so many files; where it does not, as few
    gateways as can, and then memory is the sum of theirs, which is more than one would need.
    """
    from datacenter.gateway.limits import raise_file_limit

    allowed = raise_file_limit(sockets + 1000) - 1000
    shares = [len(part) for part in np.array_split(np.arange(sockets), max(1, math.ceil(sockets / allowed)))]
    with _served(environment, gateways=len(shares)) as served:
        processes = [process for _, process in served]
        rss, kernel = sum(process.memory_info().rss for process in processes), _kernel_kb()
        clients: list[subprocess.Popen[str]] = []
        try:
            began = time.monotonic()
            for (port, _), share, first in zip(served, shares, accumulate([0, *shares[:-1]]), strict=True):
                command = [sys.executable, "-m", "benchmarks.idle", str(port), str(first), str(share)]
                pipe = subprocess.PIPE
                clients.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True))  # noqa: S603
            online = sum(_answer(child)["online"] for child in clients)
            assert online == sockets, f"only {online} of {sockets} terminals came online"
            seconds = time.monotonic() - began
            time.sleep(2)
            cpu = _cpu_s(processes)
            time.sleep(5)
            busy = (_cpu_s(processes) - cpu) / 5 * 100
            memory, after = [process.memory_full_info() for process in processes], _kernel_kb()
            for child in clients:
                assert child.stdin is not None
                child.stdin.write("\n")
                child.stdin.flush()
            told = [_answer(child) for child in clients]
        finally:
            for child in clients:
                child.kill()
                child.wait(30)
    left = sum(one["online"] for one in told)
    assert left == sockets, f"{sockets - left} idle sockets were closed"
    took = sorted(ms for one in told for ms in one["took_ms"])
    total = sum(one.rss for one in memory)
    return {
        "sockets": sockets,
        "gateways": len(shares),
        "rss_mb": round(total / 2**20, 1),
        "pss_mb": round(sum(one.pss for one in memory) / 2**20, 1),
        "rss_before_mb": round(rss / 2**20, 1),
        "kb_each": round((total - rss) / 1024 / sockets, 2),
        "cpu_percent_idle": round(busy, 1),
        "connected_s": round(seconds, 1),
        "heartbeat_p50_ms": round(took[len(took) // 2], 1),
        "heartbeat_longest_ms": round(took[-1], 1),
        # Both ends of each connection lie on this machine: half of this belongs to the gateways.
        "kernel_both_ends_mb": {name: round((after[name] - kernel[name]) / 1024, 1) for name in after},
    }


def _answer(child: subprocess.Popen[str]) -> dict[str, Any]:
    """The line that a process of clients has written; nobody online where it has ended."""
    assert child.stdout is not None
    return json.loads(child.stdout.readline() or '{"online": 0, "took_ms": []}')  # type: ignore[no-any-return]


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _kernel_kb() -> dict[str, float]:
    """What the kernel holds for sockets, in KB, for all processes: small objects (slab), bytes under way (TCP)."""
    slab = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("Slab:"))
    tcp = next(line for line in Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:")).split()
    pages = int(tcp[tcp.index("mem") + 1])
    return {"slab": float(slab.split()[1]), "tcp_buffers": pages * os.sysconf("SC_PAGE_SIZE") / 1024}


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
    totals, ready = [0, 0, sockets], asyncio.Event()
    loop = asyncio.get_running_loop()
    loads: list[Load] = []
    for number in range(sockets):
        hello, frames = _frames(number, max(2, window) * 2)
        one = Load(hello, frames, window, totals, ready)
        await loop.create_connection(lambda one=one: one, "127.0.0.1", port)  # type: ignore[misc]
        loads.append(one)
    await asyncio.wait_for(ready.wait(), 60)
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
    from datacenter.protocols.jt808.messages import LocationReport

    hello, connection = _authenticated(number)
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    reports = [
        LocationReport(0, 3, 41.1, 122.0 + n * 1e-5, 5, 36.5, 90, begin + timedelta(seconds=n)) for n in range(count)
    ]
    return hello, [connection.send(report) for report in reports]


def hello_of(number: int) -> tuple[bytes, bytes]:
    """What authenticates terminal ``number``, and a heartbeat of its."""
    from datacenter.protocols.jt808.messages import Heartbeat

    hello, connection = _authenticated(number)
    return hello, connection.send(Heartbeat())


def _authenticated(number: int) -> tuple[bytes, Any]:
    from datacenter.gateway.authentication import auth_code
    from datacenter.protocols.jt808.connection import Connection
    from datacenter.protocols.jt808.messages import Authenticate

    phone = str(FIRST_PHONE + number)
    connection = Connection(phone.zfill(12), authenticated=True)
    return connection.send(Authenticate(auth_code(phone))), connection


# --- the other processes -----------------------------------------------------------------------------------------
def setup() -> None:
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
        setup()
    if sys.argv[1:] == ["serve"]:
        import uvloop

        uvloop.run(_serve())
    elif sys.argv[1:] == ["commit"]:
        _commit()
    else:
        for line in run():
            print(json.dumps(line))
