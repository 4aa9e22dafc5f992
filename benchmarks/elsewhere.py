"""Measures the rule about vehicles from elsewhere: ``python benchmarks/elsewhere.py [--cabs FILE] [--vehicles N]``.

Planted: taxis of the generated fleet under plates from elsewhere, five days of their movement, told each 10, 30 or 60 s
with noise of 5 m; with the occupied bit, without it, and as reads of cameras alone. Hard negatives: the fleet's buses,
coaches and trucks, visitors with some rides of a taxi a day, commuters, through traffic, delivery vans. ``--cabs`` are
real taxis (vehicle, time, lon, lat, occupied) whose bit is hidden. Prints one line of JSON a set.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

import django

django.setup()

from datacenter.detection.detectors.elsewhere import Elsewhere  # noqa: E402  needs the settings
from datacenter.detection.elsewhere.rule import UNKNOWN, Way, rides, signs, verdict  # noqa: E402
from datacenter.simulator.fleet import part_of_fleet  # noqa: E402
from datacenter.simulator.movement import LOADED_BITS, Movement  # noqa: E402
from taxi.meter.reading import read_fixes  # noqa: E402

MIDNIGHT = 1_790_006_400  # of a day in Shanghai
DAY, DAYS = 86_400, 5
NOISE_E6 = 45  # about 5 m
CAMERAS, CAMERA_E6, RANK_CAMERAS = 60, 600, 8
LIMITS = Elsewhere.Limits()


def way_of(at: Any, lat: Any, lon: Any, loaded: Any) -> Way:
    """Columns as the rule takes them, all inside the city, at no rank."""
    yes = np.ones(len(at), bool)
    return Way(*(np.asarray(c).astype(np.int64) for c in (at, lat, lon, loaded)), yes, ~yes).in_order()


def fleet(kind: Any, count: int, step: int, rng: np.random.Generator) -> Iterator[Way]:
    """``DAYS`` days of the generated movement of some vehicles, a fix each ``step`` seconds."""
    for vehicle in part_of_fleet(count, (kind,))[:count]:
        yield moved([vehicle], [np.arange(MIDNIGHT, MIDNIGHT + DAYS * DAY, step)], rng)


def moved(vehicles: list[Any], when: list[Any], rng: np.random.Generator) -> Way:
    """Each vehicle's movement at its times, as the track of one."""
    movement = Movement(vehicles)
    who = np.repeat(np.arange(len(vehicles)), [len(times) for times in when])
    fixes = movement.at(who, np.concatenate(when).astype(np.float64))
    noise = rng.normal(0, NOISE_E6, (2, len(who)))
    noise[:, fixes.speed_dkmh == 0] *= 0.2  # a standing receiver wanders less from fix to fix
    loaded = (fixes.status & LOADED_BITS) == LOADED_BITS
    north, east = noise.round()
    return way_of(fixes.time_s, fixes.latitude_e6 + north, fixes.longitude_e6 + east, loaded)


def strangers(count: int, step: int, rng: np.random.Generator) -> Iterator[Way]:
    """Taxis under plates from elsewhere: from 8 to 20 o'clock each day, the movement of another taxi every three hours,
    since a generated taxi repeats a few loops; between them the track breaks.
    """
    fleet_ = part_of_fleet(600, ("taxi",))
    for _ in range(count):
        shifts = [MIDNIGHT + day * DAY + hour * 3600 for day in range(DAYS) for hour in (8, 11, 14, 17)]
        drivers = [fleet_[number] for number in rng.choice(len(fleet_), len(shifts), replace=False)]
        yield moved(drivers, [np.arange(begin, begin + 10_000, step) for begin in shifts], rng)


def hidden(way: Way) -> Way:
    """Without the occupied bit."""
    return Way(way.at, way.latitude_e6, way.longitude_e6, np.full(len(way), UNKNOWN), way.inside, way.rank)


