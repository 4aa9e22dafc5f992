"""``manage.py archive``: seal days of tracks, look what is sealed, prove it, bring a day back (轨迹归档)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from datacenter.errors import DomainError
from datacenter.tracks.archive import days, restore, seal
from datacenter.tracks.archive.models import ArchiveFile, TrackDay


class Command(BaseCommand):
    help = "The archive of tracks: seal, restore, verify, list. Needs the role of ingest or the owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="verb", required=True)
        one = parts.add_parser("seal", help="seal one day, or every day that is due")
        one.add_argument("day", nargs="?", help="YYYY-MM-DD, of Asia/Shanghai")
        one = parts.add_parser("restore", help="put a sealed day back into the database")
        one.add_argument("day", help="YYYY-MM-DD")
        one.add_argument("--days", type=int, default=7, help="how long it stays there (%(default)s)")
        one = parts.add_parser(
            "verify", help="read every file whole and compare it with the manifest; mend by the copy"
        )
        one.add_argument("day", nargs="?", help="YYYY-MM-DD; all days without")
        one = parts.add_parser("list", help="sealed and restored days, or the files of one")
        one.add_argument("day", nargs="?", help="YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        day = _day(options["day"]) if options.get("day") else None
        try:
            getattr(self, options["verb"])(day, options)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None

    def seal(self, day: date | None, options: dict[str, Any]) -> None:
        """One day, or all that are due."""
        wanted = [day] if day else days.due()
        for one in wanted:
            done = seal.seal(one)
            self.stdout.write(
                f"{done.day}: {done.rows} rows in {done.files} files, {done.bytes} bytes"
                f" ({done.bytes / max(1, done.rows):.2f} a row), {done.seconds:.1f} s"
            )
        if not wanted:
            self.stdout.write(f"no day up to {days.youngest_sealable()} waits to be sealed")

    def restore(self, day: date, options: dict[str, Any]) -> None:
        """One day back."""
        if options["days"] < 1:
            raise CommandError(f"--days {options['days']}: must be 1 or more")
        rows = restore.restore(day, options["days"])
        self.stdout.write(f"{day}: {rows} rows are in the database again, for {options['days']} days")

    def verify(self, day: date | None, options: dict[str, Any]) -> None:
        """All that is wrong, by name; ends with an error if anything is left so."""
        count, faults, mended = restore.verify(day)
        for path in mended:
            self.stdout.write(f"mended: {path}")
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            raise CommandError(f"{len(faults)} of {count} files can't be used as they are")
        self.stdout.write(f"{count} files are as they were written")

    def list(self, day: date | None, options: dict[str, Any]) -> None:
        """Days, or a day's files."""
        if day is None:
            for row in TrackDay.objects.order_by("day"):
                self.stdout.write(f"{row.day}  {row.state:7}  {row.rows:>12} rows  late writes {row.writes}")
            return
        for file in ArchiveFile.objects.filter(day=day):
            self.stdout.write(
                f"{file.path}  {file.state}  {file.rows} rows  {file.bytes} bytes"
                f"  vehicles {file.vehicle_first}-{file.vehicle_last}  sha256 {file.sha256}"
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"day {text!r}: must be a date like 2026-11-01") from None
