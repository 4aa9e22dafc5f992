"""Rides in columns of positions: what is one, what is none, and where it began and ended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from datacenter.tracks.position import DTYPES, Flag, Positions
from taxi.rides.finding import LEAST_S, MOST_S, SILENCE_S, loaded, rides_in

TAXI = int(Flag.TAXI | Flag.QUALIFIED)
FULL = TAXI | int(Flag.LOADED)
STEP_E6 = 1000  # 111 m north


def track(states: str, *, vehicle: int = 1, step: int = 10, gaps: dict[int, int] | None = None) -> Positions:
    """One position a letter: v vacant, l loaded, as JT/T 905 says it; driving north."""
    count = len(states)
    at = np.cumsum([(gaps or {}).get(number, step if number else 0) for number in range(count)])
    facts: dict[str, Any] = {
        "vehicle_id": np.full(count, vehicle), "device_time": 1_700_000_000 + at,
        "latitude_e6": 41_000_000 + np.arange(count) * STEP_E6, "longitude_e6": np.full(count, 122_000_000),
        "flags": np.array([FULL if state == "l" else TAXI for state in states]),
    }  # fmt: skip
    zero = np.zeros(count)
    return Positions(**{name: facts.get(name, zero).astype(dtype) for name, dtype in DTYPES.items()})


def test_a_ride_lasts_from_the_first_to_the_last_loaded_position() -> None:
    found = rides_in(track("vvlllllvv"))
    assert (found.boarded_s - 1_700_000_000).tolist() == [20]
    assert (found.alighted_s - 1_700_000_000).tolist() == [60]
    assert found.board_lat.tolist() == [41_002_000]
    assert found.alight_lat.tolist() == [41_006_000]
    assert found.distance_m.tolist() == [445]
    assert found.board_gap_s.tolist() == found.alight_gap_s.tolist() == [10]


def test_a_report_that_says_drop_off_is_the_place_itself() -> None:
    rows = track("vvlllllvv")
    rows.flags[2] |= int(Flag.PICK_UP)
    rows.flags[7] |= int(Flag.DROP_OFF)
    found = rides_in(rows)
    assert found.alight_lat.tolist() == [41_007_000]
    assert found.board_gap_s.tolist() == found.alight_gap_s.tolist() == [0]


@pytest.mark.parametrize("states", ["llllvv", "vvllll", "llllll", "vvvvvv", "v", "vl"])
def test_a_ride_whose_beginning_or_end_was_not_seen_is_none(states: str) -> None:
    assert len(rides_in(track(states))) == 0


@pytest.mark.parametrize("row", [2, 4, 7])
def test_a_silence_before_inside_or_behind_makes_it_none(row: int) -> None:
    assert len(rides_in(track("vvlllllvv", gaps={row: SILENCE_S}))) == 1
    assert len(rides_in(track("vvlllllvv", gaps={row: SILENCE_S + 1}))) == 0


def test_a_bit_that_flickers_is_no_ride() -> None:
    assert len(rides_in(track("vvlvv"))) == 0
    assert LEAST_S == 30


def test_a_meter_left_on_is_no_ride() -> None:
    states = "v" + "l" * (MOST_S // 60) + "v"
    assert len(rides_in(track(states, step=60))) == 1
    assert len(rides_in(track(states, step=61))) == 0


def test_each_taxi_has_its_own_rides_though_the_rows_lie_together() -> None:
    both = Positions.join([track("vvlllll", vehicle=1), track("vvlllllvv", vehicle=2), track("lvllllvv", vehicle=3)])
    assert rides_in(both).vehicle_id.tolist() == [2, 3]


def test_a_terminal_of_jt808_says_loaded_by_its_status_bits() -> None:
    rows = track("vvlllllvv")
    said = (rows.flags & int(Flag.LOADED)) != 0
    for load, rides in ((0b01, 1), (0b10, 0), (0b11, 1)):
        plain = Positions(
            **{name: getattr(rows, name) for name in DTYPES if name not in ("flags", "status")},
            flags=np.full(len(rows), int(Flag.QUALIFIED), np.int16),
            status=np.where(said, load << 8, 0).astype(np.uint32),
        )
        assert len(rides_in(plain)) == rides, load
        assert loaded(plain).any() == bool(rides)


def test_a_taxi_of_jt905_is_not_read_by_the_status_bits_of_another_standard() -> None:
    rows = track("vvvvv")
    rows.status[:] = 0b11 << 8
    assert not loaded(rows).any()


def test_places_come_from_qualified_positions_alone() -> None:
    rows = track("vvlllllvv")
    rows.flags[2] &= ~int(Flag.QUALIFIED)
    rows.latitude_e6[2] = 0
    found = rides_in(rows)
    assert found.board_lat.tolist() == [41_003_000]
    rows.flags[:] &= ~int(Flag.QUALIFIED)
    assert len(rides_in(rows)) == 0


def test_a_jump_adds_no_distance() -> None:
    rows = track("vvlllllvv")
    rows.latitude_e6[4] += 500_000
    assert rides_in(rows).distance_m.tolist() == [223]
