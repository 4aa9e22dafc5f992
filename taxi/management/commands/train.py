"""``manage.py train meter --tracks FILE --out FILE``: a model from tracks with the meter's state. Needs no database."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from taxi.meter.errors import TracksRefused
from taxi.meter.evaluation import RARE_SHARE, TRAINING_SEEDS
from taxi.meter.grid import resample
from taxi.meter.reading import read_fixes
from taxi.meter.training import train


class Command(BaseCommand):
    """Train a model of detection (训练)."""

    help = "Train the model of rides without the meter from tracks with the meter's state."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["meter"])
        parser.add_argument("--tracks", type=Path, required=True, help="CSV or Parquet: vehicle,time,lon,lat,occupied")
        parser.add_argument("--out", type=Path, required=True, help="where the model goes")
        parser.add_argument("--share", type=float, default=RARE_SHARE, help="of the rides to hide (default 0.05)")

    def handle(self, *args: Any, **options: Any) -> None:
        share, out = options["share"], options["out"]
        if not 0 < share < 1:
            raise CommandError(f"--share：{share}，须大于 0 且小于 1")
        if not out.parent.is_dir():
            raise CommandError(f"--out：{out}，目录不存在")
        try:
            fixes = read_fixes(options["tracks"])
            origin = (float(np.median(fixes.lon)), float(np.median(fixes.lat)))
            seeds = TRAINING_SEEDS.get(share, TRAINING_SEEDS[RARE_SHARE])
            trained = train(resample(fixes, origin), origin=origin, share=share, seeds=seeds)
        except TracksRefused as error:
            raise CommandError(error.message) from error
        trained.model.save(out)
        self.stdout.write(json.dumps({"model": str(out)} | trained.model.trained_on | asdict(trained.across)))
