"""The taxis' pages and API: who sees what, under which filters, in how many queries, with whom masked."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from datacenter.accounts.models import AuditRecord, User
from datacenter.registry.models import Company, Practitioner, Vehicle
from datacenter.tracks import store
from taxi import selectors
from taxi.models import Tariff, Trip
from tests import factories
from tests.factories import DAWA, make_positions
from tests.taxi.conftest import make_driver, make_taxi
from tests.taxi.rows import cheap, make_shift, make_trip

pytestmark = pytest.mark.django_db
LISTS = ("trip-list", "shift-list", "on-duty", "api-trip-list")


@pytest.fixture
def stranger(counties: dict[str, Any]) -> Vehicle:
    """A taxi of Dawa, of another company."""
    return make_taxi("辽LD9999", factories.make_company("大洼出租有限公司", DAWA, Company.Kind.TAXI))


def make_tariff(**facts: Any) -> Tariff:
    plain = {
        "name": "试验运价", "start_jiao": 60, "start_dkm": 30, "per_km_jiao": 20, "waiting_per_min_jiao": 3,
        "tolerance_percent": 20, "source": "试验", "valid_from": date(2020, 1, 1),
    }  # fmt: skip
    return Tariff.objects.create(**(plain | facts))


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", LISTS)
def test_a_county_sees_its_own_taxis_only(
    client: Client, panshan_officer: User, taxi: Vehicle, stranger: Vehicle, zhao: Practitioner, name: str
) -> None:
    for vehicle in (taxi, stranger):
        make_trip(vehicle, zhao.identity_no if vehicle is taxi else "LN1")
        make_shift(vehicle, zhao.identity_no if vehicle is taxi else "LN1")
    client.force_login(panshan_officer)
    page = client.get(reverse(name)).content.decode()
    assert "T1234" in page
    assert "D9999" not in page


def test_another_county_s_trip_is_not_found(client: Client, panshan_officer: User, stranger: Vehicle) -> None:
    trip = make_trip(stranger, "LN1")
    client.force_login(panshan_officer)
    for name in ("trip-detail", "api-trip-detail"):
        assert client.get(reverse(name, args=[trip.pk])).status_code == 404
        assert client.get(reverse(name, args=[2**70])).status_code == 404


def test_who_has_no_business_with_trips_is_refused(client: Client, approver: User) -> None:
    client.force_login(approver)
    for name in (*LISTS, "trip-export"):
        assert client.get(reverse(name)).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_the_same_queries_however_long(
    client: Client, city_officer: User, taxi_company: Company, name: str
) -> None:
    make_tariff()

    def fill(number: int) -> None:
        vehicle = make_taxi(f"辽LT{number:04d}", taxi_company)
        driver = make_driver("吴多多", taxi_company)
        make_shift(vehicle, driver.identity_no)
        make_trip(vehicle, driver.identity_no)

    fill(1)
    client.force_login(city_officer)
    few = queries(client, reverse(name))
    for number in range(2, 8):
        fill(number)
    assert queries(client, reverse(name)) == few
    assert few <= 14


def test_people_are_masked_on_every_page(client: Client, city_officer: User, taxi: Vehicle, zhao: Practitioner) -> None:
    trip = make_trip(taxi, zhao.identity_no)
    make_shift(taxi, zhao.identity_no)
    client.force_login(city_officer)
    addresses = [reverse(name) for name in LISTS]
    addresses += [reverse(name, args=[trip.pk]) for name in ("trip-detail", "api-trip-detail")]
    addresses += [reverse("trip-export") + "?format=csv", reverse("vehicle-detail", args=[taxi.pk])]
    for address in addresses:
        page = client.get(address).content.decode()
        assert zhao.identity_no not in page, address
        assert "赵**" in page, address
        if "/vehicles/" not in address:
            assert "赵平安" not in page, address


def test_the_list_adds_up_what_its_filters_let_through(client: Client, city_officer: User, taxi: Vehicle) -> None:
    for number, (yuan, km) in enumerate((("10.0", "3.0"), ("25.5", "9.9"), ("80.0", "41.2")), 1):
        make_trip(taxi, "LN1", ago=timedelta(hours=number), meter_facts=cheap(yuan, km), evaluation=number)
    client.force_login(city_officer)

    def found(**wanted: Any) -> list[int]:
        page = client.get(reverse("trip-list"), wanted)
        rows = [shown.row.fare_jiao for shown in page.context["trips"]]
        assert page.context["totals"]["fare_jiao"] == sum(rows)
        assert page.context["totals"]["trips"] == len(rows)
        api = client.get(reverse("api-trip-list"), wanted).json()["results"]
        assert [row["fare_jiao"] for row in api] == rows
        return rows

    assert found() == [100, 255, 800]
    assert found(fare_min="25.5") == [255, 800]
    assert found(fare_max="25.5", km_min="3.1") == [255]
    assert found(km_max="9.9") == [100, 255]
    assert found(rating="3") == [800]
    assert found(q="t12 34") == [100, 255, 800]
    assert found(q="T9") == []
    assert found(driver="LN1") == [100, 255, 800]
    assert found(driver="LN") == []
    assert found(unregistered="1") == [100, 255, 800]
    assert found(until="2020-01-01") == []


def test_a_filter_that_cannot_be_read_is_told_and_filters_nothing(
    client: Client, city_officer: User, taxi: Vehicle
) -> None:
    make_trip(taxi, "LN1")
    client.force_login(city_officer)
    wrong = {"fare_min": "abc", "since": "yesterday", "rating": "9", "km_max": "-1", "company": "x"}
    page = client.get(reverse("trip-list"), wrong)
    assert len(page.context["trips"]) == 1
    assert 'class="errors"' in page.content.decode()
    answer = client.get(reverse("api-trip-list"), wrong)
    assert answer.status_code == 422
    assert set(answer.json()["fields"]) == set(wrong)
    swapped = client.get(reverse("api-trip-list"), {"since": "2026-02-02", "until": "2026-02-01"})
    assert list(swapped.json()["fields"]) == ["until"]


def test_pages_by_cursor_show_every_trip_once(client: Client, city_officer: User, taxi: Vehicle) -> None:
    trip = make_trip(taxi, "LN1")
    copies = []
    for number in range(1, 120):
        copy = Trip.objects.get(pk=trip.pk)
        copy.pk, copy.trip_id, copy.boarded_at = None, number, trip.boarded_at - timedelta(minutes=number // 2)
        copies.append(copy)
    Trip.objects.bulk_create(copies)
    client.force_login(city_officer)
    seen, address = [], reverse("trip-list")
    while address:
        page = client.get(address).context["page"]
        seen += [row.pk for row in page.rows]
        address = reverse("trip-list") + page.older_query if page.older else ""
    assert len(seen) == len(set(seen)) == 120


# --- fares that don't fit ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("yuan", "km", "waited_min", "surcharge", "suspected"),
    [
        ("6.0", "2.9", 0, "0.0", False),
        ("4.7", "2.9", 0, "0.0", True),  # 6.0 less 20 %
        ("4.8", "2.9", 0, "0.0", False),
        ("7.3", "2.9", 0, "0.0", False),  # 6.0 and 20 %, and a step for the rounding
        ("7.4", "2.9", 0, "0.0", True),
        ("20.0", "10.0", 0, "0.0", False),  # 6 and 7 km at 2
        ("24.1", "10.0", 0, "0.0", False),
        ("24.2", "10.0", 0, "0.0", True),
        ("24.2", "10.0", 1, "0.0", False),
        ("24.2", "10.0", 0, "1.0", False),
        ("8.0", "0.0", 0, "0.0", True),
        ("7.0", "0.0", 5, "0.0", False),
        ("0.0", "0.9", 0, "0.0", True),
        ("0.0", "1.0", 0, "0.0", True),
    ],
)
def test_page_and_query_suspect_the_same_fares(
    taxi: Vehicle, city_officer: User, yuan: str, km: str, waited_min: int, surcharge: str, suspected: bool
) -> None:
    make_tariff()
    trip = make_trip(taxi, "LN1", meter_facts=cheap(yuan, km, waited_min, surcharge))
    assert bool(selectors.doubt_about(trip, selectors.tariffs())) is suspected
    assert selectors.suspicious(selectors.trips_visible_to(city_officer)).exists() is suspected


@pytest.mark.parametrize(
    ("yuan", "km", "suspected"),
    [("99.0", "1.0", False), ("0.1", "0.0", True), ("0.0", "1.0", True), ("0.0", "0.9", False)],
)
def test_without_a_tariff_only_the_impossible_is_suspected(
    taxi: Vehicle, city_officer: User, yuan: str, km: str, suspected: bool
) -> None:
    trip = make_trip(taxi, "LN1", meter_facts=cheap(yuan, km))
    assert bool(selectors.doubt_about(trip, [])) is suspected
    assert selectors.suspicious(selectors.trips_visible_to(city_officer)).exists() is suspected


def test_each_trip_is_held_against_the_tariff_of_its_day(taxi: Vehicle, city_officer: User) -> None:
    trip = make_trip(taxi, "LN1", ago=timedelta(days=2), meter_facts=cheap("6.0", "2.0"))
    make_tariff()
    make_tariff(name="新运价", start_jiao=100, valid_from=timezone.localdate() - timedelta(days=1))
    assert selectors.doubt_about(trip, selectors.tariffs()) == ""
    late = make_trip(taxi, "LN1", ago=timedelta(0), meter_facts=cheap("6.0", "2.0"))
    assert "新运价" in selectors.doubt_about(late, selectors.tariffs())
    rows = selectors.suspicious(selectors.trips_visible_to(city_officer))
    assert [row.pk for row in rows] == [late.pk]


# --- one trip ---------------------------------------------------------------------------------------------------------
def test_a_trip_stands_beside_its_track(
    client: Client, panshan_officer: User, taxi: Vehicle, zhao: Practitioner, tracks: None
) -> None:
    trip = make_trip(taxi, zhao.identity_no, meter_facts=cheap("20.0", "8.0"))
    start = int(trip.boarded_at.timestamp())
    rows = [{"at": at, "speed_kmh": 30} for at in range(0, 15 * 60, 10)]
    _store(make_positions(taxi.pk, rows, start))
    client.force_login(panshan_officer)
    page = client.get(reverse("trip-detail", args=[trip.pk]))
    found = page.context["compared"]
    assert found["metered_km"] == 8.0
    assert found["tracked_km"] == pytest.approx(7.0, abs=0.1)
    assert found["percent"] == pytest.approx(14, abs=2)
    assert page.context["config"]["board"] == [41.12, 122.07]
    assert len(page.context["way"].points) == 90
    record = AuditRecord.objects.get(action="trip.view")
    assert zhao.identity_no not in record.subject
    assert client.get(reverse("api-trip-detail", args=[trip.pk])).json()["compared"]["metered_km"] == 8.0


def test_a_trip_without_a_track_says_so(client: Client, panshan_officer: User, taxi: Vehicle, tracks: None) -> None:
    trip = make_trip(taxi, "LN404")
    client.force_login(panshan_officer)
    page = client.get(reverse("trip-detail", args=[trip.pk])).content.decode()
    assert "没有可用的轨迹" in page
    assert "未登记从业资格证" in page
    assert "无法得知：重车状态同时表示载客和计价" in page


def _store(positions: Any) -> None:
    store.make_partitions(sorted({store.day_of(int(at)) for at in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


# --- export, duty, sections -------------------------------------------------------------------------------------------
def test_the_export_holds_what_the_list_shows_and_is_written_down(
    client: Client, panshan_officer: User, taxi: Vehicle, stranger: Vehicle, zhao: Practitioner
) -> None:
    make_trip(taxi, zhao.identity_no, meter_facts=cheap("13.5", "5.3"))
    make_trip(taxi, zhao.identity_no, ago=timedelta(hours=2), meter_facts=cheap("40.0", "20.0"))
    make_trip(stranger, "LN1")
    client.force_login(panshan_officer)
    text = client.get(reverse("trip-export"), {"format": "csv", "fare_max": "20"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["车牌号"], row["驾驶员"], row["车费 元"], row["计程公里 km"]) for row in rows] == [
        ("辽LT1234", "赵**", "13.5", "5.3")
    ]
    book = load_workbook(io.BytesIO(client.get(reverse("trip-export")).content))
    assert book.active.max_row == 3
    written = AuditRecord.objects.filter(action="trip.export").order_by("pk")
    assert [record.detail["rows"] for record in written] == [1, 2]


def test_who_is_on_duty_shows_what_was_carried_since(
    client: Client, panshan_officer: User, taxi: Vehicle, other_taxi: Vehicle, zhao: Practitioner
) -> None:
    make_trip(taxi, "LN1", ago=timedelta(hours=5))
    make_shift(taxi, zhao.identity_no, ago=timedelta(hours=3))
    make_trip(taxi, zhao.identity_no, ago=timedelta(hours=1), meter_facts=cheap("21.0", "9.0"))
    make_shift(other_taxi, "LN77", ago=timedelta(hours=2))
    client.force_login(panshan_officer)
    page = client.get(reverse("on-duty"))
    shown = {row.row.vehicle_id: row for row in page.context["shifts"]}
    assert (shown[taxi.pk].more["trips"], shown[taxi.pk].more["fare_jiao"]) == (1, 210)
    assert shown[other_taxi.pk].more["trips"] == 0
    assert page.context["totals"] == {"drivers": 2, "unregistered": 1}
    assert "未登记从业资格证" in page.content.decode()


def test_a_taxi_s_drawer_and_page_say_who_drives_and_what_was_carried(
    client: Client, panshan_officer: User, taxi: Vehicle, zhao: Practitioner, tracks: None
) -> None:
    make_shift(taxi, zhao.identity_no, ago=timedelta(minutes=30))
    make_trip(taxi, zhao.identity_no, ago=timedelta(0), meter_facts=cheap("21.0", "9.0"))
    client.force_login(panshan_officer)
    for address in (
        reverse("vehicle-drawer", args=[taxi.pk]),
        reverse("vehicle-detail", args=[taxi.pk]),
        reverse("vehicle-section", args=[taxi.pk, "taxi"]),
    ):
        page = client.get(address).content.decode()
        assert "赵**" in page
        assert "今日车费" in page
        assert ">21.0<" in page


def test_other_vehicles_have_no_section_of_taxis(client: Client, dawa_officer: User) -> None:
    truck = factories.make_vehicle()
    client.force_login(dawa_officer)
    assert client.get(reverse("vehicle-section", args=[truck.pk, "taxi"])).content == b""
