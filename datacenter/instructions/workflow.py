"""The verbs of an instruction (指令办理): each one a transaction, locked, written down as an ``InstructionEvent``.

The city issues, extends, urges, ends, passes and sends back; a county receives, records results and answers. Every verb
locks the instruction first, so that nothing is answered while it is being withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.cases import blocks
from datacenter.cases import workflow as cases
from datacenter.cases.evidence import StoredFile
from datacenter.cases.models import Case
from datacenter.cases.workflow import Subject
from datacenter.instructions import files as documents
from datacenter.instructions.drafting import Draft, check_draft, place_items, require_ahead, spoken
from datacenter.instructions.errors import InstructionFieldRefused, InstructionNotFound, StepRefused
from datacenter.instructions.models import (
    Instruction,
    InstructionEvent,
    InstructionFile,
    InstructionItem,
    InstructionTask,
)
from datacenter.instructions.selectors import instructions_visible_to, items_visible_to

VIEW, ISSUE, ANSWER = "instruction.view", "instruction.issue", "instruction.answer"
ITEM = "instruction.item"
"""The kind of case that an item opens."""
Task, Verb = InstructionTask.State, InstructionEvent.Verb

AFTER_STEP: list[Callable[[Instruction, InstructionEvent], None]] = []
"""What other packages do when a step was taken; inside its transaction. ``event.task`` is empty where it is for all."""


def register() -> None:
    """Offer the kind of case that an item opens, and say on such a case's page where it comes from."""
    blocks.register_kinds(lambda: [(ITEM, "指令检查")])
    blocks.register(blocks.Block("instructions/_case_block.html", block_of))


def block_of(case: Case, user: Any) -> dict[str, Any] | None:
    """The item that opened a case, with its instruction; None where the reader may see none."""
    if case.origin != Case.Origin.INSTRUCTION or not user.may(VIEW):
        return None
    item = items_visible_to(user).filter(case=case).select_related("instruction", "done_by").first()
    return {"item": item} if item else None


@transaction.atomic
def issue_instruction(draft: Draft, *, by: Any, now: datetime | None = None) -> Instruction:
    """Send it (下发): a task for each county, its items with it. Raises ``InstructionFieldRefused`` naming a field."""
    require(by, ISSUE)
    if scope_of(by).level != "city":  # a regulator who is posted in a county speaks for no other
        raise NotAllowed(right=ISSUE)
    now = now or timezone.now()
    check_draft(draft, now)
    stored = documents.store(draft.files)
    instruction = Instruction.objects.create(
        title=draft.title.strip(),
        document_no=draft.document_no.strip(),
        text=draft.text.strip(),
        kind=draft.kind,
        due_at=draft.due_at,
        finding_kinds=list(draft.finding_kinds),
        selection=draft.selection[:300],
        sent_at=now,
        sent_by=by,
    )
    tasks = InstructionTask.objects.bulk_create(
        InstructionTask(instruction=instruction, county=county, sent_at=now, due_at=draft.due_at)
        for county in draft.counties
    )
    task_of = {task.county_id: task for task in tasks}
    items = place_items(draft)
    for item in items:
        item.instruction = instruction
        item.task = None if item.mark else task_of[str(item.county_id)]
    InstructionItem.objects.bulk_create(items, batch_size=1000)
    _attach(instruction, None, stored, now)
    facts = {"counties": sorted(task_of), "items": len(items), "due_at": draft.due_at.isoformat()}
    _record(instruction, None, Verb.ISSUE, by, now, facts=facts)
    return instruction


