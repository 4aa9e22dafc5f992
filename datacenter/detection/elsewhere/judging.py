"""Leads from what came of vehicles from elsewhere (外地车研判): only vehicles that something new came of, each hour.

Running it again changes nothing. A vehicle is locked while it is judged; what comes meanwhile waits for the next run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import F, Q, QuerySet

from datacenter import metrics
from datacenter.detection.detectors.elsewhere import Elsewhere
from datacenter.detection.elsewhere import rule as elsewhere
from datacenter.detection.elsewhere.intake import KEPT
from datacenter.detection.elsewhere.models import ElsewhereLead, ForeignPosition, ForeignVehicle
from datacenter.detection.elsewhere.rule import UNKNOWN, Verdict, Way
from datacenter.detection.episodes import Rule
from datacenter.detection.events import rule_in_force
from datacenter.detection.models import PlateRead
from datacenter.geo.areas import area_index
from datacenter.geo.counties import county_at, county_lines
from datacenter.geo.models import Area
from datacenter.tracks.store import day_of

_EPOCH = date(1970, 1, 1)
_MOST_RIDES, _MOST_READS, _MOST_POINTS = 60, 100, 720


def look(now: datetime) -> int:
    """Judge every vehicle that something came of since it was judged last; how many leads are new."""
    rule = rule_in_force(Elsewhere.code)
    if rule is None:
        return 0
    waiting = ForeignVehicle.objects.filter(Q(judged_at__isnull=True) | Q(heard_at__gt=F("judged_at")))
    new = sum(_judge(pk, now, rule) for pk in list(waiting.order_by("pk").values_list("pk", flat=True)))
    metrics.FINDINGS.inc(Elsewhere.code, by=new)
    return new


def forget(now: datetime) -> int:
    """Delete positions older than they may count; how many."""
    gone, _ = ForeignPosition.objects.filter(device_time__lt=now - KEPT).delete()
    return gone


@transaction.atomic
def _judge(pk: int, now: datetime, rule: Rule) -> int:
    vehicle = ForeignVehicle.objects.select_for_update().get(pk=pk)
    vehicle.judged_at = vehicle.heard_at
    vehicle.save(update_fields=["judged_at"])
    first = day_of(int(now.timestamp())) - timedelta(days=rule.limits.window_days - 1)
    leads = ElsewhereLead.objects.filter(foreign_vehicle=vehicle)
    decided = leads.exclude(state=ElsewhereLead.State.NEW).order_by("-last_day").first()
    if decided is not None:  # its days, and those the officer could have known of, are settled
        settled = max(decided.last_day, day_of(int(decided.decided_at.timestamp())) if decided.decided_at else first)
        first = max(first, settled + timedelta(days=1))
    since = datetime.combine(first, datetime.min.time(), UTC) - timedelta(hours=8)
    way, counties = _way(vehicle, since, now)
    reads, read_counties, places = _reads(vehicle, since, now)
    found = elsewhere.verdict(elsewhere.signs(way, reads, rule.limits), rule.limits, vehicle.plate_colour)
    if found is None:
        return 0
    lead = leads.filter(state=ElsewhereLead.State.NEW).first()
    fresh = lead is None
    lead = lead or ElsewhereLead(foreign_vehicle=vehicle, plate=vehicle.plate, found_at=now)
    lead.plate_colour = vehicle.plate_colour or None
    _write(lead, found, rule, first, way, reads, places)
    _place(lead, found, way, counties, reads, read_counties)
    lead.changed_at = now
    lead.save()
    return int(fresh)


def _way(vehicle: ForeignVehicle, since: datetime, now: datetime) -> tuple[Way, npt.NDArray[np.intp]]:
    rows = ForeignPosition.objects.filter(foreign_vehicle=vehicle, device_time__gte=since, device_time__lte=now)
    told = list(rows.order_by("device_time").values_list("device_time", "latitude_e6", "longitude_e6", "loaded"))
    return _columns(
        [(int(at.timestamp()), lat, lon, UNKNOWN if bit is None else int(bit)) for at, lat, lon, bit in told]
    )


def _reads(vehicle: ForeignVehicle, since: datetime, now: datetime) -> tuple[Way, npt.NDArray[np.intp], list[str]]:
    """Its reads in order, the county of each, and the cameras' own names of the places."""
    told = _reads_of(vehicle).filter(read_at__gte=since, read_at__lte=now).order_by("read_at", "pk")
    rows = list(told.values_list("read_at", "latitude_e6", "longitude_e6", "place"))
    way, counties = _columns([(int(at.timestamp()), lat, lon, UNKNOWN) for at, lat, lon, _place in rows])
    return way, counties, [place for *_, place in rows]


