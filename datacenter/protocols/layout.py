"""Message tables (消息表): one dataclass a message, one ``wire`` line a field, in the standard's order.

The same table decodes, encodes, documents and explains. A field's line carries its kind, its Chinese name, its wire
name (``latitude_e6``; the Python name where left out) and what differs by edition (``v2019=Text(30)``).
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from .compiled import Line, make_reader, make_writer
from .errors import FieldError, TruncatedBody, UnfitValue, UnknownMessage
from .trace import Trace
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
    """The table of one dataclass. Reading and writing go through functions made from it (``compiled.py``)."""

    def __init__(self, form: type) -> None:
        self.form = form
        lines: list[Field] = []
        for item in fields(form):
            line: Field = item.metadata["wire"]
            lines.append(
                Field(item.name, line.name or item.name, line.title, line.kind, line.by_edition, line.optional)
            )
        self.lines = tuple(lines)
        self.editions = frozenset(edition for line in lines for edition in line.by_edition)
        self._readers: dict[str, Callable[[Reader], Any]] = {}
        self._writers: dict[str, Callable[[Any, str], bytes]] = {}

    def _compiled(self, edition: str) -> tuple[str, list[Line]]:
        """The lines as ``edition`` has them; all editions that no line names share one function."""
        named = edition if edition in self.editions else ""
        lines = [Line(line.attribute, line.name, line.kind_in(named), line.optional) for line in self.lines]
        return named, lines

    def _reader(self, edition: str) -> Callable[[Reader], Any]:
        named, lines = self._compiled(edition)
        if named not in self._readers:
            self._readers[named] = make_reader(self.form, lines, self._read_by_line)
        return self._readers[named]

    def _writer(self, edition: str) -> Callable[[Any, str], bytes]:
        named, lines = self._compiled(edition)
        if named not in self._writers:
            self._writers[named] = make_writer(self.form, lines, self._encode_by_line)
        return self._writers[named]

    def read(self, reader: Reader) -> Any:
        """The message under the cursor. Raises ``FieldError`` with the field's wire name and offset."""
        if reader.trace is not None:
            return self._read_by_line(reader)
        edition = reader.edition
        read = self._readers.get(edition if edition in self.editions else "")
        return (read or self._reader(edition))(reader)

    def _read_by_line(self, reader: Reader) -> Any:
        """The same, a line at a time: where a field is wrong, and where each one has to leave its trace."""
        outer, edition, trace = reader.known, reader.edition, reader.trace
        values: dict[str, Any] = {}
        reader.known = values
        for line in self.lines:
            kind = line.by_edition.get(edition, line.kind)
            start = reader.pos
            if line.optional and start >= reader.end:
                values[line.attribute] = None
                continue
            row = trace.begin(start, line.name, line.title, kind, line.attribute, self.form) if trace else None
            try:
                values[line.attribute] = kind.read(reader)
            except FieldError as fault:
                fault.field = fault.field or line.name
                if trace and row:
                    trace.fail(row, fault)
                raise
            if trace and row:
                trace.end(row, reader.pos, values[line.attribute])
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
        write = self._writers.get(edition if edition in self.editions else "")
        return (write or self._writer(edition))(message, edition)

    def _encode_by_line(self, message: Any, edition: str) -> bytes:
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
        """Each field of ``body`` with its offset and bytes; ``explain.py`` goes into what lies inside them."""
        trace = Trace()
        self.read(Reader(body, edition, trace))
        return [
            Explained(row.start, body[row.start : row.stop], row.name, row.title, row.kind.show(row.value))
            for row in trace.rows
            if row.depth == 0 and row.kind is not ABSENT
        ]


class Struct(Kind[Any]):
    """A dataclass with a table of its own, inside another; ``flat``: shown among the other's fields."""

    looks_back = False

    def __init__(self, form: type, *, flat: bool = False) -> None:
        self.flat = flat
        self.layout = getattr(form, "layout", None) or Layout(form)
        self.title = form.__name__

    def read(self, reader: Reader) -> Any:
        return self.layout.read(reader)

    def write(self, value: Any, edition: str = "") -> bytes:
        if not isinstance(value, self.layout.form):
            raise UnfitValue(value, self.title)
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
            if form.edition_of.__func__ is Message.edition_of.__func__:  # type: ignore[attr-defined]
                form.decode = form.layout.decode  # type: ignore[attr-defined]  # no edition to find out: two calls less
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
