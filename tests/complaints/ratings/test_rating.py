"""A passenger rates by the sticker's code: near a real ride it counts, once a device and day, not by the hundred."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from complaints.ratings import codes, workflow
from complaints.ratings.defaults import figures
from complaints.ratings.errors import TooMany
from complaints.ratings.models import RatingCode, RatingSetting, RideRating
from datacenter.accounts.models import User
from datacenter.registry.models import Practitioner, Vehicle
from taxi.models import Trip
from tests import factories
from tests.complaints.ratings.conftest import code_of, rate, ride
from tests.conftest import _as_role

pytestmark = pytest.mark.django_db
Standing = RideRating.Standing


def test_a_code_that_was_not_drawn_here_is_refused_unread(taxi: Vehicle, django_assert_num_queries: Any) -> None:
    code = code_of(taxi)
    assert codes.is_ours(code)
    assert len({codes.draw() for _ in range(200)}) == 200
    with django_assert_num_queries(0):
        for wrong in ("", "x", code[:-1], code[:-1] + ("2" if code[-1] != "2" else "3"), code.upper(), "é" * 22):
            assert not codes.is_ours(wrong)


def test_a_rating_near_a_ride_counts_for_its_driver(taxi: Vehicle, driver: Practitioner) -> None:
    trip = ride(taxi, driver)
    rating = rate(taxi, 3)
    assert (rating.standing, rating.trip_id, rating.practitioner_id) == (Standing.COUNTED, trip.pk, driver.pk)
    assert rating.reasons == ["detour"]


@pytest.mark.parametrize(("minutes", "standing"), [(119, "counted"), (121, "no_ride")])
def test_how_near_stands_in_a_row(taxi: Vehicle, driver: Practitioner, minutes: int, standing: str) -> None:
    assert figures()["near_minutes"] == 120
    ride(taxi, driver, ended_min_ago=minutes)
    assert rate(taxi).standing == standing


def test_a_ride_of_another_taxi_does_not_count(taxi: Vehicle, driver: Practitioner) -> None:
    ride(factories.make_vehicle("辽LT9999", kind=Vehicle.Kind.TAXI, company=taxi.company), driver)
    assert rate(taxi).standing == Standing.NO_RIDE


def test_a_rating_counts_once_the_record_of_its_ride_has_come(taxi: Vehicle, driver: Practitioner) -> None:
    rating = rate(taxi)
    assert rating.standing == Standing.NO_RIDE
    assert workflow.match_again(timezone.now()) == 0
    trip = ride(taxi, driver)
    assert workflow.match_again(timezone.now()) == 1
    rating.refresh_from_db()
    assert (rating.standing, rating.trip_id, rating.practitioner_id) == (Standing.COUNTED, trip.pk, driver.pk)


def test_the_same_device_replaces_its_rating_of_the_day(taxi: Vehicle, driver: Practitioner) -> None:
    ride(taxi, driver)
    first, second = rate(taxi, 3), rate(taxi, 1)
    first.refresh_from_db()
    assert (first.standing, second.standing) == (Standing.REPLACED, Standing.COUNTED)
    assert RideRating.objects.count() == 2  # both are kept


def test_a_rating_is_of_whom_the_ride_was_though_the_sticker_is_older(taxi: Vehicle, driver: Practitioner) -> None:
    sold = factories.make_company("盘山新出租汽车有限公司", factories.PANSHAN)
    Vehicle.objects.filter(pk=taxi.pk).update(company=sold, county=factories.PANSHAN)
    late = rate(taxi, device="late")
    taxi.refresh_from_db()
    ride(taxi, driver)
    assert workflow.match_again(timezone.now()) == 1
    late.refresh_from_db()
    Trip.objects.all().update(alighted_at=timezone.now())
    now = rate(taxi, device="now")
    for rating in (late, now):
        assert (rating.company_id, rating.county_id) == (sold.pk, factories.PANSHAN)


def test_one_ride_counts_once(taxi: Vehicle, driver: Practitioner) -> None:
    ride(taxi, driver)
    assert rate(taxi, device="a").standing == Standing.COUNTED
    assert rate(taxi, device="b").standing == Standing.SAME_RIDE


@pytest.mark.django_db(transaction=True)
def test_one_ride_counts_once_though_the_sticker_was_replaced(
    taxi: Vehicle, driver: Practitioner, city_officer: User
) -> None:
    ride(taxi, driver)
    assert rate(taxi, device="a").standing == Standing.COUNTED
    workflow.revoke_code(RatingCode.objects.get(), by=city_officer)
    workflow.make_codes([taxi], by=city_officer)
    code = code_of(taxi)
    with _as_role("DATABASE_WEB_URL"):  # the web's own, as for a passenger
        second = workflow.rate(code, grade=1, reasons=[], words="", device="b", address="10.0.0.2")
    assert second.standing == Standing.SAME_RIDE


@pytest.mark.parametrize("rule", ["device_tries", "address_hour", "vehicle_hour"])
def test_who_rates_too_often_is_told_to_wait(taxi: Vehicle, rule: str) -> None:
    RatingSetting.objects.filter(code=rule).update(value=2)
    sent = {
        "device_tries": lambda place: {"device": "a", "address": f"10.0.0.{place}"},
        "address_hour": lambda place: {"device": f"d{place}"},
        "vehicle_hour": lambda place: {"device": f"d{place}", "address": f"10.0.0.{place}"},
    }[rule]
    for place in range(2):
        rate(taxi, **sent(place))
    with pytest.raises(TooMany) as refused:
        rate(taxi, **sent(3))
    assert refused.value.facts["rule"] == rule
    assert RideRating.objects.count() == 2


def test_a_device_rates_few_taxis_a_day(taxi: Vehicle, city_officer: User) -> None:
    RatingSetting.objects.filter(code="device_day").update(value=2)
    others = [factories.make_vehicle(kind=Vehicle.Kind.TAXI, company=taxi.company) for _ in range(2)]
    workflow.make_codes(others, by=city_officer)
    rate(taxi)
    rate(taxi)  # the same taxi again is no other taxi
    rate(others[0])
    with pytest.raises(TooMany) as refused:
        rate(others[1])
    assert refused.value.facts["rule"] == "device_day"


def test_device_and_address_are_kept_as_hashes(taxi: Vehicle) -> None:
    rating = rate(taxi, device="phone", address="203.0.113.9")
    assert "203.0.113.9" not in str(vars(rating))
    assert "phone" not in str(vars(rating))


@pytest.mark.django_db(transaction=True)
def test_a_code_sees_its_own_taxi_and_no_other(taxi: Vehicle, city_officer: User, web_connection: Any) -> None:
    other = factories.make_vehicle("辽LT5555", kind=Vehicle.Kind.TAXI, company=taxi.company)
    workflow.make_codes([other], by=city_officer)
    rate(taxi)
    rate(other)

    def seen(code: str, table: str) -> list[int]:
        with web_connection, web_connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.scope', 'rating', true), set_config('app.scope_id', %s, true)", [code]
            )
            cursor.execute(f"SELECT vehicle_id FROM {table}")
            return [pk for (pk,) in cursor.fetchall()]

    for table in ("rating_code", "ride_rating"):
        assert seen(code_of(taxi), table) == [taxi.pk]
        assert seen("another", table) == []
    with web_connection, web_connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.scope', 'rating', true), set_config('app.scope_id', %s, true)", [code_of(taxi)]
        )
        cursor.execute("SELECT (SELECT count(*) FROM vehicle), (SELECT count(*) FROM taxi_trip)")
        assert cursor.fetchone() == (0, 0)


# --- the page ---------------------------------------------------------------------------------------------------------
def page(taxi: Vehicle) -> str:
    return reverse("ride-rate", args=[code_of(taxi)])


def test_anybody_with_the_code_rates_without_signing_in(taxi: Vehicle, driver: Practitioner) -> None:
    ride(taxi, driver)
    client = Client()
    shown = client.get(page(taxi)).content.decode()
    assert "LT1234" in shown
    assert "王" not in shown
    answer = client.post(page(taxi), {"grade": "3", "reasons": ["detour", "dirty"], "words": "绕了 ​很远 😀"})
    assert "谢谢" in answer.content.decode()
    rating = RideRating.objects.get()
    assert (rating.grade, rating.reasons, rating.standing) == (3, ["detour", "dirty"], Standing.COUNTED)
    assert answer.cookies["rate_device"]["httponly"]
    client.post(page(taxi), {"grade": "1"})
    assert [row.standing for row in RideRating.objects.order_by("pk")] == [Standing.REPLACED, Standing.COUNTED]


def test_a_low_grade_asks_why_and_a_complaint_leads_on(taxi: Vehicle) -> None:
    client = Client()
    answer = client.post(page(taxi), {"grade": "4"})
    assert answer.status_code == 422
    assert "reasons" in answer.context["form"].errors
    answer = client.post(page(taxi), {"grade": "4", "reasons": ["overcharge"]})
    assert "/travel/complain/?plate=" in answer.content.decode()


def test_a_reason_sent_a_hundred_times_is_said_once(taxi: Vehicle) -> None:
    Client().post(page(taxi), {"grade": "3", "reasons": ["detour"] * 100 + ["dirty"]})
    assert RideRating.objects.get().reasons == ["detour", "dirty"]


def test_who_rates_a_ride_that_is_rated_already_is_told_so(taxi: Vehicle, driver: Practitioner) -> None:
    ride(taxi, driver)
    said = [Client().post(page(taxi), {"grade": "1"}).content.decode() for _ in range(2)]
    assert "计入驾驶员评价" in said[0]
    assert "已有一条评价计入" in said[1]
    assert "暂时没有查到" not in said[1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"grade": "9"},
        {"grade": "x"},
        {"grade": "3", "reasons": ["x"]},
        {"grade": "1", "words": "😀" * 300},
        {"grade": "1", "words": "\0"},
    ],
)
def test_what_cannot_be_read_is_told_and_not_kept(taxi: Vehicle, body: dict[str, Any]) -> None:
    assert Client().post(page(taxi), body).status_code == 422
    assert not RideRating.objects.exists()


def test_a_revoked_or_made_up_code_opens_nothing(taxi: Vehicle, city_officer: User) -> None:
    address, client = page(taxi), Client()
    workflow.revoke_code(RatingCode.objects.get(), by=city_officer)
    answer = client.get(address)
    assert answer.status_code == 404
    assert "LT1234" not in answer.content.decode()
    for _ in range(4):
        assert client.get(reverse("ride-rate", args=["x" * 22])).status_code == 404
    assert client.get(address).status_code == 429  # who tries codes is shut out for a while
    assert workflow.make_codes([taxi], by=city_officer) == 1
