"""Tables of messages as Markdown (协议表的排版): what ``protocol_docs.py`` puts its papers together from."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntFlag
from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.explain import chinese_of, unit_of
from datacenter.protocols.layout import Catalogue, Field, Layout
from datacenter.protocols.wire import ABSENT, Bytes, Flags, Kind, Repeated, Text

MOST_CODES = 60
"""More names than this are cut short in a cell; the code has them all."""


class Found:
    """Structures and flag words met while tables are written, each once, in the order in which they were met."""

    def __init__(self) -> None:
        self.layouts: dict[str, Layout] = {}
        self.bits: dict[str, type[IntFlag]] = {}

    def look_into(self, kind: Kind[Any]) -> None:
        """Remember what lies inside a kind."""
        if isinstance(kind, Flags):
            self.bits.setdefault(kind.bits.__name__, kind.bits)
        layout = getattr(kind, "layout", None)
        if isinstance(layout, Layout) and layout.form.__name__ not in self.layouts:
            self.layouts[layout.form.__name__] = layout
            self.look_through(layout)
        for inner in inner_kinds(kind):
            self.look_into(inner)

    def look_through(self, layout: Layout) -> None:
        """The same for each line of a table, in every edition."""
        for line in layout.lines:
            for kind in (line.kind, *line.by_edition.values()):
                self.look_into(kind)


def inner_kinds(kind: Kind[Any]) -> Iterator[Kind[Any]]:
    """Kinds that a kind is made of."""
    for value in vars(kind).values():
        if isinstance(value, Kind):
            yield value
        elif isinstance(value, Mapping):
            yield from (one for one in value.values() if isinstance(one, Kind))
        elif isinstance(value, tuple | list):
            yield from (one for one in value if isinstance(one, Kind))


def messages(
    catalogue: Catalogue,
    direction: Callable[[int], str],
    gateway: Mapping[int, str],
    found: Found,
    title: str = "Messages",
    anchor: str = "",
) -> Iterator[str]:
    """The list of messages, then each with its fields. ``direction`` says who sends an id to whom."""
    yield f"## {title}\n"
    yield "| id | name | direction | here |"
    yield "| --- | --- | --- | --- |"
    for message_id, form in sorted(catalogue.forms.items()):
        link = f"[0x{message_id:04X}](#{anchor}0x{message_id:04x})"
        yield f"| {link} | {form.title} | {direction(message_id)} | {gateway.get(message_id, '')} |"
    yield "\nFields below stand in the order of the wire, under the names that `manage.py decode` prints."
    for message_id, form in sorted(catalogue.forms.items()):
        yield f'\n<a id="{anchor}0x{message_id:04x}"></a>\n\n### 0x{message_id:04X} {form.title}\n'
        yield first_paragraph(form)
        found.look_through(form.layout)
        if form.layout.lines:
            yield ""
            yield from fields(form.layout)
    yield ""


def fields(layout: Layout) -> Iterator[str]:
    """A table of fields, with a column for each edition that differs."""
    editions = sorted(layout.editions)
    yield "| field | 名称 | type | unit |" + "".join(f" {edition} |" for edition in editions) + " values |"
    yield "| --- | --- | --- | --- |" + " --- |" * len(editions) + " --- |"
    for line in layout.lines:
        kinds = "".join(f" {kind_of(line, edition)} |" for edition in editions)
        unit = unit_of(line.attribute)
        yield f"| `{line.name}` | {line.title} | {kind_of(line, '')} | {unit} |{kinds} {values(line.kind)} |"


def kind_of(line: Field, edition: str) -> str:
    """The type of a field, in one edition or in general."""
    if edition and edition not in line.by_edition:
        return "same"
    kind = line.kind_in(edition)
    if kind is ABSENT:
        return "—"
    return type_of(kind) + (", optional" if line.optional else "")


def type_of(kind: Kind[Any]) -> str:
    """A kind's own title; a structure under the name of its table."""
    if isinstance(kind, Repeated):
        count = f"{kind.count.title} 个数 + " if kind.count else ""
        return f"{count}{type_of(kind.item)} × {kind.times or 'n'}"
    layout = getattr(kind, "layout", None)
    if isinstance(layout, Layout):
        return f"{chinese_of(layout.form)} [`{layout.form.__name__}`](#{layout.form.__name__.lower()})"
    return kind.title