def _reads_of(vehicle: ForeignVehicle) -> QuerySet[PlateRead]:
    """Reads of its colour; those without one where no other vehicle has the number."""
    reads = PlateRead.objects.filter(plate=vehicle.plate, vehicle=None)
    named = Q(plate_colour=vehicle.plate_colour) if vehicle.plate_colour else Q(plate_colour__isnull=True)
    others = ForeignVehicle.objects.filter(plate=vehicle.plate, plate_colour__gt=0).exclude(pk=vehicle.pk)
    if others.exists():  # a read without a colour is anybody's of them
        return reads.filter(named) if vehicle.plate_colour else reads.none()
    return reads.filter(named | Q(plate_colour__isnull=True))


def _columns(rows: list[tuple[int, int, int, int]]) -> tuple[Way, npt.NDArray[np.intp]]:
    at, latitude, longitude, loaded = (np.array(column, np.int64) for column in zip(*rows, strict=True)) if rows else (
        np.empty(0, np.int64) for _ in range(4)
    )  # fmt: skip
    county, _unconfirmed = county_lines().ask(latitude, longitude) if rows else (np.empty(0, np.intp), None)
    rank = np.zeros(len(at), bool)
    for kind in (Area.Kind.RANK, Area.Kind.STATION):
        rank[area_index(kind).hits(latitude, longitude, at)[0]] = True
    return Way(at, latitude, longitude, loaded, county >= 0, rank), county


def _write(
    lead: ElsewhereLead, found: Verdict, rule: Rule, first: date, way: Way, reads: Way, places: list[str]
) -> None:
    """Its days, figures and evidence; days before ``first`` stay as they were counted."""
    counted = {_day(key).isoformat(): figures for key, figures in elsewhere.counted(found).items()}
    before = {day: figures for day, figures in lead.evidence.get("days", {}).items() if day < first.isoformat()}
    days = before | counted
    lead.first_day, lead.last_day = date.fromisoformat(min(days)), date.fromisoformat(max(days))
    names = ("rides", "loaded_rides", "rank_visits", "reads", "in_city_s")
    lead.measures = {"days": len(days)} | {name: sum(day[name] for day in days.values()) for name in names}
    lead.limits, lead.source = asdict(rule.limits), rule.detector.source
    lead.evidence = {
        "days": dict(sorted(days.items())),
        "rides": [
            [
                int(way.at[ride.first]),
                *_spot(way, ride.first),
                int(way.at[ride.last]),
                *_spot(way, ride.last),
                ride.loaded,
            ]
            for day, _by in found.days
            for ride in day.rides
        ][-_MOST_RIDES:],
        "track": _track(lead.foreign_vehicle, found, way),
        "reads": [[int(reads.at[row]), *_spot(reads, row), places[row]] for row in range(len(reads))][-_MOST_READS:],
        "datum": "WGS-84",
    }


def _track(vehicle: ForeignVehicle, found: Verdict, way: Way) -> list[list[float]]:
    """Positions of the last day of operation from its first ride to its last, thinned evenly where many.

    Unix seconds, longitude, latitude, km/h.
    """
    driven = [day.rides for day, _by in found.days if day.rides]
    if not driven:
        return []
    first, last = (datetime.fromtimestamp(int(way.at[row]), UTC) for row in (driven[-1][0].first, driven[-1][-1].last))
    rows = ForeignPosition.objects.filter(foreign_vehicle=vehicle, device_time__range=(first, last))
    told = list(rows.order_by("device_time").values_list("device_time", "longitude_e6", "latitude_e6", "speed_dkmh"))
    told = told[:: max(1, -(-len(told) // _MOST_POINTS))]
    return [[int(at.timestamp()), lon / 1e6, lat / 1e6, speed / 10] for at, lon, lat, speed in told]


def _spot(way: Way, row: Any) -> tuple[float, float]:
    return float(way.longitude_e6[row] / 1e6), float(way.latitude_e6[row] / 1e6)


def _place(
    lead: ElsewhereLead,
    found: Verdict,
    way: Way,
    counties: npt.NDArray[np.intp],
    reads: Way,
    read_counties: npt.NDArray[np.intp],
) -> None:
    """The county where most of its rides end (属地), or its reads without rides; the place is the last there."""
    ends = [(int(counties[r.last]), r.last, way) for day, _by in found.days for r in day.rides]
    operating = {day.day for day, _by in found.days}
    ends = ends or [
        (int(read_counties[row]), row, reads)
        for row in np.flatnonzero(reads.inside).tolist()
        if elsewhere.day_of(int(reads.at[row])) in operating
    ]
    often = Counter(county for county, _row, _way in ends)
    most = min(often, key=lambda county: (-often[county], county))
    row, whose = next((row, whose) for county, row, whose in reversed(ends) if county == most)
    lead.latitude_e6, lead.longitude_e6 = int(whose.latitude_e6[row]), int(whose.longitude_e6[row])
    answer = county_at(lead.latitude_e6, lead.longitude_e6)
    lead.county_id, lead.boundary_unconfirmed = answer.code, answer.unconfirmed


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
