"""Track quality of a period, rolled up (轨迹质量汇总): by county, kind, company or vehicle, always in two queries.

Indicators after 交运发〔2016〕160号: 上线率 vehicles online ÷ vehicles connected, 轨迹完整率 complete ÷ all
kilometres, 数据合格率 qualified ÷ received reports, 定位漂移率 vehicles with drift ÷ vehicles online.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from datacenter.accounts.scope import scope_of
from datacenter.registry.models import Terminal, Vehicle
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.tracks.models import TrackQuality

# by what → columns of a vehicle: what a row is known by first
GROUPS: dict[str, tuple[str, ...]] = {
    "county": ("county_id", "county__name"),
    "kind": ("kind",),
    "company": ("company_id", "company__name"),
    "vehicle": ("id", "plate", "plate_colour", "kind", "company__name"),
}
INDICATORS = ("online_rate", "complete_rate", "qualified_rate", "drift_rate")
WORST_IS_HIGH = frozenset({"drift_rate"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; rates are shares from 0 to 1, None where there is nothing to divide by."""

    key: Any
    known_by: tuple[Any, ...]
    connected: int
    online: int
    reports: int
    qualified: int
    drifting: int
    drift: int
    distance_mm: int
    complete_mm: int
    online_s: int

    @property
    def online_rate(self) -> float | None:
        """上线率."""
        return _share(self.online, max(self.connected, self.online))

    @property
    def complete_rate(self) -> float | None:
        """轨迹完整率."""
        return _share(self.complete_mm, self.distance_mm)

    @property
    def qualified_rate(self) -> float | None:
        """数据合格率."""
        return _share(self.qualified, self.reports)

    @property
    def drift_rate(self) -> float | None:
        """定位漂移率."""
        return _share(self.drifting, self.online)

    @property
    def distance_km(self) -> float:
        """里程."""
        return self.distance_mm / 1e6

    @property
    def complete_km(self) -> float:
        """完整轨迹里程."""
        return self.complete_mm / 1e6

    @property
    def online_h(self) -> float:
        """在线时长, all vehicles together."""
        return self.online_s / 3600


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def quality_visible_to(user: Any) -> QuerySet[TrackQuality]:
    """Rows of the vehicles that ``user`` may see."""
    return scope_of(user).limit(
        TrackQuality.objects.all(), county="vehicle__county_id", company="vehicle__company_id", vehicle="vehicle_id"
    )


def month_of(day: date) -> tuple[date, date]:
    """First and last day of a month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def lines(user: Any, by: str, first: date, last: date, **only: Any) -> list[Line]:
    """A line for each group with vehicles in the net or rows in the period; ``only`` narrows by vehicle's columns."""
    columns = GROUPS[by]
    narrowed = {name: value for name, value in only.items() if value}
    in_use = Terminal.objects.filter(vehicle=OuterRef("pk"), state=Terminal.State.IN_USE)
    fleet = vehicles_visible_to(user).exclude(state=Vehicle.State.RETIRED).filter(**narrowed).filter(Exists(in_use))
    connected = {
        tuple(row[name] for name in columns): row["n"]
        for row in fleet.order_by().values(*columns).annotate(n=Count("pk", distinct=True))
    }
    of_vehicle = [f"vehicle__{name}" for name in columns]
    rows = quality_visible_to(user).filter(day__range=(first, last))
    rows = rows.filter(**{f"vehicle__{name}": value for name, value in narrowed.items()})
    sums = rows.order_by().values(*of_vehicle).annotate(
        n=Count("vehicle", distinct=True), drifting=Count("vehicle", distinct=True, filter=Q(drift__gt=0)),
        **{f"s_{name}": Sum(name) for name in _SUMMED},
    )  # fmt: skip
    found = {tuple(row[name] for name in of_vehicle): row for row in sums}
    return [_line(key, connected.get(key, 0), found.get(key)) for key in {**connected, **found}]


_SUMMED = ("reports", "qualified", "drift", "distance_mm", "complete_mm", "online_s")


def _line(key: tuple[Any, ...], connected: int, row: Any) -> Line:
    sums = {name: int(row[f"s_{name}"]) if row else 0 for name in _SUMMED}
    return Line(key[0], key, connected, row["n"] if row else 0, drifting=row["drifting"] if row else 0, **sums)


def total(rows: Iterable[Line]) -> Line:
    """All lines in one."""
    rows = list(rows)
    names = (
        "connected",
        "online",
        "reports",
        "qualified",
        "drifting",
        "drift",
        "distance_mm",
        "complete_mm",
        "online_s",
    )
    return Line(None, (), **{name: sum(getattr(row, name) for row in rows) for name in names})


def worst_first(rows: list[Line], indicator: str) -> list[Line]:
    """By one indicator, the worst first; groups that it says nothing of come last."""
    sign = -1 if indicator in WORST_IS_HIGH else 1

    def rank(row: Line) -> tuple[bool, float, str]:
        rate = getattr(row, indicator)
        return rate is None, sign * (rate or 0.0), str(row.known_by)

    return sorted(rows, key=rank)


def last_days(user: Any, vehicle_id: int, days: int = 7) -> list[TrackQuality]:
    """The newest rows of one vehicle."""
    return list(quality_visible_to(user).filter(vehicle_id=vehicle_id).order_by("-day")[:days])
