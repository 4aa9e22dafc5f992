"""Makes files that people open in Excel (导出): exports, empty forms, reports.

A cell that begins like a formula gets an apostrophe before it, in Excel files and in CSV alike: what a terminal or a
form said must never run on an officer's machine. Reading takes the apostrophe off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from datacenter.registry.models import Certificate, Practitioner
from datacenter.registry.sheets.columns import Sheet
from datacenter.registry.sheets.reading import FORMULA_SIGNS
from datacenter.registry.sheets.report import Report

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
TYPES = {"xlsx": XLSX, "csv": CSV}
_BATCH = 2000


def export(rows: QuerySet[Any], sheet: Sheet, format: str) -> bytes:
    """A file of ``rows``, which the caller has cut to scope and filters. People's names and numbers are masked."""
    head = [column.title for column in sheet.columns]
    return write(head, _cells(rows, sheet), format, title=sheet.title)


def template(sheet: Sheet, format: str) -> bytes:
    """The empty form of a table: its head, required columns starred, and one example row to write over."""
    head = [column.title + ("*" if column.required else "") for column in sheet.columns]
    example: list[object] = [column.example for column in sheet.columns]
    return write(head, [example], format, title=sheet.title)


def report(found: Report) -> bytes:
    """What is wrong with a table, as CSV to work through."""
    lines: list[list[object]] = [
        [fault.row or "", fault.title, fault.value, fault.rule, "提示" if fault.warning else "错误"]
        for fault in (*found.errors, *found.warnings)
    ]
    return write(["行号", "列", "填写内容", "规则", "级别"], lines, "csv", title="导入报告")


def write(head: list[str], lines: Iterable[list[object]], format: str, *, title: str) -> bytes:
    """A table as ``csv`` (UTF-8 with the mark that Excel needs) or ``xlsx``."""
    return _csv(head, lines) if format == "csv" else _xlsx(head, lines, title)


def harmless(value: object) -> object:
    """A cell's value with what Excel would run made plain text; empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value


def _cells(rows: QuerySet[Any], sheet: Sheet) -> Iterator[list[object]]:
    if sheet.model is Practitioner:
        papers = Prefetch("certificates", Certificate.objects.order_by("valid_until", "pk"))
        for person in rows.prefetch_related(papers).iterator(chunk_size=_BATCH):
            for paper in person.certificates.all() or [None]:
                person.shown_certificate = paper
                yield [column.show(person) for column in sheet.columns]
        return
    for row in rows.iterator(chunk_size=_BATCH):
        yield [column.show(row) for column in sheet.columns]


def _printable(value: object) -> str:
    """Text that an Excel file may hold: without control characters."""
    return ILLEGAL_CHARACTERS_RE.sub("", str(value))


def _csv(head: list[str], lines: Iterable[list[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    for line in lines:
        writer.writerow([harmless(value) for value in line])
    return text.getvalue().encode("utf-8-sig")


def _xlsx(head: list[str], lines: Iterable[list[object]], title: str) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    page.freeze_panes = "A2"
    for place, text in enumerate(head, start=1):
        page.column_dimensions[get_column_letter(place)].width = max(12, len(text) * 2 + 4)
    bold = Font(bold=True)
    titles = []
    for text in head:
        cell = WriteOnlyCell(page, value=text)
        cell.font = bold
        titles.append(cell)
    page.append(titles)
    for line in lines:
        # Identity and phone numbers are text: as numbers Excel would round their ends off. Dates stay dates.
        page.append([value if isinstance(value, (int, date)) else _printable(harmless(value)) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
