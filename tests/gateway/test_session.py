"""Registration, authentication, heartbeat: who may come in, and what before that."""

from typing import Any

import numpy as np
import pytest

from datacenter.gateway import metrics
from datacenter.gateway.authentication import GatewayDirectory, auth_code
from datacenter.gateway.models import UnknownTerminal
from datacenter.gateway.unknown import Strangers
from datacenter.protocols.jt808.header import Edition
from datacenter.protocols.jt808.messages import (
    Authenticate,
    Heartbeat,
    TerminalReply,
    TimeReply,
    TimeRequest,
    Unregister,
)
from tests.gateway.conftest import Start, entry, grown, phone
from tests.gateway.terminal import Terminal, location
from tests.gateway.worker import Worker


@pytest.mark.parametrize("edition", [Edition.V2013, Edition.V2019])
async def test_position_is_acknowledged_after_its_commit(start: Start, settings: Any, edition: Edition) -> None:
    gateway = await start()
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        async with Terminal(gateway.port, phone(1), edition) as terminal:
            assert (await terminal.register()).result == 0
            assert await terminal.authenticate() == 0
            assert await terminal.heartbeat() == 0
            worker.hold()
            serials = await terminal.locations(3)
            with pytest.raises(TimeoutError):
                await terminal.next(0.3)
            worker.go_on()
            assert await terminal.results(3) == dict.fromkeys(serials, 0)
            assert terminal.connection.edition == edition
        (batch,) = worker.batches
        assert batch.vehicles.tolist() == [1, 1, 1]
        assert batch.message_ids.tolist() == [0x0200] * 3
        assert batch.shard == 1


async def test_only_answered_frames_are_acknowledged_and_each_with_its_result(start: Start, settings: Any) -> None:
    gateway = await start()

    def judge(batch: Any) -> Any:
        return np.array([0, 1, 2, 255][: len(batch)], np.uint8)

    with Worker(settings.REDIS_URL, [0, 1], judge):
        async with Terminal(gateway.port, phone(1)) as terminal:
            await terminal.authenticate()
            serials = await terminal.locations(4)
            assert await terminal.results(3) == {serials[0]: 0, serials[1]: 1, serials[2]: 2}
            with pytest.raises(TimeoutError):
                await terminal.next(0.2)


@pytest.mark.parametrize(
    ("facts", "result"),
    [
        ({}, 0),
        ({"plate": "辽L·0000-1"}, 0),  # written with a dash
        ({"plate": "VIN12345678901234", "plate_color": 0}, 0),  # no plate: the field holds the VIN
        ({"plate": "辽L99999"}, 2),  # no such vehicle
        ({"plate": "辽L00002"}, 1),  # vehicle 2 has a terminal
        ({"terminal_id": "OTHER"}, 4),  # no such terminal
        ({"terminal_id": "T000002"}, 3),  # that terminal belongs to another phone
    ],
)
async def test_registration_compares_every_fact_with_the_registry(
    start: Start, facts: dict[str, Any], result: int
) -> None:
    gateway = await start()
    async with Terminal(gateway.port, phone(1)) as terminal:
        answer = await terminal.register(**facts)
        assert answer.result == result
        assert answer.auth_code == (auth_code(phone(1)) if result == 0 else None)


async def test_unknown_terminal_is_refused_and_noted(start: Start) -> None:
    gateway = await start()
    refused = grown(metrics.REFUSED, "register_no_such_terminal")
    async with Terminal(gateway.port, "13800000000") as terminal:
        assert (await terminal.register(plate="辽L12345")).result == 4
        assert await terminal.authenticate() == 1
    assert refused() == 1
    (stranger,) = gateway.strangers.take()
    assert (stranger.phone, stranger.attempts, stranger.facts["plate"]) == ("13800000000", 2, "辽L12345")


@pytest.mark.django_db(transaction=True)
def test_unknown_terminals_are_counted_in_one_row_each_and_bounded() -> None:
    strangers = Strangers(limit=3, most_rows=2)
    dropped = grown(metrics.UNKNOWN_DROPPED)
    for number in (1, 1, 2, 3, 4):
        strangers.note(f"01380000000{number}", "2013", "10.0.0.1:5000")
    strangers.write(strangers.take())
    strangers.note("13800000001", "2019", "10.0.0.2:5000")
    strangers.write(strangers.take())
    rows = {row.phone: (row.attempts, row.edition) for row in UnknownTerminal.objects.all()}
    assert rows == {"13800000001": (3, "2019"), "13800000002": (1, "2013")}
    assert dropped() == 2  # one had no room in memory, one none in the table


async def test_wrong_code_is_refused_and_the_socket_closed_in_the_end(start: Start) -> None:
    gateway = await start(failures=3)
    wrong, closed = grown(metrics.REFUSED, "wrong_code"), grown(metrics.CLOSED, "too_many_failures")
    async with Terminal(gateway.port, phone(1)) as terminal:
        for _ in range(3):
            assert await terminal.authenticate("WRONG") == 1
        assert await terminal.ended()
    assert (wrong(), closed()) == (3, 1)


async def test_code_of_an_earlier_platform_is_taken_where_the_registry_keeps_it(
    start: Start, directory: GatewayDirectory
) -> None:
    directory._entries[phone(1)] = entry(1, auth_code="OLD123")
    gateway = await start()
    async with Terminal(gateway.port, phone(1)) as terminal:
        assert await terminal.authenticate("OLD123") == 0


def test_auth_code_belongs_to_the_phone_and_the_installation(settings: Any) -> None:
    code = auth_code("013900000001")
    assert code == auth_code("13900000001")
    assert code != auth_code("13900000002")
    settings.SECRET_KEY = "another installation's"
    assert code != auth_code("13900000001")


