"""The list of orders as a file (工单导出); callers' names and numbers are masked for everybody."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from complaints.orders.models import Order
from datacenter.cases.export import MOST_ROWS, TooManyRows
from datacenter.registry.masking import mask_name, mask_phone
from datacenter.registry.sheets.reading import FORMULA_SIGNS

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = ("工单号", "渠道", "来源单号", "来话人", "来话号码", "要求保密", "类别", "子类别", "业务领域", "县区", "地点",
         "发生时间", "车牌号", "线路", "企业", "内容", "紧急程度", "受理人", "受理时间", "状态", "案号", "办理期限",
         "办理结果", "答复依据", "首次答复时间", "回访时间", "满意度", "不满意原因", "重办次数",
         "办结时间")  # fmt: skip


def as_file(rows: QuerySet[Order], kind: str) -> tuple[HttpResponse, list[str]]:
    """The file, and the numbers of the orders in it. Raises ``TooManyRows``."""
    orders = list(rows[: MOST_ROWS + 1])
    if len(orders) > MOST_ROWS:
        raise TooManyRows
    lines = [_line(order) for order in orders]
    content, content_type = (_xlsx(lines), _XLSX) if kind == "xlsx" else (_csv(lines), "text/csv; charset=utf-8")
    name = f"orders-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers), [order.number for order in orders]


def _line(order: Order) -> list[object]:
    case = order.case
    cells: list[object] = [
        order.number, order.get_channel_display(), order.external_no, mask_name(order.caller_name),
        mask_phone(order.caller_phone), "是" if order.confidential else "", order.category.get_kind_display(),
        order.category.title, order.get_industry_display(), order.county.name if order.county else "", order.place,
        _moment(order.occurred_at), order.plate or order.plates_said, order.line, order.company_name, order.covered,
        order.get_urgency_display(), str(order.operator or ""), _moment(order.accepted_at), order.get_state_display(),
        case.number if case else "", _moment(case.due_at) if case else "", order.answer, order.legal_basis,
        _moment(order.first_answer_at), _moment(order.called_back_at), order.get_satisfaction_display(),
        order.dissatisfied_with, order.reopened_times, _moment(order.closed_at),
    ]  # fmt: skip
    # A cell that a spreadsheet would run as a formula gets an apostrophe before it.
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell for cell in cells]


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""


def _csv(lines: list[list[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([_HEAD, *lines])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(lines: list[list[object]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("热线工单")
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, value=title) for title in _HEAD]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
