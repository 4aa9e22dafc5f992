"""The list of cases as a file (导出); people's names are hidden where the reader's role does not need them."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from datacenter.cases.models import Case
from datacenter.errors import DomainError
from datacenter.registry.masking import mask_name

MOST_ROWS = 50_000
_HEAD = ("案号", "状态", "事由", "来源", "行业", "车牌号", "车牌颜色", "企业", "驾驶员", "承办县区", "承办人",
         "发生时间", "立案时间", "办理期限", "办理结果", "办结时间")  # fmt: skip
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TooManyRows(DomainError):
    """More rows than one file takes."""

    code = "too_many_rows"
    status = 422
    message = f"超过 {MOST_ROWS:,} 行，请缩小筛选范围后再导出"


def as_file(rows: QuerySet[Case], kind: str, user: Any) -> tuple[HttpResponse, list[str]]:
    """The file, and the numbers of the cases in it. Raises ``TooManyRows``."""
    cases = list(rows[: MOST_ROWS + 1])
    if len(cases) > MOST_ROWS:
        raise TooManyRows
    whole_names = user.may("personal_data.unmask") or user.may("case.names")
    lines = (_line(case, whole_names) for case in cases)
    name = f"cases-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    content, content_type = (_xlsx(lines), _XLSX) if kind == "xlsx" else (_csv(lines), "text/csv; charset=utf-8")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers), [case.number for case in cases]


def _line(case: Case, whole_names: bool) -> list[str]:
    moments = (case.occurred_at, case.opened_at, case.due_at)
    return [
        case.number,
        case.get_state_display(),
        case.title,
        case.get_origin_display(),
        case.get_industry_display(),
        case.plate,
        case.get_plate_colour_display() or "",
        case.company_name,
        case.driver_name if whole_names else mask_name(case.driver_name),
        case.county.name if case.county else "",
        str(case.assignee) if case.assignee else "",
        *(_moment(value) for value in moments),
        case.result,
        _moment(case.closed_at),
    ]


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""


def _harmless(text: str) -> str:
    """A cell that a spreadsheet will not run as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _csv(lines: Iterator[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    writer.writerows([_harmless(text) for text in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")  # with its mark, so that spreadsheets read it as UTF-8


def _xlsx(lines: Iterator[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("案件")
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, value=title) for title in _HEAD]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for line in lines:
        sheet.append([_harmless(text) for text in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
