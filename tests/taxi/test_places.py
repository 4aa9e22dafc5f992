"""Taxis at ranks and stations, from stored positions to findings: late ones, the same twice, the walls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from datacenter.detection.models import DetectorSetting, Finding
from datacenter.detection.words import measured
from datacenter.facts.catalogue import Fact
from datacenter.facts.workflow import keep_report
from datacenter.geo.models import Area
from datacenter.protocols.jt905.header import EDITION
from datacenter.protocols.jt905.messages.orders import GrabOrder, OrderCancelledByDriver
from datacenter.registry.models import Company, Vehicle
from datacenter.tracks import chunks, store
from datacenter.tracks.position import Flag
from taxi.models import RankVisit
from taxi.places import following
from taxi.places.visits import Sign
from tests import factories
from tests.conftest import _as_role
from tests.detection.running import MIDNIGHT
from tests.detection.ways import Drive
from tests.taxi.conftest import make_taxi

NOON = MIDNIGHT + 12 * 3600
V, L = Sign.VACANT, Sign.LOADED
_FLAGS = {V: 0, L: Flag.LOADED, Sign.BOOKED: Flag.BOOKED, Sign.OUT: Flag.OUT_OF_OPERATION}
EVENING = datetime.fromtimestamp(MIDNIGHT + 22 * 3600, UTC)


@pytest.fixture
def rank(tracks: None, counties: Any) -> Area:
    """60 m about Dawa's seat."""
    return factories.make_area(factories.DAWA_SEAT, 0.0006, kind="rank", name="大洼客运站候客点")


@pytest.fixture
def station(tracks: None, counties: Any) -> Area:
    return factories.make_area(factories.DAWA_SEAT, 0.0006, kind="station", name="大洼站")


@pytest.fixture
def taxis(tracks: None, rank_or_station: Area, taxi_company: Company) -> list[Vehicle]:
    return [make_taxi(f"辽LT{number:04d}", taxi_company) for number in range(3)]


@pytest.fixture
def rank_or_station(tracks: None, request: Any) -> Area:
    area: Area = request.getfixturevalue(getattr(request, "param", "rank"))
    return area


