"""A case that goes two ways at once (双重派送): two bodies, two clocks, joined at the end; the city decides between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.errors import FieldRefused, NotYourLeg, TransitionRefused
from datacenter.cases.models import Case, Dispatch
from datacenter.cases.states import State, Verb
from tests import factories
from tests.cases.opening import open_case
from tests.cases.verbs import VERBS, ahead, county


@pytest.fixture
def case(dawa_officer: User, enforcement_officer: User) -> Case:
    return open_case(kind="vehicle.elsewhere")


def leg(case: Case, part: str) -> Dispatch:
    return case.legs.get(part=part, ended_at=None)


def fed_back(case: Case, by: User, outcome: str = "substantiated") -> Case:
    case = workflow.accept_case(case, by=by)
    return workflow.feed_back_case(case, by=by, result=f"{by}已查", outcome=outcome)


def test_county_and_team_have_the_case_at_once_each_with_its_clock(
    case: Case, dawa_officer: User, enforcement_officer: User
) -> None:
    assert {row.part: row.body_name for row in case.legs.all()} == {
        "lead": "大洼区", "joint": enforcement_officer.unit.name
    }  # fmt: skip
    assert leg(case, "joint").due_at == case.due_at
    assert case.events.last().facts["team"] == enforcement_officer.unit.name
    case = workflow.accept_case(case, by=enforcement_officer)
    assert (case.state, leg(case, "joint").state) == (State.DISPATCHED, State.ACCEPTED)
    assert case.assignee is None
    assert Verb.ACCEPT in workflow.available_verbs(case, dawa_officer)
    assert Verb.ACCEPT not in workflow.available_verbs(case, enforcement_officer)
    case = workflow.accept_case(case, by=dawa_officer)
    assert (case.state, case.assignee) == (State.ACCEPTED, dawa_officer)
    with pytest.raises(TransitionRefused):
        workflow.accept_case(case, by=enforcement_officer)


def test_the_city_verifies_when_both_have_reported_alike(
    case: Case, dawa_officer: User, enforcement_officer: User, city_officer: User
) -> None:
    case = fed_back(case, dawa_officer)
    assert case.state == State.HANDLED
    with pytest.raises(TransitionRefused):
        workflow.verify_case(case, by=city_officer)
    case = fed_back(case, enforcement_officer)
    assert (case.state, case.outcome, case.contradicted) == (State.FED_BACK, "substantiated", False)
    assert case.result == f"大洼区：dawa已查\n{enforcement_officer.unit.name}：enforcer已查"
    assert workflow.verify_case(case, by=city_officer).state == State.VERIFIED


def test_where_they_contradict_the_city_decides_with_its_reason(
    case: Case, dawa_officer: User, enforcement_officer: User, city_officer: User
) -> None:
    fed_back(case, enforcement_officer, "unfounded")
    case = fed_back(case, dawa_officer)
    assert (case.state, case.outcome, case.contradicted) == (State.FED_BACK, "", True)
    for facts, field in (({}, "outcome"), ({"outcome": "unfounded"}, "note")):
        with pytest.raises(FieldRefused) as refusal:
            workflow.verify_case(case, by=city_officer, **facts)
        assert refusal.value.field == field
    done = workflow.verify_case(case, by=city_officer, outcome="unfounded", note="以执法队现场笔录为准")
    assert (done.outcome, done.events.last().facts) == ("unfounded", {"decided": "unfounded"})


def test_one_of_the_two_can_be_told_to_do_it_again(
    case: Case, dawa_officer: User, enforcement_officer: User, city_officer: User
) -> None:
    fed_back(case, enforcement_officer, "unfounded")
    case = fed_back(case, dawa_officer)
    due_at = ahead(30)
    case = workflow.return_case(case, by=city_officer, reason="补充笔录", parts=["joint"], due_at=due_at)
    assert (case.state, case.contradicted) == (State.RETURNED, False)
    assert (leg(case, "lead").state, leg(case, "joint").state) == (State.FED_BACK, State.RETURNED)
    assert (leg(case, "joint").due_at, case.due_at) == (due_at, leg(case, "lead").due_at)
    assert Verb.HANDLE not in workflow.available_verbs(case, dawa_officer)
    case = workflow.handle_case(case, by=enforcement_officer, note="已补充")
    case = workflow.feed_back_case(case, by=enforcement_officer, result="属实", outcome="substantiated")
    assert (case.state, case.outcome) == (State.FED_BACK, "substantiated")


def test_a_team_that_it_is_not_for_gives_it_back_and_the_county_goes_on(
    case: Case, dawa_officer: User, enforcement_officer: User
) -> None:
    case = workflow.decline_case(case, by=enforcement_officer, reason="本队不管此事")
    assert case.state == State.DISPATCHED
    assert fed_back(case, dawa_officer).state == State.FED_BACK


def test_a_county_that_it_is_not_for_gives_it_back_and_the_team_keeps_it(
    case: Case, dawa_officer: User, panshan_officer: User, enforcement_officer: User, city_officer: User
) -> None:
    workflow.accept_case(case, by=enforcement_officer)
    case = workflow.decline_case(case, by=dawa_officer, reason="不属本区")
    assert case.state == State.COLLECTED
    case = workflow.dispatch_case(case, to=county(factories.PANSHAN), by=city_officer)
    assert (case.state, leg(case, "joint").state) == (State.DISPATCHED, State.ACCEPTED)
    assert case.legs.filter(part="joint").count() == 1


def test_another_team_may_not_touch_it(case: Case, enforcement_officer: User) -> None:
    unit = factories.make_unit("交通综合执法二大队", enforcement_officer.unit.kind)
    other = factories.make_user("enforcer2", enforcement_officer.role, unit)
    with pytest.raises(NotYourLeg, match="没有派给您所在的机构"):
        workflow.accept_case(case, by=other)
    assert case.events.count() == 2


def test_the_city_can_send_any_case_two_ways(dawa_officer: User, enforcement_officer: User, city_officer: User) -> None:
    case = open_case(county=None)
    case = workflow.dispatch_case(
        case, to=county(factories.DAWA), by=city_officer, team=enforcement_officer.unit, due_at=ahead(5)
    )
    assert {row.part for row in case.legs.all()} == {"lead", "joint"}
    assert leg(case, "joint").due_at - leg(case, "joint").sent_at > timedelta(hours=4)


def test_both_begin_anew_when_it_is_taken_up_again(
    case: Case, dawa_officer: User, enforcement_officer: User, city_officer: User
) -> None:
    fed_back(case, enforcement_officer)
    case = fed_back(case, dawa_officer)
    for verb in (Verb.VERIFY, Verb.CLOSE, Verb.REOPEN):
        case = VERBS[verb](case, city_officer)
    assert (case.state, case.outcome, case.result, case.closed_at) == (State.DISPATCHED, "", "", None)
    assert [row.state for row in case.legs.filter(ended_at=None)] == [State.DISPATCHED] * 2
    assert case.legs.count() == 4
