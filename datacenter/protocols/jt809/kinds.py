"""Field kinds of JT/T 809 alone (字段类型): UTC times, bodies inside bodies, fields that the length decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from datacenter.protocols.errors import TruncatedBody, UnfitValue
from datacenter.protocols.jt808.kinds import KeptText, kept
from datacenter.protocols.wire import GMT8, U32, U64, Bytes, Kind, Reader

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IN_MILLISECONDS = 10**11
"""A time above this many is in milliseconds, as some platforms of 2019 send it; in seconds it is the year 5138."""


class Milliseconds(datetime):
    """A moment that its platform sent in milliseconds; it is written so again."""


def moment_of(raw: int) -> datetime | int:
    """The moment that a time on the wire names, in UTC; the number itself where it names none."""
    try:
        if raw <= IN_MILLISECONDS:
            return EPOCH + timedelta(seconds=raw)
        at = EPOCH + timedelta(milliseconds=raw)
    except OverflowError:
        return raw
    return Milliseconds.combine(at.date(), at.timetz())


class UtcTime(Kind[Any]):
    """Eight bytes, seconds since 1970 in UTC (some send milliseconds). Shown as the number on the wire.

    Zero stands for no time in most fields; it is read as 1970-01-01. What is written is cut to whole seconds.
    """

    looks_back = False
    size = 8
    title = "BYTE[8] UTC 秒"

    def read(self, reader: Reader) -> datetime | int:
        return moment_of(U64.read(reader))

    def write(self, value: Any, edition: str = "") -> bytes:
        return U64.write(self.show(value))

    def show(self, value: Any) -> int:
        if isinstance(value, datetime) and value.tzinfo is not None:
            unit = timedelta(milliseconds=1) if isinstance(value, Milliseconds) else timedelta(seconds=1)
            return (value - EPOCH) // unit
        if isinstance(value, int):
            return value
        raise UnfitValue(value, self.title)

    def means(self, value: Any) -> list[str]:
        if not isinstance(value, datetime):
            return ["不是时间"]
        unit = "毫秒" if isinstance(value, Milliseconds) else ""
        return [f"{value.astimezone(GMT8):%Y-%m-%d %H:%M:%S} GMT+8{unit and f'（{unit}）'}"]


UTC_SECONDS = UtcTime()


class Named(Kind[Any]):
    """A field with a wire name of its own in this edition (版本间名称不同的字段)."""

    flat = True

    def __init__(self, name: str, kind: Kind[Any]) -> None:
        self.name, self.kind = name, kind
        self.size, self.title, self.looks_back = kind.size, kind.title, kind.looks_back

    def read(self, reader: Reader) -> Any:
        return self.kind.read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        return self.kind.write(value, edition)

    def show(self, value: Any) -> dict[str, Any]:
        return {self.name: self.kind.show(value)}

    def of(self, value: Any) -> Kind[Any]:
        return self.kind.of(value)

    def means(self, value: Any) -> list[str]:
        return self.kind.means(value)


class IfFits(Kind[Any]):
    """A field that is there or not, as the body's end tells (由数据长度决定有无).

    ``width`` bytes are there or not, this field the first of them. Behind lie ``behind`` bytes, the last four of them
    the length of what ends the body. The field is there unless the body ends rightly only without it.
    """

    def __init__(self, kind: Kind[Any], width: int, behind: int) -> None:
        self.kind, self.width, self.behind = kind, width, behind
        self.title = f"{kind.title}（由数据长度决定有无）"

    def present(self, reader: Reader) -> bool:
        """Whether the field is there, judged by the bytes under the cursor."""
        return self._ends(reader, reader.pos + self.width) or not self._ends(reader, reader.pos)

    def _ends(self, reader: Reader, start: int) -> bool:
        at = start + self.behind
        return at <= reader.end and at + int.from_bytes(reader.data[at - 4 : at], "big") == reader.end

    def read(self, reader: Reader) -> Any:
        return self.kind.read(reader) if self.present(reader) else None

    def write(self, value: Any, edition: str = "") -> bytes:
        return b"" if value is None else self.kind.write(value, edition)

    def show(self, value: Any) -> Any:
        return None if value is None else self.kind.show(value)

    def of(self, value: Any) -> Kind[Any]:
        return self.kind.of(value)


class IfKnown(Kind[Any]):
    """A field that is there where the earlier field ``attribute`` is; None otherwise."""

    looks_back = True

    def __init__(self, attribute: str, kind: Kind[Any]) -> None:
        self.attribute, self.kind, self.title = attribute, kind, kind.title

    def read(self, reader: Reader) -> Any:
        return None if reader.known[self.attribute] is None else self.kind.read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        return b"" if value is None else self.kind.write(value, edition)

    def show(self, value: Any) -> Any:
        return None if value is None else self.kind.show(value)

    def of(self, value: Any) -> Kind[Any]:
        return self.kind.of(value)

    def means(self, value: Any) -> list[str]:
        return [] if value is None else self.kind.means(value)


class PlateUnless(KeptText):
    """A plate in front of the sub-type, left out before one of them (2019: 0x9201 begins with its sub-type).

    No plate begins with the two bytes of a sub-type: the second is a control character.
    """

    def __init__(self, size: int, sub_type: int) -> None:
        super().__init__(size)
        self.lead = sub_type.to_bytes(2, "big")
        self.title = f"STRING[{size}]，子业务 0x{sub_type:04X} 无此字段"

    def read(self, reader: Reader) -> Any:
        if reader.data[reader.pos : reader.pos + 2] == self.lead:
            return None
        return super().read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        return b"" if value is None else super().write(value, edition)

    def show(self, value: Any) -> Any:
        return value


class ModelText(KeptText):
    """Terminal model of 0x1201 in 2011: 8 bytes in the standard, 20 in its supplement; the length of the data tells.

    A plain text is written into 20 bytes, what came in 8 goes back into 8.
    """

    LEAST = 8

    def __init__(self, behind: int) -> None:
        super().__init__(20)
        self.behind, self.title = behind, "STRING[20]，原 2011 版 STRING[8]"

    def read(self, reader: Reader) -> str:
        if reader.remaining >= 20 + self.behind:
            return super().read(reader)
        start = reader.pos
        raw = reader.take(self.LEAST)
        return kept(self.text(raw, start), raw)

    def write(self, value: str, edition: str = "") -> bytes:
        raw = getattr(value, "raw", b"")
        return raw if len(raw) == self.LEAST else super().write(value, edition)


@dataclass(frozen=True, slots=True)
class Extended:
    """A sub-message with bytes behind its table's last field (扩展的子业务数据), kept as they came."""

    message: Any
    tail: bytes


