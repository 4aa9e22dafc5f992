"""Taxi terminals of JT/T 905 on the port they share with those of JT/T 808, on real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.doors import allowed
from datacenter.gateway.metrics import CLOSED, REFUSED
from datacenter.ingest.batch import FRAME, TAXI_FRAME, Batch
from datacenter.protocols.jt808.frame import unescape
from datacenter.protocols.jt905.connection import Connection, End
from datacenter.protocols.jt905.header import EDITION
from datacenter.protocols.jt905.messages import (
    Heartbeat,
    ImagePart,
    LocationAnswer,
    LocationReport,
    LocationResent,
    Position,
)

from .conftest import Start, entry, eventually, grown, phone
from .terminal import START, Terminal
from .worker import Worker

ISU = "104502000731"
OTHER_ISU = "104502000732"
IOT_PHONE = "106481234567"  # a card of the internet of things: registered for JT/T 808, begins as an ISU does


def report(number: int) -> LocationReport:
    return LocationReport(0, 0x300, 41.12 + number % 1000 * 1e-4, 122.07, 40.0, 90, START.replace(second=number % 60))


class Taxi(Terminal):
    """A taxi's terminal: another codec, the same socket."""

    def __init__(self, port: int, isu: str = ISU) -> None:
        super().__init__(port, isu)
        self.connection: Any = Connection(isu, admitted=True, peer=End.CENTRE)

    async def locations(self, count: int, first: int = 0) -> list[int]:
        begin = self.connection.serial
        await self.raw(b"".join(self.connection.send(report(first + number)) for number in range(count)))
        return [(begin + number) & 0xFFFF for number in range(count)]


@pytest.fixture
def directory() -> GatewayDirectory:
    """Vehicles 1 and 2 with JT/T 808, 3 with an ISU, 4 with an ISU bound to networks, 5 with an odd phone number."""
    rows = [
        entry(1),
        entry(2),
        entry(3, phone=ISU, edition=EDITION, kind="taxi"),
        entry(4, phone=OTHER_ISU, edition=EDITION, kind="taxi", networks="10.20.0.0/16 192.0.2.7"),
        entry(5, phone=IOT_PHONE),
    ]
    return GatewayDirectory({row.phone: row for row in rows})


@pytest.fixture
def worker(settings: Any) -> Any:
    with Worker(settings.REDIS_URL, [0, 1]) as made:
        yield made


