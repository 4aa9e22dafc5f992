"""What goes down to a taxi: orders to its devices, and the driver's name for the in-car screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from datacenter.accounts.models import User
from datacenter.commands.models import Command
from datacenter.commands.orders import ORDERS
from datacenter.facts.workflow import keep
from datacenter.protocols.jt905.messages import MESSAGES, DeviceCommand, DeviceControl, DevicePoll, Text
from datacenter.registry.models import Practitioner, Terminal, Vehicle
from tests import factories
from tests.taxi.messages import ISU, MORNING, fact, sign_in

pytestmark = pytest.mark.django_db
UPGRADE = {
    "device_type": "2", "vendor": "7", "hardware_version": "10", "software_version": "0203", "server": "10.0.0.9",
    "port": "7700",
}  # fmt: skip


@pytest.fixture
def cab(taxi: Vehicle) -> Vehicle:
    factories.make_terminal(taxi, ISU, edition=Terminal.Edition.JT905_2014)
    return taxi


@pytest.mark.parametrize(
    ("code", "given", "expected"),
    [
        ("taxi_poll", {"devices": ["2", "5"]}, DevicePoll((2, 5))),
        ("taxi_poll", {}, DevicePoll(())),
        ("taxi_device", {"device": "2", "data_type": "E8", "content": "01 ff"}, DeviceCommand(2, 0xE8, b"\x01\xff")),
        ("taxi_upgrade", UPGRADE, DeviceControl(1, 2, 7, "10", "0203", "", "", "", "10.0.0.9", 7700)),
    ],
)
def test_a_form_makes_the_message_of_the_standard(code: str, given: dict[str, Any], expected: Any) -> None:
    form = ORDERS[code].form(given)
    assert form.is_valid(), form.errors
    (message,) = form.messages("905")
    assert message == expected
    assert MESSAGES.decode(message.message_id, message.encode("905"), "905") == message
    assert form.summary()
    assert form.fits("905")
    assert not form.fits("2019")


@pytest.mark.parametrize(
    ("code", "given", "field"),
    [
        ("taxi_poll", {"devices": ["77"]}, "devices"),
        ("taxi_device", {"device": "2", "data_type": "xyz"}, "data_type"),
        ("taxi_device", {"device": "2", "data_type": "E8", "content": "0"}, "content"),
        ("taxi_upgrade", UPGRADE | {"software_version": "2.3"}, "software_version"),
        ("taxi_upgrade", UPGRADE | {"port": "0"}, "port"),
    ],
)
def test_what_a_form_refuses_is_named(code: str, given: dict[str, Any], field: str) -> None:
    form = ORDERS[code].form(given)
    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_only_taxis_are_offered_the_orders_of_taxis(
    client: Client, city_officer: User, cab: Vehicle, tracks: None
) -> None:
    truck = factories.make_vehicle()
    factories.make_terminal(truck)
    client.force_login(city_officer)
    assert "设备巡检" in client.get(reverse("vehicle-drawer", args=[cab.pk])).content.decode()
    assert "设备巡检" not in client.get(reverse("vehicle-drawer", args=[truck.pk])).content.decode()


def test_a_sign_in_that_just_came_names_the_driver_on_the_screen(cab: Vehicle, zhao: Practitioner) -> None:
    message = sign_in(zhao.identity_no)
    keep(fact(cab.pk, message))
    keep(fact(cab.pk, message))
    order = Command.objects.get()
    text = MESSAGES.decode(order.message_id, bytes(order.body), "905")
    assert isinstance(text, Text)
    assert (int(text.flag), text.text) == (4, "当班驾驶员：赵平安")
    assert "赵平安" not in order.summary
    assert order.expires_at - order.created_at == timedelta(minutes=10)


@pytest.mark.parametrize("late", [False, True])
def test_nobody_unknown_and_nobody_late_is_named(cab: Vehicle, zhao: Practitioner, late: bool) -> None:
    who, came = (zhao.identity_no, timedelta(minutes=11)) if late else ("LN404", timedelta(seconds=3))
    keep(fact(cab.pk, sign_in(who), received_at=MORNING + came))
    assert not Command.objects.exists()


def test_a_terminal_that_takes_no_such_text_costs_the_sign_in_nothing(taxi: Vehicle, zhao: Practitioner) -> None:
    keep(fact(taxi.pk, sign_in(zhao.identity_no)))
    assert taxi.bindings.count() == 1
    assert not Command.objects.exists()
