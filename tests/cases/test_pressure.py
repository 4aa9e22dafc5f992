"""Time and pressure: extensions, urging, supervision with its review, and what the clock does by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.cases import clocks, watch, workflow
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import (
    Case,
    Clock,
    Dispatch,
    Extension,
    KeyCaseRule,
    Supervision,
    SupervisionRule,
    WorkflowRule,
)
from datacenter.cases.states import State, Verb
from tests import factories
from tests.cases.opening import KIND, open_case
from tests.cases.verbs import VERBS, ahead, verbs_of


@pytest.fixture
def case(dawa_officer: User) -> Case:
    return workflow.accept_case(open_case(), by=dawa_officer)


def late(case: Case, working_hours: float) -> Case:
    """``case`` whose leg has been due for so many working hours."""
    now = timezone.now()
    due_at = now
    while clocks.working_time(due_at, now, {}) < timedelta(hours=working_hours):
        due_at -= timedelta(minutes=30)
    due_at -= timedelta(seconds=1)
    Dispatch.objects.filter(case=case).update(due_at=due_at, sent_at=due_at - timedelta(days=3))
    Case.objects.filter(pk=case.pk).update(due_at=due_at)
    case.refresh_from_db()
    return case


# --- extensions -------------------------------------------------------------------------------------------------------
def test_an_extension_is_asked_for_granted_and_moves_the_deadline(
    case: Case, dawa_officer: User, city_officer: User
) -> None:
    until = case.due_at + timedelta(days=3)
    case = workflow.ask_extension(case, by=dawa_officer, until=until, reason="当事人在外地")
    assert case.due_at < until
    assert {Verb.GRANT_EXTENSION, Verb.REFUSE_EXTENSION} <= set(workflow.available_verbs(case, city_officer))
    assert Verb.ASK_EXTENSION not in workflow.available_verbs(case, dawa_officer)
    case = workflow.grant_extension(case, by=city_officer, note="同意")
    assert case.due_at == case.legs.get().due_at == until
    assert case.legs.get().amber_at < until
    asked = Extension.objects.get()
    assert (asked.state, asked.asked_by, asked.decided_by, asked.note) == (
        "granted",
        dawa_officer,
        city_officer,
        "同意",
    )


def test_a_refused_extension_leaves_the_deadline(case: Case, dawa_officer: User, city_officer: User) -> None:
    due_at = case.due_at
    case = VERBS[Verb.ASK_EXTENSION](case, dawa_officer)
    case = workflow.refuse_extension(case, by=city_officer, reason="理由不充分")
    assert case.due_at == due_at
    assert Extension.objects.get().state == Extension.State.REFUSED


@pytest.mark.parametrize(("hours", "words"), [(-1, "晚于现在"), (1, "晚于原期限")])
def test_more_time_is_after_the_deadline_that_stands(case: Case, dawa_officer: User, hours: int, words: str) -> None:
    Dispatch.objects.filter(case=case).update(due_at=ahead(2))
    with pytest.raises(FieldRefused, match=words) as refusal:
        workflow.ask_extension(case, by=dawa_officer, until=ahead(hours), reason="忙")
    assert refusal.value.field == "until"


def test_one_request_waits_at_a_time_and_none_outlives_its_leg(
    case: Case, dawa_officer: User, city_officer: User
) -> None:
    case = VERBS[Verb.ASK_EXTENSION](case, dawa_officer)
    with pytest.raises(FieldRefused, match="待批"):
        VERBS[Verb.ASK_EXTENSION](case, dawa_officer)
    case = VERBS[Verb.REDISPATCH](case, city_officer)
    assert Extension.objects.get().state == Extension.State.WITHDRAWN


def test_a_deadline_in_the_past_is_refused_wherever_one_is_set(case: Case, city_officer: User) -> None:
    past = timezone.now() - timedelta(hours=1)
    with pytest.raises(FieldRefused, match="期限应晚于现在"):
        workflow.redispatch_case(case, to=factories.make_counties()[factories.PANSHAN], by=city_officer, due_at=past)
    with pytest.raises(FieldRefused, match="回复期限应晚于现在"):
        workflow.supervise_case(case, by=city_officer, level=1, reason="督办", answer_due_at=past)
    case.refresh_from_db()
    assert verbs_of(case) == ["collect", "dispatch", "accept"]


# --- supervision ------------------------------------------------------------------------------------------------------
def test_a_supervision_is_answered_sent_back_answered_and_accepted(
    case: Case, dawa_officer: User, city_officer: User, approver: User
) -> None:
    case = workflow.supervise_case(case, by=city_officer, level=2, leader=approver, reason="三日内办结")
    supervision = Supervision.objects.get()
    assert (supervision.level, supervision.leader, supervision.cause) == (2, approver, "by_hand")
    assert supervision.answer_due_at > timezone.now()
    with pytest.raises(FieldRefused, match="尚未审查"):
        VERBS[Verb.SUPERVISE](case, city_officer)
    with pytest.raises(FieldRefused, match="没有待审查"):
        VERBS[Verb.REVIEW_SUPERVISION](case, city_officer)
    case = workflow.answer_supervision(case, by=dawa_officer, reply="已联系当事人")
    case = workflow.review_supervision(case, by=city_officer, decision="send_back", note="没有时间表")
    case = workflow.answer_supervision(case, by=dawa_officer, reply="周五前办结")
    case = workflow.review_supervision(case, by=city_officer, decision="accept")
    supervision.refresh_from_db()
    assert (supervision.state, supervision.sent_back_times, supervision.answer) == ("accepted", 1, "周五前办结")
    assert verbs_of(case)[-5:] == ["supervise", "answer", "review", "answer", "review"]


def test_an_answer_that_does_not_do_is_escalated_up_to_the_highest_level(
    case: Case, dawa_officer: User, city_officer: User
) -> None:
    case = workflow.supervise_case(case, by=city_officer, level=2, reason="限期办结")
    case = workflow.review_supervision(case, by=city_officer, decision="escalate", note="仍未办结")
    first, second = Supervision.objects.order_by("pk")
    assert (first.state, second.state, second.level, second.follows) == ("escalated", "open", 3, first)
    with pytest.raises(FieldRefused, match="最高级别"):
        workflow.review_supervision(case, by=city_officer, decision="escalate", note="仍未办结")


def test_a_supervised_case_is_closed_after_the_review(case: Case, dawa_officer: User, city_officer: User) -> None:
    case = VERBS[Verb.SUPERVISE](case, city_officer)
    case = VERBS[Verb.FEED_BACK](case, dawa_officer)
    case = VERBS[Verb.VERIFY](case, city_officer)
    with pytest.raises(FieldRefused, match="督办尚未审查通过"):
        VERBS[Verb.CLOSE](case, city_officer)
    case = VERBS[Verb.ANSWER_SUPERVISION](case, dawa_officer)
    case = VERBS[Verb.REVIEW_SUPERVISION](case, city_officer)
    assert VERBS[Verb.CLOSE](case, city_officer).state == State.CLOSED


def test_a_key_case_is_supervised_from_the_start(dawa_officer: User) -> None:
    KeyCaseRule.objects.all().delete()
    KeyCaseRule.objects.create(position=1, kind="road.*", repeats=3, within_days=30, level="serious", source="试验")
    vehicle = factories.make_vehicle()
    cases = [open_case(vehicle) for _ in range(3)]
    other = open_case(factories.make_vehicle("辽L99998"))
    assert [one.is_key for one in (*cases, other)] == [False, False, True, False]
    assert (cases[2].level, cases[2].events.first().facts["key_rule"]) == ("serious", "1 road.*")
    assert Supervision.objects.get().case == cases[2]
    assert Supervision.objects.get().cause == "key"


def test_a_graver_level_never_gives_more_time(case: Case, city_officer: User) -> None:
    WorkflowRule.objects.create(kind=KIND, level="serious", handle_hours=1, source="试验")
    before = case.due_at
    case = workflow.grade_case(case, by=city_officer, level="serious", is_key=True)
    assert case.due_at == case.legs.get().due_at < before
    shorter = case.due_at
    assert workflow.grade_case(case, by=city_officer, level="general").due_at == shorter


# --- the clock itself -------------------------------------------------------------------------------------------------
def test_amber_is_told_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(workflow, "AFTER_WARNING", [lambda case, leg: told.append((case.number, leg.part))])
    leg = case.legs.get()
    assert watch.look_at_clocks(leg.amber_at - timedelta(minutes=1))["warned"] == 0
    assert watch.look_at_clocks(leg.amber_at + timedelta(minutes=1))["warned"] == 1
    assert watch.look_at_clocks(leg.amber_at + timedelta(minutes=2))["warned"] == 0
    assert told == [(case.number, "lead")]


def test_what_is_late_is_urged_once_and_explained(case: Case, dawa_officer: User) -> None:
    with pytest.raises(FieldRefused, match="没有逾期"):
        VERBS[Verb.EXPLAIN](case, dawa_officer)
    case = late(case, 0.5)
    for _ in range(2):
        watch.look_at_clocks()
    assert verbs_of(case)[3:] == ["urge"]
    event, leg = case.events.last(), case.legs.get()
    assert (event.by, event.by_name, leg.urged_times) == (None, "系统", 1)
    assert "大洼区办理已逾期" in event.note
    workflow.explain_lateness(case, by=dawa_officer, reason="车辆停运")
    assert case.legs.get().late_reason == "车辆停运"


@pytest.mark.parametrize(("hours", "level"), [(7, None), (9, 1), (25, 2), (50, 3)])
def test_what_stays_late_is_supervised_at_the_level_that_its_lateness_has(
    case: Case, hours: int, level: int | None
) -> None:
    late(case, hours)
    for _ in range(2):
        watch.look_at_clocks()
    assert list(Supervision.objects.values_list("level", flat=True)) == ([level] if level else [])


def test_an_answered_supervision_is_not_pressed_further_and_an_unanswered_one_is(
    case: Case, dawa_officer: User, city_officer: User
) -> None:
    case = VERBS[Verb.SUPERVISE](late(case, 9), city_officer)
    case = VERBS[Verb.ANSWER_SUPERVISION](case, dawa_officer)
    Dispatch.objects.filter(case=case).update(due_at=timezone.now() - timedelta(days=20))
    watch.look_at_clocks()
    assert Supervision.objects.count() == 1
    Supervision.objects.update(state="open", answer_due_at=timezone.now() - timedelta(minutes=1))
    watch.look_at_clocks()
    assert list(Supervision.objects.order_by("pk").values_list("level", "state")) == [(1, "escalated"), (2, "open")]


def test_nothing_is_pressed_that_is_over_or_waits_for_the_city(
    case: Case, dawa_officer: User, city_officer: User
) -> None:
    case = VERBS[Verb.FEED_BACK](case, dawa_officer)
    late(case, 60)
    assert sum(watch.look_at_clocks().values()) == 0
    case = VERBS[Verb.CLOSE](VERBS[Verb.VERIFY](case, city_officer), city_officer)
    assert sum(watch.look_at_clocks().values()) == 0


def test_no_rule_no_supervision(case: Case) -> None:
    SupervisionRule.objects.update(in_force=False)
    late(case, 60)
    assert watch.look_at_clocks() == {"urged": 1}


def test_a_deadline_by_hand_counts_every_hour(case: Case) -> None:
    start = timezone.now()
    assert clocks.after(start, 5, Clock.CALENDAR) == (start + timedelta(hours=5), False)
