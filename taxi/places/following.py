"""Visits of ranks and stations kept up to date, and what they say told as findings (候客点跟踪). Tasks call it.

Running it again tells nothing twice: a visit keeps its row while it overlaps what was there, and events are told by
their row. What comes later than ``look_back`` is seen by a run that looks back farther.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.db import transaction
from django.db.models import Min

from datacenter.detection import events
from datacenter.detection.events import Told, rule_in_force
from datacenter.facts.models import TerminalReport
from datacenter.geo.areas import AreaIndex, area_index
from datacenter.geo.measure import distance_m
from datacenter.geo.models import Area
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.passed import passed
from datacenter.tracks.position import Flag, Positions
from datacenter.tracks.store import SHANGHAI
from taxi.places import judging
from taxi.places.detectors import FalseVacant, Refusal
from taxi.places.judging import Cancelled, Seen
from taxi.places.models import RankVisit
from taxi.places.visits import REACH, Carry, Fixes, Sign, Visit, in_order, signs_of, visits

KEPT = timedelta(days=15)
_CONTEXT = timedelta(seconds=REACH.carry_most_s + REACH.brief_s + REACH.silence_s)
_AT_ONCE = 50
_GRABBED, _CANCELLED = 0x0B01, 0x0B08
_FOR_NO_GOOD_REASON = 2  # 其他; 0 an accident, 1 a jam
Row = tuple[Area, Visit]


def follow(now: datetime, look_back: timedelta) -> int:
    """Bring visits up to ``now`` from ``look_back`` ago, and judge the days they lie in; how many events were told."""
    areas = _areas()
    since = now - look_back
    near = sorted(_near(areas, since, now))
    for first in range(0, len(near), _AT_ONCE):
        _rebuild(near[first : first + _AT_ONCE], areas, since, now)
    RankVisit.objects.filter(left_at__lt=now - KEPT).delete()
    midnight = since.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    seen = _seen(midnight, now)
    told = [*_refusals(seen, midnight, now), *_masquerades(seen, areas)]
    return sum(events.tell(one) is not None for one in told)


def _areas() -> list[AreaIndex]:
    return [index for kind in (Area.Kind.RANK, Area.Kind.STATION) if len(index := area_index(kind))]


def _near(areas: list[AreaIndex], since: datetime, now: datetime) -> set[int]:
    """Taxis that came near any of the places."""
    found: set[int] = set()
    for index in areas:
        for shape in index.boundaries.geometries:
            west, south, east, north = shapely.bounds(shape)
            middle = ((south + north) / 2, (west + east) / 2)
            radius_m = float(distance_m(*middle, north, east)) + 1
            found |= set(passed(middle, radius_m, since, now).vehicle_id.tolist())
    taxis = Vehicle.objects.filter(pk__in=found, kind=Vehicle.Kind.TAXI)
    return set(taxis.values_list("pk", flat=True))


@transaction.atomic
def _rebuild(vehicles: list[int], areas: list[AreaIndex], since: datetime, now: datetime) -> None:
    """The visits of some taxis that end after ``since``, anew from their tracks."""
    touched = RankVisit.objects.filter(vehicle_id__in=vehicles, left_at__gte=since)
    begin = min(since, touched.aggregate(first=Min("arrived_at"))["first"] or since)
    tracks = store.of_many(vehicles, begin - _CONTEXT, now)
    whose = {pk: (county, company) for pk, county, company in
             Vehicle.objects.filter(pk__in=vehicles).values_list("pk", "county_id", "company_id")}  # fmt: skip
    for vehicle_id in vehicles:
        track = tracks.take(tracks.vehicle_id == vehicle_id)
        county_id, company_id = whose[vehicle_id]
        facts = {"vehicle_id": vehicle_id, "county_id": county_id, "company_id": company_id}
        _match(vehicle_id, list(visits_in(track, areas)), facts, since)


def visits_in(track: Positions, areas: list[AreaIndex]) -> Iterator[Row]:
    """Every visit of one taxi's track, by place."""
    track = track.take((track.flags & (Flag.QUALIFIED | Flag.TAXI)) == (Flag.QUALIFIED | Flag.TAXI))
    track = track.take(in_order(track.device_time))
    if len(track) < 3:
        return
    hits = [(index, *index.hits(track.latitude_e6, track.longitude_e6, track.device_time)) for index in areas]
    waits = np.zeros(len(track), bool)
    for _index, rows, _polygons in hits:
        waits[rows] = True
    fixes = Fixes(
        track.device_time, track.latitude_e6.astype(np.int64), track.longitude_e6.astype(np.int64), signs_of(track),
        waits,
    )  # fmt: skip
    for index, rows, polygons in hits:
        for polygon in np.unique(polygons).tolist():
            inside = np.zeros(len(track), bool)
            inside[rows[polygons == polygon]] = True
            for visit in visits(fixes, inside):
                yield index.areas[polygon], visit


