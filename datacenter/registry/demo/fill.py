"""Fills the tables with the demo city (演示数据入库): deterministic, and safe to run again.

A row that is there, found by what it is known by (a credit code, a VIN, an identity number, a phone), is left alone
with whatever people have changed in it; only what is missing is added.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Model

from datacenter.accounts.models import Unit
from datacenter.accounts.rights import Role
from datacenter.geo.models import Area, County, Crossing
from datacenter.geo.shapes import circle, geojson_of
from datacenter.geo.workflow import install_counties, shipped_counties
from datacenter.registry.demo import papers, people, units
from datacenter.registry.directory import announce_change
from datacenter.registry.models import (
    Certificate,
    Company,
    DriverBinding,
    Permit,
    Practitioner,
    Terminal,
    Vehicle,
)
from datacenter.simulator.crossings import demo_crossings
from datacenter.simulator.fleet import (
    BUS_COMPANIES,
    DemoCompany,
    DemoVehicle,
    demo_companies,
    demo_fleet,
    former_phone,
)

_BATCH = 2000
# 大洼区 carries its code since 2016; the lines themselves are today's.
_COUNTIES_FROM = date(2016, 1, 1)
_DEMO = "演示数据"


@transaction.atomic
def fill(on: date) -> Counter[str]:
    """Adds what is missing of the demo city as of the day ``on``; says how many rows of each kind it added."""
    added: Counter[str] = Counter()
    added["county"] = install_counties(shipped_counties(units.CITY_CODE), valid_from=_COUNTIES_FROM)
    tree = units.add_units()
    companies = _companies(tree, added)
    _permits(companies, on, added)
    vehicles = _vehicles(companies, added)
    _terminals(vehicles, on, added)
    _people(companies, vehicles, on, added)
    _areas(added)
    _crossings(added)
    first_bus, first_hazmat = BUS_COMPANIES[0], next(c.company_no for c in demo_companies() if c.holds_hazmat_permit)
    added["user"] = units.add_accounts(
        tree,
        {Role.BUS_DISPATCHER: companies[first_bus].unit, Role.SAFETY_OFFICER: companies[first_hazmat].unit},
    )
    if added["terminal"] or added["vehicle"]:
        announce_change()
    return added


def _add(model: type[Model], rows: list[Any], added: Counter[str]) -> list[Any]:
    created = model._default_manager.bulk_create(rows, batch_size=_BATCH)
    added[model._meta.model_name or ""] += len(created)
    return created


def _companies(tree: dict[str, Unit], added: Counter[str]) -> dict[int, Company]:
    """Every demo company by its number; each with a unit of its own below its county's station."""
    present = {row.credit_code: row for row in Company.objects.select_related("unit")}
    missing = [company for company in demo_companies() if company.uscc not in present]
    homes = _add(
        Unit,
        [
            Unit(
                name=company.name,
                kind=Unit.Kind.COMPANY,
                parent=tree[units.STATIONS[company.county_code]],
                county_id=company.county_code,
            )
            for company in missing
        ],
        added,
    )
    names = dict(County.objects.values_list("code", "name"))
    rows = [_company(company, unit, names) for company, unit in zip(missing, homes, strict=True)]
    present |= {row.credit_code: row for row in _add(Company, rows, added)}
    return {company.company_no: present[company.uscc] for company in demo_companies()}


def _company(company: DemoCompany, unit: Unit, county_names: dict[str, str]) -> Company:
    number = company.company_no
    return Company(
        unit=unit,
        name=company.name,
        kind=papers.COMPANY_KINDS[company.kind],
        credit_code=company.uscc,
        county_id=company.county_code,
        legal_representative=people.person(200_000 + number).name,
        phone=f"0427-0000{number:03d}",
        address=f"盘锦市{county_names[company.county_code]}演示路 {number + 1} 号",
        # JT/T 905 has no authentication: the demo's taxis come from this machine alone.
        networks="127.0.0.0/8" if company.kind == "taxi" else "",
    )


def _permits(companies: dict[int, Company], on: date, added: Counter[str]) -> None:
    present = set(Permit.objects.values_list("number", flat=True))
    rows = []
    for company in demo_companies():
        for category in papers.PERMITS[company.kind]:
            number = papers.permit_no(company, category)
            if number not in present:
                start, end = papers.permit_validity(company, category, on)
                rows.append(
                    Permit(
                        company=companies[company.company_no],
                        category=category,
                        number=number,
                        business_scope=papers.BUSINESS_SCOPES[category],
                        valid_from=start,
                        valid_until=end,
                    )
                )
    _add(Permit, rows, added)


def _vehicles(companies: dict[int, Company], added: Counter[str]) -> dict[int, Vehicle]:
    """Every demo vehicle by its index."""
    fleet = demo_fleet()
    present = {row.vin: row for row in Vehicle.objects.exclude(vin="")}
    plates = set(Vehicle.objects.exclude(state=Vehicle.State.RETIRED).values_list("plate", "plate_colour"))
    rows = [
        Vehicle(
            plate=item.plate,
            plate_colour=item.plate_colour,
            kind=item.kind,
            company=companies[item.company_no],
            county_id=item.county_code,
            **papers.describe(item),
        )
        for item in fleet
        # A plate that somebody has given to another vehicle meanwhile stays with it.
        if papers.vin(item) not in present and (item.plate, item.plate_colour) not in plates
    ]
    present |= {row.vin: row for row in _add(Vehicle, rows, added)}
    return {item.index: present[papers.vin(item)] for item in fleet if papers.vin(item) in present}


