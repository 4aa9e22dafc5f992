"""An open drawer hears that something about its vehicle changed, in its scope only; and what a taxi's report says."""

from __future__ import annotations

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.db import transaction

from datacenter.accounts.models import User
from datacenter.registry.models import Vehicle
from datacenter.tracks import changes
from datacenter.tracks.position import Flag
from datacenter.tracks.selectors import track_columns
from datacenter.tracks.words import occupancy_word, taxi_words
from tests import factories
from tests.tracks.test_map_socket import VIEW, Open, Socket, open_map, publish, told, vehicles  # noqa: F401  fixtures


@database_sync_to_async
def change(vehicle_id: int, *, commit: bool = True) -> None:
    with transaction.atomic():
        changes.on_commit(vehicle_id, "taxi")
        transaction.set_rollback(not commit)


def is_change(message: object) -> bool:
    return isinstance(message, dict) and message["type"] == "changed"


async def follow(socket: Socket, vehicle: Vehicle) -> None:
    await socket.send_json_to(VIEW)
    await socket.send_json_to({"type": "follow", "vehicle": vehicle.pk})
    await socket.send_json_to({"type": "ping"})
    await told(socket, lambda message: isinstance(message, dict) and message["type"] == "pong")


async def test_a_drawer_is_told_of_its_vehicle_and_no_other(
    dawa_officer: User,
    vehicles: dict[str, Vehicle],  # noqa: F811
    open_map: Open,  # noqa: F811
) -> None:
    socket = await open_map(dawa_officer)
    await follow(socket, vehicles["ours"])
    await change(vehicles["neighbour"].pk)
    await change(vehicles["ours"].pk, commit=False)
    await change(vehicles["ours"].pk)
    assert await told(socket, is_change) == {"type": "changed", "id": vehicles["ours"].pk, "section": "taxi"}
    await follow(socket, vehicles["neighbour"])
    await change(vehicles["ours"].pk)
    await change(vehicles["neighbour"].pk)
    assert (await told(socket, is_change))["id"] == vehicles["neighbour"].pk


async def test_a_stranger_who_follows_a_vehicle_hears_nothing_of_it(
    panshan_officer: User,
    vehicles: dict[str, Vehicle],  # noqa: F811
    open_map: Open,  # noqa: F811
) -> None:
    socket = await open_map(panshan_officer)
    await follow(socket, vehicles["ours"])
    await change(vehicles["ours"].pk)
    await asyncio.sleep(0)
    await follow(socket, vehicles["panshan"])
    await change(vehicles["panshan"].pk)
    assert (await told(socket, is_change))["id"] == vehicles["panshan"].pk


async def test_the_drawer_s_report_says_what_a_taxi_is_doing(
    city_officer: User,
    vehicles: dict[str, Vehicle],  # noqa: F811
    open_map: Open,  # noqa: F811
) -> None:
    socket = await open_map(city_officer)
    await socket.send_json_to(VIEW)
    await told(socket, lambda message: not isinstance(message, dict) and message.fed)
    await socket.send_json_to({"type": "follow", "vehicle": vehicles["ours"].pk})
    publish(vehicles["ours"], flags=int(Flag.LOCATED | Flag.QUALIFIED | Flag.TAXI | Flag.LOADED))
    report = await told(socket, lambda message: isinstance(message, dict) and message["type"] == "vehicle")
    assert "重车（载客并计价）" in report["statuses"]


@pytest.mark.parametrize(
    ("flags", "word", "words"),
    [
        (0, "", []),
        (Flag.LOADED, "", []),  # bits of a vehicle that is no taxi mean nothing
        (Flag.TAXI, "空车", ["空车"]),
        (Flag.TAXI | Flag.BOOKED, "空车", ["空车", "预约（任务车）"]),
        (Flag.TAXI | Flag.LOADED | Flag.PICK_UP, "重车（载客并计价）", ["重车（载客并计价）", "本次上客"]),
        (Flag.TAXI | Flag.OUT_OF_OPERATION, "", []),
        (Flag.TAXI | Flag.METER_FAULT | Flag.METER_CLOCK, "空车", ["空车", "计价器故障", "计价器时钟超差"]),
    ],
)
def test_words_of_a_taxi_s_flags(flags: int, word: str, words: list[str]) -> None:
    assert occupancy_word(flags) == word
    assert taxi_words(flags) == words


def test_a_track_says_where_a_taxi_was_loaded() -> None:
    flags = [0, Flag.TAXI, Flag.TAXI | Flag.LOADED, Flag.TAXI | Flag.OUT_OF_OPERATION | Flag.LOADED]
    positions = factories.make_positions(7, [{"at": at * 10, "flags": int(flag)} for at, flag in enumerate(flags)])
    assert track_columns(positions)["occupancy"] == [0, 1, 2, 0]
