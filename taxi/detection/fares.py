"""Whether a fare fits the tariff and a taximeter counts true over a day (计价器作弊)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from statistics import median
from typing import Any


class Reason(IntFlag):
    """Why the meter is thought to be tampered with."""

    DEARER = 1
    CHEAPER = 2
    FAST = 4


REASON_WORDS = {
    Reason.DEARER: "车费高于运价推算",
    Reason.CHEAPER: "车费低于运价推算",
    Reason.FAST: "多次营运计程里程系统性偏大",
}


@dataclass(frozen=True, slots=True)
class Fast:
    """The median of metered by tracked distance in percent, over how many trips."""

    percent: int
    trips: int


def fare_doubt(fare_jiao: int, least_jiao: int, most_jiao: int) -> Reason:
    """Whether a fare lies outside what its distance allows, bounds included."""
    if fare_jiao > most_jiao:
        return Reason.DEARER
    return Reason.CHEAPER if fare_jiao < least_jiao else Reason(0)


def counts_fast(trips: Iterable[tuple[int, int]], limits: Any) -> Fast | None:
    """Whether a taximeter counts too much in most trips; ``trips`` are (metered 0.1 km, tracked m).

    The median, so that no single trip decides; trips shorter than ``least_m`` by the track say too little: the meter
    counts in steps of 100 m.
    """
    ratios = [dkm * 10_000 / tracked for dkm, tracked in trips if tracked >= max(limits.least_m, 1)]
    if len(ratios) < limits.least_trips:
        return None
    middle = median(ratios)
    return Fast(round(middle), len(ratios)) if middle > limits.ratio_percent else None
