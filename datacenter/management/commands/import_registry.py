"""``manage.py import_registry vehicles FILE --as USERNAME``: a table into the registry (登记导入)."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datacenter.accounts.models import User
from datacenter.accounts.permissions import require
from datacenter.accounts.scope import acting_as
from datacenter.errors import DomainError
from datacenter.registry.errors import SheetRefused
from datacenter.registry.sheets.columns import SHEETS
from datacenter.registry.sheets.report import Report
from datacenter.registry.sheets.storing import import_sheet, preview


class Command(BaseCommand):
    """All rows of the file or none, with the rights and inside the scope of the user it is done for."""

    help = "Import companies, vehicles, practitioners, terminals or permits from .xlsx or .csv; all rows or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(SHEETS))
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--as", dest="username", required=True, help="whose rights and scope hold; the audit names them"
        )
        parser.add_argument("--dry-run", action="store_true", help="check and report, write nothing")

    def handle(self, *args: Any, kind: str, file: Path, username: str, dry_run: bool, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"no user {username}")
        try:
            with acting_as(user):
                require(user, "registry.import")
                if dry_run:
                    self._tell(preview(file.read_bytes(), SHEETS[kind], by=user)[1])
                    return
                rows = import_sheet(file.read_bytes(), SHEETS[kind], by=user)
        except SheetRefused as refusal:
            self._tell(refusal.report)
            raise CommandError("nothing was imported") from refusal
        except (DomainError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{rows:,} rows imported")

    def _tell(self, report: Report) -> None:
        for fault in (*report.errors, *report.warnings):
            level = "提示" if fault.warning else "错误"
            self.stdout.write(f"{level} 第 {fault.row} 行 {fault.title} “{fault.value}”：{fault.rule}")
        self.stdout.write(f"{report.rows:,} rows, {report.bad_rows:,} with errors, {len(report.warnings):,} warnings")
