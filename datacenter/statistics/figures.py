"""Reads of what has been counted (统计图表): each figure of the page out of one query, whatever the period.

Every figure knows the address of the rows behind it, and its own table: the page shows it, the Excel file holds it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Aggregate, BinaryField, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from datacenter.accounts.scope import scope_of
from datacenter.cases import counts
from datacenter.cases.narrowing import STAGES, WEEKDAYS
from datacenter.cases.states import State
from datacenter.statistics.asking import Asked, step_of, steps, within
from datacenter.statistics.folding import CASE_COUNTS, KEY
from datacenter.statistics.models import CaseStatistic, CaseSubject, OfficerStatistic, Span
from datacenter.statistics.packing import FED_BACK, HANDLED, LATE, RETURNED, legs_in

# Days since a case was opened, from and to; None: without end.
AGES: tuple[tuple[int, int | None], ...] = ((0, 1), (2, 3), (4, 7), (8, 15), (16, 30), (31, 90), (91, None))
_BEGINNING = date(2000, 1, 1)
_MANY = 5000


class _Joined(Aggregate):
    """Packed values of many rows, one behind the other."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ''::bytea)"
    output_field = BinaryField()


@dataclass(slots=True)
class Sums:
    """What a group of cases comes to."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def ended(self) -> int:
        """Closed and filed (已办结)."""
        return self.counts["closed"] + self.counts["filed"]

    @property
    def judged(self) -> int:
        """Cases with a conclusion (查证结论)."""
        return self.counts["substantiated"] + self.counts["unfounded"]

    def add(self, row: dict[str, Any], names: Iterable[str]) -> None:
        """Counts a row in."""
        for name in names:
            self.counts[name] += row[name] or 0


@dataclass(slots=True)
class Work:
    """What a group of legs comes to."""

    content: list[bytes] = field(default_factory=list)
    _counts: dict[str, int] | None = None

    def __getitem__(self, name: str) -> int:
        if self._counts is None:
            legs = self.all
            flags = np.bincount(legs["flags"], minlength=16)
            self._counts = {
                how: int(sum(number for flag, number in enumerate(flags) if test(flag))) for how, test in _HOW.items()
            }
        return self._counts[name]

    @property
    def all(self) -> npt.NDArray[Any]:
        """Every leg of the group."""
        if len(self.content) > 1:
            self.content = [b"".join(self.content)]
        return legs_in(self.content[0] if self.content else b"")

    @property
    def accept_h(self) -> float | None:
        """Median hours from being sent to being accepted."""
        return _median_h(self.all["accept"])

    @property
    def feed_back_h(self) -> float | None:
        """Median hours from being accepted to the result."""
        legs = self.all
        return _median_h(legs["feed_back"][(legs["flags"] & FED_BACK) > 0])

    @property
    def on_time_rate(self) -> float | None:
        """Of what was fed back, the share that was in time."""
        return share(self["on_time"], self["fed_back"])


_HOW: dict[str, Callable[[int], bool]] = {
    "accepted": lambda flag: True,
    "handled": lambda flag: bool(flag & HANDLED),
    "fed_back": lambda flag: bool(flag & FED_BACK),
    "on_time": lambda flag: bool(flag & FED_BACK) and not flag & LATE,
    "late": lambda flag: bool(flag & LATE),
    "returned": lambda flag: bool(flag & RETURNED),
}


def _median_h(minutes: npt.NDArray[Any]) -> float | None:
    number = len(minutes)
    if number < _MANY:
        return float(np.median(minutes)) / 60 if number else None
    # Of many, by how many there are of each minute: sorting a million takes ten times as long.
    upto = np.cumsum(np.bincount(minutes))
    low, high = np.searchsorted(upto, [(number - 1) // 2, number // 2], side="right")
    return float(low + high) / 120


def share(part: int, whole: int) -> float | None:
    """A part of a whole; None where there is nothing to divide by."""
    return part / whole if whole else None


def cases_counted_for(user: Any) -> QuerySet[CaseStatistic]:
    """What is counted of the cases in the user's scope; companies have none."""
    return _within_scope(user, CaseStatistic.objects.all())


