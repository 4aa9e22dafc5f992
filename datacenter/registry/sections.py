"""What other packages put on a vehicle's drawer and page (车辆抽屉、车辆页的板块): they know it, it does not know them.

Packages above register here when the project starts: a taxi shows its shift, commands their form, media their photos.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from datacenter.registry.models import Vehicle

Place = Literal["drawer", "page"]
PLACES: tuple[Place, ...] = ("drawer", "page")


@dataclass(frozen=True, slots=True)
class VehicleSection:
    """One section (板块): a template and what it shows; None from ``context`` leaves the section out.

    The template is included with ``vehicle``, ``section`` (what ``context`` gave), ``place`` ("drawer" or "page") and
    all that the page around it has (``rights``, ``request``, ``csrf_token``); frame and title are drawn by the page.
    A user without ``right`` doesn't see it. Sections of an ``order`` stand by name; ``name`` is one word of letters,
    it ends up in addresses and ids.
    """

    name: str
    title: object  # may be lazy
    order: int
    template: str
    context: Callable[[Any, Vehicle], dict[str, Any] | None]
    right: str = ""
    places: tuple[Place, ...] = PLACES


_sections: dict[str, VehicleSection] = {}


def register_vehicle_section(section: VehicleSection) -> None:
    """Show ``section`` of every vehicle that it has something to say about; the same name again replaces it."""
    _sections[section.name] = section


def sections_of(user: Any, vehicle: Vehicle, place: Place, only: str = "") -> list[dict[str, Any]]:
    """The sections of this vehicle for this user in their order, or the one named ``only``."""
    offered = sorted(_sections.values(), key=lambda section: (section.order, section.name))
    shown = []
    for section in offered:
        if place not in section.places or (only and section.name != only):
            continue
        if section.right and not user.may(section.right):
            continue
        context = section.context(user, vehicle)
        if context is not None:
            shown.append(
                {"name": section.name, "title": section.title, "template": section.template, "section": context}
            )
    return shown
