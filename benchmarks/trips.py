"""What the rules about taxi trips find of what was planted: ``python benchmarks/trips.py [--taxis N] [--real FILE]``.

Generated: the demo fleet's own movement, reported every 10 to 30 s with a receiver's noise, fixes that are elsewhere
and silences; meters and fares by the made-up tariff; violations planted by seed. Real (``--real``, for false alarms
only): trips of a track file with the meter's bit, metered on all its fixes and judged on every second one. Prints one
line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panjin_traffic.settings")

import django

django.setup()

from datacenter.geo.measure import distance_m, segment_mm  # noqa: E402  needs the settings
from datacenter.simulator.fleet import part_of_fleet  # noqa: E402
from datacenter.simulator.movement import LOADED_BITS, Movement  # noqa: E402
from datacenter.simulator.shifts import FLAG_FALL_KM, FLAG_FALL_YUAN, KM_YUAN  # noqa: E402
from datacenter.tracks.position import DTYPES, Flag, Positions  # noqa: E402
from taxi import selectors  # noqa: E402
from taxi.detection.detectors import Detour, MeterTampered, UnlicensedDriver, UnmeteredSignal  # noqa: E402
from taxi.detection.detours import cell, way_round  # noqa: E402
from taxi.detection.fares import counts_fast, fare_doubt  # noqa: E402
from taxi.detection.licences import Paper, Signed, faults  # noqa: E402
from taxi.detection.loaded import stretches  # noqa: E402
from taxi.detection.metering import Metered, Reason, doubts  # noqa: E402
from taxi.detection.ridden import Ridden, ridden  # noqa: E402
from taxi.meter.reading import read_fixes  # noqa: E402
from taxi.models import Tariff, Trip  # noqa: E402

START_S = 1_790_006_400  # midnight of a day in Shanghai
GRID_S = 5
NOISE_M, ELSEWHERE, SILENT = 5.0, 1 / 2000, 0.02
_M_TO_E6 = 1e6 / 111_195
SIGNALS, TAMPERED = UnmeteredSignal.Limits(), MeterTampered.Limits()
ROUND, LICENCE = Detour.Limits(), UnlicensedDriver.Limits()
TARIFF = Tariff(
    name="演示运价", start_jiao=int(FLAG_FALL_YUAN * 10), start_dkm=int(FLAG_FALL_KM * 10),
    per_km_jiao=int(KM_YUAN * 10), waiting_per_min_jiao=4, tolerance_percent=20,
)  # fmt: skip


@dataclass
class Ride:
    """A ride as it was, what was recorded of it, and what was planted: the name of a rule's reason, or nothing."""

    vehicle: int
    began: int
    ended: int
    driven_m: float
    metered_dkm: int
    fare_jiao: int
    track: Positions
    planted: str = ""
    recorded: bool = True
    seat_s: int | None = None
    loaded_until: int = 0  # as the track has it, whatever was planted


def positions(vehicle: int, time_s: Any, latitude_e6: Any, longitude_e6: Any, flags: Any) -> Positions:
    """Qualified fixes of a taxi that speaks JT/T 905."""
    columns = {name: np.zeros(len(time_s), dtype) for name, dtype in DTYPES.items()}
    columns["vehicle_id"][:] = vehicle
    columns["device_time"][:], columns["latitude_e6"][:], columns["longitude_e6"][:] = time_s, latitude_e6, longitude_e6
    columns["flags"][:] = flags | int(Flag.LOCATED | Flag.QUALIFIED | Flag.TAXI)
    return Positions(*columns.values())


