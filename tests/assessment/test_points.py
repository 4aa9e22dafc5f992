"""Points: cycles from the first certificate, entries that are only reversed, violations that take none and why."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.assessment import points
from datacenter.assessment.errors import AlreadyDone, FieldRefused, SubjectNotFound
from datacenter.assessment.models import PointEntry, PointRule, Score
from datacenter.assessment.points import cycle_of
from datacenter.cases import workflow
from datacenter.detection.models import Violation
from datacenter.registry.models import Company, Practitioner
from tests import factories
from tests.assessment.making import AFTER, MONTH, assessed, certify, inside, make_violation

pytestmark = pytest.mark.django_db
FIRST = date(2024, 3, 15)


@pytest.fixture
def driver(hazmat_company: Company) -> Practitioner:
    person = factories.make_practitioner("阙德海", hazmat_company)
    certify(person, FIRST)
    return person


@pytest.fixture
def taken(driver: Practitioner, city_officer: User) -> Violation:
    """A detour of the driver's, on record."""
    taxi = factories.make_vehicle(company=driver.company, kind="taxi")
    return make_violation(taxi, city_officer, "taxi.detour", practitioner=driver)


@pytest.mark.parametrize(
    ("first", "on", "start", "end"),
    [
        (date(2024, 3, 15), date(2024, 3, 15), date(2024, 3, 15), date(2025, 3, 15)),
        (date(2024, 3, 15), date(2025, 3, 14), date(2024, 3, 15), date(2025, 3, 15)),
        (date(2024, 3, 15), date(2025, 3, 15), date(2025, 3, 15), date(2026, 3, 15)),
        (date(2024, 2, 29), date(2025, 2, 27), date(2024, 2, 29), date(2025, 2, 28)),
        (date(2024, 2, 29), date(2025, 2, 28), date(2025, 2, 28), date(2026, 2, 28)),
        (date(2024, 2, 29), date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 28)),
        (date(2024, 3, 15), date(2023, 12, 1), date(2023, 3, 15), date(2024, 3, 15)),
    ],
)
def test_a_cycle_begins_on_the_day_of_the_first_certificate(first: date, on: date, start: date, end: date) -> None:
    assert cycle_of(first, on) == points.Cycle(start, end)


def test_a_violation_takes_the_points_of_its_row_once(taken: Violation, driver: Practitioner) -> None:
    entry = points.enter_for(taken)
    assert entry is not None
    assert (entry.effect, entry.title, entry.practitioner_id) == (-10, "故意绕行", driver.pk)
    assert (entry.cycle_start, entry.cycle_end) == (date(2026, 3, 15), date(2027, 3, 15))
    assert points.enter_for(taken) is None
    assert points.balances(date(2026, 9, 30))[driver.pk] == 10
    assert points.balances(date(2027, 3, 15))[driver.pk] == 20  # a new cycle


def test_an_industrys_own_row_goes_before_that_of_all(taken: Violation) -> None:
    PointRule.objects.create(kind_code="taxi.detour", title="绕行（出租）", industry="taxi", points=3, source="试验")
    assert points.enter_for(taken).effect == -3  # type: ignore[union-attr]


def test_verifying_a_case_enters_the_points(driver: Practitioner, city_officer: User, dawa_officer: User) -> None:

    taxi = factories.make_vehicle(company=driver.company, kind="taxi")
    row = make_violation(taxi, city_officer, "taxi.refusal", practitioner=driver)
    case = row.finding.case
    assert case is not None
    workflow.accept_case(case, by=dawa_officer)
    workflow.feed_back_case(case, by=dawa_officer, result="属实", outcome="substantiated")
    workflow.verify_case(case, by=city_officer)
    assert PointEntry.objects.get().effect == -5


def test_what_is_taken_off_the_record_gives_its_points_back(
    driver: Practitioner, city_officer: User, dawa_officer: User
) -> None:
    taxi = factories.make_vehicle(company=driver.company, kind="taxi")
    row = make_violation(taxi, city_officer, "taxi.detour", practitioner=driver)
    case = row.finding.case
    assert case is not None
    for outcome in ("substantiated", "unfounded", "substantiated"):
        workflow.accept_case(case, by=dawa_officer)
        workflow.feed_back_case(case, by=dawa_officer, result="已查", outcome=outcome)
        workflow.verify_case(case, by=city_officer)
        left = points.balances(date(2026, 9, 30))[driver.pk]
        assert left == (20 if outcome == "unfounded" else 10), outcome
        workflow.reopen_case(case, by=city_officer, reason="复查")
    assert list(PointEntry.objects.order_by("pk").values_list("effect", flat=True)) == [-10, 10, -10]


