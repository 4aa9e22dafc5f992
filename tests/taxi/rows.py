"""Trips and shifts as rows, for pages: through the keepers, as terminals would have made them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from datacenter.facts.workflow import keep
from datacenter.protocols.wire import GMT8
from datacenter.registry.models import Vehicle
from taxi.models import Shift, Trip
from tests.taxi.messages import fact, meter, sign_in, sign_out, trip


def now() -> datetime:
    """This minute, on the terminals' clock."""
    return timezone.now().astimezone(GMT8).replace(second=0, microsecond=0)


def make_trip(
    vehicle: Vehicle,
    certificate: str = "",
    *,
    ago: timedelta = timedelta(hours=1),
    meter_facts: Any = None,
    **facts: Any,
) -> Trip:
    """A trip of a quarter of an hour, ``ago`` from now."""
    at = now() - ago
    counted = meter(certificate, at, **(meter_facts or {}))
    keep(fact(vehicle.pk, trip(certificate, at, meter=counted, **facts)))
    return Trip.objects.order_by("-pk")[0]


def make_shift(
    vehicle: Vehicle, certificate: str, *, ago: timedelta = timedelta(hours=3), lasting: timedelta | None = None
) -> Shift:
    """A shift that began ``ago`` from now, and still runs unless it says how long it lasted."""
    at = now() - ago
    keep(fact(vehicle.pk, sign_in(certificate, at)))
    if lasting is not None:
        keep(fact(vehicle.pk, sign_out(certificate, at + lasting, since=at)))
    return Shift.objects.order_by("-pk")[0]


def cheap(yuan: str, km: str, waited_min: int = 0, surcharge: str = "0.0") -> dict[str, Any]:
    """What a taximeter counted, in yuan and kilometres."""
    return {
        "fare_yuan": Decimal(yuan),
        "trip_km": Decimal(km),
        "waited": timedelta(minutes=waited_min),
        "surcharge_yuan": Decimal(surcharge),
    }
