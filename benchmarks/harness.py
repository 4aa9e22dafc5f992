"""Runs benchmarks one after the other, whatever becomes of each, and puts every figure beside its budget and baseline.

A machine that does other work is no reason to refuse: how busy it was before and after is told with each figure.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.budgets import BUDGETS, better

Figure = dict[str, Any]
LONGEST_S = 300.0  # of one benchmark, once
_LOOK_S = 0.5


def measured(name: str, run: Callable[[], list[Figure]], runs: int, longest_s: float = LONGEST_S) -> list[Figure]:
    """The figures of ``run``: the median of ``runs`` and their spread; none where it fails, which stderr tells.

    Of several runs, ``detail`` is that of the run whose value is the median (of an even number, the lower of both).
    """
    taken: list[list[Figure]] = []
    for number in range(runs):
        before, began = _machine(), time.monotonic()
        try:
            with _no_longer_than(longest_s, name):
                figures = run()
        except Exception:
            # The outermost loop: the other benchmarks run all the same.
            print(f"benchmark {name} failed in run {number + 1} of {runs}:", file=sys.stderr)
            traceback.print_exc()
            return []
        seconds, after = round(time.monotonic() - began, 1), _machine()
        for figure in figures:
            figure["detail"]["machine"] = {"before": before, "after": after, "run_s": seconds}
        taken.append(figures)
    return [_median([figure for figures in taken for figure in figures if figure["bench"] == bench], runs)
            for bench in dict.fromkeys(figure["bench"] for figures in taken for figure in figures)]  # fmt: skip


def _median(figures: list[Figure], runs: int) -> Figure:
    if runs == 1:
        return figures[0]
    values = [figure["value"] for figure in figures]
    middle = statistics.median_low(values)
    chosen = figures[values.index(middle)]
    spread = {"runs": values, "median": middle, "lowest": min(values), "highest": max(values)}
    return chosen | {"detail": chosen["detail"] | {"spread": spread}}


def judged(figure: Figure, baseline: Mapping[str, Any]) -> Figure:
    """``figure`` with ``better``, and where there is one its budget and its ratio to the baseline, in ``detail``."""
    bench, value, unit = figure["bench"], figure["value"], figure["unit"]
    detail = dict(figure["detail"])
    detail["better"] = better(bench, unit)
    budget = BUDGETS.get(bench)
    if budget is not None:
        detail |= {"budget": budget.limit, "within": budget.holds(value)}
    before = baseline.get(bench)
    if before and before.get("unit") == unit and before["value"]:
        detail |= {"baseline": before["value"], "baseline_ratio": round(value / before["value"], 3)}
    return figure | {"detail": detail}


def _machine() -> dict[str, float]:
    """How busy the machine is, by all its processes: the load of a minute, and per cent of all cores just now."""
    return {"load_1m": round(os.getloadavg()[0], 2), "busy_percent": psutil.cpu_percent(_LOOK_S)}


@contextmanager
def _no_longer_than(seconds: float, name: str) -> Iterator[None]:
    """Raises ``TimeoutError`` inside the block when it takes longer. For the main thread."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"{name} took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
