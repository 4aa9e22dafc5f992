"""A month is computed, objected to, corrected, published and frozen; nothing of a frozen one changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.assessment import catalogue, compute, workflow
from datacenter.assessment.catalogue import Figure, month_of
from datacenter.assessment.errors import AlreadyDone, FieldRefused, MonthFrozen, NotToPublish, SubjectNotFound
from datacenter.assessment.models import AssessmentMonth, Correction, IndicatorRule, Objection, Score, Standing
from datacenter.assessment.models.subjects import Axis
from datacenter.assessment.workflow import Corrected, NewRule
from datacenter.registry.models import Company
from tests import factories
from tests.assessment.making import AFTER, MONTH, assessed, counting, inside, make_quality, make_violation, only

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Iterator[dict[str, Figure]]:
    """Figures of a trial indicator of companies, to be filled in."""
    figures: dict[str, Figure] = {}
    counting("company.trial", figures)
    yield figures
    catalogue.forget("company.trial")


def standing(company: Company) -> Standing:
    return Standing.objects.get(kind="company", subject=str(company.pk))


def score(company: Company, indicator: str = "company.trial") -> Score:
    return Score.objects.get(kind="company", subject=str(company.pk), indicator=indicator)


def test_a_period_is_a_month_of_shanghai() -> None:
    period = month_of(date(2026, 2, 20), now=AFTER)
    assert (period.first, period.last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert period.start.isoformat() == "2026-02-01T00:00:00+08:00"
    assert period.end - period.start == timedelta(days=28)
    assert period.over


def test_totals_share_the_weight_of_what_is_absent_and_say_how_much_is_covered(
    hazmat_company: Company, told: dict[str, Figure]
) -> None:
    told[str(hazmat_company.pk)] = Figure(8, 10)
    only(
        {"indicator": "company.trial", "weight": 30},
        {"indicator": "company.complete", "weight": 10},
        {"indicator": "company.nobody", "weight": 60, "title": "无人提供"},
    )
    make_quality(factories.make_vehicle(company=hazmat_company), km=100, complete_km=40)
    month = assessed()
    found = standing(hazmat_company)
    assert found.total == 70  # (30 × 80 + 10 × 40) ÷ 40
    assert found.covered == 0.4
    assert (found.service, found.safety, found.conduct) == (80, 40, None)
    assert [one["title"] for one in month.absent] == ["无人提供"]


def test_a_subject_without_figures_is_not_ranked(
    hazmat_company: Company, other_company: Company, told: dict[str, Figure]
) -> None:
    told[str(hazmat_company.pk)] = Figure(0, 10)
    told[str(other_company.pk)] = Figure(0, 0)
    only({"indicator": "company.trial"})
    assessed()
    assert (standing(hazmat_company).rank, standing(hazmat_company).ranked) == (1, 1)
    assert (standing(other_company).rank, standing(other_company).total) == (None, None)
    assert score(other_company).value is None


def test_equal_totals_share_a_rank(told: dict[str, Figure]) -> None:
    companies = [factories.make_company() for _ in range(4)]
    for company, share in zip(companies, (9, 7, 9, 5), strict=True):
        told[str(company.pk)] = Figure(share, 10)
    only({"indicator": "company.trial"})
    assessed()
    assert [standing(company).rank for company in companies] == [1, 3, 1, 4]
    assert sorted(Standing.objects.filter(kind="company").values_list("place", flat=True)) == [1, 2, 3, 4]


def test_computing_again_keeps_rows_and_drops_those_of_nobody(hazmat_company: Company, told: dict[str, Figure]) -> None:
    told[str(hazmat_company.pk)] = Figure(5, 10)
    only({"indicator": "company.trial"})
    assessed()
    before = score(hazmat_company).pk
    gone = Score.objects.get(pk=before)
    gone.pk, gone.subject = None, "999999"
    gone.save()
    told[str(hazmat_company.pk)] = Figure(6, 10)
    assessed(now=AFTER + timedelta(hours=1))
    assert (score(hazmat_company).pk, score(hazmat_company).score) == (before, 60)
    assert not Score.objects.filter(subject="999999").exists()


def test_online_complete_and_violations_are_counted_from_their_rows(
    hazmat_company: Company, city_officer: User
) -> None:
    trucks = [factories.make_vehicle(company=hazmat_company) for _ in range(4)]
    for truck in trucks:
        factories.make_terminal(truck)
    for truck in trucks[:3]:
        make_quality(truck, km=1000, complete_km=900)
    make_violation(trucks[0], city_officer)
    make_violation(trucks[0], city_officer, "taxi.detour")
    make_violation(trucks[0], city_officer, at=inside() + timedelta(days=40))
    assessed()
    figures = {
        one.indicator: (one.numerator, one.denominator)
        for one in Score.objects.filter(kind="company", subject=str(hazmat_company.pk))
    }
    assert figures["company.online"] == (3, 4)
    assert figures["company.complete"] == (2700, 3000)
    assert figures["company.violations"] == (1, 3000)
    assert figures["company.conduct"] == (1, 4)
    county = Score.objects.get(kind="county", subject=factories.DAWA, indicator="county.violations")
    assert (county.numerator, county.denominator) == (1, 3000)


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(city_officer: User) -> None:
    counts = []
    assessed()
    for more in (2, 25):
        for _ in range(more):
            company = factories.make_company()
            truck = factories.make_vehicle(company=company)
            factories.make_terminal(truck)
            make_quality(truck)
            person = factories.make_practitioner(company=company)
            make_violation(truck, city_officer, practitioner=person)
        with CaptureQueriesContext(connection) as taken:
            assessed(now=AFTER + timedelta(minutes=more))
        counts.append(len(taken))
    assert counts[0] == counts[1]


# --- objections -----------------------------------------------------------------------------------------------------
@pytest.fixture
def month(hazmat_company: Company, other_company: Company, told: dict[str, Figure]) -> AssessmentMonth:
    told[str(hazmat_company.pk)] = Figure(5, 10)
    told[str(other_company.pk)] = Figure(7, 10)
    only({"indicator": "company.trial"})
    return assessed()


def objection(month: AssessmentMonth, company: Company, by: User) -> Objection:
    return workflow.object_to(month, "company", str(company.pk), "company.trial", reason="数据有误", by=by)


def test_an_objection_that_is_upheld_corrects_the_figure_and_the_places(
    month: AssessmentMonth, hazmat_company: Company, other_company: Company, safety_officer: User, city_officer: User
) -> None:
    row = objection(month, hazmat_company, safety_officer)
    assert standing(hazmat_company).rank == 2
    workflow.uphold(row.pk, figure=Corrected(9, 10), note="补充证明属实", by=city_officer)
    assert (score(hazmat_company).score, score(hazmat_company).corrected) == (90, True)
    assert (standing(hazmat_company).rank, standing(other_company).rank) == (1, 2)
    correction = Correction.objects.get()
    assert (correction.was_score, correction.score, correction.reason) == (50, 90, "补充证明属实")
    assert (correction.was_total, correction.total, correction.after_publication) == (50, 90, False)
    assessed(now=AFTER + timedelta(hours=1))
    assert score(hazmat_company).score == 90  # the night does not undo it


def test_an_objection_that_is_rejected_changes_nothing(
    month: AssessmentMonth, hazmat_company: Company, safety_officer: User, city_officer: User
) -> None:
    row = objection(month, hazmat_company, safety_officer)
    with pytest.raises(FieldRefused):
        workflow.reject(row.pk, note=" ", by=city_officer)
    workflow.reject(row.pk, note="证据不足", by=city_officer)
    assert score(hazmat_company).score == 50
    with pytest.raises(AlreadyDone):
        workflow.uphold(row.pk, figure=Corrected(9, 10), note="再议", by=city_officer)


def test_nobody_objects_for_others_nor_twice_at_once(
    month: AssessmentMonth, hazmat_company: Company, safety_officer: User, other_safety_officer: User,
    panshan_officer: User,
) -> None:  # fmt: skip
    for stranger in (other_safety_officer, panshan_officer):
        with pytest.raises(SubjectNotFound):
            objection(month, hazmat_company, stranger)
    objection(month, hazmat_company, safety_officer)
    with pytest.raises(AlreadyDone):
        objection(month, hazmat_company, safety_officer)


def test_only_the_city_decides_and_corrects(
    month: AssessmentMonth, hazmat_company: Company, safety_officer: User, dawa_officer: User
) -> None:
    row = objection(month, hazmat_company, safety_officer)
    for user in (safety_officer, dawa_officer):
        with pytest.raises(NotAllowed):
            workflow.uphold(row.pk, figure=Corrected(9, 10), note="可以", by=user)
        with pytest.raises(NotAllowed):
            workflow.correct(
                month, "company", str(hazmat_company.pk), "company.trial", figure=Corrected(9, 10), reason="x", by=user
            )
        with pytest.raises(NotAllowed):
            workflow.publish(month, by=user, now=AFTER)


def test_a_regulator_posted_in_a_county_decides_nothing_for_the_city(
    month: AssessmentMonth, hazmat_company: Company, dawa_officer: User
) -> None:
    posted = factories.make_user("posted", Role.CITY_REGULATOR, dawa_officer.unit)
    for verb in (
        lambda: workflow.recompute(MONTH, by=posted, now=AFTER),
        lambda: workflow.publish(month, by=posted, now=AFTER),
        lambda: workflow.change_rule("company.trial", new_rule(), by=posted),
        lambda: workflow.correct(
            month, "company", str(hazmat_company.pk), "company.trial", figure=Corrected(9, 10), reason="x", by=posted
        ),
    ):
        with pytest.raises(NotAllowed):
            verb()


# --- publishing -----------------------------------------------------------------------------------------------------
def test_a_month_that_is_not_over_or_has_open_objections_is_not_published(
    month: AssessmentMonth, hazmat_company: Company, safety_officer: User, city_officer: User
) -> None:
    with pytest.raises(NotToPublish, match="该月尚未结束"):
        workflow.publish(month, by=city_officer, now=inside(30))
    objection(month, hazmat_company, safety_officer)
    with pytest.raises(NotToPublish, match="还有 1 件申诉待处理"):
        workflow.publish(month, by=city_officer, now=AFTER)


def test_a_published_month_never_changes(
    month: AssessmentMonth, hazmat_company: Company, city_officer: User, told: dict[str, Figure]
) -> None:
    published = workflow.publish(month, by=city_officer, now=AFTER)
    digest = workflow.digest_of(published)
    assert published.frozen
    assert published.digest == digest
    assert [rule["indicator"] for rule in published.rules] == ["company.trial"]
    told[str(hazmat_company.pk)] = Figure(10, 10)
    with pytest.raises(MonthFrozen):
        assessed()
    for sql in (
        "UPDATE assessment_score SET score = 100",
        "DELETE FROM assessment_score",
        "UPDATE assessment_standing SET rank = 1",
        "DELETE FROM assessment_standing",
        "UPDATE assessment_month SET state = 'draft'",
        "DELETE FROM assessment_month",
    ):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    late = score(hazmat_company)
    late.pk, late.subject = None, "1"
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        late.save()
    assert workflow.digest_of(published) == digest


def test_a_draft_row_cannot_be_moved_into_a_published_month(
    month: AssessmentMonth, hazmat_company: Company, city_officer: User
) -> None:
    workflow.publish(month, by=city_officer, now=AFTER)
    draft = assessed(date(2026, 8, 1))
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Score.objects.filter(month=draft, subject=str(hazmat_company.pk)).update(month=month, subject="999999")


def test_what_is_found_wrong_after_publication_stands_beside_the_frozen_figure(
    month: AssessmentMonth, hazmat_company: Company, safety_officer: User, city_officer: User
) -> None:
    workflow.publish(month, by=city_officer, now=AFTER)
    row = objection(month, hazmat_company, safety_officer)
    workflow.uphold(row.pk, figure=Corrected(9, 10), note="复核有误", by=city_officer)
    assert (score(hazmat_company).score, standing(hazmat_company).total) == (50, 50)
    first = Correction.objects.get()
    assert (first.after_publication, first.was_score, first.score, first.total) == (True, 50, 90, 90)
    again = workflow.correct(
        month, "company", str(hazmat_company.pk), "company.trial", figure=Corrected(8, 10), reason="再更正",
        by=city_officer,
    )  # fmt: skip
    assert (again.was_total, again.total) == (90, 80)


# --- rules ----------------------------------------------------------------------------------------------------------
def new_rule(**facts: Any) -> NewRule:
    return NewRule(**{
        "weight": 20, "formula": "rate", "target": 50, "floor": None, "params": {}, "valid_from": date(2026, 10, 1),
        "source": "局发〔2026〕1号", "note": "按新办法", **facts,
    })  # fmt: skip


def test_a_changed_rule_holds_from_its_month_and_the_old_one_stays(
    month: AssessmentMonth, hazmat_company: Company, city_officer: User
) -> None:
    rule = workflow.change_rule("company.trial", new_rule(), by=city_officer)
    assert (rule.replaces.valid_until, rule.source_verified, rule.created_by) == (  # type: ignore[union-attr]
        date(2026, 10, 1), False, city_officer,
    )  # fmt: skip
    assessed(now=AFTER + timedelta(hours=1))
    assert score(hazmat_company).score == 50
    assessed(date(2026, 10, 1), now=AFTER)
    later = Score.objects.get(month__first_day=date(2026, 10, 1), subject=str(hazmat_company.pk))
    assert (later.score, later.weight) == (100, 20)


def test_no_rule_reaches_into_a_published_month(month: AssessmentMonth, city_officer: User, dawa_officer: User) -> None:
    workflow.publish(month, by=city_officer, now=AFTER)
    with pytest.raises(FieldRefused) as refused:
        workflow.change_rule("company.trial", new_rule(valid_from=MONTH), by=city_officer)
    assert refused.value.field == "valid_from"
    with pytest.raises(NotAllowed):
        workflow.change_rule("company.trial", new_rule(), by=dawa_officer)


def test_only_an_administrator_confirms_a_source(
    month: AssessmentMonth, city_officer: User, administrator: User
) -> None:
    rule = IndicatorRule.objects.get()
    with pytest.raises(NotAllowed):
        workflow.verify_rule(rule.pk, by=city_officer)
    workflow.verify_rule(rule.pk, by=administrator)
    rule.refresh_from_db()
    assert (rule.source_verified, rule.verified_by) == (True, administrator)


def test_what_an_installation_begins_with_adds_up_and_makes_sense(db: None) -> None:
    for kind in ("county", "company", "practitioner"):
        rules = [rule for rule in compute.rules_in_force(MONTH) if rule.kind == kind]
        assert {rule.axis for rule in rules} == set(Axis.values) - ({"command"} if kind == "practitioner" else set())
        assert sum(rule.weight for rule in rules) == 100
    assert not IndicatorRule.objects.filter(source_verified=True).exists()


def test_beat_computes_this_month_and_last_month(hazmat_company: Company) -> None:
    first = compute.drafts(AFTER).values_list("first_day", flat=True)
    assert sorted(first) == [date(2026, 9, 1), date(2026, 10, 1)]
