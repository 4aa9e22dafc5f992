"""The figures as an Excel file (导出): one sheet each, the same rows as the page shows."""

from __future__ import annotations

import io
from collections.abc import Iterable

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from datacenter.registry.sheets.writing import harmless
from datacenter.statistics.tables import Cell, Table

_FORMATS = {"percent": "0.00%", "hours": "0.0", "number": "General", "words": "@"}


def workbook(tables: Iterable[Table], about: list[tuple[str, str]]) -> bytes:
    """A file with a sheet for each table, and one that says what was asked for."""
    book = Workbook(write_only=True)
    bold = Font(bold=True)
    for table in tables:
        page = book.create_sheet(table.title[:31])
        page.freeze_panes = "B2"
        for place, text in enumerate(table.head, start=1):
            page.column_dimensions[get_column_letter(place)].width = max(10, len(text) * 2 + 2)
        head = [WriteOnlyCell(page, value=text) for text in table.head]
        for cell in head:
            cell.font = bold
        page.append(head)
        for row in [*table.rows, *([table.foot] if table.foot else [])]:
            page.append([_cell(page, cell) for cell in row])
    page = book.create_sheet("统计口径")
    page.column_dimensions["B"].width = 60
    for title, text in about:
        page.append([title, str(harmless(text))])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(page: object, cell: Cell) -> WriteOnlyCell:
    written = WriteOnlyCell(page, value=harmless(cell.value) if cell.kind == "words" else cell.value)
    written.number_format = _FORMATS[cell.kind]
    return written
