"""The demo city's papers (演示证照): what its companies may do, who drives and escorts, what hangs in the vehicles.

All of it follows from the demo fleet and one day ``on``: validity dates lie about that day, so that some papers have
run out and some are about to, whenever the demo is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from datacenter.registry import rules
from datacenter.registry.demo.people import driver_numbers, escort_number
from datacenter.registry.models import Company, Permit, Practitioner, Vehicle
from datacenter.simulator.draw import draw, share
from datacenter.simulator.fleet import CompanyKind, DemoCompany, DemoVehicle, demo_companies, demo_fleet

COMPANY_KINDS: dict[CompanyKind, Company.Kind] = {
    "mixed": Company.Kind.PASSENGER,
    "passenger": Company.Kind.PASSENGER,
    "freight": Company.Kind.FREIGHT,
    "taxi": Company.Kind.TAXI,
    "bus": Company.Kind.BUS,
}
PERMITS: dict[CompanyKind, tuple[Permit.Category, ...]] = {
    "mixed": (Permit.Category.PASSENGER, Permit.Category.FREIGHT, Permit.Category.HAZMAT),
    "passenger": (Permit.Category.PASSENGER,),
    "freight": (Permit.Category.FREIGHT, Permit.Category.HAZMAT),
    "taxi": (Permit.Category.TAXI,),
    "bus": (Permit.Category.BUS,),
}
BUSINESS_SCOPES: dict[Permit.Category, str] = {
    Permit.Category.PASSENGER: "县际班车客运、市际班车客运、包车客运",
    Permit.Category.FREIGHT: "道路普通货物运输",
    Permit.Category.HAZMAT: "危险货物运输（2类1项、2类2项、3类、8类）",
    Permit.Category.TAXI: "巡游出租汽车客运",
    Permit.Category.BUS: "城市公共汽车客运",
}
_DRIVER_CERTIFICATES: dict[str, str] = {
    "taxi": "巡游出租汽车驾驶员",
    "bus": "道路旅客运输驾驶员",
    "coach": "道路旅客运输驾驶员",
    "hazmat": "道路危险货物运输驾驶员",
    "heavy_truck": "道路货物运输驾驶员",
}
_ESCORT_CERTIFICATE = "道路危险货物运输押运人员"
_LOADER_CERTIFICATE = "道路危险货物运输装卸管理人员"
_CERTIFICATE_YEARS = 6  # 道路运输从业人员管理规定 Art. 29
_PERMIT_YEARS = 4
_LOADERS_FROM = 100_000  # people's numbers: vehicle index × 4 + place, then the loaders by company
_BRANDS = {
    "taxi": ("演示牌 DM7150", "演示牌 DM7000EV"),
    "bus": ("演示牌 DM6105G", "演示牌 DM6850BEV"),
    "coach": ("演示牌 DM6118", "演示牌 DM6906"),
    "hazmat": ("演示牌 DM5250GYY", "演示牌 DM5180XRY"),
    "heavy_truck": ("演示牌 DM4250", "演示牌 DM3310"),
}
_SEATS = {"taxi": (5,), "bus": (26, 32, 38), "coach": (33, 39, 49, 53)}
_LOADS_KG = {"hazmat": (9_800, 15_600, 24_500), "heavy_truck": (17_900, 25_300, 31_000)}


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A person's place at work: company, trade, certificate, and the vehicle a driver is bound to."""

    number: int
    kind: Practitioner.Kind
    company_no: int
    county_code: str
    certificate: str
    vehicle_index: int | None


def staff() -> Iterator[DemoStaff]:
    """Everybody who works in the demo city: one or two drivers a vehicle, an escort a hazmat vehicle, loaders."""
    for vehicle in demo_fleet():
        for number in driver_numbers(vehicle):
            yield _driver(vehicle, number)
        if vehicle.kind == "hazmat":
            yield DemoStaff(
                number=escort_number(vehicle),
                kind=Practitioner.Kind.ESCORT,
                company_no=vehicle.company_no,
                county_code=vehicle.county_code,
                certificate=_ESCORT_CERTIFICATE,
                vehicle_index=None,
            )
    for company in demo_companies():
        if company.holds_hazmat_permit:
            yield DemoStaff(
                number=_LOADERS_FROM + company.company_no,
                kind=Practitioner.Kind.LOADER,
                company_no=company.company_no,
                county_code=company.county_code,
                certificate=_LOADER_CERTIFICATE,
                vehicle_index=None,
            )


