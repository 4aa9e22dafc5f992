"""The live fleet: what a report changes, what a map is told of it, and what it is never told."""

import numpy as np
import pytest

from datacenter.accounts.scope import CITY, NOTHING, Scope
from datacenter.tracks import frames
from datacenter.tracks.fleet import OFFLINE_AFTER_S, Box, Delta, Filters, Fleet, Roll, VehicleState, View
from datacenter.tracks.live import LIVE
from datacenter.tracks.position import Flag

NOW_S = 1_800_000_000
CITY_BOX = Box(121_300_000, 40_600_000, 122_700_000, 41_600_000)
ROLL = Roll.of(
    [
        (30, "bus", "211103", 7, "辽L0003"),
        (10, "taxi", "211104", 5, "辽LT001"),
        (20, "hazmat", "211122", 6, "辽LH002"),
    ]
)


def report(vehicle_id: int, at_s: int = NOW_S, **facts: int) -> np.ndarray:
    record = np.zeros(1, LIVE)
    record["vehicle_id"] = vehicle_id
    record["device_time"] = at_s
    record["received_us"] = at_s * 1_000_000
    record["flags"] = Flag.LOCATED | Flag.QUALIFIED
    record["latitude_e6"], record["longitude_e6"] = 41_100_000, 122_000_000
    record["speed_dkmh"] = 300
    for name, value in facts.items():
        record[name] = value
    return record


def fleet_of(*reports: np.ndarray, now_s: int = NOW_S) -> Fleet:
    fleet = Fleet(ROLL)
    for one in reports:
        fleet.absorb(one)
    fleet.advance(now_s * 1_000_000)
    return fleet


def view(scope: Scope = CITY, filters: Filters | None = None, box: Box = CITY_BOX) -> View:
    made = View(scope)
    made.ask(filters=filters or Filters(), box=box)
    return made


def ids(fleet: Fleet, delta: Delta) -> list[int]:
    return fleet.roll.vehicle_id[delta.update].tolist()


def tick(fleet: Fleet, seconds: int = 1) -> None:
    fleet.advance((NOW_S + seconds) * 1_000_000)


# --- reports ---------------------------------------------------------------------------------------------------------
def test_an_older_report_does_not_move_a_vehicle_but_says_that_it_lives() -> None:
    fleet = fleet_of(report(10), report(10, NOW_S - 60, latitude_e6=40_900_000, received_us=(NOW_S + 5) * 1_000_000))
    assert fleet.latitude_e6[0] == 41_100_000
    assert fleet.received_us[0] == (NOW_S + 5) * 1_000_000


def test_a_report_without_a_fix_keeps_the_last_place() -> None:
    fleet = fleet_of(report(10), report(10, NOW_S + 10, flags=0, latitude_e6=0, longitude_e6=0, alarm=1 << 4))
    assert (fleet.latitude_e6[0], fleet.longitude_e6[0]) == (41_100_000, 122_000_000)
    assert fleet.state[0] == VehicleState.ALARM


def test_a_clock_that_runs_ahead_cannot_freeze_a_vehicle() -> None:
    ahead = report(10, received_us=NOW_S * 1_000_000, device_time=NOW_S + 86_400)
    fleet = fleet_of(ahead, report(10, NOW_S + 10, latitude_e6=41_200_000))
    assert fleet.latitude_e6[0] == 41_200_000


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"speed_dkmh": 49}, VehicleState.STOPPED),
        ({"speed_dkmh": 50}, VehicleState.MOVING),
        ({"alarm": 1 << 1}, VehicleState.ALARM),
        ({"alarm": 1 << 20}, VehicleState.MOVING),  # crossing an area is no alarm to look at now
        ({"received_us": (NOW_S - OFFLINE_AFTER_S) * 1_000_000}, VehicleState.MOVING),
        ({"received_us": (NOW_S - OFFLINE_AFTER_S) * 1_000_000 - 1}, VehicleState.OFFLINE),
        ({"received_us": (NOW_S - 3600) * 1_000_000, "alarm": 1}, VehicleState.OFFLINE),
    ],
)
def test_state_of_a_vehicle(facts: dict[str, int], state: VehicleState) -> None:
    assert fleet_of(report(10, **facts)).state[0] == state


def test_a_vehicle_in_no_roll_is_counted_and_left_out() -> None:
    fleet = fleet_of(report(99))
    assert fleet.unknown == 1
    assert not fleet.located.any()


def test_a_new_registry_keeps_what_is_known_of_vehicles_that_stay() -> None:
    fleet = fleet_of(report(20, latitude_e6=41_050_000))
    assert not fleet.enrol(ROLL)
    assert fleet.enrol(Roll.of([(5, "taxi", "211104", 5, "辽LT005"), (20, "hazmat", "211104", 6, "辽LH002")]))
    assert fleet.latitude_e6.tolist() == [0, 41_050_000]
    assert ids(fleet, view(Scope("county", "211104")).delta(fleet)) == [20]


