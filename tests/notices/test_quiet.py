"""When quiet hours end."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from datacenter.notices.quiet import quiet_until

BEIJING = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-03-01 21:59:59", None),
        ("2026-03-01 22:00", "2026-03-02 07:00"),
        ("2026-02-28 23:59", "2026-03-01 07:00"),
        ("2026-03-01 00:00", "2026-03-01 07:00"),
        ("2026-03-01 06:59", "2026-03-01 07:00"),
        ("2026-03-01 07:00", None),
        ("2026-03-01 12:00", None),
    ],
)
def test_hours_over_midnight_end_in_the_morning(moment: str, ends: str | None) -> None:
    assert quiet_until(at(moment), time(22), time(7), BEIJING) == (at(ends) if ends else None)


@pytest.mark.parametrize(("moment", "ends"), [("11:59", None), ("12:00", "13:30"), ("13:29", "13:30"), ("13:30", None)])
def test_hours_of_one_day_end_that_day(moment: str, ends: str | None) -> None:
    found = quiet_until(at(f"2026-03-01 {moment}"), time(12), time(13, 30), BEIJING)
    assert found == (at(f"2026-03-01 {ends}") if ends else None)


def test_hours_that_begin_when_they_end_are_none() -> None:
    assert quiet_until(at("2026-03-01 08:00"), time(8), time(8), BEIJING) is None


def test_the_clock_is_that_of_the_zone_whatever_the_moment_is_written_in() -> None:
    night = at("2026-03-01 23:00").astimezone(ZoneInfo("UTC"))
    assert quiet_until(night, time(22), time(7), BEIJING) == at("2026-03-02 07:00")
