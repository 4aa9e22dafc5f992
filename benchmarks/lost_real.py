"""How often the lost-property search finds the right taxi (失物查车实测): real rides, a caller's blurred memory.

``python -m benchmarks.lost_real [--rides 200] [--half test]`` prints a line of JSON a setting. Rides come from the 90
cabs of ``sf_cabs.parquet`` (the product's own ``rides_in`` on their occupied flag) and from
``shenzhen_taxi_trips.csv``; both are read in place. The memory: each end's place up to 300 m off in any direction, its
time up to 20 minutes off, uniformly; one end missing in a third of the cases. The operator enters ± 300 m and ± 20 min.
``--blur normal`` is a caller twice as unsure as that: normal errors of 300 m along each axis and of 20 minutes.
``folded`` lays all days over one another by the time of day: each cab's day becomes a taxi of its own, so that some
2,000 taxis compete for a ride as in a whole city. Vehicles are split by a hash of their name into the half on which
parameters were looked at (``tune``) and the half that is reported (``test``); all vehicles compete in both.
"""

from __future__ import annotations

import argparse
import csv
import json
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SHARED = Path(__file__).resolve().parent.parent.parent / "shared/data/tracks"
PLACE_M, TIME_S = 300, 1200
MISSING = 1 / 3
VIA_M = 300
_DAY_S = 86_400
_M_PER_DEG = 111_195.0


@dataclass(frozen=True)
class World:
    """Rides as the search reads them, whose vehicle each is by name, and tracks by vehicle (where there are any)."""

    name: str
    rows: Any
    names: list[str]
    tracks: dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rides", type=int, default=200)
    parser.add_argument("--half", choices=("tune", "test"), default="test")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--blur", choices=("uniform", "normal"), default="uniform")
    options = parser.parse_args()
    import django

    django.setup()
    for world in (cabs(), cabs(folded=True), shenzhen()):
        for more in ((), ("via",), ("fare",), ("via", "fare")):
            if ("via" in more and not world.tracks) or ("fare" in more and np.isnan(world.rows.fare_jiao).all()):
                continue
            print(json.dumps(measure(world, options, more), ensure_ascii=False), flush=True)


def measure(world: World, options: Any, more: tuple[str, ...]) -> dict[str, Any]:
    """How often the true taxi is first, and in the top three, over ``options.rides`` rides of the half."""
    random = np.random.default_rng(options.seed)
    own = [row for row, name in enumerate(world.names) if _half(name) == options.half]
    chosen = random.choice(own, min(options.rides, len(own)), replace=False)
    ranks: dict[str, list[int]] = {"both": [], "board": [], "alight": []}
    considered = []
    for row in chosen.tolist():
        ends = "both" if random.random() >= MISSING else ("board", "alight")[int(random.integers(2))]
        asked = remembered(world, row, ends, options.blur, more, random)
        rank, count = rank_of(world, asked, row)
        ranks[ends].append(rank)
        considered.append(count)
    every = [rank for part in ranks.values() for rank in part]
    found = {"all": every, "both_ends": ranks["both"], "one_end": ranks["board"] + ranks["alight"]}
    return {
        "world": world.name, "half": options.half, "blur": options.blur, "more": list(more), "rides": len(every),
        "taxis": len(set(world.rows.vehicle_id.tolist())), "in_table": len(world.rows),
        "considered_median": int(np.median(considered)),
        **{f"{name}_{figure}": value for name, part in found.items() for figure, value in _shares(part).items()},
    }  # fmt: skip


def _shares(ranks: list[int]) -> dict[str, Any]:
    held = np.array(ranks)
    return {"n": len(ranks), "first": round(float((held == 1).mean()), 3), "top3": round(float((held <= 3).mean()), 3),
            "top20": round(float((held <= 20).mean()), 3)}  # fmt: skip


