"""``manage.py export_registry vehicles --as USERNAME --out FILE``: a table out of the registry (登记导出)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datacenter.accounts import audit
from datacenter.accounts.models import User
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import acting_as
from datacenter.errors import DomainError
from datacenter.registry import selectors
from datacenter.registry.sheets import writing
from datacenter.registry.sheets.columns import SHEETS

_ROWS = {
    "companies": selectors.companies_visible_to,
    "vehicles": selectors.vehicles_visible_to,
    "practitioners": selectors.practitioners_visible_to,
    "terminals": selectors.terminals_visible_to,
    "permits": selectors.permits_visible_to,
}


class Command(BaseCommand):
    """What the user may see, people's names and numbers masked; the audit says who took it."""

    help = "Export companies, vehicles, practitioners, terminals or permits to .xlsx or .csv, inside a user's scope."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(SHEETS))
        parser.add_argument(
            "--as", dest="username", required=True, help="whose rights and scope hold; the audit names them"
        )
        parser.add_argument("--out", type=Path, required=True, help="the file to write; its ending says csv or xlsx")

    def handle(self, *args: Any, kind: str, username: str, out: Path, **options: Any) -> None:
        user, format = User.objects.filter(username=username).first(), out.suffix.lstrip(".").lower()
        if user is None:
            raise CommandError(f"no user {username}")
        if format not in writing.TYPES:
            raise CommandError("--out must end in .csv or .xlsx")
        try:
            with acting_as(user):
                require(user, "registry.export")
                rows = _ROWS[kind](user)
                data = writing.export(rows, SHEETS[kind], format)
                count = rows.count()
                audit.record(None, "registry.export", SHEETS[kind].title, user=user, format=format, rows=count)
            out.write_bytes(data)
        except (DomainError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{count:,} rows written to {out}")
