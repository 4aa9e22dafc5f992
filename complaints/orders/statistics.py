"""Figures of the hotline (热线统计): how much, how fast, how satisfied; by county and company; who and where repeats.

Every figure is counted inside the reader's scope, over the orders accepted in a span of days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractHour, ExtractIsoWeekDay
from django.utils import timezone

from complaints.orders.models import Category, CompanyRequest, Order
from complaints.orders.selectors import orders_visible_to, requests_visible_to
from complaints.orders.workflow.accepting import AT_ONCE
from datacenter.cases.models import Dispatch
from datacenter.registry.masking import mask_name, mask_phone

# The bureau's own year, as its proposal tells it (domain facts §1): what stands beside ours.
YEAR_2018 = {"orders": 2999, "closed": 100, "called_back": 100, "satisfied": 95, "a_day_before": 11, "a_day": 79}

_ENDED = (Order.State.CLOSED, Order.State.FILED)
_CONTENT = (Order.Satisfaction.SATISFIED, Order.Satisfaction.FAIR)
_MOST_LINES = 30
_REPEATS = 2
_CELL_E6 = 5000  # some five hundred metres


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; ``percent`` is None where there is nothing to be a part of."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """In hundredths."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of some orders: all of a span, a county's or a company's."""

    name: str
    orders: int
    ended: Share
    on_time: Share
    called_back: Share
    satisfied: Share
    reopened: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page and the daily brief show."""

    total: Line
    a_day: float
    refused: int
    at_once: Share
    first_answer: timedelta | None
    kinds: list[tuple[str, int]]
    channels: list[tuple[str, int]]
    categories: list[tuple[str, int]]
    counties: list[Line]
    companies: list[Line]
    answered_in_time: Share
    callers: list[tuple[str, int]]
    drivers: list[tuple[str, str, int]]
    vehicles: list[tuple[str, int]]
    places: list[tuple[str, int]]
    hours: list[int]
    weekdays: list[int]


def figures_for(user: Any, since: date, until: date) -> Figures:
    """The figures of the orders accepted from ``since`` to ``until``, both days in it."""
    start, end = _midnight(since), _midnight(until + timedelta(days=1))
    # Without the joins and the order of the list: these are sums.
    rows = orders_visible_to(user).select_related(None).order_by().filter(accepted_at__gte=start, accepted_at__lt=end)
    total = _line("合计", rows)
    repeats = rows.exclude(caller_phone="").values("caller_phone").annotate(n=Count("pk")).filter(n__gte=_REPEATS)
    drivers = rows.exclude(driver_name="").values("driver_name", "company_name").annotate(n=Count("pk"))
    asked = requests_visible_to(user).filter(order__accepted_at__gte=start, order__accepted_at__lt=end)
    first = rows.exclude(first_answer_at=None).aggregate(
        mean=Avg(ExpressionWrapper(F("first_answer_at") - F("accepted_at"), DurationField()))
    )
    zone = timezone.get_default_timezone()
    return Figures(
        total=total,
        a_day=total.orders / max(1, (until - since).days + 1),
        refused=rows.filter(state=Order.State.REFUSED).count(),
        at_once=Share(
            rows.filter(case=None, category__kind__in=AT_ONCE).exclude(answer="").exclude(
                state=Order.State.REFUSED).count(),
            total.orders,
        ),
        first_answer=first["mean"],
        kinds=_named(rows, "category__kind", dict(Category.Kind.choices)),
        channels=_named(rows, "channel", dict(Order.Channel.choices)),
        categories=_named(rows, "category__title", {}),
        counties=_lines(rows, "county__name", "未派发或即时答复"),
        companies=_lines(rows.exclude(company_name=""), "company_name", ""),
        answered_in_time=Share(
            asked.filter(answered_at__lte=F("due_at")).count(),
            asked.filter(
                Q(state=CompanyRequest.State.ANSWERED)
                | Q(state=CompanyRequest.State.ASKED, due_at__lt=timezone.now())
            ).count(),
        ),
        callers=[(mask_phone(row["caller_phone"]), row["n"]) for row in repeats.order_by("-n")[:_MOST_LINES]],
        drivers=[
            (mask_name(row["driver_name"]), row["company_name"], row["n"])
            for row in drivers.filter(n__gte=_REPEATS).order_by("-n", "driver_name")[:_MOST_LINES]
        ],
        vehicles=_repeated(rows.exclude(plate=""), "plate"),
        places=_places(rows),
        hours=_by_clock(rows, ExtractHour("at", tzinfo=zone), range(24)),
        weekdays=_by_clock(rows, ExtractIsoWeekDay("at", tzinfo=zone), range(1, 8)),
    )  # fmt: skip


def _line(name: str, rows: QuerySet[Order]) -> Line:
    sums = rows.aggregate(**_SUMS)
    return _made(name, sums, _on_time(rows).get(None, (0, 0)))


# A policy of all asks every caller, whatever its row says of samples; a sample of a hundred percent does the same.
_EVERYBODY = Q(category__call_back=Category.CallBack.ALL) | Q(
    category__call_back=Category.CallBack.SAMPLE, category__sample_percent__gte=100
)
_OWED = _EVERYBODY & Q(state__in=_ENDED)
_SUMS = {
    "n": Count("pk"),
    "ended": Count("pk", filter=Q(state__in=_ENDED)),
    "taken": Count("pk", filter=~Q(state=Order.State.REFUSED)),
    "owed": Count("pk", filter=_OWED),
    "called": Count("pk", filter=_OWED & ~Q(called_back_at=None)),
    "asked": Count("pk", filter=~Q(satisfaction="")),
    "content": Count("pk", filter=Q(satisfaction__in=_CONTENT)),
    "reopened": Count("pk", filter=Q(reopened_times__gt=0)),
}


def _made(name: str, sums: dict[str, Any], on_time: tuple[int, int]) -> Line:
    return Line(
        name=name,
        orders=sums["n"],
        ended=Share(sums["ended"], sums["taken"]),
        on_time=Share(*on_time),
        called_back=Share(sums["called"], sums["owed"]),
        satisfied=Share(sums["content"], sums["asked"]),
        reopened=sums["reopened"],
    )


def _lines(rows: QuerySet[Order], column: str, nobody: str) -> list[Line]:
    times = _on_time(rows, f"case__order__{column}")
    grouped = rows.values(column).annotate(**_SUMS).order_by("-n", column)[:_MOST_LINES]
    return [_made(row[column] or nobody, row, times.get(row[column], (0, 0))) for row in grouped]


def _on_time(rows: QuerySet[Order], column: str = "") -> dict[Any, tuple[int, int]]:
    """(fed back in time, fed back or late already) of the counties' legs of these orders' cases; under None in all."""
    due = Q(fed_back_at__lte=F("due_at"))
    late = Q(fed_back_at=None, due_at__lt=timezone.now())
    legs = Dispatch.objects.filter(part=Dispatch.Part.LEAD, case__order__in=rows, due_at__isnull=False)
    legs = legs.filter(Q(fed_back_at__isnull=False) | (late & Q(ended_at=None))).order_by()
    sums = {"good": Count("pk", filter=due), "all": Count("pk")}
    if not column:
        found = legs.aggregate(**sums)
        return {None: (found["good"], found["all"])}
    return {row[column]: (row["good"], row["all"]) for row in legs.values(column).annotate(**sums)}


def _named(rows: QuerySet[Order], column: str, names: dict[str, Any]) -> list[tuple[str, int]]:
    counted = rows.values_list(column).annotate(n=Count("pk")).order_by("-n", column)[:_MOST_LINES]
    return [(str(names.get(value, value)), n) for value, n in counted]


def _repeated(rows: QuerySet[Order], column: str) -> list[tuple[str, int]]:
    counted = rows.values_list(column).annotate(n=Count("pk")).filter(n__gte=_REPEATS)
    return list(counted.order_by("-n", column)[:_MOST_LINES])


def _places(rows: QuerySet[Order]) -> list[tuple[str, int]]:
    """Where complaints lie close together: by cells of some five hundred metres, each named as most orders name it."""
    cells: dict[tuple[int, int], Counter[str]] = {}
    known = rows.exclude(latitude_e6=None).values_list("latitude_e6", "longitude_e6", "place")
    for latitude, longitude, place in known[:20_000]:
        assert latitude is not None
        assert longitude is not None
        words = place or f"{latitude / 1_000_000:.3f}, {longitude / 1_000_000:.3f}"
        cells.setdefault((latitude // _CELL_E6, longitude // _CELL_E6), Counter())[words] += 1
    counted = [(names.most_common(1)[0][0], names.total()) for names in cells.values()]
    crowded = [entry for entry in counted if entry[1] >= _REPEATS]
    return sorted(crowded, key=lambda entry: (-entry[1], entry[0]))[:_MOST_LINES]


def _by_clock(rows: QuerySet[Order], part: Any, scale: range) -> list[int]:
    """How many fell into each hour or weekday of when they happened, else of when they were told."""
    moments = rows.annotate(at=Coalesce("occurred_at", "accepted_at")).annotate(slot=part)
    found = dict(moments.values_list("slot").annotate(n=Count("pk")).order_by())
    return [found.get(value, 0) for value in scale]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
