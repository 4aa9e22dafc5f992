"""Walks every address as the wrong county and as another company, with both walls and with PostgreSQL's alone."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from datacenter.accounts.models import User
from datacenter.accounts.rights import RIGHTS, Role
from datacenter.accounts.scope import CITY, entered
from datacenter.cases.models import Case, CaseEvent
from datacenter.registry.models import Terminal
from tests.walls.addresses import ADDRESSES, NOT_READ, Visit, entries
from tests.walls.conftest import without_first_wall
from tests.walls.reading import leaks, text_of
from tests.walls.routes import addresses, admin_paths, in_admin
from tests.walls.world import World

REFUSED = {403, 404}
HTMX = {"HX-Request": "true"}


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def asked(client: Client, key: str, visit: Visit, world: World, *, searching: bool = True) -> Iterator[tuple[str, Any]]:
    """Every way of asking for one line of the table: (what was asked, response); lists with all their filters."""
    path = reverse(key.split(" ")[0], args=visit.args(world))
    if "get" in visit.methods:
        for query in visit.queries(world)[: None if searching else 2]:
            address = f"{path}?{urlencode(query)}"
            yield f"GET {address}", client.get(address)
        yield f"GET {path} by htmx", client.get(path, headers=HTMX)
    if "post" in visit.methods:
        for body in visit.bodies(world):
            yield f"POST {path} {urlencode(body)}", client.post(path, body)
            yield f"POST {path} {urlencode(body)} by htmx", client.post(path, body, headers=HTMX)
    if visit.kind in ("detail", "verb"):
        for method in ("put", "patch", "delete"):
            yield f"{method.upper()} {path}", getattr(client, method)(path)


def present() -> list[tuple[str, Visit]]:
    """The table's lines whose address is installed."""
    return [line for address in addresses() for line in entries(address.name).items()]


def test_every_address_is_in_the_table() -> None:
    missing = [address for address in addresses() if not in_admin(address) and not entries(address.name)]
    assert not missing, "say in tests/walls/addresses.py what stands behind: " + ", ".join(
        f"{address.name} ({address.route})" for address in missing
    )


def test_every_line_of_the_table_leads_somewhere() -> None:
    names = {address.name for address in addresses()}
    assert {key.split(" ")[0] for key in ADDRESSES} <= names


def test_every_door_asks_for_a_right() -> None:
    open_doors = {"home"}  # each role has a first page; what stands on it asks for each right
    faults = []
    for address in addresses():
        for key, visit in entries(address.name).items():
            if address.right not in (None, *visit.rights):
                faults.append(f"{key} asks for {address.right}, the table says {visit.rights}")
            if visit.kind not in ("public", "everyone") and not visit.rights and key not in open_doors:
                faults.append(f"{key} asks for no right")
    assert not faults


def walk(world: World, readers: dict[str, User], *, searching: bool) -> list[str]:
    """Every fault of a walk as each reader over all addresses, in words."""
    faults = []
    for who, user in readers.items():
        client = signed_in(user)
        for key, visit in present():
            for what, response in asked(client, key, visit, world, searching=searching):
                if found := leaks(text_of(response), world, typed=what):
                    faults.append(f"{who}: {what} [{key}] → {response.status_code} shows {found}")
                if response.status_code >= 500 and key != "readyz":  # no worker runs here
                    faults.append(f"{who}: {what} [{key}] → {crash(response)}")
                allowed = REFUSED | ({405} if not what.startswith("GET") or visit.kind == "verb" else set())
                if visit.kind in ("detail", "verb") and response.status_code not in allowed:
                    faults.append(f"{who}: {what} [{key}] → {response.status_code}, not refused")
        for path in admin_paths(world):
            response = client.get(path)
            if found := leaks(text_of(response), world, typed=path):
                faults.append(f"{who}: GET {path} → {response.status_code} shows {found}")
            if response.status_code >= 500:
                faults.append(f"{who}: GET {path} → {crash(response)}")
    return faults


def crash(response: Any) -> str:
    """What a page that failed died of, and where."""
    _, error, trace = getattr(response, "exc_info", None) or (None, None, None)
    frames = [frame for frame in traceback.extract_tb(trace) if "/site-packages/" not in frame.filename]
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{response.status_code} {error!r}{where}"


