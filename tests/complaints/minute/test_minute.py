"""The minute behind a complaint: the ride meant, its way and money beside what is usual, and that as evidence."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints.minute import workflow
from complaints.minute.facts import behind
from complaints.minute.models import OrderEvidence
from complaints.orders.models import Order
from complaints.orders.workflow import transfer_to_county
from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import AuditRecord, User
from datacenter.assessment.models import PointEntry
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import Case
from datacenter.detection.models import Finding, Violation
from datacenter.geo.models import County
from datacenter.registry.models import Certificate, Company, Practitioner, Vehicle
from datacenter.tracks import store
from taxi.models import Tariff, Trip
from tests import factories
from tests.complaints.orders.making import fresh, handled, log
from tests.factories import make_positions
from tests.taxi.conftest import make_driver, make_taxi
from tests.taxi.rows import cheap, make_shift, make_trip

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(counties: dict[str, County]) -> Company:
    return factories.make_company("盘锦大洼出租汽车有限公司", factories.DAWA, Company.Kind.TAXI)


@pytest.fixture
def taxi(company: Company) -> Vehicle:
    return make_taxi("辽LT1234", company)


@pytest.fixture
def driver(company: Company) -> Practitioner:
    return make_driver("慕容驾", company)


def drive(vehicle: Vehicle, trip: Trip, metres_a_second: float = 10.0) -> None:
    rows = [{"at": at, "speed_kmh": metres_a_second * 3.6} for at in range(0, 15 * 60, 10)]
    positions = make_positions(vehicle.pk, rows, int(trip.boarded_at.timestamp()))
    store.make_partitions(sorted({store.day_of(int(at)) for at in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


def complaint(by: User, trip: Trip, *, minutes_off: int = 0, **facts: Any) -> Order:
    said = {"plates_said": trip.vehicle.plate, "vehicle": trip.vehicle}
    at = trip.boarded_at + timedelta(minutes=minutes_off)
    return log(by, "taxi.detour", **{**said, "occurred_at": at, "paid_jiao": 600, **facts})


def by_others(trip: Trip, company: Company, *metres: int) -> None:
    """Rides of other taxis between the same two cells, so long."""
    Trip.objects.filter(pk=trip.pk).update(board_cell=7, alight_cell=9)
    for number, distance in enumerate(metres):
        other = make_trip(make_taxi(f"辽LT9{number:03d}", company), ago=timedelta(days=1 + number))
        Trip.objects.filter(pk=other.pk).update(board_cell=7, alight_cell=9, tracked_m=distance)


def test_detour_and_overcharge_are_computed(
    taxi: Vehicle, driver: Practitioner, company: Company, hotline_operator: User, city_officer: User, tracks: None
) -> None:
    Tariff.objects.create(name="试验运价", start_jiao=60, start_dkm=30, per_km_jiao=20, waiting_per_min_jiao=3,
                          tolerance_percent=20, source="试验", valid_from=date(2020, 1, 1))  # fmt: skip
    make_shift(taxi, driver.identity_no)
    trip = make_trip(taxi, driver.identity_no, meter_facts=cheap("20.0", "9.0"))
    drive(taxi, trip)
    by_others(trip, company, 5900, 6000, 6300)
    order = complaint(hotline_operator, trip, minutes_off=-20)
    found = behind(order, city_officer)
    assert found is not None
    assert found.trip == trip
    assert found.way.distance_m == pytest.approx(8400, rel=0.02)
    assert found.usual is not None
    assert (found.usual.metres, found.usual.trips) == (6000, 3)
    assert found.longer_percent == pytest.approx(40, abs=3)
    assert (found.money.paid, found.money.metered, found.money.over) == (600, 200, 400)
    assert found.money.usual == 60 + 30 * 20 // 10  # three kilometres beyond the first three
    assert found.money.counted_over == 200 - 120
    assert found.shift is not None
    assert found.shift.practitioner == driver


def test_without_tariff_or_others_nothing_is_claimed(taxi: Vehicle, city_officer: User, hotline_operator: User,
                                                     tracks: None) -> None:  # fmt: skip
    trip = make_trip(taxi, meter_facts=cheap("20.0", "9.0"))
    found = behind(complaint(hotline_operator, trip, paid_jiao=None), city_officer)
    assert found is not None
    assert (found.usual, found.longer_percent, found.money.usual, found.money.over) == (None, None, None, None)
    assert found.money.metered == 200


@pytest.mark.parametrize(("minutes_off", "paid", "chosen"), [(2, None, 0), (-13, None, 0), (55, None, 1), (20, 310, 1)])
def test_the_ride_meant_is_the_nearest_and_a_fare_that_fits_helps(
    taxi: Vehicle,
    city_officer: User,
    hotline_operator: User,
    tracks: None,
    minutes_off: int,
    paid: int | None,
    chosen: int,
) -> None:
    rides = [make_trip(taxi, ago=timedelta(hours=3), meter_facts=cheap("20.0", "9.0")),
             make_trip(taxi, ago=timedelta(hours=2, minutes=25), meter_facts=cheap("31.0", "9.0"))]  # fmt: skip
    found = behind(complaint(hotline_operator, rides[0], minutes_off=minutes_off, paid_jiao=paid), city_officer)
    assert found is not None
    assert found.trip == rides[chosen]
    assert found.others == [rides[1 - chosen]]


def test_far_from_any_ride_the_track_alone_is_shown(taxi: Vehicle, city_officer: User, hotline_operator: User,
                                                    tracks: None) -> None:  # fmt: skip
    trip = make_trip(taxi, ago=timedelta(hours=5))
    drive(taxi, trip)
    Trip.objects.all().delete()
    found = behind(complaint(hotline_operator, trip), city_officer)
    assert found is not None
    assert found.trip is None
    assert found.way.points
    assert found.until - found.since == timedelta(minutes=30)


def test_founded_it_goes_on_record_and_takes_points(
    taxi: Vehicle, driver: Practitioner, hotline_operator: User, dawa_officer: User, city_officer: User, tracks: None
) -> None:
    Certificate.objects.filter(practitioner=driver).update(valid_from=date(2020, 1, 1))
    make_shift(taxi, driver.identity_no)
    trip = make_trip(taxi, driver.identity_no, meter_facts=cheap("20.0", "9.0"))
    drive(taxi, trip)
    order = transfer_to_county(complaint(hotline_operator, trip), by=hotline_operator, county=None)
    found = behind(order, dawa_officer)
    assert found is not None
    kept = workflow.take_as_evidence(order, found, by=dawa_officer, violation="taxi.detour", note="绕行明显")
    again = workflow.take_as_evidence(fresh(order), found, by=dawa_officer, violation="taxi.detour")
    assert kept.finding == again.finding
    assert Finding.objects.filter(case=order.case).count() == 1
    case = fresh(order).case
    event = case.events.order_by("sequence").filter(verb="note").first()
    assert event.facts["sha256"] == kept.sha256
    assert case.driver_name == driver.name
    assert not Violation.objects.exists()
    handled(order, dawa_officer, city_officer)
    violation = Violation.objects.get()
    assert violation.practitioner == driver
    assert PointEntry.objects.get(violation=violation).effect < 0


def test_unfounded_nothing_goes_on_record(
    taxi: Vehicle, hotline_operator: User, dawa_officer: User, city_officer: User, tracks: None
) -> None:
    trip = make_trip(taxi)
    order = transfer_to_county(complaint(hotline_operator, trip), by=hotline_operator, county=None)
    found = behind(order, dawa_officer)
    assert found is not None
    workflow.take_as_evidence(order, found, by=dawa_officer, violation="taxi.detour")
    handled(order, dawa_officer, city_officer, outcome="unfounded")
    assert not Violation.objects.exists()


def test_evidence_is_refused_in_words_and_never_rewritten(
    taxi: Vehicle, hotline_operator: User, approver: User, dawa_officer: User, tracks: None
) -> None:
    trip = make_trip(taxi)
    order = complaint(hotline_operator, trip)
    found = behind(order, hotline_operator)
    assert found is not None
    with pytest.raises(FieldRefused, match="尚未转办"):
        workflow.take_as_evidence(order, found, by=hotline_operator)
    order = transfer_to_county(order, by=hotline_operator, county=None)
    with pytest.raises(NotAllowed):
        workflow.take_as_evidence(order, found, by=approver)
    with pytest.raises(FieldRefused, match="没有这类违规"):
        workflow.take_as_evidence(order, found, by=dawa_officer, violation="taxi.nonsense")
    assert not OrderEvidence.objects.exists()
    workflow.take_as_evidence(order, found, by=dawa_officer)
    assert not Finding.objects.exists()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        OrderEvidence.objects.update(sha256="")


def test_what_is_found_after_the_check_is_kept_and_goes_on_no_record(
    taxi: Vehicle, hotline_operator: User, dawa_officer: User, city_officer: User, tracks: None
) -> None:
    trip = make_trip(taxi)
    order = transfer_to_county(complaint(hotline_operator, trip), by=hotline_operator, county=None)
    order = handled(order, dawa_officer, city_officer)
    found = behind(order, dawa_officer)
    assert found is not None
    with pytest.raises(FieldRefused, match="请先重办"):  # else it would look as if it counted
        workflow.take_as_evidence(order, found, by=dawa_officer, violation="taxi.detour")
    assert not Finding.objects.exists()
    workflow.take_as_evidence(order, found, by=dawa_officer)
    stale = fresh(order)
    Case.objects.filter(pk=order.case_id).update(state="closed")
    with pytest.raises(FieldRefused, match="已经办结"):  # closed while the page was open
        workflow.take_as_evidence(stale, found, by=dawa_officer)
    assert OrderEvidence.objects.count() == 1


def test_the_case_is_locked_before_its_order_as_its_own_verbs_do(
    taxi: Vehicle, hotline_operator: User, dawa_officer: User, tracks: None
) -> None:
    order = transfer_to_county(complaint(hotline_operator, make_trip(taxi)), by=hotline_operator, county=None)
    found = behind(order, dawa_officer)
    assert found is not None
    with CaptureQueriesContext(connection) as asked:
        workflow.take_as_evidence(order, found, by=dawa_officer)
    locks = [query["sql"].split(' FROM "')[1].split('"')[0] for query in asked if "FOR UPDATE" in query["sql"]]
    assert locks.index("case_file") < locks.index("complaint_order")


def test_a_taxi_of_another_county_is_said_to_be_out_of_reach_not_without_a_ride(
    client: Client, taxi: Vehicle, hotline_operator: User, panshan_officer: User, tracks: None
) -> None:
    county = County.objects.get(pk=factories.PANSHAN)
    order = transfer_to_county(complaint(hotline_operator, make_trip(taxi)), by=hotline_operator, county=county)
    client.force_login(panshan_officer)
    page = client.get(reverse("complaint-minute", args=[order.number])).content.decode()
    assert "不在您的管辖范围内" in page
    for wrong in ("没有打表", "没有签到记录"):
        assert wrong not in page
    found = behind(order, panshan_officer)
    assert found is not None
    assert workflow.take_as_evidence(order, found, by=panshan_officer).facts["in_scope"] is False


def test_the_page_shows_it_and_is_written_down(
    client: Client, taxi: Vehicle, hotline_operator: User, dawa_officer: User, panshan_officer: User, tracks: None
) -> None:
    trip = make_trip(taxi, meter_facts=cheap("20.0", "9.0"))
    drive(taxi, trip)
    order = transfer_to_county(complaint(hotline_operator, trip), by=hotline_operator, county=None)
    address = reverse("complaint-minute", args=[order.number])
    client.force_login(dawa_officer)
    page = client.get(address).content.decode()
    assert "绕行与多收" in page
    assert "40.0" in page  # paid beyond the meter
    assert AuditRecord.objects.filter(action="complaint.minute", subject=order.number).exists()
    assert client.get(f"{address}?trip={trip.pk}").status_code == 200
    assert client.get(f"{address}?trip=99999").status_code == 404
    answer = client.post(address, {"violation": "taxi.detour", "note": "", "trip": trip.pk})
    assert answer.status_code == 302
    assert "已存证" in client.get(address).content.decode()
    client.force_login(panshan_officer)
    assert client.get(address).status_code == 404


def test_an_order_without_plate_or_time_says_what_is_missing(client: Client, hotline_operator: User) -> None:
    order = log(hotline_operator, "taxi.attitude")
    client.force_login(hotline_operator)
    assert "没有写明车辆或发生时间" in client.get(reverse("complaint-minute", args=[order.number])).content.decode()
