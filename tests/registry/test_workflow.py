"""The registry's verbs."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from datacenter.accounts.models import AuditRecord
from datacenter.registry import directory, workflow
from datacenter.registry.directory import TerminalDirectory
from datacenter.registry.errors import BindingRefused, EntryRefused, TerminalRefused
from datacenter.registry.models import DriverBinding, Practitioner, Terminal, UnknownTerminal, Vehicle
from tests.factories import make_company, make_practitioner, make_terminal, make_vehicle

pytestmark = pytest.mark.django_db


@pytest.fixture
def announced(monkeypatch):
    calls = []
    monkeypatch.setattr(directory, "_publish", lambda: calls.append(1))
    return calls


def test_registering_a_vehicle_takes_the_company_s_county_and_is_written_down(city_officer, hazmat_company):
    vehicle = workflow.register_vehicle(
        plate="辽L12345", plate_colour=2, kind="hazmat", company=hazmat_company, by=city_officer
    )
    assert vehicle.county_id == hazmat_company.county_id
    assert AuditRecord.objects.get().action == "vehicle.register"


def test_a_plate_is_registered_once_with_its_colour(city_officer, hazmat_company):
    facts = {"kind": "hazmat", "company": hazmat_company, "by": city_officer}
    first = workflow.register_vehicle(plate="辽L12345", plate_colour=2, **facts)
    workflow.register_vehicle(plate="辽L12345", plate_colour=1, **facts)
    with pytest.raises(EntryRefused) as refusal:
        workflow.register_vehicle(plate="辽L12345", plate_colour=2, **facts)
    assert refusal.value.fields
    Vehicle.objects.filter(pk=first.pk).update(state=Vehicle.State.RETIRED)
    workflow.register_vehicle(plate="辽L12345", plate_colour=2, **facts)


def test_a_wrong_plate_is_refused_at_its_field(city_officer, hazmat_company):
    with pytest.raises(EntryRefused) as refusal:
        workflow.register_vehicle(
            plate="辽LI2345", plate_colour=2, kind="hazmat", company=hazmat_company, by=city_officer
        )
    assert list(refusal.value.fields) == ["plate"]


def test_a_driver_drives_one_vehicle_and_a_vehicle_may_have_two_drivers(city_officer, hazmat_company):
    first, second = make_vehicle(company=hazmat_company), make_vehicle(company=hazmat_company)
    driver, other = make_practitioner(company=hazmat_company), make_practitioner(company=hazmat_company)
    yesterday, today = timezone.now() - timedelta(days=1), timezone.now()
    old = workflow.bind_driver(first, driver=driver, by=city_officer, since=yesterday)
    workflow.bind_driver(first, driver=other, by=city_officer)
    workflow.bind_driver(second, driver=driver, by=city_officer, since=today)
    old.refresh_from_db()
    assert old.until == today
    assert first.bindings.filter(until=None).count() == 1
    assert workflow.bind_driver(second, driver=driver, by=city_officer).since == today
    with pytest.raises(BindingRefused):
        workflow.bind_driver(first, driver=driver, by=city_officer, since=yesterday)


def test_an_escort_and_a_stranger_are_not_bound(city_officer, hazmat_company):
    vehicle = make_vehicle(company=hazmat_company)
    escort = make_practitioner(company=hazmat_company)
    Practitioner.objects.filter(pk=escort.pk).update(kind="escort")
    for person in (escort, make_practitioner(company=make_company())):
        with pytest.raises(BindingRefused):
            workflow.bind_driver(vehicle, driver=person, by=city_officer)
    assert not DriverBinding.objects.exists()


def test_replacing_keeps_the_number_and_tells_the_gateways(city_officer, announced, django_capture_on_commit_callbacks):
    old = make_terminal(make_vehicle(), phone="13900000001")
    with django_capture_on_commit_callbacks(execute=True):
        new = workflow.replace_terminal(old, phone="013900000001", edition="2019", by=city_officer, maker="新")
    old.refresh_from_db()
    assert (old.state, old.replaced_by) == (Terminal.State.REPLACED, new)
    assert new.phone == "13900000001"
    assert announced
    with pytest.raises(TerminalRefused):
        workflow.replace_terminal(old, phone="1", edition="2019", by=city_officer)


def test_a_phone_in_use_is_refused_and_the_old_terminal_stays(city_officer):
    make_terminal(make_vehicle(), phone="13900000002")
    old = make_terminal(make_vehicle(), phone="13900000001")
    with pytest.raises(EntryRefused):
        workflow.replace_terminal(old, phone="13900000002", edition="2019", by=city_officer)
    old.refresh_from_db()
    assert old.state == Terminal.State.IN_USE


def test_adopting_makes_a_terminal_once(city_officer):
    vehicle = make_vehicle()
    unknown = UnknownTerminal.objects.create(
        phone="13900000009", edition="2019", maker="甲", last_seen_at=timezone.now()
    )
    terminal = workflow.adopt_terminal(unknown, vehicle=vehicle, by=city_officer)
    assert (terminal.vehicle, terminal.maker, terminal.edition) == (vehicle, "甲", "2019")
    unknown.refresh_from_db()
    assert unknown.adopted_at is not None
    with pytest.raises(TerminalRefused):
        workflow.adopt_terminal(unknown, vehicle=vehicle, by=city_officer)


def test_adopting_in_the_place_of_another_vehicle_s_terminal_is_refused(city_officer):
    unknown = UnknownTerminal.objects.create(phone="13900000009", edition="2019", last_seen_at=timezone.now())
    with pytest.raises(TerminalRefused):
        workflow.adopt_terminal(
            unknown, vehicle=make_vehicle(), by=city_officer, replacing=make_terminal(make_vehicle())
        )


def test_directory_knows_terminals_in_use_by_number_with_or_without_zeros(city_officer, django_assert_num_queries):
    vehicle = make_vehicle()
    terminal = make_terminal(vehicle, phone="12100000001")
    make_terminal(make_vehicle(), phone="5", state=Terminal.State.RETIRED)
    struck_off = make_vehicle(state=Vehicle.State.RETIRED)
    make_terminal(struck_off, phone="6")
    with django_assert_num_queries(1):
        found = TerminalDirectory.load()
    assert len(found) == 1
    entry = found.get("00000000012100000001")
    assert (entry.terminal_pk, entry.vehicle_id, entry.company_id) == (terminal.pk, vehicle.pk, vehicle.company_id)
    assert (entry.county_id, entry.kind, entry.plate) == (vehicle.county_id, "hazmat", vehicle.plate)
    workflow.retire_terminal(terminal, by=city_officer)
    assert found.get("12100000001") is not None
    found.refresh()
    assert found.get("12100000001") is None


@pytest.mark.django_db(transaction=True)
async def test_directory_follows_what_is_announced():
    vehicle = await sync_to_async(make_vehicle)()
    found = await sync_to_async(TerminalDirectory.load)()
    following = asyncio.create_task(found.follow())
    try:
        await asyncio.sleep(0.3)  # the first look, on subscribing
        await sync_to_async(make_terminal)(vehicle, phone="12100000001")
        await sync_to_async(directory.announce_change)()  # outside a transaction: at once
        async with asyncio.timeout(5):
            while found.get("12100000001") is None:
                await asyncio.sleep(0.02)
    finally:
        following.cancel()
