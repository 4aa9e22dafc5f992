"""The demo fleet: counts, uniqueness, numbers that check."""

import re
from collections import Counter

from datacenter.simulator import fleet, people
from datacenter.simulator.fleet import COUNT_BY_KIND, demo_companies, demo_fleet, part_of_fleet

STANDARD = re.compile(r"^辽L[A-HJ-NP-Z0-9]{5}$")
SMALL_ELECTRIC = re.compile(r"^辽L[A-HJK][A-HJ-NP-Z0-9]\d{4}$")
LARGE_ELECTRIC = re.compile(r"^辽L\d{5}[A-HJK]$")


def test_fleet_has_the_missions_numbers():
    assert Counter(vehicle.kind for vehicle in demo_fleet()) == COUNT_BY_KIND
    assert len(demo_fleet()) == fleet.FLEET_SIZE == 11_268
    assert [vehicle.index for vehicle in demo_fleet()] == list(range(11_268))


def test_identities_are_unique():
    vehicles = demo_fleet()
    for name in ("plate", "terminal_id", "iccid"):
        assert len({getattr(vehicle, name) for vehicle in vehicles}) == len(vehicles), name
    assert len({vehicle.phone.zfill(20) for vehicle in vehicles}) == len(vehicles)


def test_plates_and_colours_fit_each_other():
    form = {1: STANDARD, 2: STANDARD, 94: SMALL_ELECTRIC, 93: LARGE_ELECTRIC}
    for vehicle in demo_fleet():
        assert form[vehicle.plate_colour].match(vehicle.plate), vehicle.plate
    assert {vehicle.plate_colour for vehicle in demo_fleet() if vehicle.kind == "taxi"} == {1, 94}
    assert {vehicle.plate_colour for vehicle in demo_fleet() if vehicle.kind == "bus"} == {2, 93}


def test_terminal_fields_fit_their_edition():
    for vehicle in demo_fleet():
        short = vehicle.edition != "2019"
        assert len(vehicle.phone) == (12 if short else 20)
        assert len(vehicle.maker_id) == (5 if short else 11)
        assert len(vehicle.terminal_id) <= (7 if short else 30)
    assert 0.3 < sum(vehicle.edition == "2019" for vehicle in demo_fleet()) / 11_268 < 0.7


def test_two_taxis_in_five_speak_jt905_and_nobody_else_does():
    others = {vehicle.kind for vehicle in demo_fleet() if vehicle.edition == "905"}
    taxis = [vehicle for vehicle in demo_fleet() if vehicle.kind == "taxi"]
    speaking = [vehicle for vehicle in taxis if vehicle.edition == "905"]
    assert others == {"taxi"}
    assert 0.37 < len(speaking) / len(taxis) < 0.43
    for vehicle in speaking:
        assert re.fullmatch(r"10990\d{7}", vehicle.phone)
        assert len(fleet.meter_plate(vehicle)) == 6
        assert len(fleet.taxi_licence(vehicle)) <= 16
        plain = fleet.as_808(vehicle)
        assert (plain.edition, plain.phone, plain.plate) == ("2013", vehicle.phone, vehicle.plate)


def test_drivers_are_the_registrys_people():
    taxi = demo_fleet()[5]
    numbers = people.driver_numbers(taxi)
    assert people.driver_at(taxi, 9).number == numbers[0] == 20
    assert people.driver_at(taxi, 2).number == numbers[-1]
    assert people.identity_check("11010519491231002") == "X"  # the standard's own example


def test_known_credit_codes_check():
    assert fleet.uscc_check("91211100MA0Q1W2E0") == "K"
    assert fleet.uscc_check("91440300708461136") == "T"
    assert fleet.organisation_check("70846113") == "6"


def test_companies_are_148_firms_of_which_145_carry_dangerous_goods():
    companies = {company.company_no: company for company in demo_companies()}
    firms = [company for number, company in companies.items() if number < 148]
    assert len(firms) == 148
    assert sum(company.holds_hazmat_permit for company in companies.values()) == 145
    assert len({company.name for company in companies.values()}) == len(companies)
    assert all("演示" in company.name for company in companies.values())
    for company in companies.values():
        assert len(company.uscc) == 18
        assert fleet.uscc_check(company.uscc[:17]) == company.uscc[17]
        assert fleet.organisation_check(company.uscc[8:16]) == company.uscc[16]


def test_every_company_has_vehicles_it_may_have():
    companies = {company.company_no: company for company in demo_companies()}
    owners = {vehicle.company_no for vehicle in demo_fleet()}
    assert owners == set(companies)
    for vehicle in demo_fleet():
        company = companies[vehicle.company_no]
        assert vehicle.county_code == company.county_code
        assert vehicle.kind != "hazmat" or company.holds_hazmat_permit


def test_a_part_of_the_fleet_keeps_the_kinds_shares():
    part = Counter(vehicle.kind for vehicle in part_of_fleet(500))
    for kind, count in COUNT_BY_KIND.items():
        assert abs(part[kind] - 500 * count / 11_268) <= 2


def test_fleet_stays_as_it_is():
    # The registry of running demo cities holds these; a change here would orphan them.
    first, last = demo_fleet()[0], demo_fleet()[-1]
    assert (first.plate, first.phone, first.company_no) == ("辽LT1234", "012100000001", 200)
    assert (last.plate, last.phone[-12:], last.company_no) == ("辽LZ2866", "012100011268", 144)
