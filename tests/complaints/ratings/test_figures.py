"""What passengers say comes to figures by company and driver, each in its reader's scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from complaints.ratings import selectors, sticker_views
from complaints.ratings.folding import fold_day
from complaints.ratings.models import RatingCode, RatingDay, RatingSetting, RideRating
from complaints.ratings.sticker_views import picture
from complaints.ratings.tasks import fold
from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.registry.models import Practitioner, Vehicle
from tests import factories
from tests.complaints.ratings.conftest import rate, ride

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def a_week(taxi: Vehicle, driver: Practitioner) -> None:
    """Rides of today: two satisfied, one average, two not, one complaint, one not rated."""
    for place, rating in enumerate((1, 1, 2, 3, 3, 4, 0)):
        ride(taxi, driver, ended_min_ago=1 + place, rating=rating)


@pytest.fixture
def week(taxi: Vehicle, driver: Practitioner) -> None:
    a_week(taxi, driver)
    for back in range(2):  # the rides lie in today or, just past midnight, in yesterday
        fold_day(timezone.localdate() - timedelta(days=back))


def test_a_day_is_summed_by_driver_and_again_gives_the_same(week: None, driver: Practitioner) -> None:
    def kept() -> list[tuple[int, ...]]:
        return sorted(RatingDay.objects.values_list("rides", "satisfied", "average", "not_satisfied", "complaint"))

    sums = selectors.total(RatingDay.objects.all())
    assert (sums.rides, sums.rated, sums.low) == (7, 6, 3)
    assert sums.mean == pytest.approx((2 * 100 + 60 + 2 * 20) / 6)
    assert sums.low_percent == 50
    before = kept()
    fold(3)
    assert kept() == before


def test_stickers_count_beside_the_screen(taxi: Vehicle, driver: Practitioner) -> None:
    ride(taxi, driver, rating=0)
    rate(taxi, 3, device="a")
    rate(taxi, 4, device="b")  # of the same ride: kept, not counted
    fold()
    stickers = selectors.total(RatingDay.objects.filter(source="sticker"))
    assert (stickers.rated, stickers.not_satisfied, stickers.complaint) == (1, 1, 0)
    assert selectors.reasons_of(RideRating.objects.all()) == [("绕路", 1)]


def test_the_page_shows_companies_and_drivers_with_repeated_low_ratings(
    week: None,
    taxi: Vehicle,
    driver: Practitioner,
    city_officer: User,
) -> None:
    page = signed_in(city_officer).get(reverse("ratings"))
    text = page.content.decode()
    assert [one["pk"] for one in page.context["drivers"]] == [driver.pk]
    assert [one["pk"] for one in page.context["companies"]] == [taxi.company_id]
    assert "王**" in text
    assert "王师傅" not in text
    exported = signed_in(city_officer).get(reverse("ratings-export"), {"format": "csv"}).content.decode()
    assert taxi.company.name in exported
    assert "王师傅" not in exported
    assert exported.count("王**") == 1
    RatingSetting.objects.filter(code="repeated_low").update(value=4)  # the file has no more than the page
    exported = signed_in(city_officer).get(reverse("ratings-export"), {"format": "csv"}).content.decode()
    assert "王**" not in exported
    person = signed_in(city_officer).get(reverse("rated-driver", args=[driver.pk]))
    assert person.context["sums"].low == 3


def test_a_company_sees_its_own_and_another_nothing(
    week: None,
    taxi: Vehicle,
    driver: Practitioner,
    other_safety_officer: User,
    panshan_officer: User,
) -> None:
    own = factories.make_user("firm", Role.SAFETY_OFFICER, taxi.company.unit)
    assert signed_in(own).get(reverse("ratings")).context["sums"].rated == 6
    for stranger in (other_safety_officer, panshan_officer):
        client = signed_in(stranger)
        assert client.get(reverse("ratings")).context["sums"].rated == 0
        assert client.get(reverse("rated-driver", args=[driver.pk])).status_code == 404
        assert taxi.plate[1:] not in client.get(reverse("rating-stickers")).content.decode()


def test_figures_take_as_many_queries_for_many_companies_as_for_one(week: None, city_officer: User) -> None:
    client = signed_in(city_officer)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("ratings")).status_code == 200
        return len(queries)

    few = asked()
    for _ in range(5):
        company = factories.make_company()
        cab = factories.make_vehicle(kind=Vehicle.Kind.TAXI, company=company)
        ride(cab, rating=3)
    fold()
    assert asked() == few


def test_periods_and_filters_that_are_no_choice_show_the_usual(week: None, city_officer: User) -> None:
    client = signed_in(city_officer)
    for query in ("?days=x", "?days=365", "?days=7"):
        assert client.get(reverse("ratings") + query).status_code == 200
    for query in ("?standing=x&grade=x&before=x", "?standing=counted&grade=3"):
        assert client.get(reverse("rating-list") + query).status_code == 200


def test_stickers_are_made_printed_and_revoked(taxi: Vehicle, city_officer: User) -> None:
    client = signed_in(city_officer)
    cab = factories.make_vehicle("辽LT7777", kind=Vehicle.Kind.TAXI, company=taxi.company)
    factories.make_vehicle("辽L88888", company=taxi.company)  # no taxi
    client.post(reverse("rating-stickers-make"))
    assert set(RatingCode.objects.values_list("vehicle", flat=True)) == {taxi.pk, cab.pk}
    sheet = client.get(reverse("rating-stickers-sheet"))
    assert sheet.content.startswith(b"%PDF")
    assert client.get(reverse("rating-stickers-sheet"), {"q": "没有"}).content.startswith(b"%PDF")
    assert client.get(reverse("rating-stickers-sheet"), {"after": "\0"}).content.startswith(b"%PDF")
    answer = client.post(reverse("rating-stickers-make"), {"q": "A&B #1"})
    assert QueryDict(answer["Location"].partition("?")[2])["q"] == "A&B #1"
    client.post(reverse("rating-sticker-revoke", args=[cab.pk]))
    assert RatingCode.objects.get(vehicle=cab).revoked_at is not None
    assert client.post(reverse("rating-sticker-revoke", args=[cab.pk])).status_code == 404
    firm = signed_in(factories.make_user("firm", Role.SAFETY_OFFICER, taxi.company.unit))
    assert firm.get(reverse("rating-stickers-sheet")).content.startswith(b"%PDF")
    assert firm.post(reverse("rating-stickers-make")).status_code == 403


def test_the_stickers_that_one_file_does_not_take_are_in_the_next(
    taxi: Vehicle, city_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(city_officer)
    for plate in ("辽LT2345", "辽LT3456", "辽LT4567"):
        factories.make_vehicle(plate, kind=Vehicle.Kind.TAXI, company=taxi.company)
    client.post(reverse("rating-stickers-make"))
    monkeypatch.setattr(sticker_views, "MOST_ON_SHEETS", 2)
    page = client.get(reverse("rating-stickers"))
    assert page.context["further"] == [(2, "辽LT2345")]
    asked: list[list[str]] = []
    monkeypatch.setattr(sticker_views, "_data", lambda codes: asked.append([one.plate for one in codes]) or {})
    monkeypatch.setattr(sticker_views, "typeset", lambda *_, **__: b"%PDF")
    for after in ("", "辽LT2345"):
        client.get(reverse("rating-stickers-sheet"), {"after": after})
    assert asked == [["辽LT1234", "辽LT2345"], ["辽LT3456", "辽LT4567"]]
    monkeypatch.setattr(sticker_views, "MOST_ON_SHEETS", 4)
    assert client.get(reverse("rating-stickers")).context["further"] == []


def test_a_qr_code_is_a_picture() -> None:
    assert picture("https://traffic.example.cn/travel/rate/" + "a" * 22 + "/").startswith(b"\x89PNG")
