"""A frame field by field (报文解读): where each field lies, its bytes, what they say, and by which clause.

The tables that decode also explain: they are read with a ``Trace``, and each row of it becomes a ``Row`` here. What is
broken half-way is explained as far as it goes. Offsets count from the first byte of ``Explanation.raw``: the frame with
its escapes undone and without its flags.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from inspect import getdoc
from typing import Any

from datacenter.protocols.errors import FieldError, ProtocolError
from datacenter.protocols.layout import Layout
from datacenter.protocols.trace import UNREAD, Trace, Traced
from datacenter.protocols.wire import ABSENT, Integer, Kind, Reader, Scaled

UNITS: dict[str, str] = {
    "kmh": "km/h", "km": "km", "m": "m", "deg": "°", "s": "s", "ms": "ms", "min": "min", "h": "h", "l": "L", "c": "℃",
    "pct": "%", "v": "V", "kpa": "kPa", "kb": "KB", "bytes": "字节", "yuan": "元", "mbps": "Mbit/s", "rpm": "r/min",
    "t": "t", "kg": "kg",
}  # fmt: skip
"""What the last part of a field's Python name says of its unit."""

MOST_ROWS = 5000
_CITED = re.compile(r"((?:JT/T|T/[A-Z]+|GB/T|GB) ?[0-9.]+(?:-[0-9]{4})?(?:, (?:[^.;:()]|\.(?=\d))+)?)")
_CHINESE = re.compile(r"\(([^()]*[\u4e00-\u9fff][^()]*)\)")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something could not be read: by which rule (``code``), at which byte, of which field."""

    code: str
    message: str
    offset: int | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a frame. What lies inside it follows with a greater ``depth``.

    ``name`` is the wire name, ``value`` what the bytes say in ``unit``, ``wire`` the number as it lies there where that
    is another; ``means`` are names of codes and bits.
    """

    depth: int
    offset: int
    raw: bytes
    name: str
    title: str
    type: str = ""
    value: str = ""
    unit: str = ""
    wire: str = ""
    means: tuple[str, ...] = ()
    clause: str = ""
    fault: Fault | None = None

    @property
    def stop(self) -> int:
        return self.offset + len(self.raw)


@dataclass(slots=True)
class Explanation:
    """All that a frame says. ``escapes`` are the offsets of bytes that came escaped."""

    protocol: str
    raw: bytes = b""
    edition: str = ""
    message: str = ""
    title: str = ""
    summary: str = ""
    escapes: tuple[int, ...] = ()
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def blame(self, fault: ProtocolError, offset: int | None = None) -> Fault:
        """Enters why something is wrong, and gives it for the row that bears it."""
        entry = fault_of(fault, offset)
        self.faults.append(entry)
        return entry

    def group(self, offset: int, stop: int, name: str, title: str, value: str = "", **more: Any) -> None:
        """A row around the ones that follow: header, body, check."""
        self.rows.append(Row(0, offset, self.raw[offset:stop], name, title, value=value, **more))

    def table(self, layout: Layout, offset: int, stop: int, edition: str = "", clause: str = "") -> Any:
        """Rows of ``raw[offset:stop]`` by a table, under the last group. Gives the message; None where it is broken."""
        trace = Trace()
        reader = Reader(self.raw, edition, trace)
        reader.pos, reader.end = offset, stop
        message: Any = None
        try:
            message = layout.read(reader)
        except FieldError as fault:
            self.faults.append(fault_of(fault))
        clause = clause or clause_of(layout.form)
        self.rows += _rows(trace.rows[:MOST_ROWS], self.raw, stop, clause)
        if message is not None and reader.pos < stop:
            self.left_over(reader.pos, stop, "_trailing", "多余字节（表中没有的字段）")
        elif message is None:
            leaves = (row.stop for row in trace.rows if row.error is None)
            failed = [row for row in self.rows if row.fault is not None]
            reached = failed[-1].stop if failed else max(leaves, default=offset)
            self.left_over(reached, stop, "_unread", "未读取")
        return message

    def left_over(self, offset: int, stop: int, name: str, title: str, means: tuple[str, ...] = ()) -> None:
        """Bytes that no table reads."""
        if stop > offset:
            raw = self.raw[offset:stop]
            self.rows.append(Row(1, offset, raw, name, title, "BYTE[n]", f"{len(raw)} 字节", means=means))

    def note(self, text: str) -> None:
        """A remark behind the rows."""
        self.notes.append(text)


def fault_of(fault: ProtocolError, offset: int | None = None) -> Fault:
    """What a refusal says, with its place where it has one."""
    if isinstance(fault, FieldError):
        return Fault(fault.code, fault.message, fault.offset if offset is None else offset, fault.field)
    return Fault(fault.code, fault.message, offset)


