"""Runs the benchmarks and prints a line of JSON each, with its budget and the ratio to the last committed baseline.

``--target host:port`` sends the load of ``ingest`` to any other JT/T 808 server instead, for figures side by side.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.harness import Figure, judged, measured

BASELINE = Path(__file__).resolve().parent.parent / "docs/bench/baseline.json"
# name → module with ``run() -> list[dict]``, in the order they are run.
BENCHES = {
    "decode": "benchmarks.bench_decode",
    "detect": "benchmarks.bench_detect",
    "map": "benchmarks.bench_map",
    "archive": "benchmarks.bench_archive",
    "hop": "benchmarks.bench_hop",
    "gateway": "benchmarks.bench_gateway",
    "ingest": "benchmarks.bench_ingest",
    "backfill": "benchmarks.bench_backfill",
    "where": "benchmarks.bench_where",
    "lost": "benchmarks.bench_lost",
    "pages": "benchmarks.bench_pages",
}


def main(arguments: list[str] | None = None) -> int:
    """0 when every benchmark gave its figures, 1 when one failed; a missed budget is a figure, no failure."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(BENCHES)}; all when none is given")
    parser.add_argument("--save", action="store_true", help=f"write the figures to {BASELINE.name}")
    parser.add_argument("--runs", type=int, default=1, help="how often each is run: the median is told, and the spread")
    parser.add_argument("--target", metavar="HOST:PORT", help="drive that JT/T 808 server with the load of ingest")
    parser.add_argument("--target-pids", metavar="PID,…", default="", help="its processes here, for its CPU")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(BENCHES)}")
    if options.runs < 1:
        parser.error(f"--runs {options.runs}: must be 1 or more")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")
    if options.target:
        return _target(parser, options)
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    began, figures, failed = time.monotonic(), {}, []
    for name in options.names or BENCHES:
        found = measured(name, lambda name=name: importlib.import_module(BENCHES[name]).run(), options.runs)  # type: ignore[misc]
        failed += [] if found else [name]
        for figure in found:
            _tell(judged(figure, baseline))
            figures[figure["bench"]] = {key: figure[key] for key in ("value", "unit")}
    if options.save:
        BASELINE.parent.mkdir(parents=True, exist_ok=True)
        BASELINE.write_text(json.dumps({**baseline, **figures}, indent=1, sort_keys=True) + "\n")
    failures = f"; failed: {', '.join(failed)}" if failed else ""
    print(f"{len(figures)} figures in {time.monotonic() - began:.0f} s{failures}", file=sys.stderr)
    return 1 if failed else 0


def _target(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from benchmarks import bench_target

    if set(options.names) - {"ingest"}:
        parser.error(f"--target drives with the load of ingest only, not {', '.join(options.names)}")
    if options.save:
        parser.error("--save: figures of another server are no baseline of ours")
    try:
        host, port = bench_target.read_target(options.target)
        pids = bench_target.read_pids(options.target_pids)
    except ValueError as fault:
        parser.error(str(fault))
    figures = measured("target", functools.partial(bench_target.run, host, port, pids), options.runs)
    for figure in figures:
        _tell(judged(figure, {}))
    return 0 if figures else 1


def _tell(figure: Figure) -> None:
    print(json.dumps(figure, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