def unchanged(world: World) -> bool:
    """Whether the case and the terminal stand as before, and the waiting case has no event more."""
    with entered(CITY):
        return (
            Case.objects.get(pk=world.case.pk).state == "dispatched"
            and CaseEvent.objects.filter(case=world.case).count() == 2
            and Terminal.objects.get(pk=world.terminal.pk).state == "in_use"
        )


@pytest.mark.parametrize("walls", ["both walls", "PostgreSQL alone"])
def test_nobody_of_another_county_or_company_finds_anything(
    world: World, strangers: dict[str, User], as_web: None, monkeypatch: pytest.MonkeyPatch, walls: str
) -> None:
    if walls == "PostgreSQL alone":
        without_first_wall(monkeypatch)
    faults = walk(world, strangers, searching=True)
    assert not faults, "\n".join(faults)
    assert unchanged(world)


def test_with_both_walls_down_the_walk_finds_dawa_everywhere(
    world: World, panshan_officer: User, as_web: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The walk itself is proved: without walls it must not be quiet about any address that shows something."""
    without_first_wall(monkeypatch)
    monkeypatch.setattr("datacenter.accounts.middleware.scope_of", lambda user: CITY)
    faults = "\n".join(walk(world, {"an officer without walls": panshan_officer}, searching=False))
    opened = RIGHTS[Role.COUNTY_OFFICER]
    shown = {key for key, visit in present() if visit.shows(world) and set(visit.rights) <= opened}
    assert len(shown) > 15
    assert not {key for key in shown if f"[{key}]" not in faults}


@pytest.mark.parametrize("walls", [pytest.param("both walls", marks=pytest.mark.long), "PostgreSQL alone"])
def test_accounts_set_up_oddly_find_nothing_either(
    world: World, odd_accounts: dict[str, User], as_web: None, monkeypatch: pytest.MonkeyPatch, walls: str
) -> None:
    if walls == "PostgreSQL alone":
        without_first_wall(monkeypatch)
    faults = walk(world, odd_accounts, searching=False)
    assert not faults, "\n".join(faults)
    assert unchanged(world)


def test_who_is_responsible_does_see_it(world: World, city_officer: User, as_web: None) -> None:
    """The control: the same addresses, asked by who may see them, show what the walk looks for."""
    clients = {"county": signed_in(world.county_officer), "city": signed_in(city_officer)}
    faults = []
    for key, visit in present():
        if visit.kind in ("public", "everyone") or key.startswith(NOT_READ):
            continue
        path = reverse(key.split(" ")[0], args=visit.args(world))
        query = visit.queries(world)[-1] if visit.kind == "detail" else visit.queries(world)[0]
        client = clients[visit.reader]
        response = client.post(path) if visit.kind == "verb" else client.get(path, query)
        unseen = {secret for secret in visit.shows(world) if secret not in text_of(response)}
        if response.status_code != 200 or unseen:
            faults.append(f"{key} → {crash(response)} lacks {unseen}")
    assert not faults, "\n".join(faults)


def test_who_is_responsible_may_act(world: World, as_web: None) -> None:
    response = signed_in(world.county_officer).post(reverse("case-act", args=[world.case.number, "accept"]))
    assert response.status_code == 302


@pytest.mark.parametrize("headers", [{}, HTMX, {"Accept": "application/json"}])
def test_who_has_not_signed_in_is_sent_away(world: World, as_web: None, headers: dict[str, str]) -> None:
    client = Client(raise_request_exception=False, headers=headers)
    faults = []
    for key, visit in present():
        for what, response in asked(client, key, visit, world, searching=False):
            if found := leaks(text_of(response), world, typed=what):
                faults.append(f"{what} [{key}] shows {found}")
            away = response.status_code in {401, 403} or response.headers.get("Location", "").startswith("/login/")
            if visit.kind != "public" and not away:
                faults.append(f"{what} [{key}] → {response.status_code}")
    faults += [path for path in admin_paths(world) if client.get(path).status_code not in {302, 401}]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("state", ["disabled", "without unit"])
def test_an_account_that_was_disabled_or_lost_its_unit_sees_nothing(world: World, as_web: None, state: str) -> None:
    client = signed_in(world.county_officer)
    changes = {"is_active": False} if state == "disabled" else {"unit": None}
    User.objects.filter(pk=world.county_officer.pk).update(**changes)
    faults = []
    for key, visit in present():
        for what, response in asked(client, key, visit, world, searching=False):
            if found := leaks(text_of(response), world, typed=what):
                faults.append(f"{what} [{key}] shows {found}")
    assert not faults, "\n".join(faults)
