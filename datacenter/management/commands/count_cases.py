"""``manage.py count_cases``: brings the figures over all cases up to date, or counts all anew (统计重算)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from datacenter.statistics.folding import count_all, fold


class Command(BaseCommand):
    """The beat counts what changed each minute; this is for who can't wait, or has moved rows by hand."""

    help = "Count the days of cases that changed; --all: every day from scratch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="every day there is, from scratch")

    def handle(self, *args: Any, all: bool, **options: Any) -> None:
        if all:
            count_all()
        days = 0
        while done := fold():
            days += done
        self.stdout.write(f"{days:,} days counted")
