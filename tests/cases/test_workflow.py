"""The loop of a case: every verb, every refusal, who may say it, and what two people at once do to one case."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.cases import announce, workflow
from datacenter.cases.errors import CaseNotFound, FieldRefused, TransitionRefused
from datacenter.cases.models import Case, WorkflowRule
from datacenter.cases.selectors import cases_visible_to, get_case_for
from datacenter.cases.states import OPEN_STATES, State, Verb
from datacenter.cases.workflow import loop
from datacenter.detection.models import Finding, Violation
from tests import factories
from tests.cases.opening import KIND, open_case
from tests.cases.verbs import VERBS, county, standing, verbs_of


@pytest.fixture
def case(dawa_officer: User) -> Case:
    return open_case()


# --- the whole way ----------------------------------------------------------------------------------------------------
def test_a_case_goes_all_the_way_and_once_back(case: Case, dawa_officer: User, city_officer: User) -> None:
    assert case.state == State.DISPATCHED
    steps: list[tuple[Verb, User, State]] = [
        (Verb.ACCEPT, dawa_officer, State.ACCEPTED),
        (Verb.HANDLE, dawa_officer, State.HANDLED),
        (Verb.FEED_BACK, dawa_officer, State.FED_BACK),
        (Verb.RETURN, city_officer, State.RETURNED),
        (Verb.HANDLE, dawa_officer, State.HANDLED),
        (Verb.FEED_BACK, dawa_officer, State.FED_BACK),
        (Verb.VERIFY, city_officer, State.VERIFIED),
        (Verb.CLOSE, city_officer, State.CLOSED),
        (Verb.FILE, city_officer, State.FILED),
    ]
    for verb, by, state in steps:
        assert verb in workflow.available_verbs(case, by)
        case = VERBS[verb](case, by)
        assert case.state == state
    case.refresh_from_db()
    assert verbs_of(case) == ["collect", "dispatch", *(verb for verb, _, _ in steps)]
    assert case.assignee == dawa_officer
    assert case.result == "已整改"
    assert None not in (case.closed_at, case.filed_at)
    assert case.returned_times == 1
    assert case.state not in OPEN_STATES
    (leg,) = case.legs.all()
    assert (leg.assignee, leg.result, leg.outcome, leg.returned_times) == (dawa_officer, "已整改", "substantiated", 1)
    assert leg.sent_at <= leg.accepted_at <= leg.fed_back_at


def test_an_event_says_who_did_it_and_for_whom(case: Case, dawa_officer: User) -> None:
    workflow.accept_case(case, by=dawa_officer)
    first, second, third = case.events.all()
    assert (first.by, first.by_name, second.by_name) == (None, "系统", "系统")
    assert (third.by, third.by_name) == (dawa_officer, "dawa（大洼区分局）")
    assert (third.from_state, third.to_state) == (State.DISPATCHED, State.ACCEPTED)


def test_a_case_without_county_waits_for_the_city_to_dispatch_it(
    dawa_officer: User, city_officer: User, counties: Any
) -> None:
    case = open_case(county=None)
    assert (case.state, case.get_state_display()) == (State.COLLECTED, "待派发")
    assert not cases_visible_to(dawa_officer).exists()
    with pytest.raises(CaseNotFound):
        workflow.accept_case(case, by=dawa_officer)
    case = workflow.dispatch_case(case, to=county(factories.DAWA), by=city_officer, note="按投诉内容")
    assert (case.county_id, case.county_rule) == (factories.DAWA, "人工派发")
    assert get_case_for(dawa_officer, case.number) == case


def test_a_case_can_be_dispatched_again_until_it_is_fed_back(
    case: Case, dawa_officer: User, panshan_officer: User, city_officer: User
) -> None:
    due_at = timezone.now() + timedelta(days=2)
    moved = workflow.redispatch_case(case, to=county(factories.PANSHAN), by=city_officer, due_at=due_at)
    assert (moved.county_id, moved.due_at, moved.boundary_unconfirmed) == (factories.PANSHAN, due_at, False)
    last = case.events.last()
    assert last.verb == Verb.REDISPATCH
    assert last.facts == {
        "county": factories.PANSHAN, "from_county": factories.DAWA, "due_at": due_at.isoformat()
    }  # fmt: skip
    with pytest.raises(CaseNotFound):
        get_case_for(dawa_officer, case.number)
    handled = VERBS[Verb.HANDLE](workflow.accept_case(moved, by=panshan_officer), panshan_officer)
    back = workflow.redispatch_case(handled, to=county(factories.DAWA), by=city_officer)
    assert (back.state, back.county_id, back.assignee) == (State.DISPATCHED, factories.DAWA, None)
    with pytest.raises(FieldRefused, match="大洼"):
        workflow.redispatch_case(back, to=county(factories.DAWA), by=city_officer)
    fed_back = VERBS[Verb.FEED_BACK](workflow.accept_case(back, by=dawa_officer), dawa_officer)
    with pytest.raises(TransitionRefused):
        workflow.redispatch_case(fed_back, to=county(factories.PANSHAN), by=city_officer)
    assert [leg.county_id for leg in case.legs.filter(ended_at=None)] == [factories.DAWA]
    assert case.legs.count() == 3


def test_a_returned_case_can_be_handled_and_fed_back_again(case: Case, dawa_officer: User, city_officer: User) -> None:
    for verb, by in ((Verb.ACCEPT, dawa_officer), (Verb.FEED_BACK, dawa_officer), (Verb.RETURN, city_officer)):
        case = VERBS[verb](case, by)
    assert case.events.last().note == "材料不全"
    with pytest.raises(TransitionRefused):
        VERBS[Verb.FEED_BACK](case, dawa_officer)  # handled first
    case = VERBS[Verb.HANDLE](case, dawa_officer)
    assert VERBS[Verb.FEED_BACK](case, dawa_officer).state == State.FED_BACK


# --- refusals ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda case, by: workflow.handle_case(case, by=by, note="  "), "note"),
        (lambda case, by: workflow.handle_case(case, by=by, note="有", photos=[None] * 10), "photos"),
        (lambda case, by: workflow.feed_back_case(case, by=by, result=" "), "result"),
        (lambda case, by: workflow.feed_back_case(case, by=by, result="有", outcome="perhaps"), "outcome"),
        (lambda case, by: workflow.return_case(case, by=by, reason="\n"), "reason"),
    ],
)
def test_what_was_left_out_is_named(case: Case, dawa_officer: User, act: Any, field: str) -> None:
    standing(case, State.ACCEPTED)
    with pytest.raises(FieldRefused) as refusal:
        act(case, dawa_officer)
    assert (refusal.value.field, refusal.value.status) == (field, 422)
    assert list(refusal.value.fields) == [field]
    assert verbs_of(case) == ["collect", "dispatch"]


def test_a_disabled_officer_may_do_nothing(case: Case, dawa_officer: User) -> None:
    dawa_officer.is_active = False
    with pytest.raises(NotAllowed):
        workflow.accept_case(case, by=dawa_officer)


# --- what comes with it -----------------------------------------------------------------------------------------------
def test_the_deadline_comes_from_the_row_that_names_most(db: None) -> None:
    WorkflowRule.objects.all().delete()
    for industry, kind, hours in (("", "", 72), ("taxi", "", 24), ("", KIND, 36), ("taxi", KIND, 12)):
        WorkflowRule.objects.create(industry=industry, kind=kind, handle_hours=hours, source="试验")
    for industry, kind, hours in (("taxi", KIND, 12), ("hazmat", KIND, 36), ("taxi", "x", 24), ("hazmat", "x", 72)):
        case = open_case(factories.make_vehicle(kind=industry), kind=kind)
        assert abs(case.due_at - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)


@pytest.mark.parametrize("evidence", ["photo", ["photo", "photo"], ["picture"]])
def test_evidence_that_nobody_knows_is_refused(evidence: object) -> None:
    with pytest.raises(ValidationError, match="取证要求"):
        WorkflowRule(kind=KIND, handle_hours=1, source="试验", evidence=evidence).clean_fields()


@pytest.mark.parametrize(("outcome", "violations"), [("substantiated", 1), ("unfounded", 0)])
def test_a_verified_case_puts_its_finding_on_record_if_it_was_so(
    case: Case, dawa_officer: User, city_officer: User, outcome: str, violations: int
) -> None:
    finding = Finding.objects.create(
        detector="road.overspeed", title="超速行驶", vehicle_id=case.vehicle_id, company_id=case.company_id,
        county_id=case.county_id, started_at=timezone.now(), ended_at=timezone.now(), source="试验", case=case,
    )  # fmt: skip
    case = workflow.accept_case(case, by=dawa_officer)
    case = workflow.feed_back_case(case, by=dawa_officer, result="查实", outcome=outcome)
    workflow.verify_case(case, by=city_officer)
    assert Violation.objects.filter(finding=finding, confirmed_by=city_officer).count() == violations


def test_a_record_that_fails_takes_the_verification_back(
    case: Case, city_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("the record can't be written")

    monkeypatch.setattr(loop, "AFTER_VERIFY", [fails])
    standing(case, State.FED_BACK)
    with pytest.raises(RuntimeError):
        workflow.verify_case(case, by=city_officer)
    case.refresh_from_db()
    assert (case.state, verbs_of(case)) == (State.FED_BACK, ["collect", "dispatch"])


def test_pages_are_told_once_it_is_committed_and_not_of_what_was_refused(
    case: Case, dawa_officer: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(announce, "announce", lambda *facts: told.append(facts))
    with django_capture_on_commit_callbacks(execute=True):
        workflow.accept_case(case, by=dawa_officer)
        assert told == []
    assert told == [(case.pk, case.number, factories.DAWA, case.company_id, "accepted", "accept")]
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(TransitionRefused):
        workflow.accept_case(case, by=dawa_officer)
    assert len(told) == 1


def test_numbers_run_on_and_name_the_year(db: None) -> None:
    first, second = open_case(), open_case()
    year, running = first.number.split("-")
    assert year == str(timezone.localtime().year)
    assert second.number == f"{year}-{int(running) + 1:06d}"


# --- two at once ------------------------------------------------------------------------------------------------------
def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread and connection of its own, begun together: what it gave or raised."""
    results: list[Any] = [None] * len(acts)
    together = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            together.wait(10)
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_wins(dawa_officer: User) -> None:
    case = open_case()
    colleague = factories.make_user("dawa2", Role.COUNTY_OFFICER, dawa_officer.unit)
    results = at_once(*(lambda by=by: workflow.accept_case(case, by=by) for by in (dawa_officer, colleague)))
    (won,) = [result for result in results if isinstance(result, Case)]
    (lost,) = [result for result in results if isinstance(result, TransitionRefused)]
    assert lost.status == 409
    case.refresh_from_db()
    assert case.assignee == won.assignee
    assert verbs_of(case) == ["collect", "dispatch", "accept"]


@pytest.mark.django_db(transaction=True)
def test_a_case_is_not_accepted_by_a_county_that_has_just_lost_it(dawa_officer: User, city_officer: User) -> None:
    for _ in range(5):
        case = open_case()
        moved, accepted = at_once(
            lambda case=case: VERBS[Verb.REDISPATCH](case, city_officer),
            lambda case=case: workflow.accept_case(case, by=dawa_officer),
        )
        case.refresh_from_db()
        assert (case.state, case.county_id) == (State.DISPATCHED, factories.PANSHAN)  # whoever was first
        assert isinstance(moved, Case)
        if isinstance(accepted, Case):
            assert verbs_of(case) == ["collect", "dispatch", "accept", "redispatch"]
        else:
            assert isinstance(accepted, CaseNotFound)
            assert verbs_of(case) == ["collect", "dispatch", "redispatch"]


@pytest.mark.django_db(transaction=True)
def test_cases_opened_at_once_have_numbers_of_their_own(dawa_officer: User) -> None:
    vehicle = factories.make_vehicle()
    cases = at_once(*(lambda: open_case(vehicle) for _ in range(6)))
    assert len({case.number for case in cases}) == 6
