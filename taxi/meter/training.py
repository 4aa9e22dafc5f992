"""Training (训练): classifiers of minutes, then scorers of candidates, fed with chances from other vehicles' trees."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

import lightgbm
import numpy as np
import numpy.typing as npt

from taxi.meter import candidates, habits, scorers, stretches
from taxi.meter.candidates import PARTS, Candidates, Chances
from taxi.meter.errors import TracksRefused
from taxi.meter.grid import Bools, Floats, Grid, Ints
from taxi.meter.hiding import Rides, hide, occupied_rides, seen_occupied
from taxi.meter.matching import Figures, apart, figures
from taxi.meter.model import Model, Parts, Trees, View, chances_of, minute_rows, told, view
from taxi.meter.scorers import Scorers
from taxi.meter.stretches import Stretches

FOLDS = 2
LEAST_RIDES = 20
_MINUTE_TREES, _SCORER_TREES = 110, 160
_NEAR_OVERLAP, _FAR_SHARE = 0.15, 0.3
_PARAMETERS = {
    "objective": "binary", "num_leaves": 63, "learning_rate": 0.1, "feature_fraction": 0.35, "bagging_fraction": 0.5,
    "bagging_freq": 1, "min_data_in_leaf": 60, "lambda_l2": 5.0, "verbosity": -1, "seed": 1, "deterministic": True,
    "force_row_wise": True, "max_bin": 127,
}  # fmt: skip
# Candidates of one stretch are much alike: small steps, few features at a time, large leaves.
_SCORER_PARAMETERS = _PARAMETERS | {
    "num_leaves": 47, "learning_rate": 0.09, "feature_fraction": 0.3, "bagging_fraction": 0.5, "min_data_in_leaf": 150,
    "lambda_l2": 20.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and how well its parts did on vehicles that they were not trained on (to choose by)."""

    model: Model
    across: Figures


def train(
    grid: Grid, *, origin: tuple[float, float], share: float, seeds: Sequence[int], threads: int = os.cpu_count() or 1
) -> Trained:
    """A model from the rides of ``grid``, of which a ``share`` is hidden once for each of ``seeds``.

    Raises ``TracksRefused`` where there are too few vehicles or rides to learn from.
    """
    vehicles = np.unique(grid.vehicle)
    if len(vehicles) < 2:
        raise TracksRefused("vehicle", f"{len(vehicles)} 辆", "训练至少要有两辆车")
    rides = occupied_rides(grid)
    if len(rides) < LEAST_RIDES:
        raise TracksRefused(
            "occupied", f"{len(rides)} 个载客段", f"训练至少要有 {LEAST_RIDES} 个（3 分钟且 1 公里以上）"
        )
    hidden = [hide(rides, share, seed) for seed in seeds]
    seen = [seen_occupied(grid, one) for one in hidden]
    work = _Work(view(grid), stretches.stretches(grid, seen), seen[0], _folds(vehicles, grid), threads)
    usual = work.usual_across()
    rows = minute_rows(work.seen, usual, work.found)
    names = [*work.seen.names, *stretches.NAMES]
    parts, chances = work.minute_parts(rows, names)
    features, proposed = work.candidates(usual, chances)
    scoring, score = work.scorers(features, proposed)
    across = _across(work, hidden[0], proposed, score)
    trees = Trees(habits.learn(grid, seen[0]), parts)
    about = {"vehicles": float(len(vehicles)), "minutes": float(len(grid)), "rides": float(len(rides)), "share": share}
    return Trained(Model(origin, trees, scoring, across.best_threshold, about), across)


def _folds(vehicles: Ints, grid: Grid) -> Ints:
    """The fold of each row: vehicles dealt out by a fixed seed."""
    count = min(FOLDS, len(vehicles))
    dealt = np.random.default_rng(3).permutation(len(vehicles)) % count
    return dealt[np.searchsorted(vehicles, grid.vehicle)]