def extend_instruction(
    instruction: Instruction, *, by: Any, due_at: datetime, reason: str, counties: Collection[str] = (),
    now: datetime | None = None,
) -> Instruction:  # fmt: skip
    """More time (延期): for all, or for some ``counties`` that have not passed. Raises ``InstructionFieldRefused``."""
    now = now or timezone.now()
    with transaction.atomic():
        instruction = _locked(instruction, ISSUE, Verb.EXTEND, by)
        require_ahead(due_at, now)
        if not reason.strip():
            raise InstructionFieldRefused("reason", "请填写延期理由")
        tasks = instruction.tasks.exclude(state=Task.PASSED)
        if counties:
            tasks = tasks.filter(county_id__in=list(counties))
        elif due_at <= instruction.due_at:
            raise InstructionFieldRefused("due_at", f"应晚于原期限 {spoken(instruction.due_at)}")
        chosen = list(tasks.select_for_update(of=("self",)))
        if counties and not chosen:
            raise InstructionFieldRefused("counties", "所选县区没有尚未通过的任务")
        facts = {"due_at": due_at.isoformat(), "from": instruction.due_at.isoformat()}
        if counties:
            for task in chosen:
                _record(instruction, task, Verb.EXTEND, by, now, reason,
                        {**facts, "from": task.due_at.isoformat()})  # fmt: skip
        else:
            instruction.due_at = due_at
            instruction.save(update_fields=["due_at"])
            _record(instruction, None, Verb.EXTEND, by, now, reason, facts)
        for task in chosen:
            task.due_at = max(task.due_at, due_at)
        InstructionTask.objects.bulk_update(chosen, ["due_at"])
        return instruction


def end_instruction(
    instruction: Instruction, *, by: Any, withdrawn: bool = False, reason: str = "", now: datetime | None = None
) -> Instruction:
    """It is over (结束), or should not have been sent (撤回), which needs a reason. Nothing more is done to it then."""
    verb = Verb.WITHDRAW if withdrawn else Verb.CLOSE
    now = now or timezone.now()
    with transaction.atomic():
        instruction = _locked(instruction, ISSUE, verb, by)
        if withdrawn and not reason.strip():
            raise InstructionFieldRefused("reason", "请填写撤回理由")
        instruction.state = Instruction.State.WITHDRAWN if withdrawn else Instruction.State.CLOSED
        instruction.ended_at = now
        instruction.save(update_fields=["state", "ended_at"])
        _record(instruction, None, verb, by, now, reason)
        return instruction


def urge_counties(
    instruction: Instruction, *, by: Any, counties: Collection[str] = (), note: str = "", now: datetime | None = None
) -> int:
    """Urge (催办) those counties, or all, whose answer is still missing; how many were."""
    now = now or timezone.now()
    with transaction.atomic():
        instruction = _locked(instruction, ISSUE, Verb.URGE, by)
        waiting = instruction.tasks.filter(state__in=(Task.ISSUED, Task.RECEIVED, Task.RETURNED))
        if counties:
            waiting = waiting.filter(county_id__in=list(counties))
        tasks = list(waiting.select_for_update(of=("self",)))
        for task in tasks:
            task.urged_at, task.urged_times = now, task.urged_times + 1
            _record(instruction, task, Verb.URGE, by, now, note)
        InstructionTask.objects.bulk_update(tasks, ["urged_at", "urged_times"])
        return len(tasks)


def receive_task(task: InstructionTask, *, by: Any, now: datetime | None = None) -> InstructionTask:
    """The county takes it (签收)."""
    with transaction.atomic():
        instruction, task = _task(task, ANSWER, Verb.RECEIVE, by, Task.ISSUED)
        task.state, task.accepted_at, task.accepted_by = Task.RECEIVED, now or timezone.now(), by
        task.save(update_fields=["state", "accepted_at", "accepted_by"])
        _record(instruction, task, Verb.RECEIVE, by, task.accepted_at)
        return task


def answer_task(
    task: InstructionTask, *, by: Any, answer: str, files: Sequence[UploadedFile] = (), now: datetime | None = None
) -> InstructionTask:
    """The county reports (反馈), once every item has its result. Raises ``InstructionFieldRefused``."""
    now = now or timezone.now()
    with transaction.atomic():
        instruction, task = _task(task, ANSWER, Verb.ANSWER, by, Task.RECEIVED, Task.RETURNED)
        if not answer.strip():
            raise InstructionFieldRefused("answer", "请填写反馈内容")
        if left := task.items.filter(result="").count():
            raise InstructionFieldRefused("answer", f"还有 {left} 个检查对象没有登记结果")
        stored = documents.store(files)
        task.state, task.answer, task.answered_at = Task.ANSWERED, answer.strip(), now
        task.save(update_fields=["state", "answer", "answered_at"])
        _attach(instruction, task, stored, now)
        facts = {"in_time": task.in_time, "files": [{"name": file.name, "sha256": file.sha256} for file in stored]}
        _record(instruction, task, Verb.ANSWER, by, now, task.answer, facts)
        return task


