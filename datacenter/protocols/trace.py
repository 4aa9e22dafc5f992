"""A record of how a body was read (读取轨迹): which bytes each field took. Kept only for explaining a frame.

A reader that carries a ``Trace`` is read by the tables line by line, and every field, item and inner structure leaves
a row, the outer before the inner ones. Rows of an attempt that failed stay: they show how far it came.
"""

from dataclasses import dataclass
from typing import Any

UNREAD = -1
"""``stop`` of a row that could not be read to its end."""


@dataclass(slots=True)
class Traced:
    """One field: bytes ``start`` to ``stop`` of the body, read by ``kind``.

    ``form`` is the dataclass whose table has the field, ``attribute`` the field's Python name in it; ``unit`` is said
    where that name doesn't tell it. ``error`` is why the field could not be read, on the innermost row that failed.
    """

    depth: int
    start: int
    stop: int
    name: str
    title: str
    kind: Any
    attribute: str = ""
    form: Any = None
    value: Any = None
    unit: str = ""
    error: Any = None


class Trace:
    """Rows in the order in which their bytes begin."""

    __slots__ = ("_blamed", "depth", "rows")

    def __init__(self) -> None:
        self.rows: list[Traced] = []
        self.depth = 0
        self._blamed: Any = None

    def begin(self, start: int, name: str, title: str, kind: Any, attribute: str = "", form: Any = None) -> Traced:
        """A field begins; what is entered until its ``end`` lies inside it."""
        row = Traced(self.depth, start, UNREAD, name, title, kind, attribute, form)
        self.rows.append(row)
        self.depth += 1
        return row

    def end(self, row: Traced, stop: int, value: Any) -> None:
        """The field has been read up to ``stop``."""
        row.stop, row.value = stop, value
        self.depth = row.depth

    def fail(self, row: Traced, fault: Any) -> None:
        """The field could not be read. Only the innermost row that meets ``fault`` bears it."""
        if fault is not self._blamed:
            row.error = self._blamed = fault
        self.depth = row.depth

    def leaf(self, start: int, stop: int, name: str, title: str, kind: Any, value: Any) -> None:
        """A field with nothing inside it."""
        self.rows.append(Traced(self.depth, start, stop, name, title, kind, value=value))

    def drop(self, count: int, depth: int) -> None:
        """Forget the rows behind the first ``count``: an attempt that is not held to."""
        del self.rows[count:]
        self.depth = depth
