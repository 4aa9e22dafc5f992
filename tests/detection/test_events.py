"""Alarms of terminals become findings and cases: once, by the maker's table, at no alarm's cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import shapely
from shapely.geometry import mapping

from datacenter.detection import events, findings
from datacenter.detection.events import Told, passage_of, tell
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.detection.words import in_one_line
from datacenter.geo.models import Crossing
from datacenter.ingest.worker import ShardWorker
from datacenter.media import occlusion
from datacenter.media.models import SafetyAlarm, SafetyEventCode, TerminalProfile
from datacenter.protocols.tlv import Tlv
from datacenter.registry.models import Vehicle
from tests.ingest.frames import location_batch, location_frame
from tests.media.conftest import NOW, dsm
from tests.media.test_alarms import packed, store

pytestmark = pytest.mark.usefixtures("tracks")
AT = int(NOW.timestamp())


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    occlusion._last_told.clear()


@pytest.fixture
def makers_table(truck: Vehicle) -> None:
    """The truck's terminal has codes of its own."""
    terminal = truck.terminals.get()
    terminal.maker = "RUIMING"
    terminal.save()
    TerminalProfile.objects.create(maker="RUIMING", vendor="锐明", practice="jiangsu", source="厂商手册")
    line = {"vendor": "锐明", "item": 0x65, "source": "厂商手册"}
    SafetyEventCode.objects.create(code=0x0A, title="未系安全带", detector="driver.seat_belt", **line)
    SafetyEventCode.objects.create(code=0x02, title="喝水", **line)  # theirs means something else, and is no rule


@pytest.fixture
def crossing(truck: Vehicle) -> Crossing:
    """Some metres north of where the track begins."""
    stripes = shapely.box(122.066, 40.9930, 122.0665, 40.99305)
    return Crossing.objects.create(name="府前街口", boundary=mapping(stripes), source="试验")


def told(vehicle: Vehicle, at: int = AT, number: int = 1, rule: str = "driver.phone", **facts: Any) -> Finding | None:
    given = {"reference": f"alarm:{number}", "level": 1, "speed_dkmh": 400, "latitude_e6": 41_123_456, **facts}
    return tell(Told(rule, vehicle.pk, at, longitude_e6=122_065_432, **given))


def test_a_phone_call_becomes_a_finding_with_its_alarm_and_a_case(shard: ShardWorker, truck: Vehicle) -> None:
    store(shard, truck, packed(dsm()))
    finding = Finding.objects.get(detector="driver.phone")
    alarm = SafetyAlarm.objects.get()
    assert (finding.vehicle_id, finding.started_at, finding.ended_at) == (truck.pk, NOW, NOW)
    assert finding.measures == {"alarms": 1, "level": 2, "peak_speed_dkmh": 620, "lasting_s": 0}
    assert finding.evidence["told"] == [f"alarm:{alarm.pk}"]
    assert (finding.latitude_e6, finding.longitude_e6) == (41_123_456, 122_065_432)
    assert finding.case.kind == "driver.phone"
    assert finding.case.county_id == finding.county_id
    assert "报警次数 1 次" in in_one_line(finding)


def test_the_same_alarm_twice_is_one_finding_and_its_end_prolongs_it(shard: ShardWorker, truck: Vehicle) -> None:
    store(shard, truck, packed(dsm()))
    store(shard, truck, packed(dsm()))
    store(shard, truck, packed(dsm(at=NOW, flag=2)), first=AT + 40)
    finding = Finding.objects.get(detector="driver.phone")
    assert finding.measures["alarms"] == 1
    store(shard, truck, packed(dsm(number=8, at=NOW + timedelta(seconds=90), seq=1)), first=AT + 90)
    finding = Finding.objects.get(detector="driver.phone")
    assert (finding.measures["alarms"], finding.measures["lasting_s"]) == (2, 90)


def test_a_code_of_the_makers_table_is_the_rule_that_its_line_names(
    makers_table: None, shard: ShardWorker, truck: Vehicle
) -> None:
    store(shard, truck, packed(dsm(0x0A), dsm(0x02, number=9, seq=2), dsm(0x03, number=10, seq=3)))
    assert set(Finding.objects.values_list("detector", flat=True)) == {"driver.seat_belt", "driver.smoking"}


@pytest.mark.parametrize(("apart", "count"), [(299, 1), (300, 1), (301, 2)])
def test_alarms_close_in_time_are_one_finding(truck: Vehicle, apart: int, count: int) -> None:
    told(truck)
    told(truck, AT + apart, 2, level=2)
    assert Finding.objects.count() == count
    if count == 1:
        assert Finding.objects.get().measures["level"] == 2


def test_one_that_comes_late_joins_the_two_beside_it(truck: Vehicle) -> None:
    first, second = told(truck), told(truck, AT + 500, 2)
    assert first is not None
    assert second is not None
    assert told(truck, AT + 250, 3) == first
    first.refresh_from_db()
    second.refresh_from_db()
    assert second.state == Finding.State.SUPERSEDED
    assert (first.measures["alarms"], first.measures["lasting_s"]) == (3, 500)
    assert sorted(first.evidence["told"]) == ["alarm:1", "alarm:2", "alarm:3"]


