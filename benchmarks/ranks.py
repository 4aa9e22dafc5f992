"""Measures the rules of taxis at ranks and stations: ``python benchmarks/ranks.py [--cabs FILE] [--days N]``.

Refusal: queues at a rank by script (taxis and passengers come at random, some taxis give up, are called or go off
duty; a few drivers let passengers go to the next in line), told each 10, 30 or 60 s with noise of 5 m. Carrying under
a vacant sign: rides of the generated fleet laid against a station, sign on vacant; honest taxis bring and fetch with
the meter, or look in and leave. False alarms besides: the generated fleet as it is, and real cabs (vehicle, time, lon,
lat, occupied) with the places where they stand most as ranks and stations. Prints one line of JSON a set.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

import django

django.setup()

from datacenter.geo.measure import distance_m  # noqa: E402  needs the settings
from datacenter.simulator.fleet import part_of_fleet  # noqa: E402
from datacenter.simulator.movement import LOADED_BITS, Movement  # noqa: E402
from taxi.meter.reading import read_fixes  # noqa: E402
from taxi.places.detectors import FalseVacant, Refusal  # noqa: E402
from taxi.places.judging import Seen, day_of, departures, masquerades, refusals  # noqa: E402
from taxi.places.visits import Fixes, Sign, in_order, visits  # noqa: E402

MIDNIGHT, DAY, HOUR = 1_790_006_400, 86_400, 3600
LAT, LON = 40_992_450, 122_066_240
NORTH_E6, EAST_E6 = 1 / 0.11119508, 1 / 0.0839
RADIUS_M, NOISE_M = 60.0, 5.0
V, L, B, OUT = Sign.VACANT, Sign.LOADED, Sign.BOOKED, Sign.OUT
EVER = 2**60


@dataclass
class Track:
    """One taxi: rows of (unix s, metres north, metres east of the place, sign)."""

    rows: list[tuple[float, float, float, int]] = field(default_factory=list)

    def fixes(self, step: int, rng: np.random.Generator) -> tuple[Fixes, Any]:
        """As its terminal tells it each ``step`` seconds, and whether each fix is at the place."""
        at, north, east, sign = (np.array(column) for column in zip(*sorted(self.rows), strict=True))
        told = np.concatenate([np.arange(a, b, step) for a, b in _pieces(at)])
        rows = np.searchsorted(at, told, side="right") - 1
        noise = rng.normal(0, NOISE_M, (2, len(told)))
        moves = np.r_[
            np.abs(np.diff(np.interp(told, at, north))) + np.abs(np.diff(np.interp(told, at, east))) > 1, True
        ]
        noise[:, ~moves] *= 0.2
        n, e = np.interp(told, at, north) + noise[0], np.interp(told, at, east) + noise[1]
        return fixes_of(told, LAT + n * NORTH_E6, LON + e * EAST_E6, sign[rows], np.hypot(n, e) <= RADIUS_M)


def _pieces(at: Any) -> list[tuple[float, float]]:
    cuts = np.flatnonzero(np.diff(at) > 1500)
    return list(zip(at[np.r_[0, cuts + 1]], at[np.r_[cuts, len(at) - 1]], strict=True))


def fixes_of(at: Any, lat: Any, lon: Any, sign: Any, inside: Any) -> tuple[Fixes, Any]:
    """In order, each second once."""
    rows = in_order(np.asarray(at).astype(np.int64))
    at, lat, lon, sign = (np.asarray(column)[rows].astype(np.int64) for column in (at, lat, lon, sign))
    return Fixes(at, lat, lon, sign, inside[rows]), inside[rows]


def judged(tracks: dict[int, list[tuple[Fixes, Any]]], refusal: Any, vacant: Any) -> tuple[set[Any], set[Any]]:
    """(vehicle, day) that refuse and that carry under a vacant sign; a vehicle's tracks are by place."""
    seen: dict[int, list[Seen]] = defaultdict(list)
    for vehicle, places in tracks.items():
        for place, (fixes, inside) in enumerate(places):
            for visit in visits(fixes, inside) if len(fixes) > 2 else []:
                seen[place].append(Seen(len(seen[place]), vehicle, place, visit))
    gone = [one for queue in seen.values() for one in departures(queue, EVER, refusal)]
    refused = {(one.seen.vehicle_id, day_of(one.seen.visit.left)) for one, _ in refusals(gone, refusal)}
    masked = masquerades((one for queue in seen.values() for one in queue), vacant)
    return refused, {(one.vehicle_id, day_of(one.visit.left)) for one, _, _ in masked}


