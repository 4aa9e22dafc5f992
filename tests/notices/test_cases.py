"""The loop of cases tells whom its table names: the bodies that have a case, its assignee, leader, asker, the city."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.accounts.scope import acting_as
from datacenter.cases import watch, workflow
from datacenter.cases.models import Case, CaseEvent, Dispatch
from datacenter.cases.states import TRANSITIONS, State, Verb
from datacenter.cases.workflow import recording
from datacenter.notices import cases, gathering
from datacenter.notices.models import Notice, PendingMatter
from datacenter.notices.topics import topic_of
from datacenter.registry.models import Vehicle
from tests import factories
from tests.cases.opening import open_case
from tests.cases.verbs import VERBS, ahead, prepared, standing


def told() -> set[tuple[str, str]]:
    """(who, topic) of everything that was told, gathered matters too."""
    gathering.gather()
    return set(Notice.objects.values_list("recipient__username", "topic"))


def fresh() -> None:
    """Forget what was told so far."""
    PendingMatter.objects.all().delete()
    Notice.objects.all().delete()


@pytest.fixture
def leader(approver: User) -> User:
    return approver


@pytest.fixture
def colleague(dawa_officer: User) -> User:
    """Beside the officer, at the same station."""
    return factories.make_user("dawa2", Role.COUNTY_OFFICER, dawa_officer.unit)


@pytest.fixture
def dispatched(
    dawa_officer: User, colleague: User, panshan_officer: User, city_officer: User, enforcement_officer: User
) -> Case:
    """A case of Dawa's; of its opening nothing is told any more."""
    case = open_case()
    fresh()
    return case


def test_every_step_that_tells_somebody_has_its_words_and_a_topic() -> None:
    telling = {verb for verb, row in TRANSITIONS.items() if row.tells}
    assert set(cases.TELLINGS) == telling
    for line in cases.TELLINGS.values():
        assert topic_of(line.topic).digest or not line.gathered
    for verb in cases._BY_ITSELF:
        assert topic_of(cases._BY_ITSELF[verb].topic).digest


def test_an_address_is_spelled_as_the_house_spells_it(dispatched: Case) -> None:
    assert cases.address_of(dispatched) == reverse("case-detail", args=[dispatched.number])


def test_a_new_case_is_told_to_its_county_alone_and_counted(
    dawa_officer: User, colleague: User, panshan_officer: User, city_officer: User
) -> None:
    made = [open_case(), open_case(), open_case(county=None)]
    assert told() == {("dawa", "case.dispatched"), ("dawa2", "case.dispatched")}
    notice = Notice.objects.get(recipient=dawa_officer)
    assert (notice.title, notice.count) == ("新派案件 2 件", 2)
    assert all(case.number in notice.body for case in made[:2])


def test_a_case_that_goes_two_ways_is_told_to_county_and_team(
    dawa_officer: User, enforcement_officer: User, bureau: Unit
) -> None:
    posted = factories.make_unit("大洼执法中队", Unit.Kind.ENFORCEMENT_TEAM, parent=bureau, county_id=factories.DAWA)
    factories.make_user("posted", Role.ENFORCEMENT_OFFICER, posted)
    open_case(kind="vehicle.elsewhere")
    assert told() == {("dawa", "case.dispatched"), ("posted", "case.dispatched")}
    fresh()
    open_case()
    assert told() == {("dawa", "case.dispatched")}, "of the county's own cases its team is told nothing"


