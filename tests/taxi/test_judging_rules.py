"""The pure rules about trips and sign-ins: just under, on and over each limit, with gaps, with the clock going back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from datacenter.tracks.position import Flag, Positions
from taxi.detection import detours, fares, licences, metering
from taxi.detection.detectors import Detour, MeterTampered, UnlicensedDriver, UnmeteredSignal
from taxi.detection.detours import cell, way_round
from taxi.detection.fares import counts_fast, fare_doubt
from taxi.detection.licences import Paper, Signed, faults
from taxi.detection.loaded import Stretch, stretches
from taxi.detection.metering import Metered, doubts
from taxi.detection.ridden import Ridden, ridden
from tests.detection.running import MIDNIGHT, drive
from tests.factories import make_positions

SIGNALS, TAMPERED, LICENCE, ROUND = (one.Limits() for one in (UnmeteredSignal, MeterTampered, UnlicensedDriver, Detour))
HOUR = 3600
NOTHING = Flag(0)


def way(distance_m: int, spread_m: int | None = None, unseen_m: int = 0) -> Ridden:
    spread_m = distance_m if spread_m is None else spread_m
    return Ridden(900, distance_m, unseen_m, spread_m, 10, 100, 0, (41_000_000, 122_000_000), (41_000_000, 122_000_000))


# --- the way itself ---------------------------------------------------------------------------------------------------
def test_the_way_is_that_of_its_fixes() -> None:
    track = drive((600, 36), step=10)
    got = ridden(track, MIDNIGHT, MIDNIGHT + 600)
    assert got is not None
    assert abs(got.distance_m - 6000) <= 30
    assert abs(got.spread_m - 6000) <= 30
    assert (got.longest_gap_s, got.dropped, got.reliable(10)) == (10, 0, True)


def test_a_receiver_that_drifts_goes_nowhere() -> None:
    rng = np.random.default_rng(1)
    rows = [
        {"at": at, "speed_kmh": 0, "latitude_e6": 41_000_000 + int(n), "longitude_e6": 122_000_000 + int(e)}
        for at, (n, e) in zip(range(0, 7200, 10), rng.normal(0, 60, (720, 2)), strict=True)
    ]
    got = ridden(make_positions(1, rows, MIDNIGHT), MIDNIGHT, MIDNIGHT + 7200)
    assert got is not None
    assert got.distance_m < 60


@pytest.mark.parametrize(("gap", "reliable"), [(299, True), (300, True), (301, False)])
@pytest.mark.parametrize("where", ["inside", "at its beginning", "at its end"])
def test_a_silence_too_long_makes_a_way_no_measure(gap: int, reliable: bool, where: str) -> None:
    track = drive((900, 36), step=1)
    cuts = {"inside": (300, 300 + gap), "at its beginning": (-1, gap), "at its end": (900 - gap, 901)}
    since, until = cuts[where]
    at = track.device_time - MIDNIGHT
    heard = track.take((at <= since) | (at >= until))
    got = ridden(heard, MIDNIGHT, MIDNIGHT + 900)
    assert got is not None
    assert (got.longest_gap_s, got.reliable(300)) == (gap, reliable)


@pytest.mark.parametrize(
    ("lasting", "gap", "reliable"),
    [(120, 60, True), (120, 61, False), (300, 100, True), (300, 101, False), (899, 299, True), (899, 300, False)],
)
def test_a_silence_of_over_a_third_leaves_too_little_of_a_short_trip(lasting: int, gap: int, reliable: bool) -> None:
    track = drive((lasting, 36), step=1)
    at = track.device_time - MIDNIGHT
    got = ridden(track.take((at <= 20) | (at >= 20 + gap)), MIDNIGHT, MIDNIGHT + lasting)
    assert got is not None
    assert (got.longest_gap_s, got.reliable(300)) == (gap, reliable)


def test_an_hour_s_gap_in_a_trip_makes_its_way_no_measure() -> None:
    track = drive((2 * HOUR, 36))
    at = track.device_time - MIDNIGHT
    got = ridden(track.take((at <= 1800) | (at >= 5400)), MIDNIGHT, MIDNIGHT + 2 * HOUR)
    assert got is not None
    assert not got.reliable(SIGNALS.silence_s)


@pytest.mark.parametrize("row", [0, 30, 60])
def test_a_fix_elsewhere_is_left_out(row: int) -> None:
    track = drive((600, 36), step=10)
    track.latitude_e6[row] += 500_000
    got = ridden(track, MIDNIGHT, MIDNIGHT + 600)
    assert got is not None
    assert got.dropped == 1
    assert got.reliable(300)
    assert abs(got.distance_m - 6000) <= 130


def test_a_clock_that_went_back_lays_two_ways_over_each_other() -> None:
    there, again = drive((1200, 36), step=10), drive((1200, 36), step=10)
    again.latitude_e6[:] += 100_000
    both = Positions.join([there, again])
    both = both.take(np.argsort(both.device_time, kind="stable"))
    got = ridden(both, MIDNIGHT, MIDNIGHT + 1200)
    assert got is not None
    assert not got.reliable(300)


def test_without_two_fixes_that_count_there_is_no_way() -> None:
    track = drive((600, 36), step=10)
    assert ridden(Positions.empty(), MIDNIGHT, MIDNIGHT + 600) is None
    assert ridden(track, MIDNIGHT, MIDNIGHT + 9) is None
    track.flags[:] = int(Flag.LOCATED)
    assert ridden(track, MIDNIGHT, MIDNIGHT + 600) is None


# --- loaded stretches -------------------------------------------------------------------------------------------------
def ride(vacant: int, loaded: int, vacant_again: int, step: int = 10, extra: Flag = NOTHING) -> Positions:
    """Vacant, loaded and vacant again, each so many seconds, at 36 km/h."""
    track = drive((vacant + loaded + vacant_again, 36), step=step)
    at = track.device_time - MIDNIGHT
    track.flags[:] |= int(Flag.TAXI)
    track.flags[(at >= vacant) & (at <= vacant + loaded)] |= int(Flag.LOADED | extra)
    return track


def spans(track: Positions) -> list[tuple[int, int]]:
    return [(one.began - MIDNIGHT, one.ended - MIDNIGHT) for one in stretches(track, SIGNALS.silence_s)]


def test_a_loaded_stretch_goes_from_its_first_to_its_last_position() -> None:
    assert spans(ride(100, 400, 100)) == [(100, 500)]
    assert spans(Positions.empty()) == []


def test_a_stretch_whose_beginning_or_end_was_not_seen_is_none() -> None:
    track = ride(100, 400, 100)
    at = track.device_time - MIDNIGHT
    assert spans(track.take(at >= 100)) == []
    assert spans(track.take(at <= 500)) == []
    assert spans(track.take((at >= 100) | (at <= 500))) == [(100, 500)]


@pytest.mark.parametrize(("gap", "found"), [(299, 1), (300, 1), (301, 0)])
@pytest.mark.parametrize("where", [50, 300, 901])
def test_a_stretch_with_a_silence_in_or_around_it_is_none(gap: int, found: int, where: int) -> None:
    track = ride(400, 500, 600, step=1)
    at = track.device_time - MIDNIGHT
    since = {50: 399 - gap + 1, 300: 500, 901: 900}[where]
    assert len(spans(track.take((at <= since) | (at >= since + gap)))) == found


def test_two_stretches_are_two_and_the_meter_s_fault_is_seen() -> None:
    first, second = ride(100, 400, 100), ride(100, 300, 100, extra=Flag.METER_FAULT)
    second.device_time[:] += 610
    both = stretches(Positions.join([first, second]), SIGNALS.silence_s)
    assert [(one.lasting_s, one.meter_fault) for one in both] == [(400, False), (300, True)]


def test_what_speaks_another_standard_is_never_loaded() -> None:
    track = ride(100, 400, 100)
    track.flags[:] &= ~np.int16(Flag.TAXI)
    assert spans(track) == []


@pytest.mark.parametrize(("shared", "covered"), [(199, False), (200, True), (201, True)])
def test_a_record_covers_what_it_shares_half_of(shared: int, covered: bool) -> None:
    stretch = Stretch(1000, 1400, 0, meter_fault=False)
    assert stretch.covered([(0, 10), (1400 - shared, 9000)]) is covered
    assert not stretch.covered([])
    assert stretch.covered([(0, 1100), (1300, 1450)])


# --- the meter against the way ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dkm", "driven_m", "spread_m", "reason"),
    [
        (11, 200, 200, metering.Reason.STILL),
        (11, 201, 200, 0),
        (11, 200, 201, 0),
        (10, 0, 0, 0),
        (11, 0, 0, metering.Reason.STILL),
        (45, 3000, 3000, 0),  # half as much again, to the metre
        (46, 3000, 3000, metering.Reason.MORE),
        (34, 2000, 2000, 0),  # 1.4 km apart
        (35, 2000, 2000, 0),
        (36, 2000, 2000, metering.Reason.MORE),
        (40, 6000, 6000, 0),
        (40, 6001, 6001, metering.Reason.LESS),
        (20, 3500, 3500, 0),
        (20, 3501, 3501, metering.Reason.LESS),
        (0, 1500, 1500, 0),
        (0, 1501, 1501, metering.Reason.LESS),
        (53, 5300, 5000, 0),
    ],
)
def test_what_the_meter_counted_is_held_against_the_way(dkm: int, driven_m: int, spread_m: int, reason: int) -> None:
    assert doubts(Metered(dkm, None), way(driven_m, spread_m), SIGNALS) == reason


@pytest.mark.parametrize(
    ("dkm", "unseen_m", "reason"), [(61, 1000, metering.Reason.MORE), (60, 1000, 0), (61, 1100, 0), (30, 0, 0)]
)
def test_what_may_have_been_driven_unseen_is_let_pass(dkm: int, unseen_m: int, reason: int) -> None:
    assert doubts(Metered(dkm, None), way(3000, unseen_m=unseen_m), SIGNALS) == reason
    assert doubts(Metered(11, None), way(0, unseen_m=100), SIGNALS) == 0


@pytest.mark.parametrize(("pause", "unseen"), [(45, 0), (46, 307), (60, 400)])
def test_a_pause_hides_what_could_be_driven_in_it(pause: int, unseen: int) -> None:
    track = drive((600, 36), step=1)
    at = track.device_time - MIDNIGHT
    got = ridden(track.take((at <= 200) | (at >= 200 + pause)), MIDNIGHT, MIDNIGHT + 600)
    assert got is not None
    assert abs(got.unseen_m - unseen) <= 1


@pytest.mark.parametrize(("seconds", "reason"), [(None, 0), (0, 0), (179, 0), (180, 16), (181, 16)])
def test_a_seat_taken_with_the_meter_off_needs_no_track(seconds: int | None, reason: int) -> None:
    assert doubts(Metered(53, seconds), None, SIGNALS) == reason
    assert doubts(Metered(None, seconds), way(5000), SIGNALS) == reason


def test_reasons_add_up() -> None:
    assert doubts(Metered(200, 600), way(5000), SIGNALS) == metering.Reason.SEAT | metering.Reason.MORE


def test_a_record_nobody_can_read_and_a_way_nobody_knows_prove_nothing() -> None:
    assert doubts(Metered(None, None), way(9000), SIGNALS) == 0
    assert doubts(Metered(900, None), None, SIGNALS) == 0


# --- fares ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fare", "reason"),
    [(99, fares.Reason.CHEAPER), (100, 0), (150, 0), (200, 0), (201, fares.Reason.DEARER)],
)
def test_a_fare_on_the_tariff_s_bounds_fits(fare: int, reason: int) -> None:
    assert fare_doubt(fare, 100, 200) == reason


def of_ratio(percent: float, trips: int) -> list[tuple[int, int]]:
    return [(round(50 * percent / 100), 5000)] * trips


def test_one_trip_too_few_says_nothing_of_the_meter() -> None:
    assert counts_fast(of_ratio(140, 5), TAMPERED) is None
    assert counts_fast(of_ratio(140, 6), TAMPERED) == fares.Fast(140, 6)


@pytest.mark.parametrize(("tracked_m", "found"), [(4001, False), (4000, False), (3999, True)])
def test_the_median_must_be_over_the_limit(tracked_m: int, found: bool) -> None:
    assert (counts_fast([(46, tracked_m)] * 6, TAMPERED) is not None) is found


def test_one_wild_trip_decides_nothing_and_short_trips_do_not_count() -> None:
    assert counts_fast([*of_ratio(100, 6), (900, 5000)], TAMPERED) is None
    assert counts_fast([(40, 1999)] * 20, TAMPERED) is None
    assert counts_fast([(40, 2000)] * 6, TAMPERED) == fares.Fast(200, 6)
    assert counts_fast([(40, 0)] * 6, replace(TAMPERED, least_m=0)) is None


# --- who may drive ----------------------------------------------------------------------------------------------------
DAY = date(2026, 11, 24)
GOOD = Paper("巡游出租汽车驾驶员", DAY - timedelta(days=300), DAY + timedelta(days=300))


def signed(*papers: Paper, **facts: Any) -> Signed:
    return replace(Signed("LN1", papers or (GOOD,), True, True), **facts)


def wrong(who: Signed, **limits: int) -> int:
    return int(faults(who, DAY, replace(LICENCE, **limits))[0])


def test_who_is_bound_and_holds_a_certificate_may_drive() -> None:
    assert faults(signed(), DAY, LICENCE) == (0, 0)


@pytest.mark.parametrize(("days", "reason", "past"), [(1, 0, 0), (0, 0, 0), (-1, licences.Reason.EXPIRED, 1)])
def test_a_certificate_holds_until_the_end_of_its_last_day(days: int, reason: int, past: int) -> None:
    assert faults(signed(replace(GOOD, valid_until=DAY + timedelta(days=days))), DAY, LICENCE) == (reason, past)


@pytest.mark.parametrize(("days", "reason"), [(29, 0), (30, 0), (31, licences.Reason.EXPIRED)])
def test_days_of_grace_are_counted(days: int, reason: int) -> None:
    assert wrong(signed(replace(GOOD, valid_until=DAY - timedelta(days=days))), grace_days=30) == reason


@pytest.mark.parametrize(("days", "reason"), [(-1, 0), (0, 0), (1, licences.Reason.NOT_YET)])
def test_a_certificate_holds_from_its_first_day(days: int, reason: int) -> None:
    assert wrong(signed(replace(GOOD, valid_from=DAY + timedelta(days=days)))) == reason


def test_a_renewed_certificate_counts_and_one_to_come_makes_no_expired_one_good() -> None:
    old = replace(GOOD, valid_until=DAY - timedelta(days=9))
    assert wrong(signed(old, GOOD)) == 0
    assert wrong(signed(old, replace(GOOD, valid_from=DAY + timedelta(days=1)))) == licences.Reason.EXPIRED


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        ("巡游出租汽车驾驶员", 0),
        ("出租汽车驾驶员", 0),
        ("网络预约出租汽车驾驶员", licences.Reason.CATEGORY),
        ("道路货物运输驾驶员", licences.Reason.CATEGORY),
    ],
)
def test_only_a_certificate_for_taxis_counts(category: str, reason: int) -> None:
    assert wrong(signed(replace(GOOD, category=category))) == reason


def test_a_number_nobody_has_is_unknown_and_so_is_who_has_no_certificate() -> None:
    assert wrong(signed(papers=None, bound=None, of_company=None)) == licences.Reason.UNKNOWN
    assert wrong(Signed("LN1", (), True, True)) == licences.Reason.UNKNOWN


def test_no_number_may_be_the_reader_s_fault() -> None:
    nobody = Signed("", None, None, None)
    assert wrong(nobody) == 0
    assert wrong(nobody, blank=1) == licences.Reason.BLANK


@pytest.mark.parametrize(
    ("bound", "of_company", "suffices", "reason"),
    [
        (False, True, 0, licences.Reason.NOT_BOUND),
        (False, True, 1, 0),
        (False, False, 1, licences.Reason.NOT_BOUND),
        (True, False, 0, 0),
        (None, True, 0, 0),
        (None, False, 0, licences.Reason.OTHER_COMPANY),
        (None, None, 0, 0),
    ],
)
def test_who_is_not_entered_for_the_vehicle(
    bound: bool | None, of_company: bool | None, suffices: int, reason: int
) -> None:
    assert wrong(signed(bound=bound, of_company=of_company), company_suffices=suffices) == reason


def test_faults_add_up() -> None:
    lorry = replace(GOOD, category="道路货物运输驾驶员")
    assert wrong(signed(lorry, bound=False)) == licences.Reason.CATEGORY | licences.Reason.NOT_BOUND


# --- detours ----------------------------------------------------------------------------------------------------------
USUAL = [4000] * 10


@pytest.mark.parametrize(("driven", "found"), [(7199, False), (7200, False), (7201, True)])
def test_four_fifths_farther_than_usual_is_no_detour_yet(driven: int, found: bool) -> None:
    assert (way_round(driven, 3000, USUAL, ROUND) is not None) is found


@pytest.mark.parametrize(("straight", "found"), [(3499, True), (3500, False), (3501, False)])
def test_a_detour_is_one_against_the_straight_line_too(straight: int, found: bool) -> None:
    assert (way_round(7700, straight, USUAL, ROUND) is not None) is found


@pytest.mark.parametrize(("driven", "found"), [(5499, False), (5500, False), (5501, True)])
def test_a_detour_is_kilometres_long(driven: int, found: bool) -> None:
    assert (way_round(driven, 3000, [3000] * 10, replace(ROUND, straight_percent=150)) is not None) is found


@pytest.mark.parametrize(("straight", "found"), [(2999, False), (3000, True), (3001, True)])
def test_a_round_trip_is_no_detour(straight: int, found: bool) -> None:
    assert (way_round(9000, straight, USUAL, ROUND) is not None) is found


def test_too_few_trips_before_say_nothing_and_one_detour_among_them_changes_nothing() -> None:
    assert way_round(9000, 3000, USUAL[1:], ROUND) is None
    assert way_round(9000, 3000, [*USUAL[2:], 30_000, 4100], ROUND) == detours.Round(4000, 10, 3000, 225, 300)


def test_cells_are_five_hundred_metres_and_their_own() -> None:
    assert cell(41_120_000, 122_070_000) == cell(41_120_400, 122_070_400)
    around = {cell(41_120_000 + 4500 * n, 122_070_000 + 5900 * e) for n in range(-50, 50) for e in range(-50, 50)}
    assert len(around) == 10_000
    assert max(abs(one) for one in (*around, cell(-89_999_999, -179_999_999), cell(90_000_000, 180_000_000))) < 2**31
