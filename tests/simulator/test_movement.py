"""The demo movement: inside the city, on its roads, and driven as its kinds of vehicle drive."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from datacenter.simulator.behaviour import misbehaviour
from datacenter.simulator.fleet import KINDS, demo_fleet
from datacenter.simulator.generate.network import build_network
from datacenter.simulator.generate.places import FORBIDDEN_LAT, FORBIDDEN_LON, FORBIDDEN_RADIUS_M
from datacenter.simulator.movement import ACC_BIT, Fixes, Movement, bus_line_of
from datacenter.simulator.roads import demo_bus_lines, demo_roads

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
MIDNIGHT = 1_767_196_800  # 2026-01-01 00:00 in Shanghai
STEP_S = 10
METRES_PER_E6 = (0.083962, 0.11106)
LOADED = 3 << 8

# Fastest in km/h, and m/s² as the mean over ten seconds.
BOUNDS = {
    "taxi": (110, 1.9),
    "bus": (65, 1.4),
    "coach": (97, 1.3),
    "hazmat": (112, 1.6),
    "heavy_truck": (130, 1.8),
}


@pytest.fixture(scope="module")
def kinds() -> np.ndarray:
    return np.array([vehicle.kind for vehicle in demo_fleet()])


@pytest.fixture(scope="module")
def morning() -> list[Fixes]:
    """The whole fleet every ten seconds for a quarter of an hour, from 08:00."""
    movement, rows = Movement(demo_fleet()), np.arange(len(demo_fleet()))
    starts = MIDNIGHT + 8 * 3600
    return [movement.at(rows, np.full(len(rows), float(starts + step))) for step in range(0, 900, STEP_S)]


@pytest.fixture(scope="module")
def day() -> list[Fixes]:
    """The whole fleet every twenty minutes of a day."""
    movement, rows = Movement(demo_fleet()), np.arange(len(demo_fleet()))
    return [movement.at(rows, np.full(len(rows), float(MIDNIGHT + step))) for step in range(0, 86_400, 1200)]


def _metres(before: Fixes, after: Fixes) -> np.ndarray:
    east = (after.longitude_e6 - before.longitude_e6) * METRES_PER_E6[0]
    north = (after.latitude_e6 - before.latitude_e6) * METRES_PER_E6[1]
    return np.hypot(east, north)


def test_nobody_jumps_or_flies(morning, kinds):
    for kind in KINDS:
        fastest, _ = BOUNDS[kind]
        mine = kinds == kind
        for before, after in pairwise(morning):
            assert _metres(before, after)[mine].max() <= fastest / 3.6 * STEP_S + 12
            assert after.speed_dkmh[mine].max() <= fastest * 10


def test_nobody_brakes_or_gains_more_than_a_vehicle_can(morning, kinds):
    for kind in KINDS:
        _, hardest = BOUNDS[kind]
        for before, after in pairwise(morning):
            change = np.abs(after.speed_dkmh - before.speed_dkmh)[kinds == kind] / 36 / STEP_S
            assert change.max() <= hardest


def test_reported_speeds_agree_with_the_metres_driven(morning):
    driven = sum(_metres(before, after).sum() for before, after in pairwise(morning))
    speeds = np.array([fixes.speed_dkmh.sum() / 36 for fixes in morning])
    reported = ((speeds[1:] + speeds[:-1]) / 2 * STEP_S).sum()
    assert reported == pytest.approx(driven, rel=0.03)


def test_shares_of_moving_vehicles_follow_the_hours(day, kinds):
    moving = {
        kind: [float((fixes.speed_dkmh[kinds == kind] > 10).mean()) for fixes in day] for kind in KINDS
    }  # 72 steps, three an hour
    assert 0.3 < moving["taxi"][3 * 18] < 0.7
    assert moving["taxi"][3 * 4] < 0.2
    assert moving["bus"][3 * 2] == 0
    assert moving["bus"][3 * 10] > 0.2
    assert moving["coach"][3 * 3] < 0.05 < moving["coach"][3 * 10]
    assert 0.15 < moving["hazmat"][3 * 10] < 0.5
    assert all(share > 0 for share in moving["heavy_truck"])


def test_a_vehicles_place_does_not_depend_on_who_else_is_asked():
    fleet = demo_fleet()
    few = [fleet[number] for number in (5, 3300, 4000, 5000, 11_000)]
    together, rows = Movement(fleet), np.array([5, 3300, 4000, 5000, 11_000])
    for when in (MIDNIGHT + 30_000.0, MIDNIGHT + 200_000.5, MIDNIGHT + 30_000.0):
        one = Movement(few).at(np.arange(5), np.full(5, when))
        all_of_them = together.at(rows, np.full(5, when))
        assert (one.longitude_e6 == all_of_them.longitude_e6).all()
        assert (one.speed_dkmh == all_of_them.speed_dkmh).all()


def test_one_call_may_span_slots():
    movement = Movement(demo_fleet()[:1])
    times = MIDNIGHT + np.arange(0, 40_000, 600.0)
    together = movement.at(np.zeros(len(times), np.int64), times)
    single = [movement.at(np.zeros(1, np.int64), times[at : at + 1]).longitude_e6[0] for at in range(len(times))]
    assert together.longitude_e6.tolist() == single


def test_dangerous_goods_keep_out_of_the_forbidden_area_but_for_a_few(kinds):
    fleet = demo_fleet()
    hazmat = [vehicle for vehicle in fleet if vehicle.kind == "hazmat"]
    movement, rows = Movement(hazmat), np.arange(len(hazmat))
    inside = set()
    for step in range(6 * 3600, 14 * 3600, 60):
        fixes = movement.at(rows, np.full(len(rows), float(MIDNIGHT + step)))
        east = (fixes.longitude_e6 - FORBIDDEN_LON * 1e6) * METRES_PER_E6[0]
        north = (fixes.latitude_e6 - FORBIDDEN_LAT * 1e6) * METRES_PER_E6[1]
        inside |= set(np.flatnonzero(np.hypot(east, north) < FORBIDDEN_RADIUS_M).tolist())
    expected = {row for row, vehicle in enumerate(hazmat) if misbehaviour(vehicle).through_forbidden}
    assert inside
    assert inside <= expected
    assert len(expected) < 0.01 * len(hazmat)


def test_misbehaviour_is_rare_and_of_every_kind():
    wrongs = [misbehaviour(vehicle) for vehicle in demo_fleet()]
    trucks = sum(vehicle.kind in ("hazmat", "heavy_truck") for vehicle in demo_fleet())
    assert 0.002 < sum(wrong.overspeeds for wrong in wrongs) / trucks < 0.01
    assert {wrong.fault_bit for wrong in wrongs} == {None, 5, 8, 11, 12}
    assert 0.001 < sum(wrong.fault_bit is not None for wrong in wrongs) / len(wrongs) < 0.006
    assert all(wrong.silent_s == 0 or wrong.silent_s > 600 for wrong in wrongs)


def test_an_overspeeding_truck_is_a_fifth_over_its_limit_for_minutes():
    trucks = [v for v in demo_fleet() if v.kind == "hazmat" and misbehaviour(v).overspeeds]
    movement, rows = Movement(trucks), np.arange(len(trucks))
    seconds = np.zeros(len(trucks))
    for step in range(6 * 3600, 18 * 3600, 15):
        seconds += 15 * (movement.at(rows, np.full(len(rows), float(MIDNIGHT + step))).speed_dkmh >= 720)
    assert (seconds > 120).sum() >= 3


def test_taxis_carry_passengers_part_of_the_time(morning, kinds):
    last = morning[-1]
    working = (kinds == "taxi") & (last.status & ACC_BIT > 0)
    assert 0.3 < (last.status[working] & LOADED > 0).mean() < 0.8


def test_bus_lines_have_stops_and_buses():
    lines = {line.number: line for line in demo_bus_lines()}
    served = {bus_line_of(vehicle) for vehicle in demo_fleet() if vehicle.kind == "bus"}
    assert served == set(lines)
    assert all(len(line.stops) >= 8 for line in lines.values())


def test_the_network_is_one_piece_and_named_as_made_up():
    network = build_network()
    reached, open_ends = {0}, [0]
    while open_ends:
        for _, far in network.arms[open_ends.pop()]:
            if far not in reached:
                reached.add(far)
                open_ends.append(far)
    assert len(reached) == len(network.junctions)
    assert all("演示" in road.name for road in demo_roads() if road.road_class in ("expressway", "main", "county"))


def test_everyone_stays_inside_the_city_and_on_land(day):
    if not (SHARED / "boundaries").is_dir():
        pytest.skip(f"SKIPPED LOUDLY: no boundaries and coastline in {SHARED}")
    layers = json.loads((SHARED / "boundaries/panjin_tianditu_wgs84.geojson").read_text(encoding="utf-8"))["features"]
    city = next(shapely.geometry.shape(f["geometry"]) for f in layers if f["properties"]["adcode"] == "211100")
    coast = json.loads((SHARED / "basemap/coastline_gshhg_full_wgs84.geojson").read_text(encoding="utf-8"))
    shore = shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in coast["features"]])
    shapely.prepare(city)
    for fixes in day[::6]:
        assert shapely.contains_xy(city, fixes.longitude_e6 / 1e6, fixes.latitude_e6 / 1e6).all()
    for road in demo_roads():
        for line in road.lines:
            assert not shapely.LineString(line).intersects(shore), road.name
