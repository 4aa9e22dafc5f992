"""演示车队: which vehicles and companies the demo city has.

A pure function of nothing: the same 11,268 vehicles, in the same order, with the same plates, phones and companies, on
every machine and in every year. The registry of the demo city (`manage.py demo_city`) and the simulated terminals
(`manage.py simulate`) both read it, which is why they agree. All of it is made up; the counts are the mission's.

Order of vehicles: taxis, buses, coaches, dangerous-goods trucks, heavy trucks; inside a kind by company. A vehicle's
county is its company's county.

Company numbers (``company_no``), never to be re-used for something else:

======== ============= ===========================================================================
0–11     ``mixed``     passenger and freight, with hazmat permit: coaches, hazmat and heavy trucks
12–144   ``freight``   freight with hazmat permit: hazmat and heavy trucks
145–147  ``passenger`` coaches only, the three of the 148 firms that hold no hazmat permit
200–217  ``taxi``      taxi companies
300–303  ``bus``       bus companies, one a county
======== ============= ===========================================================================

Plate colours are those of JT/T 415 as exchanged: 1 blue (taxis with an engine), 2 yellow (coaches, trucks, buses with
an engine), 94 gradient green (electric taxis, 8 characters), 93 yellow-green (electric buses, 8 characters).
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from datacenter.simulator.draw import draw, share

Kind = Literal["taxi", "bus", "coach", "hazmat", "heavy_truck"]
CompanyKind = Literal["mixed", "freight", "passenger", "taxi", "bus"]
Edition = Literal["2013", "2019", "905"]

COUNT_BY_KIND: dict[Kind, int] = {"taxi": 3268, "bus": 575, "coach": 729, "hazmat": 4567, "heavy_truck": 2129}
FLEET_SIZE = sum(COUNT_BY_KIND.values())
KINDS: tuple[Kind, ...] = tuple(COUNT_BY_KIND)

SHUANGTAIZI, XINGLONGTAI, DAWA, PANSHAN = "211102", "211103", "211104", "211122"
BLUE, YELLOW, YELLOW_GREEN, GREEN = 1, 2, 93, 94

ISU_PREFIX = "109900"
"""What the numbers of the demo's taxi terminals begin with: 10 as the standard has it, a made-up maker, type 0."""
TAXI_PERMIT_SERIES = 1  # which of the registry's categories of permits is the taxis'

FIRMS = range(148)
HAZMAT_FIRMS = range(145)
MIXED_FIRMS = range(12)
PASSENGER_FIRMS = range(145, 148)
TAXI_COMPANIES = range(200, 218)
BUS_COMPANIES = range(300, 304)

# How likely a firm sits in each county; oil and its trucks in the two city districts, the port in Dawa.
_FIRM_COUNTIES = ((0.34, XINGLONGTAI), (0.58, SHUANGTAIZI), (0.82, DAWA), (1.0, PANSHAN))
_FIXED_COUNTIES = {
    **dict(zip(PASSENGER_FIRMS, (XINGLONGTAI, DAWA, PANSHAN), strict=True)),
    **dict(zip(TAXI_COMPANIES, (XINGLONGTAI,) * 9 + (SHUANGTAIZI,) * 5 + (DAWA,) * 2 + (PANSHAN,) * 2, strict=True)),
    **dict(zip(BUS_COMPANIES, (XINGLONGTAI, SHUANGTAIZI, DAWA, PANSHAN), strict=True)),
}
_BUS_WEIGHTS = dict(zip(BUS_COMPANIES, (46, 27, 17, 10), strict=True))
_TRADES: dict[CompanyKind, str] = {
    "mixed": "运输集团",
    "freight": "危险货物运输",
    "passenger": "长途客运",
    "taxi": "出租汽车",
    "bus": "公共交通",
}
_FIRST, _SECOND = "恒瑞鸿顺安通泰嘉宏盛诚远", "达捷运驰翔畅途祥丰润"
_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ELECTRIC_SHARE = {"taxi": 0.3, "bus": 0.45}
_TAXI_905_SHARE = 0.4  # of the taxis, by JT/T 905
_EDITION_2019_SHARE: dict[Kind, float] = {"taxi": 0.35, "bus": 0.5, "coach": 0.6, "hazmat": 0.7, "heavy_truck": 0.4}


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """One made-up company (演示企业)."""

    company_no: int
    name: str
    kind: CompanyKind
    county_code: str
    uscc: str  # 统一社会信用代码, both check characters valid (GB 32100)
    holds_hazmat_permit: bool


