"""From a value to a score of 0 to 100 (计分方式): pure, and the same for every indicator.

rate 按比例: value ÷ target, at most 100, nothing below the floor. linear 线性: 0 at the floor, 100 at the target.
deduct 逐项扣分: 100 less ``each`` for every unit past the target. steps 分档: the score of the best bound that is met.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Literal

from datacenter.assessment.errors import FieldRefused
from datacenter.assessment.models.rules import IndicatorRule

Formula = IndicatorRule.Formula
Better = Literal["high", "low"]


def score(
    formula: str, value: float, *, better: Better, target: float | None, floor: float | None, params: dict[str, Any]
) -> float:
    """The score of one value, 0 to 100, two places."""
    return round(min(100.0, max(0.0, _score(formula, value, better, target, floor, params))), 2)


def _score(
    formula: str, value: float, better: Better, target: float | None, floor: float | None, params: dict[str, Any]
) -> float:
    if formula == Formula.STEPS:
        met = [points for bound, points in params["steps"] if (value >= bound if better == "high" else value <= bound)]
        return max(met, default=0.0)
    if formula == Formula.DEDUCT:
        over = value - (target or 0.0) if better == "low" else (target or 0.0) - value
        return 100.0 - params["each"] * max(0.0, over)
    if floor is not None and (value < floor if better == "high" else value > floor):
        return 0.0
    assert target is not None
    if formula == Formula.LINEAR:
        assert floor is not None
        return 100.0 * (value - floor) / (target - floor)
    return 100.0 * value / target


def check(formula: str, *, better: Better, target: float | None, floor: float | None, params: dict[str, Any]) -> None:
    """Raises ``FieldRefused`` naming what a rule lacks or has the wrong way round."""
    if formula == Formula.RATE:
        if better == "low":
            raise FieldRefused("formula", "越低越好的指标不能按比例计分，请用线性、逐项扣分或分档")
        if not target or target <= 0:
            raise FieldRefused("target", "按比例计分须填写大于 0 的目标值")
    elif formula == Formula.LINEAR:
        if target is None or floor is None or target == floor:
            raise FieldRefused("target", "线性计分须填写不相等的目标值和底线值")
        if (target > floor) != (better == "high"):
            raise FieldRefused("floor", "底线值应在目标值较差的一侧")
    elif formula == Formula.DEDUCT:
        each = params.get("each")
        if not isinstance(each, int | float) or isinstance(each, bool) or each <= 0:
            raise FieldRefused("each", "逐项扣分须填写大于 0 的每单位扣分")
    elif formula == Formula.STEPS:
        _check_steps(params.get("steps"))
    else:
        raise FieldRefused("formula", "请选择计分方式")


def _check_steps(steps: Any) -> None:
    try:
        pairs = sorted((float(bound), float(points)) for bound, points in steps)
    except (TypeError, ValueError):
        raise FieldRefused("steps", "分档应为若干行“界限 得分”") from None
    if not pairs or any(not 0 <= points <= 100 for _, points in pairs):
        raise FieldRefused("steps", "分档至少一行，得分在 0 至 100 之间")
    if any(one[0] == two[0] for one, two in pairwise(pairs)):
        raise FieldRefused("steps", "分档界限不能重复")


def weighted(scores: Iterable[tuple[float, float | None]]) -> tuple[float | None, float]:
    """Of (weight, score) pairs: the mean by weight over those that have a score, and what these weigh."""
    total = had = 0.0
    for weight, one in scores:
        if one is not None:
            total, had = total + weight * one, had + weight
    return (round(total / had, 2) if had else None), had


def in_words(formula: str, target: float | None, floor: float | None, params: dict[str, Any], unit: str) -> str:
    """What a rule says, in one line."""

    def number(value: Any) -> str:
        return f"{value:g}{unit}"

    if formula == Formula.STEPS:
        return "；".join(f"{bound:g}{unit} 计 {points:g} 分" for bound, points in params.get("steps", []))
    if formula == Formula.DEDUCT:
        free = f"超过 {number(target)} 部分" if target else ""
        return f"{free}每 1{unit} 扣 {params.get('each', 0):g} 分"
    words = f"达到 {number(target)} 满分" if target is not None else ""
    if formula == Formula.LINEAR:
        return f"{words}，{number(floor)} 为 0 分，其间按线性"
    return words + (f"，低于 {number(floor)} 不得分" if floor is not None else "") + "，其余按比例"
