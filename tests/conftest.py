"""The cast (演员表) and the servers that tests run on: real PostgreSQL, real Valkey, a real web process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg2
import pytest
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.geo.models import County
from datacenter.registry.models import Company
from tests import database, embedded, factories
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument alone, told apart by pytest's numbers.

    A packed file holds the present moment, and even its length changes with it: two processes would collect two names.
    """
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, a file's tests stay together, and so do all that start whole houses: there is one at a time.

    What takes longest begins first, or the other process would wait for it at the end: houses, and the walk as soon as
    tests that empty the tables have their turn. Beside the first house stands what needs no tables: it makes them.
    """
    houses, walk, rest = [], [], []
    for item in items:
        whole = item.path.parent.name == "chaos" or item.path.name == "test_story.py"
        item.add_marker(pytest.mark.xdist_group("houses" if whole else str(item.path)))
        (houses if whole else walk if item.path.name == "test_walk.py" else rest).append(item)
    rest.sort(key=lambda item: item.path.parent.name != "protocols")
    turn = next((number for number, item in enumerate(rest) if _empties(item)), len(rest))
    items[:] = houses + rest[:turn] + walk + rest[turn:]


def _empties(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in getattr(item, "fixturenames", ()) or bool(marker and marker.kwargs.get("transaction"))


# --- the database ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def django_db_keepdb(django_db_blocker: Any, django_db_modify_db_settings: None) -> bool:
    """Whether pytest-django finds the test database there, with all its tables: a copy of what one process migrated."""
    if not embedded.SERVERS:
        return False
    postgres, name = embedded.SERVERS.postgres, connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        database.create_empty(postgres.urls.owner, name)
        database.furnish(postgres.urls.superuser, name, partial(_migrate, name))
    return True


def _migrate(name: str) -> None:
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database; a test that commits is undone by ``database.restore``, Django's flush takes ten times as long.

    Flush also runs what follows a migration; here that has run once and is kept.
    """
    if embedded.SERVERS:
        with django_db_blocker.unblock():
            database.keep(embedded.SERVERS.postgres.urls.superuser)
        TransactionTestCase._fixture_teardown = lambda case: database.restore()


@pytest.fixture(autouse=True)
def _clean_redis() -> Iterator[None]:
    """Each test finds nothing of another's in Valkey; keys carry this run's prefix."""
    yield
    client = redis.Redis.from_url(settings.REDIS_URL)
    if keys := list(client.scan_iter(f"{settings.REDIS_PREFIX}:*", count=1000)):
        client.delete(*keys)


# --- the cast --------------------------------------------------------------------------------------------------------
@pytest.fixture
def counties(db: None) -> dict[str, County]:
    """Panjin's four, by code."""
    return factories.make_counties()


@pytest.fixture
def bureau(counties: dict[str, County]) -> Unit:
    return factories.make_unit("盘锦市交通运输局", Unit.Kind.BUREAU)


@pytest.fixture
def city_officer(bureau: Unit) -> User:
    """The city's regulator (市级监管员)."""
    return factories.make_user("city", Role.CITY_REGULATOR, bureau)


def _county_officer(bureau: Unit, code: str, username: str) -> User:
    unit = factories.make_unit(
        f"{factories.DISTRICTS[code]}分局", Unit.Kind.COUNTY_STATION, parent=bureau, county_id=code
    )
    return factories.make_user(username, Role.COUNTY_OFFICER, unit)


@pytest.fixture
def dawa_officer(bureau: Unit) -> User:
    return _county_officer(bureau, factories.DAWA, "dawa")


@pytest.fixture
def panshan_officer(bureau: Unit) -> User:
    return _county_officer(bureau, factories.PANSHAN, "panshan")


@pytest.fixture
def hotline_operator(bureau: Unit) -> User:
    unit = factories.make_unit("12328 热线中心", Unit.Kind.HOTLINE, parent=bureau)
    return factories.make_user("hotline", Role.HOTLINE_OPERATOR, unit)


@pytest.fixture
def approver(bureau: Unit) -> User:
    return factories.make_user("approver", Role.APPROVER, factories.make_unit("法制审核科", parent=bureau))


