"""Files and alarms on a vehicle's drawer and page (车辆的多媒体板块)."""

from __future__ import annotations

from typing import Any

from datacenter.media.models import SECTION
from datacenter.media.selectors import alarms_of, media_of
from datacenter.registry.models import Vehicle
from datacenter.registry.sections import VehicleSection, register_vehicle_section


def section_context(user: Any, vehicle: Vehicle) -> dict[str, Any] | None:
    """The newest of both; nothing where there is neither."""
    files, alarms = media_of(user, vehicle.pk), alarms_of(user, vehicle.pk)
    return {"files": files, "alarms": alarms} if files or alarms else None


def register() -> None:
    """Put the section where vehicles are shown."""
    register_vehicle_section(
        VehicleSection(SECTION, "影像与主动安全", 40, "media/_section.html", section_context, right="media.view")
    )
