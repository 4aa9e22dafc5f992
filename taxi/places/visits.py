"""A taxi's visits of one place (候客点、场站进出): when, in which state it came and went, what it did before and after.

Pure, on columns of one vehicle. A visit is a stretch of fixes inside, short steps outside forgiven; it counts once the
taxi was seen to come and to go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.geo.measure import distance_m, segment_mm
from datacenter.tracks.position import Flag, Positions

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Sign(IntEnum):
    """What the taxi showed (营运状态)."""

    UNKNOWN = 0  # no report of JT/T 905
    VACANT = 1
    LOADED = 2
    BOOKED = 3
    OUT = 4  # 停运


@dataclass(frozen=True, slots=True)
class Reach:
    """How fixes become visits and ways; seconds, metres, km/h, percent."""

    silence_s: int = 300
    forgiven_s: int = 60
    settle_s: int = 60
    still_kmh: int = 5
    rolling_kmh: int = 30
    stop_s: int = 50
    brief_s: int = 300
    carry_m: int = 1500
    carry_most_s: int = 2400
    quiet_s: int = 240


REACH = Reach()


@dataclass(frozen=True, slots=True)
class Fixes:
    """One taxi's qualified fixes in order of time, shape (n,); ``sign`` is a ``Sign``, ``waits`` at any rank."""

    at: Ints
    latitude_e6: Ints
    longitude_e6: Ints
    sign: Ints
    waits: Bools

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Carry:
    """A way between the place and a brief stop, never shown as loaded: how far driven, how straight in percent."""

    driven_m: int
    percent: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit; ``arrived`` and ``left`` are unix seconds of the first and last fix inside.

    ``stood_s`` is what it took from the fix before to the fix after, less the way between them at ``rolling_kmh``: how
    long it stood, also where it was told of once a minute.
    """

    arrived: int
    left: int
    came: Sign
    went: Sign
    stood_s: int
    before: Carry | None = None
    after: Carry | None = None


def signs_of(positions: Positions) -> Ints:
    """What each position showed, shape (n,)."""
    flags = positions.flags.astype(np.int64)
    sign = np.full(len(flags), Sign.VACANT, np.int64)
    for flag, shown in ((Flag.BOOKED, Sign.BOOKED), (Flag.OUT_OF_OPERATION, Sign.OUT), (Flag.LOADED, Sign.LOADED)):
        sign[(flags & flag) != 0] = shown
    sign[(flags & Flag.TAXI) == 0] = Sign.UNKNOWN
    return sign


def in_order(at: Ints) -> npt.NDArray[np.intp]:
    """Rows by time, of several at one second the first: a clock going back only reorders."""
    return np.unique(at, return_index=True)[1]


def visits(fixes: Fixes, inside: Bools, reach: Reach = REACH) -> list[Visit]:
    """The visits of the place in which ``inside`` lies, in order; none that the track's ends or a silence cut."""
    gap = np.diff(fixes.at)
    stops = _stops(fixes, gap, reach)
    along_mm = np.cumsum(segment_mm(fixes.latitude_e6, fixes.longitude_e6))
    found = []
    for first, last in _stretches(fixes, inside, gap, reach):
        seen_coming = first > 0 and gap[first - 1] <= reach.silence_s
        seen_going = last + 1 < len(fixes) and gap[last] <= reach.silence_s
        if not (seen_coming and seen_going) or (gap[first:last] > reach.silence_s).any():
            continue
        driven_mm = int(along_mm[last + 1] - along_mm[first - 1])
        found.append(
            Visit(
                int(fixes.at[first]),
                int(fixes.at[last]),
                Sign(int(fixes.sign[first - 1])),
                _went(fixes, first, last, reach),
                max(0, int(fixes.at[last + 1] - fixes.at[first - 1]) - driven_mm * 36 // (reach.rolling_kmh * 10_000)),
                _before(fixes, first, stops, along_mm, gap, reach),
                _after(fixes, last, stops, along_mm, gap, reach),
            )
        )
    return found


def _still(fixes: Fixes, gap: Ints, reach: Reach) -> Bools:
    """Whether it stood from each fix to the next, shape (n - 1,)."""
    moved_mm = segment_mm(fixes.latitude_e6, fixes.longitude_e6)[1:]
    still: Bools = (moved_mm * 36 <= reach.still_kmh * 10_000 * gap) & (gap <= reach.silence_s)
    return still


def _stretches(fixes: Fixes, inside: Bools, gap: Ints, reach: Reach) -> list[tuple[int, int]]:
    """First and last row of each stay inside; a step out for at most ``forgiven_s`` between two fixes is none."""
    edges = np.diff(np.r_[False, inside, False].astype(np.int8))
    spans = list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and fixes.at[first] - fixes.at[joined[-1][1]] <= reach.forgiven_s:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _went(fixes: Fixes, first: int, last: int, reach: Reach) -> Sign:
    """What it showed as it left: the meter may start while it still stands, or just outside."""
    settled = int(np.searchsorted(fixes.at, fixes.at[last] + reach.settle_s, side="right"))
    shown = fixes.sign[last : max(settled, last + 2)]
    for sign in (Sign.LOADED, Sign.BOOKED, Sign.OUT):
        if (shown == sign).any():
            return sign
    # One that was called, or off duty for a while, did not refuse whoever stood there.
    during = fixes.sign[first : last + 1]
    for sign in (Sign.BOOKED, Sign.OUT):
        if (during == sign).any():
            return sign
    return Sign(int(shown[-1]))


def _stops(fixes: Fixes, gap: Ints, reach: Reach) -> list[tuple[int, int]]:
    """First and last row of each stop of at least ``stop_s``."""
    edges = np.flatnonzero(np.diff(np.r_[False, _still(fixes, gap, reach), False].astype(np.int8)))
    spans = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(a, b) for a, b in spans if fixes.at[b] - fixes.at[a] >= reach.stop_s]


