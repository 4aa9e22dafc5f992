"""Which tables a terminal speaks besides the standard's (方言): items and parameters of other standards and of vendors.

JT/T 808 leaves room in three lists: additional items of a position, parameters, passed-through data. Others fill it,
and not all of them agree. A *dialect* names their tables; the standard's own hold unless one is spoken.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Dialect:
    """Tables that hold before the standard's, by id.

    ``extras`` and ``passthrough`` hold dataclasses with a ``layout``, ``parameters`` hold ``parameters.Parameter``.
    """

    extras: Mapping[int, Any] = field(default_factory=dict)
    parameters: Mapping[int, Any] = field(default_factory=dict)
    passthrough: Mapping[int, Any] = field(default_factory=dict)


_NONE = Dialect()
_SPOKEN: ContextVar[Dialect] = ContextVar("dialect", default=_NONE)


def spoken() -> Dialect:
    """The dialect that holds here."""
    return _SPOKEN.get()


@contextmanager
def speaking(*dialects: Dialect) -> Iterator[None]:
    """Inside, lists are read and shown by these dialects' tables too; a later one goes before an earlier one."""
    extras, parameters, passthrough = (dict(table) for table in _tables(_SPOKEN.get()))
    for dialect in dialects:
        extras |= dialect.extras
        parameters |= dialect.parameters
        passthrough |= dialect.passthrough
    token = _SPOKEN.set(Dialect(extras, parameters, passthrough))
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def _tables(dialect: Dialect) -> tuple[Mapping[int, Any], Mapping[int, Any], Mapping[int, Any]]:
    return dialect.extras, dialect.parameters, dialect.passthrough
