"""Drivers' hours over vehicles and days, silence of a day, cloned plates: under, on and over each limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from datacenter.detection import findings, plates, second_stage
from datacenter.detection.batch import KINDS, Context
from datacenter.detection.detectors.driving import Fatigue
from datacenter.detection.detectors.second import ClonedPlate
from datacenter.detection.hours import Driven, excesses, shared, stretches
from datacenter.detection.models import DrivingSpan, Finding, PlateRead
from datacenter.detection.plates import Read, beyond_reach
from datacenter.registry.models import DriverBinding, Vehicle
from datacenter.tracks import store
from datacenter.tracks.position import Positions
from tests import factories
from tests.conftest import _as_role
from tests.detection.running import drive, rule, told

HOUR, DAY = 3600, 86_400
LIMIT = 8 * HOUR


def hours(*pairs: tuple[float, float], vehicle: int = 1) -> list[Driven]:
    return [Driven(int(a * HOUR), int(b * HOUR), vehicle) for a, b in pairs]


@pytest.mark.parametrize(("minutes", "found"), [(-1, 0), (0, 0), (1, 1)])
def test_eight_hours_of_a_day_are_lawful(minutes: int, found: int) -> None:
    driven = hours((0, 4), (5, 9 + minutes / 60))
    got = excesses(driven, DAY, LIMIT)
    assert len(got) == found
    if found:
        assert (got[0].started, got[0].ended, got[0].driven_s) == (9 * HOUR, 9 * HOUR + 60, LIMIT + 60)


def test_the_window_rolls_over_midnight_and_forgets_what_is_older() -> None:
    assert excesses(hours((0, 8), (24, 32)), DAY, LIMIT) == []
    (one,) = excesses(hours((0, 8), (23, 31)), DAY, LIMIT)
    # At 23:00 all eight hours are in the window; the first leaves it at 24:00 as fast as new ones come.
    assert (one.started, one.driven_s) == (23 * HOUR, LIMIT + HOUR)


def test_hours_on_two_vehicles_add_up_and_two_wheels_at_once_count_once() -> None:
    (one,) = excesses([*hours((0, 5)), *hours((6, 10), vehicle=2)], DAY, LIMIT)
    assert (one.vehicle_id, one.vehicles, one.driven_s) == (2, 2, 9 * HOUR)
    assert excesses([*hours((0, 8)), *hours((0, 8), vehicle=2)], DAY, LIMIT) == []


def test_a_second_day_too_long_is_a_second_excess() -> None:
    got = excesses(hours((0, 9), (48, 57)), DAY, LIMIT)
    assert [one.started for one in got] == [8 * HOUR, 56 * HOUR]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), min_size=1, max_size=12))
def test_the_worst_window_is_that_of_a_count_second_by_second(gaps: list[tuple[int, int]]) -> None:
    at, driven, wheel = 0, [], np.zeros(1200, np.int64)
    for rest, lasting in gaps:
        at += rest
        driven.append(Driven(at, at + lasting, 1))
        wheel[at : at + lasting] = 1
        at += lasting
    total = np.convolve(wheel, np.ones(100, np.int64))[: len(wheel)]
    got = excesses(driven, 100, 60)
    assert bool(got) is bool((total > 60).any())
    if got:
        assert max(one.driven_s for one in got) == total.max()
        assert got[0].started == int(np.flatnonzero(total > 60)[0])


@pytest.mark.parametrize(("pause", "count"), [(119, 1), (120, 1), (121, 2)])
def test_a_stop_of_over_two_minutes_is_no_driving(pause: int, count: int) -> None:
    at = np.array([0, 60, 60 + pause, 120 + pause])
    assert len(stretches(at, np.ones(4, bool), 120)) == count


def test_a_stretch_belongs_to_whoever_was_signed_in() -> None:
    assert shared([(0, 100), (200, 300)], [(50, 250), (290, 1000)]) == [(50, 100), (200, 250), (290, 300)]
    assert shared([(0, 100)], [(100, 200)]) == []
    assert stretches(np.array([5]), np.ones(1, bool), 120) == []
    assert stretches(np.array([5, 6]), np.zeros(2, bool), 120) == []


NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def put(track: Positions) -> None:
    days = {store.day_of(int(t)) for t in (track.device_time.min(), track.device_time.max())}
    with _as_role("DATABASE_INGEST_URL"), connection.cursor() as cursor:
        store.make_partitions(sorted(days))
        store.append_fresh(cursor, track, [b""] * len(track))


def follow(until: datetime, look_back_h: int) -> int:
    """As beat's worker does."""
    with _as_role("DATABASE_INGEST_URL"):
        return second_stage.follow_drivers(until, timedelta(hours=look_back_h))


def silent(now: datetime) -> int:
    with _as_role("DATABASE_INGEST_URL"):
        return second_stage.look_for_silence(now)


def record(read: Read) -> PlateRead | None:
    with _as_role("DATABASE_INGEST_URL"):
        return plates.record(read)


