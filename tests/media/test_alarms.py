"""Alarms inside positions: stored once, named by the model's table, their attachments asked for, at next to no cost."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datacenter.commands.models import Command
from datacenter.ingest.batch import STORED
from datacenter.ingest.worker import ShardWorker
from datacenter.media import alarms
from datacenter.media.models import SafetyAlarm, SafetyEventCode, TerminalProfile
from datacenter.protocols.active_safety.items import ITEMS, Scene, Tyre, TyreAlarm
from datacenter.protocols.active_safety.messages import UploadOrder
from datacenter.protocols.active_safety.practices import SHAPES
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import GMT8
from datacenter.registry.models import Vehicle
from tests import factories
from tests.ingest.frames import location_batch, location_frame
from tests.media.conftest import NOW, dsm

pytestmark = pytest.mark.usefixtures("tracks")
AT = int(NOW.timestamp())


@pytest.fixture
def profile(truck: Vehicle) -> TerminalProfile:
    """The truck's model has codes of its own."""
    terminal = truck.terminals.get()
    terminal.maker, terminal.model = "RUIMING", "M5"
    terminal.save()
    SafetyEventCode.objects.create(vendor="锐明", item=0x65, code=0x0A, title="未系安全带", source="厂商手册")
    return TerminalProfile.objects.create(maker="RUIMING", vendor="锐明", practice="jiangsu", source="厂商手册")


@pytest.fixture
def other(counties: Any) -> Vehicle:
    """A vehicle with a terminal of which nobody said anything."""
    vehicle = factories.make_vehicle("辽L88888")
    factories.make_terminal(vehicle, "13900000088")
    return vehicle


@pytest.fixture
def shard(truck: Vehicle, as_ingest: None) -> ShardWorker:
    return ShardWorker(0)


def packed(*items: Any) -> bytes:
    """Items as they lie in a report, alarms among them."""
    tlvs = [one if isinstance(one, Tlv) else one.pack() for one in items]
    return b"".join(bytes((one.id, len(one.data))) + one.data for one in tlvs)


def store(shard: ShardWorker, vehicle: Vehicle, *tails: bytes, first: int = AT) -> list[int]:
    frames = [
        location_frame(first + number, 40_992_450, 122_066_240, extras=tail, serial=number)
        for number, tail in enumerate(tails)
    ]
    results, _ = shard.store(location_batch(vehicle.pk, frames))
    return [int(result) for result in results]


def test_an_alarm_is_stored_and_its_attachments_are_asked_for(
    shard: ShardWorker, truck: Vehicle, settings: Any
) -> None:
    settings.MEDIA_ADDRESS, settings.MEDIA_PORT = "192.0.2.17", 7612
    assert store(shard, truck, packed(Tlv(1, bytes(4)), dsm())) == [STORED]
    alarm = SafetyAlarm.objects.get()
    assert (alarm.vehicle_id, alarm.county_id, alarm.company_id) == (truck.pk, truck.county_id, truck.company_id)
    assert (alarm.item, alarm.event, alarm.title, alarm.level, alarm.speed_kmh) == (0x65, 2, "接打电话", 2, 62)
    assert (alarm.latitude_e6, alarm.longitude_e6, alarm.device_time) == (41_123_456, 122_065_432, NOW)
    assert alarm.state == SafetyAlarm.State.REQUESTED
    command = Command.objects.get()
    assert command == alarm.command
    assert (command.urgent, command.created_by, command.message_id) == (True, None, 0x9208)
    order = UploadOrder.decode(bytes(command.body), "2013")
    assert order == UploadOrder("192.0.2.17", 7612, 0, dsm().tag, alarm.alarm_no)


def test_a_position_that_comes_again_brings_its_alarm_once(shard: ShardWorker, truck: Vehicle) -> None:
    tail = packed(dsm())
    store(shard, truck, tail)
    store(shard, truck, tail)
    store(shard, truck, tail, first=AT + 30)  # another position, the same alarm
    assert SafetyAlarm.objects.count() == 1
    assert Command.objects.count() == 1


def test_start_and_end_of_an_alarm_are_one_row(shard: ShardWorker, truck: Vehicle) -> None:
    ended = NOW + timedelta(seconds=40)
    store(shard, truck, packed(dsm()))
    end = replace(dsm(flag=2), scene=Scene(50, 5, 41.1, 122.0, ended.astimezone(GMT8), 1))
    store(shard, truck, packed(end), first=AT + 40)
    alarm = SafetyAlarm.objects.get()
    assert (alarm.flag_state, alarm.ended_at, alarm.device_time) == (2, ended, NOW)


def test_alarms_of_one_moment_are_told_apart(shard: ShardWorker, truck: Vehicle) -> None:
    store(shard, truck, packed(dsm(2, number=1), dsm(3, number=2), dsm(3, number=3)))
    assert sorted(SafetyAlarm.objects.values_list("event", "counter")) == [(2, 1), (3, 2), (3, 3)]
    assert len(set(SafetyAlarm.objects.values_list("alarm_no", flat=True))) == 3


