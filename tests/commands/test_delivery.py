"""Orders on their way (指令投递): queued, sent once, acknowledged, answered, kept for a terminal that is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.commands import delivery
from datacenter.commands.catalogue import answers
from datacenter.commands.errors import NobodySelected, NotCancellable, NoTerminal, NotSpoken
from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS
from datacenter.commands.workflow import cancel_command, send_command, send_to_many
from datacenter.facts.envelope import TABLES
from datacenter.gateway.server import Gateway
from datacenter.protocols.jt808 import messages as jt808
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.parameters import item
from datacenter.protocols.jt905 import messages as jt905
from datacenter.protocols.layout import Message
from datacenter.registry.models import Company, Vehicle
from datacenter.registry.selectors import with_terminal_in_use
from tests import factories
from tests.commands.conftest import PHONE, in_database
from tests.commands.test_orders import FILLED, filled
from tests.gateway.terminal import Terminal

WORDS = jt808.TextMessage(flag=0b1001, text="前方事故，请减速")


async def command_is(pk: int, state: str, wait_s: float = 5.0) -> Command:
    """The command once it is in ``state``."""
    found: list[Command] = []

    def look() -> None:
        found[:] = Command.objects.filter(pk=pk, state=state)

    for _ in range(int(wait_s / 0.05)):
        await in_database(look)
        if found:
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError(await in_database(lambda: list(Command.objects.values("state", "attempts", "result"))))


def order(vehicle: Vehicle, message: Message = WORDS, **more: Any) -> Command:
    return send_command(vehicle, message, by=None, kind="text", **more)


async def test_a_text_reaches_the_terminal_and_its_reply_comes_back(gateway: Gateway, truck: Vehicle) -> None:
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        command = await in_database(lambda: order(truck))
        event = await terminal.next()
        assert event.message == WORDS
        await terminal.send(jt808.TerminalReply(event.header.serial, 0x8300, 0))
        done = await command_is(command.pk, Command.State.ACKNOWLEDGED)
    assert (done.result, done.attempts, done.serial) == (0, 1, event.header.serial)
    assert done.gateway == gateway.name
    assert done.sent_at
    assert done.acknowledged_at


async def test_an_order_for_a_terminal_that_is_away_waits_until_it_comes(gateway: Gateway, truck: Vehicle) -> None:
    command = await in_database(lambda: order(truck))
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        event = await terminal.next()
        assert event.message == WORDS
        await terminal.send(jt808.TerminalReply(event.header.serial, 0x8300, 0))
        await command_is(command.pk, Command.State.ACKNOWLEDGED)


async def test_the_urgent_goes_first_and_nothing_goes_twice(gateway: Gateway, truck: Vehicle) -> None:
    def give() -> None:
        order(truck, jt808.TextMessage(flag=1, text="甲"))
        order(truck, jt808.TextMessage(flag=1, text="乙"), urgent=True)

    await in_database(give)
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        assert [(await terminal.reply()).text for _ in range(2)] == ["乙", "甲"]
        gateway.orders.wake()
        with pytest.raises(TimeoutError):
            await terminal.next(0.6)


async def test_what_the_terminal_answers_is_kept_under_the_wires_names(gateway: Gateway, truck: Vehicle) -> None:
    heard: list[Any] = []
    listener = answers(0x0104)(lambda command, message: heard.append((command.pk, message)))
    try:
        async with Terminal(gateway.port, PHONE) as terminal:
            assert await terminal.authenticate() == 0
            command = await in_database(lambda: order(truck, jt808.ParametersQuery()))
            event = await terminal.next()
            parameters = jt808.ParametersAnswer(event.header.serial, 1, (item(0x0001, 60),))
            await terminal.send(parameters)
            done = await command_is(command.pk, Command.State.ANSWERED)
    finally:
        delivery.listeners_of(0x0104).remove(listener)
    assert done.answer_id == 0x0104
    assert done.answer["count"] == 1
    assert heard == [(command.pk, parameters)]


async def test_a_refusal_of_the_terminal_ends_the_order(gateway: Gateway, truck: Vehicle) -> None:
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        command = await in_database(lambda: order(truck, jt808.ParametersQuery()))
        event = await terminal.next()
        await terminal.send(jt808.TerminalReply(event.header.serial, 0x8104, 3))
        done = await command_is(command.pk, Command.State.REFUSED)
    assert done.result == 3


async def test_a_terminal_that_speaks_another_edition_gets_the_order_in_its_own(
    gateway: Gateway, truck: Vehicle
) -> None:
    await in_database(lambda: order(truck, jt808.Tracking(10, 600)))
    async with Terminal(gateway.port, PHONE, Edition.V2019) as terminal:
        assert await terminal.authenticate() == 0
        event = await terminal.next()
    assert event.header.edition == Edition.V2019
    assert event.message == jt808.Tracking(10, 600)


EDITIONS = [("2013", "2019"), ("2019", "2013")]
OTHERWISE = [(code, *pair) for code in sorted(FILLED) for pair in EDITIONS if ORDERS[code].form.fits(pair[0])]


@pytest.mark.parametrize(("code", "registered", "spoken"), OTHERWISE)
def test_every_order_can_be_written_for_the_other_edition(code: str, registered: str, spoken: str) -> None:
    form = filled(code)
    assert form.is_valid()
    for message in form.messages(registered):
        order = delivery.Order(1, "139", registered, message.message_id, message.encode(registered), 1)
        again = TABLES["jt808"].decode(message.message_id, order.body_in(spoken), spoken)
        if ORDERS[code].form.fits(spoken) and code != "route_set":  # a route's name has no place in 2013
            meant = next(one for one in form.messages(spoken) if one.message_id == message.message_id)
            assert again.encode(spoken) == meant.encode(spoken)


async def test_an_order_that_needs_packets_is_answered_once(gateway: Gateway, truck: Vehicle) -> None:
    package = jt808.UpgradePackage(0, "12345", "V2.0", b"\x7e" * 3000)
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        command = await in_database(lambda: order(truck, package))
        event = await terminal.next()
        assert event.message == package
        assert len(event.serials) == 3
        await terminal.send(jt808.TerminalReply(event.serials[-1], 0x8108, 0))
        await command_is(command.pk, Command.State.ACKNOWLEDGED)


@pytest.mark.usefixtures("tracks")
class TestInTheDatabase:
    def test_an_order_out_of_time_is_never_sent(self, truck: Vehicle) -> None:
        command = order(truck, expires_in=timedelta(minutes=5))
        later = timezone.now() + timedelta(minutes=6)
        delivery.look_after(later)
        command.refresh_from_db()
        assert command.state == Command.State.EXPIRED
        assert delivery.claim([command.pk], "g") == []

    def test_two_gateways_claim_an_order_once(self, truck: Vehicle) -> None:
        command = order(truck)
        assert [one.id for one in delivery.waiting()] == [command.pk]
        assert [one.id for one in delivery.claim([command.pk], "a")] == [command.pk]
        assert delivery.claim([command.pk], "b") == []
        assert delivery.waiting() == []

    def test_silence_brings_an_order_back_until_its_attempts_are_used_up(self, truck: Vehicle) -> None:
        command, now = order(truck), timezone.now()
        for attempt in range(1, delivery.ATTEMPTS + 1):
            assert len(delivery.claim([command.pk], "g")) == 1
            delivery.look_after(now + delivery.UNANSWERED_AFTER + timedelta(seconds=5))
            command.refresh_from_db()
            assert command.attempts == attempt
        assert command.state == Command.State.TIMED_OUT

    def test_a_late_answer_is_welcome(self, truck: Vehicle) -> None:
        command = order(truck, jt808.LocationQuery())
        Command.objects.update(state=Command.State.TIMED_OUT)
        delivery.record([delivery.Outcome(command.pk, timezone.now(), 0x0001, result=0)])
        command.refresh_from_db()
        assert command.state == Command.State.ACKNOWLEDGED

    def test_an_answer_that_cannot_be_recorded_holds_up_no_other(self, truck: Vehicle) -> None:
        bad, good = order(truck, jt808.AttributesQuery()), order(truck, jt808.LocationQuery())

        @answers(0x0107)
        def stumble(command: Command, message: Any) -> None:
            raise ValueError("odd")

        body = jt808.Attributes(3, "12345", "M1", "T1", "89860000000000000077", "H1", "F2", 3, 1).encode("2013")
        now = timezone.now()
        try:
            delivery.record([
                delivery.Outcome(bad.pk, now, 0x0107, edition="2013", body=b"\x00"),
                delivery.Outcome(bad.pk, now, 0x0107, edition="2013", body=body),
                delivery.Outcome(good.pk, now, 0x0001, result=0),
            ])  # fmt: skip
        finally:
            delivery.listeners_of(0x0107).remove(stumble)
        bad.refresh_from_db()
        good.refresh_from_db()
        assert bad.state == Command.State.ANSWERED
        assert good.state == Command.State.ACKNOWLEDGED

    def test_only_what_waits_can_be_taken_back(self, truck: Vehicle, city_officer: User) -> None:
        command = order(truck)
        assert cancel_command(command, by=city_officer).state == Command.State.CANCELLED
        assert delivery.waiting() == []
        with pytest.raises(NotCancellable):
            cancel_command(command, by=city_officer)

    def test_an_order_needs_the_right_a_terminal_and_its_language(
        self, truck: Vehicle, hotline_operator: User, hazmat_company: Company
    ) -> None:
        with pytest.raises(NotAllowed):
            send_command(truck, WORDS, by=hotline_operator, kind="text")
        with pytest.raises(NotSpoken):
            order(truck, jt905.Text(jt905.TextFlag(1), "停车"))
        with pytest.raises(NoTerminal):
            order(factories.make_vehicle("辽L00001", hazmat_company))

    def test_many_vehicles_get_an_order_each_and_those_that_cannot_are_left_out(
        self, truck: Vehicle, city_officer: User, hazmat_company: Company
    ) -> None:
        factories.make_vehicle("辽L00001", hazmat_company)
        fleet = list(with_terminal_in_use(Vehicle.objects.all()))
        batch = send_to_many(
            fleet, lambda vehicle, terminal: WORDS, by=city_officer, kind="text", summary="文本", selection="全部"
        )
        assert batch.count == 1
        assert list(batch.commands.values_list("vehicle_id", flat=True)) == [truck.pk]
        with pytest.raises(NobodySelected):
            send_to_many(
                fleet, lambda vehicle, terminal: None, by=city_officer, kind="text", summary="文本", selection="全部"
            )
