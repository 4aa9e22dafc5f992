"""Field kinds of the wire (字段类型): how one field is read, written and shown.

A *kind* turns bytes into a Python value in the unit its field is named for, and back. Scale, padding, counting and
clock live here, so that no other module divides by ten or strips a zero byte. Tables of messages (``layout.py``)
lay kinds one after another in the standard's order. ``show`` gives what goes into JSON under the wire name.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntFlag
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from .errors import BadBcd, BadText, BadTime, FieldError, TruncatedBody, UnfitValue
from .inline import Inline, read_moment, write_moment
from .trace import Trace

T = TypeVar("T")

GMT8 = timezone(timedelta(hours=8), "GMT+8")
"""What terminals and platforms call time; the trade has no other zone."""


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Reader:
    """A cursor over one body; ``known`` holds the fields already read, for lists counted by an earlier field."""

    __slots__ = ("data", "edition", "end", "known", "pos", "trace")

    def __init__(self, data: bytes, edition: str = "", trace: Trace | None = None) -> None:
        self.data, self.edition, self.trace = data, edition, trace
        self.pos, self.end = 0, len(data)
        self.known: Mapping[str, Any] = _NOTHING

    def part(self, start: int, stop: int) -> "Reader":
        """A reader of these bytes alone; offsets count on from the body's beginning, and a trace goes on."""
        inner = Reader(self.data, self.edition, self.trace)
        inner.pos, inner.end = start, stop
        return inner

    @property
    def remaining(self) -> int:
        return self.end - self.pos

    def take(self, size: int) -> bytes:
        start, stop = self.pos, self.pos + size
        if stop > self.end:
            raise TruncatedBody(size, self.end - start, start)
        self.pos = stop
        return self.data[start:stop]

    def rest(self) -> bytes:
        return self.take(self.end - self.pos)


class Kind(Generic[T]):
    """One way of lying on the wire. ``size`` is in bytes, None where it varies; ``title`` is the standard's word.

    What a ``flat`` kind shows is a dictionary that stands among the fields around it, not under a name of its own.
    A kind whose ``read`` never asks for ``reader.known`` may say so by ``looks_back = False``: it is read faster.
    """

    size: int | None = None
    title: str = ""
    flat: bool = False
    looks_back: bool = True

    def inline(self) -> Inline | None:
        """Short-cut for generated code, None where there is none. Holds while read, write and show stay as they are."""
        return None

    def read(self, reader: Reader) -> T:
        raise NotImplementedError

    def write(self, value: T, edition: str = "") -> bytes:
        raise NotImplementedError

    def show(self, value: T) -> Any:
        return value

    def beside(self, value: T) -> dict[str, Any]:
        """Wire fields that this kind carries along, such as the length in front of a text."""
        return {}

    def of(self, value: Any) -> "Kind[Any]":
        """The kind that carries ``value``: itself, or the one that it chooses or wraps. Raises ``UnfitValue``."""
        return self

    def means(self, value: Any) -> list[str]:
        """What the standard calls this value, in Chinese: a code's name, the bits that are set. Empty: nothing."""
        return []


class Integer(Kind[int]):
    """BYTE, WORD, DWORD and their signed forms, big-endian."""

    looks_back = False

    def __init__(self, size: int, signed: bool = False) -> None:
        self.size, self.signed = size, signed
        self.title = {1: "BYTE", 2: "WORD", 4: "DWORD"}.get(size, f"BYTE[{size}]") + ("（有符号）" if signed else "")

    def read(self, reader: Reader) -> int:
        assert self.size is not None
        return int.from_bytes(reader.take(self.size), "big", signed=self.signed)

    def write(self, value: int, edition: str = "") -> bytes:
        assert self.size is not None
        try:
            return int(value).to_bytes(self.size, "big", signed=self.signed)
        except (OverflowError, TypeError, ValueError):
            raise UnfitValue(value, self.title) from None

    def inline(self) -> Inline | None:
        code = {1: "B", 2: "H", 4: "I", 8: "Q"}.get(self.size or 0, "")
        return Inline(code.lower() if self.signed else code) if code else None


class Number(Integer):
    """A number that is a name: ids of messages, shown in hexadecimal."""

    def show(self, value: int) -> Any:
        return f"0x{value:0{2 * (self.size or 0)}X}"


U8, U16, U32, U64 = Integer(1), Integer(2), Integer(4), Integer(8)
I8, I16, I32 = Integer(1, signed=True), Integer(2, signed=True), Integer(4, signed=True)


class Scaled(Kind[float]):
    """An integer in steps of ``step``: read in the unit of the field's name, shown as it lies on the wire."""

    looks_back = False

    def __init__(self, base: Integer, step: float) -> None:
        self.base, self.step, self.size = base, step, base.size
        self.per_unit = round(1 / step)
        self.title = f"{base.title}，单位 {step:g}"

    def read(self, reader: Reader) -> float:
        return self.base.read(reader) / self.per_unit

    def write(self, value: float, edition: str = "") -> bytes:
        return self.base.write(self.show(value))

    def show(self, value: float) -> int:
        try:
            return round(value * self.per_unit)
        except (OverflowError, ValueError, TypeError):  # infinity, not a number, no number at all
            raise UnfitValue(value, self.title) from None

    def inline(self) -> Inline | None:
        base = self.base.inline()
        names = {"per": self.per_unit}
        return Inline(base.code, "{v} / {per}", "round({v} * {per})", names) if base and self.per_unit else None