def _terminals(vehicles: dict[int, Vehicle], on: date, added: Counter[str]) -> None:
    present = set(Terminal.objects.values_list("phone", flat=True))
    fleet = [item for item in demo_fleet() if item.phone.lstrip("0") not in present and item.index in vehicles]
    rows = _add(Terminal, [_terminal(item, vehicles[item.index], on) for item in fleet], added)
    old = [
        _predecessor(item, row)
        for item, row in zip(fleet, rows, strict=True)
        if papers.replaced_terminal(item) and f"122{item.index + 1:08d}" not in present
    ]
    _add(Terminal, old, added)
    _retire_former(fleet, rows)


def _retire_former(fleet: list[DemoVehicle], rows: list[Terminal]) -> None:
    """A city filled before its taxis spoke JT/T 905 has terminals of JT/T 808 in them: the new ones replace those."""
    successors = {
        former_phone(item): row
        for item, row in zip(fleet, rows, strict=True)
        if item.edition == Terminal.Edition.JT905_2014
    }
    former = list(Terminal.objects.filter(phone__in=successors, state=Terminal.State.IN_USE))
    for row in former:
        row.state, row.replaced_by = Terminal.State.REPLACED, successors[row.phone]
    Terminal.objects.bulk_update(former, ["state", "replaced_by"], batch_size=_BATCH)


def _terminal(item: DemoVehicle, vehicle: Vehicle, on: date) -> Terminal:
    installed, warranty = papers.installation(item, on)
    return Terminal(
        vehicle=vehicle,
        phone=item.phone.lstrip("0"),
        terminal_id=item.terminal_id,
        maker=item.maker_id,
        model=item.model,
        edition=item.edition,
        iccid=item.iccid,
        installed_on=installed,
        warranty_until=warranty,
    )


def _predecessor(item: DemoVehicle, successor: Terminal) -> Terminal:
    assert successor.installed_on is not None
    installed = successor.installed_on.replace(year=successor.installed_on.year - 4, day=1)
    return Terminal(
        vehicle=successor.vehicle,
        phone=f"122{item.index + 1:08d}",
        terminal_id=f"X{item.index + 1:06d}",
        maker="PJDMX",
        model="DEMO-808-2011",
        edition=Terminal.Edition.JT808_2011,
        installed_on=installed,
        warranty_until=installed.replace(year=installed.year + 3),
        state=Terminal.State.REPLACED,
        replaced_by=successor,
    )


def _people(companies: dict[int, Company], vehicles: dict[int, Vehicle], on: date, added: Counter[str]) -> None:
    everybody = [(item, people.person(item.number)) for item in papers.staff()]
    present = {row.identity_no: row for row in Practitioner.objects.only("identity_no")}
    rows = [
        Practitioner(
            name=who.name,
            kind=item.kind,
            identity_no=who.identity_no,
            phone=who.phone,
            company=companies[item.company_no],
            county_id=item.county_code,
        )
        for item, who in everybody
        if who.identity_no not in present
    ]
    newcomers = {row.identity_no: row for row in _add(Practitioner, rows, added)}
    certificates, bindings = [], []
    midnight = ZoneInfo(settings.TIME_ZONE)
    for item, who in everybody:
        row = newcomers.get(who.identity_no)
        if row is None:
            continue  # their papers and vehicle are what people have made of them
        start, end = papers.certificate_validity(item.number, on)
        certificates.append(
            # In the trade the certificate's number is often the identity number (domain facts §11).
            Certificate(
                practitioner=row, category=item.certificate, number=who.identity_no, valid_from=start, valid_until=end
            )
        )
        if item.vehicle_index in vehicles:
            since = datetime.combine(papers.bound_since(item, on), time(8), midnight)
            bindings.append(DriverBinding(vehicle=vehicles[item.vehicle_index], practitioner=row, since=since))
    _add(Certificate, certificates, added)
    _add(DriverBinding, bindings, added)


def _areas(added: Counter[str]) -> None:
    wanted = (
        Area(
            name="兴隆台核心区危货禁行区（演示）",
            kind=Area.Kind.FORBIDDEN,
            boundary=geojson_of(circle(122.070, 41.125, 600)),
            vehicle_kinds=[Vehicle.Kind.HAZMAT],
            source=_DEMO,
        ),
        Area(
            name="大洼城区货车限速区（演示）",
            kind=Area.Kind.SPEED,
            boundary=geojson_of(circle(122.0662, 40.9925, 3000)),
            vehicle_kinds=[Vehicle.Kind.HEAVY_TRUCK],
            limit_kmh=60,
            source=_DEMO,
        ),
    )
    present = set(Area.objects.filter(name__in=[area.name for area in wanted]).values_list("name", flat=True))
    _add(Area, [area for area in wanted if area.name not in present], added)


def _crossings(added: Counter[str]) -> None:
    present = set(Crossing.objects.filter(source=_DEMO).values_list("name", flat=True))
    wanted = [
        Crossing(
            name=one.name,
            boundary={"type": "Polygon", "coordinates": [[list(point) for point in one.ring]]},
            source=_DEMO,
        )
        for one in demo_crossings()
    ]
    _add(Crossing, [one for one in wanted if one.name not in present], added)
