"""The list of cases (案件列表): its filters as a query, and pages of it by cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from datacenter.cases import counts
from datacenter.cases.models import Case
from datacenter.cases.narrowing import narrow
from datacenter.cases.states import OPEN_STATES, State
from datacenter.registry.models import Vehicle

PAGE_SIZE = 50
MINE = "mine"
# A fragment of a plate is looked up among vehicles; beyond this many it says too little to search by.
_MOST_VEHICLES = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def filtered(rows: QuerySet[Case], wanted: dict[str, Any], vehicles: QuerySet[Vehicle]) -> QuerySet[Case]:
    """``rows`` that the filters let through, the state tab apart; a plate is looked up among ``vehicles``."""
    if county := wanted.get("county"):
        rows = rows.filter(county=None) if county == "none" else rows.filter(county_id=county)
    for name in ("industry", "kind"):
        if value := wanted.get(name):
            rows = rows.filter(**{name: value})
    if level := wanted.get("level"):
        rows = rows.filter(is_key=True) if level == "key" else rows.filter(level=level)
    if due := wanted.get("due"):
        rows = rows.filter(counts.is_overdue() if due == "overdue" else counts.is_due_soon())
    if since := wanted.get("since"):
        rows = rows.filter(opened_at__gte=_midnight(since))
    if until := wanted.get("until"):
        rows = rows.filter(opened_at__lt=_midnight(until) + timedelta(days=1))
    if q := wanted.get("q", "").strip().upper():
        ids = list(vehicles.filter(plate__contains=q).order_by().values_list("pk", flat=True)[:_MOST_VEHICLES])
        rows = rows.filter(_begins("number", q) | _begins("plate", q) | Q(vehicle_id__in=ids))
    return narrow(rows, wanted)


def _begins(column: str, text: str) -> Q:
    """Values that begin with ``text``, as a range: under row-level security PostgreSQL takes no LIKE to an index,
    since a pattern's operator might tell of rows that the policy hides; comparisons it trusts."""
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})


def in_tab(rows: QuerySet[Case], tab: str, user: Any) -> QuerySet[Case]:
    """``rows`` of one tab: a state, what waits for this user, or all of them."""
    if tab == MINE:
        return rows.filter(state__in=counts.states_waiting_for(user))
    return rows.filter(state=tab) if tab in State.values else rows


def tabs(user: Any, rows: QuerySet[Case], current: str) -> list[dict[str, Any]]:
    """The tabs with how many rows each has; 全部, 已办结 and 已归档 grow for ever and are not counted."""
    mine = counts.states_waiting_for(user)
    queries = {state.value: rows.filter(state=state) for state in OPEN_STATES}
    sizes = counts.counted(user, queries)
    listed = [{"value": "", "label": "全部", "count": ""}]
    if mine:
        total = min(counts.CAP, sum(sizes[state] for state in mine))
        listed.append({"value": MINE, "label": "待我办理", "count": counts.shown(total)})
    for state in State:
        count = counts.shown(sizes[state]) if state in sizes else ""
        listed.append({"value": state.value, "label": state.label, "count": count})
    return [{**tab, "current": tab["value"] == current} for tab in listed]


@dataclass(frozen=True, slots=True)
class Page:
    """One page by cursor: its rows, and the addresses of its neighbours."""

    rows: Sequence[Any]
    newer: bool
    older: bool
    newest_query: str
    newer_query: str
    older_query: str


def page_of(rows: QuerySet[Any], parameters: QueryDict, moment: str = "opened_at") -> Page:
    """The page that ``parameters`` ask for, newest first: ``before`` a cursor, ``after`` one, or the top."""
    before, after = _cursor(parameters.get("before")), _cursor(parameters.get("after"))
    if after:
        at, pk = after
        later = rows.filter(**{f"{moment}__gte": at}).exclude(**{moment: at, "pk__lte": pk})
        found = list(later.order_by(moment, "pk")[: PAGE_SIZE + 1])
        newer, older = len(found) > PAGE_SIZE, True
        found = found[:PAGE_SIZE][::-1]
    else:
        if before:
            at, pk = before
            rows = rows.filter(**{f"{moment}__lte": at}).exclude(**{moment: at, "pk__gte": pk})
        found = list(rows.order_by(f"-{moment}", "-pk")[: PAGE_SIZE + 1])
        newer, older = before is not None, len(found) > PAGE_SIZE
        found = found[:PAGE_SIZE]
    return Page(
        rows=found,
        newer=newer and bool(found),
        older=older and bool(found),
        newest_query=_address(parameters),
        newer_query=_address(parameters, after=_spell(found[0], moment)) if found else "",
        older_query=_address(parameters, before=_spell(found[-1], moment)) if found else "",
    )


def _spell(row: Any, moment: str) -> str:
    return f"{(getattr(row, moment) - _EPOCH) // timedelta(microseconds=1)}-{row.pk}"


def _cursor(text: str | None) -> tuple[datetime, int] | None:
    """A cursor's moment and id; what can't be read is no cursor."""
    try:
        micros, pk = (text or "").split("-")
        return _EPOCH + timedelta(microseconds=int(micros)), int(pk)
    except (ValueError, OverflowError):
        return None


def _address(parameters: QueryDict, **changes: str) -> str:
    wanted = parameters.copy()
    for name in ("before", "after"):
        wanted.pop(name, None)
    for name, value in changes.items():
        wanted[name] = value
    return "?" + wanted.urlencode()


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
