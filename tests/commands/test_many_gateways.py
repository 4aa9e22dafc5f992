"""Orders where several gateways run: each goes once, by the gateway that holds the terminal's socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from datacenter.commands.models import Command
from datacenter.commands.workflow import send_command
from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.server import Gateway
from datacenter.protocols.jt808 import messages as jt808
from datacenter.registry.models import Terminal as RegisteredTerminal
from datacenter.registry.models import Vehicle
from tests import factories
from tests.commands.conftest import PHONE, in_database
from tests.commands.test_delivery import WORDS, command_is
from tests.gateway.conftest import QUICK
from tests.gateway.terminal import Terminal
from tests.gateway.worker import Worker

OTHER = "13900000078"


@pytest.fixture
def second(truck: Vehicle) -> Vehicle:
    """Another truck of the same company, with a terminal of its own."""
    vehicle = factories.make_vehicle("辽L77778", truck.company)
    factories.make_terminal(vehicle, OTHER, edition=RegisteredTerminal.Edition.JT808_2013)
    return vehicle


@pytest.fixture
async def pair(truck: Vehicle, second: Vehicle, worker: Worker, settings: Any) -> AsyncIterator[list[Gateway]]:
    """Two gateways that know both trucks."""
    directory = await in_database(GatewayDirectory.load)
    url = settings.REDIS_URL
    one, two = (Gateway(directory, port=0, name=f"gateway-{n}", limits=QUICK, redis_url=url) for n in (0, 1))
    async with one, two:
        yield [one, two]


async def answered(terminal: Terminal, text: str) -> None:
    """Take one order and acknowledge it."""
    event = await terminal.next()
    assert event.message.text == text
    await terminal.send(jt808.TerminalReply(event.header.serial, 0x8300, 0))


async def quiet(terminal: Terminal) -> bool:
    """Whether nothing more has come: what the gateway sends in answer comes behind all it sent before."""
    return await terminal.heartbeat() == 0


def text(words: str) -> Any:
    return jt808.TextMessage(flag=WORDS.flag, text=words)


async def test_an_order_goes_once_by_the_gateway_that_holds_the_terminal(
    pair: list[Gateway], truck: Vehicle, second: Vehicle
) -> None:
    one, two = pair
    async with Terminal(one.port, PHONE) as here, Terminal(two.port, OTHER) as there:
        assert await here.authenticate() == 0
        assert await there.authenticate() == 0
        for round_ in range(5):
            words = f"第 {round_} 次"
            first = await in_database(lambda w=words: send_command(truck, text(w), by=None, kind="text"))
            other = await in_database(lambda w=words: send_command(second, text(w), by=None, kind="text"))
            await answered(here, words)
            await answered(there, words)
            for order, gateway in ((first, one), (other, two)):
                done = await command_is(order.pk, Command.State.ACKNOWLEDGED)
                assert (done.gateway, done.attempts) == (gateway.name, 1)
        assert await quiet(here)
        assert await quiet(there)


async def test_a_terminal_that_moves_to_the_other_gateway_gets_its_orders_there(
    pair: list[Gateway], truck: Vehicle
) -> None:
    one, two = pair
    async with Terminal(one.port, PHONE) as older:
        assert await older.authenticate() == 0
        serials = await older.locations(2)
        assert await older.results(2) == dict.fromkeys(serials, 0)
        async with Terminal(two.port, PHONE) as newer:
            assert await newer.authenticate() == 0
            assert await older.ended()
            serials = await newer.locations(2, first=2)
            assert await newer.results(2) == dict.fromkeys(serials, 0)
            order = await in_database(lambda: send_command(truck, text("请回电"), by=None, kind="text"))
            await answered(newer, "请回电")
            done = await command_is(order.pk, Command.State.ACKNOWLEDGED)
            assert (done.gateway, done.attempts) == (two.name, 1)
            assert await quiet(newer)
