"""Instructions as files (导出): the list, and one instruction's progress and items as a workbook of two sheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from datacenter.cases.export import MOST_ROWS, TooManyRows
from datacenter.instructions.models import Instruction, InstructionItem
from datacenter.instructions.selectors import Line, Progress
from datacenter.registry.sheets.reading import FORMULA_SIGNS

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LIST = ("标题", "文号", "类型", "状态", "下发时间", "反馈期限", "下发人", "县区数", "已反馈", "检查对象", "已办")
_PROGRESS = ("县区", "状态", "下发时间", "签收时间", "反馈期限", "反馈时间", "是否按时", "检查对象", "已办",
             *InstructionItem.Result.labels, "疑似违规", "立案", "未结案件", "催办次数", "退回次数",
             "反馈内容")  # fmt: skip
_ITEMS = (
    "序号",
    "县区",
    "车牌号",
    "车牌颜色",
    "行业",
    "企业",
    "区域",
    "标记",
    "结果",
    "说明",
    "办理时间",
    "办理人",
    "案号",
)

Row = Sequence[object]


def list_file(rows: QuerySet[Instruction], kind: str) -> tuple[HttpResponse, int]:
    """What the list shows, as CSV or xlsx, and how many rows it has. Raises ``TooManyRows``."""
    found = list(rows[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyRows
    lines = [_listed(row) for row in found]
    if kind == "xlsx":
        return _response(_book([("监管指令", _LIST, lines)]), "instructions", "xlsx"), len(lines)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_LIST)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return _response(out.getvalue().encode("utf-8-sig"), "instructions", "csv"), len(lines)


def workbook(
    instruction: Instruction, progress: Progress, items: QuerySet[InstructionItem]
) -> tuple[HttpResponse, int]:
    """Progress by county and every item inside the reader's scope; and how many items."""
    found = list(items[: MOST_ROWS + 1])
    if len(found) > MOST_ROWS:
        raise TooManyRows
    sheets = [
        ("进度", _PROGRESS, [_progressed(line) for line in progress.lines]),
        ("检查对象", _ITEMS, [_itemised(item) for item in found]),
    ]
    return _response(_book(sheets), f"instruction-{instruction.pk}", "xlsx"), len(found)


def _listed(row: Any) -> Row:
    return (
        row.title, row.document_no, row.get_kind_display(), row.get_state_display(), _moment(row.sent_at),
        _moment(row.own_due_at or row.due_at), str(row.sent_by), row.counties or 0, row.answered or 0,
        row.item_count or 0, row.items_done or 0,
    )  # fmt: skip


def _progressed(line: Line) -> Row:
    task = line.task
    head: Row = ("市级清单", *[""] * 6)
    tail: Row = ("", "", "")
    if task:
        in_time = {True: "按时", False: "逾期", None: ""}[task.in_time]
        head = (
            task.county.name, task.get_state_display(), _moment(task.sent_at), _moment(task.accepted_at),
            _moment(task.due_at), _moment(task.answered_at), in_time,
        )  # fmt: skip
        tail = (task.urged_times, task.returned_times, task.answer)
    counts = [line.results.get(value, 0) for value in InstructionItem.Result.values]
    return (*head, line.items, line.done, *counts, line.findings, line.cases, line.cases_open, *tail)


def _itemised(item: InstructionItem) -> Row:
    return (
        item.position, item.county.name if item.county else "", item.plate, item.get_plate_colour_display() or "",
        item.get_industry_display(), item.company_name, item.area_name, item.get_mark_display(),
        item.get_result_display(), item.note, _moment(item.done_at), str(item.done_by or ""),
        item.case.number if item.case else "",
    )  # fmt: skip


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""


def _cell(value: object) -> object:
    """A cell that a spreadsheet will not run as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


def _book(sheets: Iterable[tuple[str, Sequence[str], Iterable[Row]]]) -> bytes:
    book = Workbook(write_only=True)
    for title, head, lines in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        cells = [WriteOnlyCell(sheet, value=name) for name in head]
        for cell in cells:
            cell.font = Font(bold=True)
        sheet.append(cells)
        for line in lines:
            sheet.append([_cell(value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _response(content: bytes, name: str, kind: str) -> HttpResponse:
    file = f"{name}-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=_XLSX if kind == "xlsx" else "text/csv; charset=utf-8", headers=headers)
