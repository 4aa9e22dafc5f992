"""Field kinds made of other kinds (组合字段)."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from .errors import FieldError, UnfitValue
from .wire import Bytes, Integer, Kind, Reader


class SignMagnitude(Kind[int]):
    """A number whose highest bit is its sign and whose other bits are its magnitude."""

    looks_back = False

    def __init__(self, size: int) -> None:
        self.size, self.sign, self.title = size, 1 << (8 * size - 1), f"BYTE[{size}]，最高位为符号"

    def read(self, reader: Reader) -> int:
        assert self.size is not None
        raw = int.from_bytes(reader.take(self.size), "big")
        return -(raw ^ self.sign) if raw & self.sign else raw

    def write(self, value: int, edition: str = "") -> bytes:
        if abs(value) >= self.sign:
            raise UnfitValue(value, self.title)
        return (abs(value) | (self.sign if value < 0 else 0)).to_bytes(self.size or 0, "big")


class Coded(Kind[int]):
    """A number with a name for each of its values (代码); unknown numbers are kept."""

    def __init__(self, base: Integer, names: Mapping[int, str]) -> None:
        self.base, self.names, self.size, self.title = base, dict(names), base.size, base.title

    def read(self, reader: Reader) -> int:
        return self.base.read(reader)

    def write(self, value: int, edition: str = "") -> bytes:
        return self.base.write(value)

    def name(self, value: int) -> str:
        """The name of ``value``; empty where it has none."""
        return self.names.get(value, "")

    def means(self, value: Any) -> list[str]:
        return [self.names.get(value, "未定义")]

    def show(self, value: int) -> Any:
        return value


class Switch(Kind[Any]):
    """A field whose kind an earlier one decides (由前面字段决定格式).

    ``attribute`` is the earlier field's Python name, ``cases`` maps its values to kinds; other values take ``default``
    (the bytes to the end). Reading needs the earlier field alone; writing and showing take the value's own shape, as a
    message that is shown isn't told the earlier field: of several kinds the first that can write the value is taken, so
    kinds of one Switch must differ in what they accept (structures of different classes do).
    """

    title = "由前面字段决定"

    def __init__(self, attribute: str, cases: Mapping[int, Kind[Any]], default: Kind[Any] | None = None) -> None:
        self.attribute, self.cases, self.default = attribute, dict(cases), default or Bytes()

    def read(self, reader: Reader) -> Any:
        return self.cases.get(reader.known[self.attribute], self.default).read(reader)

    def of(self, value: Any) -> Kind[Any]:
        """The kind that carries ``value``. Raises ``UnfitValue``."""
        for kind in self._candidates():
            form = getattr(getattr(kind, "layout", None), "form", None)
            if form is not None:
                if type(value) is form:
                    return kind
                continue
            try:
                kind.write(value)
            except (FieldError, TypeError, ValueError, AttributeError):
                continue
            return kind
        raise UnfitValue(value, self.title)

    def _candidates(self) -> Iterator[Kind[Any]]:
        yield from self.cases.values()
        yield self.default

    def write(self, value: Any, edition: str = "") -> bytes:
        return self.of(value).write(value, edition)

    def show(self, value: Any) -> Any:
        return self.of(value).show(value)

    def beside(self, value: Any) -> dict[str, Any]:
        return self.of(value).beside(value)


class When(Kind[Any]):
    """A field that is there when an earlier one has one of ``values`` (条件字段); None otherwise."""

    def __init__(self, attribute: str, values: Container[Any], kind: Kind[Any]) -> None:
        self.attribute, self.values, self.kind = attribute, values, kind
        self.title = f"{kind.title}（视前面字段而有）"

    def present(self, known: Mapping[str, Any]) -> bool:
        """Whether the field is there, by the fields before it."""
        return known[self.attribute] in self.values

    def read(self, reader: Reader) -> Any:
        return self.kind.read(reader) if self.present(reader.known) else None

    def write(self, value: Any, edition: str = "") -> bytes:
        return b"" if value is None else self.kind.write(value, edition)

    def show(self, value: Any) -> Any:
        return None if value is None else self.kind.show(value)

    def beside(self, value: Any) -> dict[str, Any]:
        return {} if value is None else self.kind.beside(value)

    def of(self, value: Any) -> Kind[Any]:
        return self.kind.of(value)


class Sized(Kind[Any]):
    """A field behind its own length (带长度的数据): read by ``kind`` where that takes all of it, bytes otherwise.

    A vendor's oddity inside costs nothing around it. A length that reaches past the body is refused.
    """

    def __init__(self, count: Integer, kind: Kind[Any], *, count_name: str = "") -> None:
        self.count, self.kind, self.count_name = count, kind, count_name
        self.title = f"{count.title} 长度 + {kind.title}"

    def read(self, reader: Reader) -> Any:
        size = self.count.read(reader)
        start = reader.pos
        raw = reader.take(size)
        inner, trace = reader.part(start, reader.pos), reader.trace
        rows, depth = (len(trace.rows), trace.depth) if trace else (0, 0)
        try:
            value = self.kind.read(inner)
            whole = not inner.remaining
        except FieldError:
            whole = False
        if whole:
            return value
        if trace:
            trace.drop(rows, depth)
        return raw

    def write(self, value: Any, edition: str = "") -> bytes:
        raw = value if isinstance(value, bytes) else self.kind.write(value, edition)
        return self.count.write(len(raw)) + raw

    def show(self, value: Any) -> Any:
        if isinstance(value, bytes) and not isinstance(self.kind, Bytes):
            return {"hex": value.hex().upper(), "malformed": 1}
        return self.kind.show(value)

    def beside(self, value: Any) -> dict[str, Any]:
        return {self.count_name: len(self.write(value)) - (self.count.size or 0)} if self.count_name else {}
