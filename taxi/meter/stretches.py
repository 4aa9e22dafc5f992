"""Vacant stretches (空驶段): where rides are sought, and what each of their minutes looks like.

Training hides rides as the examination does. Hiding by several seeds gives other stretches; one that comes out the
same from several seeds is kept once, with its weight, so more seeds cost little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taxi.meter.grid import STEP_S, Bools, Floats, Grid, Ints, bounds
from taxi.meter.habits import Usual
from taxi.meter.hiding import LEAST_S, Rides
from taxi.meter.movement import STILL_KM

_FAR_MIN = 240


@dataclass(frozen=True, slots=True)
class Stretches:
    """One element a minute of a stretch: its row of the grid, and first and last element of its stretch."""

    row: Ints
    first: Ints
    last: Ints
    weight: Floats
    ride: Ints  # the hidden ride that the minute belongs to, else -1
    ride_before: Ints  # first row of the metered ride that ends where the stretch begins, else -1
    ride_after: Ints  # last row of the one that begins where it ends, else -1

    def __len__(self) -> int:
        return len(self.row)

    def shifted(self, k: int) -> Ints:
        """Element ``k`` minutes later, held within the stretch."""
        return np.clip(np.arange(len(self)) + k, self.first, self.last)


def vacant_spans(grid: Grid, seen: Bools) -> Rides:
    """Runs of vacant minutes within a segment, long enough for a ride."""
    new = grid.first == np.arange(len(grid))
    new[1:] |= seen[1:] != seen[:-1]
    _, last = bounds(new)
    starts = np.flatnonzero(new & ~seen)
    ends = last[starts]
    keep = (ends - starts + 1) * STEP_S >= LEAST_S
    return Rides(starts[keep], ends[keep])


def stretches(grid: Grid, seen_by_seed: Sequence[Bools]) -> Stretches:
    """The stretches of every seed, alike ones once; rides are those occupied in truth and vacant as seen."""
    bounded = [_bounded(grid, seen) for seen in seen_by_seed]
    unique, counts = np.unique(np.concatenate(bounded), axis=0, return_counts=True)
    starts, ends, before, after = unique.T
    lengths = ends - starts + 1
    opens = np.cumsum(lengths) - lengths
    row = np.arange(lengths.sum()) - np.repeat(opens - starts, lengths)
    first, last = np.repeat(opens, lengths), np.repeat(opens + lengths - 1, lengths)
    hidden = grid.occupied[row]
    begins = hidden & ~(np.r_[False, hidden[:-1]] & (first != np.arange(len(row))))
    return Stretches(
        row,
        first,
        last,
        weight=np.repeat(counts / len(bounded), lengths).astype(np.float32),
        ride=np.where(hidden, np.cumsum(begins) - 1, -1),
        ride_before=np.repeat(before, lengths),
        ride_after=np.repeat(after, lengths),
    )


def _bounded(grid: Grid, seen: Bools) -> Ints:
    """First and last row of each vacant span, and the far ends of the metered rides beside it or -1, shape (n, 4)."""
    spans = vacant_spans(grid, seen)
    new = grid.first == np.arange(len(grid))
    new[1:] |= seen[1:] != seen[:-1]
    first, last = bounds(new)
    before, after = spans.first - 1, np.minimum(spans.last + 1, max(len(grid) - 1, 0))
    return np.column_stack((
        spans.first,
        spans.last,
        np.where(spans.first != grid.first[spans.first], first[before], -1),
        np.where(spans.last != grid.last[spans.last], last[after], -1),
    ))  # fmt: skip


_AROUND = (-2, -1, 0, 1, 2)
_WINDOWS = ((-20, -11), (-10, -6), (-5, -1), (1, 5), (6, 10), (11, 20), (-3, 3), (-10, 10))
_STILL_WINDOWS = ((-20, -1), (-10, -1), (-3, -1), (1, 3), (1, 10), (1, 20))
_LOOKED_UP = ("cell", "heading", "share", "picked", "dropped")
_OF_STRETCH = (
    "since_metered", "to_metered", "way_since_metered", "way_to_metered", "far_since_metered", "far_to_metered",
    "after_metered", "before_metered", "ride_before_minutes", "ride_before_way", "ride_before_far",
    "ride_after_minutes", "ride_after_way", "ride_after_far",
)  # fmt: skip
NAMES = (
    *_OF_STRETCH,
    *(f"{name}_{k}" for name in _LOOKED_UP for k in _AROUND),
    *(f"{name}_{a}_{b}" for name in _LOOKED_UP[:3] for a, b in _WINDOWS),
    "week",
    "place_hour",
    *(f"still_{a}_{b}" for a, b in _STILL_WINDOWS),
)


def minute_features(grid: Grid, way: np.ndarray, usual: Usual, found: Stretches) -> Floats:
    """One row of ``NAMES`` a minute: the metered rides around its stretch, and what is usual here and around."""
    row = found.row
    at = {k: np.clip(row + k, grid.first[row], grid.last[row]) for k in _offsets()}
    columns = _of_stretch(grid, way, found)
    columns += [getattr(usual, name)[at[k]] for name in _LOOKED_UP for k in _AROUND]
    for name in _LOOKED_UP[:3]:
        total = np.r_[0.0, np.cumsum(getattr(usual, name), dtype=np.float64)]
        columns += [(total[at[b] + 1] - total[at[a]]) / (at[b] - at[a] + 1) for a, b in _WINDOWS]
    columns += [usual.week[row], usual.place_hour[row]]
    still = np.r_[0, np.cumsum(np.diff(way, prepend=way[:1]) < STILL_KM)]
    columns += [(still[at[b] + 1] - still[at[a]]) / (at[b] - at[a] + 1) for a, b in _STILL_WINDOWS]
    return np.column_stack(columns).astype(np.float32)


def _offsets() -> set[int]:
    return {0, *_AROUND, *(k for window in (*_WINDOWS, *_STILL_WINDOWS) for k in window)}


def _of_stretch(grid: Grid, way: np.ndarray, found: Stretches) -> list[np.ndarray]:
    """How far it is to the metered rides before and after the stretch, and how long those were; -1 where none is."""
    row, index = found.row, np.arange(len(found))
    opens, closes = row[found.first], row[found.last]
    x, y = grid.x_km, grid.y_km
    columns = [
        np.minimum(index - found.first, _FAR_MIN),
        np.minimum(found.last - index, _FAR_MIN),
        way[row] - way[opens],
        way[closes] - way[row],
        np.hypot(x[row] - x[opens], y[row] - y[opens]),
        np.hypot(x[closes] - x[row], y[closes] - y[row]),
        found.ride_before >= 0,
        found.ride_after >= 0,
    ]
    for far, near in ((found.ride_before, opens - 1), (found.ride_after, closes + 1)):
        there = far >= 0
        a, b = np.where(there, far, 0), np.where(there, near, 0)
        columns += [
            np.where(there, np.abs(b - a) + 1, -1),
            np.where(there, np.abs(way[b] - way[a]), -1),
            np.where(there, np.hypot(x[b] - x[a], y[b] - y[a]), -1),
        ]
    return columns
