"""Reads of trips and shifts (营运查询): each takes the user first, and cuts to the user's scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import without_boundaries
from datacenter.tracks.selectors import day_span
from taxi.errors import TripNotFound
from taxi.models import Shift, Tariff, Trip

_MOST_TARIFFS = 20


def trips_visible_to(user: Any) -> QuerySet[Trip]:
    """Trips (营运记录) inside the user's scope, the newest first, without their raw bytes."""
    rows = scope_of(user).limit(Trip.objects.all()).select_related("vehicle", "company", "county", "practitioner")
    return without_boundaries(rows).defer("county__boundary", "county__disputed", "body", "card_data").order_by(
        "-boarded_at", "-pk"
    )  # fmt: skip


def get_trip_for(user: Any, pk: int) -> Trip:
    """The trip if the user may see it; raises ``TripNotFound``."""
    trip = trips_visible_to(user).filter(pk=pk).first() if pk < 2**63 else None
    if trip is None:
        raise TripNotFound(trip=pk)
    return trip


def shifts_visible_to(user: Any) -> QuerySet[Shift]:
    """Shifts (班次) inside the user's scope, the newest first."""
    rows = scope_of(user).limit(Shift.objects.all()).select_related("vehicle", "company", "county", "practitioner")
    return without_boundaries(rows).order_by("-begins_at", "-pk")


def on_duty(user: Any, at: datetime | None = None) -> QuerySet[Shift]:
    """Shifts that have begun and not ended (在岗), the newest first; an unknown driver's too."""
    return shifts_visible_to(user).filter(ended_at=None, signed_in_at__lte=at or timezone.now())


def shift_now(user: Any, vehicle: Vehicle) -> Shift | None:
    """The shift that the vehicle is on."""
    return on_duty(user).filter(vehicle=vehicle).first()


def day_of(user: Any, vehicle: Vehicle, day: date | None = None) -> dict[str, int]:
    """A vehicle's trips of a day of Asia/Shanghai: ``trips``, ``fare_jiao``, ``distance_dkm``."""
    span = day_span(day or timezone.localdate())
    rows = scope_of(user).limit(Trip.objects.filter(vehicle=vehicle, boarded_at__gte=span.start))
    return totals(rows.filter(boarded_at__lt=span.end))


def totals(rows: QuerySet[Trip]) -> dict[str, int]:
    """What many trips come to: ``trips``, ``fare_jiao``, ``distance_dkm``, ``empty_dkm``, ``waited_s``."""
    summed = rows.order_by().aggregate(
        trips=Count("pk"),
        **{name: Sum(name, default=0) for name in ("fare_jiao", "distance_dkm", "empty_dkm", "waited_s")},
    )
    return {name: int(value) for name, value in summed.items()}


def tariffs() -> list[Tariff]:
    """The tariffs (运价), the newest first."""
    return list(Tariff.objects.order_by("-valid_from")[:_MOST_TARIFFS])


def suspicious(rows: QuerySet[Trip]) -> QuerySet[Trip]:
    """Trips whose fare does not fit what the taximeter counted (车费与里程不符).

    A fare for no distance and no waiting, or a kilometre for nothing, fits no tariff. Beyond that only a tariff can
    judge: each trip is held against the one in force when it began; without any, nothing else is suspected.
    """
    impossible = Q(fare_jiao__gt=0, distance_dkm=0, waited_s=0) | Q(fare_jiao=0, distance_dkm__gte=10)
    wrong = Q(impossible)
    until: datetime | None = None
    for tariff in tariffs():
        span = day_span(tariff.valid_from)
        within = Q(boarded_at__gte=span.start) & (Q(boarded_at__lt=until) if until else Q())
        low, high = _bounds(tariff)
        wrong |= within & (Q(fare_jiao__lt=low) | Q(fare_jiao__gt=high))
        until = span.start
    return rows.filter(fare_jiao__isnull=False).filter(wrong)