async def test_a_registered_isu_reports_without_any_registration(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Taxi(gateway.port) as taxi:
        serials = await taxi.locations(3)
        assert await taxi.results(3) == dict.fromkeys(serials, 0)
        assert gateway.by_phone[ISU].vehicle_id == 3
        serial = await taxi.send(Heartbeat())
        assert await taxi.results(1) == {serial: 0}
    batch = worker.batches[0]
    assert set(batch.forms.tolist()) == {TAXI_FRAME}
    assert set(batch.vehicles.tolist()) == {3}
    assert batch.shard == 1


async def test_the_first_frame_counts_whatever_it_says_and_however_it_arrives(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Taxi(gateway.port) as taxi:
        for byte in taxi.connection.send(Heartbeat()) + taxi.connection.send(report(1)):
            await taxi.raw(bytes((byte,)))
        assert await taxi.results(2) == {0: 0, 1: 0}
    assert [len(batch) for batch in worker.batches] == [1]


async def test_nothing_is_acknowledged_before_it_is_committed(start: Start, worker: Worker) -> None:
    gateway = await start()
    worker.hold()
    async with Taxi(gateway.port) as taxi:
        (serial,) = await taxi.locations(1)
        with pytest.raises(TimeoutError):
            await taxi.reply(0.3)
        worker.go_on()
        assert await taxi.results(1) == {serial: 0}


async def test_an_unknown_isu_is_noted_and_never_acknowledged(start: Start, worker: Worker) -> None:
    gateway = await start()
    refused = grown(REFUSED, "unknown_isu")
    async with Taxi(gateway.port, "104502009999") as taxi:
        await taxi.locations(2)
        assert await taxi.ended()
        assert taxi.events == []
    assert refused() == 1
    (stranger,) = gateway.strangers.take()
    assert (stranger.phone, stranger.edition, stranger.attempts) == ("104502009999", EDITION, 1)
    assert len(gateway.strangers) == 0
    assert worker.frames == 0


async def test_an_isu_comes_in_from_its_networks_alone(start: Start, worker: Worker, directory: Any) -> None:
    gateway = await start()
    refused = grown(REFUSED, "wrong_network")
    async with Taxi(gateway.port, OTHER_ISU) as taxi:
        await taxi.locations(1)
        assert await taxi.ended()
    assert (refused(), worker.frames) == (1, 0)
    directory._entries[OTHER_ISU] = entry(4, phone=OTHER_ISU, edition=EDITION, networks="10.0.0.0/8 127.0.0.0/8")
    async with Taxi(gateway.port, OTHER_ISU) as taxi:
        assert await taxi.results(len(await taxi.locations(1))) == {0: 0}


@pytest.mark.parametrize(
    ("networks", "remote", "may"),
    [
        ("", "203.0.113.9:4000", True),
        ("10.20.0.0/16", "10.20.255.1:4000", True),
        ("10.20.0.0/16", "10.21.0.1:4000", False),
        ("10.20.0.0/16 192.0.2.7", "192.0.2.7:1", True),
        ("10.20.0.0/16", "::ffff:10.20.0.9:4000", True),
        ("2001:db8::/32", "2001:db8::9:4000", True),
        ("2001:db8::/32", "10.20.0.9:4000", False),
        ("10.20.0.0/16", "", False),
        ("everywhere", "10.20.0.9:4000", False),
    ],
)
def test_networks_are_told_apart(networks: str, remote: str, may: bool) -> None:
    assert allowed(entry(4, networks=networks), remote) is may


async def test_both_standards_share_a_port_and_a_shard(start: Start, worker: Worker) -> None:
    gateway = await start(batch_wait_s=0.2)
    async with Taxi(gateway.port) as taxi, Terminal(gateway.port, phone(1)) as truck:
        assert await truck.authenticate() == 0
        serials = await asyncio.gather(taxi.locations(4), truck.locations(4))
        assert await taxi.results(4) == dict.fromkeys(serials[0], 0)
        assert await truck.results(4) == dict.fromkeys(serials[1], 0)
    forms = {
        vehicle: set(batch.forms[batch.vehicles == vehicle].tolist())
        for batch in worker.batches
        for vehicle in np.unique(batch.vehicles).tolist()
    }
    assert forms == {1: {FRAME}, 3: {TAXI_FRAME}}


async def test_a_phone_that_begins_like_an_isu_stays_what_the_registry_says(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Terminal(gateway.port, IOT_PHONE) as truck:
        assert (await truck.register(plate=entry(5).plate, terminal_id=entry(5).terminal_id)).result == 0
        assert await truck.authenticate() == 0
        serials = await truck.locations(2)
        assert await truck.results(2) == dict.fromkeys(serials, 0)
    assert {form for batch in worker.batches for form in batch.forms.tolist()} == {FRAME}
    async with Terminal(gateway.port, IOT_PHONE) as hasty:  # not authenticated: refused as JT/T 808 is, not as a taxi
        assert await hasty.heartbeat() == 1


async def test_a_stranger_that_registers_is_of_808_whatever_its_number(start: Start) -> None:
    gateway = await start()
    async with Terminal(gateway.port, "106489999999") as truck:
        assert (await truck.register()).result == 4
    (stranger,) = gateway.strangers.take()
    assert (stranger.phone, stranger.edition) == ("106489999999", "2013")


async def test_every_kind_of_position_report_is_stored_and_answered(start: Start, worker: Worker) -> None:
    gateway = await start()
    plain = report(1)
    bare = Position(0, 0x100, 41.12, 122.07, 0.0, 0, START)
    answer = LocationAnswer(7, 0, 0x100, 41.12, 122.07, 0.0, 0, START)
    async with Taxi(gateway.port) as taxi:
        serials = [await taxi.send(one) for one in (plain, answer, LocationResent((bare,) * 50))]
        assert await taxi.results(3) == dict.fromkeys(serials, 0)
    ids = [key for batch in worker.batches for key in batch.message_ids.tolist()]
    assert ids == [0x0200, 0x0201, 0x0203]


async def test_a_bad_frame_ends_no_taxi_session_and_is_answered_by_its_kind(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Taxi(gateway.port) as taxi:
        good = taxi.connection.send(report(1))
        spoilt = bytearray(unescape(taxi.connection.send(Heartbeat())[1:-1]))
        spoilt[-1] ^= 1
        await taxi.raw(b"\x7e" + bytes(spoilt) + b"\x7e" + good)
        assert await taxi.results(1) == {0: 0}
        short = taxi.connection.send_body(0x0B03, b"\x01")
        await taxi.raw(short)
        refusal = await taxi.reply()
        assert (refusal.ack_id, refusal.result) == (0x0B03, 2)
        await taxi.raw(taxi.connection.send_body(0x0B06, b"\x01"))  # this standard knows no "not supported"
        refusal = await taxi.reply()
        assert (refusal.ack_id, refusal.result) == (0x0B06, 1)
    await eventually(lambda: sum(len(batch.rejected) for batch in worker.batches) == 2)
    reasons = [one.reason for batch in worker.batches for one in batch.rejected]
    assert sorted(reasons) == ["bad-checksum", "truncated-body"]


async def test_a_frame_of_another_isu_is_not_this_taxis(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Taxi(gateway.port) as taxi:
        (serial,) = await taxi.locations(1)
        await taxi.raw(Connection(OTHER_ISU, admitted=True, peer=End.CENTRE).send(report(2)))
        assert await taxi.results(1) == {serial: 0}
        await eventually(lambda: any(batch.rejected for batch in worker.batches))
    assert [one.reason for batch in worker.batches for one in batch.rejected] == ["other-phone"]
    assert worker.frames == 1


async def test_the_newer_of_two_sockets_with_one_isu_stays(start: Start, worker: Worker) -> None:
    gateway = await start()
    replaced = grown(CLOSED, "replaced")
    async with Taxi(gateway.port) as first, Taxi(gateway.port) as second:
        await first.results(len(await first.locations(1)))
        assert await second.results(len(await second.locations(1, first=5))) == {0: 0}
        assert await first.ended()
    assert replaced() == 1


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (None, "struck_off"),
        (entry(3, phone=ISU, edition="2019"), "struck_off"),
        (entry(3, phone=ISU, edition=EDITION, networks="10.0.0.0/8"), "wrong_network"),
    ],
)
async def test_a_registry_that_changes_its_mind_ends_the_session(
    start: Start, worker: Worker, directory: Any, now: Any, reason: str
) -> None:
    gateway = await start()
    closed = grown(CLOSED, reason)
    async with Taxi(gateway.port) as taxi:
        await taxi.results(len(await taxi.locations(1)))
        if now is None:
            del directory._entries[ISU]
        else:
            directory._entries[ISU] = now
        directory.version += 1
        assert await taxi.ended()
    assert closed() == 1


async def test_a_damaged_first_frame_leaves_the_door_open(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Taxi(gateway.port) as taxi:
        spoilt = bytearray(unescape(taxi.connection.send(report(0))[1:-1]))
        spoilt[20] ^= 0xFF
        await taxi.raw(b"\x7e" + bytes(spoilt) + b"\x7e")
        (serial,) = await taxi.locations(1)
        assert await taxi.results(1) == {serial: 0}


async def test_a_long_photo_part_may_be_the_first_frame(start: Start, worker: Worker) -> None:
    gateway = await start()
    async with Taxi(gateway.port) as taxi:
        await taxi.send(ImagePart(0, 9, 1, 5000, 0, b"\x7e" * 2000))
        first = await taxi.reply()
        assert (first.ack_id, gateway.by_phone[ISU].vehicle_id) == (0x0800, 3)
        await taxi.send(ImagePart(0, 9, 1, 5000, 4999, b"\x7e" * 2000))
        beyond = await taxi.reply()
        assert (beyond.ack_id, beyond.result) == (0x0800, 2)


def test_a_worker_gets_what_was_handed_in() -> None:
    """Forms survive the trip through the broker."""
    none = np.zeros(3, np.int64)
    batch = Batch(
        "b", "g", 0, b"", none, none, none, np.array([FRAME, 1, TAXI_FRAME], np.uint8), none.astype(np.uint16), []
    )
    assert Batch.from_task(batch.to_task()).forms.tolist() == [0, 1, 2]
