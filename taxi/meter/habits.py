"""Where and how metered rides go: shares by place, heading and speed, learned from *visible* metered rides.

Tables are learned from other vehicles than those they are used on, in training as in use: a vehicle's own hidden rides
can't show through them.
"""

from dataclasses import dataclass

import numpy as np

from taxi.meter.grid import Bools, Floats, Grid, Ints, steps_km

_FINE_KM, _COARSE_KM = 0.25, 1.0
_TABLE = 1 << 20
_PLACES = 1 << 17
_WEEK_H = 168
_PRIOR = 20.0  # minutes' worth of the coarser table that a finer one begins with


@dataclass(frozen=True, slots=True)
class Habits:
    """Tables by hashed key: shares of minutes that are metered, log-rates, log-counts."""

    cell: Floats  # metered, by cell
    heading: Floats  # metered, by (cell, heading)
    share: Floats  # metered, by (cell, heading, speed)
    week: Floats  # metered, by hour of the week
    place_hour: Floats  # metered, by (1 km cell, hour)
    picked: Floats  # pick-ups a vacant minute, by cell
    dropped: Floats  # drop-offs a metered minute, by cell
    pairs: Floats  # metered rides, by (from, to) of 1 km cells


def _cells(x_km: np.ndarray, y_km: np.ndarray, size_km: float) -> Ints:
    return (np.floor(x_km / size_km).astype(np.int64) + 4096) * 8192 + np.floor(y_km / size_km).astype(np.int64) + 4096


def _hashed(keys: Ints, size: int) -> Ints:
    # Fibonacci hashing: neighbours in a city must not fall together.
    return ((keys.astype(np.uint64) * np.uint64(11400714819323198485)) >> np.uint64(40)).astype(np.int64) % size


@dataclass(frozen=True, slots=True)
class _Keys:
    """Where each minute looks things up, each finer than the one before: cell, with heading, with speed."""

    cell: Ints
    heading: Ints
    share: Ints
    week: Ints
    place_hour: Ints
    place: Ints


def _keys(grid: Grid) -> _Keys:
    before = np.maximum(np.arange(len(grid)) - 1, grid.first)
    angle = np.arctan2(grid.y_km - grid.y_km[before], grid.x_km - grid.x_km[before])
    octant = np.floor((angle / (2 * np.pi) + 1.0625) * 8).astype(np.int64) % 8
    speed = np.digitize(steps_km(grid), [0.08, 0.35, 0.8])
    cell = _cells(grid.x_km, grid.y_km, _FINE_KM)
    heading = cell * 8 + np.where(speed == 0, 0, octant)
    hours = grid.minute // 60
    return _Keys(
        cell=_hashed(cell, _TABLE),
        heading=_hashed(heading, _TABLE),
        share=_hashed(heading * 4 + speed, _TABLE),
        week=hours % _WEEK_H,
        place_hour=_hashed(_cells(grid.x_km, grid.y_km, _COARSE_KM) * 24 + hours % 24, _TABLE),
        place=_hashed(cell, _PLACES),
    )


def _shares(key: Ints, size: int, metered: Bools, prior: Floats | float) -> Floats:
    """The metered share by key; ``prior`` is a share of every minute, or one for all."""
    begins = np.full(size, 0.5)
    begins[key] = prior
    good, count = np.bincount(key, metered, size), np.bincount(key, minlength=size)
    return ((good + _PRIOR * begins) / (count + _PRIOR)).astype(np.float32)


def _pairs(grid: Grid, first: Ints, last: Ints) -> Ints:
    cell = _cells(grid.x_km, grid.y_km, _COARSE_KM)
    return cell[first] * 67_108_879 + cell[last]


def learn(grid: Grid, seen: Bools) -> Habits:
    """Tables from the minutes of ``grid`` with the meter's bit as ``seen``."""
    keys, rows = _keys(grid), np.arange(len(grid))
    starts = np.flatnonzero(seen & ~np.r_[False, seen[:-1]] & (grid.first != rows))
    ends = np.flatnonzero(seen & ~np.r_[seen[1:], False] & (grid.last != rows))
    overall = max(float(seen.mean()), 1e-3) if len(seen) else 0.5
    cell = _shares(keys.cell, _TABLE, seen, overall)
    heading = _shares(keys.heading, _TABLE, seen, cell[keys.cell])
    week = _shares(keys.week, _WEEK_H, seen, overall)
    metered, vacant = np.bincount(keys.place, seen, _PLACES), np.bincount(keys.place, ~seen, _PLACES)
    began = np.bincount(keys.place[starts], minlength=_PLACES)
    ended = np.bincount(keys.place[ends], minlength=_PLACES)
    rate, rate_out = (len(starts) / max(float((~seen).sum()), 1), len(ends) / max(float(seen.sum()), 1))
    stops = np.searchsorted(ends, starts)
    whole = stops < len(ends)
    pairs = _hashed(_pairs(grid, starts[whole], ends[stops[whole]]), _TABLE)
    return Habits(
        cell=cell,
        heading=heading,
        share=_shares(keys.share, _TABLE, seen, heading[keys.heading]),
        week=week,
        place_hour=_shares(keys.place_hour, _TABLE, seen, week[keys.week]),
        picked=np.log((began + 20 * rate + 1e-6) / (vacant + 20)).astype(np.float32),
        dropped=np.log((ended + 20 * rate_out + 1e-6) / (metered + 20)).astype(np.float32),
        pairs=np.log1p(np.bincount(pairs, minlength=_TABLE)).astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class Usual:
    """The tables read at every minute of a grid."""

    cell: Floats
    heading: Floats
    share: Floats
    week: Floats
    place_hour: Floats
    picked: Floats
    dropped: Floats


def usual(grid: Grid, habits: Habits) -> Usual:
    """What is usual at each minute's place, heading, speed and hour."""
    keys = _keys(grid)
    return Usual(
        habits.cell[keys.cell],
        habits.heading[keys.heading],
        habits.share[keys.share],
        habits.week[keys.week],
        habits.place_hour[keys.place_hour],
        habits.picked[keys.place],
        habits.dropped[keys.place],
    )


def popularity(grid: Grid, habits: Habits, first: Ints, last: Ints) -> Floats:
    """How many metered rides go from about there to about there (log)."""
    return habits.pairs[_hashed(_pairs(grid, first, last), _TABLE)]
