"""Dawa filled with one of everything, and readers who may not see it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datacenter.accounts.models import User
from datacenter.accounts.rights import Role
from datacenter.accounts.scope import Scope
from datacenter.registry.models import Company
from tests import factories
from tests.walls import world as worlds
from tests.walls.world import World


@pytest.fixture
def world(
    tracks: None, dawa_officer: User, city_officer: User, hazmat_company: Company, other_company: Company,
    settings: Any, tmp_path: Path,
) -> World:  # fmt: skip
    """Committed rows of Dawa, written by the owner."""
    settings.MEDIA_ROOT = tmp_path
    return worlds.build(hazmat_company, dawa_officer, city_officer, other_company)


@pytest.fixture
def strangers(world: World, panshan_officer: User, other_safety_officer: User) -> dict[str, User]:
    """Who must find nothing of Dawa's."""
    return {
        "the officer of another county": panshan_officer,
        "the safety officer of another company": other_safety_officer,
    }


@pytest.fixture
def odd_accounts(world: World, panshan_officer: User) -> dict[str, User]:
    """Accounts whose role says more than their unit, or that were let in where they have no business."""
    unit = panshan_officer.unit
    return {
        "a county officer let into the admin": factories.make_user("staff", Role.COUNTY_OFFICER, unit, is_staff=True),
        "a city regulator without a unit": factories.make_user("nowhere", Role.CITY_REGULATOR),
        "a city regulator posted in a county": factories.make_user("posted", Role.CITY_REGULATOR, unit),
    }


@pytest.fixture(autouse=True)
def _refusals_are_not_news() -> Iterator[None]:
    """A walk is refused a thousand times; only its faults are worth a line."""
    log = logging.getLogger("django.request")
    before = log.level
    log.setLevel(logging.CRITICAL)
    yield
    log.setLevel(before)


def without_first_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ORM cuts nothing any more: whatever still is kept apart, PostgreSQL keeps apart.

    What passes through no SQL keeps its own check and has no second wall: the live arrays (``Fleet.within``) and the
    groups of the cases' socket (``announce``); ``test_sockets`` holds those.
    """
    monkeypatch.setattr(Scope, "limit", lambda self, rows, **columns: rows)
