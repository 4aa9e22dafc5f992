"""The demo city: exactly its counts, plainly made up, and safe to set up again."""

from datetime import date

import pytest
from django.core.management import call_command

from datacenter.accounts.models import Unit, User
from datacenter.geo.models import Area, County, Crossing
from datacenter.media.models import SafetyEventCode, TerminalProfile
from datacenter.media.profiles import rule_of, rules_of, speech_of
from datacenter.protocols.active_safety.codes import ADAS, DSM
from datacenter.registry import rules
from datacenter.registry.demo import papers, people
from datacenter.registry.models import (
    Certificate,
    Company,
    DriverBinding,
    Permit,
    Practitioner,
    Terminal,
    Vehicle,
)
from datacenter.simulator.fleet import COUNT_BY_KIND, FLEET_SIZE, demo_fleet, former_phone, taxi_licence

ON = date(2026, 3, 1)
TABLES = (
    Area, Certificate, Company, County, Crossing, DriverBinding, Permit, Practitioner, SafetyEventCode, Terminal,
    TerminalProfile, Unit, User, Vehicle,
)  # fmt: skip


def contents():
    return {model: list(model.objects.order_by("pk").values()) for model in TABLES}


@pytest.mark.django_db
def test_demo_city_has_exactly_its_counts_and_runs_again_without_a_trace(capsys):
    call_command("demo_city", on=ON)
    firms = Company.objects.filter(kind__in=[Company.Kind.PASSENGER, Company.Kind.FREIGHT])
    assert firms.count() == 148
    assert firms.filter(permits__category=Permit.Category.HAZMAT).distinct().count() == 145
    assert County.objects.count() == 4
    assert Company.objects.count() == Unit.objects.filter(kind=Unit.Kind.COMPANY).count() == 170
    assert Vehicle.objects.count() == Terminal.objects.filter(state="in_use").count() == FLEET_SIZE == 11_268
    for kind, count in COUNT_BY_KIND.items():
        assert Vehicle.objects.filter(kind=kind).count() == count
    assert not Vehicle.objects.exclude(bindings__until=None).exists()
    escorts = Practitioner.objects.filter(kind=Practitioner.Kind.ESCORT)
    assert escorts.count() == COUNT_BY_KIND["hazmat"]
    assert Certificate.objects.count() == Practitioner.objects.count()
    assert 100 < Certificate.objects.filter(valid_until__lt=ON).count() < 300
    assert Permit.objects.filter(valid_until__lt=ON).exists()
    assert Area.objects.filter(source="演示数据").count() == 2
    assert Crossing.objects.filter(source="演示数据", active=True).count() == 160
    # Each alarm that the demo fleet raises on purpose is its rule by its maker's table.
    taxi = Terminal.objects.filter(vehicle__kind="taxi", edition="2019").first().vehicle_id
    vendor = speech_of([taxi])[taxi].vendor
    rules_by_code = rules_of([vendor])
    named = {rule_of(rules_by_code, vendor, *code) for code in ((DSM, 2), (DSM, 3), (DSM, 10), (ADAS, 10))}
    assert named == {"driver.phone", "driver.smoking", "driver.seat_belt", "crossing.not_yielding"}
    assert set(User.objects.filter(is_staff=True).values_list("username", flat=True)) == {"admin"}
    assert not User.objects.filter(is_superuser=True).exists()
    assert User.objects.get(username="admin").has_perm("datacenter.change_user")
    assert User.objects.get(username="dispatcher").unit.company.kind == Company.Kind.BUS
    assert User.objects.get(username="safety").unit.company.permits.filter(category="hazmat").exists()

    # What people changed stays theirs; what they took away comes back; nothing else moves.
    vehicle = Vehicle.objects.order_by("pk").first()
    Vehicle.objects.filter(pk=vehicle.pk).update(plate="辽L99999", state=Vehicle.State.SUSPENDED)
    Company.objects.filter(pk=vehicle.company_id).update(phone="0427-1234567")
    before = contents()
    call_command("demo_city", on=date(2026, 9, 9))
    assert contents() == before
    Permit.objects.order_by("pk").first().delete()
    call_command("demo_city", if_empty=True)
    assert Permit.objects.count() == len(before[Permit]) - 1
    call_command("demo_city", on=ON)
    assert Permit.objects.count() == len(before[Permit])

    # Taxis that speak JT/T 905 are entered so, come from this machine, and name a permit that there is.
    speaking = {item.phone: item for item in demo_fleet() if item.edition == "905"}
    taxis = Terminal.objects.filter(edition=Terminal.Edition.JT905_2014, state="in_use")
    assert set(taxis.values_list("phone", flat=True)) == set(speaking)
    assert set(taxis.values_list("vehicle__company__networks", flat=True)) == {"127.0.0.0/8"}
    permits = "".join(Permit.objects.filter(category="taxi").values_list("number", flat=True))
    assert all(taxi_licence(item) in permits for item in speaking.values())

    # In a city filled before, a taxi's terminal of JT/T 808 is replaced by it.
    row = taxis.select_related("vehicle").order_by("pk").first()
    former = former_phone(speaking[row.phone])
    Terminal.objects.filter(pk=row.pk).update(phone=former, edition=Terminal.Edition.JT808_2013)
    call_command("demo_city", on=ON)
    old = Terminal.objects.get(pk=row.pk)
    assert old.state == Terminal.State.REPLACED
    assert (old.replaced_by.phone, old.replaced_by.vehicle_id) == (row.phone, row.vehicle_id)


def test_demo_people_are_well_formed_and_nobody():
    numbers = [item.number for item in papers.staff()]
    everybody = [people.person(number) for number in numbers]
    assert len({person.identity_no for person in everybody}) == len(numbers)
    for person in everybody[::7]:
        rules.identity_no(person.identity_no)
        assert person.identity_no.startswith("211199")
        assert person.phone.startswith("120")
        assert len(person.phone) == 11


def test_demo_vehicles_have_right_numbers():
    fleet = demo_fleet()
    assert len({papers.vin(vehicle) for vehicle in fleet}) == len(fleet)
    for vehicle in fleet[::97]:
        assert rules.vin_warning(papers.vin(vehicle)) is None
        rules.plate(vehicle.plate)