def test_a_model_with_codes_of_its_own_is_understood_by_them(
    profile: TerminalProfile, shard: ShardWorker, truck: Vehicle
) -> None:
    store(shard, truck, packed(dsm(0x0A, number=1), dsm(3, number=2), dsm(0x1F, number=3)))
    titles = dict(SafetyAlarm.objects.values_list("counter", "title"))
    assert titles == {1: "未系安全带", 2: "抽烟", 3: "未定义事件 0x1F"}
    assert set(SafetyAlarm.objects.values_list("vendor", flat=True)) == {"锐明"}


def test_codes_of_one_maker_mean_nothing_for_another(
    profile: TerminalProfile, other: Vehicle, shard: ShardWorker
) -> None:
    store(shard, other, packed(dsm(0x0A)))
    assert SafetyAlarm.objects.get().title == "未定义事件 0x0A"


@pytest.mark.parametrize("practice", SHAPES)
def test_every_practice_is_stored_and_answered_in_its_own_layout(
    shard: ShardWorker, truck: Vehicle, practice: str
) -> None:
    alarm = dsm(practice=practice)
    store(shard, truck, packed(alarm))
    row = SafetyAlarm.objects.get()
    assert (row.practice, row.tag) == (practice, alarm.tag.pack().hex())
    assert UploadOrder.decode(bytes(Command.objects.get().body), "2013").tag == alarm.tag


def test_tyres_say_each_of_their_troubles(shard: ShardWorker, truck: Vehicle) -> None:
    base = dsm(attachments=0)
    tyres = TyreAlarm(9, 0, base.scene, base.tag, (Tyre(0, 0b110, 610, 41, 90), Tyre(3, 1 << 6, 540, 77, 15)))
    store(shard, truck, packed(tyres))
    row = SafetyAlarm.objects.get()
    assert row.title == "胎压过高、胎压过低、慢漏气"
    assert (row.state, Command.objects.count()) == (SafetyAlarm.State.NONE, 0)
    assert row.content["tires"][1]["temperature_c"] == 77


def test_a_wrong_length_in_front_of_an_alarm_costs_nothing(shard: ShardWorker, truck: Vehicle) -> None:
    raw = dsm().pack().data
    assert store(shard, truck, b"\x01\x04\0\0\0\x01\x65\x20" + raw + b"\x30\x01\x1f") == [STORED]
    assert SafetyAlarm.objects.get().event == 2


def test_what_a_bad_alarm_stumbles_over_costs_no_position_and_no_other_alarm(
    shard: ShardWorker, truck: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = alarms.profiles.meaning

    def odd(codes: Any, vendor: str, item: int, event: int) -> str:
        assert event != 3, "odd"
        return title(codes, vendor, item, event)

    monkeypatch.setattr(alarms.profiles, "meaning", odd)
    before = alarms.FAULTS.value()
    tails = packed(dsm(2, number=1)), packed(dsm(3, number=2)), packed(dsm(4, number=3))
    assert store(shard, truck, *tails) == [STORED] * 3
    assert sorted(SafetyAlarm.objects.values_list("event", flat=True)) == [2, 4]
    assert alarms.FAULTS.value() == before + 1


def test_a_terminal_that_has_no_such_order_is_not_asked(shard: ShardWorker, truck: Vehicle) -> None:
    truck.terminals.update(edition="905")
    store(shard, truck, packed(dsm()))
    row = SafetyAlarm.objects.get()
    assert (row.state, row.command) == (SafetyAlarm.State.UNREACHABLE, None)


def test_an_alarm_whose_clock_is_wrong_takes_the_positions_time(shard: ShardWorker, truck: Vehicle) -> None:
    store(shard, truck, packed(dsm(at=NOW - timedelta(days=400))))
    assert SafetyAlarm.objects.get().device_time == NOW


def test_rows_without_alarms_are_passed_by() -> None:
    raw = dsm().pack().data
    plain = packed(Tlv(1, b"\x64\x65\x66\x67"), Tlv(0x30, b"\x64"), Tlv(0x31, b"\x70"))
    long = plain + packed(Tlv(5, b"\x64" * 30), Tlv(0x25, bytes(4)), Tlv(0xEF, b"\x65" * 20))
    tails = [plain, b"", long, plain + b"\x65\x2f" + raw, b"\x65\x2f" + raw + plain, b"\x65\x20" + raw]
    assert alarms.rows_with_candidates(tails) == [3, 4, 5]
    assert set(ITEMS) == {0x64, 0x65, 0x66, 0x67, 0x70}


def test_a_position_without_alarms_costs_next_to_nothing() -> None:
    """The budget is 0.3 µs of the ingest's; asserted with room for a busy machine."""
    tail = packed(Tlv(1, bytes(4)), Tlv(3, bytes(2)), Tlv(0x30, b"\x1f"), Tlv(0x31, b"\x0c"))
    rows = [tail] * 20_000
    best = min(_timed(rows) for _ in range(7))
    assert best / len(rows) < 0.6e-6


def _timed(rows: list[bytes]) -> float:
    began = time.perf_counter()
    alarms.rows_with_candidates(rows)
    return time.perf_counter() - began