@pytest.mark.parametrize(
    ("verb", "state", "by", "hear"),
    [
        ("decline", State.DISPATCHED, "dawa", {"city"}),
        ("accept", State.DISPATCHED, "dawa", set()),
        ("feed_back", State.ACCEPTED, "dawa", {"city"}),
        ("return", State.FED_BACK, "city", {"dawa", "dawa2"}),
        ("verify", State.FED_BACK, "city", {"dawa", "dawa2"}),
        ("reopen", State.CLOSED, "city", {"dawa", "dawa2"}),
        ("ask_extension", State.ACCEPTED, "dawa", {"city"}),
        ("grant_extension", State.ACCEPTED, "city", {"dawa", "dawa2"}),
        ("refuse_extension", State.ACCEPTED, "city", {"dawa"}),
        ("explain", State.ACCEPTED, "dawa", {"city"}),
        ("urge", State.ACCEPTED, "city", {"dawa", "dawa2"}),
        ("supervise", State.ACCEPTED, "city", {"dawa", "dawa2", "leader"}),
        ("answer", State.ACCEPTED, "dawa", {"city"}),
        ("review", State.ACCEPTED, "city", {"dawa", "dawa2"}),
        ("grade", State.ACCEPTED, "city", {"dawa", "dawa2"}),
        ("close", State.VERIFIED, "city", set()),
    ],
)  # fmt: skip
def test_each_step_tells_whom_the_table_names_and_never_who_did_it(
    dispatched: Case, dawa_officer: User, city_officer: User, leader: User, verb: str, state: State, by: str,
    hear: set[str],
) -> None:  # fmt: skip
    if verb == "supervise":
        User.objects.filter(pk=leader.pk).update(username="leader")
        leader.refresh_from_db()
    case = standing(dispatched, state)
    prepared(case, verb, dawa_officer)
    actor = {"dawa": dawa_officer, "city": city_officer}[by]
    if verb == "supervise":
        workflow.supervise_case(case, by=actor, level=2, reason="限期", leader=leader)
    else:
        VERBS[verb](case, actor)
    found = told()
    assert {who for who, _ in found} == hear
    topics = {cases.TELLINGS[verb].topic} if hear else set()
    assert {topic for _, topic in found} == topics


def test_titles_say_what_happened_and_the_reason_stays_inside(
    dispatched: Case, dawa_officer: User, city_officer: User
) -> None:
    workflow.accept_case(dispatched, by=dawa_officer)
    workflow.supervise_case(dispatched, by=city_officer, level=2, reason="请王某某说明")
    workflow.grade_case(dispatched, by=city_officer, level="serious")
    titles = dict(Notice.objects.filter(recipient=dawa_officer).values_list("topic", "title"))
    assert titles == {
        "case.supervision": f"案件 {dispatched.number} 二级督办，请按期回复：超速行驶",
        "case.graded": f"案件 {dispatched.number} 重新定级为“严重”：超速行驶",
    }
    notice = Notice.objects.get(recipient=dawa_officer, topic="case.supervision")
    assert (notice.body, notice.link) == ("请王某某说明", f"/cases/{dispatched.number}/")


def test_a_case_that_is_sent_elsewhere_is_told_to_both_counties(
    dispatched: Case, city_officer: User, dawa_officer: User
) -> None:
    VERBS[Verb.REDISPATCH](dispatched, city_officer)
    assert told() == {
        ("panshan", "case.dispatched"), ("dawa", "case.taken_back"), ("dawa2", "case.taken_back"),
    }  # fmt: skip
    notice = Notice.objects.get(recipient=dawa_officer)
    assert (notice.title, notice.link) == (f"案件改派他处：{dispatched.number}", "/cases/")


def test_of_two_bodies_the_one_that_is_meant_is_told(
    dawa_officer: User, enforcement_officer: User, city_officer: User
) -> None:
    case = open_case(kind="vehicle.elsewhere")
    for officer in (dawa_officer, enforcement_officer):
        workflow.accept_case(case, by=officer)
        workflow.feed_back_case(case, by=officer, result="查", outcome="substantiated")
    fresh()
    workflow.return_case(case, by=city_officer, reason="补充", parts=[Dispatch.Part.JOINT])
    assert told() == {("enforcer", "case.returned")}
    fresh()
    workflow.urge_case(case, by=city_officer)
    assert told() == {("enforcer", "case.urged")}, "the county has fed back"


