"""Counts the days that changed (统计汇总): each from scratch, out of its cases and legs, and then its month.

A verb's transaction writes down which day it touched (``note_change``) and counts nothing. A fold takes the days that
are written down, counts them and takes their lines out, in one transaction: whoever reads sees the old figures or the
new ones. It is exact, since a line is seen by a fold only once its change is committed, and counting comes after that;
and to fold twice is to fold once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from datacenter.cases.counting import cases_to_count, legs_to_count
from datacenter.cases.models import Case, CaseEvent
from datacenter.cases.states import OPEN_STATES, State
from datacenter.geo.hexagons import packed_cell
from datacenter.statistics.models import CaseStatistic, CaseSubject, ChangedDay, OfficerStatistic, Span
from datacenter.statistics.packing import FED_BACK, HANDLED, LATE, RETURNED, minutes_between, packed_leg

DAYS_AT_ONCE = 40
_LOCK = 0x53544154  # one fold at a time

KEY = ("county_id", "industry", "kind", "origin")
STATES = tuple(state.value for state in State)
CASE_COUNTS = ("total", *STATES, "waiting", "sent_back", "substantiated", "unfounded")
CASE_PACKED = ("hours", "places")
OFFICER_KEY = ("county_id", "officer_id", "leads")

Counted = dict[tuple[Any, ...], dict[str, Any]]


def note_change(case: Case, event: CaseEvent) -> None:
    """The day of a case waits to be counted anew; called after each step, in its transaction.

    Always a line more: to look whether there is one would miss the fold that is just taking it out.
    """
    ChangedDay.objects.bulk_create([ChangedDay(day=day_of(case.opened_at))])


def day_of(moment: datetime) -> date:
    """The day of a moment, as people here count days."""
    return timezone.localtime(moment).date()


def midnight(day: date) -> datetime:
    """The beginning of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def fold(at_most: int = DAYS_AT_ONCE) -> int:
    """Counts up to ``at_most`` of the days that wait, the newest first; how many there were. 0: nothing waits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(
            "DELETE FROM case_changed_day WHERE day IN"
            " (SELECT day FROM case_changed_day GROUP BY day ORDER BY day DESC LIMIT %s) RETURNING day",
            [at_most],
        )
        days = {day for (day,) in cursor.fetchall()}
        count(days)
    return len(days)


def count(days: Iterable[date]) -> None:
    """Counts these days and their months from scratch; inside the caller's transaction."""
    days = sorted(set(days))
    for day in days:
        _replace(CaseStatistic, day, count_cases(day), KEY)
        _replace(OfficerStatistic, day, count_legs(day), OFFICER_KEY)
    for month in sorted({day.replace(day=1) for day in days}):
        _sum_up(CaseStatistic, month, KEY, CASE_COUNTS, CASE_PACKED)
        _sum_up(OfficerStatistic, month, OFFICER_KEY, (), ("legs",))


def count_all() -> int:
    """Every day on which a case was opened waits to be counted, and what is counted of other days goes; how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO case_changed_day (day, at) SELECT day, now() FROM ("
            " SELECT DISTINCT (opened_at AT TIME ZONE %s)::date AS day FROM case_file"
            " UNION SELECT first FROM case_statistic WHERE span = 'day'"
            " UNION SELECT first FROM officer_statistic WHERE span = 'day') days",
            [timezone.get_default_timezone_name()],
        )
        return int(cursor.rowcount)


def count_past(first: date, last: date) -> None:
    """Days whose cases were written all at once, past every hook, wait to be counted (演示历史)."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    ChangedDay.objects.bulk_create([ChangedDay(day=day) for day in days])


def count_cases(day: date) -> Counted:
    """What stands in a day's rows of ``CaseStatistic``."""
    found: Counted = {}
    zone = timezone.get_current_timezone()
    for row in cases_to_count(midnight(day), midnight(day + timedelta(days=1))):
        county, industry, kind, origin, state, returned_times, outcome, occurred_at, latitude, longitude = row
        sums = found.setdefault(
            (county or "", industry, kind, origin),
            dict.fromkeys(CASE_COUNTS, 0) | {"hours": bytearray(), "places": bytearray()},
        )
        sums["total"] += 1
        sums[state] += 1
        sums["waiting"] += state in OPEN_STATES
        sums["sent_back"] += returned_times > 0
        sums["substantiated"] += outcome == Case.Outcome.SUBSTANTIATED
        sums["unfounded"] += outcome == Case.Outcome.UNFOUNDED
        local = occurred_at.astimezone(zone)
        sums["hours"].append(local.weekday() * 24 + local.hour)
        if latitude is not None and longitude is not None:
            sums["places"] += packed_cell(latitude, longitude).to_bytes(4, "big")
    return found


def count_legs(day: date) -> Counted:
    """A day's rows of ``OfficerStatistic``: of a case with two legs of one officer, the one that leads."""
    found: Counted = {}
    subjects = {(row.industry, row.kind, row.origin): row.pk for row in CaseSubject.objects.all()}
    seen: set[tuple[int, int]] = set()
    for row in legs_to_count(midnight(day), midnight(day + timedelta(days=1))):
        case, county, *about, officer, leads, state, sent, accepted, fed_back, due, returned = row
        if (case, officer) in seen:
            continue
        seen.add((case, officer))
        subject = tuple(about)
        if subject not in subjects:
            subjects[subject] = CaseSubject.objects.create(industry=about[0], kind=about[1], origin=about[2]).pk
        flags = HANDLED if state in (State.HANDLED, State.FED_BACK, State.RETURNED) else 0
        flags |= RETURNED if returned else 0
        took = 0
        if fed_back is not None:
            flags |= FED_BACK | (LATE if due is not None and fed_back > due else 0)
            took = minutes_between(accepted, fed_back)
        legs = found.setdefault((county or "", officer, leads), {"legs": bytearray()})["legs"]
        legs += packed_leg(subjects[subject], flags, minutes_between(sent, accepted), took)
    return found


def _replace(model: Any, day: date, counted: Counted, key: tuple[str, ...]) -> None:
    """A day's rows instead of those that stand there."""
    model.objects.filter(span=Span.DAY, first=day).delete()
    model.objects.bulk_create(
        [
            model(span=Span.DAY, first=day, **dict(zip(key, values, strict=True)), **_bytes(sums))
            for values, sums in counted.items()
        ],
        batch_size=500,
    )


def _bytes(sums: dict[str, Any]) -> dict[str, Any]:
    return {name: bytes(value) if isinstance(value, bytearray) else value for name, value in sums.items()}


def _sum_up(model: Any, month: date, key: tuple[str, ...], counts: tuple[str, ...], packed: tuple[str, ...]) -> None:
    """A month's rows out of its days'."""
    model.objects.filter(span=Span.MONTH, first=month).delete()
    sums = [*(f"sum({name})" for name in counts), *(f"string_agg({name}, ''::bytea)" for name in packed)]
    columns = ", ".join(key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} (span, first, {columns}, {', '.join((*counts, *packed))})"  # noqa: S608
            f" SELECT 'month', %s, {columns}, {', '.join(sums)} FROM {model._meta.db_table}"
            f" WHERE span = 'day' AND first >= %s AND first < %s GROUP BY {columns}",
            [month, month, (month + timedelta(days=32)).replace(day=1)],
        )


def waiting_since() -> datetime | None:
    """When the oldest change was made that is not counted yet; None: the figures are those of this moment."""
    moment: datetime | None = ChangedDay.objects.aggregate(at=Min("at"))["at"]
    return moment
