"""Several gateways on one port: whoever a terminal meets serves it, and of two sockets of one phone the newer stays."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack
from typing import Any

import pytest
import redis

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.server import Gateway
from tests.gateway.conftest import QUICK, Start, eventually, phone
from tests.gateway.terminal import Terminal
from tests.gateway.worker import Worker


class Deaf(dict[str, int]):
    """Claims that get lost on their way."""

    def __setitem__(self, phone: str, at: int) -> None:
        pass


async def test_two_gateways_share_a_port_and_the_kernel_deals(directory: GatewayDirectory, settings: Any) -> None:
    facts = {"limits": QUICK, "redis_url": settings.REDIS_URL, "share_port": True}
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(Gateway(directory, port=0, name="gateway-0", **facts))
        two = await stack.enter_async_context(Gateway(directory, port=one.port, name="gateway-1", **facts))
        stack.enter_context(Worker(settings.REDIS_URL, [0, 1]))
        for number in range(1, 21):
            terminal = await stack.enter_async_context(Terminal(one.port, phone(number)))
            assert await terminal.authenticate() == 0
            serials = await terminal.locations(2)
            assert await terminal.results(2) == dict.fromkeys(serials, 0)
        # Twenty sockets on one side only would happen once in half a million runs.
        assert len(one.by_phone) + len(two.by_phone) == 20
        assert one.by_phone
        assert two.by_phone


async def test_a_port_is_shared_only_where_that_was_asked_for(directory: GatewayDirectory, settings: Any) -> None:
    async with Gateway(directory, port=0, name="gateway-0", limits=QUICK, redis_url=settings.REDIS_URL) as one:
        second = Gateway(directory, port=one.port, name="gateway-1", limits=QUICK, redis_url=settings.REDIS_URL)
        with pytest.raises(OSError, match="ddress already in use"):
            await second.start()
        with socket.create_connection(("127.0.0.1", one.port), 2):
            pass


async def test_a_claim_that_nobody_heard_is_settled_later(start: Start, settings: Any) -> None:
    """The subscription was away while a terminal moved on: what the older gateway claims is answered by the newer."""
    here, there = await start("here"), await start("there")
    async with Terminal(here.port, phone(1)) as older, Terminal(there.port, phone(1)) as newer:
        await older.authenticate()
        await eventually(lambda: not here._claims)
        there._claims = Deaf()
        await newer.authenticate()
        there._claims = {}
        assert await older.heartbeat() == 0, "nobody has told it"
        with redis.from_url(settings.REDIS_URL) as client:
            client.client_kill_filter(_type="pubsub")  # both lose it, both come back
        assert await older.ended()
        assert await newer.heartbeat() == 0


async def test_an_older_claim_is_answered_with_the_newer(start: Start) -> None:
    """Only the older gateway has come back and speaks first: the answer tells it that its socket is the old one."""
    here, there = await start("here"), await start("there")
    async with Terminal(here.port, phone(1)) as older, Terminal(there.port, phone(1)) as newer:
        await older.authenticate()
        await eventually(lambda: not here._claims)
        there._claims = Deaf()
        await newer.authenticate()
        there._claims = {}
        here._claims = {phone(1): here.by_phone[phone(1)].authenticated_us}
        assert await older.ended()
        assert await newer.heartbeat() == 0
