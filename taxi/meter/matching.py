"""Which predictions hit a hidden ride, and the figures that follow (匹配与指标)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from taxi.meter.grid import Bools, Floats, Ints
from taxi.meter.hiding import Rides

LEAST_OVERLAP = 0.5
SUSPECTS_A_DAY = 50


@dataclass(frozen=True, slots=True)
class Suspects:
    """Spans of grid rows that may be rides, with their score; ``day`` since the epoch.

    ``features`` are what a model scored each by, shape (n, features); none of what no model scored.
    """

    first: Ints
    last: Ints
    score: Floats
    day: Ints
    features: Floats

    def __len__(self) -> int:
        return len(self.first)

    def only(self, rows: npt.ArrayLike) -> "Suspects":
        """Some of them."""
        return Suspects(self.first[rows], self.last[rows], self.score[rows], self.day[rows], self.features[rows])

    def by_score(self) -> "Suspects":
        """The best first; of equals the earlier one."""
        return self.only(np.lexsort((self.last, self.first, -self.score)))


def hits(suspects: Suspects, rides: Rides) -> Bools:
    """Whether each suspect, the best first, is matched with a ride: ≥ 50 % of the union, one to one.

    Spans are rows with both ends in; rides don't overlap one another and are in order.
    """
    hit = np.zeros(len(suspects), bool)
    taken = np.zeros(len(rides), bool)
    from_ride = np.searchsorted(rides.last, suspects.first)
    to_ride = np.searchsorted(rides.first, suspects.last, side="right")
    for rank in np.lexsort((suspects.last, suspects.first, -suspects.score)):
        near = np.arange(from_ride[rank], to_ride[rank])
        near = near[~taken[near]]
        if not len(near):
            continue
        first, last = suspects.first[rank], suspects.last[rank]
        shared = np.minimum(rides.last[near], last) - np.maximum(rides.first[near], first) + 1
        union = np.maximum(rides.last[near], last) - np.minimum(rides.first[near], first) + 1
        part = shared / union
        best = int(np.argmax(part))
        if part[best] >= LEAST_OVERLAP:
            taken[near[best]] = hit[rank] = True
    return hit


def apart(suspects: Suspects) -> Suspects:
    """Suspects of which no two overlap, the better ones kept: one vehicle carries one ride at a time."""
    ordered = suspects.by_score()
    if not len(ordered):
        return ordered
    taken = bytearray(int(ordered.last.max()) + 1)
    keep = []
    for rank, (first, last) in enumerate(zip(ordered.first.tolist(), ordered.last.tolist(), strict=True)):
        if not any(taken[first : last + 1]):
            taken[first : last + 1] = b"\1" * (last - first + 1)
            keep.append(rank)
    return ordered.only(np.array(keep))


def default_threshold(suspects: Suspects, own: float, days: int) -> float:
    """The score from which suspects are told: the model's ``own``, higher where that gives more than 50 a fleet-day."""
    scores = np.sort(suspects.score[suspects.score >= own])[::-1]
    most = SUSPECTS_A_DAY * max(days, 1)
    return own if len(scores) <= most else max(own, float(scores[most - 1]))


@dataclass(frozen=True, slots=True)
class Figures:
    """How well suspects hit; all shares of one."""

    precision: float
    recall: float
    f1: float
    best_f1: float
    best_threshold: float
    recall_at_p90: float
    precision_top50_day: float
    suspects_day: float


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean; 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def figures(suspects: Suspects, rides: Rides, threshold: float, days: int) -> Figures:
    """The figures at ``threshold`` and over all thresholds; ``days`` is how many fleet-days were searched."""
    suspects = suspects.by_score()
    hit = hits(suspects, rides)
    count, right = np.arange(1, len(hit) + 1), np.cumsum(hit)
    told = int((suspects.score >= threshold).sum())
    right_told = int(right[told - 1]) if told else 0
    precision, recall = right_told / max(told, 1), right_told / max(len(rides), 1)
    # Thresholds lie between scores: of equal scores only the last counts.
    whole = np.r_[np.diff(suspects.score) != 0, True] if len(hit) else np.zeros(0, bool)
    precisions, recalls = right[whole] / count[whole], right[whole] / max(len(rides), 1)
    each = 2 * right[whole] / (count[whole] + max(len(rides), 1))
    top = np.zeros(len(hit), bool)
    for day in np.unique(suspects.day):
        top[np.flatnonzero(suspects.day == day)[:SUSPECTS_A_DAY]] = True
    return Figures(
        precision=precision,
        recall=recall,
        f1=f1(precision, recall),
        best_f1=float(each.max(initial=0.0)),
        best_threshold=float(suspects.score[whole][np.argmax(each)]) if len(each) else 1.0,
        recall_at_p90=float(recalls[precisions >= 0.9].max(initial=0.0)),
        precision_top50_day=float(hit[top].mean()) if top.any() else 0.0,
        suspects_day=told / max(days, 1),
    )
