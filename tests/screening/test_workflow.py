"""Taking, answering and settling: who gets what, for how long, and what comes of an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.cases import workflow as cases
from datacenter.cases.chain import hash_of
from datacenter.cases.models import Case
from datacenter.detection import findings
from datacenter.detection.models import DetectorSetting, DetectorSettingChange, Finding
from datacenter.detection.settings import enter_detectors, screen_first
from datacenter.geo.models import County
from datacenter.screening import errors, selectors, workflow
from datacenter.screening.models import Review, ReviewItem
from datacenter.screening.workflow import Mark
from tests import factories
from tests.screening.items import make_item

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=300)


@pytest.fixture
def second(bureau: Unit) -> User:
    return factories.make_user("city2", Role.CITY_REGULATOR, bureau)


@pytest.fixture
def third(bureau: Unit) -> User:
    return factories.make_user("city3", Role.CITY_REGULATOR, bureau)


def confirmed(item: ReviewItem, by: User, **said: Any) -> ReviewItem:
    workflow.take(item.pk, by=by)
    return workflow.confirm(item.pk, by=by, **said)


def rejected(item: ReviewItem, by: User, reason: str = "drift", **said: Any) -> ReviewItem:
    workflow.take(item.pk, by=by)
    return workflow.reject(item.pk, by=by, reason=reason, **said)


# --- the queue --------------------------------------------------------------------------------------------------------
def test_what_holds_up_a_case_comes_first_then_score_then_age(city_officer: User) -> None:
    now = timezone.now()
    with_case = make_item(cased=True, peak_kmh=200)
    low = make_item(peak_kmh=90)
    old, young = make_item(peak_kmh=120), make_item(peak_kmh=120)
    ReviewItem.objects.filter(pk=young.pk).update(created_at=now)
    ReviewItem.objects.filter(pk=old.pk).update(created_at=now - timedelta(hours=1))
    taken: list[int] = []
    while item := workflow.take_next(city_officer, besides=taken, now=now):
        taken.append(item.pk)
    assert taken == [old.pk, young.pk, low.pk, with_case.pk]
    assert [row.pk for row in selectors.queue_for(city_officer, now)] == taken


def test_a_lease_ends_after_its_time_and_not_before(city_officer: User, second: User) -> None:
    item, now = make_item(), timezone.now()
    assert workflow.take_next(city_officer, now=now) == item
    assert workflow.take_next(second, now=now + LEASE - timedelta(seconds=1)) is None
    with pytest.raises(errors.ItemTaken):
        workflow.take(item.pk, by=second, now=now + LEASE - timedelta(seconds=1))
    assert workflow.take_next(second, now=now + LEASE) == item
    with pytest.raises(errors.ItemTaken):
        workflow.confirm(item.pk, by=city_officer, now=now + LEASE)


def test_who_comes_back_goes_on_with_the_same_item(city_officer: User) -> None:
    make_item(peak_kmh=90)
    now = timezone.now()
    first = workflow.take_next(city_officer, now=now)
    make_item(peak_kmh=160)  # would come first
    assert workflow.take_next(city_officer, now=now + timedelta(minutes=2)) == first
    assert ReviewItem.objects.get(pk=first.pk).leased_at == now  # type: ignore[union-attr]


def test_an_answer_after_the_lease_counts_where_nobody_else_took_it(city_officer: User) -> None:
    item, now = make_item(), timezone.now()
    workflow.take_next(city_officer, now=now)
    assert workflow.confirm(item.pk, by=city_officer, now=now + 3 * LEASE).state == ReviewItem.State.CONFIRMED


def test_nothing_is_answered_that_was_not_taken(city_officer: User) -> None:
    item = make_item()
    with pytest.raises(errors.ItemTaken):
        workflow.confirm(item.pk, by=city_officer)
    assert not Review.objects.exists()


def test_released_items_are_free_at_once(city_officer: User, second: User) -> None:
    item = make_item()
    workflow.take_next(city_officer)
    workflow.release(item.pk, by=second)  # not theirs to give
    assert workflow.take_next(second) is None
    workflow.release(item.pk, by=city_officer)
    assert workflow.take_next(second) == item


def test_a_skipped_item_goes_to_others_and_comes_back_only_by_choice(city_officer: User, second: User) -> None:
    item = make_item()
    workflow.take_next(city_officer)
    workflow.skip(item.pk, by=city_officer)
    assert workflow.take_next(city_officer) is None
    assert selectors.queue_for(city_officer, timezone.now())[0].skipped  # type: ignore[attr-defined]
    assert workflow.take_next(second) == item
    workflow.release(item.pk, by=second)
    assert confirmed(item, city_officer).state == ReviewItem.State.CONFIRMED


def test_seconds_run_from_the_answer_before_where_the_item_was_fetched_ahead(city_officer: User) -> None:
    first, ahead = make_item(peak_kmh=120), make_item(peak_kmh=110)
    now = timezone.now()
    workflow.take_next(city_officer, now=now)
    workflow.take_next(city_officer, besides=[first.pk], now=now)
    workflow.confirm(first.pk, by=city_officer, now=now + timedelta(seconds=20))
    workflow.confirm(ahead.pk, by=city_officer, now=now + timedelta(seconds=32))
    assert list(Review.objects.order_by("at").values_list("seconds", flat=True)) == [20, 12]
    pace = selectors.pace_today(city_officer, now + timedelta(seconds=32))
    assert (pace.answers, pace.confirmed, pace.an_hour) == (2, 2, 225)


# --- answers ----------------------------------------------------------------------------------------------------------
def test_a_confirmed_finding_opens_its_case_in_its_county(dawa_officer: User) -> None:
    item = make_item()
    assert item.awaits_case
    mark = Mark(at=item.finding.started_at)
    confirmed(item, dawa_officer, mark=mark, note="照片清楚")
    case = Finding.objects.get(pk=item.finding_id).case
    assert (case.county_id, case.state, case.plate) == (factories.DAWA, "dispatched", item.plate)
    opened = case.events.order_by("sequence").first()
    assert opened.by == dawa_officer
    assert opened.facts["marked_at"] == item.finding.started_at.isoformat()
    assert opened.facts["measures"] == item.finding.measures


def test_a_rejected_finding_opens_no_case(dawa_officer: User) -> None:
    item = make_item()
    rejected(item, dawa_officer)
    assert not Case.objects.exists()
    assert ReviewItem.objects.get(pk=item.pk).state == ReviewItem.State.REJECTED


def test_rejecting_what_has_a_case_notes_it_there_and_proposes_closing(dawa_officer: User) -> None:
    item = make_item(cased=True)
    rejected(item, dawa_officer, "lawful", note="避让救护车")
    case = Case.objects.get()
    last = case.events.order_by("sequence").last()
    assert "有正当理由" in last.note
    assert "避让救护车" in last.note
    assert last.facts["proposed_outcome"] == "unfounded"
    assert last.by == dawa_officer
    assert last.hash == hash_of(last)
    assert case.state == "dispatched"


def test_a_rejection_names_its_reason_and_other_needs_words(city_officer: User) -> None:
    item = make_item()
    workflow.take(item.pk, by=city_officer)
    for reason, note, field in (("", "x", "reason"), ("nonsense", "x", "reason"), ("other", " ", "note")):
        with pytest.raises(errors.AnswerRefused) as refused:
            workflow.reject(item.pk, by=city_officer, reason=reason, note=note)
        assert refused.value.field == field
    assert not Review.objects.exists()


def test_a_settled_item_is_not_answered_again(city_officer: User, second: User) -> None:
    item = make_item()
    confirmed(item, city_officer)
    for verb in (workflow.take, workflow.confirm, workflow.skip):
        with pytest.raises(errors.ItemSettled):
            verb(item.pk, by=second)
    assert Case.objects.count() == 1


def test_a_case_that_went_to_another_county_is_that_countys(
    dawa_officer: User, city_officer: User, counties: dict[str, County]
) -> None:
    item = make_item(cased=True)
    cases.redispatch_case(Case.objects.get(), to=counties[factories.PANSHAN], by=city_officer)
    workflow.take(item.pk, by=dawa_officer)
    with pytest.raises(errors.CaseElsewhere):
        workflow.confirm(item.pk, by=dawa_officer)
    assert not Review.objects.exists()
    workflow.release(item.pk, by=dawa_officer)
    assert confirmed(item, city_officer).state == ReviewItem.State.CONFIRMED


def test_a_mark_is_of_this_vehicles_files_only(city_officer: User) -> None:
    item = make_item()
    workflow.take(item.pk, by=city_officer)
    with pytest.raises(errors.AnswerRefused):
        workflow.confirm(item.pk, by=city_officer, mark=Mark(file_id=10**9))


def test_an_answer_can_not_be_rewritten(city_officer: User) -> None:
    confirmed(make_item(), city_officer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Review.objects.update(answer="rejected", reason="drift")


# --- pairs ------------------------------------------------------------------------------------------------------------
def test_a_pair_that_agrees_settles_with_the_second(city_officer: User, second: User) -> None:
    item = make_item(paired=True)
    assert confirmed(item, city_officer).state == ReviewItem.State.WAITING
    assert not Case.objects.exists()
    with pytest.raises(errors.AnsweredBefore):
        workflow.take(item.pk, by=city_officer)
    assert workflow.take_next(city_officer) is None
    assert not selectors.queue_for(city_officer, timezone.now())
    assert confirmed(item, second).state == ReviewItem.State.CONFIRMED
    assert Case.objects.count() == 1
    assert set(Review.objects.values_list("blind", "deciding")) == {(True, False)}


def test_a_pair_that_differs_is_decided_by_a_third_of_the_city(
    dawa_officer: User, city_officer: User, second: User, third: User
) -> None:
    item = make_item(paired=True)
    confirmed(item, dawa_officer)
    assert rejected(item, city_officer).state == ReviewItem.State.DISPUTED
    assert workflow.take_next(city_officer) is None
    colleague = factories.make_user("dawa2", Role.COUNTY_OFFICER, dawa_officer.unit)
    assert workflow.take_next(colleague) is None
    with pytest.raises(NotAllowed):
        workflow.take(item.pk, by=colleague)
    assert workflow.take_next(third) == item
    assert workflow.confirm(item.pk, by=third).state == ReviewItem.State.CONFIRMED
    assert Case.objects.count() == 1
    agreement = selectors.agreement_for(city_officer, timezone.now() - timedelta(days=1))
    assert (agreement.pairs, agreement.agreed) == (1, 0)  # who decides is no part of the pair


def test_skipping_is_no_answer_of_a_pair(city_officer: User, second: User) -> None:
    item = make_item(paired=True)
    workflow.take(item.pk, by=city_officer)
    workflow.skip(item.pk, by=city_officer)
    assert confirmed(item, second).state == ReviewItem.State.WAITING
    assert confirmed(item, city_officer).state == ReviewItem.State.CONFIRMED


# --- figures ----------------------------------------------------------------------------------------------------------
def test_precision_counts_what_was_settled_in_the_days_asked_for(city_officer: User) -> None:
    for _ in range(3):
        confirmed(make_item(), city_officer)
    rejected(make_item(), city_officer)
    make_item()
    old = confirmed(make_item(), city_officer)
    ReviewItem.objects.filter(pk=old.pk).update(settled_at=timezone.now() - timedelta(days=31))
    found = selectors.precision_of(["road.overspeed", "area.forbidden"], 30)
    assert (found["road.overspeed"].confirmed, found["road.overspeed"].rejected) == (3, 1)
    assert found["road.overspeed"].share == 0.75
    assert found["area.forbidden"].share is None


# --- whom it is given to ----------------------------------------------------------------------------------------------
def test_a_county_gets_its_own_and_the_city_all(dawa_officer: User, panshan_officer: User, city_officer: User) -> None:
    here, nowhere = make_item(peak_kmh=90), make_item(peak_kmh=160, county=None)
    assert workflow.take_next(panshan_officer) is None
    with pytest.raises(errors.ItemNotFound):
        workflow.take(here.pk, by=panshan_officer)
    assert workflow.take_next(dawa_officer) == here
    assert workflow.take_next(city_officer) == nowhere


def test_companies_and_other_desks_have_no_queue(safety_officer: User, hotline_operator: User, approver: User) -> None:
    item = make_item(factories.make_vehicle(company=safety_officer.unit.company))
    for user in (safety_officer, hotline_operator, approver):
        with pytest.raises(NotAllowed):
            workflow.take_next(user)
        with pytest.raises(NotAllowed):
            workflow.take(item.pk, by=user)
    assert not selectors.items_visible_to(safety_officer).exists()


# --- detection hands up ----------------------------------------------------------------------------------------------
def test_a_superseded_finding_leaves_the_queue(city_officer: User) -> None:
    item = make_item()
    workflow.take_next(city_officer)
    findings.supersede(item.finding)
    assert ReviewItem.objects.get(pk=item.pk).state == ReviewItem.State.WITHDRAWN
    assert workflow.take_next(city_officer) is None
    with pytest.raises(errors.ItemSettled):
        workflow.confirm(item.pk, by=city_officer)


def test_an_answered_item_keeps_its_answer_when_its_finding_is_superseded(city_officer: User) -> None:
    item = confirmed(make_item(), city_officer)
    findings.supersede(Finding.objects.get(pk=item.finding_id))
    assert ReviewItem.objects.get(pk=item.pk).state == ReviewItem.State.CONFIRMED


def test_a_finding_that_went_on_is_scored_by_all_of_it() -> None:
    item = make_item(peak_kmh=90)
    item.finding.measures = {**item.finding.measures, "peak_speed_dkmh": 1600}
    workflow.follow(item.finding)
    assert ReviewItem.objects.get(pk=item.pk).score == 67


def test_screening_first_is_set_by_right_and_kept_with_who_did_it(city_officer: User, dawa_officer: User) -> None:
    enter_detectors()
    row = DetectorSetting.objects.get(pk="road.overspeed")
    with pytest.raises(NotAllowed):
        screen_first(row, wanted=True, by=dawa_officer)
    assert screen_first(row, wanted=True, by=city_officer).needs_screening
    change = DetectorSettingChange.objects.get()
    assert (change.by, change.after) == (city_officer, {"needs_screening": True})


def test_what_an_officer_sees_live_becomes_a_case_with_its_moment(dawa_officer: User, tracks: None) -> None:
    enter_detectors()
    vehicle, kind = factories.make_vehicle(), DetectorSetting.objects.get(pk="road.overspeed")
    at = timezone.now() - timedelta(minutes=1)
    finding = workflow.mark_live(vehicle, by=dawa_officer, kind=kind, at=at, note="照片中驾驶员持手机")
    assert finding.detector == workflow.LIVE
    assert finding.case.origin == Case.Origin.SCREENING
    assert finding.case.county_id == vehicle.county_id
    assert "持手机" in finding.case.events.order_by("sequence").last().note
    for wrong in ({"note": " ", "at": at}, {"note": "x", "at": timezone.now() + timedelta(hours=1)}):
        with pytest.raises(errors.AnswerRefused):
            workflow.mark_live(vehicle, by=dawa_officer, kind=kind, **wrong)