def _before(
    fixes: Fixes, first: int, stops: list[tuple[int, int]], along_mm: Ints, gap: Ints, reach: Reach
) -> Carry | None:
    """From the last far brief stop to the place; None where a metered passenger got out there or shortly before: it
    came back then, and the stop was a light.
    """
    for a, b in reversed(stops):
        if b >= first:
            continue
        if fixes.at[first] - fixes.at[b] > reach.carry_most_s:
            return None
        if _apart_m(fixes, b, first) < reach.carry_m:
            continue
        quiet = int(np.searchsorted(fixes.at, fixes.at[a] - reach.quiet_s, side="right"))
        if quiet == 0:  # the track begins after it would show whether somebody had got out
            return None
        return _carry(fixes, (quiet, first), (a, b), (b, first), along_mm, gap, reach)
    return None


def _after(
    fixes: Fixes, last: int, stops: list[tuple[int, int]], along_mm: Ints, gap: Ints, reach: Reach
) -> Carry | None:
    """From the place to the first far brief stop; None where a metered passenger got in there or soon after: whom it
    had sought, and the stop was a light.
    """
    for a, b in stops:
        if a <= last:
            continue
        if fixes.at[a] - fixes.at[last] > reach.carry_most_s:
            return None
        if _apart_m(fixes, last, a) < reach.carry_m:
            continue
        quiet = int(np.searchsorted(fixes.at, fixes.at[b] + reach.quiet_s))
        if quiet == len(fixes):  # the track ends before it shows whether somebody got in
            return None
        return _carry(fixes, (last, quiet), (a, b), (last, a), along_mm, gap, reach)
    return None


def _carry(
    fixes: Fixes,
    shown: tuple[int, int],
    stop: tuple[int, int],
    way: tuple[int, int],
    along_mm: Ints,
    gap: Ints,
    reach: Reach,
) -> Carry | None:
    """The way, if the sign was vacant or out of service all along, the stop brief, and no rank where taxis wait."""
    start, end = way
    told = np.isin(fixes.sign[shown[0] : shown[1]], (Sign.VACANT, Sign.OUT)).all()
    brief = fixes.at[stop[1]] - fixes.at[stop[0]] <= reach.brief_s
    broken = (gap[min(start, stop[0]) : max(end, stop[1])] > reach.silence_s).any()
    if not told or not brief or broken or fixes.waits[stop[0] : stop[1] + 1].any():
        return None
    driven = int(along_mm[end] - along_mm[start])
    straight = round(_apart_m(fixes, start, end) * 1000)
    return Carry(driven // 1000, min(100, 100 * straight // max(driven, 1)))


def _apart_m(fixes: Fixes, a: int, b: int) -> float:
    places: tuple[Any, ...] = (
        fixes.latitude_e6[a], fixes.longitude_e6[a], fixes.latitude_e6[b], fixes.longitude_e6[b],
    )  # fmt: skip
    return float(distance_m(*(value / 1e6 for value in places)))
