"""Deadlines by the working calendar (办理期限): China's holidays and make-up days, and the bureau's office hours.

The calendar is the ``chinesecalendar`` package's, which follows the State Council's yearly notices; ``CalendarDay``
rows go before it. A year whose notice is not out yet counts Monday to Friday, and a deadline that reaches into it is
provisional (期限暂定).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import chinese_calendar
from django.conf import settings
from django.utils import timezone

from datacenter.cases.models import CalendarDay, Clock, WorkflowRule

_DAY = timedelta(days=1)
# Amber from where a quarter of the time is left.
_AMBER: Final = 0.75
# Longer than any deadline: a calendar without a working day in it is a fault of its rows.
_MOST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a leg is due, from when it is shown amber, and whether the calendar of its last days is still unknown."""

    due_at: datetime
    amber_at: datetime
    provisional: bool


def is_working_day(day: date, changed: Mapping[date, bool]) -> tuple[bool, bool]:
    """(whether ``day`` is worked, whether that is published); ``changed`` are the bureau's own days."""
    if day in changed:
        return changed[day], True
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:  # no notice for that year yet
        return day.weekday() < 5, False


def changed_days(since: date) -> dict[date, bool]:
    """The bureau's own days from ``since`` on."""
    return dict(CalendarDay.objects.filter(day__gte=since).values_list("day", "is_working"))


def spans(start: datetime, changed: Mapping[date, bool]) -> Iterator[tuple[datetime, datetime, bool]]:
    """Office hours from ``start`` on, each (from, until, published)."""
    zone = timezone.get_default_timezone()
    first = timezone.localtime(start, zone).date()
    for offset in range(_MOST_DAYS):
        day = first + offset * _DAY
        working, published = is_working_day(day, changed)
        if not working:
            continue
        for opens, closes in settings.OFFICE_HOURS:
            begin, end = _moment(day, opens, zone), _moment(day, closes, zone)
            if end > start:
                yield max(begin, start), end, published


def after(
    start: datetime, hours: float, clock: str, changed: Mapping[date, bool] | None = None
) -> tuple[datetime, bool]:
    """The moment ``hours`` after ``start`` by ``clock``, and whether it rests on a year without its holidays.

    Working hours end at a closing hour rather than at the next opening. Raises ``ValueError`` where the calendar's rows
    leave no working day.
    """
    left = timedelta(hours=hours)
    if clock == Clock.CALENDAR:
        return start + left, False
    changed = changed_days(timezone.localtime(start).date()) if changed is None else changed
    provisional = False
    for begin, end, published in spans(start, changed):
        provisional = provisional or not published
        if end - begin >= left:
            return begin + left, provisional
        left -= end - begin
    raise ValueError(
        f"no {hours} working hours within {_MOST_DAYS} days of {start:%Y-%m-%d}: look at the calendar's rows"
    )


def working_time(start: datetime, end: datetime, changed: Mapping[date, bool]) -> timedelta:
    """How much office time lies between two moments; nothing where they are in the wrong order."""
    total = timedelta(0)
    for begin, until, _published in spans(start, changed):
        if begin >= end:
            break
        total += min(until, end) - begin
    return total


def deadline(start: datetime, rule: WorkflowRule | None) -> Deadline | None:
    """The deadline that ``rule`` gives a leg sent at ``start``; None without a rule."""
    if rule is None:
        return None
    changed = changed_days(timezone.localtime(start).date()) if rule.clock == Clock.WORKING else {}
    due_at, provisional = after(start, rule.handle_hours, rule.clock, changed)
    amber_at, _ = after(start, rule.handle_hours * _AMBER, rule.clock, changed)
    return Deadline(due_at, amber_at, provisional)


def until(start: datetime, due_at: datetime) -> Deadline:
    """A deadline that a person set: amber when three quarters of the time have gone."""
    return Deadline(due_at, start + (due_at - start) * _AMBER, False)


def _moment(day: date, at: time, zone: object) -> datetime:
    return timezone.make_aware(datetime.combine(day, at), zone)  # type: ignore[arg-type]