def put(vehicle: Vehicle, drive: Drive) -> None:
    """Its positions, stored and told to the index as a worker does."""
    rows = [
        {
            "at": at, "latitude_e6": lat, "longitude_e6": lon, "speed_kmh": 0,
            "flags": int(Flag.LOCATED | Flag.QUALIFIED | Flag.TAXI | _FLAGS[Sign(sign)]), "body_hash": at,
        }
        for at, lat, lon, sign in drive.places()
    ]  # fmt: skip
    positions = factories.make_positions(vehicle.pk, rows, 0)
    store.make_partitions(sorted({store.day_of(int(at)) for at in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        chunks.keep(cursor, 0, positions.take(store.append_once(cursor, positions, [b""] * len(positions))))


def follow(now: datetime = EVENING, hours: float = 12) -> int:
    """As beat's worker does."""
    with _as_role("DATABASE_INGEST_URL"):
        return following.follow(now, timedelta(hours=hours))


def wait(start: int, wait_s: int, went: Sign) -> Drive:
    """Comes from the north, waits, goes on to the south."""
    drive = Drive(start)
    drive.north = 600
    drive.go(0, loaded=V).stand(wait_s, V)
    return drive.go(-1500, loaded=went)


def passed_over(taxis: list[Vehicle], start: int) -> None:
    """The first waits for five minutes at the head and leaves; the second before it and the third after it are taken.

    An hour apart, or their waits overlap.
    """
    choosy, earlier, later = taxis
    put(earlier, wait(start - 100, 160, L))
    put(choosy, wait(start, 300, V))
    put(later, wait(start + 100, 260, L))


def choosing(taxis: list[Vehicle], *hours: int) -> None:
    for hour in hours:
        passed_over(taxis, NOON + hour * 3600)


def test_three_vacant_departures_in_a_day_are_one_finding_with_a_case(taxis: list[Vehicle], rank: Area) -> None:
    choosing(taxis, 0, 1)
    assert follow() == 0
    choosing(taxis, 2)
    assert follow() == 3
    finding = Finding.objects.get()
    assert (finding.detector, finding.vehicle, finding.county_id) == ("taxi.refusal", taxis[0], factories.DAWA)
    assert finding.measures["alarms"] == finding.measures["day_count"] == 3
    assert finding.measures["overtook"] == 1
    assert finding.case is not None
    assert RankVisit.objects.count() == 9
    shown = {row["title"]: row["text"] for row in measured(finding)}
    assert shown["区域"] == rank.name
    assert shown["当日空车离开"] == "3"
    assert "level" not in shown


def test_the_same_twice_is_one(taxis: list[Vehicle]) -> None:
    choosing(taxis, 0, 1, 2)
    follow()
    rows, before = set(RankVisit.objects.values_list()), Finding.objects.get()
    choosing(taxis, 0, 1, 2)
    for hours in (12, 3, 26):
        follow(hours=hours)
    assert set(RankVisit.objects.values_list()) == rows
    after = Finding.objects.get()
    assert (after.measures, after.evidence["told"]) == (before.measures, before.evidence["told"])


def test_hour_by_hour_it_is_the_same_as_at_once(taxis: list[Vehicle]) -> None:
    choosing(taxis, 0, 1, 2, 3)
    for hour in range(1, 6):
        follow(datetime.fromtimestamp(NOON + hour * 3600, UTC), 3)
    piecewise, rows = Finding.objects.get(), set(RankVisit.objects.values_list())
    assert (piecewise.measures["alarms"], len(rows)) == (4, 12)
    follow()
    assert set(RankVisit.objects.values_list()) == rows
    whole = Finding.objects.get()
    assert (whole.measures, whole.evidence["told"]) == (piecewise.measures, piecewise.evidence["told"])


def test_positions_that_come_late_are_judged_by_the_later_run(taxis: list[Vehicle]) -> None:
    choosing(taxis, 0, 1)
    follow()
    choosing(taxis, 2)
    night = EVENING + timedelta(hours=10)
    assert follow(night, 3) == 0
    assert follow(night, 26) == 3


def test_a_visit_that_a_late_position_changes_keeps_its_number(taxis: list[Vehicle]) -> None:
    drive = wait(NOON, 300, V)
    whole = list(drive.rows)
    drive.rows = [row for row in whole if not NOON + 60 <= row[0] < NOON + 100]  # its arrival comes late
    put(taxis[0], drive)
    follow()
    (before,) = RankVisit.objects.all()
    drive.rows = whole
    put(taxis[0], drive)
    follow()
    (after,) = RankVisit.objects.all()
    assert after.pk == before.pk
    assert after.arrived_at < before.arrived_at


def test_a_visit_longer_than_the_look_back_is_not_lost(taxis: list[Vehicle]) -> None:
    put(taxis[0], wait(NOON, 6 * 3600, V))
    now = datetime.fromtimestamp(NOON + 6 * 3600 + 1200, UTC)
    follow(now, 26)
    (before,) = RankVisit.objects.all()
    follow(now, 3)
    assert RankVisit.objects.get().pk == before.pk


def carry(taxi: Vehicle, *hours: int, sign: Sign = V) -> None:
    """From the station straight to a brief stop, and on, the sign never on loaded."""
    for hour in hours:
        drive = Drive(NOON + hour * 3600)
        drive.north = 600
        drive.go(0, loaded=sign).stand(60, sign).go(-3000, loaded=sign).stand(60, sign).go(-7000, loaded=sign)
        put(taxi, drive)


@pytest.mark.parametrize("rank_or_station", ["station"], indirect=True)
@pytest.mark.parametrize("sign", [V, Sign.OUT], ids=["vacant", "out"])
def test_passengers_carried_under_a_vacant_sign(taxis: list[Vehicle], sign: Sign) -> None:
    carry(taxis[0], 0, 1, sign=sign)
    assert follow() == 0
    carry(taxis[0], 2, sign=sign)
    assert follow() == 3
    finding = Finding.objects.get()
    assert (finding.detector, finding.measures["alarms"]) == ("taxi.false_vacant", 3)
    assert finding.measures["straight_percent"] >= 95
    assert follow() == 3
    assert Finding.objects.get().measures["alarms"] == 3


def test_at_a_rank_a_taxi_that_looks_in_and_leaves_is_honest(taxis: list[Vehicle]) -> None:
    carry(taxis[0], 0, 1, 2, 3)
    assert follow() == 0


def test_a_bus_and_a_taxi_without_a_sign_have_no_visits(taxis: list[Vehicle], taxi_company: Company) -> None:
    bus = factories.make_vehicle("辽L00001", taxi_company, kind="bus")
    put(bus, wait(NOON, 300, V))
    drive = wait(NOON, 300, V)
    rows = [{"at": at, "latitude_e6": lat, "longitude_e6": lon} for at, lat, lon, _ in drive.places()]
    positions = factories.make_positions(taxis[0].pk, rows, 0)
    with transaction.atomic(), connection.cursor() as cursor:
        chunks.keep(cursor, 0, positions.take(store.append_once(cursor, positions, [b""] * len(positions))))
    follow()
    assert not RankVisit.objects.exists()


def test_a_rule_switched_off_tells_nothing_and_still_keeps_visits(taxis: list[Vehicle]) -> None:
    DetectorSetting.objects.filter(pk="taxi.refusal").update(enabled=False)
    choosing(taxis, 0, 1, 2)
    assert follow() == 0
    assert RankVisit.objects.count() == 9


def test_without_ranks_there_is_nothing_to_do(tracks: None, counties: Any) -> None:
    assert follow() == 0


def test_old_visits_go(taxis: list[Vehicle]) -> None:
    put(taxis[0], wait(NOON, 300, V))
    follow()
    assert RankVisit.objects.count() == 1
    follow(EVENING + following.KEPT, 3)
    assert not RankVisit.objects.exists()


# --- orders -----------------------------------------------------------------------------------------------------------
def report(taxi: Vehicle, message: Any, message_id: int, serial: int, at: datetime) -> None:
    keep_report(
        Fact("jt905", EDITION, message_id, serial, "13900000001", taxi.pk, at, message.encode(EDITION), message)
    )


@pytest.mark.parametrize(
    ("orders", "reason", "grabbed", "told"),
    [(3, 2, True, 3), (2, 2, True, 0), (3, 0, True, 0), (3, 1, True, 0), (3, 2, False, 0)],
    ids=["three", "two", "accidents", "jams", "never taken"],
)
def test_orders_taken_and_given_back(
    taxi: Vehicle, tracks: None, orders: int, reason: int, grabbed: bool, told: int
) -> None:
    now = timezone.now()
    noon = now.astimezone(store.SHANGHAI).replace(hour=12, minute=0, second=0, microsecond=0)
    for number in range(orders):
        at = noon + timedelta(minutes=10 * number)
        if grabbed:
            report(taxi, GrabOrder(100 + number), 0x0B01, number, at)
        report(taxi, OrderCancelledByDriver(100 + number, reason), 0x0B08, 50 + number, at + timedelta(minutes=3))
    evening = noon + timedelta(hours=8)
    assert follow(evening) == told
    assert follow(evening) == told
    assert Finding.objects.filter(detector="taxi.refusal").count() == bool(told)
    if told:
        finding = Finding.objects.get()
        assert finding.measures["alarms"] == finding.measures["orders"] == 3
        assert finding.county_id == factories.PANSHAN  # no place is told: the vehicle's county
