"""Migrations: complete, in one line, named, and what they build is what the code relies on."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from datacenter.accounts.grants import GRANTS
from datacenter.cases.models import WorkflowRule
from datacenter.detection import catalogue
from datacenter.detection.models import DetectorSetting
from tests.conftest import on_test_database

OURS = ("datacenter", "taxi")


@pytest.fixture(scope="module")
def loader() -> MigrationLoader:
    return MigrationLoader(None)


def of(app: str, loader: MigrationLoader) -> list[str]:
    return sorted(name for owner, name in loader.disk_migrations if owner == app)


def test_models_and_migrations_say_the_same(db: None) -> None:
    out = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, stderr=out)
    except SystemExit:
        pytest.fail(f"a migration is missing:\n{out.getvalue()}")


@pytest.mark.parametrize("app", OURS)
def test_they_stand_in_one_line(loader: MigrationLoader, app: str) -> None:
    assert not loader.detect_conflicts()
    names = of(app, loader)
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    for before, after in pairwise(names):
        needed = loader.disk_migrations[app, after].dependencies
        assert [name for owner, name in needed if owner == app] == [before]


@pytest.mark.parametrize("app", OURS)
def test_each_is_named_for_its_idea(loader: MigrationLoader, app: str) -> None:
    for name in of(app, loader):
        assert re.fullmatch(r"\d{4}_[a-z][a-z0-9_]*", name), name
        assert "_auto_" not in name, name


def test_the_policies_of_the_walls_are_in_the_database(db: None) -> None:
    from importlib import import_module

    walls = import_module("datacenter.migrations.0003_walls")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
        policies = set(cursor.fetchall())
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%append_only'")
        refused = {table for (table,) in cursor.fetchall()}
    expected = {(table, "scope") for table in (*walls.OWNED, *walls.BELONGING)}
    assert expected | {("audit_record", "reading"), ("audit_record", "adding")} <= policies
    assert set(walls.APPEND_ONLY) <= refused
    assert {table for table, _ in policies} <= set(GRANTS)


def test_what_every_installation_starts_with_is_there(db: None) -> None:
    assert WorkflowRule.objects.filter(industry="").exists()
    assert set(DetectorSetting.objects.values_list("pk", flat=True)) == set(catalogue.detectors())


@pytest.fixture
def empty_database(db: None) -> Iterator[str]:
    """The alias of a new, empty database on the tests' server."""
    name = f"{connection.settings_dict['NAME']}_from_zero"
    owner = psycopg2.connect(on_test_database(os.environ["DATABASE_URL"]))
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
    connections.databases["zero"] = {**connection.settings_dict, "NAME": name}
    yield "zero"
    connections["zero"].close()
    del connections["zero"]
    del connections.databases["zero"]
    with owner.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}"')
    owner.close()


def shape_of(alias: str) -> dict[str, Any]:
    """What a database is made of, as far as the code relies on it."""
    questions = {
        "columns": "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name NOT LIKE 'track\\_position\\_%' ORDER BY 1, 2",
        "policies": "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
        "forced": "SELECT relname FROM pg_class WHERE relforcerowsecurity ORDER BY 1",
        "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        "functions": "SELECT proname, prosrc, prosecdef FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename NOT LIKE 'track\\_position\\_%' ORDER BY 1",
        "grants": "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'public' AND table_name NOT LIKE 'track\\_position\\_%' ORDER BY 1, 2, 3",
    }
    with connections[alias].cursor() as cursor:
        shape = {}
        for name, question in questions.items():
            cursor.execute(question)
            shape[name] = cursor.fetchall()
    return shape


def _without_casts(shape: dict[str, Any]) -> dict[str, Any]:
    """``shape`` as a copy has it too: where a dump puts the casts of an index's condition means nothing."""
    plain = sorted(re.sub(r"::[a-z ]+(\[\])?|[()]", "", definition) for (definition,) in shape["indexes"])
    return shape | {"indexes": plain}


@pytest.mark.django_db(databases=["default"])
def test_from_zero_and_again_gives_the_same_database(empty_database: str, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("migrate", database=empty_database, verbosity=0)
        once = shape_of(empty_database)
        applied = MigrationRecorder(connections[empty_database]).applied_migrations().keys()
        call_command("migrate", database=empty_database, verbosity=0)
        assert shape_of(empty_database) == once
        assert MigrationRecorder(connections[empty_database]).applied_migrations().keys() == applied
        for app in OURS:
            assert {name for owner, name in applied if owner == app} == set(of(app, MigrationLoader(None)))
        assert _without_casts(once) == _without_casts(shape_of("default"))
    assert settings.DATABASE_USERS["web"] in {grantee for grantee, *_ in once["grants"]}
