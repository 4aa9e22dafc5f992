"""PostgreSQL's own wall: what raw SQL in a web session can and can't do, and whether every table stands behind it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from psycopg2.errors import InsufficientPrivilege

from datacenter.accounts.grants import GRANTS
from datacenter.accounts.scope import CITY, NOTHING, Scope, entered, scope_of
from datacenter.registry.models import Vehicle
from tests import factories
from tests.walls.world import World

APPEND_ONLY = (
    "case_event", "case_attachment", "audit_record", "chain_anchor", "detector_setting_change", "emergency_event",
    "review", "assessment_correction", "call_event", "complaint_call_back", "complaint_evidence",
    "complaint_hand_over", "complaint_order_event", "complaint_quality_check", "credit_grade", "knowledge_version",
    "point_entry",
)  # fmt: skip
# Tables that say whose a row is and still have no policy: why.
UNWALLED = {
    "territory_rule": "the bureau's rules; whose county one names is no secret, and every session decides by them",
    "account": "read to find out who signs in, before any scope is known; no page lists it but the administrators'",
    "unit": "the tree of bodies gives each user its scope, before any scope is known",
}
# Columns by which a row belongs to somebody.
OWNER_COLUMNS = {"county_id", "company_id", "vehicle_id", "case_id", "practitioner_id"}


def protected_tables() -> list[str]:
    """Tables with row-level security enabled and forced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity"
            " AND relforcerowsecurity ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def owned_tables() -> set[str]:
    """Tables with a column that says whose a row is; a partition stands behind its parent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND a.attname = ANY(%s) AND NOT a.attisdropped",
            [sorted(OWNER_COLUMNS)],
        )
        return {name for (name,) in cursor.fetchall()}


def tables_with_rows() -> set[str]:
    """Protected tables in which the world put something: an empty one proves nothing."""
    with entered(CITY), connection.cursor() as cursor:
        filled = set()
        for table in protected_tables():
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
            if cursor.fetchone()[0]:
                filled.add(table)
        return filled


def ask(web: Any, sql: str, scope: Scope | None = None) -> list[tuple[Any, ...]]:
    """One statement in a transaction of its own, under ``scope`` or none."""
    with web, web.cursor() as cursor:
        if scope is not None:
            cursor.execute(
                "SELECT set_config('app.scope', %s, true), set_config('app.scope_id', %s, true)",
                (scope.level, scope.id),
            )
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def count(web: Any, table: str, scope: Scope | None = None) -> int:
    return int(ask(web, f"SELECT count(*) FROM {table}", scope)[0][0])


# --- every table ------------------------------------------------------------------------------------------------------
def test_every_table_has_a_line_in_the_grants(db: None) -> None:
    models = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert models | {"track_position", "track_chunk", "track_cell", "django_migrations"} == set(GRANTS)


def test_every_table_that_says_whose_a_row_is_has_row_security(db: None) -> None:
    unreadable = {table for table, (web, _) in GRANTS.items() if not web}
    assert owned_tables() - set(protected_tables()) - set(UNWALLED) - unreadable == set()


def test_the_list_of_unwalled_tables_has_no_line_too_many(db: None) -> None:
    assert set(UNWALLED) <= set(GRANTS)
    assert not set(UNWALLED) & set(protected_tables())


def test_no_policy_speaks_of_one_command_only_but_those_of_the_audit_record(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_policies WHERE cmd <> 'ALL'")
        assert {name for (name,) in cursor.fetchall()} == {"audit_record"}


# --- rows -------------------------------------------------------------------------------------------------------------
def test_without_a_scope_there_are_no_rows(world: World, web_connection: Any) -> None:
    filled = tables_with_rows()
    assert {"vehicle", "case_file", "case_event", "case_attachment", "track_position", "finding", "permit"} <= filled
    for table in sorted(filled):
        assert count(web_connection, table) == 0, table
        assert count(web_connection, table, NOTHING) == 0, table
        assert count(web_connection, table, CITY) > 0, table


def test_a_scope_that_is_none_shows_nothing(world: World, web_connection: Any) -> None:
    for level, table in itertools.product(("", "City", "city ", "admin", "NULL"), protected_tables()):
        assert count(web_connection, table, Scope(level, "")) == 0, (level, table)  # type: ignore[arg-type]


def test_each_county_and_company_sees_its_own(world: World, web_connection: Any) -> None:
    for scope, own, other in (
        (Scope("county", factories.DAWA), world.vehicle, world.neighbour),
        (Scope("county", factories.PANSHAN), world.neighbour, world.vehicle),
        (Scope("company", str(world.company.pk)), world.vehicle, world.neighbour),
        (Scope("vehicle", str(world.vehicle.pk)), world.vehicle, world.neighbour),
    ):
        assert ask(web_connection, "SELECT id FROM vehicle", scope) == [(own.pk,)]
        joined = ask(web_connection, f"SELECT count(*) FROM track_position WHERE vehicle_id = {other.pk}", scope)
        assert joined == [(0,)]


def test_of_dawas_rows_another_county_sees_none(world: World, web_connection: Any) -> None:
    neighbours = {"company": 1, "vehicle": 1}  # rows of its own
    for table in sorted(tables_with_rows()):
        assert count(web_connection, table, Scope("county", factories.PANSHAN)) == neighbours.get(table, 0), table


def test_a_row_cannot_be_written_into_another_county(world: World, web_connection: Any) -> None:
    scope = Scope("county", factories.PANSHAN)
    moved = f"UPDATE vehicle SET county_id = '{factories.DAWA}' WHERE id = {world.neighbour.pk}"
    with pytest.raises(InsufficientPrivilege, match="row-level security"):
        ask(web_connection, moved, scope)
    taken = f"UPDATE vehicle SET county_id = '{factories.PANSHAN}' WHERE id = {world.vehicle.pk} RETURNING id"
    assert ask(web_connection, taken, scope) == []
    assert ask(web_connection, f"DELETE FROM terminal WHERE id = {world.terminal.pk} RETURNING id", scope) == []


def test_a_scope_ends_with_its_transaction(world: World, web_connection: Any) -> None:
    assert count(web_connection, "vehicle", CITY) == 2
    assert count(web_connection, "vehicle") == 0
    web_connection.rollback()
    with web_connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.scope', 'city', true)")
        web_connection.rollback()
    assert count(web_connection, "vehicle") == 0


def test_a_connection_that_serves_the_next_reader_has_forgotten_the_last(world: World, as_web: None) -> None:
    with entered(Scope("county", factories.DAWA)):
        assert list(Vehicle.objects.values_list("pk", flat=True)) == [world.vehicle.pk]
    assert not Vehicle.objects.exists()
    with entered(Scope("county", factories.PANSHAN)):
        assert list(Vehicle.objects.values_list("pk", flat=True)) == [world.neighbour.pk]
        with entered(CITY):
            assert Vehicle.objects.count() == 2
        assert Vehicle.objects.count() == 1  # the outer scope is back
    with pytest.raises(RuntimeError, match="on purpose"), entered(CITY):
        raise RuntimeError("on purpose")
    assert not Vehicle.objects.exists()


def test_an_inner_scope_that_fails_gives_the_outer_one_back(world: World, as_web: None) -> None:
    with transaction.atomic(), entered(Scope("county", factories.PANSHAN)):
        with pytest.raises(RuntimeError, match="on purpose"), entered(CITY):
            raise RuntimeError("on purpose")
        assert list(Vehicle.objects.values_list("pk", flat=True)) == [world.neighbour.pk]


def test_disabled_users_and_users_without_unit_have_no_scope(city_officer: Any, dawa_officer: Any) -> None:
    city_officer.is_active = False
    assert scope_of(city_officer) == NOTHING
    assert scope_of(dawa_officer) == Scope("county", factories.DAWA)
    dawa_officer.unit = None
    assert scope_of(dawa_officer) == NOTHING
    assert scope_of(None) == NOTHING


# --- what the role may not do -----------------------------------------------------------------------------------------
FORBIDDEN = (
    "ALTER TABLE vehicle DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE vehicle NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY scope ON vehicle",
    "CREATE POLICY mine ON vehicle USING (true)",
    "CREATE TABLE mine (a int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE VIEW mine AS SELECT * FROM vehicle",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "CREATE ROLE mine",
    "DROP TABLE vehicle",
    "TRUNCATE vehicle",
    "TRUNCATE case_event",
    "ALTER TABLE case_event DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "SELECT state FROM engine_checkpoint",
    "SELECT track_make_partition('2030-01-01')",
    "SELECT track_drop_partition('2030-01-01')",
    "SELECT track_flip_lock()",
    "UPDATE track_day SET state = 'sealed'",
    "DELETE FROM archive_file",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY vehicle TO PROGRAM 'cat'",
    "DELETE FROM case_file",
    "UPDATE finding SET state = 'ended'",
    "UPDATE county SET name = 'x'",
    "UPDATE track_position SET speed_dkmh = 0",
)


def test_the_webs_role_may_do_none_of_these(web_connection: Any) -> None:
    allowed = []
    for sql in FORBIDDEN:
        try:
            ask(web_connection, sql, CITY)
        except InsufficientPrivilege:
            continue
        allowed.append(sql)
    assert not allowed


def test_a_days_partition_cannot_be_read_past_its_parent(world: World, web_connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'track_position'::regclass")
        partitions = [name for (name,) in cursor.fetchall()]
    assert partitions
    for name in partitions:
        with pytest.raises(InsufficientPrivilege):
            ask(web_connection, f"SELECT 1 FROM {name}", CITY)


def test_the_webs_role_can_become_no_other(web_connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname NOT LIKE 'pg\\_%'")
        roles = {name for (name,) in cursor.fetchall()} - {web_connection.info.user}
    assert len(roles) >= 3
    for role in roles:
        with pytest.raises(InsufficientPrivilege):
            ask(web_connection, f'SET ROLE "{role}"')
        with pytest.raises(InsufficientPrivilege):
            ask(web_connection, f'SET SESSION AUTHORIZATION "{role}"')


def test_turning_row_security_off_only_makes_queries_fail(web_connection: Any) -> None:
    with pytest.raises(InsufficientPrivilege):
        ask(web_connection, "SET LOCAL row_security = off; SELECT * FROM vehicle")


REWRITES = ("UPDATE {} SET id = id", "DELETE FROM {}")


def test_records_cannot_be_rewritten_by_the_web(web_connection: Any) -> None:
    for table, statement in itertools.product(APPEND_ONLY, REWRITES):
        with pytest.raises(InsufficientPrivilege):
            ask(web_connection, statement.format(table), CITY)


def test_not_even_the_owner_rewrites_records(world: World) -> None:
    filled = tables_with_rows() & set(APPEND_ONLY)
    always = {"case_event", "case_attachment", "chain_anchor", "emergency_event", "review"}
    always |= {"assessment_correction", "credit_grade", "point_entry", "complaint_call_back", "complaint_order_event"}
    always |= {"call_event", "complaint_hand_over"}
    # A quality check is made of a finished order, and the world's is not.
    assert always | {"audit_record", "complaint_quality_check"} >= filled >= always
    # The audit record has no policy by which anybody could reach a row to change.
    with entered(CITY), connection.cursor() as cursor:
        for statement in REWRITES:
            cursor.execute(statement.format("audit_record"))
            assert cursor.rowcount == 0
    for table, statement in itertools.product(sorted(filled - {"audit_record"}), REWRITES):
        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute(statement.format(table))


def test_the_web_owns_nothing_and_bypasses_nothing(web_connection: Any) -> None:
    name = web_connection.info.user
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", [name])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proowner = %s::regrole", [name])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", [name])
        assert cursor.fetchone() == (0,)
        rights = "rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
        cursor.execute(f"SELECT {rights} FROM pg_roles WHERE rolname = %s", [name])
        assert cursor.fetchone() == (False, False, False, False)


def test_the_database_grants_what_the_table_of_grants_says(db: None) -> None:
    for position, role in enumerate(("web", "ingest")):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
                " WHERE table_schema = 'public' AND grantee = %s",
                [settings.DATABASE_USERS[role]],
            )
            given = set(cursor.fetchall())
        said = {(table, right) for table, line in GRANTS.items() for right in line[position].split(", ") if right}
        assert given == said, role


def test_everybody_adds_to_the_audit_record_and_only_the_city_reads_it(world: World, web_connection: Any) -> None:
    line = "INSERT INTO audit_record (at, action, subject, detail, succeeded) VALUES (now(), 'x', '', '{}', true)"
    before = count(web_connection, "audit_record", CITY)
    ask(web_connection, line)
    assert count(web_connection, "audit_record", Scope("county", factories.DAWA)) == 0
    assert count(web_connection, "audit_record", CITY) == before + 1
