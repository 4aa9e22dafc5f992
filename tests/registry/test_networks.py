"""Where terminals of JT/T 905 may come from: networks of a terminal and of its company."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from datacenter.accounts.models import AuditRecord
from datacenter.registry import rules
from datacenter.registry.directory import TerminalDirectory
from datacenter.registry.errors import EntryRefused
from datacenter.registry.models import Terminal, UnknownTerminal, Vehicle
from datacenter.registry.workflow import adopt_terminal, allow_networks, replace_terminal
from tests import factories

ISU = "104502000731"


@pytest.mark.parametrize("text", ["", "10.20.0.0/16", "10.20.0.0/16 192.0.2.7  2001:db8::/32", "0.0.0.0/0"])
def test_networks_between_blanks_are_well_formed(text: str) -> None:
    rules.networks(text)


@pytest.mark.parametrize("text", ["10.20.0.1/16", "10.20.0.0/16,10.21.0.0/16", "apn", "10.20.0.0/40", "1.2.3"])
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(ValidationError, match="不是网段"):
        rules.networks(text)


@pytest.fixture
def taxi(counties: Any) -> Vehicle:
    vehicle: Vehicle = factories.make_vehicle("辽LT1234", kind=Vehicle.Kind.TAXI)
    vehicle.terminals.all().delete()
    return vehicle


def isu(vehicle: Vehicle, **facts: Any) -> Terminal:
    return Terminal.objects.create(vehicle=vehicle, phone=ISU, edition=Terminal.Edition.JT905_2014, **facts)


@pytest.mark.parametrize(
    ("own", "companys", "holds"),
    [("", "", ""), ("", "10.0.0.0/8", "10.0.0.0/8"), ("192.0.2.7", "10.0.0.0/8", "192.0.2.7")],
)
def test_a_terminals_own_networks_go_before_its_companys(taxi: Vehicle, own: str, companys: str, holds: str) -> None:
    taxi.company.networks = companys
    taxi.company.save()
    isu(taxi, networks=own)
    entry = TerminalDirectory.load().get(ISU)
    assert entry is not None
    assert (entry.networks, entry.edition, entry.kind, entry.vehicle_id) == (holds, "905", "taxi", taxi.pk)


def test_a_terminal_in_anothers_place_may_come_from_where_that_one_could(taxi: Vehicle, city_officer: Any) -> None:
    old = isu(taxi, networks="192.0.2.0/24")
    new = replace_terminal(old, phone="104502000732", edition=Terminal.Edition.JT905_2014, by=city_officer)
    assert new.networks == "192.0.2.0/24"
    other = replace_terminal(new, phone=ISU, edition=Terminal.Edition.JT905_2014, by=city_officer, networks="")
    assert other.networks == ""


def test_an_unknown_isu_is_adopted_as_what_it_is(taxi: Vehicle, city_officer: Any) -> None:
    unknown = UnknownTerminal.objects.create(phone=ISU, edition="905", last_seen_at=timezone.now())
    terminal = adopt_terminal(unknown, vehicle=taxi, by=city_officer)
    assert (terminal.phone, terminal.edition) == (ISU, Terminal.Edition.JT905_2014)
    entry = TerminalDirectory.load().get(ISU)
    assert entry is not None
    assert entry.vehicle_id == taxi.pk


@pytest.mark.parametrize("model", ["terminal", "company"])
def test_networks_are_changed_under_admin_by_the_city_and_by_nobody_else(
    taxi: Vehicle, city_officer: Any, dawa_officer: Any, model: str, django_capture_on_commit_callbacks: Any
) -> None:
    row: Any = isu(taxi) if model == "terminal" else taxi.company
    address = f"/admin/datacenter/{model}/{row.pk}/change/"
    client = Client()
    client.force_login(dawa_officer)
    assert client.post(address, {"networks": "10.0.0.0/8"}).status_code == 302  # to the login page of /admin/
    client.force_login(city_officer)
    assert client.get(f"/admin/datacenter/{model}/").status_code == 200
    refused = client.post(address, {"networks": "10.0.0.1/8"})
    assert refused.context["adminform"].form.errors["networks"]
    row.refresh_from_db()
    assert row.networks == ""
    with django_capture_on_commit_callbacks() as told:
        assert client.post(address, {"networks": "10.0.0.0/8   192.0.2.7"}).status_code == 302
    row.refresh_from_db()
    assert row.networks == "10.0.0.0/8 192.0.2.7"
    assert told, "the gateways were not told"
    record = AuditRecord.objects.get(action="networks.allow")
    assert (record.user, record.detail) == (city_officer, {"before": "", "after": row.networks})
    assert client.get(f"/admin/datacenter/{model}/add/").status_code == 403


def test_the_verb_refuses_what_is_no_network(taxi: Vehicle, city_officer: Any) -> None:
    with pytest.raises(EntryRefused) as refused:
        allow_networks(taxi.company, networks="10.0.0.1/8", by=city_officer)
    assert list(refused.value.fields) == ["networks"]
