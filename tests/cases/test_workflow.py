"""The loop of a case: every verb, every refusal, who may say it, and what two people at once do to one case."""

from __future__ import annotations

import itertools
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
from datacenter.accounts.rights import RIGHTS, Role
from datacenter.cases import workflow
from datacenter.cases.errors import CaseNotFound, FieldRefused, TransitionRefused
from datacenter.cases.models import Case, WorkflowRule
from datacenter.cases.selectors import cases_visible_to, get_case_for
from datacenter.cases.states import OPEN_STATES, TRANSITIONS, State, Verb, verbs_from
from datacenter.detection.models import Finding, Violation
from datacenter.geo.models import County
from tests import factories
from tests.cases.opening import KIND, open_case

Act = Callable[[Case, Any], Case]


def county(code: str) -> County:
    return County.objects.get(pk=code)


VERBS: dict[Verb, Act] = {
    Verb.DISPATCH: lambda case, by: workflow.dispatch_case(case, to=county(factories.PANSHAN), by=by),
    Verb.ACCEPT: lambda case, by: workflow.accept_case(case, by=by),
    Verb.HANDLE: lambda case, by: workflow.handle_case(case, by=by, note="已到现场"),
    Verb.FEED_BACK: lambda case, by: workflow.feed_back_case(case, by=by, result="已整改", outcome="substantiated"),
    Verb.RETURN: lambda case, by: workflow.return_case(case, by=by, reason="材料不全"),
    Verb.VERIFY: lambda case, by: workflow.verify_case(case, by=by),
    Verb.CLOSE: lambda case, by: workflow.close_case(case, by=by),
}
IMPOSSIBLE = [
    (state, verb) for state, verb in itertools.product(State, VERBS) if state not in TRANSITIONS[verb].sources
]


def standing(case: Case, state: State) -> Case:
    """``case`` put into ``state`` past the workflow."""
    Case.objects.filter(pk=case.pk).update(state=state)
    case.refresh_from_db()
    return case


def verbs_of(case: Case) -> list[str]:
    return list(case.events.values_list("verb", flat=True))


@pytest.fixture
def case(dawa_officer: User) -> Case:
    return open_case()


# --- the whole way ----------------------------------------------------------------------------------------------------
def test_a_case_goes_all_the_way_and_once_back(case: Case, dawa_officer: User, city_officer: User) -> None:
    assert case.state == State.DISPATCHED
    steps: list[tuple[Verb, User, State]] = [
        (Verb.ACCEPT, dawa_officer, State.ACCEPTED),
        (Verb.HANDLE, dawa_officer, State.ACCEPTED),
        (Verb.FEED_BACK, dawa_officer, State.FED_BACK),
        (Verb.RETURN, city_officer, State.RETURNED),
        (Verb.HANDLE, dawa_officer, State.ACCEPTED),
        (Verb.FEED_BACK, dawa_officer, State.FED_BACK),
        (Verb.VERIFY, city_officer, State.VERIFIED),
        (Verb.CLOSE, city_officer, State.CLOSED),
    ]
    for verb, by, state in steps:
        assert verb in workflow.available_verbs(case, by)
        case = VERBS[verb](case, by)
        assert case.state == state
    case.refresh_from_db()
    assert verbs_of(case) == ["collect", "dispatch", *(verb for verb, _, _ in steps)]
    assert case.assignee == dawa_officer
    assert case.result == "已整改"
    assert case.closed_at is not None
    assert case.state not in OPEN_STATES
    assert verbs_from(State.CLOSED) == []


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


def test_a_case_can_be_dispatched_again_until_it_is_accepted(
    case: Case, dawa_officer: User, panshan_officer: User, city_officer: User
) -> None:
    due_at = timezone.now() + timedelta(days=2)
    moved = workflow.dispatch_case(case, to=county(factories.PANSHAN), by=city_officer, due_at=due_at)
    assert (moved.county_id, moved.due_at, moved.boundary_unconfirmed) == (factories.PANSHAN, due_at, False)
    assert case.events.last().facts == {"county": factories.PANSHAN, "from_county": factories.DAWA}
    with pytest.raises(CaseNotFound):
        get_case_for(dawa_officer, case.number)
    accepted = workflow.accept_case(moved, by=panshan_officer)
    with pytest.raises(TransitionRefused):
        workflow.dispatch_case(accepted, to=county(factories.DAWA), by=city_officer)


