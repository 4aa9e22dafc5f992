"""Pages of a registry list by cursor (翻页): fifty rows from after one row, or up to before another.

A cursor is the id of that row, never what it is sorted by: a list of people is sorted by name, and names don't belong
in addresses. A cursor whose row is gone or out of sight shows the first page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

PAGE_SIZE = 50
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page: its rows, how many there are on all pages, and the addresses of its neighbours; empty where none."""

    rows: Sequence[Row]
    total: int
    first_query: str
    previous_query: str
    next_query: str


def page_of(rows: QuerySet[Row], parameters: QueryDict, column: str) -> Page[Row]:
    """The page that ``parameters`` ask for: after the row ``after``, before the row ``before``, or the first.

    ``column`` sorts the rows, ascending, and ``pk`` where it is equal.
    """
    total = rows.order_by().count()
    mark, backwards = _mark(rows, parameters, column)
    if backwards:
        found = list(rows.filter(_beyond(mark, column, "lt")).order_by(f"-{column}", "-pk")[: PAGE_SIZE + 1])
        earlier, later = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        rest = rows.filter(_beyond(mark, column, "gt")) if mark else rows
        found = list(rest.order_by(column, "pk")[: PAGE_SIZE + 1])
        earlier, later = mark is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    return Page(
        rows=found,
        total=total,
        first_query=_address(parameters) if earlier else "",
        previous_query=_address(parameters, before=found[0].pk) if earlier and found else "",
        next_query=_address(parameters, after=found[-1].pk) if later and found else "",
    )


def _mark(rows: QuerySet[Row], parameters: QueryDict, column: str) -> tuple[Any, bool]:
    """(sorting value and id of the row that the page is counted from, whether backwards); no row is the first page."""
    for name, backwards in (("before", True), ("after", False)):
        text = parameters.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 19:
            mark = rows.order_by().filter(pk=int(text)).values_list(column, "pk").first()
            if mark is not None:
                return mark, backwards
    return None, False


def _beyond(mark: Any, column: str, side: str) -> Q:
    value, pk = mark
    return Q(**{f"{column}__{side}": value}) | Q(**{column: value, f"pk__{side}": pk})


def _address(parameters: QueryDict, **changes: Any) -> str:
    wanted = parameters.copy()
    for name in ("before", "after"):
        wanted.pop(name, None)
    for name, value in changes.items():
        wanted[name] = str(value)
    return "?" + wanted.urlencode()
