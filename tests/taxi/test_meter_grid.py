"""Tracks on full minutes, and rides hidden by seed."""

from __future__ import annotations

import numpy as np
import pytest

from taxi.meter.grid import resample
from taxi.meter.hiding import hide, occupied_rides, seen_occupied, split_vehicles
from taxi.meter.movement import movement
from taxi.meter.reading import Fixes, in_order
from tests.taxi.meter_tracks import KM, START_S, cab_fixes


def straight(times: list[int], *, km_a_minute: float = 0.5, occupied: bool = True) -> Fixes:
    """One vehicle going east at an even speed, seen at those seconds."""
    at = np.array(times)
    lon = 122.0 + at / 60 * km_a_minute * KM / np.cos(np.radians(41.1))
    return in_order(np.zeros(len(at)), START_S + at, lon, np.full(len(at), 41.1), np.full(len(at), occupied))


def test_places_at_full_minutes_lie_between_the_fixes_around_them():
    grid = resample(straight([0, 45, 130, 190]))
    assert (grid.minute - START_S // 60).tolist() == [0, 1, 2, 3]
    assert np.diff(grid.x_km) == pytest.approx([0.5, 0.5, 0.5], abs=1e-3)


def test_the_grid_does_not_show_how_many_fixes_there_were():
    few, many = (
        resample(straight([0, 60, 120, 180]), (122, 41.1)),
        resample(straight([0, 7, 60, 61, 120, 180]), (122, 41.1)),
    )
    assert len(few) == len(many)
    assert few.x_km == pytest.approx(many.x_km, abs=1e-4)


def test_the_meter_is_as_last_known_at_the_minute():
    fixes = in_order([0, 0, 0], [START_S, START_S + 59, START_S + 121], [122] * 3, [41] * 3, [0, 1, 0])
    assert resample(fixes).occupied.tolist() == [False, True, True]


@pytest.mark.parametrize(("silence", "segments"), [(299, 1), (300, 1), (301, 2)])
def test_a_silence_over_five_minutes_ends_a_segment(silence: int, segments: int):
    grid = resample(straight([0, 60, 60 + silence, 120 + silence, 180 + silence]))
    assert len(np.unique(grid.first)) == segments


def test_fixes_in_any_order_and_a_clock_that_goes_back_give_the_same_grid():
    one, other = resample(straight([0, 60, 120, 180])), resample(straight([120, 0, 180, 60, 60]))
    assert one.minute.tolist() == other.minute.tolist()
    assert one.lon == pytest.approx(other.lon)


def test_a_vehicle_with_one_fix_has_one_minute_or_none():
    assert len(resample(straight([0]))) == 1
    assert len(resample(straight([7]))) == 0


@pytest.mark.parametrize(
    ("minutes", "km", "found"), [(2, 1.0, 0), (3, 0.6, 1), (3, 0.49, 0), (4, 0.3, 0), (4, 0.34, 1)]
)
def test_a_ride_lasts_three_minutes_and_goes_one_kilometre(minutes: int, km: float, found: int):
    rides = occupied_rides(resample(straight([60 * k for k in range(minutes)], km_a_minute=km)))
    assert len(rides) == found


def test_the_same_seed_hides_the_same_rides_and_another_one_others():
    rides = occupied_rides(resample(cab_fixes(4, 12)))
    one, same, other = hide(rides, 0.3, 1), hide(rides, 0.3, 1), hide(rides, 0.3, 2)
    assert one.first.tolist() == same.first.tolist() != other.first.tolist()
    assert len(one) == round(0.3 * len(rides))


def test_hidden_rides_are_seen_vacant_and_nothing_else_changes():
    grid = resample(cab_fixes(3, 8))
    hidden = hide(occupied_rides(grid), 0.3, 1)
    changed = np.flatnonzero(seen_occupied(grid, hidden) != grid.occupied)
    assert changed.tolist() == [row for a, b in zip(hidden.first, hidden.last, strict=True) for row in range(a, b + 1)]


def test_no_vehicle_is_both_trained_on_and_held_out():
    learning, held_out = split_vehicles(np.arange(90), 20)
    assert (len(learning), len(held_out)) == (63, 27)
    assert not set(learning) & set(held_out)


def test_movement_does_not_know_the_meter():
    fixes = cab_fixes(3, 6)
    blind = Fixes(fixes.vehicle, fixes.time_s, fixes.lon, fixes.lat, np.zeros(len(fixes), bool))
    assert np.array_equal(movement(resample(fixes))[1], movement(resample(blind))[1])


def test_movement_of_a_vehicle_does_not_depend_on_its_neighbours_in_the_file():
    grid = resample(cab_fixes(3, 6))
    alone = grid.of([1])
    assert np.array_equal(movement(grid)[1][grid.vehicle == 1], movement(alone)[1])
