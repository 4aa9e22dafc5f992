"""A taxi with a sticker, its driver, and rides as the taximeter reported them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from complaints.ratings import workflow
from complaints.ratings.defaults import enter_defaults
from complaints.ratings.models import RatingCode, RideRating
from datacenter.accounts.models import User
from datacenter.registry.models import Practitioner, Vehicle
from taxi.models import Trip
from tests import factories

_numbers = itertools.count(1)


@pytest.fixture
def taxi(city_officer: User) -> Vehicle:
    """A taxi with a sticker."""
    enter_defaults()
    vehicle = factories.make_vehicle("辽LT1234", kind=Vehicle.Kind.TAXI)
    workflow.make_codes([vehicle], by=city_officer)
    return vehicle


@pytest.fixture
def driver(taxi: Vehicle) -> Practitioner:
    return factories.make_practitioner("王师傅", taxi.company)


def ride(taxi: Vehicle, driver: Practitioner | None = None, *, ended_min_ago: int = 10, rating: int = 0) -> Trip:
    """A ride of a quarter of an hour, as the taximeter reported it."""
    ended = timezone.now() - timedelta(minutes=ended_min_ago)
    number = next(_numbers)
    return Trip.objects.create(
        vehicle=taxi, county_id=taxi.county_id, company_id=taxi.company_id, practitioner=driver, received_at=ended,
        boarded_at=ended - timedelta(minutes=15), alighted_at=ended, trip_id=number, evaluation_id=number,
        rating=rating, rating_ext=0, call_order_id=0, body=str(number).encode(),
    )  # fmt: skip


def code_of(taxi: Vehicle) -> str:
    return RatingCode.objects.get(vehicle=taxi, revoked_at=None).code


def rate(taxi: Vehicle, grade: int = 1, *, device: str = "phone", address: str = "10.0.0.1", **more: Any) -> RideRating:
    said = {"reasons": ["detour"] if grade > 2 else [], "words": "", **more}
    return workflow.rate(code_of(taxi), grade=grade, device=device, address=address, **said)
