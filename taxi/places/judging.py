"""What visits of ranks and stations say (拒载、冒充空车判定): pure, on the visits of many taxis.

A taxi refuses when it leaves the head of the queue vacant while others before and after it, some of whom came later,
leave loaded; again and again in a day. It passes itself off as vacant when it stands a moment at the kerb, shows vacant
or out of service all along, and drives straight from a brief stop or to one; again and again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from taxi.places.visits import Carry, Sign, Visit

_SHANGHAI_S, _DAY_S = 8 * 3600, 86_400


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit with whose and where it was, and the number of its row."""

    key: int
    vehicle_id: int
    area_id: int
    visit: Visit


@dataclass(frozen=True, slots=True)
class Passed:
    """One vacant departure from the head: for how long it stood there, and how many others were taken around it."""

    seen: Seen
    head_s: int
    taken_before: int
    overtook: int


def day_of(at: int) -> int:
    """The day of Shanghai, in days since 1970."""
    return (at + _SHANGHAI_S) // _DAY_S


def departures(queue: Sequence[Seen], until: int, limits: Any) -> list[Passed]:
    """The departures of one place that pass over passengers; those that ``until`` is too early for are left out."""
    came = [one for one in queue if one.visit.came == Sign.VACANT and one.visit.went != Sign.OUT]
    taken = [one for one in came if one.visit.went == Sign.LOADED]
    found = []
    for one in came:
        visit = one.visit
        if visit.went != Sign.VACANT or visit.left - visit.arrived < limits.dwell_s:
            continue
        if visit.left + limits.after_s > until:
            continue
        ahead = [
            other.visit.left
            for other in came
            if other.vehicle_id != one.vehicle_id
            and other.visit.arrived < visit.arrived < other.visit.left
            and other.visit.left - other.visit.arrived >= limits.queue_s
        ]
        head = max([visit.arrived, *ahead])
        if visit.left - head < limits.head_s:  # it gave up in the queue, or left as soon as it could
            continue
        others = [other.visit for other in taken if other.vehicle_id != one.vehicle_id]
        before = sum(visit.left - limits.before_s <= other.left < visit.left for other in others)
        overtook = sum(
            other.arrived > visit.arrived and head < other.left <= visit.left + limits.after_s for other in others
        )
        if before >= limits.taken_before and overtook >= limits.overtook:
            found.append(Passed(one, visit.left - head, before, overtook))
    return found


def refusals(found: Iterable[Passed], limits: Any) -> list[tuple[Passed, int]]:
    """Those of a taxi that has ``day_count`` of them in a day, at whatever places; with how many it has."""
    by_day: dict[tuple[int, int], list[Passed]] = defaultdict(list)
    for one in found:
        by_day[one.seen.vehicle_id, day_of(one.seen.visit.left)].append(one)
    return [
        (one, len(day))
        for _, day in sorted(by_day.items())
        if len(day) >= limits.day_count
        for one in sorted(day, key=lambda one: one.seen.visit.left)
    ]


def carried(visit: Visit, limits: Any) -> Carry | None:
    """The straighter way by which a moment at the kerb looks like passengers, if it does."""
    shown = (Sign.VACANT, Sign.OUT)
    if visit.came not in shown or visit.went not in shown:
        return None
    if not limits.kerb_least_s <= visit.stood_s <= limits.kerb_most_s:
        return None
    ways = [
        way
        for way in (visit.before, visit.after)
        if way is not None and way.driven_m >= limits.carry_m and way.percent >= limits.straight_percent
    ]
    return max(ways, key=lambda way: (way.percent, way.driven_m), default=None)


def masquerades(seen: Iterable[Seen], limits: Any) -> list[tuple[Seen, Carry, int]]:
    """Moments at the kerb of a taxi that has ``day_count`` such in a day; with how many it has."""
    by_day: dict[tuple[int, int], list[tuple[Seen, Carry]]] = defaultdict(list)
    for one in seen:
        way = carried(one.visit, limits)
        if way is not None:
            by_day[one.vehicle_id, day_of(one.visit.left)].append((one, way))
    return [
        (one, way, len(day))
        for _, day in sorted(by_day.items())
        if len(day) >= limits.day_count
        for one, way in sorted(day, key=lambda pair: pair[0].visit.left)
    ]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An order that a driver took and gave back: the report's number, when, which order."""

    key: int
    vehicle_id: int
    at: int
    order: int


def given_back(cancelled: Iterable[Cancelled], limits: Any) -> list[tuple[Cancelled, int]]:
    """Those of a taxi that gave back ``day_orders`` different orders in a day; with how many it gave back."""
    by_day: dict[tuple[int, int], dict[int, Cancelled]] = defaultdict(dict)
    for one in sorted(cancelled, key=lambda one: (one.at, one.key)):
        by_day[one.vehicle_id, day_of(one.at)].setdefault(one.order, one)
    return [
        (one, len(day)) for _, day in sorted(by_day.items()) if len(day) >= limits.day_orders for one in day.values()
    ]