def driven(vehicle: Vehicle, since_h: float, until_h: float) -> None:
    """At the wheel from so many hours before now to so many before now."""
    start = int((NOW - timedelta(hours=since_h)).timestamp())
    put(drive((int((since_h - until_h) * HOUR), 60), start=start, vehicle=vehicle.pk))


def bind(vehicle: Vehicle, driver: Any, since_h: float, until_h: float | None = None, source: str = "card") -> None:
    DriverBinding.objects.create(
        vehicle=vehicle,
        practitioner=driver,
        since=NOW - timedelta(hours=since_h),
        until=None if until_h is None else NOW - timedelta(hours=until_h),
        source=source,
    )


@pytest.fixture
def coaches(tracks: None, counties: Any) -> tuple[Vehicle, Vehicle]:
    company = factories.make_company()
    first, second = (factories.make_vehicle(company=company, kind="coach") for _ in range(2))
    return first, second


def test_a_driver_of_two_coaches_is_found_at_the_wheel_of_the_second(coaches: tuple[Vehicle, Vehicle]) -> None:
    first, second = coaches
    driver = factories.make_practitioner("李四", first.company)
    bind(first, driver, 20, 12)
    bind(second, driver, 12)
    driven(first, 18, 13)
    driven(second, 10, 5)
    assert follow(NOW, 26) == 1
    finding = Finding.objects.get(detector="driver.day_hours")
    assert finding.vehicle == second
    assert (finding.measures["driven_s"], finding.measures["vehicles"]) == (10 * HOUR, 2)
    assert finding.case.driver_name == "李四"
    assert finding.started_at == NOW - timedelta(hours=7)
    # Looked at again with more of the same: the same finding, and no span twice.
    spans = DrivingSpan.objects.count()
    assert follow(NOW, 3) == 0
    assert follow(NOW, 26) == 0
    assert (Finding.objects.count(), DrivingSpan.objects.count()) == (1, spans)


def test_two_drivers_who_relieve_each_other_are_within_their_hours(coaches: tuple[Vehicle, Vehicle]) -> None:
    coach, _ = coaches
    one, two = (factories.make_practitioner(name, coach.company) for name in ("甲", "乙"))
    bind(coach, one, 20, 11)
    bind(coach, two, 11)
    driven(coach, 16, 6)
    assert follow(NOW, 26) == 0
    assert {span.practitioner_id for span in DrivingSpan.objects.all()} == {one.pk, two.pk}


def test_a_binding_of_the_registry_says_nothing_of_who_drove(coaches: tuple[Vehicle, Vehicle]) -> None:
    coach, _ = coaches
    bind(coach, factories.make_practitioner("甲", coach.company), 30, source="registry")
    driven(coach, 16, 4)
    assert follow(NOW, 26) == 0


def test_a_span_over_the_edge_of_what_is_looked_at_stays_whole(coaches: tuple[Vehicle, Vehicle]) -> None:
    coach, _ = coaches
    bind(coach, factories.make_practitioner("甲", coach.company), 30)
    driven(coach, 10, 5)
    follow(NOW - timedelta(hours=6), 26)
    follow(NOW, 3)
    follow(NOW, 8)
    (span,) = DrivingSpan.objects.all()
    assert (span.started_at, span.ended_at) == (NOW - timedelta(hours=10), NOW - timedelta(hours=5))


@pytest.mark.parametrize(("hours_ago", "found"), [(23.9, 0), (24, 0), (24.1, 1)])
def test_a_day_without_a_word_is_a_reminder(coaches: tuple[Vehicle, Vehicle], hours_ago: float, found: int) -> None:
    coach, parked = coaches
    driven(coach, hours_ago + 1, hours_ago)
    driven(parked, 80, 79)
    Vehicle.objects.filter(pk=parked.pk).update(state=Vehicle.State.SUSPENDED)
    assert silent(NOW) == found
    if found:
        finding = Finding.objects.get(detector="device.silent_day")
        assert (finding.vehicle, finding.case, finding.state) == (coach, None, "ongoing")
        assert silent(NOW + timedelta(hours=1)) == 0
        finding.refresh_from_db()
        assert finding.measures["silent_s"] == int(25.1 * HOUR)
        driven(coach, 0.5, 0.25)
        assert silent(NOW + timedelta(hours=2)) == 0
        finding.refresh_from_db()
        assert finding.state == "ended"


LAT, LON = round(factories.DAWA_SEAT[0] * 1e6), round(factories.DAWA_SEAT[1] * 1e6)


def apart(gap_s: int, north_m: float, *, before: bool = True, flags: int = 6) -> Any:
    at = 1_790_000_000
    row = {"at": 0, "latitude_e6": LAT, "longitude_e6": LON, "flags": flags}
    track = factories.make_positions(1, [row], at + (-gap_s if before else gap_s))
    return beyond_reach(track, at, LAT + round(north_m / 0.11119508), LON, ClonedPlate.Limits())


