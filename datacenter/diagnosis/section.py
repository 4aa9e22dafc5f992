"""The raw log's place on a vehicle's page (车辆页上的原始报文)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from datacenter.diagnosis import selectors
from datacenter.registry.models import Vehicle
from datacenter.registry.sections import VehicleSection, register_vehicle_section


def raw_log_of(user: Any, vehicle: Vehicle) -> dict[str, Any] | None:
    """Whether the vehicle is recorded, and where to read it."""
    return {"recording": selectors.recording_of(user, vehicle)}


def register() -> None:
    """From ``ready()``."""
    register_vehicle_section(
        VehicleSection(
            "rawlog", _("原始报文"), 90, "diagnosis/_section.html", raw_log_of, right="raw_log.use", places=("page",)
        )
    )
