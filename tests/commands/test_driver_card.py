"""A driver's card binds its holder to the vehicle, in whatever order the reports come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.utils import timezone

from datacenter.facts.catalogue import Fact
from datacenter.facts.models import TerminalReport
from datacenter.facts.workflow import keep
from datacenter.protocols.jt808.messages import DriverIdentity
from datacenter.registry.models import Certificate, Company, DriverBinding, Practitioner, Vehicle
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)
IN, OUT = 1, 2
_serials = count(1)


@pytest.fixture
def driver(hazmat_company: Company) -> Practitioner:
    person = factories.make_practitioner("李四", hazmat_company)
    today = timezone.localdate()
    Certificate.objects.create(
        practitioner=person, category="危货", number="2111040001", valid_from=today, valid_until=today
    )
    return person


def card(vehicle: Vehicle, state: int, minutes_ago: int, number: str = "2111040001", result: int = 0) -> None:
    at = NOW - timedelta(minutes=minutes_ago)
    message = (
        DriverIdentity(state, at, result, "李四", None, number, "盘锦", None)
        if state == IN
        else DriverIdentity(OUT, at)
    )
    body = message.encode("2013")
    keep(
        Fact("jt808", "2013", 0x0702, next(_serials), "139", vehicle.pk, NOW, body, DriverIdentity.decode(body, "2013"))
    )


def bindings(vehicle: Vehicle) -> list[tuple[str, int, int | None]]:
    rows = DriverBinding.objects.filter(vehicle=vehicle).order_by("since")
    ago = lambda at: None if at is None else int((NOW - at).total_seconds() // 60)  # noqa: E731
    return [(row.practitioner.name, ago(row.since), ago(row.until)) for row in rows]


def test_a_card_in_and_out_is_a_binding_from_and_until(truck: Vehicle, driver: Practitioner) -> None:
    card(truck, IN, 60)
    assert bindings(truck) == [("李四", 60, None)]
    card(truck, OUT, 10)
    assert bindings(truck) == [("李四", 60, 10)]
    assert DriverBinding.objects.get().source == DriverBinding.Source.CARD
    assert TerminalReport.objects.count() == 2


def test_the_same_card_report_again_changes_nothing(truck: Vehicle, driver: Practitioner) -> None:
    card(truck, IN, 60)
    card(truck, IN, 60)
    assert bindings(truck) == [("李四", 60, None)]


def test_the_next_card_ends_the_one_before_and_late_reports_fall_into_place(
    truck: Vehicle, driver: Practitioner, hazmat_company: Company
) -> None:
    other = factories.make_vehicle("辽L00009", hazmat_company)
    card(other, IN, 20)  # the driver has changed vehicles
    card(truck, IN, 60)  # and this is heard afterwards
    assert bindings(truck) == [("李四", 60, 20)]
    assert bindings(other) == [("李四", 20, None)]


@pytest.mark.parametrize(("number", "result"), [("2111040001", 2), ("9999", 0), ("", 0)])
def test_a_card_that_cannot_be_read_or_is_nobodys_binds_nobody(
    truck: Vehicle, driver: Practitioner, number: str, result: int
) -> None:
    card(truck, IN, 60, number, result)
    assert bindings(truck) == []
    assert TerminalReport.objects.count() == 1
