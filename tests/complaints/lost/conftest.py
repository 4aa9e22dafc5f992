"""Taxis of Panshan and the rides they made, as the tables have them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from datacenter.registry.models import Company, Vehicle
from datacenter.tracks.grid import cell_at
from taxi.rides.models import Ride
from tests import factories
from tests.factories import PANSHAN

STATION = (41.1200, 122.0700)
HOSPITAL = (41.1500, 122.1000)
M = 1 / 111_195
"""A metre northwards, in degrees."""


@pytest.fixture
def taxi_company(counties: dict[str, Any]) -> Company:
    return factories.make_company("盘山平安出租汽车有限公司", PANSHAN, Company.Kind.TAXI)


@pytest.fixture
def taxi(taxi_company: Company) -> Vehicle:
    return make_taxi("辽LT1234", taxi_company)


@pytest.fixture
def other_taxi(taxi_company: Company) -> Vehicle:
    return make_taxi("辽LT5678", taxi_company)


def make_taxi(plate: str, company: Company, **facts: Any) -> Vehicle:
    facts = {"plate_colour": Vehicle.PlateColour.BLUE, "seats": 5, **facts}
    return factories.make_vehicle(plate, company, kind=Vehicle.Kind.TAXI, county_id=company.county_id, **facts)


def yesterday(hour: int = 12, minute: int = 0) -> datetime:
    """A time of yesterday on the city's clock."""
    day = timezone.localtime() - timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def make_ride(
    taxi: Vehicle,
    at: datetime,
    start: tuple[float, float] = STATION,
    end: tuple[float, float] = HOSPITAL,
    *,
    minutes: float = 12,
    **facts: Any,
) -> Ride:
    """A ride from one place to another that began at ``at``."""
    (a, b), (c, d) = ((round(x * 1e6) for x in place) for place in (start, end))
    cells = [int(cell_at(np.array([lat]), np.array([lon]))[0]) for lat, lon in ((a, b), (c, d))]
    plain: dict[str, Any] = {"distance_m": 5200, "board_gap_s": 10, "alight_gap_s": 10}
    return Ride.objects.create(
        vehicle=taxi, county_id=taxi.county_id, company_id=taxi.company_id, boarded_at=at,
        alighted_at=at + timedelta(minutes=minutes), board_cell=cells[0], alight_cell=cells[1], board_latitude_e6=a,
        board_longitude_e6=b, alight_latitude_e6=c, alight_longitude_e6=d, **(plain | facts),
    )  # fmt: skip
