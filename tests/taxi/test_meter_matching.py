"""Suspects against hidden rides: half of the union, one to one, the best first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxi.meter.hiding import Rides
from taxi.meter.matching import SUSPECTS_A_DAY, Suspects, apart, default_threshold, figures, hits


def suspects(*spans: tuple[int, int, float]) -> Suspects:
    first, last, score = (np.array(column) for column in zip(*spans, strict=True))
    return Suspects(first, last, score, np.zeros(len(first), np.int64), np.zeros((len(first), 0), np.float32))


def rides(*spans: tuple[int, int]) -> Rides:
    return Rides(np.array([a for a, _ in spans], np.int64), np.array([b for _, b in spans], np.int64))


@pytest.mark.parametrize(("last", "hit"), [(13, False), (14, True), (15, True)])
def test_an_overlap_of_half_the_union_is_a_hit(last: int, hit: bool):
    assert hits(suspects((10, last, 0.9)), rides((10, 19))).tolist() == [hit]


def test_a_ride_is_hit_once_by_the_better_suspect():
    assert hits(suspects((10, 18, 0.5), (10, 19, 0.9)), rides((10, 19))).tolist() == [False, True]


def test_of_suspects_that_overlap_the_better_one_stays():
    kept = apart(suspects((0, 5, 0.5), (5, 9, 0.9), (10, 12, 0.1)))
    assert kept.first.tolist() == [5, 10]


def test_figures_count_what_was_told_and_what_was_missed():
    told = suspects((0, 9, 0.9), (20, 29, 0.8), (40, 49, 0.7), (60, 69, 0.2))
    result = figures(told, rides((0, 9), (20, 29), (60, 69), (80, 89)), 0.5, days=2)
    assert (result.precision, result.recall) == pytest.approx((2 / 3, 0.5))
    assert result.f1 == pytest.approx(4 / 7)
    assert result.best_f1 == pytest.approx(0.75)
    assert result.recall_at_p90 == 0.5
    assert result.precision_top50_day == 0.75
    assert result.suspects_day == 1.5


def test_no_suspect_gives_noughts():
    none = suspects((0, 3, 0.9)).only(np.zeros(0, np.int64))
    result = figures(none, rides((0, 9)), 0.5, days=1)
    assert (result.precision, result.recall, result.best_f1, result.recall_at_p90) == (0, 0, 0, 0)


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30), st.integers(0, 5)), min_size=1, max_size=40)


@given(spans, st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), min_size=1, max_size=15))
def test_matching_is_one_to_one_and_each_hit_is_half_of_the_union(drawn, gaps):
    told = suspects(*((a, a + length, score / 5) for a, length, score in drawn))
    ends = np.cumsum([gap + length for gap, length in gaps])
    known = Rides(ends - np.array([length for _, length in gaps]) + 1, ends)
    hit = hits(told, known)
    assert hit.sum() <= len(known)

    def part(rank: int, ride: int) -> float:
        a, b, c, d = told.first[rank], told.last[rank], known.first[ride], known.last[ride]
        return max(min(b, d) - max(a, c) + 1, 0) / (max(b, d) - min(a, c) + 1)

    for rank in range(len(told)):
        near = any(part(rank, ride) >= 0.5 for ride in range(len(known)))
        assert near or not hit[rank]
    best = int(np.lexsort((told.last, told.first, -told.score))[0])
    assert hit[best] == any(part(best, ride) >= 0.5 for ride in range(len(known)))


@given(spans)
def test_suspects_kept_apart_never_overlap_and_none_is_left_out_without_a_better_one(drawn):
    told = suspects(*((a, a + length, score / 5) for a, length, score in drawn))
    kept = apart(told)
    order = np.argsort(kept.first)
    assert (kept.first[order][1:] > kept.last[order][:-1]).all()
    for a, b, score in zip(told.first, told.last, told.score, strict=True):
        over = (kept.first <= b) & (kept.last >= a)
        assert kept.score[over].max(initial=-1) >= score


@pytest.mark.parametrize(("count", "days", "threshold"), [(49, 1, 0.4), (50, 1, 0.4), (51, 1, 0.41), (100, 2, 0.4)])
def test_the_default_threshold_leaves_no_more_than_an_officer_can_look_at(count, days, threshold):
    told = suspects(*((k, k, 0.4 + k / 100) for k in range(count)), (999, 999, 0.39))
    assert default_threshold(told, 0.4, days) == pytest.approx(threshold)
    assert (told.score >= default_threshold(told, 0.4, days)).sum() <= SUSPECTS_A_DAY * days