def remembered(world: World, row: int, ends: str, blur: str, more: tuple[str, ...], random: Any) -> Any:
    """What a caller says of the ride at ``row``."""
    from complaints.lost.asked import Asked, End, Spot

    rows = world.rows

    def end(lat: float, lon: float, at: float) -> End:
        there = _off(lat, lon, blur, random)
        late = random.uniform(-TIME_S, TIME_S) if blur == "uniform" else random.normal(0, TIME_S)
        return End(Spot(*there, PLACE_M), round(at + late), TIME_S)

    asked = Asked(
        board=end(rows.board_lat[row], rows.board_lon[row], rows.boarded_s[row]) if ends != "alight" else None,
        alight=end(rows.alight_lat[row], rows.alight_lon[row], rows.alighted_s[row]) if ends != "board" else None,
    )
    if "fare" in more:
        # A receipt is seldom at hand: rounded to the yuan, and half the callers to five.
        step = 10 if random.random() < 0.5 else 50
        asked = replace(asked, fare_jiao=max(10, round(rows.fare_jiao[row] / step) * step))
    if "via" in more:
        at, lat, lon = _way(world, row)
        if len(at) >= 3:
            here = int(random.integers(1, len(at) - 1))
            asked = replace(asked, via=(Spot(*_off(lat[here], lon[here], blur, random), VIA_M),))
    return asked


def _off(lat: float, lon: float, blur: str, random: Any) -> tuple[float, float]:
    """A place up to ``PLACE_M`` off, anywhere in the disc; or normal with that spread along each axis."""
    if blur == "uniform":
        away, turn = PLACE_M * np.sqrt(random.random()), random.uniform(0, 2 * np.pi)
        north, east = away * np.cos(turn), away * np.sin(turn)
    else:
        north, east = random.normal(0, PLACE_M, 2)
    return float(lat + north / _M_PER_DEG), float(lon + east / _M_PER_DEG / np.cos(np.radians(lat)))


def rank_of(world: World, asked: Any, row: int) -> tuple[int, int]:
    """At which place the true taxi stands (1 is first; a million where it was not found), and among how many rides."""
    from complaints.lost import scoring, search

    rows = world.rows
    near = np.ones(len(rows), np.bool_)
    for end, lat, lon, at in (
        (asked.board, rows.board_lat, rows.board_lon, rows.boarded_s),
        (asked.alight, rows.alight_lat, rows.alight_lon, rows.alighted_s),
    ):
        if end is None:
            continue
        first, last = search.reach_of(end) or (0, 0)
        away = search.distance_m(end.spot.latitude, end.spot.longitude, lat, lon)
        near &= (at >= first) & (at <= last) & (away <= end.spot.radius_m * scoring.REACH)
    at = np.flatnonzero(near)
    if row not in at:
        return 1_000_000, len(at)
    kept = rows.take(at)
    parts = search.parts_of(asked, kept)
    if asked.fare_jiao is not None:
        spread = np.full(len(kept), max(scoring.FARE_LEAST_JIAO, scoring.FARE_SHARE * asked.fare_jiao))
        parts.append(scoring.amount("fare", kept.fare_jiao - asked.fare_jiao, spread))
    log, _share, _fit = scoring.together(parts, len(kept))
    if asked.via:
        best = np.argsort(-log, kind="stable")[: search.FOLLOWED]
        away = np.full(len(kept), np.nan)
        spots = [(spot.latitude, spot.longitude) for spot in asked.via]
        for one in best.tolist():
            _, lat, lon = _way(world, int(at[one]))
            away[one] = scoring.passed_m(lat, lon, spots)[0]
        part = scoring.place("via", np.nan_to_num(away, nan=0, posinf=1e6), VIA_M, np.zeros(len(kept)))
        log = log + np.where(np.isnan(away), -1e3, part.log)
    order = np.argsort(-log, kind="stable")
    taxis: list[int] = []
    for one in kept.vehicle_id[order].tolist():
        if one not in taxis:
            taxis.append(one)
    return taxis.index(int(rows.vehicle_id[row])) + 1, len(at)


def _way(world: World, row: int) -> tuple[Any, Any, Any]:
    rows = world.rows
    at, lat, lon = world.tracks[int(rows.vehicle_id[row])]
    span = slice(*np.searchsorted(at, [rows.boarded_s[row], rows.alighted_s[row] + 1]))
    return at[span], lat[span], lon[span]