def _match(vehicle_id: int, found: list[Row], facts: dict[str, Any], since: datetime) -> None:
    """Rows that end after ``since`` become those of ``found``: what overlaps keeps its number, what is gone goes."""
    stored = list(
        RankVisit.objects.select_for_update().filter(vehicle_id=vehicle_id, left_at__gte=since).order_by("arrived_at")
    )
    for area, visit in found:
        arrived, left = _moment(visit.arrived), _moment(visit.left)
        if left < since:
            continue
        row = next(
            (one for one in stored if one.area_id == area.pk and one.arrived_at <= left and one.left_at >= arrived),
            None,
        )
        if row is None:
            row = RankVisit(area_id=area.pk, **facts)
        else:
            stored.remove(row)
        before = _written(row)
        row.arrived_at, row.left_at, row.stood_s = arrived, left, visit.stood_s
        row.came, row.went = int(visit.came), int(visit.went)
        row.before_m, row.before_percent = _figures(visit.before)
        row.after_m, row.after_percent = _figures(visit.after)
        if row.pk is None or _written(row) != before:
            row.save()
    RankVisit.objects.filter(pk__in=[row.pk for row in stored]).delete()


def _written(row: RankVisit) -> tuple[Any, ...]:
    return (row.arrived_at, row.left_at, row.stood_s, row.came, row.went, row.before_m, row.before_percent,
            row.after_m, row.after_percent)  # fmt: skip


def _figures(way: Carry | None) -> tuple[int | None, int | None]:
    return (way.driven_m, way.percent) if way else (None, None)


def _moment(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


def _seen(since: datetime, now: datetime) -> list[Seen]:
    rows = RankVisit.objects.filter(left_at__gte=since, left_at__lte=now).order_by("area_id", "arrived_at", "pk")
    return [
        Seen(
            row.pk,
            row.vehicle_id,
            row.area_id,
            Visit(
                int(row.arrived_at.timestamp()),
                int(row.left_at.timestamp()),
                Sign(row.came),
                Sign(row.went),
                row.stood_s,
                _way(row.before_m, row.before_percent),
                _way(row.after_m, row.after_percent),
            ),
        )
        for row in rows
    ]


def _way(driven_m: int | None, percent: int | None) -> Carry | None:
    return None if driven_m is None or percent is None else Carry(driven_m, percent)


def _refusals(seen: list[Seen], since: datetime, now: datetime) -> Iterator[Told]:
    rule = rule_in_force(Refusal.code)
    if rule is None:
        return
    by_area: dict[int, list[Seen]] = {}
    for one in seen:
        by_area.setdefault(one.area_id, []).append(one)
    until = int(now.timestamp())
    departures = [d for queue in by_area.values() for d in judging.departures(queue, until, rule.limits)]
    places = _places(by_area)
    for gone, count in judging.refusals(departures, rule.limits):
        measures = {"day_count": count, "head_s": gone.head_s, "overtook": gone.overtook, "area_id": gone.seen.area_id}
        yield _told(Refusal.code, gone.seen, places, measures)
    for order, count in judging.given_back(_cancelled(since, now), rule.limits):
        yield Told(Refusal.code, order.vehicle_id, order.at, f"report:{order.key}", measures={"orders": count})


def _masquerades(seen: list[Seen], areas: list[AreaIndex]) -> Iterator[Told]:
    """At stations only: at a rank an honest taxi looks in and leaves."""
    rule = rule_in_force(FalseVacant.code)
    if rule is None:
        return
    stations = {area.pk for index in areas for area in index.areas if area.kind == Area.Kind.STATION}
    places = _places(stations)
    for one, way, count in judging.masquerades((one for one in seen if one.area_id in stations), rule.limits):
        measures = {
            "day_count": count, "driven_m": way.driven_m, "straight_percent": way.percent, "area_id": one.area_id,
        }  # fmt: skip
        yield _told(FalseVacant.code, one, places, measures)


def _places(areas: Iterable[int]) -> dict[int, tuple[int, int]]:
    """A point of each area, 1e-6 degree."""
    points = {}
    for area in Area.objects.filter(pk__in=list(areas)):
        inside = shapely.geometry.shape(area.boundary).representative_point()
        points[area.pk] = (round(inside.y * 1e6), round(inside.x * 1e6))
    return points


def _told(code: str, one: Seen, places: dict[int, tuple[int, int]], measures: dict[str, int]) -> Told:
    latitude_e6, longitude_e6 = places[one.area_id]
    return Told(
        code, one.vehicle_id, one.visit.left, f"visit:{one.key}", latitude_e6=latitude_e6, longitude_e6=longitude_e6,
        measures=measures,
    )  # fmt: skip


def _cancelled(since: datetime, now: datetime) -> list[Cancelled]:
    """Orders that a driver had grabbed and gave back without an accident or a jam; the grab up to a day before."""
    reports = TerminalReport.objects.filter(protocol="jt905", received_at__lte=now)
    told = reports.filter(message_id=_CANCELLED, received_at__gte=since).defer("raw").order_by("received_at", "pk")
    cancels = [row for row in told if row.content.get("reason") == _FOR_NO_GOOD_REASON]
    grabs = reports.filter(
        message_id=_GRABBED, received_at__gte=since - timedelta(days=1), vehicle__in={row.vehicle_id for row in cancels}
    )
    grabbed: dict[tuple[int, Any], datetime] = {}
    for vehicle_id, content, at in grabs.order_by("-received_at").values_list("vehicle_id", "content", "received_at"):
        grabbed[vehicle_id, content.get("business_id")] = at  # the first
    return [
        Cancelled(row.pk, row.vehicle_id, int(row.received_at.timestamp()), row.content["business_id"])
        for row in cancels
        if (first := grabbed.get((row.vehicle_id, row.content.get("business_id")))) and first <= row.received_at
    ]
