"""Rides kept up to date: each position once, late ones again, records joined."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from datacenter.registry.models import Vehicle
from datacenter.tracks import chunks, follow, store
from datacenter.tracks.chunks import Rows
from datacenter.tracks.position import Flag, Positions
from taxi.rides import following
from taxi.rides.models import Ride, RideProgress
from tests import factories
from tests.conftest import _as_role
from tests.taxi.conftest import make_taxi
from tests.taxi.conftest import taxi as taxi
from tests.taxi.conftest import taxi_company as taxi_company
from tests.taxi.driving import BEGAN, NOW, driven, put, record

RIDE = (300, 900)
"""Loaded from five to fifteen minutes after the track's start."""


def arrive(track: Positions) -> None:
    """Store positions and say so, as the follower of tracks does in its own transaction."""
    store.make_partitions(sorted({store.day_of(int(at)) for at in np.unique(track.device_time).tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, track, [b""] * len(track))
        following.note(cursor, Rows.of(track).sorted())


def keep_up() -> int:
    return following.follow(NOW)


def rides() -> list[tuple[int, int]]:
    start = int(BEGAN.timestamp())
    rows = Ride.objects.order_by("vehicle_id", "boarded_at")
    return [(int(r.boarded_at.timestamp()) - start, int(r.alighted_at.timestamp()) - start) for r in rows]


def test_a_ride_is_kept_with_whose_it_is_and_where(taxi: Vehicle) -> None:
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    keep_up()
    ride = Ride.objects.get()
    assert rides() == [RIDE]
    assert (ride.vehicle_id, ride.county_id, ride.company_id) == (taxi.pk, taxi.county_id, taxi.company_id)
    assert ride.distance_m == pytest.approx(6000, rel=0.01)
    assert ride.board_cell != ride.alight_cell


def test_what_was_read_is_not_read_again(taxi: Vehicle) -> None:
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    assert keep_up() > 0
    first = Ride.objects.get().pk
    assert keep_up() == 0
    assert Ride.objects.get().pk == first


def test_a_ride_over_several_runs_is_one(taxi: Vehicle) -> None:
    track = driven(taxi, (1200, 36), loaded=RIDE)
    for piece in (slice(0, 40), slice(40, 60), slice(60, 80), slice(80, None)):
        arrive(track.take(piece))
        keep_up()
    assert rides() == [RIDE]
    assert RideProgress.objects.get().due_from is None


def test_reading_goes_on_from_the_last_vacant_report(taxi: Vehicle) -> None:
    track = driven(taxi, (3600, 36), loaded=(3000, 3400))
    arrive(track.take(slice(0, 200)))
    keep_up()
    arrive(track.take(slice(200, None)))
    assert keep_up() <= 162


def test_late_positions_split_a_ride(taxi: Vehicle) -> None:
    track = driven(taxi, (1200, 36), loaded=RIDE)
    track.flags[58:62] &= ~int(Flag.LOADED)
    late = track.take(slice(58, 62))
    arrive(Positions.join([track.take(slice(0, 58)), track.take(slice(62, None))]))
    keep_up()
    assert rides() == [RIDE]
    arrive(late)
    keep_up()
    assert rides() == [(300, 570), (620, 900)]


def test_late_positions_complete_a_ride_that_a_silence_had_cut(taxi: Vehicle) -> None:
    track = driven(taxi, (1200, 36), loaded=RIDE)
    arrive(Positions.join([track.take(slice(0, 40)), track.take(slice(75, None))]))
    keep_up()
    assert rides() == []
    arrive(track.take(slice(40, 75)))
    keep_up()
    assert rides() == [RIDE]


def test_late_positions_leave_other_rides_alone(taxi: Vehicle) -> None:
    track = driven(taxi, (3600, 36), loaded=RIDE)
    track.flags[200:250] |= int(Flag.LOADED)
    arrive(Positions.join([track.take(slice(0, 220)), track.take(slice(222, None))]))
    keep_up()
    before = list(Ride.objects.order_by("boarded_at").values_list("pk", flat=True))
    assert len(before) == 2
    arrive(track.take(slice(220, 222)))
    keep_up()
    assert next(iter(Ride.objects.order_by("boarded_at").values_list("pk", flat=True))) == before[0]
    assert rides() == [RIDE, (2000, 2490)]


def test_a_clock_that_ran_ahead_does_not_make_all_that_follows_late(taxi: Vehicle) -> None:
    arrive(driven(taxi, (300, 36), began=NOW + timedelta(hours=5)))
    keep_up()
    assert RideProgress.objects.get().read_until is None
    track = driven(taxi, (3600, 36), loaded=RIDE)
    arrive(track.take(slice(0, 200)))
    keep_up()
    arrive(track.take(slice(200, None)))
    assert keep_up() <= 162
    assert rides() == [RIDE]


def test_taxis_of_jt808_are_found_by_their_status(taxi: Vehicle) -> None:
    track = driven(taxi, (1200, 36), loaded=RIDE)
    track.status[(track.flags & int(Flag.LOADED)) != 0] |= 0b11 << 8
    track.flags[:] &= ~int(Flag.TAXI | Flag.LOADED)
    arrive(track)
    keep_up()
    assert rides() == [RIDE]


def test_other_vehicles_have_no_rides(taxi_company: Any) -> None:
    truck = factories.make_vehicle("辽L12121")
    arrive(driven(truck, (1200, 36), loaded=RIDE))
    assert keep_up() == 0
    assert not RideProgress.objects.exists()


def test_a_killed_run_is_done_again(taxi: Vehicle, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    with monkeypatch.context() as broken:
        broken.setattr(following, "_insert", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            keep_up()
    assert rides() == []
    keep_up()
    assert rides() == [RIDE]


def test_the_record_that_covers_a_ride_gives_its_fare(taxi: Vehicle) -> None:
    record(taxi, 6000, began=BEGAN + timedelta(seconds=300))
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    keep_up()
    ride = Ride.objects.get()
    assert (ride.fare_jiao, ride.metered_dkm) == (150, 60)


def test_a_record_that_comes_later_finds_its_ride(taxi: Vehicle) -> None:
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    keep_up()
    assert Ride.objects.get().trip_id is None
    trip = record(taxi, 6000, began=BEGAN + timedelta(seconds=310), received_at=NOW)
    keep_up()
    assert Ride.objects.get().trip_id == trip.pk


def test_a_record_of_another_ride_or_taxi_is_not_joined(taxi: Vehicle, taxi_company: Any) -> None:
    other = make_taxi("辽LT7777", taxi_company)
    record(other, 6000, began=BEGAN + timedelta(seconds=300), received_at=NOW)
    record(taxi, 6000, began=BEGAN + timedelta(seconds=700), received_at=NOW)
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    keep_up()
    assert Ride.objects.get().trip_id is None


def test_old_rides_go(taxi: Vehicle) -> None:
    arrive(driven(taxi, (1200, 36), loaded=RIDE))
    keep_up()
    assert following.forget(BEGAN + following.KEPT) == 0
    assert following.forget(BEGAN + following.KEPT + timedelta(hours=1)) == 1


@pytest.mark.usefixtures("tracks")
def test_the_follower_of_tracks_says_what_is_new_and_the_worker_may_do_it_all(taxi: Vehicle) -> None:
    track = driven(taxi, (1200, 36), loaded=RIDE)
    put(track)
    with _as_role("DATABASE_INGEST_URL"):
        with transaction.atomic(), connection.cursor() as cursor:
            chunks.keep(cursor, 0, track)
        follow.follow()
        assert keep_up() == len(track)
        assert following.forget(NOW) == 0
        assert following.redo(BEGAN, NOW) == 1
        keep_up()
    assert rides() == [RIDE]