def values(kind: Kind[Any]) -> str:
    """Names of codes, or which flag word it is."""
    if isinstance(kind, Flags):
        return f"bits [`{kind.bits.__name__}`](#{kind.bits.__name__.lower()})"
    if isinstance(kind, Coded):
        named = [f"{number} {name}" for number, name in kind.names.items()]
        more = f"; … {len(named)} in all" if len(named) > MOST_CODES else ""
        return "; ".join(named[:MOST_CODES]) + more
    inner = [text for one in inner_kinds(kind) if not isinstance(one, Text | Bytes) and (text := values(one))]
    return "; ".join(dict.fromkeys(inner))


def items(title: str, table: Mapping[int, Any], found: Found, note: str = "", width: int = 2) -> Iterator[str]:
    """A table of items by id: additional items, passed-through contents."""
    yield f"## {title}\n"
    if note:
        yield f"{note}\n"
    yield "| id | item | fields | values |"
    yield "| --- | --- | --- | --- |"
    for item_id, form in sorted(table.items()):
        found.look_through(form.layout)
        lines = form.layout.lines
        listed = "; ".join(f"`{line.name}` {kind_of(line, '')} {unit_of(line.attribute)}".strip() for line in lines)
        coded = "; ".join(f"`{line.name}`: {text}" for line in lines if (text := values(line.kind)))
        yield f"| 0x{item_id:0{width}X} | {getattr(form, 'title', '') or chinese_of(form)} | {listed} | {coded} |"
    yield ""


def parameters(title: str, table: Mapping[int, Any], found: Found, note: str = "") -> Iterator[str]:
    """A table of parameters by id."""
    yield f"## {title}\n"
    if note:
        yield f"{note}\n"
    yield "| id | parameter | type | unit | editions | values |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for parameter_id, line in sorted(table.items()):
        found.look_into(line.kind)
        kind = line.kind
        yield (
            f"| 0x{parameter_id:04X} | {line.title} | {type_of(kind)} | {line.unit} | {line.editions or 'all'} "
            f"| {values(kind)} |"
        )
    yield ""


def structures(found: Found) -> Iterator[str]:
    """The tables of structures met so far."""
    if found.layouts:
        yield "## Structures\n"
    for name, layout in sorted(found.layouts.items()):
        yield f'<a id="{name.lower()}"></a>\n\n### {name} {chinese_of(layout.form)}\n'
        yield first_paragraph(layout.form) + "\n"
        yield from fields(layout)
        yield ""


def bits(found: Found) -> Iterator[str]:
    """Flag words met so far, bit by bit."""
    if found.bits:
        yield "## Flag bits\n"
    for name, flags in sorted(found.bits.items()):
        yield f'<a id="{name.lower()}"></a>\n\n### {name}\n'
        yield first_paragraph(flags) + "\n"
        yield "| bit | name | 名称 |"
        yield "| --- | --- | --- |"
        yield from (f"| {number} | `{word}` | {title} |" for number, word, title in named_bits(flags))
        yield ""


def named_bits(flags: type[IntFlag]) -> Iterable[tuple[int, str, str]]:
    """(number, name, Chinese name) of each bit."""
    for bit in flags:
        yield bit.value.bit_length() - 1, (bit.name or "").lower(), getattr(bit, "title", "")


def codes(title: str, note: str, tables: Mapping[str, Mapping[int, str]]) -> Iterator[str]:
    """Tables of codes that are too long for a cell."""
    yield f"## {title}\n"
    yield f"{note}\n"
    for name, table in tables.items():
        yield f"**{name}**: " + "; ".join(f"{number} {word}" for number, word in table.items()) + ".\n"


def not_found(gaps: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What the material at hand does not say."""
    yield "## Not found\n"
    yield "What the material at hand does not say; the code guesses none of it.\n"
    yield "| 内容 | 未查到 |"
    yield "| --- | --- |"
    for subject, lacking in gaps:
        yield f"| {subject} | {lacking} |"
    yield ""


def first_paragraph(form: type) -> str:
    """What a class says of itself first, on one line."""
    return " ".join((inspect.getdoc(form) or "").split("\n\n")[0].split())
