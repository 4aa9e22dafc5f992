"""Rows and tracks for tests: plain functions with sound defaults; every fact can be given."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.auth.hashers import make_password

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.geo.models import Area, County
from datacenter.registry.models import Company, Practitioner, Terminal, Vehicle
from datacenter.registry.rules import credit_check, organisation_check
from datacenter.tracks.position import DTYPES, Flag, Positions

PASSWORD = "a long enough pass-phrase 9"
_BOUNDARIES = Path(__file__).resolve().parent.parent / "datacenter/geo/data/211100.geojson"
_numbers = itertools.count(1)

DAWA, PANSHAN, XINGLONGTAI, SHUANGTAIZI = "211104", "211122", "211103", "211102"
# Points whose county no published boundary doubts: the district seats.
DAWA_SEAT = (40.99245, 122.06624)
PANSHAN_SEAT = (41.23875, 121.98004)
XINGLONGTAI_SEAT = (41.12034, 122.06614)
DISTRICTS = {SHUANGTAIZI: "双台子区", XINGLONGTAI: "兴隆台区", DAWA: "大洼区", PANSHAN: "盘山县"}


@cache
def _password() -> str:
    return make_password(PASSWORD)


@cache
def _boundaries() -> dict[str, Any]:
    features = json.loads(_BOUNDARIES.read_text(encoding="utf-8"))["features"]
    return {feature["properties"]["code"]: feature for feature in features}


def make_counties() -> dict[str, County]:
    """Panjin's four counties with their real boundaries, by code."""
    for code, name in DISTRICTS.items():
        County.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "city_code": "211100",
                "boundary": _boundaries()[code]["geometry"],
                "source": "天地图",
                "valid_from": "2016-01-01",
            },
        )
    return {county.code: county for county in County.objects.all()}


def make_unit(name: str, kind: str = Unit.Kind.OFFICE, **facts: Any) -> Unit:
    """A unit; the same name gives the same unit."""
    unit, _ = Unit.objects.get_or_create(name=name, defaults={"kind": kind, **facts})
    return unit


def make_user(username: str, role: Role, unit: Unit | None = None, **facts: Any) -> User:
    """A user who can sign in with ``PASSWORD``."""
    return User.objects.create(
        username=username, role=role, unit=unit, password=_password(), **{"display_name": username, **facts}
    )


def credit_code(number: int) -> str:
    """A well-formed credit code, one for each number."""
    organisation = f"{number:08d}"
    body = "91211100" + organisation + organisation_check(organisation)
    return body + credit_check(body)


def identity_no(number: int) -> str:
    """A well-formed identity number of a person who does not exist."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    body = f"21110319{70 + number % 30:02d}0101{number // 30 % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def make_company(name: str = "", county: str = DAWA, kind: str = Company.Kind.FREIGHT, **facts: Any) -> Company:
    """A company with its unit."""
    number = next(_numbers)
    name = name or f"盘锦第{number}运输有限公司"
    make_counties()
    unit = make_unit(name, Unit.Kind.COMPANY)
    return Company.objects.create(
        unit=unit, name=name, kind=kind, county_id=county, credit_code=credit_code(number), **facts
    )


def make_vehicle(plate: str = "", company: Company | None = None, **facts: Any) -> Vehicle:
    """A vehicle, a dangerous-goods truck of Dawa unless told; its company is of the same county."""
    number = next(_numbers)
    facts = {"county_id": DAWA, "kind": Vehicle.Kind.HAZMAT, "plate_colour": Vehicle.PlateColour.YELLOW, **facts}
    company = company or make_company(county=facts["county_id"])
    return Vehicle.objects.create(plate=plate or f"辽L{number:05d}", company=company, **facts)


def make_terminal(vehicle: Vehicle, phone: str = "", **facts: Any) -> Terminal:
    """A terminal in use."""
    facts = {"edition": "2013", "terminal_id": f"T{vehicle.pk % 1_000_000:06d}", **facts}
    return Terminal.objects.create(vehicle=vehicle, phone=phone or f"139{next(_numbers):08d}", **facts)


def make_practitioner(name: str = "张三", company: Company | None = None, **facts: Any) -> Practitioner:
    """A driver."""
    company = company or make_company()
    return Practitioner.objects.create(
        name=name,
        kind=Practitioner.Kind.DRIVER,
        identity_no=identity_no(next(_numbers)),
        company=company,
        county_id=facts.pop("county_id", company.county_id),
        **facts,
    )


def make_area(centre: tuple[float, float], half_deg: float = 0.01, **facts: Any) -> Area:
    """A square area around ``centre`` (latitude, longitude), forbidden unless told."""
    lat, lon = centre
    ring = [
        [lon - half_deg, lat - half_deg],
        [lon + half_deg, lat - half_deg],
        [lon + half_deg, lat + half_deg],
        [lon - half_deg, lat + half_deg],
        [lon - half_deg, lat - half_deg],
    ]
    facts = {"kind": Area.Kind.FORBIDDEN, "name": "试验区", "source": "试验", **facts}
    return Area.objects.create(boundary={"type": "Polygon", "coordinates": [ring]}, **facts)


def make_positions(vehicle_id: int, rows: list[dict[str, Any]], start: int | None = None) -> Positions:
    """Positions of one vehicle: each row's facts over sound defaults; ``at`` is seconds after ``start``.

    Without places of their own the rows drive north from Dawa's seat at the speed they give.
    """
    start = int(datetime.now(UTC).timestamp()) - 3600 if start is None else start
    columns: dict[str, list[int]] = {name: [] for name in DTYPES}
    lat, before = round(DAWA_SEAT[0] * 1e6), 0
    for number, row in enumerate(rows):
        at = row.get("at", number * 10)
        speed = row.get("speed_kmh", 50)
        lat += round(speed / 3.6 * (at - before) / 0.1112)
        before = at
        facts = {
            "vehicle_id": vehicle_id,
            "device_time": start + at,
            "body_hash": row.get("body_hash", hash((start + at, number)) & 0x7FFFFFFF),
            "received_us": (start + at) * 1_000_000,
            "latitude_e6": row.get("latitude_e6", lat),
            "longitude_e6": row.get("longitude_e6", round(DAWA_SEAT[1] * 1e6)),
            "speed_dkmh": round(speed * 10),
            "bearing_deg": 0,
            "altitude_m": 5,
            "alarm": row.get("alarm", 0),
            "status": row.get("status", 3),
            "mileage_dkm": -1,
            "flags": row.get("flags", int(Flag.LOCATED | Flag.QUALIFIED)),
        }
        for name, value in facts.items():
            columns[name].append(value)
    return Positions(*(np.array(columns[name]).astype(dtype) for name, dtype in DTYPES.items()))