def reported(rng: np.random.Generator, whole: Positions, every_s: int) -> Positions:
    """What of the true way a terminal reports: thinned, with noise, now and then elsewhere or silent."""
    track = whole.take(slice(int(rng.integers(0, every_s // GRID_S)), None, every_s // GRID_S))
    n = len(track)
    north, east = rng.normal(0, NOISE_M, (2, n)) + (rng.random(n) < ELSEWHERE) * rng.uniform(1000, 5000, (2, n))
    track = replace(
        track,
        latitude_e6=(track.latitude_e6 + north * _M_TO_E6).astype(np.int32),
        longitude_e6=(track.longitude_e6 + east * _M_TO_E6 / 0.75).astype(np.int32),
    )
    at = track.device_time
    kept = np.ones(n, np.bool_)
    for _ in range(rng.poisson(SILENT * (at[-1] - at[0]) / 3600)):
        since = rng.integers(at[0], at[-1])
        kept &= (at < since) | (at > since + rng.integers(120, 3600))
    return track.take(kept)


def days(taxis: int, hours: int) -> Iterator[Positions]:
    """The true way of each taxi, every five seconds."""
    fleet = part_of_fleet(taxis, ("taxi",))
    when = START_S + np.arange(0, hours * 3600, GRID_S, dtype=np.float64)
    for number, vehicle in enumerate(fleet, 1):
        fixes = Movement([vehicle]).at(np.zeros(len(when), np.int64), when)
        flags = np.where(fixes.status & LOADED_BITS, int(Flag.LOADED), 0)
        yield positions(number, fixes.time_s, fixes.latitude_e6, fixes.longitude_e6, flags)


def rides_of(rng: np.random.Generator, whole: Positions, track: Positions) -> list[Ride]:
    """Every loaded stretch as its taximeter would record it."""
    found = []
    for one in stretches(whole, 300):
        began, ended = one.began, one.ended + GRID_S
        inside = whole.take((whole.device_time >= began) & (whole.device_time <= ended))
        driven_m = float(segment_mm(inside.latitude_e6, inside.longitude_e6).sum()) / 1000
        true = driven_m * rng.normal(1, 0.005)
        metered = int(true / 100)
        vehicle = int(whole.vehicle_id[0])
        found.append(Ride(vehicle, began, ended, driven_m, metered, fare_of(metered), track, loaded_until=ended))
    return found


def fare_of(metered_dkm: int) -> int:
    """By the made-up tariff, in whole yuan."""
    return round((TARIFF.start_jiao + max(metered_dkm - TARIFF.start_dkm, 0) * TARIFF.per_km_jiao / 10) / 10) * 10


# --- planting ---------------------------------------------------------------------------------------------------------
def plant(rng: np.random.Generator, ride: Ride) -> None:
    """One ride in eight is a violation, of the kind that its length allows."""
    if rng.random() > 0.125:
        return
    kinds = ["unrecorded", "seat", "fare", "detour"]
    kinds += ["more", "less"] if ride.driven_m >= 5000 else []
    ride.planted = str(rng.choice(kinds))
    if ride.planted == "unrecorded":
        ride.recorded = False
    elif ride.planted == "seat":
        ride.seat_s = int(rng.integers(180, 1200))
    elif ride.planted == "fare":
        ride.fare_jiao = round(ride.fare_jiao * rng.uniform(1.6, 3) / 5) * 5
    elif ride.planted == "more":
        ride.metered_dkm = int(ride.metered_dkm * rng.uniform(1.6, 3))
        ride.fare_jiao = fare_of(ride.metered_dkm)
    elif ride.planted == "less":
        ride.metered_dkm = int(ride.metered_dkm * rng.uniform(0.2, 0.6))
        ride.fare_jiao = fare_of(ride.metered_dkm)
    else:
        go_round(rng, ride)


def go_round(rng: np.random.Generator, ride: Ride) -> None:
    """A way out and back from the middle of the ride, once to twice as long as the ride, at 36 km/h."""
    at = ride.track.device_time
    inside = np.flatnonzero((at >= ride.began) & (at <= ride.ended))
    if len(inside) < 4:
        ride.planted = ""
        return
    middle = int(inside[len(inside) // 2])
    more_m = max(ride.driven_m * rng.uniform(1, 2), 2500)
    lasting = int(more_m / 10)
    steps = np.arange(10, lasting, 10)
    out = np.minimum(steps, lasting - steps) * 10.0
    angle = rng.uniform(0, 2 * np.pi)
    latitude = ride.track.latitude_e6[middle] + out * np.sin(angle) * _M_TO_E6
    longitude = ride.track.longitude_e6[middle] + out * np.cos(angle) * _M_TO_E6 / 0.75
    round_about = positions(
        ride.vehicle, at[middle] + steps, latitude, longitude, np.full(len(steps), int(Flag.LOADED))
    )
    before, after = ride.track.take(inside[: len(inside) // 2 + 1]), ride.track.take(inside[len(inside) // 2 + 1 :])
    after = replace(after, device_time=after.device_time + lasting)
    ride.track = Positions.join([before, round_about, after])
    ride.ended += lasting
    ride.driven_m += more_m
    ride.metered_dkm = int(ride.driven_m / 100)
    ride.fare_jiao = fare_of(ride.metered_dkm)


def standing(rng: np.random.Generator, whole: Positions, track: Positions) -> list[Ride]:
    """Trips that never were: the meter ticks for ten minutes where the taxi stands vacant."""
    at, step = whole.device_time, 600 // GRID_S
    places = np.arange(0, len(whole) - step, step)
    still = [
        place
        for place in places
        if np.ptp(whole.latitude_e6[place : place + step]) < 100
        and np.ptp(whole.longitude_e6[place : place + step]) < 100
        and not (whole.flags[place : place + step] & Flag.LOADED).any()
    ]
    if not still or rng.random() > 0.5:
        return []
    began = int(at[rng.choice(still)])
    metered = int(rng.integers(12, 80))
    return [Ride(int(whole.vehicle_id[0]), began, began + 590, 0, metered, fare_of(metered), track, "still")]


# --- judging ----------------------------------------------------------------------------------------------------------
REASONS = {Reason.STILL: "still", Reason.MORE: "more", Reason.LESS: "less", Reason.SEAT: "seat"}


def judged(ride: Ride) -> tuple[Ridden | None, set[str]]:
    """The way, where it can be relied on, and what the rules about single trips say."""
    way = ridden(ride.track, ride.began, ride.ended)
    way = way if way is not None and way.reliable(SIGNALS.silence_s) else None
    found = doubts(Metered(ride.metered_dkm, ride.seat_s), way, SIGNALS)
    names = {name for reason, name in REASONS.items() if found & reason}
    trip = Trip(distance_dkm=ride.metered_dkm, fare_jiao=ride.fare_jiao, waited_s=0, surcharge_jiao=0)
    if fare_doubt(ride.fare_jiao, *selectors.fare_bounds(TARIFF, trip)):
        names.add("fare")
    return way, names


def unrecorded(track: Positions, rides: list[Ride]) -> set[tuple[int, int]]:
    """Loaded stretches without a record, (vehicle, began)."""
    records = [(ride.began, ride.loaded_until) for ride in rides if ride.recorded]
    found = set()
    for one in stretches(track, SIGNALS.silence_s):
        way = ridden(track, one.began, one.ended)
        long = one.lasting_s >= SIGNALS.lasting_s and way is not None and way.distance_m >= SIGNALS.least_m
        near = sum(abs(began - one.began) <= 43_200 for began, _ in records) >= SIGNALS.least_records
        if long and near and way is not None and way.reliable(SIGNALS.silence_s) and not one.covered(records):
            found.add((int(track.vehicle_id[0]), one.began))
    return found


def detours(ways: list[tuple[Ride, Ridden]]) -> tuple[set[int], set[int]]:
    """Rides (by place in ``ways``) that went round, and those that could be judged: enough went that way."""
    between: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    cells = [(cell(*way.first_e6), cell(*way.last_e6)) for _, way in ways]
    for (ride, way), key in zip(ways, cells, strict=True):
        between[key].append((ride.vehicle, way.distance_m))
    round_about, able = set(), set()
    for place, ((ride, way), key) in enumerate(zip(ways, cells, strict=True)):
        straight_m = int(distance_m(*(value * 1e-6 for value in (*way.first_e6, *way.last_e6))))
        others = [metres for vehicle, metres in between[key] if vehicle != ride.vehicle][-200:]
        if len(others) >= ROUND.least_trips and straight_m >= ROUND.least_straight_m:
            able.add(place)
        if way_round(way.distance_m, straight_m, others, ROUND):
            round_about.add(place)
    return round_about, able


def generated(taxis: int, hours: int, seed: int) -> dict[str, Any]:
    """Recall of each reason and false alarms in 1,000 vehicle-hours, on the demo fleet's movement."""
    rng = np.random.default_rng(seed)
    planted: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    false: Counter[str] = Counter()
    ways: list[tuple[Ride, Ridden]] = []
    unjudged = 0
    for whole in days(taxis, hours):
        track = reported(rng, whole, int(rng.choice([10, 15, 30])))
        rides = rides_of(rng, whole, track)
        fast = rng.random() < 0.05
        factor = rng.uniform(1.2, 1.45) if fast else 1.0
        for ride in rides:
            ride.metered_dkm = int(ride.metered_dkm * factor)
            ride.fare_jiao = fare_of(ride.metered_dkm)
            if not fast:
                plant(rng, ride)
        if not fast:
            rides += standing(rng, whole, track)
        # Longer than the limits by what a report every half minute may leave unseen at both ends.
        long = [ride for ride in rides if ride.ended - ride.began >= 240 and ride.driven_m >= 1500]
        lost = {ride.began for ride in long if not ride.recorded}
        got = unrecorded(track, rides)
        planted["unrecorded"] += len(lost)
        starts = [began for _, began in got]
        hit["unrecorded"] += sum(any(abs(began - start) <= 60 for start in starts) for began in lost)
        all_lost = [ride.began for ride in rides if not ride.recorded]
        false["unrecorded"] += sum(not any(abs(began - start) <= 60 for began in all_lost) for start in starts)
        by_day: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for ride in rides:
            if not ride.recorded:
                continue
            way, names = judged(ride)
            unjudged += way is None
            if ride.planted and ride.planted != "detour":
                planted[ride.planted] += 1
                hit[ride.planted] += ride.planted in names
            false.update(names - {ride.planted} - ({"more"} if fast else set()))
            if way is not None:
                ways.append((ride, way))
                if way.distance_m >= TAMPERED.least_m:
                    by_day[(ride.began - START_S) // 86_400].append((ride.metered_dkm, way.distance_m + way.unseen_m))
        for trips in by_day.values():
            found = counts_fast(trips, TAMPERED) is not None
            if fast and len(trips) >= TAMPERED.least_trips:
                planted["fast"] += 1
                hit["fast"] += found
            elif not fast:
                false["fast"] += found
    round_about, able = detours(ways)
    for place in able:
        if ways[place][0].planted == "detour":
            planted["detour"] += 1
            hit["detour"] += place in round_about
    false["detour"] += sum(ways[place][0].planted != "detour" for place in round_about)
    vehicle_hours = taxis * hours
    return {
        "taxis": taxis,
        "vehicle_hours": vehicle_hours,
        "rides": len(ways) + unjudged,
        "without_a_way": unjudged,
        "detour_judged": len(able),
        "reasons": {
            name: {
                "planted": planted[name],
                "recall": round(hit[name] / max(planted[name], 1), 3),
                "false_per_1000_h": round(1000 * false[name] / vehicle_hours, 3),
            }
            for name in ("unrecorded", "still", "more", "less", "seat", "fare", "fast", "detour")
        },
        "sign_ins": sign_ins(rng, taxis, hours),
    }


def sign_ins(rng: np.random.Generator, taxis: int, hours: int) -> dict[str, float]:
    """Two sign-ins a taxi and half day; one in twenty by somebody who may not."""
    day = date(2026, 11, 24)
    good = Paper("巡游出租汽车驾驶员", day - timedelta(days=700), day + timedelta(days=700))
    lawful = Signed("LN1", (good,), True, True)
    wrong = (
        replace(lawful, papers=None, bound=None, of_company=None),
        replace(lawful, papers=(replace(good, valid_until=day - timedelta(days=1)),)),
        replace(lawful, papers=(replace(good, valid_from=day + timedelta(days=1)),)),
        replace(lawful, papers=(replace(good, category="网络预约出租汽车驾驶员"),)),
        replace(lawful, bound=False),
        replace(lawful, bound=None, of_company=False),
    )
    planted = hit = false = 0
    for _ in range(taxis * hours // 12 * 2):
        bad = rng.random() < 0.05
        left = day + timedelta(days=int(rng.integers(0, 700)))
        right = replace(lawful, papers=(replace(good, valid_until=left),), bound=True if rng.random() < 0.5 else None)
        found = bool(faults(wrong[rng.integers(len(wrong))] if bad else right, day, LICENCE)[0])
        planted, hit, false = planted + bad, hit + (bad and found), false + (not bad and found)
    return {"planted": planted, "recall": hit / max(planted, 1), "false_per_1000_h": 1000 * false / (taxis * hours)}


def real(path: Path) -> dict[str, Any]:
    """False alarms on real trips: every finding counts as one, though some may have gone round."""
    fixes = read_fixes(path)
    rides: list[tuple[Ride, Ridden]] = []
    false: Counter[str] = Counter()
    hours = 0.0
    trips = unjudged = 0
    for vehicle in np.unique(fixes.vehicle):
        own = fixes.vehicle == vehicle
        time_s, flags = fixes.time_s[own], np.where(fixes.occupied[own], int(Flag.LOADED), 0)
        whole = positions(int(vehicle) + 1, time_s, fixes.lat[own] * 1e6, fixes.lon[own] * 1e6, flags)
        gaps = np.diff(time_s)
        hours += float(gaps[gaps <= 300].sum()) / 3600
        thin = whole.take(slice(None, None, 2))
        by_day: dict[int, list[tuple[int, int]]] = defaultdict(list)
        records = []
        for one in stretches(whole, 300):
            full, way = ridden(whole, one.began, one.ended), ridden(thin, one.began, one.ended)
            trips += 1
            records.append(Ride(int(vehicle), one.began, one.ended, 0, 0, 0, thin, loaded_until=one.ended))
            if full is None or not full.reliable(300):
                unjudged += 1
                continue
            rides.append((records[-1], full))
            if way is None or not way.reliable(300):
                continue
            metered = full.distance_m // 100
            false.update(REASONS[reason] for reason in Reason if doubts(Metered(metered, None), way, SIGNALS) & reason)
            if way.distance_m >= TAMPERED.least_m:
                by_day[(one.began - 7 * 3600) // 86_400].append((metered, way.distance_m + way.unseen_m))
        false["fast"] += sum(counts_fast(day, TAMPERED) is not None for day in by_day.values())
        false["unrecorded"] += len(unrecorded(thin, records))
    round_about, able = detours(rides)
    false["detour"] = len(round_about)
    return {
        "vehicle_hours": round(hours),
        "trips": trips,
        "without_a_way": unjudged,
        "detour_judged": len(able),
        "false_per_1000_h": {
            name: round(1000 * false[name] / hours, 3)
            for name in ("unrecorded", "still", "more", "less", "fast", "detour")
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taxis", type=int, default=300)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--real", type=Path)
    asked = parser.parse_args()
    print(json.dumps(real(asked.real) if asked.real else generated(asked.taxis, asked.hours, asked.seed)))


if __name__ == "__main__":
    main()
