"""A taxi's shift on the drawer and page of its vehicle (车辆抽屉、车辆页的营运板块), and the taxis' navigation."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datacenter.accounts.context import Entry, enter_section
from datacenter.registry.models import Vehicle
from datacenter.registry.sections import VehicleSection, register_vehicle_section
from taxi import selectors
from taxi.shown import lasted, shift_shown
from taxi.workflow import SECTION


def duty_of(user: Any, vehicle: Vehicle) -> dict[str, Any] | None:
    """Who drives the taxi since when, and what it carried today; None for a vehicle that is none."""
    if vehicle.kind != Vehicle.Kind.TAXI:
        return None
    shift = selectors.shift_now(user, vehicle)
    last = None if shift else selectors.shifts_visible_to(user).filter(vehicle=vehicle).first()
    return {
        "shift": shift_shown(shift) if shift else None,
        "lasted": lasted(timezone.now() - shift.begins_at) if shift else "",
        "last": shift_shown(last) if last else None,
        "today": selectors.day_of(user, vehicle),
        "day": timezone.localdate(),
    }


register_vehicle_section(
    VehicleSection(SECTION, _("营运"), 10, "taxi/_vehicle_section.html", duty_of, right="trip.view")
)
enter_section(
    _("出租汽车"),
    Entry("trip-list", _("营运记录"), "receipt", ("trip.view",), "y"),
    Entry("on-duty", _("在岗驾驶员"), "steering-wheel", ("trip.view",), "d"),
    Entry("shift-list", _("班次"), "calendar-time", ("trip.view",)),
)
