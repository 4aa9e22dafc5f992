"""Officers of the demo city's past (演示经办人): the demo's accounts, and colleagues of theirs who never sign in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.registry.demo.units import BUREAU, STATIONS

_TEAMS = ("交通综合执法一大队", "交通综合执法二大队")
# username, role, unit, name. Without a password: nobody signs in as them.
_COLLEAGUES: tuple[tuple[str, Role, str, str], ...] = (
    ("demo-city-2", Role.CITY_REGULATOR, BUREAU, "演示市员乙"),
    ("demo-shuangtaizi-2", Role.COUNTY_OFFICER, STATIONS["211102"], "演示双员乙"),
    ("demo-xinglongtai-2", Role.COUNTY_OFFICER, STATIONS["211103"], "演示兴员乙"),
    ("demo-xinglongtai-3", Role.COUNTY_OFFICER, STATIONS["211103"], "演示兴员丙"),
    ("demo-dawa-2", Role.COUNTY_OFFICER, STATIONS["211104"], "演示洼员乙"),
    ("demo-panshan-2", Role.COUNTY_OFFICER, STATIONS["211122"], "演示盘员乙"),
    ("demo-team1-2", Role.ENFORCEMENT_OFFICER, _TEAMS[0], "演示一队乙"),
    ("demo-team2-1", Role.ENFORCEMENT_OFFICER, _TEAMS[1], "演示二队甲"),
)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts: the city's regulators, leaders, each county's officers, each team's (by the team's id)."""

    city: list[User]
    leaders: list[User]
    counties: dict[str, list[User]]
    teams: dict[int, list[User]]


def add_officers() -> int:
    """The colleagues, added where missing and where their unit is there; says how many."""
    units = {unit.name: unit for unit in Unit.objects.exclude(kind=Unit.Kind.COMPANY)}
    present = set(User.objects.values_list("username", flat=True))
    rows = []
    for username, role, unit, name in _COLLEAGUES:
        if username not in present and unit in units:
            user = User(username=username, role=role, unit=units[unit], display_name=name)
            user.set_unusable_password()
            rows.append(user)
    return len(User.objects.bulk_create(rows))


def cast() -> Cast:
    """The demo's officers, in the order in which they were entered."""
    counties: dict[str, list[User]] = defaultdict(list)
    teams: dict[int, list[User]] = defaultdict(list)
    city, leaders = [], []
    for user in User.objects.filter(is_active=True).select_related("unit").order_by("pk"):
        unit = user.unit
        if unit is None:
            continue
        if user.role == Role.CITY_REGULATOR:
            city.append(user)
        elif user.role == Role.APPROVER:
            leaders.append(user)
        elif user.role == Role.COUNTY_OFFICER and unit.county_id:
            counties[unit.county_id].append(user)
        elif user.role == Role.ENFORCEMENT_OFFICER and unit.kind == Unit.Kind.ENFORCEMENT_TEAM:
            teams[unit.pk].append(user)
    return Cast(city, leaders or city, dict(counties), dict(teams))
