"""The search over the rides in the database: who is found, in which order, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from complaints.lost import search as searching
from complaints.lost.asked import Asked, End, Spot
from complaints.lost.search import search
from complaints.lost.words import length, minutes, reasons_of
from datacenter.accounts.models import User
from datacenter.registry.models import Company, Vehicle
from datacenter.tracks import store
from taxi.models import Tariff
from tests.complaints.lost.conftest import HOSPITAL, STATION, M, make_ride, make_taxi, yesterday
from tests.factories import make_positions


def end(place: tuple[float, float] | None, at: datetime | None, radius_m: int = 300, minutes: int = 20) -> End:
    spot = None if place is None else Spot(*place, radius_m)
    return End(spot, None if at is None else int(at.timestamp()), minutes * 60)


def plates(user: Any, asked: Asked) -> list[str]:
    return [one.ride.vehicle.plate for one in search(user, asked).candidates]


def test_the_ride_that_fits_best_stands_first(hotline_operator: User, taxi: Vehicle, other_taxi: Vehicle) -> None:
    make_ride(taxi, yesterday(12, 0))
    make_ride(other_taxi, yesterday(12, 14))
    make_ride(other_taxi, yesterday(15))
    asked = Asked(end(STATION, yesterday(12, 3)), end(HOSPITAL, yesterday(12, 10)))
    answer = search(hotline_operator, asked)
    assert [one.ride.vehicle_id for one in answer.candidates] == [taxi.pk, other_taxi.pk]
    assert answer.considered == 2
    first, second = answer.candidates
    assert first.share > second.share
    assert first.share + second.share == pytest.approx(1)
    assert first.fit > second.fit


@pytest.mark.parametrize("missing", ["board", "alight"])
def test_one_end_is_enough(hotline_operator: User, taxi: Vehicle, other_taxi: Vehicle, missing: str) -> None:
    make_ride(taxi, yesterday(12))
    make_ride(other_taxi, yesterday(12), HOSPITAL, STATION)
    ends = {"board": end(STATION, yesterday(12, 5)), "alight": end(HOSPITAL, yesterday(12, 15))}
    assert plates(hotline_operator, Asked(**{**ends, missing: None})) == [taxi.plate]


def test_a_place_without_a_time_and_a_time_without_a_place_narrow_too(
    hotline_operator: User, taxi: Vehicle, other_taxi: Vehicle
) -> None:
    make_ride(taxi, yesterday(12))
    make_ride(other_taxi, yesterday(12), (41.2, 122.3))
    asked = Asked(end(STATION, None), end(None, yesterday(12, 10)))
    assert plates(hotline_operator, asked) == [taxi.plate]
    asked = Asked(end(None, yesterday(12)), end(HOSPITAL, None))
    assert sorted(plates(hotline_operator, asked)) == [taxi.plate, other_taxi.plate]


def test_a_memory_that_is_off_by_more_than_was_said_still_finds(hotline_operator: User, taxi: Vehicle) -> None:
    make_ride(taxi, yesterday(12))
    off = (STATION[0] + 700 * M, STATION[1])
    assert plates(hotline_operator, Asked(end(off, yesterday(12, 45)))) == [taxi.plate]
    farther = (STATION[0] + 2000 * M, STATION[1])
    assert plates(hotline_operator, Asked(end(farther, yesterday(12)))) == []
    assert plates(hotline_operator, Asked(end(STATION, yesterday(13, 15)))) == []


def test_the_fare_of_the_record_tells_rides_apart(
    hotline_operator: User, taxi: Vehicle, other_taxi: Vehicle, taxi_company: Company
) -> None:
    third = make_taxi("辽LT9999", taxi_company)
    make_ride(taxi, yesterday(12, 2), fare_jiao=150)
    make_ride(other_taxi, yesterday(12, 4), fare_jiao=235)
    make_ride(third, yesterday(12, 3))
    asked = Asked(end(STATION, yesterday(12)), fare_jiao=240)
    assert plates(hotline_operator, asked) == [other_taxi.plate, third.plate, taxi.plate]
    said = [reasons_of(one)[-1] for one in search(hotline_operator, asked).candidates]
    assert [reason.text for reason in said] == ["车费 23.5 元，少 0.5 元", "车费无记录", "车费 15.0 元，少 9.0 元"]
    assert [reason.state for reason in said] == ["well", "unknown", "badly"]


def test_without_a_record_the_tariff_gives_the_fare(hotline_operator: User, taxi: Vehicle, other_taxi: Vehicle) -> None:
    Tariff.objects.create(
        name="试", start_jiao=60, start_dkm=30, per_km_jiao=20, source="试", valid_from="2020-01-01"
    )  # 6 yuan, and 2 for each kilometre past three
    make_ride(taxi, yesterday(12, 2), distance_m=13_000)
    make_ride(other_taxi, yesterday(12), distance_m=4_000)
    asked = Asked(end(STATION, yesterday(12)), fare_jiao=260)
    assert plates(hotline_operator, asked)[0] == taxi.plate
    assert reasons_of(search(hotline_operator, asked).candidates[0])[-1].text.startswith("按里程推算车费")


def test_a_tariff_holds_from_the_citys_midnight_on(hotline_operator: User, taxi: Vehicle) -> None:
    at = yesterday(1)  # in UTC this is the day before
    Tariff.objects.create(
        name="试", start_jiao=60, start_dkm=30, per_km_jiao=20, source="试", valid_from=timezone.localdate(at)
    )
    make_ride(taxi, at, distance_m=13_000)
    asked = Asked(end(STATION, at), fare_jiao=260)
    assert reasons_of(search(hotline_operator, asked).candidates[0])[-1].text == "按里程推算车费一致"


def test_distance_colour_plate_and_riders_count(hotline_operator: User, taxi: Vehicle, taxi_company: Company) -> None:
    van = make_taxi("辽LD12345", taxi_company, plate_colour=Vehicle.PlateColour.GRADIENT_GREEN, seats=7)
    make_ride(taxi, yesterday(12), distance_m=5000)
    make_ride(van, yesterday(12), distance_m=9000)
    board = end(STATION, yesterday(12))
    assert plates(hotline_operator, Asked(board, distance_m=9500))[0] == van.plate
    assert plates(hotline_operator, Asked(board, distance_m=5000))[0] == taxi.plate
    assert plates(hotline_operator, Asked(board, plate_colour=94))[0] == van.plate
    assert plates(hotline_operator, Asked(board, plate_colour=1))[0] == taxi.plate
    assert plates(hotline_operator, Asked(board, plate_part="23"))[0] in (van.plate, taxi.plate)
    assert plates(hotline_operator, Asked(board, plate_part="T12"))[0] == taxi.plate
    assert plates(hotline_operator, Asked(board, riders=6))[0] == van.plate


def test_way_points_are_held_against_the_track(
    hotline_operator: User, tracks: None, taxi: Vehicle, other_taxi: Vehicle
) -> None:
    at = yesterday(12)
    for one, bend in ((taxi, 0.0), (other_taxi, 0.02)):
        make_ride(one, at)
        drive(one, at, bend)
    middle = (sum(pair) / 2 for pair in zip(STATION, HOSPITAL, strict=True))
    lat, lon = middle
    asked = Asked(end(STATION, at), via=(Spot(lat, lon + 0.02, 300),))
    answer = search(hotline_operator, asked)
    assert answer.candidates[0].ride.vehicle_id == other_taxi.pk
    assert reasons_of(answer.candidates[0])[-1].state == "well"
    assert reasons_of(answer.candidates[1])[-1].text.startswith("途经点 1 相距 1.")


def drive(taxi: Vehicle, at: datetime, bend: float) -> None:
    """From the station to the hospital in twelve minutes, with a bend to the east in the middle."""
    rows = []
    for step in range(73):
        share = step / 72
        lat = STATION[0] + share * (HOSPITAL[0] - STATION[0])
        lon = STATION[1] + share * (HOSPITAL[1] - STATION[1]) + bend * (1 - abs(2 * share - 1))
        rows.append({"at": step * 10, "latitude_e6": round(lat * 1e6), "longitude_e6": round(lon * 1e6)})
    positions = make_positions(taxi.pk, rows, int(at.timestamp()))
    store.make_partitions(sorted({store.day_of(int(t)) for t in positions.device_time.tolist()}))
    with transaction.atomic(), connection.cursor() as cursor:
        store.append_once(cursor, positions, [b""] * len(positions))


def test_a_question_that_says_too_little_is_told_so(
    hotline_operator: User, taxi: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST", 2)
    for minute in (0, 15, 30):
        make_ride(taxi, yesterday(12, minute))
    answer = search(hotline_operator, Asked(end(STATION, yesterday(12), minutes=60)))
    assert answer.too_many
    assert answer.candidates == []


def test_a_county_finds_its_own_taxis_alone(dawa_officer: User, panshan_officer: User, taxi: Vehicle) -> None:
    make_ride(taxi, yesterday(12))
    asked = Asked(end(STATION, yesterday(12)))
    assert plates(panshan_officer, asked) == [taxi.plate]
    assert plates(dawa_officer, asked) == []


def test_a_search_takes_the_same_queries_for_one_ride_and_for_thirty(hotline_operator: User, taxi: Vehicle) -> None:
    counts = []
    for number in range(2):
        for minute in range(1 if not number else 30):
            make_ride(taxi, yesterday(12) + timedelta(seconds=20 * (minute + 100 * number)))
        with CaptureQueriesContext(connection) as queries:
            search(hotline_operator, Asked(end(STATION, yesterday(12), minutes=60), plate_part="1"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4


def test_reasons_are_words() -> None:
    assert minutes(-370) == "时间早 6 分钟"
    assert minutes(125) == "时间晚 2 分钟"
    assert minutes(29) == "时间一致"
    assert (length(119.6), length(1249)) == ("120 m", "1.2 km")