@pytest.mark.parametrize("lacks", ["driver", "certificate", "rule", "step"])
def test_what_takes_no_points_is_listed_with_its_reason(city_officer: User, driver: Practitioner, lacks: str) -> None:
    taxi = factories.make_vehicle(company=driver.company, kind="taxi")
    person = factories.make_practitioner(company=driver.company) if lacks == "certificate" else driver
    detector = {"rule": "no.such_rule", "step": "taxi.unmetered"}.get(lacks, "taxi.detour")
    row = make_violation(taxi, city_officer, detector, practitioner=None if lacks == "driver" else person)
    assert points.enter_for(row) is None
    rules = {(rule.kind_code, rule.industry): rule for rule in PointRule.objects.all()}
    (found,) = points.unscored(city_officer, inside(1))
    assert points.why_not(found, rules) == {
        "driver": points.WITHOUT_DRIVER, "certificate": points.WITHOUT_CERTIFICATE, "rule": points.WITHOUT_RULE,
        "step": points.WITHOUT_STEP,
    }[lacks]  # fmt: skip


def test_who_becomes_known_later_is_caught_up_with(driver: Practitioner, city_officer: User) -> None:
    taxi = factories.make_vehicle(company=driver.company, kind="taxi")
    at = timezone.now() - timedelta(days=3)
    row = make_violation(taxi, city_officer, "taxi.detour", at=at)
    assert points.catch_up() == 0
    Violation.objects.filter(pk=row.pk).update(practitioner=driver)
    assert points.catch_up() == 1
    assert points.catch_up() == 0


def test_an_entry_is_reversed_by_an_entry_and_only_once(
    taken: Violation, driver: Practitioner, city_officer: User, dawa_officer: User
) -> None:
    entry = points.enter_for(taken)
    assert entry is not None
    with pytest.raises(NotAllowed):
        points.reverse_entry(entry.pk, reason="误记", by=dawa_officer)
    with pytest.raises(FieldRefused):
        points.reverse_entry(entry.pk, reason=" ", by=city_officer)
    back = points.reverse_entry(entry.pk, reason="误记", by=city_officer)
    assert (back.effect, back.reverses_id, back.entered_by) == (10, entry.pk, city_officer)
    assert points.balances(date(2026, 9, 30))[driver.pk] == 20
    with pytest.raises(AlreadyDone):
        points.reverse_entry(entry.pk, reason="误记", by=city_officer)
    with pytest.raises(SubjectNotFound):
        points.reverse_entry(back.pk, reason="误记", by=city_officer)
    for sql in ("UPDATE point_entry SET effect = 0", "DELETE FROM point_entry"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_rewards_count_up_to_their_limit(driver: Practitioner, city_officer: User) -> None:
    rule = PointRule.objects.get(kind_code="bonus.found")
    for _ in range(4):
        points.reward(driver.pk, rule=rule, at=inside(), note="归还失物", by=city_officer)
    assert points.balances(date(2026, 9, 30))[driver.pk] == 30
    refused: list[dict[str, Any]] = [
        {"rule": PointRule.objects.get(kind_code="taxi.detour"), "at": inside(), "note": "x"},
        {"rule": rule, "at": inside(), "note": " "},
        {"rule": rule, "at": timezone.now() + timedelta(days=1), "note": "x"},
    ]
    for facts in refused:
        with pytest.raises(FieldRefused):
            points.reward(driver.pk, by=city_officer, **facts)


def test_points_left_and_violations_of_the_month_are_scored(taken: Violation, driver: Practitioner) -> None:
    PointEntry.objects.filter(pk=points.enter_for(taken).pk)  # type: ignore[union-attr]
    assessed(MONTH, now=max(AFTER, timezone.now()))
    found = {
        one.indicator: (one.value, one.score)
        for one in Score.objects.filter(kind="practitioner", subject=str(driver.pk))
    }
    assert found["practitioner.violations"] == (1, 80)
    # Entered after the month was over: the month knows nothing of it.
    assert found["practitioner.points"] == (20, 100)
