"""What a reader of the statistics asks for (统计口径): filters, a period, steps of time; and the period before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote_plus

from django.db.models import Q
from django.urls import reverse

from datacenter.statistics.models import Span

GRAINS = ("day", "week", "month")
# The most days of a period that a step fits: finer steps would be more points than a chart shows.
MOST_DAYS = {"day": 62, "week": 184, "month": 3700}


@dataclass(frozen=True, slots=True)
class Asked:
    """A period, both days included, and what narrows it."""

    since: date
    until: date
    grain: str
    county: str = ""
    industry: str = ""
    kind: str = ""
    origin: str = ""
    of_county: bool = False  # the reader is a county's: his lists have no filter for it

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.until - self.since).days + 1

    @property
    def only(self) -> Q:
        """The filters but for the period, on rows that are counted."""
        wanted = {"county_id": self.county, "industry": self.industry, "kind": self.kind, "origin": self.origin}
        if self.county == "none":
            return Q(county_id="") & Q(**{name: value for name, value in list(wanted.items())[1:] if value})
        return Q(**{name: value for name, value in wanted.items() if value})

    def before(self) -> Asked:
        """The period before: as many whole steps of time back as this one touches, so that step lies beside step."""
        if self.grain == "month":
            months = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month + 1
            return replace(self, since=months_back(self.since, months), until=months_back(self.until, months))
        step = timedelta(days=7 * weeks_of(self.since, self.until) if self.grain == "week" else self.days)
        return replace(self, since=self.since - step, until=self.until - step)

    def rows(self, **more: Any) -> str:
        """The address of the list of cases behind a figure: this period and these filters, changed by ``more``."""
        wanted: dict[str, Any] = {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "county": self.county,
            "industry": self.industry, "kind": self.kind, "origin": self.origin, **more,
        }  # fmt: skip
        if self.of_county:
            wanted["county"] = ""
        return _list() + "&".join([f"{name}={_quoted(value)}" for name, value in wanted.items() if value != ""])


@cache
def _list() -> str:
    return f"{reverse('case-list')}?"


@lru_cache(maxsize=4096)  # a page has a thousand addresses of some hundred words
def _quoted(value: Any) -> str:
    return quote_plus(str(value))


def weeks_of(since: date, until: date) -> int:
    """How many weeks, from Monday on, a period touches."""
    return (monday(until) - monday(since)).days // 7 + 1


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def months_back(day: date, months: int) -> date:
    """The same day some months earlier, or that month's last."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def grain_for(days: int, wanted: str = "") -> str:
    """The step that was asked for if it fits the period, else the finest that does."""
    fitting = [grain for grain in GRAINS if days <= MOST_DAYS[grain]] or ["month"]
    return wanted if wanted in fitting else fitting[0]


def step_of(day: date, grain: str) -> date:
    """The first day of the step that a day lies in."""
    return monday(day) if grain == "week" else day.replace(day=1) if grain == "month" else day


def steps(since: date, until: date, grain: str) -> Iterator[date]:
    """The first days of all steps that a period touches."""
    step = step_of(since, grain)
    while step <= until:
        yield step
        step = (step + timedelta(days=32)).replace(day=1) if grain == "month" else step + timedelta(
            days=7 if grain == "week" else 1
        )  # fmt: skip


def within(since: date, until: date) -> Q:
    """Rows that together count the days of a period, each once: whole months where it has them, days at its ends."""
    first = since if since.day == 1 else (since.replace(day=1) + timedelta(days=32)).replace(day=1)
    after = (until + timedelta(days=1)).replace(day=1)  # the first month that is not whole
    if first >= after:
        return Q(span=Span.DAY, first__range=(since, until))
    months = Q(span=Span.MONTH, first__gte=first, first__lt=after)
    ends = Q(first__gte=since, first__lt=first) | Q(first__gte=after, first__lte=until)
    return months | (Q(span=Span.DAY) & ends)
