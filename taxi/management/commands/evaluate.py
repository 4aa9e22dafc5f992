"""``manage.py evaluate meter --tracks FILE``: how well a method finds what it should. Needs no database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from taxi.meter.errors import TracksRefused
from taxi.meter.evaluation import evaluate
from taxi.meter.reading import read_fixes


class Command(BaseCommand):
    """Evaluate a method of detection (评估)."""

    help = "Train on 70 % of a file's vehicles and examine on the other 30 %, the meter's bit hidden on some rides."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["meter"])
        parser.add_argument("--tracks", type=Path, required=True, help="CSV or Parquet: vehicle,time,lon,lat,occupied")
        parser.add_argument("--train-on", type=int, help="only so many of the training vehicles, for the trend")
        parser.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["train_on"]
        if wanted is not None and wanted < 2:
            raise CommandError(f"--train-on：{wanted}，训练至少要有两辆车")
        try:
            answer = evaluate(read_fixes(options["tracks"]), train_on=wanted, tell=self.stderr.write)
        except TracksRefused as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps(answer, indent=None if options["json"] else 2))
