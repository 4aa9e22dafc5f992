"""How likely each candidate is a ride: two scorers of candidates, then a third that sees what competes with each."""

from dataclasses import dataclass

import lightgbm
import numpy as np

from taxi.meter import candidates
from taxi.meter.candidates import Candidates
from taxi.meter.grid import Floats

THREADS = 1  # to predict by; workers have other things to do beside
HIT_OVERLAP = 0.5
COMPETITION_NAMES = (
    "rival_middle", "rival_first", "rival_last", "best_before", "best_after", "rivals_mean", "scored",
)  # fmt: skip
NAMES = ("hit", "overlap", "again")


def feature_names(scorer: str) -> tuple[str, ...]:
    """The features of one of ``NAMES``."""
    return (*candidates.NAMES, *COMPETITION_NAMES) if scorer == "again" else candidates.NAMES


def hit_label(overlap: Floats) -> Floats:
    """Whether the candidate would be matched: half of the union at least."""
    return (overlap >= HIT_OVERLAP).astype(np.float32)


def overlap_label(overlap: Floats) -> Floats:
    """How well it lies: nothing up to 0.3 of the union, all from 0.7."""
    return np.clip((overlap - 0.3) / 0.4, 0, 1).astype(np.float32)


def competition(rides: Candidates, score: Floats) -> Floats:
    """How the best scores at a candidate's minutes, and beside it, stand to its own; rows of ``COMPETITION_NAMES``."""
    if not len(rides):
        return np.zeros((0, len(COMPETITION_NAMES)), np.float32)
    best = np.zeros(int(rides.last.max()) + 2, np.float32)
    order = np.argsort(score, kind="stable")
    spans = zip(rides.first[order].tolist(), rides.last[order].tolist(), score[order].tolist(), strict=True)
    for first, last, value in spans:  # the best comes last and stays
        best[first : last + 1] = value
    first, last = rides.first, rides.last
    total = np.r_[0.0, np.cumsum(best, dtype=np.float64)]
    return np.column_stack((
        best[(first + last) // 2] - score,
        best[first] - score,
        best[last] - score,
        best[np.maximum(first - 1, 0)],
        best[last + 1],
        (total[last + 1] - total[first]) / (last - first + 1) - score,
        score,
    )).astype(np.float32)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scorers:
    """``hit``: would a candidate be matched; ``overlap``: how well does it lie; ``again``: a hit among its rivals."""

    hit: lightgbm.Booster
    overlap: lightgbm.Booster
    again: lightgbm.Booster

    def score(self, features: Floats, rides: Candidates, threads: int = THREADS) -> Floats:
        """The score of each candidate, 0 to 1."""
        if not len(rides):
            return np.zeros(0, np.float32)
        alone = said(self.hit, features, threads) / 2 + said(self.overlap, features, threads) / 2
        return alone / 2 + said(self.again, np.hstack((features, competition(rides, alone))), threads) / 2


def said(booster: lightgbm.Booster, features: Floats, threads: int = THREADS) -> Floats:
    """A booster's answers as float32."""
    return np.asarray(booster.predict(features, num_threads=threads), np.float32)