class Bits(IntFlag):
    """Base of the tables of flag bits (标志位): ``EMERGENCY = 1 << 0, "紧急报警"``; ``title`` is the Chinese name."""

    title: str

    def __new__(cls, value: int, title: str = "") -> "Bits":
        bit = int.__new__(cls, value)
        bit._value_, bit.title = value, title
        return bit


class Flags(Kind[int]):
    """A word of bits, kept as a plain integer; ``bits`` names them.

    Not kept as the enum: ``IntFlag`` remembers each combination it has met for ever, and terminals could send them all.
    """

    looks_back = False

    def __init__(self, size: int, bits: type[IntFlag]) -> None:
        self.base, self.bits, self.size = Integer(size), bits, size
        self.title = f"{self.base.title} 位标志"

    def inline(self) -> Inline | None:
        return self.base.inline()

    def read(self, reader: Reader) -> int:
        return self.base.read(reader)

    def write(self, value: int, edition: str = "") -> bytes:
        return self.base.write(value)

    def names(self, value: int) -> list[str]:
        return [bit.name or "" for bit in self.bits if value & bit.value]

    def titles(self, value: int) -> list[str]:
        """What the bits set in ``value`` mean, in Chinese; a bit without a name as its number."""
        named = {bit.value: getattr(bit, "title", "") or bit.name or "" for bit in self.bits}
        set_bits = (1 << number for number in range(8 * (self.size or 0)) if value >> number & 1)
        return [named.get(bit) or f"位{bit.bit_length() - 1}" for bit in set_bits]

    def means(self, value: Any) -> list[str]:
        named = {bit.value: getattr(bit, "title", "") or bit.name or "" for bit in self.bits}
        numbers = (number for number in range(8 * (self.size or 0)) if value >> number & 1)
        return [f"位{number} {named.get(1 << number) or '未定义'}" for number in numbers]


class Bcd(Kind[str]):
    """Packed decimal digits as text. Real phones carry hexadecimal nibbles too; ``strict`` refuses them."""

    looks_back = False

    def __init__(self, size: int, strict: bool = False) -> None:
        self.size, self.strict, self.title = size, strict, f"BCD[{size}]"

    def read(self, reader: Reader) -> str:
        assert self.size is not None
        raw = reader.take(self.size)
        digits = raw.hex()
        if self.strict and not digits.isdecimal():
            raise BadBcd(raw, reader.pos - self.size)
        return digits

    def write(self, value: str, edition: str = "") -> bytes:
        assert self.size is not None
        try:
            raw = bytes.fromhex(value.rjust(2 * self.size, "0"))
        except ValueError:
            raise UnfitValue(value, self.title) from None
        if len(raw) != self.size or not value.isalnum():
            raise UnfitValue(value, self.title)
        return raw

    def inline(self) -> Inline | None:
        return None if self.strict else Inline(f"{self.size}s", "{v}.hex()", "")


def _digits(raw: bytes, offset: int) -> str:
    digits = raw.hex()
    if not digits.isdecimal():
        raise BadBcd(raw, offset)
    return digits


class BcdTime(Kind[datetime]):
    """YYMMDDhhmmss as BCD[6], aware. GMT+8 unless a message says otherwise; years are 2000 to 2099."""

    looks_back = False
    size = 6
    title = "BCD[6] YYMMDDhhmmss"

    def __init__(self, zone: timezone = GMT8) -> None:
        self.zone = zone

    def read(self, reader: Reader) -> datetime:
        raw = reader.take(6)
        digits = _digits(raw, reader.pos - 6)
        year, month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(0, 12, 2))
        try:
            return datetime(2000 + year, month, day, hour, minute, second, tzinfo=self.zone)
        except ValueError:
            raise BadTime(raw, reader.pos - 6) from None

    def write(self, value: datetime, edition: str = "") -> bytes:
        local = value.astimezone(self.zone)
        if not 2000 <= local.year <= 2099:
            raise UnfitValue(value, self.title)
        return bytes.fromhex(local.strftime("%y%m%d%H%M%S"))

    def show(self, value: datetime) -> str:
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def inline(self) -> Inline | None:
        names = {"zone": self.zone, "reads": read_moment, "writes": write_moment}
        return Inline("6s", "{reads}({v}, {zone})", "{writes}({v}, {zone})", names)


UTC_TIME = BcdTime(UTC)


class BcdDate(Kind[date]):
    """YYYYMMDD as BCD[4]."""

    looks_back = False
    size = 4
    title = "BCD[4] YYYYMMDD"

    def read(self, reader: Reader) -> date:
        raw = reader.take(4)
        digits = _digits(raw, reader.pos - 4)
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            raise BadTime(raw, reader.pos - 4) from None

    def write(self, value: date, edition: str = "") -> bytes:
        return bytes.fromhex(f"{value.year:04d}{value.month:02d}{value.day:02d}")

    def show(self, value: date) -> str:
        return value.isoformat()


