"""Trips judged once their track has had time to come (营运记录判定): each in a transaction of its own, each once.

A trip is due ``TAXI_JUDGE_AFTER_S`` after its record came. Where the track is silent too long it is put off by an hour,
until ``TAXI_JUDGE_PATIENCE_S`` after the record: positions of a blind area come late. What was found and that it was
judged is committed together: a worker that is killed judges it again as if for the first time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from datacenter import metrics
from datacenter.detection import events, findings
from datacenter.detection.events import Told, rule_in_force
from datacenter.detection.models import Finding
from datacenter.geo.measure import distance_m
from datacenter.tracks import store
from datacenter.tracks.selectors import day_span
from taxi import selectors
from taxi.detection import detours, fares, metering
from taxi.detection.detectors import Detour, MeterTampered, UnmeteredSignal
from taxi.detection.loaded import Stretch
from taxi.detection.metering import Metered
from taxi.detection.ridden import Ridden, ridden
from taxi.models import Shift, Tariff, Trip
from taxi.way import GAP_S, LONGEST, others_between
from taxi.workflow import AHEAD, BEHIND

log = logging.getLogger(__name__)

FAULTS = metrics.counter("taxi_judging_faults_total", "Trips and sign-ins that could not be judged", ["what"])
AGAIN = timedelta(hours=1)
"""Of others' trips between two cells the newest so many say what is usual."""
_BATCH = 500
_LOCKS = 906  # class of the advisory locks on vehicles whose trips are judged


@dataclass(frozen=True, slots=True)
class World:
    """What a run judges by: limits in force by rule (absent: off), and the tariffs, the newest first."""

    limits: dict[str, Any]
    tariffs: list[Tariff]


def read_world() -> World:
    """The limits and tariffs of now."""
    rules = {code: rule_in_force(code) for code in (UnmeteredSignal.code, MeterTampered.code, Detour.code)}
    return World({code: rule.limits for code, rule in rules.items() if rule is not None}, selectors.tariffs())


def due(now: datetime, most: int = _BATCH) -> list[int]:
    """Trips that wait to be judged, the longest waiting first."""
    after = timedelta(seconds=settings.TAXI_JUDGE_AFTER_S)
    rows = Trip.objects.filter(judged_at__isnull=True, received_at__lte=now - after)
    rows = rows.filter(Q(judge_after__isnull=True) | Q(judge_after__lte=now))
    return list(rows.order_by("received_at", "pk").values_list("pk", flat=True)[:most])