@dataclass(frozen=True, slots=True)
class DemoVehicle:
    """One made-up vehicle with its terminal and SIM card (演示车辆)."""

    index: int
    plate: str
    plate_colour: int  # JT/T 415, see the module's head
    kind: Kind
    county_code: str
    company_no: int
    phone: str  # as in the frame's header: 12 digits in 2013 and 905, in 2019 left-padded to 20
    edition: Edition
    maker_id: str
    model: str  # the terminal's model
    terminal_id: str
    iccid: str  # 20 digits


@cache
def _companies() -> tuple[DemoCompany, ...]:
    numbers = (*FIRMS, *TAXI_COMPANIES, *BUS_COMPANIES)
    return tuple(_company(position, number) for position, number in enumerate(numbers))


def demo_companies() -> list[DemoCompany]:
    """Every company of the demo city: 148 firms, 18 taxi and 4 bus companies, by company number."""
    return list(_companies())


@cache
def _vehicles() -> tuple[DemoVehicle, ...]:
    vehicles: list[DemoVehicle] = []
    for kind, count in COUNT_BY_KIND.items():
        owners = _owners(kind, count)
        vehicles += [_vehicle(len(vehicles) + place, place, kind, owner) for place, owner in enumerate(owners)]
    return tuple(vehicles)


def demo_fleet() -> list[DemoVehicle]:
    """Every vehicle of the demo city (11,268), by index."""
    return list(_vehicles())