def test_the_clock_warns_once_urges_and_supervises_by_gathered_notices(
    dispatched: Case, dawa_officer: User, city_officer: User
) -> None:
    workflow.accept_case(dispatched, by=dawa_officer)
    now = timezone.now()
    dispatched.legs.update(amber_at=now - timedelta(minutes=1), due_at=now + timedelta(hours=1))
    for _ in range(2):
        watch.look_at_clocks(now)
    assert PendingMatter.objects.filter(topic="deadline.amber").count() == 2  # the county's and the assignee's
    assert told() == {("dawa", "deadline.amber"), ("dawa2", "deadline.amber")}
    assert Notice.objects.get(recipient=dawa_officer).count == 1
    fresh()
    dispatched.legs.update(due_at=now - timedelta(days=30))
    watch.look_at_clocks(now)
    assert told() == {
        ("dawa", "deadline.overdue"), ("dawa2", "deadline.overdue"),
        ("dawa", "case.supervision"), ("dawa2", "case.supervision"), ("city", "case.supervision"),
    }  # fmt: skip


def test_an_escalation_is_told_as_the_supervision_that_it_opens(
    dispatched: Case, dawa_officer: User, city_officer: User
) -> None:
    workflow.supervise_case(dispatched, by=city_officer, level=1, reason="限期")
    fresh()
    workflow.review_supervision(dispatched, by=city_officer, decision="escalate", note="未见成效")
    titles = Notice.objects.filter(recipient=dawa_officer).values_list("title", flat=True)
    assert list(titles) == [f"案件 {dispatched.number} 二级督办，请按期回复：超速行驶"]


def test_a_step_that_fails_tells_nothing(dispatched: Case, dawa_officer: User, monkeypatch: Any) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(recording, "AFTER_STEP", [*workflow.AFTER_STEP, broken])
    with pytest.raises(RuntimeError):
        workflow.decline_case(dispatched, by=dawa_officer, reason="不属本区")
    assert told() == set()


def test_officers_bound_by_row_security_tell_each_other(
    dispatched: Case, dawa_officer: User, city_officer: User, as_web: None
) -> None:
    with acting_as(dawa_officer):
        workflow.accept_case(dispatched, by=dawa_officer)
        workflow.ask_extension(dispatched, by=dawa_officer, until=ahead(5000), reason="当事人在外地")
        workflow.feed_back_case(dispatched, by=dawa_officer, result="查", outcome="substantiated")
    with acting_as(city_officer):
        workflow.return_case(dispatched, by=city_officer, reason="补充")
        assert set(Notice.objects.values_list("recipient__username", "topic")) == {
            ("city", "case.extension"), ("dawa", "case.returned"), ("dawa2", "case.returned"),
        }  # fmt: skip


@pytest.fixture
def truck(dawa_officer: User) -> Vehicle:
    """Made by the owner, before the workers' role comes."""
    return factories.make_vehicle()


def test_in_the_transaction_that_stores_positions_a_case_costs_one_statement_more(
    truck: Vehicle, as_ingest: None, settings: Any, monkeypatch: Any
) -> None:
    settings.DATABASE_ROLE = "ingest"
    open_case(truck)
    statements = []
    for hooks in ([cases.after_step], []):
        monkeypatch.setattr(recording, "AFTER_STEP", hooks)
        with CaptureQueriesContext(connection) as seen:
            open_case(truck)
        statements.append([query["sql"] for query in seen])
    with_notices, without = statements
    assert len(with_notices) == len(without) + 1
    assert not [sql for sql in with_notices if 'FROM "account"' in sql], "nobody is looked up"
    assert PendingMatter.objects.count() == 2


def test_the_event_of_a_note_tells_nobody(dispatched: Case, city_officer: User) -> None:
    workflow.note_on_case(dispatched, note="补充", by=city_officer)
    assert CaseEvent.objects.filter(case=dispatched, verb="note").exists()
    assert told() == set()