def _half(name: str) -> str:
    return ("tune", "test")[zlib.crc32(name.encode()) % 2]


def cabs(*, folded: bool = False) -> World:
    """San Francisco's cabs; ``folded`` as one day of as many taxis as there are cab-days (Pacific time)."""
    import pyarrow.parquet as pq

    from datacenter.tracks.position import DTYPES, Flag, Positions
    from taxi.rides.finding import rides_in

    table = pq.read_table(SHARED / "sf_cabs.parquet")
    who = table["vehicle"].combine_chunks()
    names, vehicle = who.dictionary.to_pylist(), who.indices.to_numpy().astype(np.int64)
    at = table["time"].to_numpy().astype("datetime64[s]").astype(np.int64)
    if folded:
        day = (at - 7 * 3600 - 4 * 3600) // _DAY_S  # from four in the morning: few rides are cut
        vehicle = vehicle * 100 + (day - day.min())
        at = (at - 11 * 3600) % _DAY_S + 20_000 * _DAY_S
    order = np.lexsort((at, vehicle))
    facts = {
        "vehicle_id": vehicle, "device_time": at,
        "latitude_e6": np.rint(table["lat"].to_numpy() * 1e6), "longitude_e6": np.rint(table["lon"].to_numpy() * 1e6),
        "flags": Flag.TAXI | Flag.QUALIFIED | np.where(table["occupied"].to_numpy() == 1, Flag.LOADED, 0),
    }  # fmt: skip
    zero = np.zeros(len(at))
    track = Positions(**{name: facts.get(name, zero)[order].astype(dtype) for name, dtype in DTYPES.items()})
    found = rides_in(track)
    edges = np.flatnonzero(np.diff(track.vehicle_id)) + 1
    tracks = {
        int(track.vehicle_id[part[0]]): (track.device_time[part], track.latitude_e6[part] / 1e6,
                                         track.longitude_e6[part] / 1e6)
        for part in np.split(np.arange(len(track)), edges)
    }  # fmt: skip
    owners = [names[pk // 100 if folded else pk] for pk in found.vehicle_id.tolist()]
    return World("sf_cabs folded" if folded else "sf_cabs", _rows(found), owners, tracks)


def _rows(found: Any) -> Any:
    from complaints.lost.search import Rows

    count = len(found)
    return Rows(
        np.arange(count), found.vehicle_id, found.boarded_s.astype(float), found.alighted_s.astype(float),
        found.board_lat / 1e6, found.board_lon / 1e6, found.alight_lat / 1e6, found.alight_lon / 1e6,
        found.distance_m.astype(float), np.full(count, np.nan), found.board_gap_s.astype(float),
        found.alight_gap_s.astype(float),
    )  # fmt: skip


def shenzhen() -> World:
    """Shenzhen's trips of a day, with fares by its author's model; rows that can't be rides are left out."""
    from complaints.lost.search import Rows

    columns: list[list[float]] = []
    names = []
    with (SHARED / "shenzhen_taxi_trips.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            began, ended = (datetime.fromisoformat(row[name]).timestamp() for name in ("Stime", "Etime"))
            metres, price = float(row["distance"]), float(row["price"])
            if not (30 <= ended - began <= 6 * 3600 and 100 <= metres <= 100_000 and 5 <= price <= 500):
                continue
            names.append(row["VehicleNum"])
            places = [float(row[name]) for name in ("Lat", "Lng", "ELat", "ELng")]
            columns.append([float(row["VehicleNum"]), began, ended, *places, metres, price * 10])
    vehicle, began, ended, a, b, c, d, metres, fare = np.array(columns).T
    gap = np.full(len(vehicle), 20.0)
    rows = Rows(np.arange(len(vehicle)), vehicle.astype(np.int64), began, ended, a, b, c, d, metres, fare, gap, gap)
    return World("shenzhen", rows, names, {})


if __name__ == "__main__":
    main()
