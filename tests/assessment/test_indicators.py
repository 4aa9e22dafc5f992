"""What counties, companies and people are measured by, counted from the rows that the loop and the desk leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.assessment import catalogue
from datacenter.assessment.catalogue import Figure, Period, month_of
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case, Dispatch, Supervision
from datacenter.registry.models import Company
from datacenter.screening import workflow as screening
from taxi.models import Trip
from tests import factories
from tests.assessment.making import MONTH, inside, make_case
from tests.screening.items import make_item

pytestmark = pytest.mark.django_db
PERIOD = month_of(MONTH, now=datetime(2026, 10, 5, tzinfo=timezone.get_default_timezone()))


def figures(code: str, period: Period = PERIOD) -> dict[str, tuple[float, float | None]]:
    indicator = catalogue.get(code)
    assert indicator is not None
    fresh = Period(period.first, period.last, period.until)
    return {key: (one.numerator, one.denominator) for key, one in indicator.compute(fresh).items()}


def behind(code: str, key: str, user: User, period: Period = PERIOD) -> list[list[str]]:
    """The rows behind a figure, as text."""
    indicator = catalogue.get(code)
    assert indicator is not None
    assert indicator.behind is not None
    rows = indicator.behind.rows(user, key, period).order_by(indicator.behind.column)
    return [[cell.text for cell in indicator.behind.line(row, user)] for row in rows]


def leg(company: Company, *, due: datetime | None, fed_back: datetime | None, **facts: Any) -> Dispatch:
    """A case whose county's leg has these times."""
    case = make_case(factories.make_vehicle(company=company))
    Dispatch.objects.filter(case=case).update(due_at=due, fed_back_at=fed_back, **facts)
    return Dispatch.objects.get(case=case)


def test_a_leg_is_on_time_in_the_month_it_is_due(hazmat_company: Company, city_officer: User) -> None:
    hour = timedelta(hours=1)
    legs = [
        leg(hazmat_company, due=inside(10), fed_back=inside(10)),  # to the second
        leg(hazmat_company, due=inside(10), fed_back=inside(10) + hour),
        leg(hazmat_company, due=inside(10), fed_back=None),
        leg(hazmat_company, due=PERIOD.end, fed_back=inside(20)),  # due in the next month
        leg(hazmat_company, due=PERIOD.start - hour, fed_back=inside(20)),
        leg(hazmat_company, due=None, fed_back=inside(20)),
        leg(hazmat_company, due=inside(10), fed_back=None, ended_at=inside(9)),  # taken back before
        leg(hazmat_company, due=inside(10), fed_back=inside(9), ended_at=inside(12)),  # reported, then taken up again
    ]
    assert figures("county.on_time") == {factories.DAWA: (2, 4)}
    assert figures("company.rectified") == {str(hazmat_company.pk): (2, 4)}
    rows = behind("county.on_time", factories.DAWA, city_officer)
    assert sorted(row[6] for row in rows) == ["按期", "按期", "逾期", "逾期"]
    assert {row[0] for row in rows} == {legs[number].case.number for number in (0, 1, 2, 7)}


def test_what_is_not_due_yet_is_no_delay(hazmat_company: Company) -> None:
    leg(hazmat_company, due=inside(20), fed_back=None)
    leg(hazmat_company, due=inside(20), fed_back=inside(5))
    assert figures("county.on_time", month_of(MONTH, now=inside(15))) == {factories.DAWA: (1, 1)}


def test_of_two_ways_the_countys_counts(hazmat_company: Company, enforcement_officer: User) -> None:
    county = leg(hazmat_company, due=inside(10), fed_back=inside(9))
    Dispatch.objects.create(
        case=county.case, part=Dispatch.Part.JOINT, unit=enforcement_officer.unit, county_id=factories.DAWA,
        sent_at=inside(1), due_at=inside(10), fed_back_at=inside(20),
    )  # fmt: skip
    assert figures("county.on_time") == {factories.DAWA: (1, 1)}


def test_returns_and_passes_at_once_are_counted(hazmat_company: Company) -> None:
    returned = leg(hazmat_company, due=inside(10), fed_back=inside(9), returned_times=2)
    Case.objects.filter(pk=returned.case_id).update(returned_times=2, closed_at=inside(12))
    for _ in range(3):
        passed = leg(hazmat_company, due=inside(10), fed_back=inside(9))
        Case.objects.filter(pk=passed.case_id).update(closed_at=inside(12))
    leg(hazmat_company, due=inside(10), fed_back=PERIOD.end)
    assert figures("county.returned") == {factories.DAWA: (1, 4)}
    assert figures("county.verified") == {factories.DAWA: (3, 4)}


