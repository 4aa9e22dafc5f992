"""``manage.py verify_chain``: proves that no case's history was changed (案件防篡改核验)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datacenter.accounts.scope import CITY, entered
from datacenter.cases.verification import Tally, faults


class Command(BaseCommand):
    """Looks at every case; prints what does not hold and then fails, so that a schedule can tell."""

    help = "Check every case's chain of events, its state and its files; exits with 1 where something was changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--case", default="", help="only the case of this number")
        parser.add_argument("--skip-files", action="store_true", help="leave the files on the disk unread")

    def handle(self, *args: Any, case: str, skip_files: bool, **options: Any) -> None:
        tally, found = Tally(), 0
        with entered(CITY):
            for fault in faults(tally, number=case, files=not skip_files):
                found += 1
                where = f"event {fault.sequence}: " if fault.sequence else ""
                self.stdout.write(f"{fault.number} {where}{fault.what}")
        if case and not tally.cases and not found:
            raise CommandError(f"there is no case {case}")
        seen = f"{tally.cases:,} cases, {tally.events:,} events, {tally.files:,} files"
        if tally.anchors:
            seen += f", {tally.anchors:,} anchors up to {tally.anchored_on}"
        if found:
            raise CommandError(f"{found:,} faults in {seen}")
        self.stdout.write(f"everything holds: {seen}")