@dataclass(frozen=True, slots=True)
class _Work:
    seen: View
    found: Stretches
    occupied: npt.NDArray[np.bool_]
    fold: Ints
    threads: int

    def habits_without(self, k: int) -> habits.Habits:
        rows = np.unique(self.seen.grid.vehicle[self.fold != k])
        keep = np.isin(self.seen.grid.vehicle, rows)
        return habits.learn(self.seen.grid.of(rows), self.occupied[keep])

    def usual_across(self) -> habits.Usual:
        """What is usual at each minute, from the tables of the other folds."""
        names = [field.name for field in fields(habits.Usual)]
        parts = {name: np.zeros(len(self.seen.grid), np.float32) for name in names}
        for k in np.unique(self.fold):
            here = habits.usual(self.seen.grid, self.habits_without(k))
            for name, values in parts.items():
                values[self.fold == k] = getattr(here, name)[self.fold == k]
        return habits.Usual(**parts)

    def minute_parts(self, rows: Floats, names: Sequence[str]) -> tuple[Parts, Chances]:
        """Classifiers of minutes from all of ``rows``, and what those of the other folds say of each."""
        found = self.found
        fold = self.fold[found.row]
        labels = dict(zip(PARTS, _labels(found), strict=True))
        said = {part: np.zeros(len(found), np.float32) for part in PARTS}
        for k in np.unique(fold):
            mine, others = fold == k, fold != k
            chances = chances_of(self._fit_parts(rows, labels, others, names), rows[mine], self.threads)
            for part in PARTS:
                said[part][mine] = getattr(chances, part)
        return self._fit_parts(rows, labels, np.ones(len(found), bool), names), Chances(**said)

    def _fit_parts(self, rows: Floats, labels: dict[str, np.ndarray], chosen: Bools, names: Sequence[str]) -> Parts:
        weight = self.found.weight[chosen]
        data = lightgbm.Dataset(rows[chosen], feature_name=list(names), weight=weight, free_raw_data=False)
        parts = {}
        for part, good in labels.items():
            data.set_label(good[chosen].astype(np.float32))
            parts[part] = lightgbm.train(_PARAMETERS | {"num_threads": self.threads}, data, _MINUTE_TREES)
        return parts

    def candidates(self, usual: habits.Usual, chances: Chances) -> tuple[Floats, Candidates]:
        """Candidates with their features, each from tables of other vehicles."""
        found, grid = self.found, self.seen.grid
        proposed = candidates.propose(found, chances)
        tables = {k: self.habits_without(k) for k in np.unique(self.fold)}
        known = next(iter(tables.values()))
        features = candidates.candidate_features(grid, self.seen.way, usual, known, found, chances, proposed)
        at = candidates.NAMES.index("popular")
        a, b = found.row[proposed.first], found.row[proposed.last]
        for k, known in tables.items():
            mine = self.fold[a] == k
            features[mine, at] = habits.popularity(grid, known, a[mine], b[mine])
        return features, proposed

    def scorers(self, features: Floats, rides: Candidates) -> tuple[Scorers, Floats]:
        """Scorers from all candidates, and what those of the other folds say of each."""
        overlap = candidates.overlaps(self.found, rides)
        one, alone = self._scorer("hit", features, rides, overlap)
        other, also = self._scorer("overlap", features, rides, overlap)
        alone = alone / 2 + also / 2
        seen_rivals = np.hstack((features, scorers.competition(rides, alone)))
        again, among = self._scorer("again", seen_rivals, rides, overlap)
        return Scorers(one, other, again), alone / 2 + among / 2

    def _scorer(
        self, name: str, features: Floats, rides: Candidates, overlap: Floats
    ) -> tuple[lightgbm.Booster, Floats]:
        fold, weight = self.fold[self.found.row[rides.first]], self.found.weight[rides.first]
        names = list(scorers.feature_names(name))
        parameters = _SCORER_PARAMETERS | {"num_threads": self.threads}
        label = scorers.hit_label(overlap)
        if name == "overlap":
            label, parameters["objective"] = scorers.overlap_label(overlap), "cross_entropy"

        # Most candidates lie on no ride at all: a part of those, weighing as much as all, teaches the same.
        far = overlap < _NEAR_OVERLAP
        keep = ~far | (np.random.default_rng(5).random(len(far)) < _FAR_SHARE)
        weight = weight * np.where(far, np.float32(1 / _FAR_SHARE), np.float32(1))

        def fit(chosen: Bools) -> lightgbm.Booster:
            chosen = chosen & keep
            if not label[chosen].any():
                raise TracksRefused(
                    "occupied", f"{chosen.sum()} 个候选段中无一命中", "载客段太少，学不出规律，请增加车辆或天数"
                )
            data = lightgbm.Dataset(features[chosen], label[chosen], weight=weight[chosen], feature_name=names)
            return lightgbm.train(parameters, data, _SCORER_TREES)

        answer = np.zeros(len(rides), np.float32)
        for k in np.unique(fold):
            answer[fold == k] = scorers.said(fit(fold != k), features[fold == k], self.threads)
        return fit(np.ones(len(rides), bool)), answer


def _labels(found: Stretches) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inside a ride; within a minute of its start; of its end."""
    inside = found.ride >= 0
    index = np.arange(len(found))
    begins = inside & ((found.ride[np.maximum(index - 1, found.first)] != found.ride) | (index == found.first))
    ends = inside & ((found.ride[np.minimum(index + 1, found.last)] != found.ride) | (index == found.last))
    near = [np.maximum.reduce([marks[found.shifted(k)] for k in (-1, 0, 1)]) for marks in (begins, ends)]
    return inside, near[0], near[1]


def _across(work: _Work, hidden: Rides, proposed: Candidates, score: np.ndarray) -> Figures:
    """Figures at the best threshold, on the first hiding alone: its stretches are those whose bounds it gives."""
    grid, found = work.seen.grid, work.found
    spans = stretches.vacant_spans(grid, work.occupied)
    width = len(grid) + 1
    key = found.row[found.first[proposed.first]] * width + found.row[found.last[proposed.first]]
    mine = np.flatnonzero(np.isin(key, spans.first * width + spans.last))
    chosen = Candidates(proposed.first[mine], proposed.last[mine], proposed.sum[mine])
    suspects = apart(told(grid, found, chosen, score[mine], np.zeros((len(mine), 0), np.float32)))
    days = len(np.unique(grid.minute // 1440))
    best = figures(suspects, hidden, 1.0, days).best_threshold
    return figures(suspects, hidden, best, days)
