"""Whether a vehicle from elsewhere works in the city (外地车异地经营判定): pure, on columns of one vehicle.

A *dwell* is a stretch in which it hardly moves; a *ride* goes from dwell to dwell, both in the city, one of them brief.
Where the occupied bit is wired (both values were seen) loaded stretches are the rides, whatever the dwells. A day of
operation shows one of three: loaded rides; many rides and places in long hours; or many reads with some at ranks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from datacenter.geo.measure import distance_m, segment_mm

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_SHANGHAI_S, _DAY_S = 8 * 3600, 86_400
_CELL_E6 = (5000, 6600)
"""About 550 m north and east at Panjin's latitude: ends of rides in one such square are one place."""
UNKNOWN, VACANT, LOADED = -1, 0, 1
LARGE = (2, 93)
"""Plate colours of large vehicles: yellow, and yellow-green. GA 36; JT/T 415."""


@dataclass(frozen=True, slots=True)
class Way:
    """Positions of one vehicle, shape (n,) each.

    ``at`` unix seconds; ``loaded`` −1 not told, 0 vacant, 1 loaded; ``inside`` in the city; ``rank`` at a rank or
    station.
    """

    at: Ints
    latitude_e6: Ints
    longitude_e6: Ints
    loaded: Ints
    inside: Bools
    rank: Bools

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: npt.NDArray[Any] | slice) -> Way:
        """Those rows."""
        return Way(
            self.at[rows],
            self.latitude_e6[rows],
            self.longitude_e6[rows],
            self.loaded[rows],
            self.inside[rows],
            self.rank[rows],
        )

    def in_order(self) -> Way:
        """By time; of several at one second the first that came. A clock going back only reorders."""
        _, rows = np.unique(self.at, return_index=True)
        return self.take(rows)


@dataclass(frozen=True, slots=True)
class Ride:
    """From where to where (rows of the way in order), and whether the occupied bit said so."""

    first: int
    last: int
    loaded: bool


@dataclass(slots=True)
class Day:
    """What one day (of Shanghai, days since 1970) shows; ``places`` are those where rides and reads ended."""

    day: int
    in_city_s: int = 0
    rides: list[Ride] = field(default_factory=list)
    rank_visits: int = 0
    reads: int = 0
    rank_reads: int = 0
    read_places: set[tuple[int, int]] = field(default_factory=set)
    places: set[tuple[int, int]] = field(default_factory=set)
    routes: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)

    @property
    def loaded_rides(self) -> int:
        """Rides by the occupied bit."""
        return sum(ride.loaded for ride in self.rides)