def work_counted_for(user: Any) -> QuerySet[OfficerStatistic]:
    """What is counted of officers' work on the cases in the user's scope; companies have none."""
    return _within_scope(user, OfficerStatistic.objects.all())


def _within_scope(user: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    scope = scope_of(user)
    return scope.limit(rows) if scope.level in ("city", "county") else rows.none()


@dataclass(slots=True)
class Cases:
    """The cases of a period: all of them, and by each of what they are known by."""

    whole: Sums
    by: dict[str, dict[str, Sums]]  # county_id, industry, kind, origin → value → sums


def cases(user: Any, asked: Asked) -> Cases:
    """One query, by everything at once; there are some hundreds of combinations, which are added up here."""
    rows = cases_counted_for(user).filter(asked.only, within(asked.since, asked.until))
    found = Cases(Sums(), {name: defaultdict(Sums) for name in KEY})
    for row in rows.values(*KEY).annotate(**{f"{name}_": Sum(name) for name in CASE_COUNTS}).order_by():
        numbers = {name: row[f"{name}_"] for name in CASE_COUNTS}
        found.whole.add(numbers, CASE_COUNTS)
        for name in KEY:
            found.by[name][row[name]].add(numbers, CASE_COUNTS)
    return found


@dataclass(slots=True)
class Worked:
    """The work on the cases of a period: by officer, and of leading legs by county and altogether."""

    whole: Work
    counties: dict[str, Work]
    officers: dict[tuple[int, str, str], Work]  # (id, name, body)


def work(user: Any, asked: Asked) -> Worked:
    """Two queries; medians are of all legs' own times, over whatever period."""
    narrowed = {name: getattr(asked, name) for name in ("industry", "kind", "origin") if getattr(asked, name)}
    subjects = list(CaseSubject.objects.filter(**narrowed).values_list("pk", flat=True))
    rows = work_counted_for(user).filter(within(asked.since, asked.until))
    if asked.county:
        rows = rows.filter(county_id="" if asked.county == "none" else asked.county)
    names = ("officer_id", "officer__display_name", "officer__username", "officer__unit__name")
    found = Worked(Work(), defaultdict(Work), defaultdict(Work))
    for row in rows.values("county_id", "leads", *names).annotate(all_=_Joined("legs")).order_by():
        content = bytes(row["all_"])
        if narrowed:
            legs = legs_in(content)
            content = legs[np.isin(legs["subject"], subjects)].tobytes()
        if not content:
            continue
        person = (row["officer_id"], row["officer__display_name"] or row["officer__username"],
                  row["officer__unit__name"] or "")  # fmt: skip
        found.officers[person].content.append(content)
        if row["leads"]:
            found.whole.content.append(content)
            found.counties[row["county_id"]].content.append(content)
    return found


# --- the funnel ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel: how many cases came so far, and how many have not gone on."""

    name: str
    title: str
    reached: int
    rate: float | None  # of all
    passed: float | None  # of those that reached the stage before
    standing: int
    returned: int  # of those, sent back to be handled again
    href: str
    standing_href: str
    returned_href: str
    takes_back: bool  # whether what is returned comes to this stage

    @property
    def at_work(self) -> int:
        """Of those that have not gone on, the ones that were not returned."""
        return self.standing - self.returned


def funnel(whole: Sums, asked: Asked) -> list[Stage]:
    """From 采集 to 归档, by where each case stands now."""
    standing = [sum(whole[state] for state in states) for _name, _title, states in STAGES]
    found, before = [], whole["total"]
    for number, (name, title, states) in enumerate(STAGES):
        reached = sum(standing[number:])
        found.append(
            Stage(
                name, str(title), reached, share(reached, whole["total"]), share(reached, before), standing[number],
                whole["returned"] if State.RETURNED in states else 0, asked.rows(stage=name),
                asked.rows(state=states[0].value), asked.rows(state=State.RETURNED.value),
                State.RETURNED in states,
            )
        )  # fmt: skip
        before = reached
    return found


# --- ageing ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Age:
    """One class of age: from and to which days, and since when those cases were opened."""

    title: str
    since: date
    until: date


def ages(today: date) -> list[Age]:
    """The classes of age, the youngest first."""
    found = []
    for first, last in AGES:
        title = _("%d 天以上") % (first - 1) if last is None else _("%(a)d–%(b)d 天") % {"a": first, "b": last}
        found.append(
            Age(title, _BEGINNING if last is None else today - timedelta(days=last), today - timedelta(days=first))
        )
    return found


def ageing(user: Any, asked: Asked, today: date) -> dict[str, list[int]]:
    """Open cases of whatever period by county and class of age: county → number in each class. One query."""
    classes = ages(today)
    sums = {
        f"age_{number}": Sum("waiting", filter=within(age.since, age.until), default=0)
        for number, age in enumerate(classes)
    }
    open_ones = cases_counted_for(user).filter(asked.only, waiting__gt=0)
    rows: Iterable[Any] = open_ones.values("county_id").annotate(**sums).order_by()
    return {row["county_id"]: [row[name] for name in sums] for row in rows}


def overdue(user: Any, asked: Asked) -> int:
    """Open cases past their deadline at this moment, of whatever period, counted to a limit (``cases.counts``)."""
    rows = counts.bare(user).filter(counts.is_overdue())
    for name in ("industry", "kind", "origin"):
        if value := getattr(asked, name):
            rows = rows.filter(**{name: value})
    if asked.county:
        rows = rows.filter(county_id=None if asked.county == "none" else asked.county)
    return counts.counted(user, {"overdue": rows})["overdue"]


# --- trend -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Point:
    """One step of time beside the same step of the period before."""

    step: date
    since: date
    until: date
    total: int
    ended: int
    total_before: int
    ended_before: int
    since_before: date
    until_before: date


def trend(user: Any, asked: Asked) -> list[Point]:
    """Cases opened in each step, and how many of them have ended; one query over both periods."""
    before = asked.before()
    spans = [(asked.since, asked.until), (before.since, before.until)]
    whole = Q()
    for since, until in spans:
        whole |= within(since, until) if asked.grain == "month" else Q(span=Span.DAY, first__range=(since, until))
    rows = cases_counted_for(user).filter(asked.only).filter(whole).values("first")
    sums: list[dict[date, list[int]]] = [defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0])]
    for row in rows.annotate(total_=Sum("total"), closed_=Sum("closed"), filed_=Sum("filed")).order_by():
        for number, (since, until) in enumerate(spans):
            if since <= row["first"] <= until:
                group = sums[number][step_of(row["first"], asked.grain)]
                group[0] += row["total_"]
                group[1] += row["closed_"] + row["filed_"]
    now, then = _parts(asked), _parts(before)
    then += [then[-1]] * (len(now) - len(then))
    found = []
    for (step, since, until), (step_then, since_then, until_then) in zip(now, then, strict=False):
        (total, ended), (total_then, ended_then) = sums[0][step], sums[1][step_then]
        found.append(Point(step, since, until, total, ended, total_then, ended_then, since_then, until_then))
    return found


