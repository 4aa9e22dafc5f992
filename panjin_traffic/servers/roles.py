"""The three database roles, on our own PostgreSQL or any other (数据库角色): who may do what to whole tables.

The owner migrates; the web is bound by row-level security and owns nothing; ingest writes for every county. Rights on
single tables come with the migrations.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg2

RIGHTS = {
    "owner": "LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS",
    "web": "LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOINHERIT",
    "ingest": "LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE BYPASSRLS",
}
SCOPE_PARAMETER = "app.scope"
"""The owner's sessions start with the whole city's scope; only with this right may a migration arrange that."""


@dataclass(frozen=True)
class Account:
    """A role's name and password, as its address says them."""

    name: str
    password: str


def statements(accounts: Mapping[str, Account]) -> list[str]:
    """SQL that makes each role what ``RIGHTS`` says, whether it exists or not; it can run twice."""
    lines = []
    for kind, account in accounts.items():
        name, literal = identifier(account.name), text(account.name)
        exists = f"EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {literal})"  # noqa: S608 - quoted above
        lines.append(f"DO $do$ BEGIN IF NOT {exists} THEN CREATE ROLE {name}; END IF; END $do$")
        lines.append(f"ALTER ROLE {name} WITH {RIGHTS[kind]} PASSWORD {text(account.password)}")
    lines.append(f"GRANT SET ON PARAMETER {SCOPE_PARAMETER} TO {identifier(accounts['owner'].name)}")
    return lines


def create_database(database: str, owner: str) -> str:
    """SQL for the database itself; PostgreSQL has no "if it doesn't exist" for it."""
    return f"CREATE DATABASE {identifier(database)} OWNER {identifier(owner)} TEMPLATE template0 ENCODING 'UTF8'"


def script(database: str, accounts: Mapping[str, Account]) -> str:
    """All of it for ``psql``, to be read before it is run."""
    creation = create_database(database, accounts["owner"].name)
    exists = f"EXISTS (SELECT 1 FROM pg_database WHERE datname = {text(database)})"  # noqa: S608 - quoted by text
    condition = f"SELECT {text(creation)} WHERE NOT {exists}"
    return "".join(f"{line};\n" for line in statements(accounts)) + f"{condition} \\gexec\n"


def apply(admin_url: str, database: str, accounts: Mapping[str, Account]) -> None:
    """Does it, as the administrator of ``admin_url``. Raises ``psycopg2.Error``."""
    connection = psycopg2.connect(admin_url, dbname="postgres", connect_timeout=10)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements(accounts):
                cursor.execute(statement)
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if cursor.fetchone() is None:
                cursor.execute(create_database(database, accounts["owner"].name))
    finally:
        connection.close()


def identifier(name: str) -> str:
    """``name`` as PostgreSQL reads a name."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """``value`` as PostgreSQL reads a text."""
    return "'" + value.replace("'", "''") + "'"
