"""An instruction from sending to its end: who may say what when, what a county gets, what is counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.cases.models import Case
from datacenter.detection.models import Finding
from datacenter.instructions import selectors, workflow
from datacenter.instructions.errors import InstructionFieldRefused, InstructionNotFound, StepRefused
from datacenter.instructions.models import Instruction, InstructionEvent, InstructionItem, InstructionTask
from tests import factories
from tests.instructions.papers import PDF, draft, issue, task_of, upload

pytestmark = pytest.mark.django_db
DAWA, PANSHAN, BOTH = factories.DAWA, factories.PANSHAN, (factories.DAWA, factories.PANSHAN)


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def received(instruction: Instruction, by: User) -> InstructionTask:
    return workflow.receive_task(task_of(instruction, by.unit.county_id), by=by)  # type: ignore[union-attr, arg-type]


def items_of(instruction: Instruction) -> list[InstructionItem]:
    return list(instruction.items.order_by("position"))


# --- Sending ----------------------------------------------------------------------------------------------------------
def test_each_county_gets_its_own_vehicles_and_areas_and_the_city_what_no_county_has(city_officer: User) -> None:
    ours, theirs = factories.make_vehicle("辽L10001"), factories.make_vehicle("辽L10002", county_id=PANSHAN)
    elsewhere = factories.make_vehicle("辽L10003", county_id=factories.XINGLONGTAI)
    here = factories.make_area(factories.PANSHAN_SEAT, name="园区")
    sea = factories.make_area((39.5, 121.0), name="海上")
    instruction = issue(city_officer, BOTH, vehicles=[ours, theirs, elsewhere], areas=[here, sea])
    placed = {
        str(item): (item.task and item.task.county_id, item.county_id, item.mark) for item in items_of(instruction)
    }
    assert placed == {
        "辽L10001": (DAWA, DAWA, ""),
        "辽L10002": (PANSHAN, PANSHAN, ""),
        "辽L10003": (None, factories.XINGLONGTAI, "not_asked"),
        "园区": (PANSHAN, PANSHAN, ""),
        "海上": (None, None, "outside"),
    }
    assert [(task.county_id, task.state) for task in instruction.tasks.order_by("county_id")] == [
        (DAWA, "issued"),
        (PANSHAN, "issued"),
    ]


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("title", {"title": " "}),
        ("text", {"text": ""}),
        ("kind", {"kind": "memo"}),
        ("counties", {"counties": []}),
        ("files", {"files": [upload("通知.pdf", b"MZ\x90\x00 no paper")]}),
    ],
)
def test_a_paper_that_lacks_something_is_not_sent(city_officer: User, field: str, facts: dict[str, Any]) -> None:
    with pytest.raises(InstructionFieldRefused) as refusal:
        issue(city_officer, **{"counties": (DAWA,), **facts})
    assert refusal.value.field == field
    assert not Instruction.objects.exists()


def test_the_deadline_must_lie_ahead(city_officer: User) -> None:
    now = timezone.now()
    with pytest.raises(InstructionFieldRefused, match="期限应晚于现在"):
        issue(city_officer, due_at=now, now=now)
    assert issue(city_officer, due_at=now + timedelta(seconds=1), now=now).is_open


def test_only_the_city_sends(dawa_officer: User, approver: User) -> None:
    posted = factories.make_user("posted", Role.CITY_REGULATOR, dawa_officer.unit)
    for user in (dawa_officer, approver, posted):
        with pytest.raises(NotAllowed):
            workflow.issue_instruction(draft(), by=user)


# --- The loop ---------------------------------------------------------------------------------------------------------
def test_a_task_goes_from_issued_to_passed_and_every_step_is_kept(city_officer: User, dawa_officer: User) -> None:
    truck = factories.make_vehicle()
    instruction = issue(city_officer, vehicles=[truck])
    task = received(instruction, dawa_officer)
    (item,) = items_of(instruction)
    workflow.record_results(instruction, by=dawa_officer, items=[item.pk], result="checked", note="证照齐全")
    task = workflow.answer_task(task, by=dawa_officer, answer="已查", files=[upload("小结.pdf", PDF)])
    assert (task.state, task.in_time) == ("answered", True)
    task = workflow.pass_task(task, by=city_officer)
    assert task.state == "passed"
    steps = list(InstructionEvent.objects.values_list("verb", "by__username"))
    assert steps == [
        ("issue", "city"),
        ("receive", "dawa"),
        ("result", "dawa"),
        ("answer", "dawa"),
        ("pass", "city"),
    ]


def test_an_answer_waits_for_every_item(city_officer: User, dawa_officer: User) -> None:
    instruction = issue(city_officer, vehicles=[factories.make_vehicle(), factories.make_vehicle()])
    task = received(instruction, dawa_officer)
    workflow.record_results(instruction, by=dawa_officer, items=[items_of(instruction)[0].pk], result="not_found")
    with pytest.raises(InstructionFieldRefused, match="还有 1 个检查对象"):
        workflow.answer_task(task, by=dawa_officer, answer="已查")
    with pytest.raises(InstructionFieldRefused, match="请填写反馈内容"):
        workflow.answer_task(task, by=dawa_officer, answer=" ")


def test_a_returned_answer_is_none_until_it_comes_anew(city_officer: User, dawa_officer: User) -> None:
    instruction = issue(city_officer)
    task = workflow.answer_task(received(instruction, dawa_officer), by=dawa_officer, answer="已查")
    with pytest.raises(InstructionFieldRefused, match="退回原因"):
        workflow.return_task(task, by=city_officer, reason="")
    task = workflow.return_task(task, by=city_officer, reason="没有附照片")
    assert (task.state, task.answered_at, task.returned_times) == ("returned", None, 1)
    assert InstructionEvent.objects.get(verb="return").facts["answer"] == "已查"
    task = workflow.answer_task(task, by=dawa_officer, answer="补报")
    assert (task.state, task.answer) == ("answered", "补报")


def test_sent_back_after_the_deadline_it_needs_a_new_one(city_officer: User, dawa_officer: User) -> None:
    instruction = issue(city_officer)
    task = workflow.answer_task(received(instruction, dawa_officer), by=dawa_officer, answer="已查")
    late = task.due_at + timedelta(hours=1)
    with pytest.raises(InstructionFieldRefused, match="新的期限"):
        workflow.return_task(task, by=city_officer, reason="不全", now=late)
    task = workflow.return_task(task, by=city_officer, reason="不全", now=late, due_at=late + timedelta(days=1))
    assert task.due_at == late + timedelta(days=1)


@pytest.mark.parametrize("verb", ["answer_task", "pass_task", "return_task"])
def test_steps_out_of_turn_are_refused(city_officer: User, dawa_officer: User, verb: str) -> None:
    task = task_of(issue(city_officer))
    facts: dict[str, Any] = {"answer_task": {"by": dawa_officer, "answer": "已查"}, "pass_task": {"by": city_officer},
                             "return_task": {"by": city_officer, "reason": "不全"}}[verb]  # fmt: skip
    with pytest.raises(StepRefused, match="待签收"):
        getattr(workflow, verb)(task, **facts)


def test_another_county_neither_sees_nor_does_anything(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    instruction = issue(city_officer, vehicles=[factories.make_vehicle()])
    task, (item,) = received(instruction, dawa_officer), items_of(instruction)
    assert not selectors.instructions_visible_to(panshan_officer).exists()
    assert not selectors.items_visible_to(panshan_officer).exists()
    for refused in (
        lambda: workflow.receive_task(task, by=panshan_officer),
        lambda: workflow.answer_task(task, by=panshan_officer, answer="已查"),
        lambda: workflow.record_results(instruction, by=panshan_officer, items=[item.pk], result="checked"),
        lambda: workflow.open_case_from(item, by=panshan_officer),
    ):
        with pytest.raises(InstructionNotFound):
            refused()


def test_a_county_of_the_same_instruction_records_at_its_own_items_only(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    ours, theirs = factories.make_vehicle(), factories.make_vehicle(county_id=PANSHAN)
    instruction = issue(city_officer, BOTH, vehicles=[ours, theirs])
    received(instruction, panshan_officer)
    own, other = items_of(instruction)[1], items_of(instruction)[0]
    with pytest.raises(InstructionNotFound):
        workflow.record_results(instruction, by=panshan_officer, items=[own.pk, other.pk], result="checked")
    assert workflow.record_results(instruction, by=panshan_officer, items=[own.pk], result="checked") == 1
    assert [item.result for item in items_of(instruction)] == ["", "checked"]


def test_the_citys_list_is_the_citys_to_record(city_officer: User, dawa_officer: User) -> None:
    stray = factories.make_vehicle(county_id=PANSHAN)
    instruction = issue(city_officer, vehicles=[stray])
    received(instruction, dawa_officer)
    (item,) = items_of(instruction)
    with pytest.raises(InstructionNotFound):
        workflow.record_results(instruction, by=dawa_officer, items=[item.pk], result="checked")
    workflow.record_results(instruction, by=city_officer, items=[item.pk], result="transferred")
    assert "result" in [event.verb for event in selectors.events_of(city_officer, instruction)]
    assert "result" not in [event.verb for event in selectors.events_of(dawa_officer, instruction)]


def test_an_item_opens_one_case_of_its_county(city_officer: User, dawa_officer: User) -> None:
    truck = factories.make_vehicle()
    instruction = issue(city_officer, vehicles=[truck])
    (item,) = items_of(instruction)
    with pytest.raises(StepRefused):  # not received yet
        workflow.open_case_from(item, by=dawa_officer)
    received(instruction, dawa_officer)
    case = workflow.open_case_from(item, by=dawa_officer)
    assert (case.origin, case.county_id, case.vehicle_id, case.title) == (
        Case.Origin.INSTRUCTION,
        DAWA,
        truck.pk,
        instruction.title,
    )
    item.refresh_from_db()
    assert (item.result, item.case_id) == ("finding", case.pk)
    with pytest.raises(StepRefused, match="已立案"):
        workflow.open_case_from(item, by=dawa_officer)
    with pytest.raises(InstructionFieldRefused, match="已立案"):
        workflow.record_results(instruction, by=dawa_officer, items=[item.pk], result="")


def test_an_area_opens_a_case_at_its_middle(city_officer: User, dawa_officer: User) -> None:
    area = factories.make_area(factories.DAWA_SEAT, name="石化园区")
    instruction = issue(city_officer, areas=[area])
    received(instruction, dawa_officer)
    case = workflow.open_case_from(items_of(instruction)[0], by=dawa_officer)
    assert case.title == f"{instruction.title}：石化园区"
    assert abs((case.latitude_e6 or 0) - factories.DAWA_SEAT[0] * 1e6) < 20


# --- Time -------------------------------------------------------------------------------------------------------------
def test_more_time_for_all_and_for_one(city_officer: User) -> None:
    instruction = issue(city_officer, BOTH)
    later, latest = (instruction.due_at + timedelta(days=days) for days in (1, 2))
    workflow.extend_instruction(instruction, by=city_officer, due_at=latest, reason="降雪", counties=[PANSHAN])
    assert (task_of(instruction).due_at, task_of(instruction, PANSHAN).due_at) == (instruction.due_at, latest)
    instruction = workflow.extend_instruction(instruction, by=city_officer, due_at=later, reason="降雪")
    assert instruction.due_at == task_of(instruction).due_at == later
    assert task_of(instruction, PANSHAN).due_at == latest, "a longer time already given stays"
    for facts, field in (({"due_at": instruction.due_at}, "due_at"), ({"reason": " "}, "reason"),
                         ({"due_at": timezone.now()}, "due_at"),
                         ({"counties": [factories.XINGLONGTAI]}, "counties")):  # fmt: skip
        with pytest.raises(InstructionFieldRefused) as refusal:
            workflow.extend_instruction(
                instruction, by=city_officer, **{"due_at": latest, "reason": "降雪", **facts}
            )  # fmt: skip
        assert refusal.value.field == field


def test_urging_reaches_those_whose_answer_is_missing(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    instruction = issue(city_officer, BOTH)
    workflow.answer_task(received(instruction, dawa_officer), by=dawa_officer, answer="已查")
    assert workflow.urge_counties(instruction, by=city_officer, note="请抓紧") == 1
    assert (task_of(instruction).urged_times, task_of(instruction, PANSHAN).urged_times) == (0, 1)
    assert workflow.urge_counties(instruction, by=city_officer, counties=[DAWA]) == 0
    assert "urge" not in [event.verb for event in selectors.events_of(dawa_officer, instruction)]
    assert "urge" in [event.verb for event in selectors.events_of(panshan_officer, instruction)]


@pytest.mark.parametrize(("withdrawn", "label"), [(False, "已结束"), (True, "已撤回")])
def test_after_its_end_nothing_more_is_done(
    city_officer: User, dawa_officer: User, withdrawn: bool, label: str
) -> None:
    instruction = issue(city_officer, vehicles=[factories.make_vehicle()])
    task, (item,) = received(instruction, dawa_officer), items_of(instruction)
    if withdrawn:
        with pytest.raises(InstructionFieldRefused, match="撤回理由"):
            workflow.end_instruction(instruction, by=city_officer, withdrawn=True)
    workflow.end_instruction(instruction, by=city_officer, withdrawn=withdrawn, reason="工作调整")
    for refused in (
        lambda: workflow.answer_task(task, by=dawa_officer, answer="已查"),
        lambda: workflow.record_results(instruction, by=dawa_officer, items=[item.pk], result="checked"),
        lambda: workflow.open_case_from(item, by=dawa_officer),
        lambda: workflow.urge_counties(instruction, by=city_officer),
        lambda: workflow.end_instruction(instruction, by=city_officer),
    ):
        with pytest.raises(StepRefused, match=label):
            refused()
    assert workflow.task_verbs(task_of(instruction), dawa_officer) == []


def test_other_packages_hear_each_step(city_officer: User, dawa_officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, str | None]] = []
    monkeypatch.setattr(
        workflow, "AFTER_STEP", [lambda paper, event: heard.append((event.verb, event.task and event.task.county_id))]
    )
    received(issue(city_officer), dawa_officer)
    assert heard == [("issue", None), ("receive", DAWA)]


@pytest.mark.parametrize("table", ["instruction_event", "instruction_file"])
def test_steps_and_files_cannot_be_rewritten(city_officer: User, table: str) -> None:
    issue(city_officer, files=[upload("通知.pdf", PDF)])
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# --- Progress ---------------------------------------------------------------------------------------------------------
def find(vehicle: Any, at: datetime, **facts: Any) -> Finding:
    facts = {"detector": "road.overspeed", "title": "超速行驶", "state": "ended", **facts}
    return Finding.every.create(vehicle=vehicle, county_id=DAWA, started_at=at, ended_at=at, source="试验", **facts)


def test_findings_of_the_campaigns_kinds_count_from_its_beginning(city_officer: User, dawa_officer: User) -> None:
    first, second, other = (factories.make_vehicle() for _ in range(3))
    instruction = issue(city_officer, BOTH, vehicles=[first, second], finding_kinds=["road.overspeed"])
    at = instruction.sent_at + timedelta(minutes=1)
    find(first, at), find(first, at + timedelta(minutes=9)), find(second, at)
    find(first, instruction.sent_at - timedelta(seconds=1))  # before it began
    find(first, at, detector="driver.smoking")
    find(first, at, state="superseded")
    find(first, at, mode="shadow")
    find(other, at)
    lines = {line.task.county_id: line for line in selectors.progress_of(city_officer, instruction).lines if line.task}
    assert (lines[DAWA].findings, lines[PANSHAN].findings) == (3, 0)
    assert selectors.progress_of(dawa_officer, instruction).total.findings == 3


def test_progress_counts_results_cases_and_answers_in_time(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    fleet = [factories.make_vehicle() for _ in range(4)]
    instruction = issue(city_officer, BOTH, vehicles=fleet)
    task, items = received(instruction, dawa_officer), items_of(instruction)
    workflow.record_results(instruction, by=dawa_officer, items=[items[0].pk, items[1].pk], result="checked")
    workflow.open_case_from(items[2], by=dawa_officer)
    progress = selectors.progress_of(city_officer, instruction)
    dawa, panshan = progress.lines
    assert (dawa.items, dawa.done, dawa.results, dawa.cases, dawa.cases_open) == (
        4, 3, {"checked": 2, "finding": 1}, 1, 1,
    )  # fmt: skip
    assert (panshan.items, panshan.percent) == (0, None)
    workflow.record_results(instruction, by=dawa_officer, items=[items[3].pk], result="not_found")
    workflow.answer_task(task, by=dawa_officer, answer="已查")
    late = instruction.due_at + timedelta(hours=1)
    workflow.answer_task(received(instruction, panshan_officer), by=panshan_officer, answer="已查", now=late)
    progress = selectors.progress_of(city_officer, instruction)
    assert (progress.answered, progress.in_time) == (2, 1)
    assert len(selectors.progress_of(dawa_officer, instruction).lines) == 1


def test_progress_costs_the_same_for_one_item_and_for_many(city_officer: User) -> None:
    costs = []
    for size in (1, 40):
        fleet = [factories.make_vehicle() for _ in range(size)]
        instruction = issue(city_officer, BOTH, vehicles=fleet, finding_kinds=["road.overspeed"])
        for vehicle in fleet:
            find(vehicle, timezone.now())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert selectors.progress_of(city_officer, instruction).total.findings == size
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 3


def test_answer_times_of_a_month_go_by_the_deadline(city_officer: User, dawa_officer: User) -> None:
    sent = datetime(2026, 3, 30, 9, tzinfo=timezone.get_default_timezone())
    facts = {"now": sent, "due_at": sent + timedelta(days=3)}  # sent in March, due in April
    in_time, late, missing, withdrawn = (issue(city_officer, title=name, **facts) for name in "甲乙丙丁")
    for instruction, days in ((in_time, 2), (late, 5)):
        task = workflow.receive_task(task_of(instruction), by=dawa_officer, now=sent)
        workflow.answer_task(task, by=dawa_officer, answer="已查", now=sent + timedelta(days=days))
    workflow.end_instruction(withdrawn, by=city_officer, withdrawn=True, reason="误发")
    assert selectors.answer_times(sent.date()) == []
    now = sent + timedelta(days=2, hours=12)
    rows = selectors.answer_times(facts["due_at"].date(), now=now)  # type: ignore[union-attr]
    assert [(row.title, row.in_time, row.hours) for row in rows] == [
        ("甲", True, 48),
        ("乙", False, 120),
        ("丙", None, None),
    ]
    rows = selectors.answer_times(facts["due_at"].date(), now=sent + timedelta(days=9))  # type: ignore[union-attr]
    assert [row.in_time for row in rows] == [True, False, False]
    assert {row.county_id for row in rows} == {DAWA}
    del missing


def test_what_waits_for_whom(city_officer: User, dawa_officer: User) -> None:
    instruction = issue(city_officer)
    assert [task.instruction_id for task in selectors.waiting_for(dawa_officer)] == [instruction.pk]
    assert not selectors.waiting_for(city_officer).exists()
    workflow.answer_task(received(instruction, dawa_officer), by=dawa_officer, answer="已查")
    assert not selectors.waiting_for(dawa_officer).exists()
    assert selectors.waiting_for(city_officer).count() == 1
