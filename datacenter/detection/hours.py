"""A driver's hours over vehicles and days (驾驶员累计驾驶时间): pure, on spans of unix seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Driven:
    """One stretch at the wheel of one vehicle."""

    started: int
    ended: int
    vehicle_id: int


@dataclass(frozen=True, slots=True)
class Excess:
    """Driven more than allowed: from the moment the limit was passed to the last one at the wheel above it."""

    started: int
    ended: int
    vehicle_id: int  # driven when the limit was passed
    driven_s: int  # the most in any window meanwhile
    vehicles: int


def stretches(device_time: Ints, driving: npt.NDArray[np.bool_], pause_s: int) -> list[tuple[int, int]]:
    """Where a track drives, pauses of at most ``pause_s`` forgiven; a lone position is no stretch."""
    at = device_time[driving]
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > pause_s)
    first, last = np.append(0, breaks + 1), np.append(breaks, len(at) - 1)
    return [(int(a), int(b)) for a, b in zip(at[first], at[last], strict=True) if b > a]


def shared(spans: list[tuple[int, int]], stints: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of the spans falls into any of the stints, in order; both in order, each without overlaps."""
    both = [(max(a, c), min(b, d)) for a, b in spans for c, d in stints]
    return sorted((a, b) for a, b in both if b > a)


def excesses(driven: list[Driven], window_s: int, limit_s: int) -> list[Excess]:
    """Where more than ``limit_s`` were driven within the last ``window_s``.

    Who is at two wheels at once is counted once. What was driven in the window changes evenly between the moments at
    which a span begins or ends, or leaves the window: only those are looked at.
    """
    spans = _joined(driven)
    if not spans:
        return []
    starts, ends = (np.array(column, np.int64) for column in zip(*spans, strict=True))
    moments = np.unique(np.concatenate([starts, ends, starts + window_s, ends + window_s]))
    total = _until(moments, starts, ends) - _until(moments - window_s, starts, ends)
    out: list[Excess] = []
    for index in np.flatnonzero(total > limit_s).tolist():
        before, here = int(moments[index - 1]), int(moments[index])
        passed = before
        if total[index - 1] <= limit_s:  # it was passed on the way here, a second a second
            passed = here - int(total[index] - limit_s)
        at_wheel = int(ends[ends <= here].max(initial=-1))
        last = here if ((starts < here) & (here <= ends)).any() else at_wheel
        if out and passed <= moments[index - 1] and total[index - 1] > limit_s:
            known = out.pop()
            out.append(
                Excess(
                    known.started,
                    max(known.ended, last),
                    known.vehicle_id,
                    max(known.driven_s, int(total[index])),
                    known.vehicles,
                )
            )
            continue
        within = {one.vehicle_id for one in driven if one.ended > passed - window_s and one.started < here}
        wheel = next(one.vehicle_id for one in driven if one.started <= passed <= one.ended)
        out.append(Excess(passed, max(last, passed), wheel, int(total[index]), len(within)))
    return out


def _joined(driven: list[Driven]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for one in sorted(driven, key=lambda one: one.started):
        if spans and one.started <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], one.ended))
        else:
            spans.append((one.started, one.ended))
    return spans


def _until(moments: Ints, starts: Ints, ends: Ints) -> Ints:
    """Seconds driven before each moment."""
    done = np.concatenate([[0], np.cumsum(ends - starts)])
    index = np.searchsorted(starts, moments, side="right")
    running = np.where(index > 0, np.minimum(moments, ends[index - 1]) - starts[index - 1], 0)
    return np.asarray(done[np.maximum(index - 1, 0)] + running)
