"""How far a vehicle went in a span of time by its own positions (轨迹里程), and whether that can be relied on.

A receiver that stands drifts, and one fix in a thousand is elsewhere: steps count once they are ``DRIFT_M`` away, and a
fix that could not have been driven to is left out. A clock that went back lays two ways over each other: then so many
fixes can't be driven to that the track is no measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datacenter.tracks.position import Flag, Positions

DRIFT_M = 30.0
FASTEST_MPS = 160 / 3.6
SLACK_M = 100.0
LEAST_DROPPED, DROPPED_SHARE = 2, 0.1
"""A track is sound with so many impossible fixes, or this share of them."""
SEEN_S, UNSEEN_MPS = 45, 60 / 3.6
"""In a pause longer than this a vehicle may have gone round unseen, at this speed."""
SHORT_GAP_S, GAP_SHARE = 60, 1 / 3
"""A silence longer than this may not be more than this share of the whole: of a short trip too little is known."""
_M_PER_DEG = 111_195.0
_ENDS_M = 10.0  # a step this short after the last that counted adds nothing at the end

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ridden:
    """``distance_m`` along the fixes, ``spread_m`` the farthest from the first; ``longest_gap_s`` counts both ends.

    ``lasting_s`` is the span that was asked about; ``unseen_m`` how much farther it may have gone in its pauses.

    ``first_e6`` and ``last_e6`` are (latitude, longitude) of the first and last sound fix.
    """

    lasting_s: int
    distance_m: int
    unseen_m: int
    spread_m: int
    longest_gap_s: int
    fixes: int
    dropped: int
    first_e6: tuple[int, int]
    last_e6: tuple[int, int]

    def reliable(self, most_gap_s: int) -> bool:
        """Whether the way may be held against something: no silence too long, few fixes that can't be."""
        dropped = max(LEAST_DROPPED, int(self.fixes * DROPPED_SHARE))
        most_gap_s = min(most_gap_s, max(SHORT_GAP_S, int(self.lasting_s * GAP_SHARE)))
        return self.longest_gap_s <= most_gap_s and self.dropped <= dropped


def ridden(positions: Positions, began: int, ended: int) -> Ridden | None:
    """What ``positions`` of one vehicle, in the order of device time, say of [began, ended] (unix seconds).

    None where fewer than two qualified fixes lie inside.
    """
    inside = (positions.device_time >= began) & (positions.device_time <= ended)
    track = positions.take(inside & ((positions.flags & Flag.QUALIFIED) != 0))
    if len(track) < 2:
        return None
    x, y = _metres(track)
    kept = _possible(track.device_time, x, y)
    x, y, at = x[kept], y[kept], np.flatnonzero(kept)
    pauses = np.diff(np.concatenate([[began], track.device_time[at], [ended]]))
    steps = np.concatenate([[0.0], np.hypot(np.diff(x), np.diff(y)), [0.0]])
    first, last = at[0], at[-1]
    return Ridden(
        lasting_s=ended - began,
        distance_m=round(_way_m(x, y)),
        unseen_m=round(float(np.clip(pauses * UNSEEN_MPS - steps, 0, None)[pauses > SEEN_S].sum())),
        spread_m=round(float(np.hypot(x - x[0], y - y[0]).max())),
        longest_gap_s=int(pauses.max()),
        fixes=len(track),
        dropped=len(track) - len(at),
        first_e6=(int(track.latitude_e6[first]), int(track.longitude_e6[first])),
        last_e6=(int(track.latitude_e6[last]), int(track.longitude_e6[last])),
    )


def _metres(track: Positions) -> tuple[Floats, Floats]:
    """East and north of the first fix; a city is flat enough."""
    latitude, longitude = track.latitude_e6 * 1e-6, track.longitude_e6 * 1e-6
    shrink = np.cos(np.radians(latitude[0]))
    return (longitude - longitude[0]) * _M_PER_DEG * shrink, (latitude - latitude[0]) * _M_PER_DEG


def _possible(times: npt.NDArray[np.int64], x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """Fixes that can have been driven to, one from another, shape (n,): from the front or the back, what keeps more."""
    steps = np.hypot(np.diff(x), np.diff(y))
    if (steps <= np.diff(times) * FASTEST_MPS + SLACK_M).all():
        return np.ones(len(times), np.bool_)
    front = _reached(times, x, y)
    back = _reached(-times[::-1], x[::-1], y[::-1])[::-1]
    return front if front.sum() >= back.sum() else back


def _reached(times: npt.NDArray[np.int64], x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    kept, last = np.zeros(len(times), np.bool_), 0
    kept[0] = True
    for here in range(1, len(times)):
        away = float(np.hypot(x[here] - x[last], y[here] - y[last]))
        if away <= float(times[here] - times[last]) * FASTEST_MPS + SLACK_M:
            kept[here], last = True, here
    return kept


def _way_m(x: Floats, y: Floats) -> float:
    total, here_x, here_y, last = 0.0, float(x[0]), float(y[0]), 0.0
    for there_x, there_y in zip(x.tolist(), y.tolist(), strict=True):
        last = float(np.hypot(there_x - here_x, there_y - here_y))
        if last >= DRIFT_M:
            total, here_x, here_y, last = total + last, there_x, there_y, 0.0
    return total + (last if last > _ENDS_M else 0.0)
