"""How soon each county answers instructions (指令答复用时); registers with assessment's catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.assessment import catalogue
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.models.subjects import Axis, Kind
from datacenter.instructions.models import Instruction, InstructionTask
from datacenter.instructions.selectors import answer_times, tasks_visible_to

_HEAD = ("监管指令", "下发", "期限", "反馈")


def _hours(period: Period) -> Figures:
    """Hours to the answer of the tasks that were due in the period; what is late and unanswered counts up to now."""
    summed: dict[str, list[float]] = {}
    for row in answer_times(period.first, now=period.until):
        if row.in_time is None:  # not due yet and not answered: nothing to say of it
            continue
        line = summed.setdefault(row.county_id, [0.0, 0])
        line[0] += ((row.answered_at or period.until) - row.sent_at).total_seconds() / 3600
        line[1] += 1
    return {county: Figure(hours, count) for county, (hours, count) in summed.items()}


def _rows(user: Any, key: str, period: Period) -> QuerySet[InstructionTask]:
    rows = tasks_visible_to(user).filter(county_id=key, due_at__gte=period.start, due_at__lt=period.end)
    return rows.exclude(instruction__state=Instruction.State.WITHDRAWN).select_related("instruction")


def _line(task: Any, user: Any) -> Sequence[Cell]:
    where = reverse("instruction", args=[task.instruction_id]) if user.may("instruction.view") else ""
    moments = (task.sent_at, task.due_at, task.answered_at)
    spoken = [f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else "—" for moment in moments]
    return (Cell(task.instruction.title, where), *map(Cell, spoken))


def register() -> None:
    """Enter it in the catalogue."""
    catalogue.register(
        Indicator(
            "county.instructions", "指令答复用时", Axis.COMMAND, Kind.COUNTY, "小时", "low", _hours,
            ("答复用时合计", "指令数"), _("下发至反馈的小时数 ÷ 当月到期的指令数；逾期未反馈的计至当前"),
            scale=1, behind=Behind(_HEAD, _rows, _line),
        )
    )  # fmt: skip