By = Literal["loaded", "ways", "reads"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The days of operation, each with what showed it."""

    days: tuple[tuple[Day, By], ...]


def day_of(at: int) -> int:
    """The day of Shanghai, in days since 1970."""
    return (at + _SHANGHAI_S) // _DAY_S


def dwells(way: Way, limits: Any) -> tuple[list[tuple[int, int]], Bools]:
    """(first, last) rows of each dwell of at least ``dwell_s``, and whether the track broke before each row.

    ``way`` is in order. Over a silence it stood if it is where it was, else the track broke.
    """
    if len(way) < 2:
        return [], np.ones(len(way), bool)
    gap, moved_mm = np.diff(way.at), segment_mm(way.latitude_e6, way.longitude_e6)[1:]
    silent = gap > limits.silence_s
    still = np.where(silent, moved_mm <= limits.parked_m * 1000, moved_mm * 36 <= limits.still_kmh * 10_000 * gap)
    broke = np.r_[True, silent & ~still]
    edges = np.flatnonzero(np.diff(np.r_[False, still, False].astype(np.int8)))
    spans = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [(a, b) for a, b in spans if way.at[b] - way.at[a] >= limits.dwell_s], broke


def rides(way: Way, limits: Any) -> list[Ride]:
    """The rides within the city, in order: by the occupied bit where it is wired, else from dwell to dwell."""
    wired = bool((way.loaded == LOADED).any() and (way.loaded == VACANT).any())
    stood, broke = dwells(way, limits)
    breaks = np.cumsum(broke)
    if wired:
        edges = np.diff(np.r_[False, way.loaded == LOADED, False].astype(np.int8))
        spans = list(zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) - 1).tolist(), strict=True))
        # The bit has to turn on and off in sight: a stretch cut by the track's ends or by a break has no known ends.
        spans = [(a, b) for a, b in spans if a > 0 and b + 1 < len(way) and breaks[a - 1] == breaks[b + 1]]
    else:
        spans = [
            (before[1], after[0])
            for before, after in pairwise(stood)
            if breaks[before[1]] == breaks[after[0]]
            and min(way.at[b] - way.at[a] for a, b in (before, after)) <= limits.brief_s
        ]
    found = []
    for a, b in spans:
        inside = way.inside[a] and way.inside[b]
        if inside and way.at[b] - way.at[a] <= limits.ride_most_s and _apart_m(way, a, b) >= limits.ride_least_m:
            found.append(Ride(a, b, wired))
    return found


def _apart_m(way: Way, a: int, b: int) -> float:
    places = (way.latitude_e6[a], way.longitude_e6[a], way.latitude_e6[b], way.longitude_e6[b])
    return float(distance_m(*(value / 1e6 for value in places)))


def _place(latitude_e6: Any, longitude_e6: Any) -> tuple[int, int]:
    return int(latitude_e6) // _CELL_E6[0], int(longitude_e6) // _CELL_E6[1]


def signs(way: Way, reads: Way, limits: Any) -> list[Day]:
    """What each day shows, in order; both ways in order. A ride counts on the day it ended, a dwell when it began."""
    days: dict[int, Day] = {}

    def on(at: Any) -> Day:
        day = day_of(int(at))
        return days.setdefault(day, Day(day))

    if len(way) > 1:
        gap = np.diff(way.at)
        both = way.inside[1:] & way.inside[:-1] & (gap <= limits.silence_s)
        for day in np.unique((way.at[1:] + _SHANGHAI_S) // _DAY_S).tolist():
            mine = both & ((way.at[1:] + _SHANGHAI_S) // _DAY_S == day)
            days.setdefault(day, Day(day)).in_city_s = int(gap[mine].sum())
    for ride in rides(way, limits):
        day_ = on(way.at[ride.last])
        day_.rides.append(ride)
        ends = [_place(way.latitude_e6[row], way.longitude_e6[row]) for row in (ride.first, ride.last)]
        day_.places.update(ends)
        day_.routes.append((ends[0], ends[1]))
    for first, last in dwells(way, limits)[0]:
        if way.rank[first : last + 1].any() and way.inside[first]:
            on(way.at[first]).rank_visits += 1
    for row in np.flatnonzero(reads.inside):
        day_ = on(reads.at[row])
        day_.reads += 1
        day_.rank_reads += bool(reads.rank[row])
        day_.read_places.add(_place(reads.latitude_e6[row], reads.longitude_e6[row]))
    return [days[key] for key in sorted(days)]


def verdict(days: Sequence[Day], limits: Any, plate_colour: int = 0) -> Verdict | None:
    """The days of operation, if there are enough of them; ``days`` lie within one window.

    A vehicle with few routes over and over (a commuter, a works bus) does not operate by its ways alone. Nor does one
    with the plate of a large vehicle, which is a coach or a truck: there only the occupied bit speaks.
    """
    car = plate_colour not in LARGE or bool(limits.large)
    routes = [route for day in days for route in day.routes]
    varied = bool(routes) and 100 * len(set(routes)) >= limits.routes_percent * len(routes)
    found: list[tuple[Day, By]] = []
    for day in days:
        if day.loaded_rides and day.loaded_rides >= limits.day_loaded_rides:
            found.append((day, "loaded"))
        elif car and varied and _by_ways(day, limits):
            found.append((day, "ways"))
        elif car and _by_reads(day, limits):
            found.append((day, "reads"))
    return Verdict(tuple(found)) if found and len(found) >= limits.days else None


def _by_ways(day: Day, limits: Any) -> bool:
    dwelt = [ride for ride in day.rides if not ride.loaded]
    weighed = len(dwelt) + limits.rank_weight * day.rank_visits
    return (
        bool(dwelt)
        and weighed >= limits.day_rides
        and day.rank_visits >= limits.day_rank_visits
        and len(day.places) >= limits.day_places
        and day.in_city_s >= limits.day_in_city_s
    )


def _by_reads(day: Day, limits: Any) -> bool:
    return (
        day.reads >= max(1, limits.day_reads)
        and len(day.read_places) >= limits.day_read_places
        and day.rank_reads >= limits.day_rank_reads
    )


def counted(found: Verdict) -> dict[int, dict[str, Any]]:
    """Figures by day, as a lead keeps them."""
    figures: dict[int, dict[str, Any]] = defaultdict(dict)
    for day, by in found.days:
        figures[day.day] = {
            "by": by,
            "rides": len(day.rides),
            "loaded_rides": day.loaded_rides,
            "rank_visits": day.rank_visits,
            "reads": day.reads,
            "places": len(day.places | day.read_places),
            "in_city_s": day.in_city_s,
        }
    return dict(figures)
