"""Trip records become trips: once, with everything the taximeter said, under the database role of the workers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from datacenter.facts.workflow import keep
from datacenter.protocols.jt905.bits import Status
from datacenter.protocols.jt905.messages import BadMeter
from datacenter.registry.models import DriverBinding, Practitioner, Vehicle
from taxi.models import Shift, Trip
from tests.taxi.messages import LICENCE, MORNING, fact, meter, position, sign_in, sign_out, trip

pytestmark = pytest.mark.django_db
LATE = MORNING.replace(hour=23, minute=52)


def test_a_trip_keeps_every_field_in_the_meter_s_own_steps(taxi: Vehicle, zhao: Practitioner) -> None:
    message = trip(zhao.identity_no, evaluation=2, evaluation_ext=7, evaluation_id=99, call_order_id=5)
    keep(fact(taxi.pk, message))
    kept = Trip.objects.get()
    assert (kept.vehicle, kept.county_id, kept.company_id) == (taxi, taxi.county_id, taxi.company_id)
    assert (kept.practitioner, kept.certificate_no) == (zhao, zhao.identity_no)
    assert (kept.operator_license, kept.plate_sent) == (LICENCE, "LT1234")
    assert (kept.boarded_at, kept.alighted_at) == (MORNING, MORNING + timedelta(minutes=14))
    assert (kept.meter_boarded_at, kept.meter_alighted_at) == (MORNING, MORNING + timedelta(minutes=14))
    assert (kept.board_latitude_e6, kept.board_longitude_e6) == (41_120_000, 122_070_000)
    assert (kept.alight_latitude_e6, kept.alight_longitude_e6) == (41_150_000, 122_030_000)
    assert (kept.distance_dkm, kept.empty_dkm, kept.waited_s) == (53, 12, 120)
    assert (kept.fare_jiao, kept.surcharge_jiao, kept.trip_no, kept.pay_type) == (135, 10, 7001, 0)
    assert (kept.rating, kept.rating_ext, kept.evaluation_id) == (2, 7, 99)
    assert (kept.trip_id, kept.call_order_id, kept.hailed) == (int(MORNING.timestamp()), 5, False)
    assert bytes(kept.body) == message.encode("905")
    assert not kept.clock_off


def test_a_trip_that_comes_again_is_stored_once(taxi: Vehicle, zhao: Practitioner) -> None:
    for serial in (1, 2, 3):
        keep(fact(taxi.pk, trip(zhao.identity_no), serial))
    assert Trip.objects.count() == 1


def test_an_evaluation_that_comes_later_is_added_and_never_taken_back(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, trip(zhao.identity_no)))
    keep(fact(taxi.pk, trip(zhao.identity_no, evaluation=4, evaluation_ext=3, evaluation_id=77)))
    keep(fact(taxi.pk, trip(zhao.identity_no)))
    kept = Trip.objects.get()
    assert (kept.rating, kept.rating_ext, kept.evaluation_id) == (4, 3, 77)


def test_two_trips_of_one_stale_position_are_two(taxi: Vehicle, zhao: Practitioner) -> None:
    first = trip(zhao.identity_no, trip_id=0)
    second = replace(first, meter=replace(first.meter, trip_no=7002))
    keep(fact(taxi.pk, first))
    keep(fact(taxi.pk, second))
    assert Trip.objects.count() == 2


def test_a_trip_over_midnight_ends_the_next_day(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, trip(zhao.identity_no, LATE)))
    kept = Trip.objects.get()
    assert kept.meter_alighted_at == LATE + timedelta(minutes=14)


def test_a_meter_s_record_that_cannot_be_read_loses_its_figures_and_not_the_trip(taxi: Vehicle) -> None:
    message = trip("X", meter=BadMeter(b"\xff" * 70))
    keep(fact(taxi.pk, message))
    keep(fact(taxi.pk, message))
    kept = Trip.objects.get()
    assert (kept.fare_jiao, kept.trip_no, kept.meter_read) == (None, None, False)
    assert bytes(kept.body).endswith(b"\xff" * 70)


def test_a_place_without_a_fix_is_none(taxi: Vehicle, zhao: Practitioner) -> None:
    message = trip(zhao.identity_no, pickup=position(MORNING, status=int(Status.NO_FIX)))
    keep(fact(taxi.pk, message))
    kept = Trip.objects.get()
    assert (kept.board_latitude_e6, kept.board_longitude_e6) == (None, None)
    assert kept.alight_latitude_e6 is not None


@pytest.mark.parametrize(
    ("minutes", "off"),
    [(9, False), (10, False), (11, True)],
)
def test_clocks_of_terminal_and_meter_that_part_are_marked(
    taxi: Vehicle, zhao: Practitioner, minutes: int, off: bool
) -> None:
    keep(fact(taxi.pk, trip(zhao.identity_no, meter=meter(zhao.identity_no, MORNING + timedelta(minutes=minutes)))))
    assert Trip.objects.get().clock_off is off


def test_a_driver_nobody_knows_keeps_the_number(taxi: Vehicle) -> None:
    keep(fact(taxi.pk, trip("LN99", meter=meter("LN99", MORNING, fare_yuan=Decimal("99999.9")))))
    kept = Trip.objects.get()
    assert (kept.certificate_no, kept.unregistered, kept.fare_jiao) == ("LN99", True, 999_999)


@pytest.mark.django_db(transaction=True)
def test_the_worker_s_role_may_keep_all_of_it(
    taxi: Vehicle, zhao: Practitioner, request: pytest.FixtureRequest
) -> None:
    DriverBinding.objects.create(vehicle=taxi, practitioner=zhao, since=MORNING - timedelta(days=3))
    request.getfixturevalue("as_ingest")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert "ingest" in cursor.fetchone()[0]
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    keep(fact(taxi.pk, trip(zhao.identity_no, MORNING + timedelta(hours=1))))
    keep(fact(taxi.pk, trip(zhao.identity_no, MORNING + timedelta(hours=1), evaluation=1)))
    keep(fact(taxi.pk, sign_out(zhao.identity_no, MORNING + timedelta(hours=8))))
    assert (Shift.objects.count(), Trip.objects.get().rating, DriverBinding.objects.count()) == (1, 1, 2)
