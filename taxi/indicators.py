"""What passengers said of their rides (乘客评价) as an indicator of companies and drivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.scope import scope_of
from datacenter.assessment import catalogue
from datacenter.assessment.catalogue import Behind, Cell, Figure, Figures, Indicator, Period
from datacenter.assessment.models.subjects import Axis, Kind
from taxi.models import Trip

_COLUMN = {Kind.COMPANY: "company_id", Kind.PRACTITIONER: "practitioner_id"}
_GOOD = (Trip.Rating.SATISFIED,)


def _rated(period: Period) -> QuerySet[Trip]:
    """Trips of a period that a passenger judged."""
    rows = Trip.objects.filter(alighted_at__gte=period.start, alighted_at__lt=period.until)
    return rows.exclude(rating=Trip.Rating.NONE)


def _satisfied(kind: Kind) -> Callable[[Period], Figures]:
    def compute(period: Period) -> Figures:
        column = _COLUMN[kind]
        rows = _rated(period).filter(**{f"{column}__isnull": False}).order_by().values(column)
        counted = rows.annotate(n=Count("pk"), good=Count("pk", filter=Q(rating__in=_GOOD)))
        return {str(row[column]): Figure(row["good"], row["n"]) for row in counted}

    return compute


def _trips(kind: Kind) -> Callable[[Any, str, Period], QuerySet[Trip]]:
    def rows(user: Any, key: str, period: Period) -> QuerySet[Trip]:
        return scope_of(user).limit(_rated(period)).filter(**{_COLUMN[kind]: key}).select_related("vehicle")

    return rows


def _line(trip: Any, user: Any) -> Sequence[Cell]:
    where = reverse("trip-detail", args=[trip.pk]) if user.may("trip.view") else ""
    return (
        Cell(f"{timezone.localtime(trip.alighted_at):%Y-%m-%d %H:%M}", where), Cell(trip.vehicle.plate),
        Cell(trip.get_rating_display()),
    )  # fmt: skip


def register() -> None:
    """Enter them in the catalogue."""
    for kind in _COLUMN:
        catalogue.register(
            Indicator(
                f"{kind}.satisfied", "乘客满意率", Axis.SERVICE, kind, "%", "high", _satisfied(kind),
                ("满意", "已评价"),
                _("乘客评价为满意的营运 ÷ 乘客已评价的营运"),
                behind=Behind(("下车时间", "车牌号", "评价"), _trips(kind), _line),
            )
        )  # fmt: skip
