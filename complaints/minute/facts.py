"""What the platform knows of the minute that a complaint names: ride, way, driver, money, pictures, findings.

A complaint gives a taxi and a time that a caller remembers, often to the quarter of an hour. The ride meant is the trip
record that holds that moment, else the nearest within an hour. Money is compared twice: what the caller paid against
what the taximeter counted, and what the taximeter counted against what others' way between the same places would cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from complaints.orders.models import Order
from datacenter.detection.models import Finding
from datacenter.detection.selectors import findings_visible_to
from datacenter.media.models import MediaFile, SafetyAlarm
from datacenter.media.selectors import alarms_visible_to, media_visible_to
from datacenter.registry.selectors import vehicles_visible_to
from taxi.models import Shift, Tariff, Trip
from taxi.selectors import fare_of, shifts_visible_to, tariff_on, trips_visible_to
from taxi.way import Usual, Way, compared, usual_way, way_between, way_of

NEAR = timedelta(hours=1)
"""How far from the remembered moment a ride may lie to be meant."""
AROUND = timedelta(minutes=15)
"""Track, pictures and alarms that are shown on both sides of a moment without a trip record."""
MOST_PICTURES = 24


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts in 角. ``over`` is what was paid beyond the meter; None where either is unknown.

    ``usual`` is what the tariff gives for the usual way between the two places, ``counted_over`` what the meter counted
    beyond that; None without a tariff or without others' ways.
    """

    paid: int | None
    metered: int | None
    over: int | None
    tariff: Tariff | None
    usual: int | None
    counted_over: int | None


@dataclass(frozen=True, slots=True)
class Minute:
    """All of it; ``others`` are further rides within ``NEAR``, ``since`` and ``until`` bound what is shown.

    ``in_scope``: whether the reader sees the taxi's trips and shifts; it may be another county's than the complaint.
    """

    at: datetime
    since: datetime
    until: datetime
    in_scope: bool
    trip: Trip | None
    others: list[Trip]
    shift: Shift | None
    way: Way
    compared: dict[str, Any] | None
    usual: Usual | None
    money: Money
    pictures: list[MediaFile]
    alarms: list[SafetyAlarm]
    findings: list[Finding]

    @property
    def longer_percent(self) -> int | None:
        """How much longer the way was than the usual one, in percent of that; None where nobody else went there."""
        if self.usual is None or self.way.distance_m is None:
            return None
        return round(100 * (self.way.distance_m - self.usual.metres) / max(self.usual.metres, 1))


def behind(order: Order, user: Any, trip_id: int | None = None) -> Minute | None:
    """The minute behind an order that names a vehicle and a time, as far as ``user`` may see; None where it names none.

    ``trip_id`` chooses another of the rides about then than the one taken to be meant.
    """
    if order.vehicle_id is None or order.occurred_at is None:
        return None
    at = order.occurred_at
    rides = _rides(trips_visible_to(user), order.vehicle_id, at)
    chosen = next((ride for ride in rides if ride.pk == trip_id), None)
    trip = chosen or (meant(rides, at, order.paid_jiao) if rides else None)
    since, until = (trip.boarded_at, trip.alighted_at) if trip else (at - AROUND, at + AROUND)
    way = way_of(trip) if trip else way_between(order.vehicle_id, since, until)
    usual = usual_way(trip) if trip else None
    near = (since - timedelta(minutes=2), until + timedelta(minutes=2))
    media = media_visible_to(user) if user.may("media.view") else MediaFile.objects.none()
    alarms = alarms_visible_to(user) if user.may("media.view") else SafetyAlarm.objects.none()
    found = findings_visible_to(user) if user.may("finding.view") else Finding.objects.none()
    return Minute(
        at=at,
        since=since,
        until=until,
        in_scope=vehicles_visible_to(user).filter(pk=order.vehicle_id).exists(),
        trip=trip,
        others=[ride for ride in rides if trip is None or ride.pk != trip.pk],
        shift=shifts_visible_to(user)
        .filter(vehicle_id=order.vehicle_id, begins_at__lte=until)
        .exclude(ended_at__lt=since)
        .order_by("-begins_at")
        .first(),
        way=way,
        compared=compared(trip, way) if trip else None,
        usual=usual,
        money=money_of(order.paid_jiao, trip, usual),
        pictures=list(media.filter(vehicle_id=order.vehicle_id, device_time__range=near)[:MOST_PICTURES]),
        alarms=list(alarms.filter(vehicle_id=order.vehicle_id, device_time__range=near)[:MOST_PICTURES]),
        findings=list(
            found.filter(vehicle_id=order.vehicle_id, started_at__lte=near[1], ended_at__gte=near[0])[:MOST_PICTURES]
        ),
    )


