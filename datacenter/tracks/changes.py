"""Tells open drawers that something about their vehicle changed besides its position (车辆变动), after the commit.

The message names the section of the drawer to draw afresh, and nothing of what it says: the drawer asks for it as
the officer who looks.
"""

from django.db import transaction

from datacenter.broadcast import tell

DRIVER = "driver"
"""The drawer's line that says who drives."""


def vehicle_group(vehicle_id: int) -> str:
    """The channel group of the maps whose drawer shows this vehicle."""
    return f"tracks.vehicle.{vehicle_id}"


def on_commit(vehicle_id: int, section: str) -> None:
    """Have every open drawer of the vehicle draw its ``section`` afresh, once this transaction is committed."""
    message = {"type": "vehicle.changed", "vehicle": vehicle_id, "section": section}
    transaction.on_commit(lambda: tell([vehicle_group(vehicle_id)], message))