def part_of_fleet(count: int, kinds: tuple[Kind, ...] = KINDS) -> list[DemoVehicle]:
    """``count`` vehicles spread evenly over the fleet's order, so that each kind and company keeps its share.

    Raises ``ValueError`` when the fleet has fewer.
    """
    pool = [vehicle for vehicle in _vehicles() if vehicle.kind in kinds]
    if not 0 <= count <= len(pool):
        raise ValueError(f"the demo fleet has {len(pool)} such vehicles, {count} were asked for")
    return [pool[place * len(pool) // count] for place in range(count)]


def organisation_check(code: str) -> str:
    """Check character of an 8-character organisation code (组织机构代码, GB 11714)."""
    total = sum(weight * int(letter, 36) for weight, letter in zip(_ORGANISATION_WEIGHTS, code, strict=True))
    return "0123456789X0"[11 - total % 11]


def uscc_check(code: str) -> str:
    """Check character of the first 17 characters of a unified social credit code (GB 32100)."""
    total = sum(weight * _USCC_LETTERS.index(letter) for weight, letter in zip(_USCC_WEIGHTS, code, strict=True))
    return _USCC_LETTERS[(31 - total % 31) % 31]


def _company(position: int, number: int) -> DemoCompany:
    kind = _company_kind(number)
    county = _FIXED_COUNTIES.get(number) or next(
        code for up_to, code in _FIRM_COUNTIES if share("county", number) < up_to
    )
    # 120 pairs of characters; past them the trade's word differs, so no two names are alike.
    pair = position * 7 % 120
    name = _FIRST[pair // 10] + _SECOND[pair % 10] + ("" if position < 120 else "通联")
    return DemoCompany(
        company_no=number,
        name=f"盘锦{name}{_TRADES[kind]}有限公司（演示）",
        kind=kind,
        county_code=county,
        uscc=_uscc(county, number),
        holds_hazmat_permit=number in HAZMAT_FIRMS,
    )


def _company_kind(number: int) -> CompanyKind:
    if number in MIXED_FIRMS:
        return "mixed"
    if number in HAZMAT_FIRMS:
        return "freight"
    if number in PASSENGER_FIRMS:
        return "passenger"
    return "taxi" if number in TAXI_COMPANIES else "bus"


def _uscc(county: str, number: int) -> str:
    organisation = f"MA0Y{number:04d}"
    code = f"91{county}{organisation}{organisation_check(organisation)}"
    return code + uscc_check(code)


def _owners(kind: Kind, count: int) -> list[DemoCompany]:
    """The company of each of ``count`` vehicles: large and small companies, each with one at least."""
    owners = [company for company in _companies() if _may_own(company, kind)]
    weights = [_weight(company, kind) for company in owners]
    spare = count - len(owners)
    bounds, total, reached = [], sum(weights), 0
    for place, weight in enumerate(weights):
        reached += weight
        bounds.append(place + 1 + reached * spare // total)
    return [owner for owner, start, end in zip(owners, [0, *bounds], bounds, strict=False) for _ in range(end - start)]


def _may_own(company: DemoCompany, kind: Kind) -> bool:
    kinds: dict[CompanyKind, tuple[Kind, ...]] = {
        "mixed": ("coach", "hazmat", "heavy_truck"),
        "freight": ("hazmat", "heavy_truck"),
        "passenger": ("coach",),
        "taxi": ("taxi",),
        "bus": ("bus",),
    }
    return kind in kinds[company.kind]


def _weight(company: DemoCompany, kind: Kind) -> int:
    if kind == "bus":
        return _BUS_WEIGHTS[company.company_no]
    if kind == "coach" and company.kind == "passenger":
        return 180
    return 10 + draw("size", company.company_no) % 30 + draw("large", company.company_no) % 4 // 3 * 40


def _vehicle(index: int, place: int, kind: Kind, owner: DemoCompany) -> DemoVehicle:
    edition: Edition = "2019" if share("edition", index) < _EDITION_2019_SHARE[kind] else "2013"
    if kind == "taxi" and speaks_905(index):
        edition = "905"
    plate, colour = _plate(kind, place, electric=share("electric", index) < _ELECTRIC_SHARE.get(kind, 0))
    phone = f"0121{index + 1:08d}"  # no mobile number in use begins with 121
    if edition == "905":
        phone = f"{ISU_PREFIX}{index + 1:06d}"
    maker = "PJ" + ("DMA", "DMB", "DMC")[draw("maker", index) % 3]
    return DemoVehicle(
        index=index,
        plate=plate,
        plate_colour=colour,
        kind=kind,
        county_code=owner.county_code,
        company_no=owner.company_no,
        phone=phone.zfill(20) if edition == "2019" else phone,
        edition=edition,
        maker_id=f"211100{maker}" if edition == "2019" else maker,
        model="DEMO-905" if edition == "905" else f"DEMO-808-{edition}",
        terminal_id=f"DEMO{index + 1:010d}" if edition == "2019" else f"D{index + 1:06d}",
        iccid=f"898600{211100:06d}{index + 1:08d}",
    )


def speaks_905(index: int) -> bool:
    """Whether a taxi's terminal is one of JT/T 905; the first taxi's is not."""
    return share("taxi terminal", index) < _TAXI_905_SHARE and index > 0


def as_808(vehicle: DemoVehicle) -> DemoVehicle:
    """A taxi of JT/T 905 as a terminal of JT/T 808-2013 under the same number, for platforms that know nothing else."""
    return replace(vehicle, edition="2013") if vehicle.edition == "905" else vehicle


def former_phone(vehicle: DemoVehicle) -> str:
    """The number, left zeros taken off, that a vehicle's terminal of JT/T 808 has or would have."""
    return f"121{vehicle.index + 1:08d}"


def taxi_licence(vehicle: DemoVehicle) -> str:
    """The operator's licence as a taxi's meter has it: the digits of the company's permit (16 characters at most)."""
    return f"2111{TAXI_PERMIT_SERIES:02d}{vehicle.company_no:06d}"


def meter_plate(vehicle: DemoVehicle) -> str:
    """The plate as a taximeter has it, six characters without the province; of eight characters the last six."""
    return vehicle.plate[1:] if len(vehicle.plate) == 7 else vehicle.plate[-6:]


def _plate(kind: Kind, place: int, *, electric: bool) -> tuple[str, int]:
    """A plate of Panjin and its colour. 7919 is prime to 10,000, so a series never repeats within 10,000."""
    number = (place * 7919 + 1234) % 10_000
    if kind == "taxi":
        return (f"辽LD{place % 7}{number:04d}", GREEN) if electric else (f"辽LT{number:04d}", BLUE)
    if kind == "bus":
        return (f"辽L0{number:04d}D", YELLOW_GREEN) if electric else (f"辽LG{number:04d}", YELLOW)
    series = {"coach": "K", "hazmat": "H", "heavy_truck": "Z"}[kind]
    return f"辽L{series}{number:04d}", YELLOW
