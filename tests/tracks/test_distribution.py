"""The plan for Citus holds against the database as it is migrated, and against every query on the tables it spreads."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from datacenter.tracks.distribution import DISTRIBUTED, LOCAL, OBSTACLES, QUERIES, REFERENCE, statements

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db
OWN = "c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"


def rows(question: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return list(cursor.fetchall())


def unique_keys() -> list[tuple[str, str, bool, list[str]]]:
    """(table, index, whether primary, columns) of each unique key."""
    return rows(
        "SELECT c.relname, i.indexrelid::regclass::text, i.indisprimary, array(SELECT a.attname::text"
        " FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(i.indkey))"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        f" WHERE i.indisunique AND {OWN}"
    )


def foreign_keys() -> list[tuple[str, str, list[str], list[str]]]:
    """(table, table it leads to, columns there and here) of each foreign key."""
    return rows(
        "SELECT c.relname, f.relname, array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid"
        " AND a.attnum = ANY(k.conkey)), array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = f.oid"
        " AND a.attnum = ANY(k.confkey)) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        f" JOIN pg_class f ON f.oid = k.confrelid WHERE k.contype = 'f' AND {OWN}"
    )


def columns(name: str) -> set[str]:
    found = rows(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        f" WHERE a.attname = '{name}' AND c.relkind IN ('r', 'p') AND {OWN}"
    )
    return {table for (table,) in found}


def test_every_unique_key_of_a_distributed_table_has_its_column() -> None:
    keys = [key for key in unique_keys() if key[0] in DISTRIBUTED]
    assert ("track_position", "track_position_identity") in {key[:2] for key in keys}
    wrong = []
    for table, index, primary, names in keys:
        how = DISTRIBUTED[table]
        if how.own_key and primary:
            assert names == ["id"], f"{index} is not what the plan replaces"
        elif how.column not in names:
            wrong.append(f"{index} ({', '.join(names)}) lacks {how.column}")
    assert not wrong, wrong


def test_a_primary_key_that_is_replaced_is_nobodys_target() -> None:
    replaced = {table for table, how in DISTRIBUTED.items() if how.own_key}
    assert replaced
    assert not [key for key in foreign_keys() if key[1] in replaced]
    for table in replaced:
        assert "id" in {name for key in unique_keys() if key[0] == table for name in key[3]}


def test_no_foreign_key_leads_where_citus_allows_none() -> None:
    wrong = []
    for here, there, *_ in foreign_keys():
        if here in DISTRIBUTED and there not in REFERENCE:
            wrong.append(f"distributed {here} → {there}")
        elif there in DISTRIBUTED:
            wrong.append(f"{here} → distributed {there}")
        elif here in REFERENCE and there not in REFERENCE:
            wrong.append(f"reference {here} → local {there}")
    assert not wrong, wrong


def test_reference_tables_come_behind_those_they_lead_to() -> None:
    place = {table: number for number, table in enumerate(REFERENCE)}
    for here, there, *_ in foreign_keys():
        if here in place and here != there:
            assert place[there] < place[here], f"{here} → {there}"


def test_no_trigger_stands_on_a_spread_table() -> None:
    found = rows(
        f"SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal AND {OWN}"
    )
    assert found, "the catalogue was read: local tables have some"
    assert not {table for (table,) in found} & {*DISTRIBUTED, *REFERENCE}


def test_every_table_with_a_vehicle_is_in_the_plan() -> None:
    with_vehicle = columns("vehicle_id") | {here for here, there, *_ in foreign_keys() if there == "vehicle"}
    planned = {*DISTRIBUTED, *REFERENCE, *LOCAL}
    assert not with_vehicle - planned, "say in tracks/distribution.py where they lie and why"
    assert not set(LOCAL) - with_vehicle, "these have no vehicle, or are no more"
    spread = {table for (table,) in rows(f"SELECT relname FROM pg_class c WHERE relkind IN ('r', 'p') AND {OWN}")}
    assert {*DISTRIBUTED, *REFERENCE} <= spread
    for table, how in DISTRIBUTED.items():
        assert table in columns(how.column)


def test_what_policies_ask_is_on_every_node() -> None:
    """A policy is judged where the row lies: a table it asks must be a reference table."""
    tables = {model._meta.db_table for model in apps.get_models()}
    for table, rule in rows("SELECT tablename, qual FROM pg_policies WHERE schemaname = 'public'"):
        if table in DISTRIBUTED:
            asked = set(re.findall(r"FROM (\w+)", rule or "")) & tables
            assert asked <= set(REFERENCE), f"{table}: {asked}"


def naming(tables: set[str]) -> Iterator[str]:
    """Module and function or constant, inside ``datacenter``, of each place that names one of ``tables``."""
    models = {model.__name__ for model in apps.get_models() if model._meta.db_table in tables}
    for path in sorted((ROOT / "datacenter").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT / "datacenter").with_suffix("").parts)
        if module.startswith(("migrations.", "management.")) or module in ("models", "tracks.distribution"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, body in _named(tree):
            nodes = [node for statement in body for node in ast.walk(statement)]
            said = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
            if {node.id for node in nodes if isinstance(node, ast.Name)} & models or any(
                re.search(rf"\b{table}\b", text) for text in said for table in tables
            ):
                yield f"{module}.{name}"


def _named(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Functions and the module's own constants, with what they say; docstrings left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.body[1:] if ast.get_docstring(node) else node.body
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, [node]


def test_every_query_on_a_distributed_table_is_judged() -> None:
    found = set(naming(set(DISTRIBUTED)))
    assert "tracks.store.append_fresh" in found
    assert not found - set(QUERIES), "say in tracks/distribution.py how Citus would carry them out, and by which rule"
    assert not set(QUERIES) - found, "these are no more"


def test_dry_run_prints_the_plan_and_what_is_unproven() -> None:
    out = io.StringIO()
    call_command("distribute", "--dry-run", "--shard-count", "64", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[: len(OBSTACLES)] == [f"-- unproven: {obstacle}" for obstacle in OBSTACLES]
    assert lines[len(OBSTACLES) :] == [f"{statement};" for statement in statements(64)]
    assert "SET LOCAL citus.shard_count = 64;" in lines
    assert "SELECT create_distributed_table('track_position', 'vehicle_id', colocate_with => 'none');" in lines


def test_without_the_extension_it_says_so_and_changes_nothing() -> None:
    before = unique_keys()
    with pytest.raises(CommandError, match="no extension citus: nothing was changed"):
        call_command("distribute", "--unproven")
    assert unique_keys() == before
    with pytest.raises(CommandError, match="--shard-count=0: must be from 1"):
        call_command("distribute", "--shard-count", "0")
