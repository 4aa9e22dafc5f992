"""Reads of instructions (指令查询): inside the user's scope, and progress without a query for each row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.cases.states import OPEN_STATES
from datacenter.detection.models import Finding, Mode
from datacenter.instructions.errors import InstructionNotFound
from datacenter.instructions.models import (
    Instruction,
    InstructionEvent,
    InstructionFile,
    InstructionItem,
    InstructionTask,
)

Task = InstructionTask.State
SOON = timedelta(hours=24)
"""How long before its deadline a task is amber."""


def tasks_visible_to(user: Any) -> QuerySet[InstructionTask]:
    """Tasks (县区任务) inside the user's scope; companies have none."""
    scope = scope_of(user)
    rows = InstructionTask.objects.select_related("county", "instruction", "accepted_by")
    rows = rows.defer("county__boundary", "county__disputed")
    return scope.limit(rows) if scope.level in ("city", "county") else rows.none()


def instructions_visible_to(user: Any) -> QuerySet[Instruction]:
    """Instructions of which the user sees a task; the city sees all. Newest first."""
    rows = Instruction.objects.select_related("sent_by__unit").order_by("-sent_at", "-pk")
    if scope_of(user).level == "city":
        return rows
    own = tasks_visible_to(user).select_related(None).defer(None).filter(instruction=OuterRef("pk"))
    return rows.filter(Exists(own.order_by()))


def items_visible_to(user: Any) -> QuerySet[InstructionItem]:
    """Items (检查对象) of the tasks that the user sees; the city's own list only for the city."""
    rows = InstructionItem.objects.select_related("county", "done_by", "case").defer(
        "county__boundary", "county__disputed"
    )
    scope = scope_of(user)
    return scope.limit(rows, county="task__county_id") if scope.level in ("city", "county") else rows.none()


def get_instruction_for(user: Any, pk: int) -> Instruction:
    """The instruction if the user may see it; raises ``InstructionNotFound``."""
    found = instructions_visible_to(user).filter(pk=pk).first()
    if found is None:
        raise InstructionNotFound(pk=pk)
    return found


def get_task_for(user: Any, instruction: Instruction, county_id: str) -> InstructionTask:
    """One county's task if the user may see it; raises ``InstructionNotFound``."""
    found = tasks_visible_to(user).filter(instruction=instruction, county_id=county_id).first()
    if found is None:
        raise InstructionNotFound(pk=instruction.pk, county=county_id)
    return found


def own_task(user: Any, instruction: Instruction) -> InstructionTask | None:
    """The task of the user's own county; the city has none."""
    if scope_of(user).level != "county":
        return None
    return tasks_visible_to(user).filter(instruction=instruction).first()


def get_item_for(user: Any, instruction: Instruction, pk: int) -> InstructionItem:
    """One item if the user may see it; raises ``InstructionNotFound``."""
    found = items_visible_to(user).filter(instruction=instruction, pk=pk).first()
    if found is None:
        raise InstructionNotFound(pk=pk)
    return found


def get_file_for(user: Any, instruction: Instruction, pk: int) -> InstructionFile:
    """One file of an instruction that the user sees, an answer's only with its task; raises ``InstructionNotFound``."""
    found = files_of(user, instruction).filter(pk=pk).first()
    if found is None:
        raise InstructionNotFound(pk=pk)
    return found


def files_of(user: Any, instruction: Instruction) -> QuerySet[InstructionFile]:
    """The instruction's own files, and those of the answers that the user may see."""
    seen = tasks_visible_to(user).order_by().values("pk")
    return instruction.files.filter(Q(task=None) | Q(task__in=seen)).select_related("task")


def events_of(user: Any, instruction: Instruction) -> list[InstructionEvent]:
    """The steps that the user may see, newest first: what is for all, and those of the tasks inside the scope."""
    rows = instruction.events.select_related("task__county").defer("task__county__boundary", "task__county__disputed")
    if scope_of(user).level != "city":
        seen = tasks_visible_to(user).order_by().values("pk")
        rows = rows.filter(Q(task=None, city_only=False) | Q(task__in=seen))
    return list(rows.order_by("-at", "-pk")[:200])


# --- Lists ------------------------------------------------------------------------------------------------------------
def listed_for(user: Any) -> QuerySet[Instruction]:
    """Instructions with what a list shows of each: counties, answers, items done, and the user's own county's state."""
    tasks = InstructionTask.objects.filter(instruction=OuterRef("pk")).order_by()
    items = InstructionItem.objects.filter(instruction=OuterRef("pk")).order_by()
    scope = scope_of(user)
    if scope.level == "county":
        tasks, items = tasks.filter(county_id=scope.id), items.filter(task__county_id=scope.id)

    def counted(rows: QuerySet[Any]) -> Subquery:
        return Subquery(rows.values("instruction").annotate(n=Count("pk")).values("n"))

    own = tasks.filter(county_id=scope.id)
    return instructions_visible_to(user).annotate(
        counties=counted(tasks),
        answered=counted(tasks.filter(state__in=(Task.ANSWERED, Task.PASSED))),
        item_count=counted(items),
        items_done=counted(items.exclude(result="")),
        own_state=Subquery(own.values("state")[:1]),
        own_due_at=Subquery(own.values("due_at")[:1]),
    )


