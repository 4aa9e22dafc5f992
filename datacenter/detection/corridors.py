"""Which vehicles have approved routes (核准路线), and whether a place lies on one of its vehicle's. Pure.

A route that names vehicles binds those; one that names none binds its kinds. A vehicle with routes of its own is not
bound by those of its kind.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

_KIND_KEYS = 16  # keys below are kinds, from here on vehicles


@dataclass(frozen=True, slots=True)
class Route:
    """One corridor: whom it binds, when it is in force (unix seconds, the end not included), and where it runs."""

    area_id: int
    vehicles: frozenset[int]
    kinds: frozenset[int]  # numbers of ``KINDS``, below 16
    valid_from: int
    valid_until: int
    shape: Any


class Corridors:
    """All routes in force, for many positions at once."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._shapes = np.array([route.shape for route in routes], dtype=object)
        shapely.prepare(self._shapes)
        self._bounds = shapely.bounds(self._shapes).reshape(len(routes), 4)
        self._from = np.array([route.valid_from for route in routes], np.int64)
        self._until = np.array([route.valid_until for route in routes], np.int64)
        pairs = [
            (key, number)
            for number, route in enumerate(routes)
            for key in (
                [_KIND_KEYS + pk for pk in route.vehicles]
                if route.vehicles
                else [kind for kind in route.kinds if 0 <= kind < _KIND_KEYS]
            )
        ]
        keys = sorted({key for key, _ in pairs})
        number_of = {key: number for number, key in enumerate(keys)}
        # The routes of each binding, one binding after the other.
        pairs.sort()
        self._routes = np.array([route for _, route in pairs], np.int64)
        counts = np.bincount([number_of[key] for key, _ in pairs], minlength=len(keys))
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._of_kind = np.full(_KIND_KEYS + 1, -1, np.int64)  # the last, -1, for an unknown kind
        self._of_vehicle = np.full(max([0, *keys]) + 1, -1, np.int64)
        for key, number in number_of.items():
            (self._of_kind if key < _KIND_KEYS else self._of_vehicle)[key] = number
        self._spans = [
            _merged([routes[n] for n in self._routes[a:b]]) for a, b in itertools.pairwise(self._starts.tolist())
        ]
        self._first = np.array([spans[0] for spans in self._spans], np.int64).reshape(len(keys), 2)
        self._broken = np.array([len(spans) > 1 for spans in self._spans], np.bool_)

    def deviating(
        self,
        vehicle_id: npt.NDArray[np.int32],
        kinds: npt.NDArray[np.int8],
        device_time: npt.NDArray[np.int64],
        longitude_e6: npt.NDArray[np.int32],
        latitude_e6: npt.NDArray[np.int32],
    ) -> npt.NDArray[np.bool_]:
        """Rows whose vehicle is bound by a route in force at that moment and lies on none of its own."""
        ids = vehicle_id.astype(np.int64) + _KIND_KEYS
        known = ids < len(self._of_vehicle)
        binding = np.where(known, self._of_vehicle[np.where(known, ids, 0)], -1)
        binding = np.where(binding < 0, self._of_kind[kinds], binding)
        away = np.zeros(len(ids), np.bool_)
        bound = np.flatnonzero(binding >= 0)
        bound = bound[self._in_force(binding[bound], device_time[bound])]
        if len(bound):
            away[bound] = True
            row, route = self._beside(bound, binding)
            x, y = longitude_e6[row] * 1e-6, latitude_e6[row] * 1e-6
            box = self._bounds[route]
            near = (x >= box[:, 0]) & (y >= box[:, 1]) & (x <= box[:, 2]) & (y <= box[:, 3])
            near &= (device_time[row] >= self._from[route]) & (device_time[row] < self._until[route])
            near = np.flatnonzero(near)
            on_it = shapely.intersects_xy(self._shapes[route[near]], x[near], y[near])
            away[row[near[on_it]]] = False
        return away

    def _beside(
        self, rows: npt.NDArray[np.int64], binding: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Each row beside each route of its binding."""
        first = self._starts[binding[rows]]
        count = self._starts[binding[rows] + 1] - first
        beside = np.repeat(np.arange(len(rows)), count)
        within = np.arange(len(beside)) - np.repeat(np.cumsum(count) - count, count)
        return rows[beside], self._routes[first[beside] + within]

    def _in_force(self, binding: npt.NDArray[np.int64], device_time: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether any route of each binding is in force at its moment."""
        since, until = self._first[binding].T
        force: npt.NDArray[np.bool_] = (device_time >= since) & (device_time < until)
        for row in np.flatnonzero(self._broken[binding] & ~force).tolist():
            force[row] = any(a <= device_time[row] < b for a, b in self._spans[binding[row]])
        return force


def _merged(routes: list[Route]) -> list[tuple[int, int]]:
    """When any of some routes is in force: spans in order that don't meet."""
    spans: list[tuple[int, int]] = []
    for since, until in sorted((route.valid_from, route.valid_until) for route in routes):
        if spans and since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], until))
        else:
            spans.append((since, until))
    return spans
