"""``manage.py demo_city``: fills the tables with the demo city (演示城市)."""

from argparse import ArgumentParser
from datetime import date
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from datacenter.accounts.scope import CITY, entered
from datacenter.media.demo import enter_codes
from datacenter.registry.demo.fill import fill
from datacenter.registry.models import Vehicle
from datacenter.roadside.demo import enter_patrols


class Command(BaseCommand):
    """Adds what is missing of the demo city; running it again changes nothing."""

    help = "Fill the registry with the demo city: Panjin, 11,268 vehicles, all people and companies made up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where any vehicle is registered")
        parser.add_argument("--on", type=date.fromisoformat, help="the day that validity dates lie about (today)")

    def handle(self, *args: Any, if_empty: bool, on: date | None, **options: Any) -> None:
        started = perf_counter()
        with entered(CITY):
            if if_empty and Vehicle.objects.exists():
                self.stdout.write("demo city: vehicles are registered, nothing done")
                return
            added = fill(on or timezone.localdate())
            added["safetyeventcode"] = enter_codes()
            added["patrol"] = enter_patrols()
        counts = ", ".join(f"{count:,} {name}" for name, count in added.items() if count) or "nothing missing"
        self.stdout.write(f"demo city: {counts} ({perf_counter() - started:.1f} s)")
