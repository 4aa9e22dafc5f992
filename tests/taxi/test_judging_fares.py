"""Fares against the tariff, meters over a day, ways against the usual ones; what a judged trip costs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from datacenter.accounts.models import User
from datacenter.detection.models import Finding
from datacenter.detection.settings import enter_detectors
from datacenter.detection.words import in_one_line
from datacenter.registry.models import Company, Vehicle
from datacenter.tracks.position import Positions
from taxi.detection import fares, trips
from taxi.models import Tariff, Trip
from tests.taxi.conftest import make_taxi
from tests.taxi.driving import BEGAN, LATER, NOW, STREET, driven, found, judge, put, record

pytestmark = pytest.mark.usefixtures("tracks")


def tariff(**facts: Any) -> Tariff:
    plain = {
        "name": "试验运价", "start_jiao": 60, "start_dkm": 30, "per_km_jiao": 20, "waiting_per_min_jiao": 3,
        "tolerance_percent": 20, "source": "试验", "valid_from": date(2020, 1, 1),
    }  # fmt: skip
    return Tariff.objects.create(**(plain | facts))


# Six kilometres: 6 + 3 × 2 = 12 yuan; with 20 % 9.6 to 14.5 (a 角 for rounding).
@pytest.mark.parametrize(
    ("fare", "reason"),
    [(95, fares.Reason.CHEAPER), (96, 0), (120, 0), (145, 0), (146, fares.Reason.DEARER)],
)
def test_a_fare_is_held_against_the_tariff(taxi: Vehicle, fare: int, reason: int) -> None:
    tariff()
    put(driven(taxi, *STREET))
    record(taxi, 6000, fare_jiao=fare)
    judge()
    assert [f.measures["reasons"] for f in found("taxi.meter_tampered")] == ([reason] if reason else [])
    for finding in found("taxi.meter_tampered"):
        assert (finding.measures["least_jiao"], finding.measures["most_jiao"]) == (96, 145)


def test_without_a_tariff_of_its_day_no_fare_is_judged(taxi: Vehicle) -> None:
    tariff(valid_from=(BEGAN + timedelta(days=2)).date())
    put(driven(taxi, *STREET))
    record(taxi, 6000, fare_jiao=9000)
    judge()
    assert found("taxi.meter_tampered") == []


def test_the_tariff_is_that_of_the_moment_passengers_got_in(taxi: Vehicle) -> None:
    tariff()
    tariff(start_jiao=600, valid_from=(BEGAN + timedelta(days=2)).date())
    put(driven(taxi, *STREET))
    record(taxi, 6000, fare_jiao=120)
    judge()
    assert found("taxi.meter_tampered") == []


def rides(vehicle: Vehicle, metered_m: int, count: int, first: int = 0) -> None:
    """Trips of ten minutes, one after another, without a pause, some already driven."""
    for number in range(first, first + count):
        record(vehicle, metered_m, began=BEGAN + timedelta(seconds=600 * number))


def test_a_meter_that_counts_a_fifth_too_much_all_day_is_one_finding_that_grows(taxi: Vehicle) -> None:
    put(driven(taxi, (600 * 8, 36)))
    rides(taxi, 7200, 5)
    judge(NOW)
    assert found("taxi.meter_tampered") == []
    rides(taxi, 7200, 1, first=5)
    judge(NOW)
    rides(taxi, 7200, 1, first=6)
    judge(NOW)
    (finding,) = found("taxi.meter_tampered")
    assert finding.measures["reasons"] == fares.Reason.FAST
    assert (finding.measures["trips"], finding.measures["metered_dkm"]) == (7, 7 * 72)
    assert 119 <= finding.measures["median_percent"] <= 121
    assert (finding.started_at, finding.ended_at) == (BEGAN, BEGAN + timedelta(seconds=4200))


def test_a_true_meter_is_left_alone_all_day(taxi: Vehicle) -> None:
    put(driven(taxi, (600 * 8, 36)))
    rides(taxi, 6000, 8)
    judge(NOW)
    assert Finding.objects.count() == 0


# --- detours ----------------------------------------------------------------------------------------------------------
def loop(vehicle: Vehicle, more_m: int) -> Positions:
    """The same six kilometres north, by a way that goes ``more_m`` / 2 east and back again in the middle."""
    track = driven(vehicle, *STREET)
    side = np.abs(np.arange(len(track)) - len(track) // 2)
    span = len(track) // 2
    east_m = np.clip(1 - side / span, 0, 1) * more_m
    track.longitude_e6[:] += np.round(east_m / 83.9e-3).astype(np.int32)
    return track


def usual(company: Company, count: int) -> None:
    for number in range(count):
        other = make_taxi(f"辽LT90{number:02d}", company)
        put(driven(other, *STREET))
        place(record(other, 6000))
    judge()


def place(trip: Trip) -> Trip:
    """At the two ends of ``STREET``."""
    ends = driven(trip.vehicle, *STREET)
    trip.board_latitude_e6, trip.board_longitude_e6 = int(ends.latitude_e6[0]), int(ends.longitude_e6[0])
    trip.alight_latitude_e6, trip.alight_longitude_e6 = int(ends.latitude_e6[-1]), int(ends.longitude_e6[-1])
    trip.save()
    return trip


@pytest.mark.parametrize(("others", "count"), [(9, 0), (10, 1)])
def test_a_way_twice_as_long_as_ten_others_drove_is_a_detour(
    taxi: Vehicle, taxi_company: Company, others: int, count: int
) -> None:
    usual(taxi_company, others)
    put(loop(taxi, 6000))
    place(record(taxi, 13_400))
    judge()
    findings = found("taxi.detour")
    assert len(findings) == count
    for finding in findings:
        assert finding.measures["usual_trips"] == 10
        assert abs(finding.measures["usual_m"] - 6000) < 30
        assert finding.measures["tracked_m"] > 12_000
        assert "常用路线里程" in in_one_line(finding)


def test_an_hour_s_wait_on_the_usual_way_is_no_detour(taxi: Vehicle, taxi_company: Company) -> None:
    usual(taxi_company, 10)
    track = driven(taxi, (300, 36), (3600, 0), (300, 36))
    track.latitude_e6[31:390] += np.random.default_rng(3).normal(0, 60, 359).astype(np.int32)
    put(track)
    trip = place(record(taxi, 6000, 4200))
    judge(trip.received_at + LATER)
    assert found("taxi.detour") == []


def test_who_always_goes_round_teaches_nobody_that_it_is_usual(taxi: Vehicle) -> None:
    for number in range(11):
        put(loop_at(taxi, BEGAN + timedelta(seconds=700 * number)))
        place(record(taxi, 13_400, began=BEGAN + timedelta(seconds=700 * number)))
    judge(NOW)
    assert found("taxi.detour") == []
    assert Trip.objects.filter(tracked_m__gt=12_000).count() == 11


def loop_at(vehicle: Vehicle, began: Any) -> Positions:
    track = loop(vehicle, 6000)
    track.device_time[:] += int((began - BEGAN).total_seconds())
    track.body_hash[:] += int(began.timestamp())
    return track


# --- the cost ---------------------------------------------------------------------------------------------------------
def test_a_trip_costs_the_same_queries_however_many_were_before(taxi: Vehicle, taxi_company: Company) -> None:
    tariff()
    put(driven(taxi, (600 * 12, 36)))

    def asked() -> int:
        trip = Trip.objects.filter(judged_at=None).latest("pk")
        with CaptureQueriesContext(connection) as seen:
            trips.judge(trip.pk, NOW, world)
        return len(seen)

    world = trips.read_world()
    usual(taxi_company, 1)
    place(record(taxi, 6000, fare_jiao=120))
    first = asked()
    usual_more = [make_taxi(f"辽LT91{number:02d}", taxi_company) for number in range(8)]
    for other in usual_more:
        put(driven(other, *STREET))
        place(record(other, 6000))
    rides(taxi, 6000, 9, first=1)
    judge(NOW)
    place(record(taxi, 6000, fare_jiao=120, began=BEGAN + timedelta(seconds=6000)))
    assert asked() == first
    assert first <= 12, first


def test_the_catalogue_says_that_fares_are_not_judged_without_a_tariff(client: Client, city_officer: User) -> None:
    enter_detectors()
    client.force_login(city_officer)
    assert "还没有录入运价，车费未判定" in client.get(reverse("detection-catalogue")).content.decode()
    tariff()
    assert "还没有录入运价" not in client.get(reverse("detection-catalogue")).content.decode()