def told(name: str, found: set[Any], planted: set[Any], hours: float) -> None:
    """One set as a line: days of vehicles planted and found, and those found that were not."""
    line: dict[str, Any] = {"set": name, "hours": round(hours)}
    if planted:
        line |= {"planted": len(planted), "recall": round(len(found & planted) / len(planted), 3)}
    line |= {"false": len(found - planted), "false in 1,000 h": round(1000 * len(found - planted) / hours, 3)}
    print(json.dumps(line, ensure_ascii=False), flush=True)


# --- queues -----------------------------------------------------------------------------------------------------------
@dataclass
class Waiting:
    """One taxi in the queue."""

    vehicle: int
    arrived: float
    gives_up: float
    choosy: bool
    how: int  # what it shows if it leaves by itself


def queue_day(day: int, drivers: int, choosy: int, taxis_h: float, fares_h: float, rng: np.random.Generator) -> Any:
    """(visits as (vehicle, arrived, left, sign shown leaving), refusals by vehicle) of a rank from 7 to 22 o'clock."""
    begin, end = MIDNIGHT + day * DAY + 7 * HOUR, MIDNIGHT + day * DAY + 22 * HOUR
    comes = [(at, "taxi") for at in np.sort(rng.uniform(begin, end, rng.poisson(taxis_h * 15)))]
    comes += [(at, "fare") for at in np.sort(rng.uniform(begin, end, rng.poisson(fares_h * 15)))]
    line: list[Waiting] = []
    free: dict[int, float] = defaultdict(float)
    fares, done, refused = 0, [], defaultdict(int)
    for at, what in sorted(comes):
        for one in [one for one in line if one.gives_up <= at]:
            line.remove(one)
            done.append((one.vehicle, one.arrived, one.gives_up, one.how))
        if what == "fare":
            fares += 1
        else:
            idle = [number for number in range(drivers) if free[number] <= at]
            weight = np.array([8.0 if number < choosy else 1.0 for number in idle])
            if idle:
                number = int(rng.choice(idle, p=weight / weight.sum()))
                how = int(rng.choice([V, B, OUT], p=[0.7, 0.2, 0.1]))
                patience = rng.uniform(900, 3600) if number >= choosy else 7200.0
                line.append(Waiting(number, at, at + patience, number < choosy, how))
                free[number] = at + 3 * HOUR
        now = at + 15
        while fares and line:
            one = line.pop(0)
            lets_go = one.choosy and len(line) > 0 and rng.random() < 0.7
            refused[one.vehicle] += lets_go
            fares -= not lets_go
            leaves = max(now + rng.uniform(10, 40), one.arrived + 30)
            done.append((one.vehicle, one.arrived, leaves, V if lets_go else L))
            free[one.vehicle] = leaves + rng.uniform(600, 2400)
            now = leaves
    return done, refused


def queued(vehicle_visits: Iterable[tuple[float, float, int]]) -> Track:
    """Each visit with half a kilometre of coming and three of going."""
    track = Track()
    for arrived, left, sign in vehicle_visits:
        track.rows += [(arrived - 60, 600.0, 0.0, V), (left, 0.0, 0.0, sign)]
        track.rows += [(float(at), 0.0, 0.0, V) for at in np.arange(arrived, left, 60)]
        track.rows += [(left + 240, -3000.0, 0.0, sign)]
    return track


def queues(days: int, step: int, rng: np.random.Generator) -> None:
    """Busy and slow ranks, some of whose drivers choose."""
    for name, taxis_h, fares_h in (("busy", 24.0, 18.0), ("slow", 9.0, 5.0)):
        found, planted, hours = set(), set(), 0.0
        for day in range(days):
            done, refused = queue_day(day, 60, 3, taxis_h, fares_h, rng)
            by_vehicle: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
            for vehicle, arrived, left, sign in done:
                by_vehicle[vehicle].append((arrived, left, sign))
            tracks = {vehicle: [queued(rows).fixes(step, rng)] for vehicle, rows in by_vehicle.items()}
            found |= judged(tracks, Refusal.Limits(), FalseVacant.Limits())[0]
            today = day_of(MIDNIGHT + day * DAY + 12 * HOUR)
            planted |= {(vehicle, today) for vehicle, count in refused.items() if count >= 3}
            hours += 15 * len(by_vehicle)
        told(f"queues at a {name} rank, {step} s", found, planted, hours)