def judge_due(now: datetime, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Judge what is due, until nothing is or ``goes_on`` says no; how many were judged or put off."""
    world, done = read_world(), 0
    while pks := due(now):
        before = done
        for pk in pks:
            if not goes_on():
                return done
            done += judge(pk, now, world)
        if done == before:  # all in another worker's hands
            return done
    return done


def judge(pk: int, now: datetime, world: World) -> bool:
    """Judge one trip, or put it off; False where another worker has it or it was judged."""
    try:
        with transaction.atomic():
            trip = _claimed(pk)
            if trip is None:
                return False
            _judge(trip, now, world)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("trip %d could not be judged", pk)
        FAULTS.inc("trip")
        _put_off(pk, now)
    return True


def _claimed(pk: int) -> Trip | None:
    rows = Trip.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, judged_at__isnull=True)
    trip = rows.defer("body", "card_data").first()
    if trip is not None:
        # Two trips of one vehicle at a time would both begin the finding of its day.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, trip.vehicle_id])
    return trip


def _put_off(pk: int, now: datetime) -> None:
    """What can't be judged is tried again, in the end let be: one trip must not hold up the others."""
    rows = Trip.objects.filter(pk=pk, judged_at__isnull=True)
    rows.filter(received_at__gt=now - _patience()).update(judge_after=now + AGAIN)
    rows.filter(received_at__lte=now - _patience()).update(judged_at=now)


def _patience() -> timedelta:
    return timedelta(seconds=settings.TAXI_JUDGE_PATIENCE_S)


def _judge(trip: Trip, now: datetime, world: World) -> None:
    way = _way(trip)
    gap_s = min((limits.silence_s for limits in world.limits.values()), default=GAP_S)
    there = way is not None and way.reliable(gap_s)
    if not there and _clock_believed(trip) and trip.received_at > now - _patience():
        trip.judge_after = now + AGAIN
        trip.save(update_fields=["judge_after"])
        return
    _learn(trip, way if there else None)
    trip.judged_at = now
    trip.save(update_fields=["judged_at", "tracked_m", "unseen_m", "board_cell", "alight_cell"])
    for rule, ask in _RULES:
        limits = world.limits.get(rule)
        if limits is not None:
            known = way if way is not None and way.reliable(limits.silence_s) else None
            ask(trip, known, limits, world)


def _clock_believed(trip: Trip) -> bool:
    """Whether the terminal's two times can be right; a taximeter whose clock differs is no matter here."""
    moments = (trip.boarded_at, trip.alighted_at)
    sound = all(trip.received_at - BEHIND <= at <= trip.received_at + AHEAD for at in moments)
    return sound and trip.boarded_at < trip.alighted_at <= trip.boarded_at + LONGEST


def _way(trip: Trip) -> Ridden | None:
    if not _clock_believed(trip):
        return None
    track = store.between(trip.vehicle_id, trip.boarded_at, trip.alighted_at + timedelta(seconds=1))
    return ridden(track, _unix(trip.boarded_at), _unix(trip.alighted_at))


def _learn(trip: Trip, way: Ridden | None) -> None:
    """What later trips are held against: the way, and the cells it led from and to."""
    if way is None:
        return
    trip.tracked_m, trip.unseen_m = way.distance_m, way.unseen_m
    trip.board_cell = detours.cell(*(_board(trip) or way.first_e6))
    trip.alight_cell = detours.cell(*(_alight(trip) or way.last_e6))


def _metering(trip: Trip, way: Ridden | None, limits: Any, world: World) -> None:
    _withdraw(trip)
    reasons = metering.doubts(Metered(trip.distance_dkm, trip.occupied_unmetered_s), way, limits)
    if reasons:
        more = {"unmetered_s": trip.occupied_unmetered_s} if trip.occupied_unmetered_s else {}
        _tell(UnmeteredSignal.code, trip, way, {"reasons": int(reasons), **more})


def _withdraw(trip: Trip) -> None:
    """A record that came after its ride was found without one: the finding stands no longer."""
    if not _clock_believed(trip):
        return
    found = Finding.objects.filter(
        vehicle_id=trip.vehicle_id,
        detector=UnmeteredSignal.code,
        measures__reasons=int(metering.Reason.UNRECORDED),
        started_at__lt=trip.alighted_at,
        ended_at__gt=trip.boarded_at,
    ).exclude(state=Finding.State.SUPERSEDED)
    for finding in found:
        stretch = Stretch(_unix(finding.started_at), _unix(finding.ended_at), 0, meter_fault=False)
        if stretch.covered([(_unix(trip.boarded_at), _unix(trip.alighted_at))]):
            findings.supersede(finding)


def _tampered(trip: Trip, way: Ridden | None, limits: Any, world: World) -> None:
    _fare(trip, way, world)
    if way is not None and way.distance_m >= limits.least_m and trip.distance_dkm is not None:
        _day(trip, limits)


def _fare(trip: Trip, way: Ridden | None, world: World) -> None:
    if not trip.meter_read:
        return
    day = timezone.localdate(trip.boarded_at, store.SHANGHAI)
    tariff = next((one for one in world.tariffs if one.valid_from <= day), None)
    if tariff is None or not _clock_believed(trip):  # by which tariff, nobody can say
        return
    least, most = selectors.fare_bounds(tariff, trip)
    reasons = fares.fare_doubt(trip.fare_jiao or 0, least, most)
    if reasons:
        measures = {"reasons": int(reasons), "least_jiao": least, "most_jiao": most, "waited_s": trip.waited_s or 0}
        _tell(MeterTampered.code, trip, way, measures)


def _day(trip: Trip, limits: Any) -> None:
    """The vehicle's day, as far as it was judged: told anew as it goes on."""
    day = timezone.localdate(trip.boarded_at, store.SHANGHAI)
    span = day_span(day)
    rows = Trip.objects.filter(vehicle_id=trip.vehicle_id, boarded_at__gte=span.start, boarded_at__lt=span.end)
    rows = rows.filter(tracked_m__gte=max(limits.least_m, 1), unseen_m__isnull=False, distance_dkm__isnull=False)
    driven: list[Any] = list(
        rows.values_list("distance_dkm", F("tracked_m") + F("unseen_m"), "boarded_at", "alighted_at")
    )
    fast = fares.counts_fast([(metered, tracked) for metered, tracked, _, _ in driven], limits)
    if fast is None:
        return
    began, ended = min(row[2] for row in driven), max(row[3] for row in driven)
    events.tell(
        Told(
            rule=MeterTampered.code,
            vehicle_id=trip.vehicle_id,
            at=_unix(began),
            reference=f"meter:{day}",
            lasting_s=_unix(ended) - _unix(began),
            **_place(trip),
            measures={
                "reasons": int(fares.Reason.FAST),
                "median_percent": fast.percent,
                "trips": fast.trips,
                "metered_dkm": sum(row[0] for row in driven),
                "tracked_m": sum(row[1] for row in driven),
            },
        )
    )


def _detour(trip: Trip, way: Ridden | None, limits: Any, world: World) -> None:
    if way is None:
        return
    from_e6, to_e6 = _board(trip) or way.first_e6, _alight(trip) or way.last_e6
    straight_m = int(distance_m(*(value * 1e-6 for value in (*from_e6, *to_e6))))
    found = detours.way_round(way.distance_m, straight_m, others_between(trip, limits.window_days), limits)
    if found is not None:
        measures = {
            "usual_m": found.usual_m,
            "usual_trips": found.trips,
            "straight_m": found.straight_m,
            "of_usual_percent": found.of_usual_percent,
            "of_straight_percent": found.of_straight_percent,
        }
        _tell(Detour.code, trip, way, measures)


_RULES: tuple[tuple[str, Callable[[Trip, Ridden | None, Any, World], None]], ...] = (
    (UnmeteredSignal.code, _metering),
    (MeterTampered.code, _tampered),
    (Detour.code, _detour),
)


def _tell(rule: str, trip: Trip, way: Ridden | None, measures: dict[str, int]) -> None:
    """A finding about the trip; of two drivers within it the case names who was on duty at its beginning."""
    began, ended = _unix(trip.boarded_at), max(_unix(trip.alighted_at), _unix(trip.boarded_at))
    figures = {
        "boarded_s": began,
        "alighted_s": _unix(trip.alighted_at),
        "metered_dkm": trip.distance_dkm,
        "fare_jiao": trip.fare_jiao,
        "tracked_m": way.distance_m if way else None,
    }
    shown = {name: value for name, value in figures.items() if value is not None}
    taken_over = Shift.objects.filter(
        vehicle_id=trip.vehicle_id, begins_at__gt=trip.boarded_at, begins_at__lt=trip.alighted_at
    ).count()
    if taken_over:
        shown["drivers"] = 1 + taken_over
    events.tell(
        Told(
            rule=rule,
            vehicle_id=trip.vehicle_id,
            at=began,
            reference=f"trip:{trip.pk}",
            lasting_s=min(ended - began, int(LONGEST.total_seconds())),
            **_place(trip),
            measures=shown | measures,
        )
    )


def _place(trip: Trip) -> dict[str, Any]:
    latitude_e6, longitude_e6 = _board(trip) or (None, None)
    return {"latitude_e6": latitude_e6, "longitude_e6": longitude_e6}


def _board(trip: Trip) -> tuple[int, int] | None:
    place = (trip.board_latitude_e6, trip.board_longitude_e6)
    return None if place[0] is None or place[1] is None else (place[0], place[1])


def _alight(trip: Trip) -> tuple[int, int] | None:
    place = (trip.alight_latitude_e6, trip.alight_longitude_e6)
    return None if place[0] is None or place[1] is None else (place[0], place[1])


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
