"""What each figure has to reach (预算), DESIGN §11 in one table, and in which direction a figure gets better.

Figures without a row have no budget; for those the unit says the direction: so many a second, more is better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["more", "less"]


@dataclass(frozen=True, slots=True)
class Budget:
    """``limit`` in the figure's own unit: a floor where more is better, a ceiling where less is."""

    limit: float
    better: Better
    what: str

    def holds(self, value: float) -> bool:
        """Whether ``value`` keeps to it."""
        return value >= self.limit if self.better == "more" else value <= self.limit


BUDGETS: dict[str, Budget] = {
    "decode": Budget(1_000_000, "more", "0x0200 with extras, frames/s a core"),
    "decode-table-plain": Budget(100_000, "more", "one frame at a time, frames/s"),
    "detect": Budget(300_000, "more", "all detectors on, replayed, positions/s a core"),
    "ingest": Budget(60_000, "more", "committed and acknowledged, all detectors on, positions/s over 60 s"),
    "ingest-cpu": Budget(20, "less", "µs CPU a position, all server processes"),
    "ingest-p99": Budget(1_000, "less", "ms to the acknowledgement at 11,268 positions/s"),
    "live-p99": Budget(2_000, "less", "ms from the wire to an open map at 11,268 positions/s"),
    "gateway-idle": Budget(1_024, "less", "MB of a gateway with 50,000 idle connections"),
    "archive-bytes": Budget(10, "less", "bytes a position on real tracks"),
    "archive-day-cold": Budget(200, "less", "ms for one vehicle's day out of the archive"),
    "archive-day-hot": Budget(50, "less", "ms for one vehicle's day out of PostgreSQL"),
    "where": Budget(300, "less", "ms over a day of 97 million positions"),
    "lost": Budget(1_000, "less", "ms a lost-property search over 90 days of 3,268 taxis, p95"),
    "map-bytes": Budget(30, "less", "KB/s to a client at city zoom, 11,268 vehicles"),
    "map-frame": Budget(33, "less", "ms a frame in headless Chromium, p95"),
    "pages": Budget(150, "less", "ms a page with a million cases, p95"),
    "pages-statistics": Budget(150, "less", "ms the statistics of a million cases, whatever the period, p95"),
}


def better(bench: str, unit: str) -> Better:
    """In which direction the figure ``bench`` gets better."""
    known = BUDGETS.get(bench)
    if known is not None:
        return known.better
    return "more" if unit.endswith("/s") else "less"