def found(rows: QuerySet[Instruction], wanted: dict[str, Any]) -> QuerySet[Instruction]:
    """``rows`` that the filters of the list let through."""
    for name in ("kind", "state"):
        if value := wanted.get(name):
            rows = rows.filter(**{name: value})
    if q := (wanted.get("q") or "").strip():
        rows = rows.filter(Q(title__icontains=q) | Q(document_no__icontains=q))
    return rows


def waiting_for(user: Any) -> QuerySet[InstructionTask]:
    """Tasks on which this user has to do something: a county to receive or answer, the city to look at an answer."""
    rows = tasks_visible_to(user).filter(instruction__state=Instruction.State.OPEN)
    states: list[str] = []
    if user.may("instruction.answer"):
        states += [Task.ISSUED, Task.RECEIVED, Task.RETURNED]
    if user.may("instruction.issue"):
        states.append(Task.ANSWERED)
    return rows.filter(state__in=states).order_by("due_at", "pk")


# --- Progress ---------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Line:
    """How far one county is (县区进度); without a task it is the city's own list."""

    task: InstructionTask | None
    items: int = 0
    results: dict[str, int] = field(default_factory=dict)
    findings: int = 0
    cases: int = 0
    cases_open: int = 0

    @property
    def done(self) -> int:
        """Items that have a result."""
        return sum(self.results.values())

    @property
    def percent(self) -> int | None:
        """The same in hundredths; None without items."""
        return 100 * self.done // self.items if self.items else None


@dataclass(frozen=True, slots=True)
class Progress:
    """All lines of an instruction, by county, the city's own list last where it has items; and their sum."""

    lines: list[Line]
    total: Line
    answered: int
    in_time: int


def progress_of(user: Any, instruction: Instruction) -> Progress:
    """How far an instruction has come inside the user's scope, in three queries whatever it has of items."""
    lines: dict[int | None, Line] = {
        task.pk: Line(task) for task in tasks_visible_to(user).filter(instruction=instruction).order_by("county_id")
    }
    visible = items_visible_to(user).filter(instruction=instruction).select_related(None).defer(None).order_by()
    for task_id, result, items, cases, open_cases in visible.values_list("task_id", "result").annotate(
        items=Count("pk"), cases=Count("case"), open_cases=Count("pk", filter=Q(case__state__in=OPEN_STATES))
    ):
        line = lines.setdefault(task_id, Line(None))
        line.items += items
        line.cases += cases
        line.cases_open += open_cases
        if result:
            line.results[result] = line.results.get(result, 0) + items
    for task_id, count in _findings(instruction, visible):
        if task_id in lines:
            lines[task_id].findings = count
    rows = [line for line in lines.values() if line.task] + [line for line in lines.values() if not line.task]
    total = Line(None)
    for line in rows:
        total.items += line.items
        total.findings += line.findings
        total.cases += line.cases
        total.cases_open += line.cases_open
        for result, count in line.results.items():
            total.results[result] = total.results.get(result, 0) + count
    tasks = [line.task for line in rows if line.task]
    return Progress(
        rows, total, sum(task.is_answered for task in tasks), sum(task.in_time is True for task in tasks)
    )  # fmt: skip


def _findings(instruction: Instruction, items: QuerySet[InstructionItem]) -> Iterable[tuple[int | None, int]]:
    """(task, findings of the campaign's kinds among its vehicles since it began), for all tasks at once."""
    if not instruction.finding_kinds:
        return []
    found = Q(
        vehicle__finding__detector__in=instruction.finding_kinds,
        vehicle__finding__started_at__gte=instruction.sent_at,
        vehicle__finding__mode=Mode.IN_FORCE,
        vehicle__finding__state__in=(Finding.State.ONGOING, Finding.State.ENDED),
    )
    if instruction.ended_at:
        found &= Q(vehicle__finding__started_at__lte=instruction.ended_at)
    return items.filter(found).values_list("task_id").annotate(n=Count("vehicle__finding"))


# --- Figures for assessment -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AnswerTime:
    """How one county answered one instruction (答复时效). ``in_time`` is None while the deadline is still ahead."""

    county_id: str
    instruction_id: int
    title: str
    sent_at: datetime
    due_at: datetime
    answered_at: datetime | None
    in_time: bool | None

    @property
    def hours(self) -> float | None:
        """From sending to the answer that stands; None without one."""
        return (self.answered_at - self.sent_at).total_seconds() / 3600 if self.answered_at else None


def answer_times(month: date, *, now: datetime | None = None) -> list[AnswerTime]:
    """Every task whose deadline lies in the month of ``month`` (Asia/Shanghai), inside PostgreSQL's scope.

    By the month of the deadline, not of sending: only then is it known whether an answer came in time. Withdrawn
    instructions count for nobody; an answer that was sent back is none until it comes anew.
    """
    now = now or timezone.now()
    zone = timezone.get_default_timezone()
    first = datetime(month.year, month.month, 1, tzinfo=zone)
    after = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=zone)
    rows = InstructionTask.objects.filter(due_at__gte=first, due_at__lt=after)
    rows = rows.exclude(instruction__state=Instruction.State.WITHDRAWN).select_related("instruction")
    return [
        AnswerTime(
            county_id=task.county_id,
            instruction_id=task.instruction_id,
            title=task.instruction.title,
            sent_at=task.sent_at,
            due_at=task.due_at,
            answered_at=task.answered_at,
            in_time=task.in_time if task.answered_at else (False if task.due_at < now else None),
        )
        for task in rows.order_by("due_at", "pk")
    ]
