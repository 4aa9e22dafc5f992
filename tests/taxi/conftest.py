"""A taxi of Panshan with two drivers, and a stranger's county."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datacenter.registry.models import Certificate, Company, Practitioner, Vehicle
from tests import factories
from tests.factories import PANSHAN


@pytest.fixture
def taxi_company(counties: dict[str, Any]) -> Company:
    return factories.make_company("盘山平安出租汽车有限公司", PANSHAN, Company.Kind.TAXI)


@pytest.fixture
def taxi(taxi_company: Company) -> Vehicle:
    return make_taxi("辽LT1234", taxi_company)


@pytest.fixture
def other_taxi(taxi_company: Company) -> Vehicle:
    return make_taxi("辽LT5678", taxi_company)


def make_taxi(plate: str, company: Company) -> Vehicle:
    return factories.make_vehicle(plate, company, kind=Vehicle.Kind.TAXI, county_id=company.county_id)


def make_driver(name: str, company: Company, number: str = "") -> Practitioner:
    """A driver with a taxi certificate; its number is the identity number unless told."""
    person = factories.make_practitioner(name, company)
    today = timezone.localdate()
    Certificate.objects.create(
        practitioner=person,
        category="巡游出租汽车驾驶员",
        number=number or person.identity_no,
        valid_from=today - timedelta(days=300),
        valid_until=today + timedelta(days=300),
    )
    return person


@pytest.fixture
def zhao(taxi_company: Company) -> Practitioner:
    return make_driver("赵平安", taxi_company)


@pytest.fixture
def qian(taxi_company: Company) -> Practitioner:
    return make_driver("钱来顺", taxi_company, "LN2111000123")
