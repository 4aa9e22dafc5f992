"""A ride of Dawa's vehicle, a thing lost in it and one handed back, for the walk."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from django.utils import timezone
from PIL import Image, ImageDraw

from complaints.lost import workflow
from complaints.lost.models import LostItem
from datacenter.accounts.models import User
from datacenter.registry.models import Vehicle
from datacenter.tracks.grid import cell_at
from taxi.models import Trip
from taxi.rides.models import Ride, RideProgress


@dataclass(frozen=True)
class Lost:
    """``item`` waits, ``returned`` went back to its owner; ``secrets`` are the words by which anybody would know it."""

    ride: Ride
    item: LostItem
    returned: LostItem
    secrets: frozenset[str]


def signature() -> bytes:
    """A name drawn with a thick pen, as PNG."""
    picture = Image.new("RGBA", (400, 150), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(20, 120), (120, 30), (220, 120), (380, 40)], fill="black", width=5)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def lose_things(vehicle: Vehicle, trip: Trip, place_e6: tuple[int, int], city_officer: User) -> Lost:
    """Of a ride that ``trip`` recorded, from ``place_e6`` to a place nearby."""
    lat, lon = place_e6
    cell = int(cell_at(np.array([lat]), np.array([lon]))[0])
    ride = Ride.objects.create(
        vehicle=vehicle, county_id=vehicle.county_id, company_id=vehicle.company_id, trip=trip,
        boarded_at=trip.boarded_at, alighted_at=trip.alighted_at, board_cell=cell, alight_cell=cell,
        board_latitude_e6=lat, board_longitude_e6=lon, alight_latitude_e6=lat, alight_longitude_e6=lon,
        distance_m=4774, fare_jiao=trip.fare_jiao, board_gap_s=10, alight_gap_s=10,
    )  # fmt: skip
    RideProgress.objects.create(vehicle=vehicle, read_until=trip.alighted_at)
    facts: dict[str, Any] = {
        "side": "lost", "kind": "phone", "colour": "black", "description": "D4W4黑色手机", "vehicle": vehicle,
        "happened_at": timezone.now() - timedelta(hours=1), "person_name": "D4W4失主", "person_phone": "13847744774",
    }  # fmt: skip
    item = workflow.register_item(facts, by=city_officer)
    returned = workflow.register_item(facts | {"description": "D4W4红色雨伞", "kind": "other"}, by=city_officer)
    done = workflow.hand_over(
        returned, by=city_officer, name="D4W4领取人", identity="211103199003070019", signature=signature()
    )
    returned.refresh_from_db()
    words = {"D4W4黑色手机", "D4W4红色雨伞", "13847744774", "138****4774", done.signature_sha256}
    return Lost(ride, item, returned, frozenset(words))