def test_a_returned_case_can_be_handled_and_fed_back_again(case: Case, dawa_officer: User, city_officer: User) -> None:
    for verb, by in ((Verb.ACCEPT, dawa_officer), (Verb.FEED_BACK, dawa_officer), (Verb.RETURN, city_officer)):
        case = VERBS[verb](case, by)
    assert case.events.last().note == "材料不全"
    with pytest.raises(TransitionRefused):
        VERBS[Verb.FEED_BACK](case, dawa_officer)  # handled first
    case = VERBS[Verb.HANDLE](case, dawa_officer)
    assert VERBS[Verb.FEED_BACK](case, dawa_officer).state == State.FED_BACK


# --- refusals ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("state", "verb"), IMPOSSIBLE)
def test_a_verb_that_the_table_does_not_know_is_refused(
    case: Case, city_officer: User, monkeypatch: pytest.MonkeyPatch, state: State, verb: Verb
) -> None:
    monkeypatch.setattr(User, "may", lambda self, right: True)
    before = verbs_of(standing(case, state))
    with pytest.raises(TransitionRefused) as refusal:
        VERBS[verb](case, city_officer)
    assert (refusal.value.status, refusal.value.code) == (409, "transition_refused")
    for word in (case.number, state.label, verb.label):
        assert word in refusal.value.message
    case.refresh_from_db()
    assert (case.state, verbs_of(case)) == (state, before)


@pytest.mark.parametrize(
    ("role", "verb"), [(role, verb) for role in Role for verb in VERBS if TRANSITIONS[verb].right not in RIGHTS[role]]
)
def test_who_lacks_the_right_is_refused(case: Case, bureau: Any, role: Role, verb: Verb) -> None:
    user = factories.make_user(f"is_{role}", role, bureau)
    standing(case, next(iter(TRANSITIONS[verb].sources)))
    assert verb not in workflow.available_verbs(case, user)
    with pytest.raises(NotAllowed) as refusal:
        VERBS[verb](case, user)
    assert refusal.value.facts["right"] == TRANSITIONS[verb].right
    assert verbs_of(case) == ["collect", "dispatch"]


@pytest.mark.parametrize("verb", [v for v in VERBS if TRANSITIONS[v].right in RIGHTS[Role.COUNTY_OFFICER]])
def test_the_wrong_county_is_refused_where_the_right_one_is_not(
    case: Case, dawa_officer: User, panshan_officer: User, verb: Verb
) -> None:
    standing(case, next(iter(TRANSITIONS[verb].sources)))
    with pytest.raises(CaseNotFound):
        VERBS[verb](case, panshan_officer)
    assert verbs_of(case) == ["collect", "dispatch"]
    VERBS[verb](case, dawa_officer)
    assert verbs_of(case) == ["collect", "dispatch", verb]


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

    monkeypatch.setattr(workflow, "AFTER_VERIFY", [fails])
    standing(case, State.FED_BACK)
    with pytest.raises(RuntimeError):
        workflow.verify_case(case, by=city_officer)
    case.refresh_from_db()
    assert (case.state, verbs_of(case)) == (State.FED_BACK, ["collect", "dispatch"])


def test_pages_are_told_once_it_is_committed_and_not_of_what_was_refused(
    case: Case, dawa_officer: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(workflow.announce, "announce", lambda *facts: told.append(facts))
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
            lambda case=case: VERBS[Verb.DISPATCH](case, city_officer),
            lambda case=case: workflow.accept_case(case, by=dawa_officer),
        )
        case.refresh_from_db()
        if isinstance(accepted, Case):
            assert isinstance(moved, TransitionRefused)
            assert (case.state, case.county_id) == (State.ACCEPTED, factories.DAWA)
        else:
            assert isinstance(accepted, CaseNotFound)
            assert (case.state, case.county_id) == (State.DISPATCHED, factories.PANSHAN)


@pytest.mark.django_db(transaction=True)
def test_cases_opened_at_once_have_numbers_of_their_own(dawa_officer: User) -> None:
    vehicle = factories.make_vehicle()
    cases = at_once(*(lambda: open_case(vehicle) for _ in range(6)))
    assert len({case.number for case in cases}) == 6
