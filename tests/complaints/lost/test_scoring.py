"""The likelihood: what is nearer is likelier, by how much, and what nobody knows says nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.lost import scoring

ZERO = np.zeros(1)


def one(value: float) -> np.ndarray:
    return np.array([value])


@given(st.floats(0, 5000), st.floats(0, 5000), st.integers(50, 3000))
def test_the_nearer_of_two_places_is_never_less_likely(a: float, b: float, radius_m: int) -> None:
    near, far = sorted((a, b))
    part = scoring.place("p", np.array([near, far]), radius_m, np.zeros(2))
    assert part.log[0] >= part.log[1]
    assert part.fit[0] >= part.fit[1]


@given(st.floats(-90_000, 90_000), st.integers(60, 40_000))
def test_early_and_late_weigh_the_same(seconds: float, within_s: int) -> None:
    part = scoring.moment("m", np.array([seconds, -seconds]), within_s, np.zeros(2))
    assert part.log[0] == pytest.approx(part.log[1])


def test_densities_add_up_to_one() -> None:
    metres = np.linspace(0.01, scoring.FARTHEST * 150, 60_000)
    part = scoring.place("p", metres, 300, np.zeros(len(metres)))
    assert np.trapezoid(np.exp(part.log) * 2 * math.pi * metres, metres) == pytest.approx(1, abs=0.02)
    seconds = np.linspace(-5500, 5500, 60_001)
    part = scoring.moment("m", seconds, 1200, np.zeros(len(seconds)))
    assert np.trapezoid(np.exp(part.log), seconds) == pytest.approx(1, abs=0.02)


def test_fit_is_the_share_of_right_rides_that_would_fit_worse() -> None:
    random = np.random.default_rng(1)
    off = np.hypot(*random.normal(0, math.hypot(150, scoring.GNSS_M), (2, 20_000)))
    part = scoring.place("p", one(200.0), 300, ZERO)
    assert part.fit[0] == pytest.approx((off > 200).mean(), abs=0.01)
    late = np.abs(random.normal(0, 1200 / math.sqrt(3), 20_000))
    assert scoring.moment("m", one(900.0), 1200, ZERO).fit[0] == pytest.approx((late > 900).mean(), abs=0.01)


def test_a_long_pause_between_reports_leaves_the_place_in_doubt() -> None:
    sure, unsure = scoring.place("p", np.array([400.0, 400.0]), 300, np.array([0.0, 120.0])).fit
    assert unsure > sure


def test_one_wild_memory_does_not_outweigh_everything_else() -> None:
    """The place is 900 m off where 300 m were said; everything else fits: it beats a ride that fits nothing well."""
    parts = [
        scoring.place("a", np.array([900.0, 350.0]), 300, np.zeros(2)),
        scoring.place("b", np.array([20.0, 400.0]), 300, np.zeros(2)),
        scoring.moment("c", np.array([60.0, 1500.0]), 1200, np.zeros(2)),
        scoring.moment("d", np.array([30.0, 1600.0]), 1200, np.zeros(2)),
    ]
    log, share, _fit = scoring.together(parts, 2)
    assert log[0] > log[1]
    assert share.sum() == pytest.approx(1)


def test_what_is_not_known_of_a_ride_neither_helps_nor_hurts_beyond_the_average() -> None:
    part = scoring.amount("fare", np.array([0.0, np.nan, 200.0]), np.full(3, 10.0))
    assert part.log[2] < part.log[1] < part.log[0]
    assert math.isnan(part.fit[1])
    nobody = scoring.amount("fare", np.array([np.nan, np.nan]), np.full(2, 10.0))
    assert nobody.log.tolist() == [0.0, 0.0]


def test_no_ride_gives_no_share() -> None:
    assert [len(column) for column in scoring.together([], 0)] == [0, 0, 0]


# --- way points ---
LINE = (41.0 + np.arange(11) * 0.001, np.full(11, 122.0))
"""North along a meridian, a fix every 111 m."""


def test_a_way_passes_between_its_fixes() -> None:
    (away,) = scoring.passed_m(*LINE, [(41.0055, 122.001)])
    assert away == pytest.approx(83.9, abs=0.5)


def test_way_points_count_in_their_order() -> None:
    forth = scoring.passed_m(*LINE, [(41.002, 122.0), (41.008, 122.0)])
    back = scoring.passed_m(*LINE, [(41.008, 122.0), (41.002, 122.0)])
    assert max(forth) < 1
    assert max(back) > 300


def test_a_track_of_one_fix_or_none_is_no_fault() -> None:
    assert scoring.passed_m(np.array([41.0]), np.array([122.0]), [(41.001, 122.0)])[0] == pytest.approx(111, abs=1)
    assert scoring.passed_m(np.empty(0), np.empty(0), [(41.0, 122.0)]) == [math.inf]
