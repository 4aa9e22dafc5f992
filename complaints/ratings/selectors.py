"""Reads of ratings (评价查询): sums by company and driver, what passengers wrote, stickers; inside the user's scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from complaints.ratings.defaults import figures
from complaints.ratings.errors import DriverNotFound, VehicleNotFound
from complaints.ratings.models import RatingCode, RatingDay, RatingReason, RideRating
from datacenter.accounts.scope import scope_of
from datacenter.registry.models import Practitioner, Vehicle
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.tracks.selectors import day_span

GRADES = ("satisfied", "average", "not_satisfied", "complaint")
MOST_LINES = 200
_SUMS = {name: Sum(name, default=0) for name in (*GRADES, "rides")}


@dataclass(frozen=True, slots=True)
class Sums:
    """What many ratings come to."""

    satisfied: int
    average: int
    not_satisfied: int
    complaint: int
    rides: int
    points: dict[str, int]

    @property
    def rated(self) -> int:
        """How many ratings there are."""
        return self.satisfied + self.average + self.not_satisfied + self.complaint

    @property
    def low(self) -> int:
        """How many of them are low: 不满意 and 投诉."""
        return self.not_satisfied + self.complaint

    @property
    def mean(self) -> float | None:
        """Points on the average; None where nobody rated."""
        total = sum(getattr(self, name) * self.points[f"points_{name}"] for name in GRADES)
        return total / self.rated if self.rated else None

    @property
    def low_percent(self) -> float | None:
        """Low ones of a hundred; None where nobody rated."""
        return 100 * self.low / self.rated if self.rated else None


def days_visible_to(user: Any) -> QuerySet[RatingDay]:
    """The days' sums inside the user's scope."""
    return scope_of(user).limit(RatingDay.objects.all(), vehicle="pk")


def ratings_visible_to(user: Any) -> QuerySet[RideRating]:
    """What passengers said through the stickers, the newest first."""
    rows = scope_of(user).limit(RideRating.objects.all())
    return rows.select_related("vehicle", "practitioner").order_by("-at", "-pk")


def codes_visible_to(user: Any) -> QuerySet[RatingCode]:
    """Stickers in force inside the user's scope."""
    return scope_of(user).limit(RatingCode.objects.filter(revoked_at=None)).order_by("plate", "pk")


def _sums(row: dict[str, Any], points: dict[str, int]) -> Sums:
    return Sums(*(row[name] for name in (*GRADES, "rides")), points)


def total(rows: QuerySet[RatingDay]) -> Sums:
    """All of ``rows`` together."""
    return _sums(rows.order_by().aggregate(**_SUMS), figures())


def by_company(rows: QuerySet[RatingDay]) -> list[dict[str, Any]]:
    """Each company, the largest share of low ratings first."""
    points = figures()
    grouped = rows.filter(company__isnull=False).order_by().values("company_id", "company__name").annotate(**_SUMS)
    return _ranked(
        {"pk": row["company_id"], "name": row["company__name"], "sums": _sums(row, points)} for row in grouped
    )


def by_driver(rows: QuerySet[RatingDay], *, at_least: int = 1) -> list[dict[str, Any]]:
    """Drivers with low ratings, the most first; at most ``MOST_LINES``."""
    points = figures()
    grouped = rows.filter(practitioner__isnull=False).order_by()
    grouped = grouped.values("practitioner_id", "practitioner__name", "practitioner__company__name").annotate(**_SUMS)
    grouped = grouped.annotate(low=F("not_satisfied") + F("complaint")).filter(low__gte=at_least)
    return [
        {
            "pk": row["practitioner_id"],
            "name": row["practitioner__name"],
            "company": row["practitioner__company__name"],
            "sums": _sums(row, points),
        }
        for row in grouped.order_by("-low", "-complaint", "practitioner_id")[:MOST_LINES]
    ]


def _ranked(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: (-(line["sums"].low_percent or 0), -line["sums"].rated, line["pk"]))


def trend(rows: QuerySet[RatingDay], since: date, until: date) -> list[tuple[date, Sums]]:
    """Week by week (periods longer than 31 days) or day by day, from ``since`` to ``until``, both counted."""
    points, step = figures(), 1 if (until - since).days < 31 else 7
    found = {row["day"]: row for row in rows.order_by().values("day").annotate(**_SUMS)}
    result, first = [], since
    while first <= until:
        days = [first + timedelta(days=ahead) for ahead in range(step)]
        row = {name: sum(found[day][name] for day in days if day in found) for name in (*GRADES, "rides")}
        result.append((first, _sums(row, points)))
        first += timedelta(days=step)
    return result


def reasons_of(rows: QuerySet[RideRating]) -> list[tuple[str, int]]:
    """How often each reason was ticked in ratings that count, the most first."""
    titles = dict(RatingReason.objects.values_list("code", "title"))
    counted: Counter[str] = Counter()
    for ticked in rows.filter(standing=RideRating.Standing.COUNTED).order_by().values_list("reasons", flat=True):
        counted.update(ticked)
    return [(titles.get(code, code), number) for code, number in counted.most_common()]


def standings_of(rows: QuerySet[RideRating]) -> dict[str, int]:
    """How many of the sticker's ratings count, and how many do not and why."""
    found = dict(rows.order_by().values("standing").annotate(n=Count("pk")).values_list("standing", "n"))
    return {str(standing.label): found.get(standing.value, 0) for standing in RideRating.Standing}


def since_day(rows: QuerySet[RideRating], since: date) -> QuerySet[RideRating]:
    """Those given from the beginning of ``since`` on."""
    return rows.filter(at__gte=day_span(since).start)


def get_driver_for(user: Any, pk: int) -> Practitioner:
    """The driver if the user may see a rating of his; raises ``DriverNotFound``."""
    if pk < 2**63 and days_visible_to(user).filter(practitioner=pk).exists():
        driver = Practitioner.objects.filter(pk=pk).select_related("company").first()
        if driver is not None:
            return driver
    raise DriverNotFound(driver=pk)


def taxis_with_code(user: Any, words: str = "") -> QuerySet[Vehicle]:
    """Taxis inside the user's scope, each with the code in force or none (``sticker``, ``sticker_at``)."""
    held = RatingCode.objects.filter(vehicle=OuterRef("pk"), revoked_at=None)
    rows = vehicles_visible_to(user).filter(kind=Vehicle.Kind.TAXI).select_related("company")
    if words:
        rows = rows.filter(Q(plate__icontains=words) | Q(company__name__icontains=words))
    return rows.annotate(
        sticker=Subquery(held.values("code")[:1]), sticker_at=Subquery(held.values("issued_at")[:1])
    ).order_by("plate", "pk")


def get_taxi_for(user: Any, pk: int) -> Vehicle:
    """The taxi if the user may see it; raises ``VehicleNotFound``."""
    taxi = taxis_with_code(user).filter(pk=pk).first() if pk < 2**63 else None
    if taxi is None:
        raise VehicleNotFound(vehicle=pk)
    return taxi


def period(days: int) -> tuple[date, date]:
    """First and last day of the last so many, today counted."""
    today = timezone.localdate()
    return today - timedelta(days=days - 1), today