class Text(Kind[str]):
    """GBK text: of fixed ``size`` padded with zero bytes, behind a length (``count``), or to the end of the body.

    Zero bytes are stripped on both sides: the 2019 text pads in front, everybody else behind. Read as GB18030, which
    holds GBK and the rare characters of names and plates besides. ``count_name`` is the wire name of the length.
    """

    looks_back = False

    def __init__(self, size: int | None = None, *, count: Integer | None = None, count_name: str = "") -> None:
        self.size, self.count, self.count_name = size, count, count_name
        self.title = f"STRING[{size}]" if size else f"{count.title} 长度 + STRING" if count else "STRING"

    def read(self, reader: Reader) -> str:
        size = self.count.read(reader) if self.count else self.size
        start = reader.pos
        raw = reader.rest() if size is None else reader.take(size)
        try:
            return raw.strip(b"\0").decode("gb18030")
        except UnicodeDecodeError as fault:
            raise BadText(raw, start + fault.start) from None

    def write(self, value: str, edition: str = "") -> bytes:
        try:
            raw = value.encode("gb18030")
        except (UnicodeEncodeError, AttributeError):
            raise UnfitValue(value, self.title) from None
        if self.count:
            return self.count.write(len(raw)) + raw
        if self.size is None:
            return raw
        if len(raw) > self.size:
            raise UnfitValue(value, self.title)
        return raw.ljust(self.size, b"\0")

    def beside(self, value: str) -> dict[str, Any]:
        return {self.count_name: len(value.encode("gb18030"))} if self.count_name else {}

    def inline(self) -> Inline | None:
        if self.size is None or self.count:
            return None
        return Inline(f"{self.size}s", '{v}.strip(b"\\0").decode("gb18030")', "")


class Bytes(Kind[bytes]):
    """Raw bytes: ``size`` of them, as many as ``count`` in front says, or to the end. Shown in hexadecimal."""

    looks_back = False

    def __init__(self, size: int | None = None, *, count: Integer | None = None, count_name: str = "") -> None:
        self.size, self.count, self.count_name = size, count, count_name
        self.title = f"BYTE[{size}]" if size else f"{count.title} 长度 + BYTE[n]" if count else "BYTE[n]"

    def read(self, reader: Reader) -> bytes:
        size = self.count.read(reader) if self.count else self.size
        return reader.rest() if size is None else reader.take(size)

    def write(self, value: bytes, edition: str = "") -> bytes:
        if self.size is not None and len(value) != self.size:
            raise UnfitValue(value, self.title)
        return (self.count.write(len(value)) if self.count else b"") + value

    def show(self, value: bytes) -> str:
        return value.hex().upper()

    def beside(self, value: bytes) -> dict[str, Any]:
        return {self.count_name: len(value)} if self.count_name else {}

    def inline(self) -> Inline | None:
        return None if self.size is None or self.count else Inline(f"{self.size}s", "{v}", "")


class Repeated(Kind[tuple[Any, ...]]):
    """A list of one kind: ``times`` a number or an earlier field's Python name, ``count`` in front, or to the end."""

    def __init__(
        self,
        item: Kind[Any],
        *,
        times: int | str | None = None,
        count: Integer | None = None,
        count_name: str = "count",
    ) -> None:
        self.item, self.times, self.count, self.count_name = item, times, count, count_name
        self.title = f"{item.title} × {times or 'n'}"
        self.looks_back = isinstance(times, str) or item.looks_back

    def read(self, reader: Reader) -> tuple[Any, ...]:
        times = reader.known[self.times] if isinstance(self.times, str) else self.times
        if self.count:
            times = self.count.read(reader)
        items: list[Any] = []
        read, trace = self.item.read, reader.trace
        while len(items) < times if times is not None else reader.remaining:
            if trace is None:
                items.append(read(reader))
                continue
            row = trace.begin(reader.pos, f"[{len(items)}]", self.item.title, self.item)
            try:
                items.append(read(reader))
            except FieldError as fault:
                trace.fail(row, fault)
                raise
            trace.end(row, reader.pos, items[-1])
        return tuple(items)

    def write(self, value: tuple[Any, ...], edition: str = "") -> bytes:
        if isinstance(self.times, int) and len(value) != self.times:
            raise UnfitValue(value, self.title)
        head = self.count.write(len(value), edition) if self.count else b""
        return head + b"".join(self.item.write(item, edition) for item in value)

    def show(self, value: tuple[Any, ...]) -> list[Any]:
        return [self.item.show(item) for item in value]

    def beside(self, value: tuple[Any, ...]) -> dict[str, Any]:
        return {self.count_name: len(value)} if self.count else {}


class _Absent(Kind[None]):
    """A field that the edition at hand doesn't have."""

    looks_back = False
    size = 0
    title = "—"

    def read(self, reader: Reader) -> None:
        return None

    def write(self, value: None, edition: str = "") -> bytes:
        return b""


ABSENT = _Absent()
