"""How many cases wait where (待办数), counted to a limit: a page over a million cases costs what its limits cost.

Every count stops at ``CAP`` rows and then reads “999+”; each is an index range, and all of a page come in one query.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.cases.models import Case
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.states import OPEN_STATES, TRANSITIONS, State

CAP = 1000
DUE_SOON = timedelta(hours=24)


class CappedCount(Subquery):
    """The number of rows of a query, counted up to ``CAP``; more read as ``CAP``."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()
    empty_result_set_value = 0  # a user who sees nothing has nothing waiting

    def __init__(self, rows: QuerySet[Any]) -> None:
        super().__init__(rows.order_by().values("pk")[:CAP])


def shown(count: int) -> str:
    """A capped count as pages write it."""
    return f"{CAP - 1}+" if count >= CAP else str(count)


def counted(user: Any, queries: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """The capped size of each query, all in one statement."""
    if not queries:
        return {}
    row = User.objects.filter(pk=user.pk).annotate(**{name: CappedCount(rows) for name, rows in queries.items()})
    result: dict[str, int] = row.values(*queries).get()
    return result


def bare(user: Any) -> QuerySet[Case]:
    """The user's cases without what only a list needs; the same rows as ``cases_visible_to``."""
    return cases_visible_to(user).select_related(None).order_by()


def states_waiting_for(user: Any) -> list[State]:
    """States out of which ``user`` may lead a case on (待我办理), in the loop's order."""
    return [
        state
        for state in State
        if any(state in row.sources and user.may(row.right) for row in TRANSITIONS.values() if row.onward)
    ]


def is_overdue(now: datetime | None = None) -> Q:
    """Open cases past their deadline (逾期)."""
    return Q(state__in=OPEN_STATES, due_at__lt=now or timezone.now())


def is_due_soon(now: datetime | None = None) -> Q:
    """Open cases whose deadline is near (将逾期)."""
    now = now or timezone.now()
    return Q(state__in=OPEN_STATES, due_at__gte=now, due_at__lt=now + DUE_SOON)
