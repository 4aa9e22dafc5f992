"""The list of roadside checks as a file (导出)."""

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

from datacenter.cases.export import MOST_ROWS, TooManyRows
from datacenter.registry.sheets.reading import FORMULA_SIGNS
from datacenter.roadside.models import RoadsideCheck

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = ("派单时间", "案号", "车牌号", "车牌颜色", "企业", "涉嫌", "核查要求", "县区", "执法队", "巡逻", "状态",
         "派单人", "直线距离 m", "接单时间", "反馈时间", "结果", "说明", "拒单原因")  # fmt: skip


def as_file(rows: QuerySet[RoadsideCheck], kind: str) -> tuple[HttpResponse, int]:
    """The file, and how many rows it has. Raises ``TooManyRows``."""
    checks = list(rows[: MOST_ROWS + 1])
    if len(checks) > MOST_ROWS:
        raise TooManyRows
    lines = [_line(check) for check in checks]
    content, content_type = (_xlsx(lines), _XLSX) if kind == "xlsx" else (_csv(lines), "text/csv; charset=utf-8")
    name = f"roadside-{timezone.localtime():%Y%m%d-%H%M}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers), len(lines)


def _line(check: RoadsideCheck) -> list[object]:
    cells = [
        _moment(check.ordered_at), check.case.number, check.plate, check.get_plate_colour_display() or "",
        check.company_name, check.suspected, check.request, check.county.name if check.county else "",
        check.team.name, check.patrol.name, check.get_state_display(), str(check.ordered_by),
        "" if check.distance_m is None else check.distance_m, _moment(check.accepted_at), _moment(check.answered_at),
        check.finding, check.note, check.get_decline_reason_display(),
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
    sheet = book.create_sheet("路面核查单")
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
