"""The desk's pure rules: scores at, under and over the limit; which findings are paired; how far pairs agree."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.screening.pairs import agreement_of, is_paired
from datacenter.screening.score import UNMEASURED, score_of


@pytest.mark.parametrize(
    ("peak_dkmh", "score"), [(799, 0), (800, 0), (801, 0), (840, 9), (1000, 33), (1200, 50), (1600, 67), (9999, 96)]
)
def test_the_score_says_how_far_over_the_limit(peak_dkmh: int, score: int) -> None:
    assert score_of({"peak_speed_dkmh": peak_dkmh, "limit_kmh": 80, "lasting_s": 9999}, {"lasting_s": 60}) == score


def test_time_counts_where_no_speed_was_measured() -> None:
    assert score_of({"lasting_s": 90}, {"lasting_s": 60}) == 50
    assert score_of({"lasting_s": 9000, "silent_s": 600}, {"lasting_s": 60, "silence_s": 600}) == 0


def test_a_limit_by_kind_of_vehicle_is_that_kinds() -> None:
    limits = {"limit_kmh": {"hazmat": 80, "taxi": 120}}
    assert score_of({"peak_speed_dkmh": 1200}, limits, "hazmat") == 50
    assert score_of({"peak_speed_dkmh": 1200}, limits, "taxi") == 0


@pytest.mark.parametrize("own", [-5, 0, 71.4, 100, 250])
def test_a_detectors_own_score_goes_first_and_stays_in_bounds(own: float) -> None:
    assert score_of({"score": own, "peak_speed_dkmh": 2000, "limit_kmh": 80}, {}) == round(min(100, max(0, own)))


@pytest.mark.parametrize(
    ("measures", "limits"),
    [
        ({}, {}),
        ({"fault_bits": 3}, {"lasting_s": 60}),
        ({"lasting_s": 60}, {"lasting_s": 0}),
        ({"peak_speed_dkmh": 900}, {"limit_kmh": {"taxi": 80}}),
        ({"score": math.nan}, {}),
        ({"score": True}, {}),
        ({"lasting_s": "60"}, {"lasting_s": 60}),
    ],
)
def test_what_can_not_be_compared_stands_in_the_middle(measures: dict[str, Any], limits: dict[str, Any]) -> None:
    assert score_of(measures, limits, "hazmat") == UNMEASURED


@given(st.integers(0, 10**7), st.integers(1, 10**4))
def test_a_score_never_leaves_its_scale_and_grows_with_the_excess(peak: int, limit: int) -> None:
    here, further = (score_of({"peak_speed_dkmh": p, "limit_kmh": limit}, {}) for p in (peak, peak + 100))
    assert 0 <= here <= further <= 100


def test_the_paired_share_is_as_large_as_set_and_the_same_every_time() -> None:
    chosen = {pk for pk in range(20_000) if is_paired(pk, 5, 7)}
    assert 850 < len(chosen) < 1150
    assert chosen == {pk for pk in range(20_000) if is_paired(pk, 5, 7)}
    assert chosen != {pk for pk in range(20_000) if is_paired(pk, 5, 8)}
    assert not any(is_paired(pk, 0, 7) for pk in range(1000))
    assert all(is_paired(pk, 100, 7) for pk in range(1000))


def test_agreement_and_kappa_of_a_known_table() -> None:
    # Cohen 1960: 20 both yes, 15 both no, 5 yes–no, 10 no–yes: 0.70 observed, 0.50 expected.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    found = agreement_of(pairs)
    assert (found.pairs, found.agreed, found.percent) == (50, 35, 70.0)
    assert found.kappa == pytest.approx(0.4)


def test_agreement_without_pairs_or_without_a_choice_has_no_kappa() -> None:
    assert agreement_of([]).percent is None
    assert agreement_of([(True, True)] * 3).percent == 100
    assert agreement_of([(True, True)] * 3).kappa is None
    assert agreement_of([(True, False), (False, True)]).kappa == -1