def _bounds(tariff: Tariff) -> tuple[Any, Any]:
    """The least and the greatest fare that fits, as expressions over a trip's columns, in tenths of a 角 kept whole."""
    beyond = Greatest(F("distance_dkm") - Value(tariff.start_dkm), Value(0), output_field=IntegerField())
    ride = Value(tariff.start_jiao) + beyond * Value(tariff.per_km_jiao) / Value(10)
    extra = F("surcharge_jiao") + F("waited_s") * Value(tariff.waiting_per_min_jiao) / Value(60)
    low = ride * Value(max(0, 100 - tariff.tolerance_percent)) / Value(100)
    high = (ride + extra) * Value(100 + tariff.tolerance_percent) / Value(100) + Value(1)
    return low, high


def doubt_about(trip: Trip, known: list[Tariff]) -> str:
    """Why a trip's fare does not fit its distance, in a sentence; empty where it does or nothing can judge it.

    ``known`` are the tariffs, the newest first.
    """
    if not trip.meter_read:
        return ""
    fare, distance = trip.fare_jiao or 0, trip.distance_dkm or 0
    if fare and not distance and not trip.waited_s:
        return "计程为零、没有等待，却有车费"
    if not fare and distance >= 10:
        return "有计程里程，车费为零"
    day = timezone.localdate(trip.boarded_at)
    tariff = next((tariff for tariff in known if tariff.valid_from <= day), None)
    if tariff is None:
        return ""
    low, high = fare_bounds(tariff, trip)
    if low <= fare <= high:
        return ""
    return f"车费 {fare / 10:.1f} 元不在“{tariff.name}”推算的 {low / 10:.1f}–{high / 10:.1f} 元之内"


def tariff_on(day: date) -> Tariff | None:
    """The tariff in force on ``day`` (Asia/Shanghai); None where none is entered."""
    return Tariff.objects.filter(valid_from__lte=day).order_by("-valid_from").first()


def fare_of(tariff: Tariff, distance_dkm: int, *, waited_s: int, surcharge_jiao: int) -> int:
    """What a ride so long costs by ``tariff``, with its waiting and surcharge, in 角."""
    ride = tariff.start_jiao + max(distance_dkm - tariff.start_dkm, 0) * tariff.per_km_jiao // 10
    return ride + surcharge_jiao + waited_s * tariff.waiting_per_min_jiao // 60


def fare_bounds(tariff: Tariff, trip: Trip) -> tuple[int, int]:
    """The least and the greatest fare that fits the trip, in 角; the same figures as ``suspicious`` asks for in SQL."""
    distance_dkm = trip.distance_dkm or 0
    ride = fare_of(tariff, distance_dkm, waited_s=0, surcharge_jiao=0)
    whole = fare_of(tariff, distance_dkm, waited_s=trip.waited_s or 0, surcharge_jiao=trip.surcharge_jiao or 0)
    low = ride * max(0, 100 - tariff.tolerance_percent) // 100
    return low, whole * (100 + tariff.tolerance_percent) // 100 + 1


def carried_since(user: Any, shifts: Sequence[Shift]) -> dict[int, dict[str, Any]]:
    """What each of these running shifts has carried, by its id: ``trips``, ``fare_jiao``, ``last_at``; one query."""
    empty = {"trips": 0, "fare_jiao": 0, "last_at": None}
    if not shifts:
        return {}
    started = Case(*(When(vehicle_id=shift.vehicle_id, then=Value(shift.begins_at)) for shift in shifts))
    rows = scope_of(user).limit(Trip.objects.filter(vehicle_id__in={shift.vehicle_id for shift in shifts}))
    rows = rows.filter(boarded_at__gte=min(shift.begins_at for shift in shifts)).filter(boarded_at__gte=started)
    found = {
        row["vehicle_id"]: row
        for row in rows.order_by()
        .values("vehicle_id")
        .annotate(trips=Count("pk"), total=Sum("fare_jiao", default=0), last_at=Max("boarded_at"))
    }
    return {
        shift.pk: {"trips": row["trips"], "fare_jiao": row["total"], "last_at": row["last_at"]}
        if (row := found.get(shift.vehicle_id))
        else dict(empty)
        for shift in shifts
    }


def duty_totals(rows: QuerySet[Shift]) -> dict[str, int]:
    """How many are on duty, and how many of them the registry doesn't know."""
    return rows.order_by().aggregate(
        drivers=Count("pk"), unregistered=Count("pk", filter=Q(practitioner=None) & ~Q(certificate_no=""))
    )
