"""Lists of id, length and value (附加信息项、参数项): the one place where devices disagree most.

Nothing in such a list is refused: what a table knows is read, everything else is kept as it came.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datacenter.protocols.errors import FieldError
from datacenter.protocols.wire import Integer, Kind, Reader

TAIL = -1


@dataclass(frozen=True, slots=True)
class Tlv:
    """One item of id, length and value, as it came.

    ``declared`` is None for a whole item. A list that ends inside an item keeps what there was, so that it encodes back
    unchanged: ``declared`` is then the length announced; where not even id and length were whole, ``id`` is ``TAIL``.
    """

    id: int
    data: bytes
    declared: int | None = None


class TlvList(Kind[tuple[Tlv, ...]]):
    """Items of id, length and value to the end of the body. None is dropped, whatever its id or length.

    ``table`` maps an id to the dataclass (see ``layout.py``) that its bytes are read by. An item of another length than
    its layout stays bytes and is shown as malformed: a vendor's oddity never costs the fields around it.
    """

    title = "附加信息项列表"

    def __init__(self, table: Mapping[int, Any], *, id_size: int = 1, length_size: int = 1) -> None:
        self.table, self.id_size, self.length_size = table, id_size, length_size

    def read(self, reader: Reader) -> tuple[Tlv, ...]:
        items: list[Tlv] = []
        data, pos, end, id_size = reader.data, reader.pos, reader.end, self.id_size
        head = id_size + self.length_size
        while pos < end:
            if end - pos < head:
                items.append(Tlv(TAIL, data[pos:end]))
                break
            item_id = int.from_bytes(data[pos : pos + id_size], "big")
            size = int.from_bytes(data[pos + id_size : pos + head], "big")
            pos += head
            value = data[pos : min(pos + size, end)]
            items.append(Tlv(item_id, value, None if len(value) == size else size))
            pos += size
        reader.pos = end
        return tuple(items)

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
