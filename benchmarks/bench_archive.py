"""The archive (DESIGN §11): bytes a position on real tracks, how fast a day is sealed, one vehicle-day cold and hot.

A database and an archive of their own. The days are ``tracks.real_rows`` (without items, and with those of a usual
terminal) and, for the vehicle-days, vehicles that report every 10 s.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import tracks
from tests.stack import ROOT, Stack

_WORK = "benchmarks.archive_work"


def run() -> list[dict[str, Any]]:
    """Bytes, rows a second, and p95 in ms; the work is done in a process with the role of ingest."""
    with tempfile.TemporaryDirectory(prefix="panjin-bench-") as directory:
        stack = Stack(Path(directory), ARCHIVE_URL=str(Path(directory) / "archive"))
        try:
            stack.start("worker", demo_city=False)
            stack.kill("worker")
            done = subprocess.run(  # noqa: S603 - this file's own words
                [sys.executable, "-m", _WORK],
                cwd=ROOT,
                env={**stack.environment(), "DATABASE_ROLE": "ingest", "LOG_LEVEL": "ERROR"},
                capture_output=True,
                text=True,
                timeout=200,
                check=False,
            )
        finally:
            stack.stop()
    if done.returncode:
        raise RuntimeError(f"{_WORK} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    source = {"source": tracks.CABS.name}
    return [
        {"bench": "archive-bytes", "value": found["bytes"], "unit": "bytes/position",
         "detail": found["plain"] | source},
        {"bench": "archive-bytes-items", "value": found["bytes_items"], "unit": "bytes/position",
         "detail": found["items"] | source},
        {"bench": "archive-seal", "value": found["rows_per_s"], "unit": "positions/s", "detail": found["items"]},
        {"bench": "archive-day-hot", "value": found["hot"]["p95_ms"], "unit": "ms", "detail": found["hot"]},
        {"bench": "archive-day-cold", "value": found["cold"]["p95_ms"], "unit": "ms", "detail": found["cold"]},
    ]  # fmt: skip
