"""How many lost things come back (找回率): by kind and by month, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from complaints.lost.models import LostItem
from complaints.lost.selectors import items_visible_to

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """Things that were missed: how many, how many were found and given back, and the mean time to find one."""

    name: str
    lost: int
    located: int
    returned: int
    to_find: timedelta | None
    key: str = ""

    @property
    def percent(self) -> int | None:
        """Share given back, in percent."""
        return round(100 * self.returned / self.lost) if self.lost else None

    @property
    def hours(self) -> float | None:
        """Mean hours from the report to finding it."""
        return None if self.to_find is None else round(self.to_find.total_seconds() / 3600, 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """The page's figures; ``waiting`` are found things without an owner."""

    total: Line
    kinds: list[Line]
    months: list[Line]
    waiting: int


def figures_for(user: Any, now: datetime) -> Figures:
    """Of what was missed in the last ``MONTHS`` months, as far as ``user`` sees it."""
    first = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    items = items_visible_to(user).select_related(None)
    rows = items.filter(side=LostItem.Side.LOST, registered_at__gte=first).order_by()
    counted = _counted()
    labels = dict(LostItem.Kind.choices)
    kinds = [_line(labels[row["kind"]], row, row["kind"]) for row in rows.values("kind").annotate(**counted)]
    by_month = rows.annotate(month=TruncMonth("registered_at", tzinfo=timezone.get_default_timezone()))
    months = [
        _line(f"{row['month']:%Y-%m}", row) for row in by_month.values("month").annotate(**counted).order_by("-month")
    ]
    return Figures(
        _line("合计", rows.aggregate(**counted)),
        sorted(kinds, key=lambda line: (-line.lost, line.name)),
        months,
        items.filter(side=LostItem.Side.FOUND, state=LostItem.State.OPEN).order_by().count(),
    )


def _counted() -> dict[str, Any]:
    found = Q(located_at__isnull=False)
    return {
        "lost_n": Count("pk"),
        "located_n": Count("pk", filter=found),
        "returned_n": Count("pk", filter=Q(state=LostItem.State.RETURNED)),
        "to_find": Avg(F("located_at") - F("registered_at"), filter=found),
    }


def _line(name: str, row: dict[str, Any], key: str = "") -> Line:
    return Line(name, row["lost_n"], row["located_n"], row["returned_n"], row["to_find"], key)
