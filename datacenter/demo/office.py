"""Office time over a stretch of days (工作时段), laid out once: the answers of ``cases.clocks``, thousands of times."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta

from datacenter.cases import clocks
from datacenter.cases.clocks import Deadline
from datacenter.cases.models import Clock, WorkflowRule

_AMBER = 0.75  # as ``clocks.deadline`` has it; a test holds the two together


class Office:
    """The bureau's office hours from ``since`` to ``until`` and a good while on."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self._begins: list[datetime] = []
        self._ends: list[datetime] = []
        self._done: list[timedelta] = []  # worked up to each end
        self._published: list[bool] = []
        worked = timedelta(0)
        for begin, end, published in clocks.spans(since, clocks.changed_days(since.date())):
            if begin > until + timedelta(days=60):
                break
            worked += end - begin
            self._begins.append(begin)
            self._ends.append(end)
            self._done.append(worked)
            self._published.append(published)

    def worked(self, at: datetime) -> timedelta:
        """Office time from the beginning to ``at``."""
        place = bisect_right(self._ends, at)
        if place == len(self._ends):
            return self._done[-1]
        before = self._done[place - 1] if place else timedelta(0)
        return before + max(timedelta(0), at - self._begins[place])

    def hours(self, start: datetime, end: datetime) -> float:
        """Office hours between two moments."""
        return (self.worked(end) - self.worked(start)) / timedelta(hours=1)

    def after(self, start: datetime, hours: float) -> datetime:
        """``hours`` of office time after ``start``, to the second; a closing hour rather than the next opening."""
        return self._after(start, timedelta(seconds=round(hours * 3600)))[0]

    def deadline(self, start: datetime, rule: WorkflowRule | None) -> Deadline | None:
        """As ``clocks.deadline``."""
        if rule is None:
            return None
        if rule.clock == Clock.CALENDAR:
            due = start + timedelta(hours=rule.handle_hours)
            return Deadline(due, start + timedelta(hours=rule.handle_hours * _AMBER), False)
        due, provisional = self._after(start, timedelta(hours=rule.handle_hours))
        amber, _ = self._after(start, timedelta(hours=rule.handle_hours * _AMBER))
        return Deadline(due, amber, provisional)

    def _after(self, start: datetime, left: timedelta) -> tuple[datetime, bool]:
        wanted = self.worked(start) + left
        place = max(bisect_left(self._done, wanted), bisect_right(self._ends, start))
        first = bisect_right(self._ends, start)
        return self._ends[place] - (self._done[place] - wanted), not all(self._published[first : place + 1])
