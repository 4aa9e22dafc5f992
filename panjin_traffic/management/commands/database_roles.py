"""``manage.py database_roles``: the three roles and the database on a PostgreSQL of one's own (数据库角色)."""

import os
from argparse import ArgumentParser
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg2
from django.core.management.base import BaseCommand, CommandError

from panjin_traffic.servers import roles

VARIABLES = {"owner": "DATABASE_URL", "web": "DATABASE_WEB_URL", "ingest": "DATABASE_INGEST_URL"}


class Command(BaseCommand):
    """Names and passwords come from the three addresses in the environment; it can run again after a change."""

    help = (
        "Create or update the roles and the database that DATABASE_URL, DATABASE_WEB_URL and DATABASE_INGEST_URL name."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--admin",
            metavar="URL",
            default=os.environ.get("DATABASE_ADMIN_URL", ""),
            help="a superuser's address on that server, such as postgresql://postgres:…@host/postgres "
            "(default: DATABASE_ADMIN_URL)",
        )
        parser.add_argument("--dry-run", action="store_true", help="print the SQL, passwords included; change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        database, accounts = self._wanted()
        if options["dry_run"]:
            self.stdout.write(roles.script(database, accounts), ending="")
            return
        if not options["admin"]:
            raise CommandError("say who may create roles: --admin URL, or DATABASE_ADMIN_URL; --dry-run prints the SQL")
        try:
            roles.apply(options["admin"], database, accounts)
        except psycopg2.Error as fault:
            raise CommandError(f"the roles can't be made: {str(fault).strip()}") from None
        names = ", ".join(account.name for account in accounts.values())
        self.stdout.write(f"{database}: {names} are as they should be")

    def _wanted(self) -> tuple[str, dict[str, roles.Account]]:
        """The database and the three accounts that the environment names."""
        accounts, databases = {}, set()
        for kind, variable in VARIABLES.items():
            parts = urlsplit(os.environ.get(variable, ""))
            database = parts.path.lstrip("/")
            if not (parts.username and parts.password and database):
                raise CommandError(f"{variable} must be postgresql://name:password@host/database (see .env.example)")
            accounts[kind] = roles.Account(unquote(parts.username), unquote(parts.password))
            databases.add(database)
        if len(databases) > 1 or len({account.name for account in accounts.values()}) < len(accounts):
            raise CommandError(f"{', '.join(VARIABLES.values())} must name one database and three different roles")
        return databases.pop(), accounts