# --- carrying under a vacant sign -------------------------------------------------------------------------------------
def generated_rides(count: int, rng: np.random.Generator) -> list[Any]:
    """Loaded rides of the generated fleet, 2 to 8 km: (seconds, metres north, metres east) from their start."""
    found: list[Any] = []
    fleet = part_of_fleet(3000, ("taxi",))
    for number in rng.permutation(len(fleet)).tolist():
        when = np.arange(MIDNIGHT + 8 * HOUR, MIDNIGHT + 12 * HOUR, 5, dtype=np.float64)
        told_ = Movement([fleet[number]]).at(np.zeros(len(when), np.int64), when)
        loaded = (told_.status & LOADED_BITS) == LOADED_BITS
        edges = np.flatnonzero(np.diff(np.r_[False, loaded, False].astype(np.int8)))
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            moving = np.flatnonzero(told_.speed_dkmh[a:b] > 0)
            if len(moving) < 20:
                continue
            rows = slice(a + moving[0], a + moving[-1] + 2)
            north = (told_.latitude_e6[rows] - told_.latitude_e6[rows][0]) / NORTH_E6
            east = (told_.longitude_e6[rows] - told_.longitude_e6[rows][0]) / EAST_E6
            if 2000 <= np.hypot(north[-1], east[-1]) <= 8000:
                found.append((when[rows] - when[rows][0], north, east))
        if len(found) >= count:
            return found[:count]
    return found


def moment(at: float, kind: str, rides: list[Any], rng: np.random.Generator) -> list[tuple[float, float, float, int]]:
    """Rows of one call at the station: a way in from a stop, a moment at the kerb, a way out to a stop, and on.

    ``carries``: passengers on the way in, out or both, the sign on vacant; a metered fare two to fifteen minutes after.
    ``fetches``: comes vacant from setting a metered fare down, takes the next with the meter. ``looks in``: comes as
    that one, leaves vacant, takes a fare where its way ends: as straight as a ride, which cruising seldom is.
    """
    come, ride, away = (rides[number] for number in rng.choice(len(rides), 3, replace=False))
    brings, takes = (True, True) if kind != "carries" else [(True, False), (False, True), (True, True)][rng.integers(3)]
    kerb, stop = rng.uniform(25, 120), rng.uniform(45, 120)
    rows = [(at - 300, 900.0, 0.0, V), (at - 90, 900.0, 0.0, V), (at, 0.0, 0.0, V)]
    if brings:  # the way of a ride, driven backwards to the station
        begun, last = at - come[0][-1], L if kind != "carries" else V
        first = rng.uniform(45, 120)
        cruised = rng.uniform(120, 900)
        rows = [
            (begun - first - cruised - 60, come[1][-1], come[2][-1] + 1200, L),
            (begun - first - cruised, come[1][-1], come[2][-1] + 1000, last),
            (begun - first - 60, come[1][-1], come[2][-1] + 600, last),
            (begun - first, come[1][-1], come[2][-1], last),
        ]
        rows += [(at - s, n, e, V) for s, n, e in zip(*come, strict=True)][::-1]
    sign = L if kind == "fetches" else V
    now = at + kerb
    rows += [(now, 0.0, 0.0, sign)]
    if not takes:
        rows += [(now + 240, 900.0, 900.0, V), (now + 700, 900.0, 900.0, V)]
        return rows
    rows += [(now + s, n, e, sign) for s, n, e in zip(*ride, strict=True)]
    now, north, east = now + ride[0][-1], ride[1][-1], ride[2][-1]
    # Who looked in cruises the same roads, somebody waves, the meter runs.
    rows += [(now + 15, north, east, V), (now + stop, north, east, L if kind == "looks in" else V)]
    now += stop
    sign, next_fare = (L, 0.0) if kind == "looks in" else (V, rng.uniform(120, 900))
    rows += [(now + s, north + n, east + e, L if s >= next_fare else sign) for s, n, e in zip(*away, strict=True)]
    return rows