def pass_task(task: InstructionTask, *, by: Any, note: str = "", now: datetime | None = None) -> InstructionTask:
    """The city takes the answer (通过)."""
    with transaction.atomic():
        instruction, task = _task(task, ISSUE, Verb.PASS, by, Task.ANSWERED)
        task.state, task.passed_at = Task.PASSED, now or timezone.now()
        task.save(update_fields=["state", "passed_at"])
        _record(instruction, task, Verb.PASS, by, task.passed_at, note)
        return task


def return_task(
    task: InstructionTask, *, by: Any, reason: str, due_at: datetime | None = None, now: datetime | None = None
) -> InstructionTask:
    """The city sends the answer back (退回); where the deadline is over, a new one must be given."""
    now = now or timezone.now()
    with transaction.atomic():
        instruction, task = _task(task, ISSUE, Verb.RETURN, by, Task.ANSWERED)
        if not reason.strip():
            raise InstructionFieldRefused("reason", "请填写退回原因")
        if due_at is None and task.due_at <= now:
            raise InstructionFieldRefused("due_at", "原期限已过，请给出新的期限")
        if due_at is not None:
            require_ahead(due_at, now)
        facts = {"answer": task.answer, "answered_at": task.answered_at.isoformat() if task.answered_at else ""}
        task.state, task.answered_at, task.returned_times = Task.RETURNED, None, task.returned_times + 1
        task.due_at = due_at or task.due_at
        task.save(update_fields=["state", "answered_at", "returned_times", "due_at"])
        _record(instruction, task, Verb.RETURN, by, now, reason, facts)
        return task


def record_results(
    instruction: Instruction, *, by: Any, items: Collection[int], result: str, note: str = "",
    now: datetime | None = None,
) -> int:  # fmt: skip
    """What was found at ``items`` (登记结果), one or many; how many. An empty ``result`` takes a result back.

    A county records at its own items once it has received the task, the city at its own list. Raises
    ``InstructionNotFound`` where one of them is not the user's to record.
    """
    now = now or timezone.now()
    with transaction.atomic():
        instruction, rows = _items(instruction, items, Verb.RESULT, by)
        if result not in ("", *InstructionItem.Result.values):
            raise InstructionFieldRefused("result", "请选择结果")
        if not result and any(item.case_id for item in rows):
            raise InstructionFieldRefused("result", "已立案的检查对象不能撤销结果")
        for item in rows:
            item.result, item.note = result, note.strip()[:300]
            item.done_at, item.done_by = (now, by) if result else (None, None)
        InstructionItem.objects.bulk_update(rows, ["result", "note", "done_at", "done_by"])
        facts = {"result": result, "items": [item.position for item in rows], "names": [str(item) for item in rows[:5]]}
        _record(instruction, rows[0].task, Verb.RESULT, by, now, note, facts)
        return len(rows)


def open_case_from(item: InstructionItem, *, by: Any, now: datetime | None = None) -> Case:
    """A case about an item (立案), of the county that has it; the item's result is then 查出问题."""
    now = now or timezone.now()
    with transaction.atomic():
        instruction, (item,) = _items(item.instruction, [item.pk], Verb.OPEN_CASE, by)
        if item.case_id:
            raise StepRefused(Verb.OPEN_CASE.label, "已立案")
        vehicle = item.vehicle
        subject = Subject()
        if vehicle is not None:
            subject = Subject(
                vehicle_id=vehicle.pk, plate=item.plate, plate_colour=item.plate_colour, industry=item.industry,
                company_id=vehicle.company_id, company_name=item.company_name,
            )  # fmt: skip
        item.case = cases.open_case(
            origin=Case.Origin.INSTRUCTION,
            kind=ITEM,
            title=f"{instruction.title}{f'：{item.area_name}' if item.area_name else ''}"[:80],
            subject=subject,
            occurred_at=now,
            latitude_e6=item.latitude_e6,
            longitude_e6=item.longitude_e6,
            county_id=item.county_id,
            county_rule="按指令" if item.county_id else "",
            boundary_unconfirmed=item.boundary_unconfirmed,
            facts={"instruction": instruction.pk, "title": instruction.title, "item": item.pk, "note": item.note},
            by=by,
        )
        item.result = InstructionItem.Result.FINDING
        item.done_at, item.done_by = item.done_at or now, item.done_by or by
        item.save(update_fields=["case", "result", "done_at", "done_by"])
        facts = {"case": item.case.number, "items": [item.position], "names": [str(item)]}
        _record(instruction, item.task, Verb.OPEN_CASE, by, now, facts=facts)
        return item.case


