"""Working hours by China's calendar: holidays, make-up days, days of the bureau's own, years not published yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.cases import clocks
from datacenter.cases.models import CalendarDay, Clock, WorkflowRule
from panjin_traffic import env

HERE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-25 09:00", 3, "2026-11-25 12:00"),  # a closing hour, not the next opening
        ("2026-11-25 09:00", 4, "2026-11-25 14:30"),
        ("2026-11-25 12:30", 1, "2026-11-25 14:30"),  # begun in the break
        ("2026-11-27 17:00", 2, "2026-11-30 09:30"),  # over a weekend
        ("2026-11-28 03:00", 8, "2026-11-30 18:00"),
        ("2026-09-30 17:30", 1, "2026-10-08 09:00"),  # the National Day's week
        ("2026-10-09 17:30", 1, "2026-10-10 09:00"),  # a Saturday that is worked
        ("2026-02-13 18:00", 8, "2026-02-14 18:00"),  # the Saturday before the Spring Festival too
        ("2026-02-14 18:00", 8, "2026-02-24 18:00"),  # and its nine days
    ],
)
def test_working_hours_run_in_office_hours_of_working_days(db: None, start: str, hours: float, due: str) -> None:
    assert clocks.after(at(start), hours, Clock.WORKING) == (at(due), False)


def test_a_year_without_a_published_calendar_counts_weekdays_and_says_so(db: None) -> None:
    due_at, provisional = clocks.after(at("2031-10-01 08:30"), 8, Clock.WORKING)  # the National Day, a Wednesday
    assert (due_at, provisional) == (at("2031-10-01 18:00"), True)
    rule = WorkflowRule(handle_hours=16, clock=Clock.WORKING)
    deadline = clocks.deadline(at("2031-10-03 08:30"), rule)
    assert deadline is not None
    assert (deadline.due_at, deadline.provisional) == (at("2031-10-06 18:00"), True)
    assert deadline.amber_at == at("2031-10-06 14:00")


def test_the_bureaus_own_days_go_before_the_calendar(db: None) -> None:
    CalendarDay.objects.create(day=date(2026, 11, 25), is_working=False, reason="停电")
    CalendarDay.objects.create(day=date(2026, 11, 28), is_working=True, reason="加班")
    assert clocks.after(at("2026-11-24 17:00"), 2, Clock.WORKING)[0] == at("2026-11-26 09:30")
    assert clocks.after(at("2026-11-27 17:30"), 1, Clock.WORKING)[0] == at("2026-11-28 09:00")
    CalendarDay.objects.create(day=date(2031, 10, 1), is_working=False, reason="国庆节")
    assert clocks.after(at("2031-10-01 09:00"), 1, Clock.WORKING)[0] == at("2031-10-02 09:30")


@given(minutes=st.integers(0, 60 * 24 * 60), hours=st.integers(1, 90))
def test_what_is_added_is_what_lies_between(minutes: int, hours: int) -> None:
    start = at("2026-08-20 00:00") + timedelta(minutes=minutes)
    due_at, _ = clocks.after(start, hours, Clock.WORKING, {})
    assert clocks.working_time(start, due_at, {}) == timedelta(hours=hours)
    assert clocks.working_time(due_at, start, {}) == timedelta(0)


@pytest.mark.parametrize(
    "text", ["08:30", "8.30-12", "12:00-08:30", "08:30-12:00,11:00-18:00", "08:30-12:00,12:00-18:00", "25:00-26:00"]
)
def test_office_hours_that_make_no_sense_end_the_start_by_name(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OFFICE_HOURS", text)
    with pytest.raises(env.EnvironmentFault, match="OFFICE_HOURS"):
        env.office_hours("OFFICE_HOURS", "08:30-12:00")
