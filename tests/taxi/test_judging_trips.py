"""Trips judged: each once, when its track is there, at no record's cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.detection.models import DetectorSetting, Finding
from datacenter.detection.settings import enter_detectors
from datacenter.detection.words import in_one_line, measured
from datacenter.registry.models import Practitioner, Vehicle
from datacenter.tracks.position import Positions
from taxi.detection import metering, trips
from taxi.detection.metering import Reason
from taxi.models import Shift
from tests.taxi.driving import BEGAN, LATER, NOW, STREET, driven, found, judge, put, record, with_clock_back

pytestmark = pytest.mark.usefixtures("tracks")
HOUR = 3600


def test_a_trip_whose_meter_counted_twice_the_way_is_found_with_its_figures(taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    trip = record(taxi, 12_000, fare_jiao=260)
    judge()
    (finding,) = found()
    assert (finding.vehicle, finding.started_at, finding.ended_at) == (taxi, trip.boarded_at, trip.alighted_at)
    assert finding.measures["reasons"] == Reason.MORE
    assert (finding.measures["metered_dkm"], finding.measures["fare_jiao"]) == (120, 260)
    assert abs(finding.measures["tracked_m"] - 6000) < 30
    assert finding.evidence["told"] == [f"trip:{trip.pk}"]
    assert len(finding.evidence["track"]) > 50
    assert finding.case.kind == "taxi.unmetered_signal"
    trip.refresh_from_db()
    assert trip.judged_at is not None
    assert abs((trip.tracked_m or 0) - 6000) < 30


def test_the_figures_are_worded_in_their_order(taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    record(taxi, 12_000, fare_jiao=260)
    judge()
    (finding,) = found()
    titles = [row["title"] for row in measured(finding)]
    assert titles == ["判定原因", "上车时间", "下车时间", "计程里程", "车费", "轨迹里程", "持续时间"]
    line = in_one_line(finding)
    assert "判定原因 计程里程明显大于轨迹里程" in line
    assert "计程里程 12 km" in line
    assert "车费 26 元" in line
    assert "轨迹里程 6" in line


def test_a_lawful_trip_is_judged_and_nothing_is_found(taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    trip = record(taxi, 6000)
    assert judge() == 1
    assert judge() == 0
    trip.refresh_from_db()
    assert trip.judged_at is not None
    assert Finding.objects.count() == 0


def test_a_meter_that_ticks_at_the_kerb_is_found(taxi: Vehicle) -> None:
    put(driven(taxi, (600, 0)))
    record(taxi, 1100)
    judge()
    (finding,) = found()
    assert finding.measures["reasons"] == Reason.STILL


def test_a_seat_sensor_is_heard_without_a_track_once_patience_is_over(taxi: Vehicle) -> None:
    record(taxi, 6000, occupied_unmetered_s=400)
    judge()
    assert found() == []
    judge(BEGAN + timedelta(hours=25))
    (finding,) = found()
    assert (finding.measures["reasons"], finding.measures["unmetered_s"]) == (Reason.SEAT, 400)
    assert "tracked_m" not in finding.measures


@pytest.mark.parametrize(("seconds", "judged"), [(-1, 0), (0, 1), (1, 1)])
def test_a_trip_is_due_half_an_hour_after_its_record_came(taxi: Vehicle, seconds: int, judged: int) -> None:
    put(driven(taxi, *STREET))
    trip = record(taxi, 6000)
    assert judge(trip.received_at + timedelta(seconds=1800 + seconds)) == judged


def test_a_trip_before_its_track_waits_for_it_and_is_judged_once(taxi: Vehicle) -> None:
    trip = record(taxi, 12_000)
    when = trip.received_at + LATER
    assert judge(when) == 1
    trip.refresh_from_db()
    assert trip.judged_at is None
    assert judge(when + timedelta(minutes=59)) == 0
    put(driven(taxi, *STREET))
    assert judge(when + timedelta(minutes=60)) == 1
    assert judge(when + timedelta(hours=9)) == 0
    assert len(found()) == 1


def test_a_track_half_there_is_waited_for_too(taxi: Vehicle) -> None:
    track = driven(taxi, (2400, 36))
    at = track.device_time - int(BEGAN.timestamp())
    put(track.take((at < 600) | (at > 1500)))
    trip = record(taxi, 48_000, 2400)
    judge(trip.received_at + LATER)
    assert found() == []
    put(track)
    judge(trip.received_at + 3 * LATER)
    (finding,) = found()
    assert finding.measures["reasons"] == Reason.MORE


def test_an_hour_s_gap_inside_a_trip_is_never_filled_by_guessing(taxi: Vehicle) -> None:
    track = driven(taxi, (2 * HOUR, 36))
    at = track.device_time - int(BEGAN.timestamp())
    put(track.take((at < 1800) | (at > 5400)))
    trip = record(taxi, 140_000, 2 * HOUR)
    judge(trip.received_at + timedelta(hours=25))
    trip.refresh_from_db()
    assert (trip.judged_at is not None, trip.tracked_m) == (True, None)
    assert Finding.objects.count() == 0


def test_a_clock_that_went_back_during_the_trip_proves_nothing(taxi: Vehicle) -> None:
    put(with_clock_back(driven(taxi, *STREET)))
    trip = record(taxi, 12_000)
    judge(trip.received_at + timedelta(hours=25))
    trip.refresh_from_db()
    assert (trip.judged_at is not None, trip.tracked_m) == (True, None)
    assert Finding.objects.count() == 0


@pytest.mark.parametrize(
    ("board", "alight"),
    [(timedelta(days=-300), timedelta()), (timedelta(hours=2), timedelta()), (timedelta(), timedelta(hours=13))],
    ids=["a year ago", "ending before it began", "longer than half a day"],
)
def test_times_nobody_can_believe_are_not_waited_for(taxi: Vehicle, board: timedelta, alight: timedelta) -> None:
    put(driven(taxi, *STREET))
    trip = record(taxi, 12_000, boarded_at=BEGAN + board, alighted_at=BEGAN + timedelta(seconds=600) + alight)
    judge()
    trip.refresh_from_db()
    assert trip.judged_at is not None
    assert Finding.objects.count() == 0


def test_a_record_nobody_can_read_is_judged_and_teaches_its_way(taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    unread = dict.fromkeys(("distance_dkm", "fare_jiao", "waited_s", "surcharge_jiao", "empty_dkm", "trip_no"))
    trip = record(taxi, 0, **unread)
    judge()
    trip.refresh_from_db()
    assert trip.judged_at is not None
    assert abs((trip.tracked_m or 0) - 6000) < 30
    assert Finding.objects.count() == 0


def test_a_trip_without_places_or_positions_is_judged_at_last(taxi: Vehicle) -> None:
    nowhere = dict.fromkeys(("board_latitude_e6", "board_longitude_e6", "alight_latitude_e6", "alight_longitude_e6"))
    trip = record(taxi, 6000, **nowhere)
    judge(trip.received_at + timedelta(hours=24, seconds=-1))
    trip.refresh_from_db()
    assert trip.judged_at is None
    judge(trip.received_at + timedelta(hours=25))
    trip.refresh_from_db()
    assert trip.judged_at is not None


def test_a_driver_who_takes_over_in_mid_ride_is_told_and_the_case_names_the_first(
    taxi: Vehicle, zhao: Practitioner, qian: Practitioner
) -> None:
    put(driven(taxi, *STREET))
    whose = {"vehicle": taxi, "county_id": taxi.county_id, "company_id": taxi.company_id, "received_at": BEGAN}
    for driver, since in ((zhao, -HOUR), (qian, 300)):
        at = BEGAN + timedelta(seconds=since)
        Shift.objects.create(begins_at=at, signed_in_at=at, practitioner=driver, **whose)
        taxi.bindings.filter(until=None).update(until=at)
        taxi.bindings.create(practitioner=driver, since=at, source="sign_in")
    record(taxi, 12_000)
    judge()
    (finding,) = found()
    assert finding.measures["drivers"] == 2
    assert finding.case.driver_name == zhao.name


def test_two_trips_that_touch_are_two_findings(taxi: Vehicle) -> None:
    put(driven(taxi, (1200, 36)))
    record(taxi, 12_000)
    record(taxi, 12_000, began=BEGAN + timedelta(seconds=600))
    judge()
    assert [f.started_at for f in found()] == [BEGAN, BEGAN + timedelta(seconds=600)]


def test_a_worker_that_is_killed_between_finding_and_mark_leaves_neither(
    taxi: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(driven(taxi, *STREET))
    record(taxi, 12_000)
    tell = trips.events.tell

    def killed(told: Any) -> None:
        assert tell(told) is not None
        raise KeyboardInterrupt

    monkeypatch.setattr(trips.events, "tell", killed)
    with pytest.raises(KeyboardInterrupt):
        judge()
    monkeypatch.undo()
    assert Finding.objects.count() == 0
    judge()
    assert len(found()) == 1


def test_one_trip_that_breaks_the_judge_holds_up_no_other(taxi: Vehicle, monkeypatch: pytest.MonkeyPatch) -> None:
    put(driven(taxi, (1200, 36)))
    record(taxi, 12_000)
    record(taxi, 12_000, began=BEGAN + timedelta(seconds=600))
    measure = trips.ridden

    def breaks(positions: Positions, began: int, ended: int) -> Any:
        if began == int(BEGAN.timestamp()):
            raise ValueError
        return measure(positions, began, ended)

    monkeypatch.setattr(trips, "ridden", breaks)
    assert judge() == 2
    assert [f.started_at for f in found()] == [BEGAN + timedelta(seconds=600)]
    monkeypatch.undo()
    assert judge(NOW + timedelta(hours=2)) == 1
    assert len(found()) == 2


def test_a_rule_that_is_off_finds_nothing_and_the_way_is_kept(taxi: Vehicle) -> None:
    enter_detectors()
    DetectorSetting.objects.update(enabled=False)
    put(driven(taxi, *STREET))
    trip = record(taxi, 12_000)
    judge()
    trip.refresh_from_db()
    assert trip.tracked_m
    assert Finding.objects.count() == 0


def test_a_late_record_takes_back_that_there_was_none(taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    Finding.objects.create(
        detector="taxi.unmetered_signal",
        title="",
        vehicle=taxi,
        company_id=taxi.company_id,
        county_id=taxi.county_id,
        state="ended",
        started_at=BEGAN,
        ended_at=BEGAN + timedelta(seconds=590),
        measures={"reasons": int(metering.Reason.UNRECORDED)},
    )
    record(taxi, 2000, began=BEGAN + timedelta(seconds=300), lasting_s=200)  # covers a third of it
    judge()
    assert len(found()) == 1
    record(taxi, 6000)
    judge()
    assert found() == []


def test_the_case_of_a_trip_shows_its_figures(client: Client, city_officer: User, taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    record(taxi, 12_000, fare_jiao=260)
    judge()
    (finding,) = found()
    client.force_login(city_officer)
    page = client.get(reverse("case-detail", args=[finding.case.number])).content.decode()
    for words in ("计程里程明显大于轨迹里程", "上车时间", f"{timezone.localtime(BEGAN):%Y-%m-%d %H:%M:%S}"):
        assert words in page


def test_a_trip_in_another_worker_s_hands_is_left_to_it(taxi: Vehicle) -> None:
    put(driven(taxi, *STREET))
    trip = record(taxi, 12_000)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM taxi_trip WHERE id = %s FOR UPDATE", [trip.pk])
        assert judge() == 0
        assert found() == []
        other.rollback()
        assert judge() == 1
    finally:
        other.close()
    assert len(found()) == 1
