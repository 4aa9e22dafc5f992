"""Terminals that log in and then say nothing, as many as asked (空闲连接): a process of their own.

A source address has some 28,000 ports towards one server, so that sockets come from 127.0.0.2, .3 and so on,
``A_SOURCE`` from each. Speaks lines with its parent: prints one when all are online, then answers every line on stdin
with the milliseconds that the answers to some heartbeats took.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import cast

from benchmarks.bench_gateway import hello_of, setup

A_SOURCE = 12_500
AT_ONCE = 256
_BIND_ADDRESS_NO_PORT = 24  # Linux, ip(7); Python has no name for it
_ASKED = 200  # sockets that send a heartbeat when asked


class Idle(asyncio.Protocol):
    """One silent terminal; answers come in order, so that their flags are all it reads."""

    def __init__(self, hello: bytes) -> None:
        self.hello = hello
        self.answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.hello)

    def data_received(self, data: bytes) -> None:
        if not self.answered.done():
            self.answered.set_result(data)

    def connection_lost(self, fault: Exception | None) -> None:
        self.ended = True
        if not self.answered.done():
            self.answered.set_exception(fault or ConnectionError("the gateway closed an idle socket"))

    async def heartbeat_ms(self, beat: bytes) -> float:
        """How long the answer to one heartbeat takes."""
        self.answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.transport.write(beat)
        await asyncio.wait_for(self.answered, 30.0)
        return (time.perf_counter() - began) * 1000


async def hold(port: int, first: int, hellos: list[bytes], beats: list[bytes]) -> None:
    """Bring all online, tell the parent, and answer it until its end of the pipe closes."""
    loop = asyncio.get_running_loop()
    doors = asyncio.Semaphore(AT_ONCE)

    async def come_online(number: int) -> Idle:
        async with doors:
            line = socket.socket()
            line.setblocking(False)
            # The port is then chosen at connect, when both ends are known: quick, and the same one may serve again.
            line.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
            line.bind((f"127.0.0.{2 + (first + number) // A_SOURCE}", 0))
            await loop.sock_connect(line, ("127.0.0.1", port))
            _, one = await loop.create_connection(lambda: Idle(hellos[number]), sock=line)
            answer = await asyncio.wait_for(one.answered, 60.0)
            # 0x8001 with the id of authentication and result 0
            assert b"\x01\x02\x00" in answer, f"terminal {number} was not let in: {answer.hex()}"
            return one

    all_of_them = await asyncio.gather(*(come_online(number) for number in range(len(hellos))))
    hellos.clear()
    step = max(1, len(all_of_them) // len(beats))
    print(json.dumps({"online": len(all_of_them)}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        chosen = all_of_them[::step][: len(beats)]
        took = await asyncio.gather(*(one.heartbeat_ms(beat) for one, beat in zip(chosen, beats, strict=True)))
        print(json.dumps({"online": sum(not one.ended for one in all_of_them), "took_ms": took}), flush=True)


def main(port: int, first: int, count: int) -> None:
    """Hold ``count`` terminals from number ``first`` on, until the parent closes stdin."""
    import uvloop

    from datacenter.gateway.limits import raise_file_limit

    setup()
    raise_file_limit(count + 500)
    asked = min(_ASKED, count)
    step = max(1, count // asked)
    beats = [hello_of(number)[1] for number in range(first, first + count, step)][:asked]
    uvloop.run(hold(port, first, [hello_of(number)[0] for number in range(first, first + count)], beats))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
