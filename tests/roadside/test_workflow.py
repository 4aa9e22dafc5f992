"""An order from a case to a patrol and back; who sees it; whose place is known how long."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.cases.models import Case, CaseAttachment, CaseEvent
from datacenter.roadside import selectors, tasks, workflow
from datacenter.roadside.errors import CheckFieldRefused, CheckNotFound, CheckRefused
from datacenter.roadside.models import Patrol, RoadsideCheck, RoadsideEvent
from tests import factories
from tests.cases.opening import open_case
from tests.cases.test_pages import picture
from tests.roadside.patrols import make_enforcer, make_patrol, make_team, order

pytestmark = pytest.mark.django_db
NORTH = (factories.DAWA_SEAT[0] + 0.09, factories.DAWA_SEAT[1])  # ten kilometres


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def enforcer(city_officer: User) -> User:
    return make_enforcer()


def case_at(place: tuple[float, float] = factories.DAWA_SEAT, **facts: Any) -> Case:
    lat, lon = (round(value * 1e6) for value in place)
    return open_case(latitude_e6=lat, longitude_e6=lon, **facts)


def answer(check: RoadsideCheck, by: User, **facts: Any) -> RoadsideCheck:
    facts = {"key": "a1", "found": True, "as_suspected": True, **facts}
    return workflow.answer_check(check, by=by, **facts)


# --- Who is near ------------------------------------------------------------------------------------------------------
def test_the_nearest_with_a_fresh_place_comes_first(city_officer: User, enforcer: User) -> None:
    far = make_patrol(make_enforcer("far"), NORTH, "远")
    near = make_patrol(make_enforcer("near"), name="近")
    stale = make_patrol(make_enforcer("stale"), name="旧", age=timedelta(minutes=11))
    hidden = make_patrol(make_enforcer("hidden"), None, "未共享")
    make_patrol(name="未上勤", team=make_team())
    target, proposals = selectors.propose_patrols(case_at(), city_officer, timezone.now())
    assert target is not None
    assert not target.live  # no track: where the case happened
    assert [one.patrol for one in proposals] == [near, far, stale, hidden]
    assert [one.stale for one in proposals] == [False, False, True, True]
    assert proposals[0].distance_m == 0
    assert 9_900 < (proposals[1].distance_m or 0) < 10_100
    assert proposals[1].eta_min == 16  # ten kilometres at forty an hour, rounded up
    assert proposals[3].distance_m is None


def test_a_countys_patrol_is_proposed_for_its_county_only(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    ours = make_patrol(make_enforcer("ours", make_team("大洼执法中队", factories.DAWA)), name="大洼")
    make_patrol(make_enforcer("theirs", make_team("盘山执法中队", factories.PANSHAN)), name="盘山")
    citys = make_patrol(make_enforcer("citys"), NORTH, "市队")
    for user in (city_officer, dawa_officer):
        _, proposals = selectors.propose_patrols(case_at(), user, timezone.now())
        assert [one.patrol for one in proposals] == [ours, citys]
    assert {patrol.name for patrol in selectors.patrols_visible_to(panshan_officer)} == {"盘山", "市队"}


def test_proposals_cost_the_same_for_one_patrol_and_for_many(city_officer: User) -> None:
    case, costs = case_at(), []
    for batch in (range(1), range(1, 12)):
        for number in batch:
            make_patrol(make_enforcer(f"e{number}"), name=f"巡逻 {number}")
        with CaptureQueriesContext(connection) as queries:
            _, proposals = selectors.propose_patrols(case, city_officer, timezone.now())
        assert len(proposals) == batch.stop
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 6


# --- The order and its way back ---------------------------------------------------------------------------------------
def test_an_order_is_taken_answered_and_comes_back_to_the_case_with_its_photos(
    dawa_officer: User, enforcer: User
) -> None:
    case, patrol = case_at(), make_patrol(enforcer, NORTH)
    check = order(dawa_officer, patrol, case, request="查验押运员资格")
    assert (check.state, check.county_id, check.team_id) == ("sent", factories.DAWA, enforcer.unit_id)
    assert 9_900 < (check.distance_m or 0) < 10_100
    workflow.accept_check(check, by=enforcer)
    check = answer(check, enforcer, note="押运员无证", photos=[picture("一.jpg"), picture("二.jpg")])
    assert (check.state, check.finding) == ("answered", "找到车辆，与涉嫌情况相符")
    note = CaseEvent.objects.filter(case=case).order_by("-sequence")[0]
    assert check.case_event == note
    assert note.note == "路面核查（交通综合执法一大队 巡逻 1 车）：找到车辆，与涉嫌情况相符；押运员无证"
    assert [file.name for file in CaseAttachment.objects.filter(event=note).order_by("pk")] == ["一.jpg", "二.jpg"]
    case.refresh_from_db()
    assert case.state == "dispatched", "the check moves no case"
    assert list(RoadsideEvent.objects.values_list("verb", flat=True)) == ["order", "accept", "answer"]


def test_the_same_attempt_again_is_recorded_once(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    workflow.accept_check(check, by=enforcer)
    workflow.accept_check(check, by=enforcer)
    first = answer(check, enforcer, key="k1", photos=[picture()])
    again = answer(check, enforcer, key="k1", found=False, as_suspected=None, photos=[picture()])
    assert (again.answered_at, again.found) == (first.answered_at, True)
    assert CaseAttachment.objects.count() == 1
    with pytest.raises(CheckRefused, match="已反馈"):
        answer(check, enforcer, key="k2")


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("found", {"found": None}),
        ("as_suspected", {"as_suspected": None}),
        ("key", {"key": ""}),
        ("key", {"key": "x" * 41}),
        ("photos", {"photos": [picture()] * 10}),
        ("photos", {"photos": [picture(kind="GIF")]}),
    ],
)
def test_an_answer_that_lacks_something_is_refused(
    dawa_officer: User, enforcer: User, field: str, facts: dict[str, Any]
) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    with pytest.raises(CheckFieldRefused) as refusal:
        answer(check, enforcer, **facts)
    assert refusal.value.field == field
    check.refresh_from_db()
    assert check.state == "sent"


def test_a_vehicle_that_was_not_found_is_neither_as_suspected_nor_not(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    check = answer(check, enforcer, found=False, as_suspected=True)
    assert (check.found, check.as_suspected, check.finding) == (False, None, "未找到车辆")


def test_declining_needs_a_reason_and_other_reasons_words(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    for facts, field in (({"reason": "lazy"}, "reason"), ({"reason": "other", "note": " "}, "note")):
        with pytest.raises(CheckFieldRefused) as refusal:
            workflow.decline_check(check, by=enforcer, **facts)
        assert refusal.value.field == field
    check = workflow.decline_check(check, by=enforcer, reason="far")
    assert check.state == "declined"
    with pytest.raises(CheckRefused, match="已拒单"):
        workflow.accept_check(check, by=enforcer)


def test_an_order_that_nobody_took_expires_and_then_cannot_be_taken(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer), minutes=10)
    taken = order(dawa_officer, check.patrol)
    workflow.accept_check(taken, by=enforcer)
    assert workflow.expire_checks(check.expires_at - timedelta(seconds=1)) == 0
    for verb in (workflow.accept_check, answer):
        with pytest.raises(CheckRefused, match="已过期"):
            verb(check, by=enforcer, now=check.expires_at)  # type: ignore[operator]
    assert workflow.expire_checks(check.expires_at + timedelta(days=1)) == 1
    check.refresh_from_db(), taken.refresh_from_db()
    assert (check.state, taken.state) == ("expired", "accepted"), "who took it in time may take longer over it"
    event = RoadsideEvent.objects.get(verb="expire")
    assert (event.by, event.by_name) == (None, "系统")


def test_the_clock_looks_after_orders_and_duties(dawa_officer: User, enforcer: User) -> None:
    patrol = make_patrol(enforcer)
    check = order(dawa_officer, patrol, now=timezone.now() - timedelta(hours=2))
    Patrol.objects.filter(pk=patrol.pk).update(on_duty_since=timezone.now() - timedelta(hours=17))
    tasks.look_after()
    check.refresh_from_db(), patrol.refresh_from_db()
    assert (check.state, patrol.on_duty) == ("expired", False)


def test_the_next_patrol_gets_an_order_of_its_own(dawa_officer: User, enforcer: User) -> None:
    first, second = make_patrol(enforcer), make_patrol(make_enforcer("second"), NORTH, "巡逻 2 车")
    case = case_at()
    check = order(dawa_officer, first, case)
    _, proposals = selectors.propose_patrols(
        case, dawa_officer, timezone.now(), besides=selectors.asked_before(check)
    )  # fmt: skip
    assert [one.patrol for one in proposals] == [second]
    following = order(dawa_officer, second, case, previous=check)
    check.refresh_from_db()
    assert (check.state, following.previous) == ("withdrawn", check)
    assert selectors.asked_before(following) == {first.pk, second.pk}
    with pytest.raises(CheckRefused, match="已改派"):
        order(dawa_officer, make_patrol(make_enforcer("third"), name="巡逻 3 车"), case, previous=check)
    workflow.accept_check(following, by=User.objects.get(username="second"))
    with pytest.raises(CheckRefused, match="不能改派"):
        order(dawa_officer, first, case, previous=following)


def test_what_cannot_be_ordered(dawa_officer: User, city_officer: User, enforcer: User) -> None:
    patrol, resting = make_patrol(enforcer), make_patrol(name="巡逻 9 车")
    theirs = make_patrol(make_enforcer("theirs", make_team("盘山执法中队", factories.PANSHAN)), name="盘山")
    case = case_at()
    order(dawa_officer, patrol, case)
    for facts, said in (
        ({"patrol": patrol}, "已有这个案件"),
        ({"patrol": resting}, "不在勤"),
        ({"patrol": theirs}, "不在案件的承办县区"),
        ({"patrol": patrol, "minutes": 0}, "有效时长"),
    ):
        with pytest.raises(CheckFieldRefused, match=said):
            workflow.order_check(case, by=city_officer, **facts)  # type: ignore[arg-type]
    Case.objects.filter(pk=case.pk).update(state="closed")
    with pytest.raises(CheckRefused, match="已办结"):
        order(city_officer, patrol, case)
    with pytest.raises(NotAllowed):
        order(enforcer, patrol, case_at())


def test_an_order_can_be_taken_back_until_it_is_answered(dawa_officer: User, enforcer: User) -> None:
    check = order(dawa_officer, make_patrol(enforcer))
    assert workflow.withdraw_check(check, by=dawa_officer, reason="车辆已进站").state == "withdrawn"
    with pytest.raises(CheckRefused, match="已撤回"):
        answer(check, enforcer)
    with pytest.raises(CheckRefused, match="不能撤回"):
        workflow.withdraw_check(check, by=dawa_officer)


# --- Walls ------------------------------------------------------------------------------------------------------------
def test_another_team_and_another_county_find_nothing(
    dawa_officer: User, panshan_officer: User, city_officer: User, enforcer: User, safety_officer: User
) -> None:
    patrol = make_patrol(enforcer)
    check = order(dawa_officer, patrol)
    other = make_enforcer("other", make_team("交通综合执法二大队"))
    clerk = make_enforcer("clerk", dawa_officer.unit.parent)  # type: ignore[union-attr]
    for user in (dawa_officer, city_officer, enforcer):
        assert list(selectors.checks_visible_to(user)) == [check]
    for user in (other, panshan_officer, clerk, safety_officer):
        assert not selectors.checks_visible_to(user).exists()
        with pytest.raises(CheckNotFound):
            selectors.get_check_for(user, check.pk)
    for user in (other, clerk):
        for verb in (workflow.accept_check, answer):
            with pytest.raises(CheckNotFound):
                verb(check, by=user)  # type: ignore[operator]
        with pytest.raises(CheckNotFound):
            workflow.go_on_duty(patrol, by=user)
    with pytest.raises(CheckNotFound):
        workflow.withdraw_check(check, by=panshan_officer)
    with pytest.raises(NotAllowed):
        answer(check, dawa_officer)


def test_other_packages_hear_each_step(dawa_officer: User, enforcer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(workflow, "AFTER_STEP", [lambda check, event: heard.append((check.state, event.verb))])
    check = order(dawa_officer, make_patrol(enforcer))
    workflow.decline_check(check, by=enforcer, reason="busy")
    assert heard == [("sent", "order"), ("declined", "decline")]


def test_steps_cannot_be_rewritten(dawa_officer: User, enforcer: User) -> None:
    order(dawa_officer, make_patrol(enforcer))
    for statement in ("DELETE FROM roadside_event", "UPDATE roadside_event SET note = ''"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# --- Duty and place ---------------------------------------------------------------------------------------------------
def test_a_place_is_known_only_on_duty_and_with_consent(enforcer: User) -> None:
    patrol, now = make_patrol(), timezone.now()
    place = {"latitude_e6": 41_000_000, "longitude_e6": 122_000_000, "accuracy_m": 8, "at": now}
    with pytest.raises(CheckRefused, match="不在这辆车上勤"):
        workflow.report_place(patrol, by=enforcer, **place)  # type: ignore[arg-type]
    workflow.go_on_duty(patrol, by=enforcer)
    with pytest.raises(CheckRefused, match="没有同意"):
        workflow.report_place(patrol, by=enforcer, **place)  # type: ignore[arg-type]
    workflow.share_place(patrol, by=enforcer, wanted=True)
    patrol = workflow.report_place(patrol, by=enforcer, **place)  # type: ignore[arg-type]
    assert patrol.latitude_e6 == 41_000_000
    for end in ("hide", "off"):
        workflow.share_place(patrol, by=enforcer, wanted=True)
        workflow.report_place(patrol, by=enforcer, **place)  # type: ignore[arg-type]
        if end == "hide":
            workflow.share_place(patrol, by=enforcer, wanted=False)
        else:
            workflow.go_off_duty(patrol, by=enforcer)
        patrol.refresh_from_db()
        assert (patrol.latitude_e6, patrol.longitude_e6, patrol.accuracy_m, patrol.located_at) == (None,) * 4
        assert not patrol.sharing


def test_the_table_itself_keeps_no_place_of_who_does_not_share(enforcer: User) -> None:
    patrol = make_patrol(enforcer)
    with pytest.raises(IntegrityError, match="patrol_place_only_while_shared"), transaction.atomic():
        Patrol.objects.filter(pk=patrol.pk).update(sharing=False)


def test_only_the_newest_place_is_kept_and_no_clock_runs_ahead(enforcer: User) -> None:
    patrol, now = make_patrol(enforcer, age=timedelta(minutes=5)), timezone.now()
    older = {"by": enforcer, "latitude_e6": 1, "longitude_e6": 1, "accuracy_m": None, "now": now}
    kept = workflow.report_place(patrol, at=now - timedelta(minutes=6), **older)  # type: ignore[arg-type]
    assert kept.latitude_e6 != 1
    kept = workflow.report_place(patrol, at=now + timedelta(hours=1), **older)  # type: ignore[arg-type]
    assert (kept.latitude_e6, kept.located_at) == (1, now)


def test_an_officer_is_on_one_patrol_and_a_patrol_has_one(enforcer: User) -> None:
    first, second = make_patrol(enforcer), make_patrol(name="巡逻 2 车")
    workflow.go_on_duty(second, by=enforcer)
    first.refresh_from_db()
    assert (first.on_duty, first.latitude_e6) == (False, None)
    relief = make_enforcer("relief")
    second = workflow.go_on_duty(second, by=relief)
    assert (second.officer, second.sharing) == (relief, False)
    with pytest.raises(CheckRefused, match="不在这辆车上勤"):
        workflow.share_place(second, by=enforcer, wanted=True)


def test_who_forgets_to_go_off_duty_does_so_by_the_clock(enforcer: User) -> None:
    patrol = make_patrol(enforcer)
    since = patrol.on_duty_since
    assert since is not None
    assert workflow.end_long_duties(since + timedelta(hours=15)) == 0
    assert workflow.end_long_duties(since + timedelta(hours=16)) == 1
    patrol.refresh_from_db()
    assert (patrol.on_duty, patrol.officer, patrol.located_at) == (False, None, None)