def certificate_validity(number: int, on: date) -> tuple[date, date]:
    """From and until when a person's certificate holds: of a hundred, one has run out and three are about to."""
    return _validity("certificate", number, on, _CERTIFICATE_YEARS, expired_share=0.01, expiring_share=0.03)


def permit_validity(company: DemoCompany, category: Permit.Category, on: date) -> tuple[date, date]:
    """From and until when a company's permit holds."""
    return _validity(
        f"permit {category}", company.company_no, on, _PERMIT_YEARS, expired_share=0.02, expiring_share=0.06
    )


def permit_no(company: DemoCompany, category: Permit.Category) -> str:
    """A permit's number in the manner of the city's; the city's real format is not known (domain facts §11)."""
    series = list(Permit.Category).index(category) + 1
    return f"辽交运管许可盘字2111{series:02d}{company.company_no:06d}号（演示）"


def vin(vehicle: DemoVehicle) -> str:
    """A made-up vehicle identification number with its right check character; no maker has the code LDE."""
    letter = "TBCHZ"[list(_BRANDS).index(vehicle.kind)]
    plain = f"LDEM{letter}0000RP{vehicle.index + 1:06d}"
    return plain[:8] + rules.vin_check(plain) + plain[9:]


def describe(vehicle: DemoVehicle) -> dict[str, object]:
    """What the vehicle's registration says of it, as fields of ``Vehicle``."""
    seats, loads, brands = _SEATS.get(vehicle.kind), _LOADS_KG.get(vehicle.kind), _BRANDS[vehicle.kind]
    picked = draw("build", vehicle.index)
    return {
        "vin": vin(vehicle),
        "brand": brands[vehicle.plate_colour in (Vehicle.PlateColour.GRADIENT_GREEN, Vehicle.PlateColour.YELLOW_GREEN)]
        if vehicle.kind in ("taxi", "bus")
        else brands[picked % 2],
        "seats": seats[picked % len(seats)] if seats else None,
        "load_kg": loads[picked % len(loads)] if loads else None,
        "transport_permit_no": f"辽交运管盘字2111{vehicle.index + 1:08d}号",
        "registered_on": date(2017, 1, 1) + timedelta(days=draw("registered", vehicle.index) % 2900),
    }


def installation(vehicle: DemoVehicle, on: date) -> tuple[date, date]:
    """When the terminal was installed and until when it is under warranty (three years)."""
    oldest = 1500 if vehicle.edition == "2019" else 2600
    installed = on - timedelta(days=30 + draw("installed", vehicle.index) % oldest)
    return installed, installed + timedelta(days=3 * 365)


def replaced_terminal(vehicle: DemoVehicle) -> bool:
    """Whether the vehicle had another terminal before; one in forty."""
    return share("replaced", vehicle.index) < 0.025


def bound_since(item: DemoStaff, on: date) -> date:
    """Since when a driver drives the vehicle."""
    return on - timedelta(days=20 + draw("bound", item.number) % 1200)


def _driver(vehicle: DemoVehicle, number: int) -> DemoStaff:
    return DemoStaff(
        number=number,
        kind=Practitioner.Kind.DRIVER,
        company_no=vehicle.company_no,
        county_code=vehicle.county_code,
        certificate=_DRIVER_CERTIFICATES[vehicle.kind],
        vehicle_index=vehicle.index,
    )


def _validity(
    purpose: str, number: int, on: date, years: int, *, expired_share: float, expiring_share: float
) -> tuple[date, date]:
    luck, days = share(purpose, number), draw(f"{purpose} days", number)
    if luck < expired_share:
        left = -1 - days % 120
    elif luck < expired_share + expiring_share:
        left = 1 + days % 29
    else:
        left = 31 + days % (years * 365 - 60)
    until = on + timedelta(days=left)
    return until - timedelta(days=years * 365 + years // 4 - 1), until
