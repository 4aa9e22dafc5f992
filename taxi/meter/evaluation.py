"""``evaluate meter``: the examination of the detection issue, on vehicles that the model never saw."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

from taxi.meter import baseline
from taxi.meter.errors import TracksRefused
from taxi.meter.grid import Grid, resample
from taxi.meter.hiding import hide, occupied_rides, seen_occupied, split_vehicles
from taxi.meter.matching import Figures, default_threshold, figures
from taxi.meter.model import Model, view
from taxi.meter.reading import Fixes
from taxi.meter.training import train

SEED = 20
USUAL_SHARE, RARE_SHARE = 0.3, 0.05
# Of a share of 5 % one hiding alone gives few rides to learn from.
TRAINING_SEEDS = {USUAL_SHARE: (101, 102, 103), RARE_SHARE: (101, 102, 103, 104, 105, 106)}
_DIGITS = 4


def evaluate(
    fixes: Fixes, *, train_on: int | None = None, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """The figures of DESIGN §9; ``train_on`` takes only so many of the training vehicles, for the trend."""
    vehicles = np.unique(fixes.vehicle)
    if len(vehicles) < 4:
        raise TracksRefused("vehicle", f"{len(vehicles)} 辆", "评估至少要有 4 辆车：训练与测试的车辆须分开")
    learning, held_out = split_vehicles(vehicles, SEED)
    learning = np.sort(np.random.default_rng(SEED).permutation(learning)[:train_on])
    known = np.isin(fixes.vehicle, learning)
    origin = (float(np.median(fixes.lon[known])), float(np.median(fixes.lat[known])))
    grid = resample(fixes, origin)
    answer: dict[str, Any] = {"vehicles_trained": len(learning), "vehicles_tested": len(held_out)}
    for share in (USUAL_SHARE, RARE_SHARE):
        began = time.monotonic()
        try:
            trained = train(grid.of(learning), origin=origin, share=share, seeds=TRAINING_SEEDS[share])
            tell(f"share {share}: trained in {time.monotonic() - began:.0f} s; across folds {trained.across}")
        except TracksRefused as error:
            # A small file has too few rides to hide 5 % of: the other model is better than no figure, and it is said.
            if share == USUAL_SHARE:
                raise
            tell(f"share {share}: {error.message}; examined with the model of share {USUAL_SHARE}")
        found = examine(trained.model, fixes, grid.of(held_out), share)
        if share == USUAL_SHARE:
            answer |= found
        else:
            answer["rare"] = found
    return answer


def examine(model: Model, fixes: Fixes, grid: Grid, share: float) -> dict[str, Any]:
    """How well ``model`` finds a hidden ``share`` of the rides of ``grid``, and the baseline beside it."""
    hidden = hide(occupied_rides(grid), share, SEED)
    if not len(hidden):
        raise TracksRefused("occupied", "测试车辆没有载客段", "至少要有一个 3 分钟且 1 公里以上的载客段")
    occupied = seen_occupied(grid, hidden)
    count = int(np.isin(fixes.vehicle, np.unique(grid.vehicle)).sum())
    began = time.process_time()
    suspects = model.suspects(view(grid), occupied)
    spent = time.process_time() - began
    days = len(np.unique(grid.minute // 1440))
    threshold = default_threshold(suspects, model.threshold, days)
    result = _rounded(figures(suspects, hidden, threshold, days))
    by_rule = baseline.suspects(grid, occupied)
    return result | {
        "threshold": round(threshold, _DIGITS),
        "model_threshold": round(model.threshold, _DIGITS),
        "trained_share": model.trained_on["share"],
        "hidden_rides": len(hidden),
        "vacant_hours": round(float((~occupied).sum()) / 60, 1),
        "us_per_fix": round(spent / count * 1e6, 1),
        "us_per_minute": round(spent / len(grid) * 1e6, 1),
        "baseline": _rounded(figures(by_rule, hidden, 0.0, days)),
    }


def _rounded(result: Figures) -> dict[str, float]:
    return {name: round(value, _DIGITS) for name, value in asdict(result).items()}
