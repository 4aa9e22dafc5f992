"""Rides that may have been: pairs of a likely start and a likely end in one vacant stretch, and their features."""

from dataclasses import dataclass

import numpy as np

from taxi.meter.grid import Floats, Grid, Ints
from taxi.meter.habits import Habits, Usual, popularity
from taxi.meter.movement import STILL_KM, still_runs
from taxi.meter.stretches import Stretches

LONGEST_MIN = 75
ENDS_A_START = 6
_LEAST_CHANCE = 0.03
_BLOCK = 8192


@dataclass(frozen=True, slots=True)
class Chances:
    """What the classifiers of minutes say: inside a ride, at its start, at its end."""

    inside: Floats
    start: Floats
    end: Floats


PARTS = ("inside", "start", "end")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Elements of ``Stretches``, both ends in, with the sum by which they were chosen."""

    first: Ints
    last: Ints
    sum: Floats

    def __len__(self) -> int:
        return len(self.first)


def logit(chance: Floats) -> Floats:
    """Log-odds, bounded."""
    held = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.log(held / (1 - held)).astype(np.float32)


def propose(found: Stretches, chances: Chances) -> Candidates:
    """For each likely start the best few ends, by the log-odds of start, end and what lies between."""
    starts = np.flatnonzero(chances.start >= _LEAST_CHANCE)
    weight_end = np.where(chances.end >= _LEAST_CHANCE, logit(chances.end), -np.inf).astype(np.float32)
    inside = np.cumsum(0.3 * np.clip(logit(chances.inside), -3, 3), dtype=np.float64)
    total = (weight_end + inside).astype(np.float32)
    spans = np.arange(2, LONGEST_MIN + 1)
    firsts, lasts, sums = [], [], []
    for block in np.array_split(starts, max(1, -(-len(starts) // _BLOCK))):
        ends = block[:, None] + spans
        inner = ends <= found.last[block][:, None]
        score = np.where(inner, total[np.minimum(ends, len(found) - 1)], -np.inf) if len(block) else np.empty((0, 74))
        best = np.argpartition(-score, ENDS_A_START, axis=1)[:, :ENDS_A_START]
        chosen = np.take_along_axis(score, best, axis=1)
        keep = np.isfinite(chosen)
        which = np.nonzero(keep)[0]
        firsts.append(block[which])
        lasts.append(block[which] + spans[best[keep]])
        sums.append((chosen[keep] + (logit(chances.start) - inside)[block[which]]).astype(np.float32))
    return Candidates(np.concatenate(firsts), np.concatenate(lasts), np.concatenate(sums))


NAMES = (
    "start", "start_before", "start_after", "end", "end_before", "end_after", "inside", "inside_first", "inside_last",
    "inside_before_2", "inside_before_5", "inside_after_2", "inside_after_5", "starts_within", "ends_within", "sum",
    "sum_below_best", "sum_below_best_of_start", "minutes", "way", "far", "direct", "speed", "still_share",
    "dwell_before", "dwell_after", "stretch_minutes", "since_metered", "to_metered", "after_metered", "before_metered",
    "way_since_metered", "way_to_metered", "picked", "dropped", "share", "share_before", "share_after", "popular",
    "hour", "x_start", "y_start", "x_end", "y_end", "inside_rest",
    *(f"{part}_{what}" for part in PARTS for what in ("most", "least", "most_later", "most_earlier")),
    *(f"{part}_{end}_{k}" for part in PARTS for end in ("first", "last") for k in (-3, -2, 2, 3)),
    "inside_log",
)  # fmt: skip


def candidate_features(
    grid: Grid, way: np.ndarray, usual: Usual, habits: Habits, found: Stretches, chances: Chances, rides: Candidates
) -> Floats:
    """One row of ``NAMES`` a candidate."""
    i, j = rides.first, rides.last
    a, b = found.row[i], found.row[j]
    gone = way[b] - way[a]
    far = np.hypot(grid.x_km[b] - grid.x_km[a], grid.y_km[b] - grid.y_km[a])
    minutes = j - i + 1
    opens, closes = found.first[i], found.last[i]
    columns = _of_chances(found, chances, rides)
    still = np.cumsum(np.diff(way, prepend=way[:1]) < STILL_KM)
    run_first, run_last = still_runs(grid)
    before, after = np.maximum(a - 1, grid.first[a]), np.minimum(b + 1, grid.last[b])
    share = np.cumsum(usual.share, dtype=np.float64)
    back, ahead = np.maximum(a - 5, grid.first[a]), np.minimum(b + 5, grid.last[b])
    columns += [
        minutes, gone, far, far / (gone + 0.05), gone / minutes, (still[b] - still[a]) / minutes,
        np.minimum(before - run_first[before] + 1, 60) * np.where(_stood(way, grid, before), 1, -1),
        np.minimum(run_last[after] - after + 1, 60) * np.where(_stood(way, grid, after), 1, -1),
        closes - opens + 1, i - opens, closes - j,
        found.row[opens] != grid.first[a], found.row[closes] != grid.last[a],
        way[a] - way[found.row[opens]], way[found.row[closes]] - way[b],
        usual.picked[a], usual.dropped[b], (share[b] - share[a]) / np.maximum(b - a, 1),
        (share[a] - share[back]) / np.maximum(a - back, 1), (share[ahead] - share[b]) / np.maximum(ahead - b, 1),
        popularity(grid, habits, a, b), grid.minute[a] % 1440 / 60,
        grid.x_km[a], grid.y_km[a], grid.x_km[b], grid.y_km[b], _rest(found, chances, rides),
    ]  # fmt: skip
    columns += _extremes(found, chances, rides)
    return np.column_stack(columns).astype(np.float32)


def _stood(way: np.ndarray, grid: Grid, row: Ints) -> np.ndarray:
    return way[row] - way[np.maximum(row - 1, grid.first[row])] < STILL_KM


def _of_chances(found: Stretches, chances: Chances, rides: Candidates) -> list[np.ndarray]:
    """The columns that sum up what the classifiers of minutes said."""
    i, j = rides.first, rides.last
    opens, closes = found.first[i], found.last[i]
    total = {
        name: np.r_[0.0, np.cumsum(getattr(chances, name), dtype=np.float64)] for name in ("inside", "start", "end")
    }

    def mean(first: Ints, last: Ints, of: str = "inside") -> np.ndarray:
        first, last = np.clip(first, opens, closes + 1), np.clip(last, opens - 1, closes)
        return (total[of][last + 1] - total[of][first]) / np.maximum(last - first + 1, 1) * (last >= first)

    third = (j - i + 1) // 3
    best = np.full(len(found), -np.inf, np.float32)
    np.maximum.at(best, opens, rides.sum)
    best_of_start = np.full(len(found), -np.inf, np.float32)
    np.maximum.at(best_of_start, i, rides.sum)
    return [
        chances.start[i], chances.start[np.maximum(i - 1, opens)], chances.start[i + 1],
        chances.end[j], chances.end[j - 1], chances.end[np.minimum(j + 1, closes)],
        mean(i, j), mean(i, i + third), mean(j - third, j),
        mean(i - 2, i - 1), mean(i - 5, i - 1), mean(j + 1, j + 2), mean(j + 1, j + 5),
        total["start"][j + 1] - total["start"][np.minimum(i + 2, j + 1)],
        total["end"][np.maximum(j - 1, i)] - total["end"][i],
        rides.sum, rides.sum - best[opens], rides.sum - best_of_start[i],
    ]  # fmt: skip


def _extremes(found: Stretches, chances: Chances, rides: Candidates) -> list[np.ndarray]:
    """The most and the least that was said between the ends, and what was said just outside and inside them."""
    i, j = rides.first, rides.last
    columns = []
    for part in PARTS:
        said = getattr(chances, part)
        later, earlier = np.minimum(i + 2, j), np.maximum(j - 2, i)
        columns += [_over(np.maximum, said, i, j), _over(np.minimum, said, i, j)]
        columns += [_over(np.maximum, said, later, j), _over(np.maximum, said, i, earlier)]
    for part in PARTS:
        near = {k: getattr(chances, part)[found.shifted(k)] for k in (-3, -2, 2, 3)}
        columns += [near[k][end] for end in (i, j) for k in near]
    total = np.r_[0.0, np.cumsum(np.log(np.clip(chances.inside, 1e-3, 1)), dtype=np.float64)]
    return [*columns, (total[j + 1] - total[i]) / (j - i + 1)]


def _over(ufunc: np.ufunc, column: Floats, first: Ints, last: Ints) -> np.ndarray:
    """``ufunc`` over each span of ``column``, both ends in."""
    if not len(first):
        return np.zeros(0, column.dtype)
    bounds = np.column_stack((first, last + 1)).ravel()
    return ufunc.reduceat(np.append(column, column.dtype.type(0)), bounds)[::2]


def _rest(found: Stretches, chances: Chances, rides: Candidates) -> np.ndarray:
    """Chance of being inside a ride, summed over what is left of the half-hour around: a longer ride cut short."""
    total = np.r_[0.0, np.cumsum(chances.inside, dtype=np.float64)]
    i, j = rides.first, rides.last
    back, ahead = np.maximum(i - 15, found.first[i]), np.minimum(j + 15, found.last[i])
    return total[i] - total[back] + total[ahead + 1] - total[j + 1]


def overlaps(found: Stretches, rides: Candidates) -> Floats:
    """Of each candidate, its overlap with the hidden ride at its middle, as a part of their union.

    A ride that makes half of the union covers the candidate's middle, so no other needs to be looked at.
    """
    middle = found.ride[(rides.first + rides.last) // 2]
    known = np.unique(found.ride[found.ride >= 0])
    if not len(known):
        return np.zeros(len(rides), np.float32)
    opens = np.zeros(known[-1] + 1, np.int64)
    closes = np.zeros(known[-1] + 1, np.int64)
    inside = np.flatnonzero(found.ride >= 0)
    closes[found.ride[inside]] = inside
    opens[found.ride[inside[::-1]]] = inside[::-1]
    a, b = opens[middle], closes[middle]
    shared = np.minimum(b, rides.last) - np.maximum(a, rides.first) + 1
    union = np.maximum(b, rides.last) - np.minimum(a, rides.first) + 1
    return np.where(middle >= 0, shared / union, 0).astype(np.float32)
