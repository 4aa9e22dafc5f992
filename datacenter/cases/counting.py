"""What is counted over many cases (案件计数): plain columns of cases and legs, for whoever keeps figures of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from datacenter.cases.models import Case, Dispatch

_CASE = ("county_id", "industry", "kind", "origin", "state", "returned_times", "outcome", "occurred_at",
         "latitude_e6", "longitude_e6")  # fmt: skip
_LEG = ("case_id", "case__county_id", "case__industry", "case__kind", "case__origin", "assignee_id", "part", "state",
        "sent_at", "accepted_at", "fed_back_at", "due_at", "returned_times")  # fmt: skip


def cases_to_count(since: datetime, until: datetime) -> Iterator[tuple[Any, ...]]:
    """Of each case opened in [since, until): county, industry, kind, origin, state, times returned, outcome, when and
    where (1e-6 degree) it happened."""
    rows = Case.objects.filter(opened_at__gte=since, opened_at__lt=until).order_by()
    return rows.values_list(*_CASE).iterator(chunk_size=5000)


def legs_to_count(since: datetime, until: datetime) -> Iterator[tuple[Any, ...]]:
    """Of each leg that somebody accepted and that was not taken back, of cases opened in [since, until): case, county,
    industry, kind, origin, officer, whether it leads, state, when sent, accepted, fed back and due, times returned.

    A case's leading leg comes before the one beside it.
    """
    rows = Dispatch.objects.filter(
        case__opened_at__gte=since, case__opened_at__lt=until, ended_at=None,
        assignee__isnull=False, accepted_at__isnull=False,
    )  # fmt: skip
    for row in rows.order_by("case_id", "-part").values_list(*_LEG).iterator(chunk_size=5000):
        yield (*row[:6], row[6] == Dispatch.Part.LEAD, *row[7:])
