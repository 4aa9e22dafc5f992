"""Reads for the map and the track pages (地图与轨迹查询), each inside its user's scope."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from datacenter.geo.counties import counties
from datacenter.geo.models import County
from datacenter.registry.models import DriverBinding, Terminal, Vehicle
from datacenter.registry.selectors import (
    bindings_visible_to,
    companies_visible_to,
    terminals_visible_to,
    vehicles_visible_to,
)
from datacenter.tracks import store
from datacenter.tracks.archive import reading as archive
from datacenter.tracks.errors import BadSpan
from datacenter.tracks.position import Flag, Positions
from datacenter.tracks.words import occupancy

LONGEST_SPAN = timedelta(hours=48)


def vehicles_on_map(user: Any) -> QuerySet[Vehicle]:
    """Every vehicle that the user's map may show."""
    return vehicles_visible_to(user).exclude(state=Vehicle.State.RETIRED)


def vehicle_table(user: Any) -> dict[str, Any]:
    """What does not move about the vehicles of a map, as columns ordered by id; codes index the lists beside them."""
    rows = list(
        vehicles_on_map(user)
        .order_by("pk")
        .values_list("pk", "plate", "plate_colour", "kind", "county_id", "company_id")
    )
    kinds, county_codes = sorted({row[3] for row in rows}), sorted({row[4] for row in rows})
    fleet_sizes = Counter(row[5] for row in rows)
    company_rows = companies_visible_to(user).filter(pk__in=list(fleet_sizes)).values_list("pk", "name")
    names = dict(County.objects.filter(code__in=county_codes).values_list("code", "name"))
    companies = [[pk, name, fleet_sizes[pk]] for pk, name in company_rows]
    kind_at = {kind: index for index, kind in enumerate(kinds)}
    county_at = {code: index for index, code in enumerate(county_codes)}
    company_at = {company[0]: index for index, company in enumerate(companies)}
    labels = dict(Vehicle.Kind.choices)
    return {
        "kinds": [[kind, labels.get(kind, kind)] for kind in kinds],
        "counties": [[code, names.get(code, code)] for code in county_codes],
        "companies": companies,
        "id": [row[0] for row in rows],
        "plate": [row[1] for row in rows],
        "plate_colour": [row[2] for row in rows],
        "kind": [kind_at[row[3]] for row in rows],
        "county": [county_at[row[4]] for row in rows],
        "company": [company_at.get(row[5], -1) for row in rows],
    }


def county_features() -> dict[str, Any]:
    """The counties in force today as GeoJSON; their lines are public."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": county.code, "name": county.name},
                "geometry": county.boundary,
            }
            for county in counties().defer(None)
        ],
    }


def drivers_now(user: Any, vehicle: Vehicle) -> list[DriverBinding]:
    """Who drives the vehicle now, the last to have begun first."""
    now = timezone.now()
    rows = bindings_visible_to(user).filter(vehicle=vehicle, since__lte=now).filter(Q(until=None) | Q(until__gt=now))
    return list(rows.select_related("practitioner")[:4])


def terminal_of(user: Any, vehicle: Vehicle) -> Terminal | None:
    """The terminal in use, the newest where there are several."""
    rows = terminals_visible_to(user).filter(vehicle=vehicle, state=Terminal.State.IN_USE)
    return rows.order_by("-pk").first()


def last_report(vehicle: Vehicle) -> Positions:
    """The vehicle's last position: one row or none."""
    return store.latest(np.array([vehicle.pk]))


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` until before ``end``, aware."""

    start: datetime
    end: datetime


def day_span(day: date) -> Span:
    """A day of Asia/Shanghai."""
    start = datetime.combine(day, time(), store.SHANGHAI)
    return Span(start, start + timedelta(days=1))


def read_span(start: str | None, end: str | None) -> Span:
    """A span from ISO 8601 texts; a time without zone is Asia/Shanghai's. Raises ``BadSpan``."""
    first, last = _moment(start, "start"), _moment(end, "end")
    if last <= first:
        raise BadSpan("结束时间应晚于开始时间", field="end")
    if last - first > LONGEST_SPAN:
        raise BadSpan("一次最多查询 48 小时", field="end")
    return Span(first, last)


def _moment(text: str | None, field: str) -> datetime:
    try:
        moment = parse_datetime((text or "").replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or not 2000 <= moment.year <= 2100:
        raise BadSpan("应为 ISO 8601 时间，如 2026-11-22T08:00:00+08:00", field=field)
    return moment if moment.tzinfo else moment.replace(tzinfo=store.SHANGHAI)


def track_columns(positions: Positions) -> dict[str, Any]:
    """A track as JSON columns of equal length, in device-time order; ``occupancy`` as in ``words.OCCUPANCY_WORDS``."""
    return {
        "count": len(positions),
        "time": positions.device_time.tolist(),
        "longitude_e6": positions.longitude_e6.tolist(),
        "latitude_e6": positions.latitude_e6.tolist(),
        "speed_dkmh": positions.speed_dkmh.tolist(),
        "bearing_deg": positions.bearing_deg.tolist(),
        "alarm": positions.alarm.tolist(),
        "status": positions.status.tolist(),
        "occupancy": occupancy(positions.flags).tolist(),
        "qualified": ((positions.flags & Flag.QUALIFIED) != 0).astype(int).tolist(),
    }


def neighbouring_days(vehicle: Vehicle, span: Span) -> tuple[date | None, date | None]:
    """The nearest days before and after ``span`` with a position, in the database or in the archive."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT device_time FROM track_position WHERE vehicle_id = %s AND device_time < %s"
            " ORDER BY device_time DESC LIMIT 1), (SELECT device_time FROM track_position"
            " WHERE vehicle_id = %s AND device_time >= %s ORDER BY device_time LIMIT 1)",
            [vehicle.pk, span.start, vehicle.pk, span.end],
        )
        before, after = (moment and moment.astimezone(store.SHANGHAI).date() for moment in cursor.fetchone())
    first, last = (moment.astimezone(store.SHANGHAI) for moment in (span.start, span.end - timedelta(microseconds=1)))
    colder = archive.nearest_day(vehicle.pk, before=first.date())
    warmer = archive.nearest_day(vehicle.pk, after=last.date()) if span.end < timezone.now() - store.HOT else None
    return (
        max(filter(None, (before, colder)), default=None),
        min(filter(None, (after, warmer)), default=None),
    )


def is_demo(user: Any) -> bool:
    """Whether what the user sees was made up: the demo city's companies say so in their names."""
    return companies_visible_to(user).filter(name__contains="（演示）").exists()