def meant(rides: list[Trip], at: datetime, paid_jiao: int | None) -> Trip:
    """Of rides about a moment the one that the caller means: nearest in time; a fare that fits is worth ten minutes."""

    def away(ride: Trip) -> timedelta:
        outside = max(ride.boarded_at - at, at - ride.alighted_at, timedelta(0))
        fits = paid_jiao is not None and ride.fare_jiao is not None and ride.fare_jiao == paid_jiao
        return outside - timedelta(minutes=10) if fits else outside

    return min(rides, key=away)


def money_of(paid: int | None, trip: Trip | None, usual: Usual | None) -> Money:
    """What was paid beside what was counted, and what was counted beside what the usual way would cost."""
    metered = trip.fare_jiao if trip else None
    tariff = tariff_on(timezone.localdate(trip.boarded_at)) if trip else None
    fare = None
    if trip is not None and tariff is not None and usual is not None:
        fare = fare_of(
            tariff, usual.metres // 100, waited_s=trip.waited_s or 0, surcharge_jiao=trip.surcharge_jiao or 0
        )
    return Money(
        paid=paid,
        metered=metered,
        over=paid - metered if paid is not None and metered is not None else None,
        tariff=tariff,
        usual=fare,
        counted_over=metered - fare if metered is not None and fare is not None else None,
    )


def as_facts(minute: Minute) -> dict[str, Any]:
    """The minute as evidence keeps it: plain values, times in UTC, amounts in 角, distances in metres."""
    trip, money, usual = minute.trip, minute.money, minute.usual
    return {
        "at": minute.at.isoformat(),
        "since": minute.since.isoformat(),
        "until": minute.until.isoformat(),
        "in_scope": minute.in_scope,
        "trip": _trip_facts(trip) if trip else None,
        "shift": minute.shift.pk if minute.shift else None,
        "track": {"datum": "WGS-84", "points": minute.way.points, "metres": minute.way.distance_m},
        "usual": {"metres": usual.metres, "trips": usual.trips} if usual else None,
        "longer_percent": minute.longer_percent,
        "paid_jiao": money.paid,
        "metered_jiao": money.metered,
        "over_jiao": money.over,
        "tariff": {"name": money.tariff.name, "verified": money.tariff.source_verified} if money.tariff else None,
        "usual_jiao": money.usual,
        "counted_over_jiao": money.counted_over,
        "pictures": [{"id": file.pk, "sha256": file.sha256} for file in minute.pictures],
        "alarms": [alarm.pk for alarm in minute.alarms],
        "findings": [finding.pk for finding in minute.findings],
    }


def _trip_facts(trip: Trip) -> dict[str, Any]:
    return {
        "id": trip.pk,
        "boarded_at": trip.boarded_at.isoformat(),
        "alighted_at": trip.alighted_at.isoformat(),
        "metered_dkm": trip.distance_dkm,
        "waited_s": trip.waited_s,
        "fare_jiao": trip.fare_jiao,
    }


def _rides(trips: QuerySet[Trip], vehicle_id: int, at: datetime) -> list[Trip]:
    return list(
        trips.filter(vehicle_id=vehicle_id, boarded_at__lte=at + NEAR, boarded_at__gte=at - 12 * NEAR)
        .exclude(alighted_at__lt=at - NEAR)
        .order_by("boarded_at")
    )