def test_supervisions_of_the_month_are_counted(hazmat_company: Company, city_officer: User) -> None:
    for day in (3, 4):
        case = make_case(factories.make_vehicle(company=hazmat_company))
        Supervision.objects.create(
            case=case, level=1, cause="late", reason="逾期", opened_at=inside(day), answer_due_at=inside(day + 3)
        )
    Supervision.objects.update(state="accepted")
    Supervision.objects.create(
        case=case, level=1, cause="late", reason="逾期", opened_at=PERIOD.end, answer_due_at=PERIOD.end
    )
    assert figures("county.supervised") == {factories.DAWA: (2, None)}
    assert len(behind("county.supervised", factories.DAWA, city_officer)) == 2


def test_the_loop_itself_leaves_what_is_counted(
    hazmat_company: Company, dawa_officer: User, city_officer: User
) -> None:
    case = make_case(factories.make_vehicle(company=hazmat_company))
    cases.accept_case(case, by=dawa_officer)
    cases.feed_back_case(case, by=dawa_officer, result="已整改", outcome="substantiated")
    cases.return_case(case, by=city_officer, reason="缺照片")
    cases.feed_back_case(cases.handle_case(case, by=dawa_officer, note="补照片"), by=dawa_officer, result="已补")
    now = timezone.now() + timedelta(minutes=1)
    period = month_of(timezone.localdate(), now=now)
    assert figures("county.returned", period) == {factories.DAWA: (1, 1)}
    due = Dispatch.objects.get(case=case).due_at
    assert due is not None
    assert figures("county.on_time", month_of(timezone.localdate(due), now=due)) == {factories.DAWA: (1, 1)}


def test_a_county_sees_behind_a_figure_only_what_is_its_own(
    hazmat_company: Company, dawa_officer: User, panshan_officer: User
) -> None:
    leg(hazmat_company, due=inside(10), fed_back=inside(9))
    assert len(behind("county.on_time", factories.DAWA, dawa_officer)) == 1
    assert behind("county.on_time", factories.DAWA, panshan_officer) == []


def test_a_countys_screening_is_measured_by_volume_hits_and_agreement(
    dawa_officer: User, panshan_officer: User, city_officer: User
) -> None:
    for verb in ("confirm", "confirm", "reject"):
        item = make_item()
        screening.take(item.pk, by=dawa_officer)
        if verb == "confirm":
            screening.confirm(item.pk, by=dawa_officer)
        else:
            screening.reject(item.pk, by=dawa_officer, reason="drift")
    skipped = make_item()
    screening.take(skipped.pk, by=dawa_officer)
    screening.skip(skipped.pk, by=dawa_officer)
    for other in ("confirm", "reject"):
        pair = make_item(paired=True)
        screening.take(pair.pk, by=dawa_officer)
        screening.confirm(pair.pk, by=dawa_officer)
        screening.take(pair.pk, by=city_officer)
        if other == "confirm":
            screening.confirm(pair.pk, by=city_officer)
        else:
            screening.reject(pair.pk, by=city_officer, reason="drift")
    period = month_of(timezone.localdate(), now=timezone.now() + timedelta(minutes=1))
    assert figures("county.screened", period) == {factories.DAWA: (5, None)}
    assert figures("county.screened_hit", period) == {factories.DAWA: (3, 4)}  # one pair waits for a third
    assert figures("county.screened_agreed", period) == {factories.DAWA: (1, 2)}
    assert len(behind("county.screened", factories.DAWA, dawa_officer, period)) == 5
    assert len(behind("county.screened_agreed", factories.DAWA, dawa_officer, period)) == 2
    assert behind("county.screened", factories.DAWA, panshan_officer, period) == []


def test_what_passengers_said_is_measured(city_officer: User) -> None:
    company = factories.make_company(kind="taxi")
    taxi = factories.make_vehicle(company=company, kind="taxi")
    driver = factories.make_practitioner(company=company)
    for number, rating in enumerate((Trip.Rating.SATISFIED, Trip.Rating.COMPLAINT, Trip.Rating.NONE)):
        Trip.objects.create(
            vehicle=taxi, county_id=taxi.county_id, company=company, practitioner=driver, received_at=inside(),
            boarded_at=inside() + timedelta(minutes=number), alighted_at=inside() + timedelta(minutes=number + 5),
            trip_id=number, evaluation_id=0, rating=rating, rating_ext=0, call_order_id=0, distance_dkm=1, waited_s=0,
            fare_jiao=1, body=b"",
        )  # fmt: skip
    assert figures("company.satisfied") == {str(company.pk): (1, 2)}
    assert figures("practitioner.satisfied") == {str(driver.pk): (1, 2)}
    assert len(behind("company.satisfied", str(company.pk), city_officer)) == 2


def test_every_indicator_says_itself_and_shows_its_rows() -> None:
    for one in catalogue.indicators():
        assert one.code.split(".")[0] == one.kind
        assert one.meaning
        assert one.parts[0]
        assert one.behind is not None, one.code
        assert one.value(Figure(1, 0 if one.parts[1] else None)) in (None, 1)