# --- what a map is told ----------------------------------------------------------------------------------------------
def test_first_frame_is_full_and_the_next_tells_only_what_moved() -> None:
    fleet = fleet_of(report(10), report(20), report(30))
    looking = view()
    first = looking.delta(fleet)
    assert (first.full, ids(fleet, first)) == (True, [10, 20, 30])
    fleet.absorb(report(20, NOW_S + 1, longitude_e6=122_000_100))
    fleet.absorb(report(30, NOW_S + 1))  # reported, but nothing of it changed
    tick(fleet)
    second = looking.delta(fleet)
    assert (second.full, ids(fleet, second), second.remove.tolist()) == (False, [20], [])
    tick(fleet, 2)
    assert len(looking.delta(fleet).update) == 0


def test_leaving_and_entering_the_viewport_are_told() -> None:
    fleet = fleet_of(report(10))
    looking = view()
    looking.delta(fleet)
    fleet.absorb(report(10, NOW_S + 1, longitude_e6=123_000_000))
    tick(fleet)
    gone = looking.delta(fleet)
    assert (gone.update.tolist(), gone.remove.tolist()) == ([], [10])
    fleet.absorb(report(10, NOW_S + 2))
    tick(fleet, 2)
    assert ids(fleet, looking.delta(fleet)) == [10]


def test_going_silent_is_told_and_leaves_a_map_of_moving_vehicles() -> None:
    fleet = fleet_of(report(10))
    everything, moving = view(), view(filters=Filters(states=(VehicleState.MOVING,)))
    everything.delta(fleet), moving.delta(fleet)
    tick(fleet, OFFLINE_AFTER_S + 1)
    assert ids(fleet, everything.delta(fleet)) == [10]
    assert moving.delta(fleet).remove.tolist() == [10]


def test_a_map_that_starts_again_gets_everything_once() -> None:
    fleet = fleet_of(report(10), report(20))
    looking = view()
    looking.delta(fleet)
    looking.restart()
    again = looking.delta(fleet)
    assert (again.full, ids(fleet, again)) == (True, [10, 20])


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (CITY, [10, 20, 30]),
        (Scope("county", "211104"), [10]),
        (Scope("county", "210000"), []),
        (Scope("company", "6"), [20]),
        (Scope("vehicle", "30"), [30]),
        (NOTHING, []),
    ],
)
def test_a_scope_sees_its_own_and_no_other(scope: Scope, seen: list[int]) -> None:
    fleet = fleet_of(report(10), report(20), report(30))
    looking = view(scope)
    assert ids(fleet, looking.delta(fleet)) == seen
    assert looking.counts(fleet)["all"] == len(seen)
    for vehicle in (10, 20, 30):
        fleet.absorb(report(vehicle, NOW_S + 1, latitude_e6=41_100_500))
    tick(fleet)
    assert ids(fleet, looking.delta(fleet)) == seen


@pytest.mark.parametrize(
    ("filters", "seen"),
    [
        (Filters(kinds=("taxi", "bus")), [10, 30]),
        (Filters(counties=("211122",)), [20]),
        (Filters(companies=(7,)), [30]),
        (Filters(plate="lh0"), [20]),
        (Filters(states=(VehicleState.OFFLINE,)), []),
        (Filters(kinds=("coach",)), []),
    ],
)
def test_filters(filters: Filters, seen: list[int]) -> None:
    fleet = fleet_of(report(10), report(20), report(30))
    assert ids(fleet, view(filters=filters).delta(fleet)) == seen


def test_a_filter_cannot_widen_a_scope() -> None:
    fleet = fleet_of(report(10), report(20), report(30))
    looking = view(Scope("county", "211104"), Filters(counties=("211122", "211104")))
    assert ids(fleet, looking.delta(fleet)) == [10]


def test_counts_of_a_group_leave_its_own_filter_out_of_account() -> None:
    fleet = fleet_of(report(10), report(20, speed_dkmh=0), report(30))
    counts = view(filters=Filters(kinds=("taxi",), states=(VehicleState.MOVING,))).counts(fleet)
    assert counts["kinds"] == {"bus": [1, 1], "taxi": [1, 1]}
    assert counts["states"] == {"offline": 0, "stopped": 0, "moving": 1, "alarm": 0}
    assert counts["companies"] == {"5": 1}


# --- frames ----------------------------------------------------------------------------------------------------------
def test_a_frame_says_what_was_put_in() -> None:
    fleet = fleet_of(report(10, speed_dkmh=612, bearing_deg=359), report(20, speed_dkmh=9999, bearing_deg=90))
    delta = Delta(False, np.array([0, 1]), np.array([30], np.int32))
    data = frames.encode(fleet, delta, CITY_BOX, view=7, sequence=8, now_us=NOW_S * 1_000_000)
    assert len(data) == 48 + 2 * 11 + 4
    frame = frames.decode(data)
    assert (frame.full, frame.view, frame.sequence, frame.now_ms) == (False, 7, 8, NOW_S * 1000)
    assert (frame.ids.tolist(), frame.removed.tolist()) == ([10, 20], [30])
    assert frame.speed_kmh.tolist() == [61, 255]
    assert frame.bearing_deg.tolist() == pytest.approx([359, 90], abs=1)
    assert frame.latitude_deg.tolist() == pytest.approx([41.1, 41.1], abs=1e-5)
    assert frame.longitude_deg.tolist() == pytest.approx([122.0, 122.0], abs=2e-5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02" + bytes(60),
        frames.encode(Fleet(), Delta(True, np.array([], int), np.array([], np.int32)), CITY_BOX) + b"\0",
    ],
)
def test_foreign_bytes_are_no_frame(data: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        frames.decode(data)
