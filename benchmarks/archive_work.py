"""What ``bench_archive`` measures, in a process of its own; one line of JSON."""

from __future__ import annotations

import json
import os
import time
from datetime import date, timedelta
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks import tracks  # noqa: E402
from datacenter.tracks import store  # noqa: E402
from datacenter.tracks.archive import days, files, seal  # noqa: E402
from datacenter.tracks.copying import Rows  # noqa: E402

VEHICLES, REPORTS = 60, 8_640
_AT_ONCE = 50_000


def put(day: date, rows: Rows) -> None:
    """Store a day in the order in which it would have come: by time."""
    store.make_partitions([day])
    rows = rows.take(np.argsort(rows.positions.device_time, kind="stable"))
    with connection.cursor() as cursor:
        for first in range(0, len(rows), _AT_ONCE):
            piece = rows.slice(first, min(first + _AT_ONCE, len(rows)))
            store.append_fresh(cursor, piece.positions, piece.extras.to_pylist())


def sealed(day: date) -> tuple[seal.Outcome, dict[str, Any]]:
    """Seal, with what it took."""
    outcome = seal.seal(day)
    detail = {
        "positions": outcome.rows,
        "files": outcome.files,
        "bytes": outcome.bytes,
        "seconds": round(outcome.seconds, 2),
        "positions_per_s": round(outcome.rows / outcome.seconds),
    }
    return outcome, detail


def timed(day: date, vehicles: list[int], times: int) -> dict[str, Any]:
    """Reading a vehicle's whole day, ``times`` times over, footers forgotten each time."""
    took, span = [], days.span_of(day)
    for number in range(times):
        files._footer.cache_clear()
        began = time.perf_counter()
        found = store.between(vehicles[number * 7 % len(vehicles)], *span)
        took.append((time.perf_counter() - began) * 1000)
        assert len(found) == REPORTS, len(found)
    return {"p50_ms": round(float(np.percentile(took, 50)), 2), "p95_ms": round(float(np.percentile(took, 95)), 2),
            "max_ms": round(max(took), 2), "readings": times, "positions": REPORTS}  # fmt: skip


def main() -> None:
    """Everything, one after the other."""
    today = timezone.localdate()
    limit = int(os.environ.get("BENCH_ROWS", "800000"))
    result: dict[str, Any] = {}
    for name, ago, extras in (("plain", 30, False), ("items", 31, True)):
        day = today - timedelta(days=ago)
        start = int(days.span_of(day)[0].timestamp())
        put(day, tracks.real_rows(start, extras=extras, limit=limit))
        outcome, result[name] = sealed(day)
        result["bytes" if name == "plain" else "bytes_items"] = round(outcome.bytes / outcome.rows, 2)
        result["rows_per_s"] = round(outcome.rows / outcome.seconds)
    day = today - timedelta(days=32)
    put(day, tracks.steady_rows(int(days.span_of(day)[0].timestamp()), VEHICLES, REPORTS))
    vehicles = list(range(1, VEHICLES + 1))
    result["hot"] = timed(day, vehicles, 100)
    seal.seal(day)
    result["cold"] = timed(day, vehicles, 100)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
