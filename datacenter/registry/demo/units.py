"""The demo city's units and accounts (演示机构、演示账号)."""

from __future__ import annotations

from django.contrib.auth.models import Permission

from datacenter.accounts.demo import ACCOUNT_ROWS, PASSWORD
from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role

CITY_CODE = "211100"
BUREAU = "盘锦市交通运输局"
_OFFICES = ("综合运输科", "安全监督科", "法制审核科", "信用与考核科")
_TEAMS = ("交通综合执法一大队", "交通综合执法二大队")
_HOTLINE = "12328 热线中心"
STATIONS = {"211102": "双台子区分局", "211103": "兴隆台区分局", "211104": "大洼区分局", "211122": "盘山县分局"}

# What the administrator keeps in /admin/: accounts, units, limits, areas. Not a superuser: cases, findings and the
# registry are the officers', and what they did stays readable only.
_ADMINISTERED = {
    "user": ("view", "add", "change"),
    "unit": ("view", "add", "change"),
    "area": ("view", "add", "change", "delete"),
    "county": ("view",),
    "detectorsetting": ("view", "change"),
    "detectorsettingchange": ("view",),
    "auditrecord": ("view",),
    "company": ("view",),
}


def add_units() -> dict[str, Unit]:
    """The bureau's tree, added where missing: by name. Companies' units come with the companies."""
    bureau, _ = Unit.objects.get_or_create(name=BUREAU, kind=Unit.Kind.BUREAU)
    tree = {BUREAU: bureau}
    wanted: list[tuple[str, str, str | None]] = [(name, Unit.Kind.OFFICE, None) for name in _OFFICES]
    wanted += [(name, Unit.Kind.ENFORCEMENT_TEAM, None) for name in _TEAMS]
    wanted += [(_HOTLINE, Unit.Kind.HOTLINE, None)]
    wanted += [(name, Unit.Kind.COUNTY_STATION, county) for county, name in STATIONS.items()]
    for name, kind, county in wanted:
        tree[name], _ = Unit.objects.get_or_create(
            name=name, kind=kind, defaults={"parent": bureau, "county_id": county}
        )
    return tree


def add_accounts(tree: dict[str, Unit], company_units: dict[Role, Unit]) -> int:
    """The demo's accounts, added where missing; says how many. ``company_units`` is where company roles belong."""
    present = set(User.objects.values_list("username", flat=True))
    rows = [row for row in ACCOUNT_ROWS if row[0] not in present]
    for username, role, unit, who in rows:
        user = User.objects.create_user(
            username,
            password=PASSWORD,
            display_name=who.split("（")[0],
            role=role,
            unit=tree[unit] if unit else company_units[role],
            is_staff=role == Role.ADMINISTRATOR,
        )
        if role == Role.ADMINISTRATOR:
            names = [f"{verb}_{model}" for model, verbs in _ADMINISTERED.items() for verb in verbs]
            user.user_permissions.set(
                Permission.objects.filter(content_type__app_label="datacenter", codename__in=names)
            )
    return len(rows)
