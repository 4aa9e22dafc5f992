"""The examination: which vehicles are held out, and on which rides the meter's bit is hidden (抹除).

All by seed, so that anybody gets the same examination from the same file.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taxi.meter.grid import STEP_S, Bools, Grid, Ints, bounds, steps_km

HELD_OUT_SHARE = 0.3
LEAST_S = 180
LEAST_KM = 1.0


@dataclass(frozen=True, slots=True)
class Rides:
    """Spans of rows of a grid, both ends in."""

    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.first)


def occupied_rides(grid: Grid) -> Rides:
    """Occupied stretches of at least 3 minutes and 1 km within one segment."""
    rows = np.arange(len(grid))
    new = grid.first == rows
    new[1:] |= grid.occupied[1:] != grid.occupied[:-1]
    _, last = bounds(new)
    starts = np.flatnonzero(new & grid.occupied)
    ends = last[starts]
    way = np.cumsum(steps_km(grid), dtype=np.float64)
    keep = ((ends - starts + 1) * STEP_S >= LEAST_S) & (way[ends] - way[starts] >= LEAST_KM)
    return Rides(starts[keep], ends[keep])


def split_vehicles(vehicles: npt.ArrayLike, seed: int) -> tuple[Ints, Ints]:
    """(to train on, held out): a seeded 30 %, at least one on each side."""
    known = np.unique(np.asarray(vehicles))
    shuffled = np.random.default_rng(seed).permutation(known)
    out = min(max(round(len(known) * HELD_OUT_SHARE), 1), len(known) - 1)
    return np.sort(shuffled[out:]), np.sort(shuffled[:out])


def hide(rides: Rides, share: float, seed: int) -> Rides:
    """A seeded share of the rides, at least one of them where there are any."""
    count = min(max(round(len(rides) * share), 1), len(rides))
    chosen = np.sort(np.random.default_rng(seed).permutation(len(rides))[:count])
    return Rides(rides.first[chosen], rides.last[chosen])


def seen_occupied(grid: Grid, hidden: Rides) -> Bools:
    """The meter's bit as the model sees it: 0 in the hidden rides."""
    edge = np.zeros(len(grid) + 1, np.int64)
    np.add.at(edge, hidden.first, 1)
    np.add.at(edge, hidden.last + 1, -1)
    return grid.occupied & (np.cumsum(edge[:-1]) == 0)
