"""Message tables turned into one function each (编译后的报文表): what makes the table codec fast.

A run of fields of fixed size is read by one ``struct`` call with its conversions written out; other fields ask their
kind. The functions judge nothing: on any value out of the ordinary they give up, and the table reads or writes the
message line by line instead and says which field is wrong and why. So both ways always agree.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from struct import Struct
from struct import error as StructError
from typing import Any, NamedTuple

from .errors import FieldError
from .inline import Inline
from .wire import Kind

GIVES_UP = (StructError, ValueError, TypeError, IndexError, KeyError, OverflowError, AttributeError, AssertionError)
"""What generated code may stumble over; the table is asked then."""


class Line(NamedTuple):
    """One field as the generator sees it: its line of the table, its kind in one edition."""

    attribute: str
    name: str
    kind: Kind[Any]
    optional: bool


def _own(kind: Kind[Any], name: str) -> bool:
    """Whether what the class says in ``name`` holds: nobody below it changed how the kind reads, writes or shows."""
    cls = type(kind)
    owner = next(one for one in cls.__mro__ if name in vars(one))
    return all(getattr(cls, method) is getattr(owner, method, None) for method in ("read", "write", "show"))


def inline_of(kind: Kind[Any]) -> Inline | None:
    """The kind's short-cut, where it still holds."""
    return kind.inline() if _own(kind, "inline") else None


def looks_back(kind: Kind[Any]) -> bool:
    """Whether the kind may ask for the fields before it; so does one that reads in its own way and says nothing."""
    return kind.looks_back if "looks_back" in vars(kind) or _own(kind, "looks_back") else True


def maker(form: type) -> Callable[[str, Sequence[str]], tuple[str, dict[str, Any]]]:
    """Code that makes a ``form`` out of variables, and the names which that code uses.

    A frozen dataclass sets its fields one by one through ``object.__setattr__``, which costs more than to decode them.
    Where it has slots and no rule of its own, a twin of the same layout that isn't frozen is filled instead and then
    becomes one of ``form``.
    """
    twin = twin_of(form)

    def code(target: str, attributes: Sequence[str]) -> tuple[str, dict[str, Any]]:
        if twin is None:
            given = ", ".join(f"{name}=v_{name}" for name in attributes)
            return f"{target} = form({given})", {"form": form}
        lines = [f"{target} = twin()", *(f"{target}.{name} = v_{name}" for name in attributes)]
        return "\n".join([*lines, f"{target}.__class__ = form"]), {"form": form, "twin": twin}

    return code


def maker_of(form: Any) -> Callable[..., Any]:
    """A function of all fields of ``form``, in order, that makes one (see ``maker``)."""
    names = [item.name for item in fields(form)]
    code, given = maker(form)("out", names)
    source = [
        f"def make({', '.join(f'v_{name}' for name in names)}):",
        *_indented([*code.split("\n"), "return out"], 4),
    ]
    return _function("\n".join(source), "make", given, form)


def twin_of(form: type) -> type | None:
    """A class of the same layout whose instances may be filled and then become ``form``; None where none can be."""
    slots = vars(form).get("__slots__")
    names = {item.name for item in fields(form)}
    if slots is None or hasattr(form, "__post_init__") or any(not item.init for item in fields(form)):
        return None
    if names != {name for base in form.__mro__ for name in vars(base).get("__slots__", ())}:
        return None
    own = {"__slots__": slots, "__setattr__": object.__setattr__, "__init__": object.__init__}
    try:
        twin = type(form.__name__, form.__bases__, own)
        twin().__class__ = form  # refuses where the layouts differ
    except TypeError:
        return None
    return twin