class SubBody(Kind[Any]):
    """DWORD of length and the data of a sub-message (子业务数据), read by the table of the sub-type before it.

    ``form_of`` finds the table; where there is none the data stay bytes. Bytes behind the table's last field are kept
    in an ``Extended``. A length that reaches past the body is refused. In 2019 the fields of a form that ``LEADS`` lie
    in front of the length. ``edition`` is that of the line of the table, as a message that is shown isn't told it.
    """

    flat = True
    title = "DWORD 后续数据长度 + 子业务数据"

    def __init__(self, form_of: Callable[[int], Any], edition: str = "") -> None:
        self.form_of, self.edition = form_of, edition

    def read(self, reader: Reader) -> Any:
        form = self.form_of(reader.known["sub_type"])
        leads = form is not None and leading(form, reader.edition)
        message = form.layout.read(reader) if leads else None
        start = reader.pos
        size = U32.read(reader)
        if size > reader.remaining:
            fault = TruncatedBody(size, reader.remaining, start)
            fault.field = "data_length"
            raise fault
        inner = reader.part(reader.pos, reader.pos + size)
        reader.pos += size
        if reader.trace:
            reader.trace.leaf(start, start + 4, "data_length", "后续数据长度", U32, size)
        if form is not None and not leads:
            message = form.layout.read(inner)
        begin = inner.pos
        tail = inner.rest()
        if tail and reader.trace:
            reader.trace.leaf(begin, inner.pos, "hex" if form is None else "_trailing", "未解读的数据", _BYTES, tail)
        if form is None:
            return tail
        return Extended(message, tail) if tail else message

    def write(self, value: Any, edition: str = "") -> bytes:
        ahead, data = self._parts(value, edition)
        return ahead + U32.write(len(data)) + data

    def _parts(self, value: Any, edition: str) -> tuple[bytes, bytes]:
        """What lies before the length, and what it counts."""
        if isinstance(value, bytes):
            return b"", value
        message, tail = (value.message, value.tail) if isinstance(value, Extended) else (value, b"")
        if not hasattr(message, "layout"):
            raise UnfitValue(value, self.title)
        raw = message.layout.encode(message, edition)
        return (raw, tail) if leading(message, edition) else (b"", raw + tail)

    def show(self, value: Any) -> dict[str, Any]:
        out: dict[str, Any] = {"data_length": len(self._parts(value, self.edition)[1])}
        if isinstance(value, bytes):
            return out | {"hex": value.hex().upper(), "unknown": "unknown-sub-message"}
        message, tail = (value.message, value.tail) if isinstance(value, Extended) else (value, b"")
        out |= message.layout.show(message, self.edition)
        return out | ({"_trailing": tail.hex().upper()} if tail else {})


@dataclass(frozen=True, slots=True)
class Bare:
    """A sub-message that came without a data length in front (没有数据长度的子业务数据)."""

    message: Any


class TokenBody(SubBody):
    """The same, but one sub-type may come without its length: where exactly ``size`` bytes follow, it has none."""

    def __init__(self, form_of: Callable[[int], Any], sub_type: int, size: int, edition: str = "") -> None:
        super().__init__(form_of, edition)
        self.sub_type, self.bare_bytes = sub_type, size

    def read(self, reader: Reader) -> Any:
        if reader.known["sub_type"] == self.sub_type and reader.remaining == self.bare_bytes:
            return Bare(self.form_of(self.sub_type).layout.read(reader))
        return super().read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        if isinstance(value, Bare):
            raw: bytes = value.message.layout.encode(value.message, edition)
            return raw
        return super().write(value, edition)

    def show(self, value: Any) -> dict[str, Any]:
        if isinstance(value, Bare):
            shown: dict[str, Any] = value.message.layout.show(value.message, self.edition)
            return shown
        return super().show(value)


def leading(form: Any, edition: str) -> bool:
    """Whether the fields of a sub-message lie in front of its length: 0x1205 and 0x1206 of 2019."""
    return edition == "2019" and getattr(form, "LEADS", False)


_BYTES = Bytes()


class BytesOf(Kind[bytes]):
    """As many bytes as the earlier field ``attribute`` says, which isn't the one right in front."""

    title = "BYTE[n]"

    def __init__(self, attribute: str) -> None:
        self.attribute = attribute

    def read(self, reader: Reader) -> bytes:
        return reader.take(reader.known[self.attribute])

    def write(self, value: bytes, edition: str = "") -> bytes:
        if not isinstance(value, bytes):
            raise UnfitValue(value, self.title)
        return value

    def show(self, value: bytes) -> str:
        return value.hex().upper()
