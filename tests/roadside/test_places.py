"""Places by terminals: the suspect's newest, and a patrol's whose vehicle has one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.registry.models import Vehicle
from datacenter.roadside import selectors
from datacenter.tracks import store
from tests import factories
from tests.cases.opening import open_case
from tests.roadside.patrols import make_enforcer, make_patrol


def stand(vehicle: Vehicle, place: tuple[float, float], age_s: int) -> None:
    """The vehicle reported this place so long ago."""
    lat, lon = (round(value * 1e6) for value in place)
    start = int(datetime.now(UTC).timestamp()) - age_s
    positions = factories.make_positions(
        vehicle.pk, [{"at": 0, "latitude_e6": lat, "longitude_e6": lon, "speed_kmh": 30}], start
    )
    store.make_partitions([store.day_of(start)])
    with transaction.atomic(), transaction.get_connection().cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


def test_the_suspects_newest_report_goes_before_where_the_case_happened(tracks: None, city_officer: User) -> None:
    truck = factories.make_vehicle()
    case = open_case(truck, latitude_e6=41_000_000, longitude_e6=122_000_000)
    stand(truck, factories.PANSHAN_SEAT, 90)
    place = selectors.suspects_place(case)
    assert place is not None
    assert (place.live, place.speed_kmh) == (True, 30)
    assert place.latitude_deg == pytest.approx(factories.PANSHAN_SEAT[0])
    assert 85 <= place.age_s(timezone.now()) <= 100


def test_a_patrols_place_is_the_newer_of_phone_and_terminal(tracks: None, city_officer: User) -> None:
    car = factories.make_vehicle("辽L00001", kind=Vehicle.Kind.TAXI)
    patrol: Any = make_patrol(make_enforcer(), factories.DAWA_SEAT, vehicle=car)
    stand(car, factories.PANSHAN_SEAT, 300)
    assert selectors.patrols_places([patrol])[patrol.pk].latitude_deg == pytest.approx(factories.DAWA_SEAT[0])
    stand(car, factories.PANSHAN_SEAT, -5)
    assert selectors.patrols_places([patrol])[patrol.pk].latitude_deg == pytest.approx(factories.PANSHAN_SEAT[0])
    patrol.on_duty = False
    assert selectors.patrols_places([patrol]) == {}
