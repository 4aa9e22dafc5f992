"""``manage.py demo_history``: gives the demo city half a year of cases (演示历史)."""

from argparse import ArgumentParser
from datetime import date
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from datacenter.accounts.scope import CITY, entered
from datacenter.demo.history import DAYS, SEED, fill, has_past


class Command(BaseCommand):
    """Adds the demo city's past once; where cases are older than a week it does nothing."""

    help = "Fill half a year of made-up findings, screening and cases about the demo city's vehicles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=date.fromisoformat, help="the day before which the past ends (today)")
        parser.add_argument("--days", type=int, default=DAYS, help="how many days (%(default)s)")
        parser.add_argument("--size", type=float, default=1.0, help="share of the usual number of cases (%(default)s)")
        parser.add_argument("--seed", type=int, default=SEED, help="another seed, another past (%(default)s)")

    def handle(self, *args: Any, on: date | None, days: int, size: float, seed: int, **options: Any) -> None:
        if not 1 <= days <= 730 or not 0 < size <= 5:
            raise CommandError("--days is 1 to 730, --size above 0 and at most 5")
        started, on = perf_counter(), on or timezone.localdate()
        with entered(CITY):
            if has_past(on):
                self.stdout.write("demo history: there are cases older than a week, nothing done")
                return
            added = fill(on, days=days, size=size, seed=seed)
        counts = ", ".join(f"{count:,} {name}" for name, count in added.items() if count)
        said = counts or "no demo vehicles are registered, nothing done"
        self.stdout.write(f"demo history: {said} ({perf_counter() - started:.1f} s)")
