"""Makes rows of text from an uploaded file (读取表格): Excel (.xlsx), or CSV in UTF-8 or GBK.

What a file is called or says it is counts for nothing: its bytes decide. Everything about it is bounded, since it
comes from outside: its size, what it unpacks to, its rows and columns, the length of a cell.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from datacenter.registry.errors import SheetUnreadable
from datacenter.registry.sheets.columns import Column, Sheet

MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED_BYTES = 200 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 60
LONGEST_CELL = 500
# An Excel number has 15 digits; what is longer has lost its end before it reached us.
_EXACT_DIGITS = 15
# What Excel takes for the start of a formula, half and full width.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Line:
    """One filled row: its number in the file, the head being 1, and the text of each column that the file has."""

    number: int
    cells: dict[Column, str]


def read(data: bytes, sheet: Sheet) -> list[Line]:
    """The filled rows of a file as text, in order. Raises ``SheetUnreadable`` where it is no such table at all."""
    if len(data) > MOST_BYTES:
        raise SheetUnreadable(f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请分几次导入")
    if data.startswith(_OLD_EXCEL):
        raise SheetUnreadable("这是旧版 Excel（.xls）文件，请另存为 .xlsx 再上传")
    rows = _from_excel(data) if data.startswith(_ZIP) else _from_text(data)
    head = next(rows, None)
    if not head or not any(head):
        raise SheetUnreadable("文件是空的，第一行应为表头")
    columns = _columns(head, sheet)
    lines = []
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            raise SheetUnreadable(f"超过 {MOST_ROWS:,} 行，请分几次导入")
        if any(row):
            cells = {column: row[place] if place < len(row) else "" for place, column in columns.items()}
            lines.append(Line(number, cells))
    if not lines:
        raise SheetUnreadable("表头下面没有数据")
    return lines


def _columns(head: list[str], sheet: Sheet) -> dict[int, Column]:
    """Which column stands at which place; the order is free, every required one must be there, no other may be."""
    known = sheet.by_title()
    titles = [title.replace("*", "").replace(" ", "").replace("\u3000", "") for title in head]
    bare = {title.replace(" ", ""): column for title, column in known.items()}
    strange = [title for title in titles if title and title not in bare]
    if strange:
        expected = "、".join(known)
        raise SheetUnreadable(f"不认识的列：{'、'.join(strange[:5])}。“{sheet.title}”表的列为：{expected}")
    twice = {title for title in titles if title and titles.count(title) > 1}
    if twice:
        raise SheetUnreadable(f"列重复：{'、'.join(sorted(twice))}")
    missing = [
        column.title for column in sheet.columns if column.required and column.title.replace(" ", "") not in titles
    ]
    if missing:
        raise SheetUnreadable(f"缺少必填列：{'、'.join(missing)}")
    return {place: bare[title] for place, title in enumerate(titles) if title}


def _from_text(data: bytes) -> Iterator[list[str]]:
    if b"\x00" in data:
        raise SheetUnreadable("文件既不是 Excel（.xlsx），也不是 CSV 文本")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetUnreadable("文件编码不是 UTF-8，也不是 GBK")
    first_line = text.split("\n", 1)[0]
    delimiter = "\t" if first_line.count("\t") > first_line.count(",") else ","
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [_text(cell) for cell in row[:MOST_COLUMNS]]
    except csv.Error as fault:
        raise SheetUnreadable(f"CSV 格式有误：{fault}") from None


def _from_excel(data: bytes) -> Iterator[list[str]]:
    _check_archive(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, ParseError, OSError):
        raise SheetUnreadable("Excel 文件已损坏，请重新另存为 .xlsx") from None
    try:
        page = book.worksheets[0]
        page.reset_dimensions()  # a file may claim a million columns
        rows: Iterable[tuple[Any, ...]] = page.iter_rows(values_only=True)
        for row in rows:
            yield [_text(cell) for cell in islice(row, MOST_COLUMNS)]
    except (IndexError, AttributeError, KeyError, ValueError, ParseError, zipfile.BadZipFile):
        raise SheetUnreadable("Excel 文件的第一个工作表无法读取") from None
    finally:
        book.close()


def _check_archive(data: bytes) -> None:
    """Whether the archive is a workbook that unpacks to a bearable size and declares no entities of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise SheetUnreadable("文件是压缩包，但不是 Excel（.xlsx）工作簿")
            if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED_BYTES:
                raise SheetUnreadable("Excel 文件解压后过大")
            for member in archive.infolist():
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        if b"<!" in part.read(1024).replace(b"<!--", b""):
                            raise SheetUnreadable("Excel 文件含有不允许的实体声明")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        raise SheetUnreadable("Excel 文件已损坏或已加密，请重新另存为 .xlsx") from None


def _text(cell: Any) -> str:
    """A cell as people see it; a number too long for Excel is marked, so that its check fails by name."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool) and len(str(abs(cell))) > _EXACT_DIGITS:
        return f"{cell}（Excel 数字格式，末位已丢失）"
    text = str(cell).strip()[:LONGEST_CELL]
    # Our own exports put an apostrophe before what Excel would take for a formula.
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_SIGNS) else text
