"""What a minute of a track looks like from its movement: no meter in it, ±20 minutes around.

The features of a row depend on places and times of its segment only (a test holds this).
"""

from collections.abc import Iterator

import numpy as np

from taxi.meter.grid import STEP_S, Floats, Grid, Ints, bounds, steps_km

STILL_KM = 0.08  # in a minute: under 5 km/h
_OFFSETS = range(-8, 9)
_SPANS = (2, 4, 8, 16, 20)


def shifted(grid: Grid, k: int) -> Ints:
    """Row ``k`` minutes later, held within the segment."""
    return np.clip(np.arange(len(grid)) + k, grid.first, grid.last)


def movement(grid: Grid) -> tuple[list[str], Floats]:
    """Names, and one float32 row of features a minute."""
    names, columns = zip(*_features(grid), strict=True)
    return list(names), np.column_stack(columns).astype(np.float32, copy=False)


def still_runs(grid: Grid) -> tuple[Ints, Ints]:
    """First and last row of the run of equal stillness that each row lies in, and by it how long a dwell is."""
    still = steps_km(grid) < STILL_KM
    new = grid.first == np.arange(len(grid))
    new[1:] |= still[1:] != still[:-1]
    return bounds(new)


def _features(grid: Grid) -> Iterator[tuple[str, np.ndarray]]:
    step = steps_km(grid)
    way = np.cumsum(step, dtype=np.float64)
    for k in _OFFSETS:
        yield f"step_{k}", step[shifted(grid, k)]
    for span in _SPANS:
        yield from _around(grid, way, span)
    yield from _dwells(grid, step, way)
    seconds = grid.minute * STEP_S
    yield "hour", (seconds % 86_400 / 3600).astype(np.float32)
    yield "weekday", (seconds // 86_400 % 7).astype(np.float32)
    yield "x", grid.x_km
    yield "y", grid.y_km


def _around(grid: Grid, way: np.ndarray, span: int) -> Iterator[tuple[str, np.ndarray]]:
    """Way, displacement and turn over ``span`` minutes back and ahead."""
    back, ahead = shifted(grid, -span), shifted(grid, span)
    bx, by = grid.x_km - grid.x_km[back], grid.y_km - grid.y_km[back]
    ax, ay = grid.x_km[ahead] - grid.x_km, grid.y_km[ahead] - grid.y_km
    gone, going = np.hypot(bx, by), np.hypot(ax, ay)
    way_back, way_ahead = (way - way[back]).astype(np.float32), (way[ahead] - way).astype(np.float32)
    yield f"way_back_{span}", way_back
    yield f"way_ahead_{span}", way_ahead
    yield f"direct_back_{span}", gone / (way_back + 0.05)
    yield f"direct_ahead_{span}", going / (way_ahead + 0.05)
    yield f"turn_{span}", (bx * ax + by * ay) / (gone * going + 0.01)
    yield f"direct_across_{span}", np.hypot(ax + bx, ay + by) / (way_back + way_ahead + 0.05)


def _dwells(grid: Grid, step: np.ndarray, way: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """How long it has been standing or moving, and how far to the dwells before and after."""
    rows = np.arange(len(grid))
    first, last = still_runs(grid)
    still = step < STILL_KM
    sign = np.where(still, 1.0, -1.0)
    yield "run_back", sign * np.minimum(rows - first + 1, 60)
    yield "run_ahead", sign * np.minimum(last - rows + 1, 60)
    yield "way_since_dwell", (way - way[np.maximum(first - 1, grid.first)]) * ~still
    yield "way_to_dwell", (way[last] - way) * ~still
    before, after = np.maximum(first - 1, grid.first), np.minimum(last + 1, grid.last)
    yield "dwell_before", np.minimum(before - first[before] + 1, 60) * ~still
    yield "dwell_after", np.minimum(last[after] - after + 1, 60) * ~still
