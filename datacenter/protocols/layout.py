"""Message tables (消息表): one dataclass a message, one ``wire`` line a field, in the standard's order.

The same table decodes, encodes, documents and explains. A field's line carries its kind, its Chinese name, its wire
name (``latitude_e6``; the Python name where left out) and what differs by edition (``v2019=Text(30)``).
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from .errors import FieldError, TruncatedBody, UnknownMessage
from .wire import ABSENT, Kind, Reader

EDITION_PREFIX = "v"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a table: how field ``attribute`` lies on the wire, by edition."""

    attribute: str
    name: str
    title: str
    kind: Kind[Any]
    by_edition: dict[str, Kind[Any]]
    optional: bool

    def kind_in(self, edition: str) -> Kind[Any]:
        return self.by_edition.get(edition, self.kind)


def wire(
    kind: Kind[Any],
    title: str,
    *,
    name: str = "",
    optional: bool = False,
    default: Any = MISSING,
    **editions: Kind[Any],
) -> Any:
    """A dataclass field with its line of the table.

    ``optional``: present while bytes remain; None otherwise. ``v2011=``, ``v2019=`` give an edition's own kind.
    """
    by_edition = {edition.removeprefix(EDITION_PREFIX): other for edition, other in editions.items()}
    if optional and default is MISSING:
        default = None
    line = Field("", name, title, kind, by_edition, optional)
    return field(default=default, metadata={"wire": line})


@dataclass(frozen=True, slots=True)
class Explained:
    """One field of a raw body: where it lies, its bytes, and what they say."""

    offset: int
    raw: bytes
    name: str
    title: str
    value: Any


class Layout:
    """The table of one dataclass."""

    def __init__(self, form: type) -> None:
        self.form = form
        lines: list[Field] = []
        for item in fields(form):
            line: Field = item.metadata["wire"]
            lines.append(
                Field(item.name, line.name or item.name, line.title, line.kind, line.by_edition, line.optional)
            )
        self.lines = tuple(lines)

    def read(self, reader: Reader, explain: list[Explained] | None = None) -> Any:
        """The message under the cursor. Raises ``FieldError`` with the field's wire name and offset."""
        outer, edition = reader.known, reader.edition
        values: dict[str, Any] = {}
        reader.known = values
        for line in self.lines:
            kind = line.by_edition.get(edition, line.kind)
            start = reader.pos
            if line.optional and start >= reader.end:
                values[line.attribute] = None
                continue
            try:
                values[line.attribute] = kind.read(reader)
            except FieldError as fault:
                fault.field = fault.field or line.name
                raise
            if explain is not None and kind is not ABSENT:
                value = kind.show(values[line.attribute])
                explain.append(Explained(start, reader.data[start : reader.pos], line.name, line.title, value))
        reader.known = outer
        return self.form(**values)

    def decode(self, body: bytes, edition: str = "") -> Any:
        """The message in ``body``; bytes behind it are left alone, as later editions append fields."""
        return self.read(Reader(body, edition))

    def decode_whole(self, body: bytes, edition: str = "") -> Any:
        """Like ``decode``, but refuses a body longer than the table."""
        reader = Reader(body, edition)
        message = self.read(reader)
        if reader.remaining:
            raise TruncatedBody(reader.pos, len(body), reader.pos)
        return message

    def encode(self, message: Any, edition: str = "") -> bytes:
        """Raises ``UnfitValue`` where a field can't carry its value."""
        parts: list[bytes] = []
        for line in self.lines:
            value = getattr(message, line.attribute)
            if value is None and line.optional:
                continue
            try:
                parts.append(line.kind_in(edition).write(value, edition))
            except FieldError as fault:
                fault.field = fault.field or line.name
                raise
        return b"".join(parts)

    def show(self, message: Any, edition: str = "") -> dict[str, Any]:
        """Wire names and wire values, ready for JSON; absent fields are left out."""
        out: dict[str, Any] = {}
        for line in self.lines:
            value = getattr(message, line.attribute)
            if value is None:
                continue
            kind = line.kind_in(edition)
            out |= kind.beside(value)
            if kind.flat:
                out |= kind.show(value)
            else:
                out[line.name] = kind.show(value)
        return out

    def explain(self, body: bytes, edition: str = "") -> list[Explained]:
        """Each field of ``body`` with its offset and bytes, to lay beside the printed table."""
        rows: list[Explained] = []
        self.read(Reader(body, edition), rows)
        return rows


class Struct(Kind[Any]):
    """A dataclass with a table of its own, inside another; ``flat``: shown among the other's fields."""

    def __init__(self, form: type, *, flat: bool = False) -> None:
        self.flat = flat
        self.layout = getattr(form, "layout", None) or Layout(form)
        self.title = form.__name__

    def read(self, reader: Reader) -> Any:
        return self.layout.read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        return self.layout.encode(value, edition)

    def show(self, value: Any) -> dict[str, Any]:
        return self.layout.show(value)


class Message:
    """Base of the tables' dataclasses; the catalogue's decorator fills in what is declared here."""

    __slots__ = ()

    message_id: ClassVar[int]
    title: ClassVar[str]
    layout: ClassVar[Layout]

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """The edition a body follows, where the header can't tell."""
        return edition

    @classmethod
    def decode(cls, body: bytes, edition: str = "") -> Any:
        return cls.layout.decode(body, cls.edition_of(body, edition))

    def encode(self, edition: str = "") -> bytes:
        return self.layout.encode(self, edition)


F = TypeVar("F", bound=type)


class Catalogue:
    """The messages of one protocol by id; each protocol has its own, as ids of 808 and 905 collide."""

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.forms: dict[int, type[Message]] = {}

    def message(self, message_id: int, title: str) -> Callable[[F], F]:
        """Class decorator: enters a dataclass as the table of ``message_id``."""

        def enter(form: F) -> F:
            assert message_id not in self.forms, f"0x{message_id:04X} twice"
            form.message_id, form.title, form.layout = message_id, title, Layout(form)  # type: ignore[attr-defined]
            self.forms[message_id] = form
            return form

        return enter

    def joined(self, protocol: str, *others: "Catalogue") -> "Catalogue":
        """A catalogue of these messages and those of ``others``; where an id is in several, the last one's holds."""
        union = Catalogue(protocol)
        for one in (self, *others):
            union.forms |= one.forms
        return union

    def decode(self, message_id: int, body: bytes, edition: str = "") -> Any:
        """The message in ``body``. Raises ``UnknownMessage`` or what its fields raise."""
        form = self.forms.get(message_id)
        if form is None:
            raise UnknownMessage(message_id)
        return form.decode(body, edition)