def visitor(way: Way, a_day: int, rng: np.random.Generator) -> Way:
    """Some rides of a taxi a day, its bit hidden; then it stands for one to five minutes or, as often, for an hour."""
    pieces, at = [], 0
    found = rides(way, LIMITS)
    for day in range(DAYS):
        mine = [ride for ride in found if (way.at[ride.first] - MIDNIGHT) // DAY == day][:a_day]
        at = max(at, MIDNIGHT + day * DAY + 8 * 3600)
        for ride in mine:
            piece = way.take(slice(ride.first, ride.last + 1))
            pieces.append((piece.at - piece.at[0] + at, piece.latitude_e6, piece.longitude_e6))
            begun, brief = int(pieces[-1][0][-1]), rng.random() < 0.5
            at = begun + int(rng.uniform(60, 300) if brief else rng.uniform(1200, 5400))
            stands = np.arange(begun + 30, at, 30)
            pieces.append((stands, *(np.full(len(stands), column[-1]) for column in pieces[-1][1:])))
    if not pieces:
        return hidden(way.take(slice(0, 0)))
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    return way_of(*columns, np.full(len(columns[0]), UNKNOWN))


def commuter(way: Way, rng: np.random.Generator) -> Way:
    """The same ride each morning, and back each evening."""
    ride = max(rides(way, LIMITS), key=lambda r: r.last - r.first)
    piece = way.take(slice(ride.first, ride.last + 1))
    took = int(piece.at[-1] - piece.at[0])
    parts = []
    for day in range(DAYS):
        out = MIDNIGHT + day * DAY + 7 * 3600 + int(rng.uniform(0, 1800))
        home = out + 9 * 3600
        parts.append((piece.at - piece.at[0] + out, piece.latitude_e6, piece.longitude_e6))
        parts.append((home + took - (piece.at[::-1] - piece.at[0]), piece.latitude_e6[::-1], piece.longitude_e6[::-1]))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return way_of(*columns, np.full(len(columns[0]), UNKNOWN))


def van(way: Way, hop_s: int, rng: np.random.Generator) -> Way:
    """A delivery van: it drives a taxi's roads and stands for one to three minutes after each ``hop_s`` of driving."""
    keep = np.r_[True, np.abs(np.diff(way.latitude_e6)) + np.abs(np.diff(way.longitude_e6)) > 100]
    driven = way.take(keep)
    late = np.cumsum(np.r_[0, np.minimum(np.diff(driven.at), 30)])
    turns = late // hop_s
    stand = rng.uniform(60, 180, int(turns[-1]) + 1).round()
    at = MIDNIGHT + 8 * 3600 + late + np.r_[0, np.cumsum(stand)][turns]
    day_s = 9 * 3600
    day, second = np.divmod(at - MIDNIGHT - 8 * 3600, day_s)
    fine = day < DAYS
    return hidden(way_of((MIDNIGHT + 8 * 3600 + day * DAY + second)[fine], driven.latitude_e6[fine],
                         driven.longitude_e6[fine], np.full(int(fine.sum()), UNKNOWN)))  # fmt: skip


def reads_of(way: Way, cameras: Any, rng: np.random.Generator) -> Way:
    """What cameras of these places read of it: nine of ten passings, one in five minutes each."""
    found = []
    for number, (lat, lon) in enumerate(cameras):
        near = np.abs(way.latitude_e6 - lat) + np.abs(way.longitude_e6 - lon) < CAMERA_E6
        times = way.at[near]
        fresh = times[np.r_[True, np.diff(times) > 300]] if len(times) else times
        found += [(int(at), lat, lon, number) for at in fresh if rng.random() < 0.9]
    if not found:
        return way.take(slice(0, 0))
    at, lat, lon, number = (np.array(column) for column in zip(*sorted(found), strict=True))
    made = way_of(at, lat, lon, number)
    return Way(made.at, made.latitude_e6, made.longitude_e6, np.full(len(made), UNKNOWN), made.inside,
               made.loaded < RANK_CAMERAS)  # fmt: skip


def at_ranks(way: Way, cameras: Any) -> Way:
    """With the places of the ranks' cameras as ranks."""
    rank = np.zeros(len(way), bool)
    for lat, lon in cameras[:RANK_CAMERAS]:
        rank |= np.abs(way.latitude_e6 - lat) + np.abs(way.longitude_e6 - lon) < CAMERA_E6
    return Way(way.at, way.latitude_e6, way.longitude_e6, way.loaded, way.inside, rank)


def cameras_on(ways: list[Way], rng: np.random.Generator) -> list[tuple[int, int]]:
    """The first few where taxis stand most (ranks), the others on their roads."""
    lat = np.concatenate([w.latitude_e6 for w in ways])
    lon = np.concatenate([w.longitude_e6 for w in ways])
    still = np.concatenate([np.r_[np.diff(w.latitude_e6), 9] == 0 for w in ways])
    cells, counts = np.unique(np.c_[lat[still], lon[still]] // 1000, axis=0, return_counts=True)
    ranks = cells[np.argsort(-counts)][:RANK_CAMERAS] * 1000 + 500
    roads = rng.choice(len(lat), CAMERAS, replace=False)
    return [*map(tuple, ranks.tolist()), *zip(lat[roads].tolist(), lon[roads].tolist(), strict=True)]


def told(name: str, ways: list[Way], planted: bool, reads: bool = False, limits: Any = LIMITS, colour: int = 1) -> None:
    """One set as a line."""
    leads, hours, days = 0, 0.0, []
    empty = ways[0].take(slice(0, 0)) if ways else None
    for way in ways:
        shown = signs(empty if reads else way, way if reads else empty, limits)  # type: ignore[arg-type]
        leads += verdict(shown, limits, colour) is not None
        days += [len(day.rides) for day in shown]
        hours += float(np.minimum(np.diff(way.at), LIMITS.silence_s).sum()) / 3600 if not reads else DAYS * 24.0
    line: dict[str, Any] = {"set": name, "vehicles": len(ways), "leads": leads, "hours": round(hours)}
    line |= {"rides a day": round(float(np.mean(days)), 1) if days else 0}
    share = {"recall": round(leads / max(1, len(ways)), 3)} if planted else {
        "false in 1,000 h": round(1000 * leads / max(1.0, hours), 3)
    }  # fmt: skip
    print(json.dumps(line | share, ensure_ascii=False), flush=True)


def cabs(path: Path) -> list[Way]:
    """Real taxis, their bit hidden, each over its first ``DAYS`` days."""
    fixes = read_fixes(path)
    found = []
    for vehicle in np.unique(fixes.vehicle):
        mine = np.flatnonzero(fixes.vehicle == vehicle)
        at = fixes.time_s[mine]
        mine = mine[at < at[0] + DAYS * DAY]
        found.append(way_of(fixes.time_s[mine], fixes.lat[mine] * 1e6, fixes.lon[mine] * 1e6,
                            np.full(len(mine), UNKNOWN)))  # fmt: skip
    return found


def main() -> None:
    """All sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cabs", type=Path)
    parser.add_argument("--vehicles", type=int, default=100)
    chosen = parser.parse_args()
    rng, count = np.random.default_rng(5), chosen.vehicles
    for step in (10, 30, 60):
        taxis = list(strangers(count, step, rng))
        told(f"taxis, occupied bit, {step} s", taxis, True)
        told(f"taxis, no bit, {step} s", [hidden(way) for way in taxis], True)
        if step == 30:
            base = taxis
    eyes = cameras_on(base, rng)
    ranked = [at_ranks(hidden(way), eyes) for way in base]
    strict = Elsewhere.Limits(day_rank_visits=1)
    told("taxis, no bit, a rank each day asked for", ranked, True, limits=strict)
    told("taxis, reads alone", [reads_of(way, eyes, rng) for way in base], True, reads=True)
    for kind in ("bus", "coach", "hazmat", "heavy_truck"):
        ways = [hidden(way) for way in fleet(kind, count, 30, rng)]
        told(f"{kind}, yellow plate", ways, False, colour=2)
        told(f"{kind}, as if a car", ways, False)
        told(f"{kind}, reads alone, as if a car", [reads_of(way, eyes, rng) for way in ways], False, reads=True)
    for a_day in (4, 8, 12):
        ways = [visitor(way, a_day, rng) for way in base]
        told(f"visitors, {a_day} ways a day", ways, False)
        told(f"visitors, {a_day} ways a day, reads alone", [reads_of(way, eyes, rng) for way in ways], False, True)
    told("commuters", [commuter(way, rng) for way in base], False)
    for hop_s in (60, 180):
        vans = [at_ranks(van(way, hop_s, rng), eyes) for way in base]
        told(f"delivery vans, a stop each {hop_s} s", vans, False)
        told(f"delivery vans, a stop each {hop_s} s, a rank each day asked for", vans, False, limits=strict)
    if chosen.cabs:
        told("real cabs, bit hidden", cabs(chosen.cabs), True)


if __name__ == "__main__":
    main()
