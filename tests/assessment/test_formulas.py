"""From value to score, and from scores to a total."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datacenter.assessment import formulas
from datacenter.assessment.errors import FieldRefused
from datacenter.assessment.formulas import Formula


def score(formula: str, value: float, better: Any = "high", target: float | None = None, floor: float | None = None,
          **params: Any) -> float:  # fmt: skip
    return formulas.score(formula, value, better=better, target=target, floor=floor, params=params)


def test_a_rate_is_full_at_its_target_and_nothing_below_its_floor() -> None:
    assert score(Formula.RATE, 100, target=100) == 100
    assert score(Formula.RATE, 120, target=100) == 100
    assert score(Formula.RATE, 98.51, target=100, floor=70) == 98.51
    assert score(Formula.RATE, 70, target=100, floor=70) == 70
    assert score(Formula.RATE, 69.99, target=100, floor=70) == 0


def test_a_line_runs_from_floor_to_target_either_way() -> None:
    assert score(Formula.LINEAR, 15, "low", target=0, floor=30) == 50
    assert score(Formula.LINEAR, 40, "low", target=0, floor=30) == 0
    assert score(Formula.LINEAR, 90, "high", target=100, floor=80) == 50
    assert score(Formula.LINEAR, 101, "high", target=100, floor=80) == 100


def test_each_unit_past_the_target_takes_its_points() -> None:
    assert score(Formula.DEDUCT, 3, "low", target=0, each=10) == 70
    assert score(Formula.DEDUCT, 2, "low", target=2, each=10) == 100
    assert score(Formula.DEDUCT, 30, "low", target=0, each=10) == 0


def test_steps_give_the_best_bound_that_is_met() -> None:
    steps = [[80, 60], [90, 80], [95, 100]]
    assert [score(Formula.STEPS, value, steps=steps) for value in (79, 80, 94.9, 95)] == [0, 60, 80, 100]
    low = [[1, 100], [3, 50]]
    assert [score(Formula.STEPS, value, "low", steps=low) for value in (1, 2, 4)] == [100, 50, 0]


@given(
    st.sampled_from([Formula.RATE, Formula.LINEAR, Formula.DEDUCT]), st.floats(0, 1e9), st.sampled_from(["high", "low"])
)
def test_a_score_is_always_between_0_and_100(formula: str, value: float, better: Any) -> None:
    target, floor = (10, 5) if better == "high" else (5, 10)
    assert 0 <= score(formula, value, better, target=target, floor=floor, each=3) <= 100


@pytest.mark.parametrize(
    ("formula", "better", "facts", "field"),
    [
        (Formula.RATE, "low", {"target": 1}, "formula"),
        (Formula.RATE, "high", {}, "target"),
        (Formula.LINEAR, "high", {"target": 1, "floor": 1}, "target"),
        (Formula.LINEAR, "high", {"target": 1, "floor": 2}, "floor"),
        (Formula.DEDUCT, "low", {"params": {}}, "each"),
        (Formula.STEPS, "high", {"params": {"steps": [[1, 101]]}}, "steps"),
        (Formula.STEPS, "high", {"params": {"steps": [[1, 10], [1, 20]]}}, "steps"),
        (Formula.STEPS, "high", {"params": {}}, "steps"),
        ("other", "high", {}, "formula"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(formula: str, better: Any, facts: Any, field: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        formulas.check(formula, better=better, **{"target": None, "floor": None, "params": {}, **facts})
    assert refused.value.field == field


def test_what_has_no_score_leaves_its_weight_to_the_others() -> None:
    assert formulas.weighted([(30, 80.0), (10, 40.0), (60, None)]) == (70, 40)
    assert formulas.weighted([(30, None)]) == (None, 0)


def test_a_rule_says_itself_in_one_line() -> None:
    assert formulas.in_words(Formula.RATE, 100, 70, {}, "%") == "达到 100% 满分，低于 70% 不得分，其余按比例"
    assert formulas.in_words(Formula.LINEAR, 0, 30, {}, "%") == "达到 0% 满分，30% 为 0 分，其间按线性"
    assert formulas.in_words(Formula.DEDUCT, 0, None, {"each": 10}, "次") == "每 1次 扣 10 分"
