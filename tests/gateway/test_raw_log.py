"""A gateway records the frames of a vehicle that is switched on, both ways, and nobody else's."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from datacenter.gateway import raw_log
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.gateway.raw_log import MOST_A_WRITE, RawLog
from datacenter.protocols.jt808.frame import FLAG
from tests import factories

from .conftest import Start, entry, eventually, grown, phone
from .terminal import Terminal

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_log, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(raw_log, "WRITE_EVERY_S", 0.05)


@pytest.fixture
def vehicle(directory: Any) -> Any:
    """A vehicle of the registry in which the directory's terminal 1 sits."""
    made = factories.make_vehicle("辽L00001")
    directory._entries[phone(1)] = entry(1, vehicle_id=made.pk)
    return made


def switch(vehicle: Any, hours: int = 1) -> None:
    until = timezone.now() + timedelta(hours=hours)
    RawLogSwitch.objects.update_or_create(vehicle=vehicle, defaults={"started_at": timezone.now(), "until": until})


def rows(vehicle_id: int | None = None) -> list[tuple[str, int | None, int | None]]:
    found = RawFrame.objects.order_by("pk")
    found = found.filter(vehicle_id=vehicle_id) if vehicle_id else found
    return list(found.values_list("direction", "message_id", "serial"))


async def recorded(count: int) -> list[tuple[str, int | None, int | None]]:
    """The log, once it has so many rows."""
    async with asyncio.timeout(5):
        while len(found := await sync_to_async(rows)()) < count:
            await asyncio.sleep(0.02)
    return found


async def test_a_switched_vehicle_is_recorded_both_ways_and_others_are_not(start: Start, vehicle: Any) -> None:
    gateway = await start()
    async with Terminal(gateway.port, phone(1)) as watched, Terminal(gateway.port, phone(2)) as other:
        await watched.authenticate()
        await other.authenticate()
        await watched.heartbeat()
        await sync_to_async(switch)(vehicle)
        await eventually(lambda: gateway.raw_log.on == {vehicle.pk})
        serial = watched.connection.serial
        await watched.heartbeat()
        await other.heartbeat()
        found = await recorded(2)
        assert found[0] == ("up", 0x0002, serial)
        assert found[1][:2] == ("down", 0x8001)
        frames = await sync_to_async(lambda: [bytes(one.raw) for one in RawFrame.objects.all()])()
        assert all(one.startswith(FLAG) and one.endswith(FLAG) for one in frames)
        await sync_to_async(switch)(vehicle, -1)
        await eventually(lambda: not gateway.raw_log.on)
        await watched.heartbeat()
        await asyncio.sleep(0.2)
        assert len(await sync_to_async(rows)()) == 2


async def test_a_terminal_that_connects_later_is_recorded_and_pieces_become_frames(start: Start, vehicle: Any) -> None:
    await sync_to_async(switch)(vehicle)
    gateway = await start()
    await eventually(lambda: gateway.raw_log.on == {vehicle.pk})
    async with Terminal(gateway.port, phone(1)) as watched:
        await watched.authenticate()
        frame = watched.connection.send_body(0x0002, b"")
        for byte in frame:
            await watched.raw(bytes((byte,)))
        assert (await watched.reply()).result == 0
        found = await recorded(3)
        assert [one[:2] for one in found if one[0] == "up"] == [("up", 0x0002)]


async def test_a_flood_leaves_gaps_and_no_more(start: Start, vehicle: Any) -> None:
    gateway = await start()
    log = RawLog(gateway)
    dropped = grown(raw_log.RAW_DROPPED)

    class Flooding:
        vehicle_id, form, recorded = vehicle.pk, 0, True

    flooding: Any = Flooding()
    log.came(flooding, (b"\x7e\x00\x02\x7e") * (MOST_A_WRITE + 50), 1)
    assert len(log._waiting) == MOST_A_WRITE
    assert dropped() == 50
    log.forget(flooding)
    assert log._splitters == {}