def task_verbs(task: InstructionTask, user: Any) -> list[str]:
    """What ``user`` may do to a task as it stands."""
    if not task.instruction.is_open:
        return []
    rows: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        (Verb.RECEIVE, ANSWER, (Task.ISSUED,)),
        (Verb.RESULT, ANSWER, (Task.RECEIVED, Task.RETURNED)),
        (Verb.ANSWER, ANSWER, (Task.RECEIVED, Task.RETURNED)),
        (Verb.PASS, ISSUE, (Task.ANSWERED,)),
        (Verb.RETURN, ISSUE, (Task.ANSWERED,)),
        (Verb.URGE, ISSUE, (Task.ISSUED, Task.RECEIVED, Task.RETURNED)),
    )
    return [str(verb) for verb, right, states in rows if task.state in states and user.may(right)]


def _locked(instruction: Instruction, right: str, verb: InstructionEvent.Verb, by: Any) -> Instruction:
    require(by, right)
    rows = instructions_visible_to(by).select_related(None).order_by()
    locked = rows.select_for_update(of=("self",)).filter(pk=instruction.pk).first()
    if locked is None or (right == ISSUE and scope_of(by).level != "city"):
        raise InstructionNotFound(pk=instruction.pk)
    if not locked.is_open:
        raise StepRefused(verb.label, locked.get_state_display())
    return locked


def _task(
    task: InstructionTask, right: str, verb: InstructionEvent.Verb, by: Any, *states: InstructionTask.State
) -> tuple[Instruction, InstructionTask]:
    instruction = _locked(task.instruction, right, verb, by)
    rows = scope_of(by).limit(InstructionTask.objects.filter(instruction=instruction, pk=task.pk))
    locked = rows.select_for_update(of=("self",)).first()
    if locked is None:
        raise InstructionNotFound(pk=task.pk)
    if locked.state not in states:
        raise StepRefused(verb.label, locked.get_state_display())
    locked.instruction = instruction
    return instruction, locked


def _items(
    instruction: Instruction, pks: Collection[int], verb: InstructionEvent.Verb, by: Any
) -> tuple[Instruction, list[InstructionItem]]:
    """The items with their rows locked: all of one county's task that is being worked on, or all of the city's list."""
    own_list = by.may(ISSUE)
    instruction = _locked(instruction, ISSUE if own_list else ANSWER, verb, by)
    rows = items_visible_to(by).filter(instruction=instruction, pk__in=list(pks), task__isnull=own_list)
    locked = list(rows.select_related("vehicle", "task").select_for_update(of=("self",)).order_by("position"))
    if not pks or len(locked) != len(set(pks)):
        raise InstructionNotFound("请先选择检查对象，只能登记本县区的" if not pks else "")
    for task in {item.task for item in locked if item.task}:
        if task.state not in (Task.RECEIVED, Task.RETURNED):
            raise StepRefused(verb.label, task.get_state_display())
    return instruction, locked


def _attach(
    instruction: Instruction, task: InstructionTask | None, stored: Sequence[StoredFile], now: datetime
) -> None:
    InstructionFile.objects.bulk_create(
        InstructionFile(
            instruction=instruction, task=task, name=file.name, content_type=file.content_type, sha256=file.sha256,
            size_bytes=file.size_bytes, path=file.path, at=now,
        )
        for file in stored
    )  # fmt: skip


def _record(
    instruction: Instruction, task: InstructionTask | None, verb: InstructionEvent.Verb, by: Any, now: datetime,
    note: str = "", facts: dict[str, Any] | None = None,
) -> InstructionEvent:  # fmt: skip
    event = InstructionEvent.objects.create(
        instruction=instruction,
        task=task,
        city_only=task is None and verb in (Verb.RESULT, Verb.OPEN_CASE),
        at=now,
        verb=verb,
        by=by,
        by_name=f"{by}（{by.unit.name if by.unit_id else by.get_role_display()}）",
        note=note.strip(),
        facts=facts or {},
    )
    for hear in AFTER_STEP:
        hear(instruction, event)
    return event
