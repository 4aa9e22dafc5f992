"""Loaded stretches without a record: found once, withdrawn by no second look, in the same number of queries."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datacenter.detection.models import Finding
from datacenter.detection.words import in_one_line
from datacenter.registry.models import Company, Vehicle
from datacenter.tracks.position import Flag, Positions
from taxi.detection import stretches
from taxi.detection.metering import Reason
from tests.conftest import _as_role
from tests.taxi.conftest import make_taxi
from tests.taxi.driving import BEGAN, driven, judge, put, record, with_clock_back

pytestmark = pytest.mark.usefixtures("tracks")
RIDE = ((1200, 36),)  # loaded from 300 s to 900 s in it: six kilometres
ENDED = BEGAN + timedelta(seconds=900)
WAITED = ENDED + timedelta(hours=2, seconds=1)


def look(now: datetime = WAITED + timedelta(minutes=30), look_back_h: int = 2) -> int:
    """What beat's worker does."""
    with _as_role("DATABASE_INGEST_URL"):
        return stretches.look(now, timedelta(hours=look_back_h))


def ride(vehicle: Vehicle, loaded: tuple[int, int] = (300, 900), step: int = 10, kmh: int = 36) -> Positions:
    return driven(vehicle, (1200, kmh), loaded=loaded, step=step)


def others(vehicle: Vehicle, count: int = 2) -> None:
    """Records of other trips of the half day before."""
    for number in range(count):
        record(vehicle, 6000, began=BEGAN - timedelta(hours=1 + number))


def test_a_loaded_stretch_without_a_record_is_found_once(taxi: Vehicle) -> None:
    put(ride(taxi))
    others(taxi)
    assert look() == 1
    assert look() == 0
    assert look(look_back_h=26) == 0
    finding = Finding.objects.get()
    assert (finding.started_at, finding.ended_at) == (BEGAN + timedelta(seconds=300), ENDED)
    measures = finding.measures
    assert (measures["reasons"], measures["lasting_s"], measures["records"]) == (Reason.UNRECORDED, 600, 2)
    assert abs(measures["tracked_m"] - 6000) < 30
    assert finding.case.kind == "taxi.unmetered_signal"
    assert "重车行驶而无营运记录" in in_one_line(finding)


def test_a_stretch_with_its_record_is_lawful(taxi: Vehicle) -> None:
    put(ride(taxi))
    others(taxi)
    record(taxi, 6000, began=BEGAN + timedelta(seconds=300))
    assert look() == 0


def test_a_record_is_waited_for_two_hours(taxi: Vehicle) -> None:
    put(ride(taxi))
    others(taxi)
    assert look(ENDED + timedelta(hours=2)) == 0
    # Its end is seen at the first vacant position, ten seconds after the last loaded one.
    assert look(ENDED + timedelta(hours=2, seconds=10)) == 0
    assert look(ENDED + timedelta(hours=2, seconds=11)) == 1


def test_a_record_later_still_takes_the_finding_back_for_good(taxi: Vehicle) -> None:
    put(ride(taxi))
    others(taxi)
    assert look() == 1
    trip = record(taxi, 6000, began=BEGAN + timedelta(seconds=300), received_at=WAITED)
    judge(trip.received_at + timedelta(hours=25))
    assert Finding.objects.get().state == "superseded"
    assert look(look_back_h=26) == 0


@pytest.mark.parametrize(("count", "found"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_a_terminal_that_sends_no_records_otherwise_has_another_fault(taxi: Vehicle, count: int, found: int) -> None:
    put(ride(taxi))
    others(taxi, count)
    assert look() == found


@pytest.mark.parametrize(("until", "found"), [(479, 0), (480, 1), (481, 1)])
def test_a_ride_is_three_minutes_long(taxi: Vehicle, until: int, found: int) -> None:
    put(ride(taxi, (300, until), step=1))
    others(taxi)
    assert look() == found


@pytest.mark.parametrize(("kmh", "found"), [(5, 0), (7, 1)])
def test_a_ride_is_a_kilometre_long(taxi: Vehicle, kmh: int, found: int) -> None:
    put(ride(taxi, kmh=kmh))
    others(taxi)
    assert look() == found


def test_a_meter_that_reports_its_fault_needs_repair(taxi: Vehicle) -> None:
    track = ride(taxi)
    track.flags[60] |= int(Flag.METER_FAULT)
    put(track)
    others(taxi)
    assert look() == 0


def test_a_clock_that_went_back_and_a_gap_prove_nothing(taxi: Vehicle, other_taxi: Vehicle) -> None:
    put(with_clock_back(ride(taxi)))
    gap = ride(other_taxi)
    at = gap.device_time - int(BEGAN.timestamp())
    put(gap.take((at < 400) | (at > 800)))
    others(taxi)
    others(other_taxi)
    assert look() == 0


def test_what_comes_late_is_found_by_the_daily_look_and_a_longer_stretch_is_the_same(taxi: Vehicle) -> None:
    others(taxi)
    track = ride(taxi)
    much_later = WAITED + timedelta(hours=20)
    assert look() == 0
    at = track.device_time - int(BEGAN.timestamp())
    put(track.take((at < 280) | (at > 320)))
    assert look(much_later, 2) == 0
    assert look(much_later, 26) == 1
    put(track)
    assert look(much_later, 26) == 0


def test_more_taxis_take_no_more_queries_than_their_findings(taxi: Vehicle, taxi_company: Company) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            stretches.look(WAITED + timedelta(minutes=30), timedelta(hours=2))
        return len(seen)

    put(driven(taxi, *RIDE))
    others(taxi)
    first = asked()
    for number in range(8):
        other = make_taxi(f"辽LT80{number:02d}", taxi_company)
        put(driven(other, *RIDE))
        others(other)
    assert asked() == first
