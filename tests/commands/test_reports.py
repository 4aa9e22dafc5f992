"""What a terminal reports besides positions: stored with its commit, answered after it, once however often it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from datacenter.errors import DomainError
from datacenter.facts import catalogue
from datacenter.facts.models import TerminalReport
from datacenter.facts.workflow import keep_report
from datacenter.gateway.server import Gateway
from datacenter.ingest.models import QuarantinedFrame
from datacenter.protocols.jt808 import messages as jt808
from datacenter.registry.models import Vehicle
from tests.commands.conftest import PHONE, in_database
from tests.gateway.terminal import Terminal
from tests.gateway.worker import Worker

EVENT = jt808.EventReport(7)


def rows() -> list[dict[str, Any]]:
    return list(TerminalReport.objects.values("vehicle_id", "message_id", "serial", "content", "title"))


async def test_a_report_is_acknowledged_only_after_its_commit(gateway: Gateway, truck: Vehicle, worker: Worker) -> None:
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        worker.hold()
        serial = await terminal.send(EVENT)
        with pytest.raises(TimeoutError):
            await terminal.next(0.4)
        worker.go_on()
        assert await terminal.results(1) == {serial: 0}
        expected = {"vehicle_id": truck.pk, "message_id": 0x0301, "serial": serial, "content": {"event_id": 7}}
        assert await in_database(rows) == [expected | {"title": jt808.EventReport.title}]


async def test_a_report_that_comes_again_is_stored_once(gateway: Gateway, truck: Vehicle) -> None:
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        raw = terminal.connection.send(EVENT)
        await terminal.raw(raw)
        await terminal.raw(raw)
        assert len(await terminal.results(1)) == 1
        assert len(await terminal.results(1)) == 1
        assert len(await in_database(rows)) == 1


async def test_reports_and_positions_of_one_read_are_all_stored(gateway: Gateway, truck: Vehicle) -> None:
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        first = terminal.connection.serial
        now = datetime.now(UTC).replace(microsecond=0)
        place = jt808.LocationReport(0, 3, 41.12, 122.06, 5, 40.0, 90, now)
        frames = [terminal.connection.send(message) for message in (place, EVENT, place)]
        await terminal.raw(b"".join(frames))
        assert await terminal.results(3) == {first: 0, first + 1: 0, first + 2: 0}
        assert len(await in_database(rows)) == 1


async def test_a_picture_in_packets_is_answered_by_its_own_reply(gateway: Gateway, truck: Vehicle) -> None:
    picture = jt808.MediaData(9, 0, 0, 0, 1, None, b"\xff\xd8" + bytes(2500) + b"\xff\xd9")
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        body = picture.encode("2011")
        await terminal.raw(terminal.connection.send_body(0x0801, body))
        event = await terminal.next()
    assert event.message == jt808.MediaReply(9)


async def test_what_its_keeper_stumbles_over_is_quarantined_and_costs_nothing_else(
    gateway: Gateway, truck: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Odd(DomainError):
        code = "odd"

    def refuse(fact: catalogue.Fact) -> None:
        keep_report(fact)
        raise Odd("不对")

    monkeypatch.setitem(catalogue._keepers, ("jt808", 0x0301), refuse)
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        serial = await terminal.send(EVENT)
        assert await terminal.results(1) == {serial: 2}
        other = await terminal.send(jt808.InformationOrder(3, 1))
        assert await terminal.results(1) == {other: 0}
    kept = await in_database(lambda: list(QuarantinedFrame.objects.values_list("reason", "vehicle_id")))
    assert kept == [("odd", truck.pk)]
    assert len(await in_database(rows)) == 1


async def test_a_message_that_no_table_reads_is_not_supported(gateway: Gateway, truck: Vehicle) -> None:
    async with Terminal(gateway.port, PHONE) as terminal:
        assert await terminal.authenticate() == 0
        serial = terminal.connection.serial
        await terminal.raw(terminal.connection.send_body(0x0F77, b"\x01"))
        assert await terminal.results(1) == {serial: 3}