def carrying(days: int, step: int, rides: list[Any], rng: np.random.Generator) -> None:
    """Ten taxis a day that carry four to six times, thirty each that fetch or look in as often."""
    found, planted, hours = set(), set(), 0.0
    for day in range(days):
        tracks = {}
        for number in range(70):
            kind = "carries" if number < 10 else "fetches" if number < 40 else "looks in"
            track = Track()
            for call in range(int(rng.integers(4, 7))):
                begin = MIDNIGHT + day * DAY + (7 + 2.4 * call) * HOUR + rng.uniform(0, 1200)
                track.rows += moment(begin, kind, rides, rng)
            tracks[number] = [track.fixes(step, rng)]
            hours += 15
            if kind == "carries":
                planted.add((number, day_of(int(MIDNIGHT + day * DAY + 12 * HOUR))))
        found |= judged(tracks, Refusal.Limits(), FalseVacant.Limits())[1]
    told(f"carrying under a vacant sign, {step} s", found, planted, hours)


# --- false alarms on whole fleets -------------------------------------------------------------------------------------
def busiest(at: Any, lat: Any, lon: Any, sign: Any, whose: Any, count: int) -> list[tuple[float, float]]:
    """Places (degrees) where vacant taxis stand most, over 1 km apart."""
    still = (np.diff(whose) == 0) & (sign[1:] == V) & (np.diff(at) < 600)
    still &= distance_m(lat[1:], lon[1:], lat[:-1], lon[:-1]) < 20
    cells, index = np.unique(np.c_[lat[1:][still], lon[1:][still]].round(3), axis=0, return_inverse=True)
    weight = np.bincount(index.ravel(), np.diff(at)[still])
    found: list[tuple[float, float]] = []
    for lat_, lon_ in cells[np.argsort(-weight)].tolist():
        if all(distance_m(lat_, lon_, *other) > 1000 for other in found):
            found.append((lat_, lon_))
        if len(found) == count:
            break
    return found


def whole(name: str, at: Any, lat: Any, lon: Any, sign: Any, whose: Any, radius_m: float) -> None:
    """Every taxi of a fleet at its six busiest places, each as a rank and as a station."""
    places = busiest(at, lat, lon, sign, whose, 6)
    tracks, hours, seen = {}, 0.0, 0
    for vehicle in np.unique(whose).tolist():
        mine = whose == vehicle
        near = [distance_m(lat[mine], lon[mine], *place) <= radius_m for place in places]
        waits = np.any(near, axis=0)
        rows = fixes_of(at[mine], lat[mine] * 1e6, lon[mine] * 1e6, sign[mine], waits)[0]
        order = in_order(at[mine].astype(np.int64))
        tracks[vehicle] = [(rows, inside[order]) for inside in near]
        hours += float(np.minimum(np.diff(rows.at), 600).sum()) / HOUR
        seen += sum(len(visits(rows, inside[order])) for inside in near)
    refused, masked = judged(tracks, Refusal.Limits(), FalseVacant.Limits())
    told(f"{name}: refusal, {seen} visits", refused, set(), hours)
    told(f"{name}: vacant sign", masked, set(), hours)


def main() -> None:
    """All sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cabs", type=Path)
    parser.add_argument("--days", type=int, default=20)
    chosen = parser.parse_args()
    rng = np.random.default_rng(7)
    rides = generated_rides(400, rng)
    for step in (10, 30, 60):
        queues(chosen.days, step, rng)
        carrying(chosen.days, step, rides, rng)
    fleet = part_of_fleet(300, ("taxi",))
    when = np.arange(MIDNIGHT, MIDNIGHT + 2 * DAY, 30)
    fixes = Movement(fleet).at(np.tile(np.arange(len(fleet)), len(when)), np.repeat(when, len(fleet)).astype(float))
    order = np.argsort(fixes.who, kind="stable")
    sign = np.where((fixes.status & LOADED_BITS) == LOADED_BITS, L, V)[order]
    whole("generated fleet", fixes.time_s[order], fixes.latitude_e6[order] / 1e6, fixes.longitude_e6[order] / 1e6,
          sign, fixes.who[order], 80)  # fmt: skip
    if chosen.cabs:
        real = read_fixes(chosen.cabs)
        whole("real cabs", real.time_s, real.lat, real.lon, np.where(real.occupied, L, V), real.vehicle, 150)


if __name__ == "__main__":
    main()
