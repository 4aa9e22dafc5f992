"""The trend as columns (趋势图): where each stands and how high it is, in the units of its picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from complaints.ratings.selectors import Sums

WIDTH, HEIGHT = 1180, 120
_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One day or week: all its ratings, and the low ones of them at the foot."""

    x: float
    width: float
    all_y: float
    all_height: float
    low_y: float
    low_height: float
    first_day: date
    sums: Sums
    label: bool


def columns(trend: list[tuple[date, Sums]]) -> list[Column]:
    """A column for each part of the period; the highest fills the picture."""
    most = max((sums.rated for _, sums in trend), default=0) or 1
    step = WIDTH / max(1, len(trend))
    every = max(1, len(trend) // 8)
    drawn = []
    for place, (day, sums) in enumerate(trend):
        high, low = HEIGHT * sums.rated / most, HEIGHT * sums.low / most
        drawn.append(
            Column(
                round(place * step, 2), round(max(1.0, step - _GAP), 2), round(HEIGHT - high, 2), round(high, 2),
                round(HEIGHT - low, 2), round(low, 2), day, sums, place % every == 0,
            )
        )  # fmt: skip
    return drawn
