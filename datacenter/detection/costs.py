"""What each rule costs (检测开销): CPU time and positions of late, kept by the engine while it works.

Both fade as more positions come, so that their quotient is a moving average; added up over processes it still is one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datacenter import metrics

# About so many positions count.
_RECENT = 200_000

SECONDS = metrics.gauge("detector_recent_seconds", "CPU time that a rule took of late, fading", ["code"])
POSITIONS = metrics.gauge("detector_recent_positions", "Positions that a rule judged of late, fading", ["code"])


class Costs:
    """CPU seconds and positions of each rule, by its key."""

    def __init__(self) -> None:
        self.spent: dict[str, tuple[float, float]] = {}

    @contextmanager
    def of(self, key: str, positions: int) -> Iterator[None]:
        """Adds the CPU time of this thread while it is open."""
        began = time.thread_time()
        try:
            yield
        finally:
            seconds, judged = self.spent.get(key, (0.0, 0.0))
            keep = max(0.0, 1 - positions / _RECENT)
            self.spent[key] = seconds * keep + time.thread_time() - began, judged * keep + positions

    def publish(self) -> None:
        """Sets this process's gauges, which go to /metrics with the others."""
        for key, (seconds, positions) in self.spent.items():
            SECONDS.set(seconds, key)
            POSITIONS.set(positions, key)


def us_by_code(snapshots: list[metrics.Snapshot]) -> dict[str, float]:
    """Microseconds of CPU for a position by rule, over all processes that live."""
    seconds, positions = (metrics.totals(snapshots, gauge.name) for gauge in (SECONDS, POSITIONS))
    return {key[0]: seconds.get(key, 0.0) / judged * 1e6 for key, judged in positions.items() if judged}


def read(client: Any) -> dict[str, float]:
    """``us_by_code`` of what the processes last published."""
    return us_by_code(metrics.read(client))