async def test_frames_before_authentication_are_refused_and_the_socket_closed_in_the_end(start: Start) -> None:
    gateway = await start(early_frames=3)
    refused, closed = grown(metrics.REFUSED, "not_authenticated"), grown(metrics.CLOSED, "never_authenticates")
    async with Terminal(gateway.port, phone(1)) as terminal:
        assert await terminal.heartbeat() == 1
        await terminal.locations(2)
        assert set((await terminal.results(2)).values()) == {1}
        await terminal.locations(1)
        assert await terminal.ended()
    assert (refused(), closed()) == (4, 1)


async def test_what_follows_authentication_in_the_same_bytes_is_taken(start: Start, settings: Any) -> None:
    gateway = await start()
    with Worker(settings.REDIS_URL, [0, 1]):
        async with Terminal(gateway.port, phone(1)) as terminal:
            hello = terminal.connection.send(Authenticate(auth_code(phone(1))))
            await terminal.raw(hello + terminal.connection.send(location(1)) + terminal.connection.send(location(2)))
            assert list((await terminal.results(3)).values()) == [0, 0, 0]


async def test_socket_that_never_authenticates_is_closed(start: Start) -> None:
    gateway = await start(authenticate_s=0.3)
    closed = grown(metrics.CLOSED, "never_authenticates")
    async with Terminal(gateway.port, phone(1)) as terminal:
        assert await terminal.ended()
    assert closed() == 1


async def test_silent_socket_is_closed(start: Start) -> None:
    gateway = await start(silence_s=0.3)
    closed = grown(metrics.CLOSED, "silent")
    async with Terminal(gateway.port, phone(1)) as terminal:
        await terminal.authenticate()
        assert await terminal.ended()
    assert closed() == 1


async def test_newest_of_two_sockets_with_one_phone_wins(start: Start, settings: Any) -> None:
    gateway = await start()
    duplicates = grown(metrics.DUPLICATE_PHONE)
    with Worker(settings.REDIS_URL, [0, 1]) as worker:
        worker.hold()
        async with Terminal(gateway.port, phone(1)) as older, Terminal(gateway.port, phone(1)) as newer:
            await older.authenticate()
            await older.locations(2)
            await newer.authenticate()
            assert await older.ended()
            serials = await newer.locations(1, first=10)
            worker.go_on()
            assert await newer.results(1) == {serials[0]: 0}
        assert sum(map(len, worker.batches)) == 3  # what the older one had sent is stored all the same
    assert duplicates() == 1


async def test_phone_that_moves_to_another_gateway_is_closed_here(start: Start) -> None:
    here, there = await start("here"), await start("there")
    async with Terminal(here.port, phone(1)) as older, Terminal(there.port, phone(1)) as newer:
        await older.authenticate()
        await newer.authenticate()
        assert await older.ended()
        assert await newer.heartbeat() == 0


async def test_unregistered_terminal_must_authenticate_again(start: Start) -> None:
    gateway = await start()
    async with Terminal(gateway.port, phone(1)) as terminal:
        await terminal.authenticate()
        await terminal.send(Unregister())
        assert (await terminal.reply()).result == 0
        assert await terminal.heartbeat() == 1
        assert await terminal.authenticate() == 0
        assert await terminal.heartbeat() == 0


async def test_terminal_struck_off_the_registry_is_closed(start: Start, directory: GatewayDirectory) -> None:
    gateway = await start()
    async with Terminal(gateway.port, phone(1)) as terminal, Terminal(gateway.port, phone(2)) as moved:
        await terminal.authenticate()
        await moved.authenticate()
        directory._entries = {phone(2): entry(2, vehicle_id=19)}
        directory.version += 1
        assert await terminal.ended()
        session = gateway.by_phone[phone(2)]
        assert session.vehicle_id == 19
        assert session.shard is gateway.shards[1]


async def test_time_is_told_replies_are_noted_and_the_rest_is_not_supported(start: Start) -> None:
    gateway = await start()
    unsupported, replies = grown(metrics.UNSUPPORTED, "0x0FFF"), grown(metrics.TERMINAL_REPLIES, "0")
    async with Terminal(gateway.port, phone(1), Edition.V2019) as terminal:
        await terminal.authenticate()
        await terminal.send(TimeRequest())
        assert isinstance(await terminal.reply(), TimeReply)
        await terminal.send(TerminalReply(1, 0x8103, 0))
        await terminal.raw(terminal.connection.send_body(0x0FFF, b"who knows"))
        assert (await terminal.reply()).result == 3
        await terminal.send(Heartbeat())
        assert (await terminal.reply()).result == 0
    assert (unsupported(), replies()) == (1, 1)


async def test_connections_are_limited_in_all_and_by_address(start: Start) -> None:
    gateway = await start(connections=2)
    refused = grown(metrics.REFUSED, "too_many_connections")
    async with Terminal(gateway.port, phone(1)) as one, Terminal(gateway.port, phone(2)) as two:
        assert await one.authenticate() == 0
        assert await two.authenticate() == 0
        async with Terminal(gateway.port, phone(3)) as three:
            assert await three.ended()
    assert refused() == 1
    strict = await start("strict", connections_per_address=1)
    refused = grown(metrics.REFUSED, "too_many_from_address")
    async with Terminal(strict.port, phone(1)) as one:
        assert await one.authenticate() == 0
        async with Terminal(strict.port, phone(2)) as two:
            assert await two.ended()
    assert refused() == 1