@pytest.mark.parametrize(("level", "count"), [(0, 0), (1, 1), (2, 1)])
def test_a_milder_alarm_than_the_limit_is_only_kept(truck: Vehicle, level: int, count: int) -> None:
    DetectorSetting.objects.filter(pk="driver.phone").update(limits={"least_level": 1})
    told(truck, level=level)
    assert Finding.objects.count() == count


def test_a_rule_that_is_off_or_unknown_finds_nothing(truck: Vehicle) -> None:
    DetectorSetting.objects.filter(pk="driver.phone").update(enabled=False)
    assert told(truck) is None
    assert told(truck, rule="road.overspeed") is None
    assert told(truck, rule="nobody.knows") is None
    assert not Finding.objects.exists()


def test_a_fault_costs_no_alarm(shard: ShardWorker, truck: Vehicle, monkeypatch: Any) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(findings, "found", broken)
    before = events.FAULTS.value("driver.phone")
    store(shard, truck, packed(dsm()))
    assert SafetyAlarm.objects.count() == 1
    assert not Finding.objects.exists()
    assert events.FAULTS.value("driver.phone") == before + 1


def test_an_alarm_without_a_place_goes_to_the_county_of_the_registry(truck: Vehicle) -> None:
    finding = told(truck, latitude_e6=None)
    assert finding is not None
    assert (finding.latitude_e6, finding.longitude_e6, finding.county_id) == (None, None, truck.county_id)


def covered(channels: int) -> bytes:
    return packed(Tlv(0x16, channels.to_bytes(4, "big")))


def test_a_covered_camera_is_one_finding_while_it_lasts(shard: ShardWorker, truck: Vehicle) -> None:
    store(shard, truck, *[covered(0b10)] * 20, b"")
    store(shard, truck, covered(0b101), first=AT + 300)
    finding = Finding.objects.get(detector="camera.covered")
    assert (finding.measures["channels"], finding.measures["alarms"]) == (0b111, 1)
    assert finding.measures["lasting_s"] == 300
    assert "遮挡通道 1、2、3" in in_one_line(finding)


@pytest.mark.parametrize(
    ("tail", "bits"),
    [
        (covered(0), None),
        (packed(Tlv(0x14, bytes([0, 0, 0, 2]))), 0),
        (packed(Tlv(0x14, bytes([0, 0, 0, 1]))), None),
        (packed(Tlv(0x14, bytes([0, 0, 0, 2])), Tlv(0x16, bytes([0, 0, 0, 8]))), 8),
        (packed(Tlv(1, b"\x16\x04\x00\x01")), None),  # a mileage that looks like it
        (b"\x16\x04\x00\x00", None),  # cut off
        (b"", None),
    ],
)
def test_bits_of_covered_channels(tail: bytes, bits: int | None) -> None:
    assert occlusion.covered_channels(tail) == bits


def test_what_is_rolled_back_was_not_told(shard: ShardWorker, truck: Vehicle, monkeypatch: Any) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("datacenter.tracks.chunks.keep", lambda *_: 1 / 0)
        store(shard, truck, covered(1))
    assert not Finding.objects.exists()
    store(shard, truck, covered(1), first=AT + 5)
    assert Finding.objects.filter(detector="camera.covered").count() == 1


def test_not_yielding_says_which_crossing_was_passed_and_how_fast(
    crossing: Crossing, shard: ShardWorker, truck: Vehicle
) -> None:
    frames = [
        location_frame(AT - 20 + n * 5, 40_992_450 + n * 500, 122_066_240, speed_kmh=40 + n, serial=n) for n in range(5)
    ]
    shard.store(location_batch(truck.pk, frames))
    finding = told(truck, AT - 12, rule="crossing.not_yielding")
    assert finding is not None
    assert (finding.measures["crossing_id"], finding.measures["through_dkmh"]) == (crossing.pk, 410)
    assert "斑马线 府前街口" in in_one_line(finding)
    without_track = told(truck, AT + 3600, rule="crossing.not_yielding")
    assert without_track is not None
    assert "crossing_id" not in without_track.measures


@pytest.mark.parametrize(("north_m", "known"), [(40, True), (90, False)])
def test_an_alarm_beside_a_crossing_that_its_track_cuts_off_is_about_that_one(
    crossing: Crossing, shard: ShardWorker, truck: Vehicle, north_m: int, known: bool
) -> None:
    place = {"latitude_e6": 40_993_050 + round(north_m / 0.1112), "longitude_e6": 122_066_240, "speed_dkmh": 230}
    finding = tell(Told("crossing.not_yielding", truck.pk, AT, reference="alarm:1", level=1, **place))
    assert finding is not None
    expected = (crossing.pk, 230) if known else (None, None)
    assert (finding.measures.get("crossing_id"), finding.measures.get("through_dkmh")) == expected
    assert {**finding.measures, **passage_of(finding)} == finding.measures
