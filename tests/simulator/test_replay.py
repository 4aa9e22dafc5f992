"""Recorded tracks: every fix once, in order, moved rigidly."""

from pathlib import Path

import numpy as np
import pytest

from datacenter.simulator.replay import UnreadableTracks, plan_replay, read_tracks, select, shift_to

CABS = Path(__file__).resolve().parents[3] / "shared" / "data" / "tracks" / "sf_cabs.parquet"
CSV = """vehicle,time,lon,lat,occupied
b,2026-03-01T00:00:00Z,-122.40,37.70,0
b,2026-03-01T00:01:00Z,-122.39,37.70,1
a,2026-03-01T00:00:30Z,-122.41,37.71,0
a,2026-03-01T00:02:30Z,-122.41,37.72,0
b,2026-03-01T00:00:40Z,-122.395,37.70,0
b,2026-03-01T02:00:00Z,-122.30,37.70,0
"""
START = 1_772_323_200  # 2026-03-01T00:00:00Z


@pytest.fixture
def track(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text(CSV, encoding="utf-8")
    return read_tracks(path)


def test_fixes_are_sorted_by_vehicle_and_time(track):
    assert track.vehicle.tolist() == [0, 0, 0, 0, 1, 1]  # in order of appearance
    assert (track.time_s - START).tolist() == [0, 40, 60, 7200, 30, 150]
    assert track.occupied.tolist() == [False, False, True, False, False, False]


def test_speed_and_bearing_come_from_consecutive_fixes(track):
    replay = plan_replay(track, 2, ends_at_s=None)
    east = 0.005 * 111_195 * np.cos(np.radians(37.7))
    assert replay.speed_dkmh[1] == round(east / 40 * 36)
    assert replay.bearing_deg[1] == 90
    assert replay.bearing_deg[5] == 0
    assert replay.speed_dkmh[[0, 3, 4]].tolist() == [0, 0, 0]  # first fixes, and after two hours' silence


def test_times_end_when_asked_and_keep_their_distances(track):
    replay = plan_replay(track, 2, ends_at_s=1_800_000_000)
    assert replay.time_s.max() == 1_800_000_000
    assert set((replay.time_s - track.time_s).tolist()) == {1_800_000_000 - START - 7200}
    assert plan_replay(track, 2, ends_at_s=None).time_s.tolist() == track.time_s.tolist()


@pytest.mark.parametrize("terminals", [1, 2, 3, 4, 5])
def test_pieces_hold_every_fix_once_and_in_order(track, terminals):
    replay = plan_replay(track, terminals, ends_at_s=1_800_000_000)
    assert len(replay.starts) == terminals
    assert len(replay) == (4 if terminals == 1 else 6)
    assert replay.starts.tolist() == [0, *replay.ends[:-1].tolist()]
    for start, end in zip(replay.starts, replay.ends, strict=True):
        assert (np.diff(replay.time_s[start:end]) > 0).all()


def test_shift_is_rigid(track):
    moved = shift_to(track, 122.07, 41.12)
    assert np.median(moved.lon) == pytest.approx(122.07)
    before, after = plan_replay(track, 2, ends_at_s=None), plan_replay(moved, 2, ends_at_s=None)
    assert np.abs(before.speed_dkmh - after.speed_dkmh).max() <= 2
    assert np.abs(before.bearing_deg - after.bearing_deg).max() <= 1


def test_selection_takes_a_span_and_the_earliest(track):
    assert (select(track, from_s=START + 30, to_s=START + 60).time_s - START).tolist() == [40, 30]
    assert sorted((select(track, max_fixes=3).time_s - START).tolist()) == [0, 30, 40]


def test_a_file_without_the_columns_is_refused(tmp_path):
    path = tmp_path / "tracks.csv"
    path.write_text("id,lon,lat\n1,2,3\n", encoding="utf-8")
    with pytest.raises(UnreadableTracks, match="time, vehicle"):
        read_tracks(path)


def test_real_cabs_on_2000_terminals_lose_no_fix():
    if not CABS.exists():
        pytest.skip(f"SKIPPED LOUDLY: no real tracks at {CABS}")
    track = read_tracks(CABS)
    replay = plan_replay(shift_to(track, 122.066, 41.12), 2000, ends_at_s=1_800_000_000)
    assert len(replay) == len(track) == 1_895_591
    assert len(replay.starts) == 2000
    assert (replay.ends > replay.starts).all()
    order = np.diff(replay.time_s)[np.diff(replay.who) == 0]
    assert (order > 0).all()
    assert replay.time_s.max() == 1_800_000_000
