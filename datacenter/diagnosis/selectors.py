"""Reads of the raw log (原始报文记录)."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from datacenter.accounts.scope import scope_of
from datacenter.diagnosis.errors import RawFrameNotFound, VehicleNotNamed
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import vehicles_visible_to

_OWNERS = {"county": "vehicle__county_id", "company": "vehicle__company_id"}


def raw_frames_visible_to(user: Any, vehicle: Vehicle) -> QuerySet[RawFrame]:
    """Recorded frames of one vehicle, the newest first."""
    rows = scope_of(user).limit(RawFrame.objects.all(), **_OWNERS)
    return rows.filter(vehicle=vehicle).order_by("-id")


def get_raw_frame_for(user: Any, vehicle: Vehicle, pk: int) -> RawFrame:
    """One recorded frame of a vehicle. Raises ``RawFrameNotFound``."""
    frame = raw_frames_visible_to(user, vehicle).filter(pk=pk).first()
    if frame is None:
        raise RawFrameNotFound(pk=pk)
    return frame


def recordings_visible_to(user: Any) -> QuerySet[RawLogSwitch]:
    """Vehicles that are recorded now, the one that ends first in front."""
    rows = scope_of(user).limit(RawLogSwitch.objects.all(), **_OWNERS)
    return rows.filter(until__gt=timezone.now()).select_related("vehicle", "by").order_by("until", "pk")


def recording_of(user: Any, vehicle: Vehicle) -> RawLogSwitch | None:
    """The recording of a vehicle that runs now."""
    return recordings_visible_to(user).filter(vehicle=vehicle).first()


def vehicle_named(user: Any, plate: str) -> Vehicle:
    """The vehicle with this plate, on the road first. Raises ``VehicleNotNamed``."""
    wanted = plate.strip().upper()
    rows = vehicles_visible_to(user).filter(plate=wanted) if wanted else Vehicle.objects.none()
    vehicle = min(rows, key=lambda one: (one.state == Vehicle.State.RETIRED, one.pk), default=None)
    if vehicle is None:
        raise VehicleNotNamed(wanted[:16])
    return vehicle
