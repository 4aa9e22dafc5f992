"""Train the meter model that ships, on the demo fleet's generated movement: `taxi/meter/data/shipped.model`.

    .venv/bin/python scripts/train_shipped_model.py [--out FILE]

The same bytes every time on one version of LightGBM. Run it after a change in the model's features or version, or in
the generated movement. Real tracks prove the method (docs/detection.md) and never come into this file.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

from datacenter.simulator.fleet import demo_fleet  # noqa: E402
from datacenter.simulator.movement import LOADED_BITS, Movement  # noqa: E402
from taxi.meter.evaluation import RARE_SHARE, TRAINING_SEEDS  # noqa: E402
from taxi.meter.grid import resample  # noqa: E402
from taxi.meter.reading import Fixes, in_order  # noqa: E402
from taxi.meter.training import train  # noqa: E402

OUT = ROOT / "taxi/meter/data/shipped.model"
CABS, DAYS, EVERY_S = 120, 3, 30
BEGINS_S = 1_772_294_400  # 2026-03-01T00:00:00+08:00
ORIGIN = (122.07, 41.12)


def generated() -> Fixes:
    """What the terminals of some demo taxis would have reported over some days."""
    taxis = [vehicle for vehicle in demo_fleet() if vehicle.kind == "taxi"]
    cabs = taxis[:: len(taxis) // CABS][:CABS]
    movement = Movement(cabs)
    times = np.arange(BEGINS_S, BEGINS_S + DAYS * 86_400, EVERY_S)
    parts = [movement.at(np.full(len(times), cab), times) for cab in range(len(cabs))]
    columns = [
        np.concatenate([getattr(part, name)[part.silent == 0] for part in parts])
        for name in ("who", "time_s", "longitude_e6", "latitude_e6", "status")
    ]
    who, time_s, lon, lat, status = columns
    return in_order(who, time_s, lon / 1e6, lat / 1e6, (status & LOADED_BITS) == LOADED_BITS)


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    grid = resample(generated(), ORIGIN)
    trained = train(grid, origin=ORIGIN, share=RARE_SHARE, seeds=TRAINING_SEEDS[RARE_SHARE])
    out.parent.mkdir(parents=True, exist_ok=True)
    trained.model.save(out)
    print(json.dumps({"bytes": out.stat().st_size} | trained.model.trained_on | asdict(trained.across)))


if __name__ == "__main__":
    main()