@pytest.fixture
def enforcement_officer(bureau: Unit) -> User:
    unit = factories.make_unit("交通综合执法一大队", Unit.Kind.ENFORCEMENT_TEAM, parent=bureau)
    return factories.make_user("enforcer", Role.ENFORCEMENT_OFFICER, unit)


@pytest.fixture
def administrator(bureau: Unit) -> User:
    return factories.make_user("admin", Role.ADMINISTRATOR, bureau, is_staff=True, is_superuser=True)


@pytest.fixture
def hazmat_company(counties: dict[str, County]) -> Company:
    """A dangerous-goods company of Dawa."""
    return factories.make_company("盘锦鸿运危险货物运输有限公司", factories.DAWA)


@pytest.fixture
def other_company(counties: dict[str, County]) -> Company:
    """Another company, of Panshan."""
    return factories.make_company("盘山顺达货物运输有限公司", factories.PANSHAN)


@pytest.fixture
def safety_officer(hazmat_company: Company) -> User:
    """The safety officer of ``hazmat_company`` (企业安全员)."""
    return factories.make_user("safety", Role.SAFETY_OFFICER, hazmat_company.unit)


@pytest.fixture
def other_safety_officer(other_company: Company) -> User:
    return factories.make_user("safety2", Role.SAFETY_OFFICER, other_company.unit)


# --- servers ---------------------------------------------------------------------------------------------------------
def on_test_database(url: str) -> str:
    """``url`` with the database that this run's tests use in place of its own."""
    return database.on(url, str(connection.settings_dict["NAME"]))


@pytest.fixture
def web_connection(transactional_db: None) -> Iterator[psycopg2.extensions.connection]:
    """A connection as the web's database role, with no scope set: what raw SQL in a web session could do."""
    opened = psycopg2.connect(on_test_database(os.environ["DATABASE_WEB_URL"]))
    yield opened
    opened.close()


@pytest.fixture
def as_ingest(tracks: None) -> Iterator[None]:
    """The test's own connection has the role of workers and gateways; rows that only the owner makes come before."""
    with _as_role("DATABASE_INGEST_URL"):
        yield


@pytest.fixture
def as_web(tracks: None) -> Iterator[None]:
    """The test's own connection has the web's role, bound by row-level security; rows come before (committed)."""
    with _as_role("DATABASE_WEB_URL"):
        yield


@contextmanager
def _as_role(variable: str) -> Iterator[None]:
    parts = urlsplit(os.environ[variable])
    owner = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(USER=parts.username, PASSWORD=unquote(parts.password or ""))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(owner)


@pytest.fixture
def tracks(transactional_db: None) -> Iterator[None]:
    """Empty tracks before and after; Django's flush knows only its own models."""
    yield
    if not embedded.SERVERS:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE track_position, track_chunk, track_cell")


def child_environment(**more: str) -> dict[str, str]:
    """The environment of a process of ours on this run's test database."""
    urls = {
        name: on_test_database(os.environ[name]) for name in ("DATABASE_URL", "DATABASE_WEB_URL", "DATABASE_INGEST_URL")
    }
    return {**os.environ, **urls, "REDIS_PREFIX": settings.REDIS_PREFIX, "LOG_LEVEL": "WARNING", **more}


@dataclass(frozen=True)
class Site:
    """A web process on loopback."""

    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def _web_process(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    port = free_port()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        environment = child_environment(DATABASE_ROLE="web", WEB_PORT=str(port))
    log = (tmp_path_factory.mktemp("web") / "web.log").open("wb")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "panjin_traffic.asgi:application",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(f"{url}/healthz"), 30, f"the web process; see {log.name}")
    yield Site(url, process)
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def _live_server_helper() -> None:
    """Stands in the place of pytest-django's own, which expects its threaded server behind ``live_server``."""


@pytest.fixture
def live_server(transactional_db: None, tracks: None, _web_process: Site) -> Site:
    """The real web process (uvicorn, the web's database role) on this run's database; rows must be committed."""
    return _web_process


def answers(url: str) -> bool:
    """Whether an address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_for(condition: object, seconds: float, what: str) -> None:
    """Wait until ``condition()`` holds; fails by name after ``seconds``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s for {what}")
