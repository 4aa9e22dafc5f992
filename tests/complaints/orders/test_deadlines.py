"""Deadlines over a year as it was published, with its holidays and make-up days: every day, every kind of order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import chinese_calendar
import pytest
from django.conf import settings as house
from django.utils import timezone

from complaints.orders import workflow
from complaints.orders.defaults import DAYS, case_kind
from complaints.orders.models import Order
from datacenter.accounts.models import User
from datacenter.cases import clocks, watch
from datacenter.cases import workflow as cases
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import CalendarDay, Case, WorkflowRule
from datacenter.cases.selectors import rule_for
from datacenter.geo.models import County
from tests import factories
from tests.complaints.orders.making import log

YEAR = 2025
_DAY = timedelta(days=1)
_HOURS_A_DAY = 8


def at(day: date, clock: time = time(10, 0)) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock), timezone.get_default_timezone())


def working_days(since: date, count: int) -> date:
    """The ``count``-th working day after ``since``, told by the published calendar alone."""
    day = since
    while count:
        day += _DAY
        count -= chinese_calendar.is_workday(day)
    return day


def every_day() -> list[date]:
    # What begins late in December ends in the next year; its holidays are published as well.
    return [date(YEAR, 1, 1) + offset * _DAY for offset in range(365)]


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``moved(moment)``: it is then, for everybody."""

    def to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return to


def test_office_hours_make_eight_hours_a_day() -> None:
    spans = [(datetime.combine(date(2025, 1, 2), closes) - datetime.combine(date(2025, 1, 2), opens))
             for opens, closes in house.OFFICE_HOURS]  # fmt: skip
    assert sum(spans, timedelta(0)) == timedelta(hours=_HOURS_A_DAY)


@pytest.mark.parametrize("kind", sorted(DAYS))
def test_every_day_of_a_year_gives_the_deadline_of_its_kind(db: None, kind: str) -> None:
    rule = rule_for("taxi", case_kind(kind))
    assert rule is not None
    assert (rule.handle_hours, rule.source_verified) == (DAYS[kind] * _HOURS_A_DAY, False)
    worked = 0
    for day in every_day():
        clock = clocks.deadline(at(day), rule)
        assert clock is not None
        due = timezone.localtime(clock.due_at, timezone.get_default_timezone())
        assert chinese_calendar.is_workday(due.date()), (day, due)
        assert any(opens <= due.time() <= closes for opens, closes in house.OFFICE_HOURS), (day, due)
        assert not clock.provisional
        assert clock.amber_at < clock.due_at
        if chinese_calendar.is_workday(day):
            worked += 1
            assert due == at(working_days(day, DAYS[kind])), (day, due)
        else:  # what comes in on a holiday starts with the next working morning
            first = working_days(day, 1)
            assert due == at(working_days(first, DAYS[kind] - 1), time(18, 0)), (day, due)
    assert worked == sum(chinese_calendar.is_workday(day) for day in every_day()) > 240


def test_the_long_holidays_take_no_hour(db: None) -> None:
    rule = rule_for("taxi", "hotline.consultation")
    eve = date(2025, 9, 30)  # before the eight days of October
    clock = clocks.deadline(at(eve, time(17, 0)), rule)
    assert clock is not None
    assert timezone.localtime(clock.due_at).date() == date(2025, 10, 11)  # a make-up Saturday is worked
    assert chinese_calendar.is_workday(date(2025, 10, 11))


def test_a_day_that_the_bureau_takes_off_is_passed_over(db: None) -> None:
    rule = rule_for("taxi", "hotline.help")
    before = clocks.deadline(at(date(2025, 3, 3)), rule)
    CalendarDay.objects.create(day=date(2025, 3, 4), is_working=False, reason="停电检修")
    after = clocks.deadline(at(date(2025, 3, 3)), rule)
    assert before is not None
    assert after is not None
    assert (after.due_at - before.due_at) == _DAY


def _transferred(operator: User, moved: Any, moment: datetime) -> Case:
    moved(moment)
    order = log(operator)
    county = County.objects.get(pk=factories.DAWA)
    case = workflow.transfer_to_county(order, by=operator, county=county).case
    assert isinstance(case, Case)
    return case


def test_a_pause_of_any_length_leaves_exactly_what_was_left(
    hotline_operator: User, dawa_officer: User, moved: Any
) -> None:
    """Days of every month of the year: begun, paused two working days later, resumed after a stretch of days."""
    days = [day for day in every_day() if chinese_calendar.is_workday(day)][::20]
    for number, day in enumerate(days):
        case = _transferred(hotline_operator, moved, at(day))
        due = case.due_at
        assert due is not None
        stopped = at(working_days(day, 2), time(15, 0))
        moved(stopped)
        case = cases.pause_case(case, by=hotline_operator, reason="等待鉴定")
        assert case.due_at is None
        left = clocks.working_time(stopped, due, {})
        again = stopped + timedelta(days=3 + number % 40)
        moved(again)
        watch.look_at_clocks(again)  # nobody is warned or urged while the clock stands
        case = cases.resume_case(case, by=hotline_operator)
        leg = case.legs.get(ended_at=None)
        assert (leg.warned_at, leg.urged_at, leg.paused_at) == (None, None, None)
        assert case.due_at is not None
        assert clocks.working_time(again, case.due_at, {}) == left
        local = timezone.localtime(case.due_at)
        assert chinese_calendar.is_workday(local.date()), (day, local)
        assert leg.due_at == case.due_at
    assert len(days) > 10


def test_an_extension_granted_by_the_hotline_moves_the_deadline(
    hotline_operator: User, dawa_officer: User, moved: Any
) -> None:
    case = _transferred(hotline_operator, moved, at(date(2025, 1, 20)))
    case = cases.accept_case(case, by=dawa_officer)
    until = at(date(2025, 3, 5))
    case = cases.ask_extension(case, by=dawa_officer, until=until, reason="春节返乡")
    case = cases.grant_extension(case, by=hotline_operator)
    assert case.due_at == until


def test_a_late_case_is_not_paused_out_of_its_lateness(hotline_operator: User, dawa_officer: User, moved: Any) -> None:
    case = _transferred(hotline_operator, moved, at(date(2025, 6, 3)))
    moved(at(date(2025, 7, 15)))
    assert "pause" not in cases.available_verbs(case, hotline_operator)
    with pytest.raises(FieldRefused, match="已逾期"):
        cases.pause_case(case, by=hotline_operator, reason="补手续")


def test_a_paused_case_that_is_fed_back_has_its_deadline_again(
    hotline_operator: User, dawa_officer: User, moved: Any
) -> None:
    case = _transferred(hotline_operator, moved, at(date(2025, 6, 3)))
    case = cases.accept_case(case, by=dawa_officer)
    case = cases.pause_case(case, by=hotline_operator, reason="等待鉴定")
    moved(at(date(2025, 8, 1)))
    case = cases.feed_back_case(case, by=dawa_officer, result="鉴定属实")
    leg = case.legs.get(ended_at=None)
    assert leg.due_at is not None
    assert leg.due_at > leg.fed_back_at
    assert case.due_at == leg.due_at


def test_a_changed_row_holds_for_what_comes_from_then_on(
    hotline_operator: User, dawa_officer: User, moved: Any
) -> None:
    WorkflowRule.objects.filter(kind="hotline.complaint").update(handle_hours=8)
    case = _transferred(hotline_operator, moved, at(date(2025, 6, 3)))
    assert case.due_at == at(date(2025, 6, 4))
    assert Order.objects.get().state == "handling"
