"""Tracks on a regular grid of minutes (定位重采样).

In recorded tracks the meter itself triggers a fix at pick-up and drop-off. A model that sees when fixes came finds
rides by that leak, so everything here sees only places at full minutes, interpolated between the fixes around them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taxi.meter.reading import Fixes

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STEP_S = 60
MOST_SILENCE_S = 300  # a longer silence ends a segment: what happened in it is not known
_KM_PER_DEG = 111.195


@dataclass(frozen=True, slots=True)
class Grid:
    """One row a vehicle and minute, by vehicle and time; ``first`` and ``last`` bound the row's unbroken segment."""

    vehicle: Ints
    minute: Ints  # since the epoch
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    x_km: Floats  # east of the origin
    y_km: Floats
    occupied: Bools
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.vehicle)

    def of(self, vehicles: npt.ArrayLike) -> "Grid":
        """The rows of some vehicles; segments stay whole."""
        keep = np.isin(self.vehicle, vehicles)
        moved = np.cumsum(keep) - 1
        return Grid(
            *(getattr(self, name)[keep] for name in ("vehicle", "minute", "lon", "lat", "x_km", "y_km", "occupied")),
            moved[self.first[keep]],
            moved[self.last[keep]],
        )


def bounds(new: Bools) -> tuple[Ints, Ints]:
    """First and last row of the group of each row, where ``new`` marks the first row of every group."""
    starts = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    ends = np.append(starts[1:], len(new)) - 1
    return starts[group], ends[group]


def resample(fixes: Fixes, origin: tuple[float, float] | None = None) -> Grid:
    """``fixes`` (one at least) at full minutes; ``origin`` (lon, lat) is the median of the places by default."""
    starts = np.flatnonzero(np.r_[True, np.diff(fixes.vehicle) != 0])
    ends = np.append(starts[1:], len(fixes)) - 1
    opens, closes = -(-fixes.time_s[starts] // STEP_S), fixes.time_s[ends] // STEP_S
    counts = np.maximum(closes - opens + 1, 0)
    who = np.repeat(np.arange(len(starts)), counts)
    minute = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + opens[who]
    # One search for all: vehicles lie one after the other on one axis of time.
    base = int(fixes.time_s.min())
    span = int(fixes.time_s.max()) - base + 2 * STEP_S
    rank = np.repeat(np.arange(len(starts)), ends - starts + 1)
    at = np.searchsorted(rank * span + fixes.time_s - base, who * span + minute * STEP_S - base, side="right") - 1
    after = np.minimum(at + 1, ends[who])
    silence = fixes.time_s[after] - fixes.time_s[at]
    keep = silence <= MOST_SILENCE_S
    who, minute, at, after, silence = who[keep], minute[keep], at[keep], after[keep], silence[keep]
    part = (minute * STEP_S - fixes.time_s[at]) / np.maximum(silence, 1)
    lon = fixes.lon[at] + part * (fixes.lon[after] - fixes.lon[at])
    lat = fixes.lat[at] + part * (fixes.lat[after] - fixes.lat[at])
    east, north = origin or (float(np.median(lon)), float(np.median(lat))) if len(lon) else (0.0, 0.0)
    new = np.r_[True, (np.diff(who) != 0) | (np.diff(minute) != 1)] if len(who) else np.zeros(0, bool)
    first, last = bounds(new)
    return Grid(
        fixes.vehicle[at],
        minute,
        lon,
        lat,
        ((lon - east) * _KM_PER_DEG * np.cos(np.radians(north))).astype(np.float32),
        ((lat - north) * _KM_PER_DEG).astype(np.float32),
        fixes.occupied[at],
        first,
        last,
    )


def steps_km(grid: Grid) -> Floats:
    """The way from the minute before; 0 at the start of a segment."""
    before = np.maximum(np.arange(len(grid)) - 1, grid.first)
    return np.hypot(grid.x_km - grid.x_km[before], grid.y_km - grid.y_km[before]).astype(np.float32)