@cache
def clause_of(form: type) -> str:
    """The standard and clause that a table's docstring ends with; what its module's begins with where it cites none."""
    own = _CITED.findall(" ".join((getdoc(form) or "").split())) if form.__doc__ else []
    module = getattr(sys.modules.get(form.__module__), "__doc__", "") or ""
    cited = own[-1:] or _CITED.findall(" ".join(module.split()))[:1]
    return str(cited[0]).rstrip(",. ") if cited else ""


@cache
def chinese_of(form: type) -> str:
    """The Chinese term in a docstring's first parentheses; the class's name where it has none."""
    term = _CHINESE.search(getdoc(form) or "" if form.__doc__ else "")
    return term.group(1) if term else form.__name__


def unit_of(attribute: str) -> str:
    """The unit that a field's Python name ends in; empty where it ends in none."""
    head, _, tail = attribute.rpartition("_")
    return UNITS.get(tail, "") if head else ""


def _rows(traced: list[Traced], raw: bytes, end: int, clause: str) -> Iterator[Row]:
    """Rows of a trace. A form's clause holds for what lies inside it, unless that has one of its own."""
    clauses: list[str] = []
    for number, one in enumerate(traced):
        del clauses[one.depth :]
        outer = clauses[-1] if clauses else clause
        own = clause_of(one.form) if one.form is not None else ""
        clauses += [own or outer] * (one.depth + 1 - len(clauses))
        if one.kind is ABSENT:
            continue
        has_inner = number + 1 < len(traced) and traced[number + 1].depth > one.depth
        if one.start == one.stop and one.value is None:
            continue  # a field that this message doesn't have
        yield from _row(one, raw, end, clauses[-1], has_inner)


def _row(one: Traced, raw: bytes, end: int, clause: str, has_inner: bool) -> Iterator[Row]:
    kind = _carrier(one)
    stop = one.stop
    if stop == UNREAD:
        stop = end if has_inner or kind.size is None else min(end, one.start + kind.size)
    here = raw[one.start : stop]
    fault = fault_of(one.error) if one.error is not None else None
    value, wire, means = "", "", []
    if one.stop != UNREAD and not (has_inner and not isinstance(one.value, tuple)):
        value, wire = said(kind, one.value)
        means = kind.means(one.value)
    if isinstance(one.value, tuple) and (has_inner or not one.value):
        value, wire = f"{len(one.value)} 项", ""
    unit = one.unit or unit_of(one.attribute)
    form = getattr(getattr(kind, "layout", None), "form", None)
    title = one.title if form is None or one.title != form.__name__ else chinese_of(form)
    yield Row(one.depth + 1, one.start, here, one.name, title, kind.title, value, unit if value else "",
              wire, tuple(means), clause, fault)  # fmt: skip
    count = getattr(kind, "count", None)
    if isinstance(count, Integer) and count.size and len(here) >= count.size:
        head = here[: count.size]
        name = getattr(kind, "count_name", "") or "len"
        title = "个数" if isinstance(one.value, tuple) else "长度"
        yield Row(one.depth + 2, one.start, head, name, title, count.title, str(int.from_bytes(head, "big")),
                  clause=clause)  # fmt: skip


def _carrier(one: Traced) -> Kind[Any]:
    """The kind that has read the value, inside kinds that choose or wrap one."""
    kind: Kind[Any] = one.kind
    if one.stop == UNREAD or one.value is None:
        return kind
    try:
        return kind.of(one.value)
    except FieldError:
        return kind


def said(kind: Kind[Any], value: Any) -> tuple[str, str]:
    """A value in the unit of its field, and as it lies on the wire where that is something else."""
    if isinstance(kind, Scaled):
        shown = number(value)
        return shown, "" if shown == str(kind.show(value)) else str(kind.show(value))
    match value:
        case None:
            return "无", ""
        case bytes():
            return _bytes(value), ""
        case bool() | str():
            return str(value), ""
        case int():
            width = 2 * (getattr(kind, "size", None) or 1)
            shown = kind.show(value)
            if isinstance(shown, str):
                return shown, ""
            return str(int(value)), f"0x{value & ((1 << 4 * width) - 1):0{width}X}" if kind.means(value) else ""
        case Decimal() | timedelta() | float():
            return (number(value) if isinstance(value, float) else str(value)), str(kind.show(value))
        case datetime():
            return f"{kind.show(value)} {value.tzname() or ''}".strip(), ""
        case date() | time():
            return str(kind.show(value)), ""
    return _short(kind.show(value)), ""


def number(value: float) -> str:
    """A number without the noise of its last binary digits."""
    return f"{value:.7f}".rstrip("0").rstrip(".") if value == value else str(value)


def _bytes(value: bytes) -> str:
    text = f"{len(value)} 字节"
    if value and all(32 <= byte < 127 for byte in value):
        return f"{text} {value[:60].decode('ascii')!r}"
    return text


def _short(shown: Any) -> str:
    text = shown if isinstance(shown, str) else repr(shown)
    return text if len(text) <= 200 else text[:200] + "…"
