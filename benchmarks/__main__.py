"""Runs the benchmarks and prints a line of JSON each, with the ratio to the last committed baseline."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

BASELINE = Path(__file__).resolve().parent.parent / "docs/bench/baseline.json"
# name → module with ``run() -> list[dict]``, in the order they are run.
BENCHES = {
    "decode": "benchmarks.bench_decode",
    "detect": "benchmarks.bench_detect",
    "map": "benchmarks.bench_map",
    "gateway": "benchmarks.bench_gateway",
    "ingest": "benchmarks.bench_ingest",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(BENCHES)}; all when none is given")
    parser.add_argument("--save", action="store_true", help=f"write the figures to {BASELINE.name}")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(BENCHES)}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    figures = {}
    for name in options.names or BENCHES:
        for figure in importlib.import_module(BENCHES[name]).run():
            before = baseline.get(figure["bench"])
            if before:
                figure["detail"]["baseline_ratio"] = round(figure["value"] / before["value"], 3)
            figures[figure["bench"]] = {key: figure[key] for key in ("value", "unit")}
            print(json.dumps(figure, ensure_ascii=False), flush=True)
    if options.save:
        BASELINE.parent.mkdir(parents=True, exist_ok=True)
        BASELINE.write_text(json.dumps({**baseline, **figures}, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