@pytest.mark.parametrize("before", [True, False])
def test_where_a_plate_can_not_have_been(before: bool) -> None:
    # 200 km/h over 120 s, a minute of them for the clocks, are 6,667 m.
    assert apart(60, 6600, before=before) is None
    found = apart(60, 6800, before=before)
    assert (found.away_m // 10, found.implied_kmh) == (679, 203) or (found.away_m // 10, found.implied_kmh) == (
        680,
        204,
    )
    assert apart(0, 3500, before=before) is not None
    assert apart(0, 1999, before=before) is None
    assert apart(3600, 400_000, before=before) is not None
    assert apart(3601, 400_000, before=before) is None
    assert apart(60, 6800, before=before, flags=2) is None


def test_a_plate_in_two_places_is_a_finding_once(coaches: tuple[Vehicle, Vehicle]) -> None:
    coach, _ = coaches
    driven(coach, 1, 0)
    moment = NOW - timedelta(minutes=30)
    far = Read(coach.plate, moment, LAT + 400_000, LON, "卡口", "K1-17", place="G1 收费站")
    row = record(far)
    assert row is not None
    assert row.vehicle == coach
    finding = Finding.objects.get(detector="plate.cloned")
    assert finding.evidence["told"] == [f"plate:{row.pk}"]
    assert (finding.latitude_e6, finding.started_at) == (LAT + 400_000, moment)
    assert record(far) is None
    again = record(Read(coach.plate, moment + timedelta(minutes=20), LAT + 400_000, LON, "卡口", "K1-18"))
    assert again is not None
    finding.refresh_from_db()
    assert finding.measures["alarms"] == 2
    assert PlateRead.objects.count() == 2


def test_a_plate_beside_its_vehicle_or_of_nobody_here_is_only_kept(coaches: tuple[Vehicle, Vehicle]) -> None:
    coach, other = coaches
    driven(coach, 1, 0)
    moment = NOW - timedelta(hours=1)
    record(Read(coach.plate, moment, LAT, LON, "卡口", "1"))
    record(Read("京A12345", moment, LAT + 400_000, LON, "卡口", "2"))
    record(Read(other.plate, moment, LAT + 400_000, LON, "卡口", "3"))  # nothing is known of where it was
    record(Read(coach.plate, moment, LAT + 400_000, LON, "卡口", "4", plate_colour=1))  # another vehicle's number
    assert PlateRead.objects.filter(vehicle=None).count() == 2
    assert not Finding.objects.exists()


def test_reads_are_judged_by_the_limits_in_force(coaches: tuple[Vehicle, Vehicle], monkeypatch: Any) -> None:
    coach, _ = coaches
    driven(coach, 1, 0)
    monkeypatch.setattr(plates, "rule_in_force", lambda code: None)
    record(Read(coach.plate, NOW - timedelta(minutes=30), LAT + 400_000, LON, "卡口", "1"))
    assert not Finding.objects.exists()


def fatigue(coach: Vehicle, lasting_h: float = 5) -> Finding | None:
    """What a stretch at the wheel until now leads to."""
    start = int((NOW - timedelta(hours=lasting_h)).timestamp())
    one = rule(Fatigue())
    episodes = told([one], drive((int(lasting_h * HOUR), 60), start=start, vehicle=coach.pk), Context(KIND_OF))
    with _as_role("DATABASE_INGEST_URL"), transaction.atomic():
        findings.keep(episodes, {one.detector.code: one})
    return Finding.objects.filter(detector="driving.fatigue").first()


KIND_OF = np.full(100_000, KINDS.index("coach"), np.int8)


def test_a_stretch_of_two_known_drivers_is_nobodys_fatigue(coaches: tuple[Vehicle, Vehicle]) -> None:
    coach, _ = coaches
    for name, since in (("甲", 6), ("乙", 2)):
        bind(coach, factories.make_practitioner(name, coach.company), since)
    assert fatigue(coach) is None


def test_whoever_drives_over_four_hours_all_the_same_is_found_with_his_own_part(
    coaches: tuple[Vehicle, Vehicle],
) -> None:
    coach, _ = coaches
    for name, since in (("甲", 9), ("乙", 5)):
        bind(coach, factories.make_practitioner(name, coach.company), since)
    finding = fatigue(coach, 8)
    assert finding is not None
    assert (finding.started_at, finding.measures["lasting_s"]) == (NOW - timedelta(hours=5), 5 * HOUR)
    assert finding.case.driver_name == "乙"
    assert fatigue(coach, 8) == finding
    assert Finding.objects.count() == 1


@pytest.mark.parametrize("source", ["registry", "card"])
def test_who_is_not_known_relieves_nobody(coaches: tuple[Vehicle, Vehicle], source: str) -> None:
    coach, _ = coaches
    bind(coach, factories.make_practitioner("甲", coach.company), 9, source="registry")
    # Known from here on; who drove before is not, so that it may be the same.
    bind(coach, factories.make_practitioner("乙", coach.company), 2, source=source)
    finding = fatigue(coach)
    assert finding is not None
    assert finding.measures["lasting_s"] == 5 * HOUR
