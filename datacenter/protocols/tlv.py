"""Lists of id, length and value (附加信息项、参数项): the one place where devices disagree most.

Nothing in such a list is refused: what a table knows is read, everything else is kept as it came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datacenter.protocols.compiled import twin_of
from datacenter.protocols.errors import FieldError, LeftOver
from datacenter.protocols.trace import Trace
from datacenter.protocols.wire import Bytes, Integer, Kind, Reader

TAIL = -1
UNKNOWN_ITEM = "未定义的项"
BYTES = Bytes()


class _Item(Kind[Any]):
    """Stands for one item in a trace; nothing is read by it."""

    title = "标识、长度、值"


ITEM = _Item()


@dataclass(frozen=True, slots=True)
class Tlv:
    """One item of id, length and value, as it came.

    ``declared`` is None for a whole item. A list that ends inside an item keeps what there was, so that it encodes back
    unchanged: ``declared`` is then the length announced; where not even id and length were whole, ``id`` is ``TAIL``.
    """

    id: int
    data: bytes
    declared: int | None = None


_TWIN: Any = twin_of(Tlv)
"""Filled and turned into a ``Tlv``, as ``compiled.maker`` says."""


class TlvList(Kind[tuple[Tlv, ...]]):
    """Items of id, length and value to the end of the body. None is dropped, whatever its id or length.

    ``table`` maps an id to the dataclass (see ``layout.py``) that its bytes are read by. An item of another length than
    its layout stays bytes and is shown as malformed: a vendor's oddity never costs the fields around it.
    """

    looks_back = False
    title = "附加信息项列表"

    def __init__(self, table: Mapping[int, Any], *, id_size: int = 1, length_size: int = 1) -> None:
        self.table, self.id_size, self.length_size = table, id_size, length_size

    def read(self, reader: Reader) -> tuple[Tlv, ...]:
        if reader.trace is not None:
            return self._traced(reader, reader.trace)
        if self.id_size != 1 or self.length_size != 1:
            return self._items(reader)
        items: list[Tlv] = []
        twin, form, data, pos, end = _TWIN, Tlv, reader.data, reader.pos, reader.end
        while pos + 1 < end:  # the list of every position report: as few steps an item as can be
            start = pos + 2
            stop = start + data[pos + 1]
            if stop > end:
                items.append(self._cut(data, pos, end))
                pos = end
                break
            item = twin()
            item.id, item.data, item.declared = data[pos], data[start:stop], None
            item.__class__ = form
            items.append(item)
            pos = stop
        if pos + 1 == end:
            items.append(Tlv(TAIL, data[pos:end]))
        reader.pos = end
        return tuple(items)

    def _items(self, reader: Reader) -> tuple[Tlv, ...]:
        """The same for ids and lengths of any size."""
        items: list[Tlv] = []
        data, pos, end = reader.data, reader.pos, reader.end
        head = self.id_size + self.length_size
        while pos < end:
            if end - pos < head:
                items.append(Tlv(TAIL, data[pos:end]))
                break
            stop = pos + head + int.from_bytes(data[pos + self.id_size : pos + head], "big")
            item_id = int.from_bytes(data[pos : pos + self.id_size], "big")
            items.append(Tlv(item_id, data[pos + head : stop]) if stop <= end else self._cut(data, pos, end))
            pos = stop
        reader.pos = end
        return tuple(items)

    def _cut(self, data: bytes, pos: int, end: int) -> Tlv:
        """The last item of a list that ends inside it."""
        head = pos + self.id_size
        size = int.from_bytes(data[head : head + self.length_size], "big")
        return Tlv(int.from_bytes(data[pos:head], "big"), data[head + self.length_size : end], size)

    def _traced(self, reader: Reader, trace: Trace) -> tuple[Tlv, ...]:
        """The same, with a row for each item, its id, its length and the fields of its table."""
        start = reader.pos
        items = self._items(reader)
        for item in items:
            size = len(item.data)
            if item.id == TAIL:
                trace.leaf(start, start + size, "_trailing", "残余字节", BYTES, item.data)
                break
            head = start + self.id_size + self.length_size
            name, form = f"0x{item.id:0{2 * self.id_size}X}", self.form_of(item.id)
            row = trace.begin(start, name, getattr(form, "title", "") or UNKNOWN_ITEM, ITEM)
            trace.leaf(start, start + self.id_size, "id", "标识", Integer(self.id_size), item.id)
            length = size if item.declared is None else item.declared
            trace.leaf(start + self.id_size, head, "len", "长度", Integer(self.length_size), length)
            row.error = self._trace_value(reader.part(head, head + size), trace, item, form)
            trace.end(row, head + size, item)
            start = head + size
        return items

    def _trace_value(self, inner: Reader, trace: Trace, item: Tlv, form: Any) -> FieldError | None:
        """Rows of an item's fields; its bytes where no table reads them whole, and why its own table doesn't."""
        rows, depth, fault = len(trace.rows), trace.depth, None
        if form is not None and item.declared is None:
            try:
                self.trace_form(inner, trace, item, form)
            except FieldError as found:
                fault = found
            if fault is None and not inner.remaining:
                return None
            trace.drop(rows, depth)
            fault = fault or LeftOver(inner.remaining, inner.pos)
        if item.data:
            start = inner.end - len(item.data)
            trace.leaf(start, inner.end, "hex", "原始字节", BYTES, item.data)
        return fault

    def trace_form(self, inner: Reader, trace: Trace, item: Tlv, form: Any) -> None:
        """Rows of an item's fields by its table. Raises ``FieldError``; what it leaves unread makes the item bytes."""
        form.layout.read(inner)

    def write(self, value: tuple[Tlv, ...], edition: str = "") -> bytes:
        id_kind, length_kind = Integer(self.id_size), Integer(self.length_size)
        parts: list[bytes] = []
        for item in value:
            if item.id != TAIL:
                parts.append(id_kind.write(item.id))
                parts.append(length_kind.write(len(item.data) if item.declared is None else item.declared))
            parts.append(item.data)
        return b"".join(parts)

    def form_of(self, item_id: int) -> Any:
        """The table that reads an item's bytes; None where there is none."""
        return self.table.get(item_id)

    def typed(self, item: Tlv, form: Any = None) -> Any:
        """The item read by ``form`` or by its table; None where the id has none or the bytes don't fit."""
        form = form or self.form_of(item.id)
        if form is None or item.declared is not None:
            return None
        try:
            return form.layout.decode_whole(item.data)
        except FieldError:
            return None

    def show(self, value: tuple[Tlv, ...]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for item in value:
            if item.id == TAIL:
                out["_trailing"] = item.data.hex().upper()
                continue
            key = f"0x{item.id:0{2 * self.id_size}X}"
            if item.declared is not None:
                out[key] = {"len": item.declared, "truncated": item.data.hex().upper()}
                continue
            out[key] = {"len": len(item.data), "hex": item.data.hex().upper()}
            if self.form_of(item.id) is not None:
                typed = self.typed(item)
                out[key] |= {"malformed": 1} if typed is None else typed.layout.show(typed)
        return out