def _parts(asked: Asked) -> list[tuple[date, date, date]]:
    """(step, its first, its last day inside the period) of each step."""
    starts = list(steps(asked.since, asked.until, asked.grain))
    ends = [start - timedelta(days=1) for start in starts[1:]] + [asked.until]
    return [(step, max(step, asked.since), min(end, asked.until)) for step, end in zip(starts, ends, strict=True)]


# --- when and where --------------------------------------------------------------------------------------------------
def hours(user: Any, asked: Asked) -> list[list[int]]:
    """How many cases happened at each hour of each weekday: seven rows of 24, from Monday on."""
    packed = _joined(user, asked, "hours")
    return np.bincount(np.frombuffer(packed, "u1"), minlength=168)[:168].reshape(7, 24).tolist()


def places(user: Any, asked: Asked) -> bytes:
    """The packed cells of all cases that have a place (``geo.hexagons``)."""
    return _joined(user, asked, "places")


def _joined(user: Any, asked: Asked, column: str) -> bytes:
    rows = cases_counted_for(user).filter(asked.only, within(asked.since, asked.until))
    return bytes(rows.aggregate(all=_Joined(column))["all"] or b"")


def weekday_names() -> list[str]:
    """周一 to 周日."""
    return [str(name) for name in WEEKDAYS]
