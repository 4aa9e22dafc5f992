"""Rules alone, to measure the model by: moving stretches between dwells, the more direct the likelier."""

import numpy as np

from taxi.meter.grid import STEP_S, Bools, Grid, bounds, steps_km
from taxi.meter.hiding import LEAST_KM, LEAST_S
from taxi.meter.matching import Suspects
from taxi.meter.movement import STILL_KM


def suspects(grid: Grid, occupied: Bools) -> Suspects:
    """Vacant moving stretches of at least 3 minutes and 1 km; their score is how directly they go."""
    step = steps_km(grid)
    moving = (step >= STILL_KM) & ~occupied
    new = grid.first == np.arange(len(grid))
    new[1:] |= moving[1:] != moving[:-1]
    _, last = bounds(new)
    first = np.flatnonzero(new & moving)
    last = last[first]
    way = np.cumsum(step, dtype=np.float64)
    gone = way[last] - way[first]
    keep = ((last - first + 1) * STEP_S >= LEAST_S) & (gone >= LEAST_KM)
    first, last, gone = first[keep], last[keep], gone[keep]
    far = np.hypot(grid.x_km[last] - grid.x_km[first], grid.y_km[last] - grid.y_km[first])
    score, day = (far / gone).astype(np.float32), grid.minute[first] * STEP_S // 86_400
    return Suspects(first, last, score, day, np.zeros((len(first), 0), np.float32))