def make_reader(form: type, lines: Sequence[Line], slow: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``read(reader)`` for these lines; ``slow`` is the table's own way."""
    names: dict[str, Any] = {"slow": slow, "FieldError": FieldError, "GIVES_UP": GIVES_UP}
    later = [any(looks_back(line.kind) for line in lines[number + 1 :]) for number in range(len(lines))]
    remembers = any(looks_back(line.kind) for line in lines)
    body: list[str] = []
    if remembers:
        body.append("reader.known = known = {}")
    for number, run in _runs(lines):
        body += _read_run(number, run, names) if len(run) > 1 or inline_of(run[0].kind) else _read_one(number, run[0])
        names |= {f"kind_{number + at}": line.kind for at, line in enumerate(run)}
        body += [f"known[{line.attribute!r}] = v_{line.attribute}" for at, line in enumerate(run) if later[number + at]]
    made, given = maker(form)("out", [line.attribute for line in lines])
    names |= given
    restored = ["reader.known = outer"] if remembers else []
    source = [
        "def read(reader):",
        *(["    outer = reader.known"] if remembers else []),
        "    data, pos, end = reader.data, reader.pos, reader.end",
        "    begin, at = pos, ''",
        "    try:",
        *_indented([*body, *restored, *made.split("\n"), "return out"], 8),
        "    except FieldError as fault:",
        "        fault.field = fault.field or at",
        "        raise",
        "    except GIVES_UP:",
        *_indented(["reader.pos = begin", *restored, "return slow(reader)"], 8),
    ]
    return _function("\n".join(source), "read", names, form)


def _runs(lines: Sequence[Line]) -> Iterator[tuple[int, list[Line]]]:
    """Runs of fields that one ``struct`` call reads, with the number of the first; any other field by itself."""
    run: list[Line] = []
    for number, line in enumerate(lines):
        if inline_of(line.kind) and not line.optional:
            run.append(line)
            continue
        if run:
            yield number - len(run), run
            run = []
        yield number, [line]
    if run:
        yield len(lines) - len(run), run


def _read_run(number: int, run: list[Line], names: dict[str, Any]) -> list[str]:
    """Code that reads a run; an optional field is a run of its own."""
    inlines = [inline_of(line.kind) for line in run]
    packed = Struct(">" + "".join(one.code for one in inlines if one))
    names[f"unpack_{number}"] = packed.unpack_from
    code = [
        f"if end - pos < {packed.size}: raise ValueError",
        f"{', '.join(f'v_{line.attribute}' for line in run)}, = unpack_{number}(data, pos)",
        f"pos += {packed.size}",
    ]
    for at, (line, one) in enumerate(zip(run, inlines, strict=True)):
        expression = _expression(one.read if one else "", f"v_{line.attribute}", one, f"k{number + at}", names)
        if expression != f"v_{line.attribute}":
            code.append(f"v_{line.attribute} = {expression}")
    code.append("reader.pos = pos")
    return _if_bytes_remain(run[0], code) if run[0].optional else code


def _read_one(number: int, line: Line) -> list[str]:
    code = [
        f"at = {line.name!r}",
        f"v_{line.attribute} = kind_{number}.read(reader)",
        "pos = reader.pos",
    ]
    return _if_bytes_remain(line, code) if line.optional else code


def _if_bytes_remain(line: Line, code: list[str]) -> list[str]:
    return ["if pos >= end:", f"    v_{line.attribute} = None", "else:", *_indented(code, 4)]


def make_writer(form: type, lines: Sequence[Line], slow: Callable[[Any, str], bytes]) -> Callable[[Any, str], bytes]:
    """``write(message, edition)`` for these lines; ``slow`` is the table's own way."""
    names: dict[str, Any] = {"slow": slow, "FieldError": FieldError, "GIVES_UP": GIVES_UP}
    body: list[str] = []
    for number, run in _written_runs(lines):
        names |= {f"kind_{number + at}": line.kind for at, line in enumerate(run)}
        if inline_of(run[0].kind) and not run[0].optional:
            body.append(_write_run(number, run, names))
            continue
        line = run[0]
        asked = f"parts.append(kind_{number}.write(v, edition))"
        body += [f"at = {line.name!r}", f"v = message.{line.attribute}"]
        body.append(f"if v is not None: {asked}" if line.optional else asked)
    source = [
        "def write(message, edition):",
        "    parts, at = [], ''",
        "    try:",
        *_indented([*body, "return b''.join(parts)"], 8),
        "    except FieldError as fault:",
        "        fault.field = fault.field or at",
        "        raise",
        "    except GIVES_UP:",
        "        return slow(message, edition)",
    ]
    return _function("\n".join(source), "write", names, form)


def _written_runs(lines: Sequence[Line]) -> Iterator[tuple[int, list[Line]]]:
    """The same runs, cut where a field can't be packed by an expression."""
    for first, run in _runs(lines):
        start = 0
        for at, line in enumerate(run):
            one = inline_of(line.kind)
            if one is None or one.write:
                continue
            if at > start:
                yield first + start, run[start:at]
            yield first + at, [line]
            start = at + 1
        if start < len(run):
            yield first + start, run[start:]


def _write_run(number: int, run: list[Line], names: dict[str, Any]) -> str:
    inlines = [inline_of(line.kind) for line in run]
    if any(one is None or not one.write for one in inlines):
        line = run[0]
        return f"at = {line.name!r}; parts.append(kind_{number}.write(message.{line.attribute}, edition))"
    names[f"pack_{number}"] = Struct(">" + "".join(one.code for one in inlines if one)).pack
    given = [
        _expression(one.write if one else "", f"message.{line.attribute}", one, f"k{number + at}", names)
        for at, (line, one) in enumerate(zip(run, inlines, strict=True))
    ]
    return f"parts.append(pack_{number}({', '.join(given)}))"


def _expression(template: str, value: str, one: Inline | None, prefix: str, names: dict[str, Any]) -> str:
    """The expression over ``value``; what it names is entered under a name of its own."""
    given = one.names if one else {}
    names |= {f"{prefix}_{name}": known for name, known in given.items()}
    return template.format(v=value, **{name: f"{prefix}_{name}" for name in given})


def _indented(lines: Sequence[str], columns: int) -> list[str]:
    return [" " * columns + line for line in lines]


def _function(source: str, name: str, names: dict[str, Any], form: type) -> Any:
    """The function that ``source`` defines. The source holds names of fields and numbers of ours, nothing that came."""
    scope = dict(names)
    exec(compile(source, f"<table of {form.__name__}>", "exec"), scope)  # noqa: S102
    return scope[name]
