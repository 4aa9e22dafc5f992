"""The table of rights decides at every door: each role opens what it has the right to, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.models import AuditRecord, Unit, User
from datacenter.accounts.rights import RIGHTS, Role
from datacenter.cases.states import TRANSITIONS, Verb
from datacenter.registry.models import Company
from tests import factories
from tests.walls import world as worlds
from tests.walls.addresses import ADDRESSES, Visit, entries
from tests.walls.routes import addresses
from tests.walls.world import World

_VERB = re.compile(r"(?:case-act |api-case\.)(\w+)$")


@pytest.fixture
def world(
    db: None, dawa_officer: User, city_officer: User, hazmat_company: Company, other_company: Company,
    settings: Any, tmp_path: Path,
) -> World:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path
    return worlds.build(hazmat_company, dawa_officer, city_officer, other_company)


def user_of(role: Role, world: World, bureau: Unit) -> User:
    """Somebody of ``role`` where such people work; nobody is a superuser."""
    unit = {
        Role.COUNTY_OFFICER: world.county_officer.unit,
        Role.BUS_DISPATCHER: world.company.unit,
        Role.SAFETY_OFFICER: world.company.unit,
    }.get(role, bureau)
    return factories.make_user(f"is_{role}", role, unit)


def wanted(key: str, visit: Visit) -> set[str]:
    """The rights that one line of the table of addresses asks for, a case's verb its own too."""
    verb = _VERB.search(key)
    own = {TRANSITIONS[Verb(verb[1])].right} if verb and verb[1] in TRANSITIONS else set()
    return {*visit.rights, *own}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_its_rights_say(world: World, bureau: Unit, role: Role) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(user_of(role, world, bureau))
    faults = []
    for key, visit in ((key, visit) for address in addresses() for key, visit in entries(address.name).items()):
        path = reverse(key.split(" ")[0], args=visit.args(world))
        if key in ("logout", "readyz"):
            continue
        if visit.kind == "verb":
            response = client.post(path, visit.bodies(world)[0])
        else:
            response = client.get(path, visit.queries(world)[-1])
        missing = wanted(key, visit) - RIGHTS[role]
        if (response.status_code == 403) != bool(missing):
            faults.append(f"{key} → {response.status_code}, lacks {missing or 'nothing'}")
        if response.status_code >= 500:
            faults.append(f"{key} → {response.status_code}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("role", list(Role))
def test_what_the_navigation_shows_can_be_opened(world: World, bureau: Unit, role: Role) -> None:
    client = Client()
    client.force_login(user_of(role, world, bureau))
    page = client.get(reverse("home")).content.decode()
    navigation = page[page.index('<nav class="shell-sections"') : page.index("</nav>")]
    links = re.findall(r'href="([^"]+)"', navigation)
    assert links
    for link in links:
        response = client.get(link)
        if link.startswith("/admin/") and response.status_code == 302:
            continue  # the admin asks for a staff account besides the right
        assert response.status_code == 200, link


def test_every_right_that_is_asked_for_belongs_to_some_role() -> None:
    asked = {right for key, visit in ADDRESSES.items() for right in wanted(key, visit)}
    assert asked <= frozenset().union(*RIGHTS.values())


def test_every_role_has_a_line_in_the_table() -> None:
    assert set(RIGHTS) == set(Role)


def test_a_missing_right_is_told_to_people_on_a_page_and_to_scripts_as_json(
    city_officer: User, approver: User, client: Client
) -> None:
    client.force_login(approver)
    page = client.get(reverse("quarantine"))
    assert page.status_code == 403
    assert NotAllowed.message in page.content.decode()
    for path, headers in ((reverse("quarantine"), {"HX-Request": "true"}), ("/api/v1/map/vehicles/", {})):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 403
        assert answer.json() == {"code": "not_allowed", "message": NotAllowed.message, "fields": {}}


def test_a_tried_door_is_written_down(approver: User, client: Client) -> None:
    client.force_login(approver)
    client.get(reverse("quarantine"))
    line = AuditRecord.objects.get(action="refused")
    assert (line.user, line.succeeded, line.detail["right"]) == (approver, False, "quarantine.view")


def test_a_user_without_role_may_nothing(bureau: Unit) -> None:
    user = factories.make_user("none", "", bureau)  # type: ignore[arg-type]
    assert not any(user.may(right) for rights in RIGHTS.values() for right in rights)


def test_a_disabled_user_may_nothing(city_officer: User) -> None:
    city_officer.is_active = False
    assert not any(city_officer.may(right) for right in RIGHTS[Role.CITY_REGULATOR])
