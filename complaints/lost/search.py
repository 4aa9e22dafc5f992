"""Finds the rides that fit what a caller remembers (失物查车): the likeliest first, each with its reasons.

The database gives the rides near enough by cell and time; ``scoring`` says how likely each is. Way points are held
against the tracks of the best of them. Of one taxi several rides may come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet
from django.utils import timezone

from complaints.lost import scoring
from complaints.lost.asked import Asked, End, Spot
from complaints.lost.scoring import Part
from datacenter.geo.measure import distance_m
from datacenter.registry.models import Vehicle
from datacenter.registry.selectors import vehicles_visible_to
from datacenter.tracks import store
from datacenter.tracks.grid import cells_around
from datacenter.tracks.position import Flag
from taxi.rides.finding import MOST_S
from taxi.rides.models import Ride
from taxi.rides.selectors import rides_visible_to
from taxi.selectors import tariff_on

SHOWN = 20
FOLLOWED = 150
"""So many of the likeliest rides have their tracks read where the caller remembers way points."""
_BEHIND = -1e3
MOST = 60_000
"""More rides than this in reach: the question says too little."""
_COLUMNS = (
    "pk", "vehicle_id", "boarded_at", "alighted_at", "board_latitude_e6", "board_longitude_e6", "alight_latitude_e6",
    "alight_longitude_e6", "distance_m", "fare_jiao", "metered_dkm", "board_gap_s", "alight_gap_s",
)  # fmt: skip
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rides in reach, columns of shape (n,); times are unix seconds, places degrees, nan where there is no figure."""

    pk: npt.NDArray[np.int64]
    vehicle_id: npt.NDArray[np.int64]
    boarded_s: Floats
    alighted_s: Floats
    board_lat: Floats
    board_lon: Floats
    alight_lat: Floats
    alight_lon: Floats
    distance_m: Floats
    fare_jiao: Floats
    board_gap_s: Floats
    alight_gap_s: Floats

    def __len__(self) -> int:
        return len(self.pk)

    def take(self, rows: npt.NDArray[np.intp]) -> Rows:
        """The rows at these indexes."""
        return Rows(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One ride: ``share`` of the likelihood of all that were found, ``fit`` of itself (both 0 to 1), and its parts."""

    ride: Ride
    share: float
    fit: float
    parts: list[tuple[str, float, float]]  # name, fit (nan: not known), off


@dataclass(frozen=True, slots=True)
class Answer:
    """The likeliest, and among how many they were chosen; ``too_many`` where the question says too little."""

    candidates: list[Candidate]
    considered: int
    too_many: bool = False


def search(user: Any, asked: Asked) -> Answer:
    """The rides visible to ``user`` that fit best."""
    found = list(in_reach(rides_visible_to(user), asked).values_list(*_COLUMNS)[: MOST + 1])
    if len(found) > MOST:
        return Answer([], MOST, too_many=True)
    rows = columns(found)
    order, parts, share, fit = ranked(user, asked, rows)
    best = order[:SHOWN]
    rides = _rides(user, rows.pk[best].tolist())
    candidates = [
        Candidate(
            rides[int(rows.pk[row])], float(share[row]), float(fit[row]),
            [(part.name, float(part.fit[row]), float(part.off[row])) for part in parts],
        )
        for row in best.tolist()
    ]  # fmt: skip
    return Answer(candidates, len(rows))


def _rides(user: Any, pks: list[int]) -> dict[int, Ride]:
    rows = rides_visible_to(user).filter(pk__in=pks).select_related("vehicle", "vehicle__company", "trip__practitioner")
    return {ride.pk: ride for ride in rows.defer("trip__body")}


# --- which rides are looked at ---
def in_reach(rides: QuerySet[Ride], asked: Asked) -> QuerySet[Ride]:
    """Rides within ``scoring.REACH`` of what was said of either end."""
    for end, cell, at in ((asked.board, "board_cell", "boarded_at"), (asked.alight, "alight_cell", "alighted_at")):
        if end is None:
            continue
        if end.spot is not None:
            rides = rides.filter(**{f"{cell}__in": _cells(end.spot)})
        if span := reach_of(end):
            rides = rides.filter(**{f"{at}__gte": _moment(span[0]), f"{at}__lte": _moment(span[1])})
    # A ride lasts MOST_S at most: what is said of one end bounds the other, and an index by it can be used.
    board, alight = (reach_of(end) if end else None for end in (asked.board, asked.alight))
    if alight and not board:
        rides = rides.filter(boarded_at__gte=_moment(alight[0] - MOST_S), boarded_at__lte=_moment(alight[1]))
    if board and not alight and asked.alight is not None:
        rides = rides.filter(alighted_at__gte=_moment(board[0]), alighted_at__lte=_moment(board[1] + MOST_S))
    return rides


def reach_of(end: End) -> tuple[int, int] | None:
    """From when to when an end may have been, unix seconds; None where no time was said."""
    if end.at_s is None:
        return None
    reach = round(end.within_s * scoring.REACH)
    return end.at_s - reach, end.at_s + reach


def _cells(spot: Spot) -> list[int]:
    return [int(cell) for cell in cells_around(*spot.e6, spot.radius_m * scoring.REACH)]


def _moment(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


def columns(found: Sequence[tuple[Any, ...]]) -> Rows:
    """Rows of the database (``_COLUMNS``) as columns; the meter's distance stands before the track's."""
    if not found:
        none = np.empty(0)
        return Rows(np.empty(0, np.int64), np.empty(0, np.int64), *([none] * 10))
    pk, vehicle, board, alight, *rest = zip(*found, strict=True)
    a, b, c, d, way, fare, metered, gap_a, gap_b = (np.array(column, np.float64) for column in rest)
    times = (np.array([moment.timestamp() for moment in column]) for column in (board, alight))
    return Rows(
        np.array(pk, np.int64), np.array(vehicle, np.int64), *times, a / 1e6, b / 1e6, c / 1e6, d / 1e6,
        np.where(np.isnan(metered), way, metered * 100), fare, gap_a, gap_b,
    )  # fmt: skip


# --- how likely each is ---
def ranked(user: Any, asked: Asked, rows: Rows) -> tuple[npt.NDArray[np.intp], list[Part], Floats, Floats]:
    """(rows by likelihood, parts, share, fit). Raises nothing: no row gives empty columns."""
    parts = parts_of(asked, rows)
    if asked.fare_jiao is not None:
        parts.append(_fare(asked.fare_jiao, rows))
    if asked.plate_colour or asked.plate_part or asked.riders:
        parts += _signs(user, asked, rows)
    log, share, fit = scoring.together(parts, len(rows))
    order = np.lexsort((rows.pk, -log))
    if asked.via and len(rows):
        parts += _ways(asked, rows, order[:FOLLOWED])
        log, share, fit = scoring.together(parts, len(rows))
        order = np.lexsort((rows.pk, -log))
    return order, parts, share, fit


def parts_of(asked: Asked, rows: Rows) -> list[Part]:
    """What the two ends and the distance say."""
    parts = []
    ends = (
        ("board", asked.board, rows.board_lat, rows.board_lon, rows.boarded_s, rows.board_gap_s),
        ("alight", asked.alight, rows.alight_lat, rows.alight_lon, rows.alighted_s, rows.alight_gap_s),
    )
    for name, end, lat, lon, at, gap_s in ends:
        if end is None:
            continue
        if spot := end.spot:
            away = distance_m(spot.latitude, spot.longitude, lat, lon)
            parts.append(scoring.place(f"{name}_place", away, spot.radius_m, gap_s))
        if end.at_s is not None:
            parts.append(scoring.moment(f"{name}_time", at - end.at_s, end.within_s, gap_s))
    if asked.distance_m is not None:
        spread = np.full(len(rows), max(scoring.WAY_LEAST_M, scoring.WAY_SHARE * asked.distance_m))
        parts.append(scoring.amount("distance", rows.distance_m - asked.distance_m, spread))
    return parts


def _fare(fare_jiao: int, rows: Rows) -> Part:
    """The meter's fare; where no record came, what the tariff gives for the distance."""
    paid, guessed = rows.fare_jiao, np.isnan(rows.fare_jiao)
    tariff = tariff_on(timezone.localdate(_moment(int(rows.boarded_s.max())))) if len(rows) else None
    if tariff is not None:
        beyond = np.maximum(rows.distance_m / 100 - tariff.start_dkm, 0)
        paid = np.where(guessed, tariff.start_jiao + beyond * tariff.per_km_jiao / 10, paid)
    exact = max(scoring.FARE_LEAST_JIAO, scoring.FARE_SHARE * fare_jiao)
    rough = max(scoring.GUESS_LEAST_JIAO, scoring.GUESS_SHARE * fare_jiao)
    return scoring.amount("fare", paid - fare_jiao, np.where(guessed, rough, exact))


def _signs(user: Any, asked: Asked, rows: Rows) -> list[Part]:
    wanted = vehicles_visible_to(user).filter(pk__in=np.unique(rows.vehicle_id).tolist()).order_by()
    known: dict[int, Vehicle] = {vehicle.pk: vehicle for vehicle in wanted}
    vehicles = [known.get(pk) for pk in rows.vehicle_id.tolist()]

    def holds(question: Any) -> Floats:
        answers = (question(vehicle) if vehicle else None for vehicle in vehicles)
        return np.array([np.nan if answer is None else float(answer) for answer in answers], np.float64)

    parts = []
    if asked.plate_colour:
        same = holds(lambda one: one.plate_colour == asked.plate_colour)
        parts.append(scoring.sign("colour", same, scoring.COLOUR_RIGHT))
    if asked.plate_part:
        same = holds(lambda one: asked.plate_part in one.plate)
        parts.append(scoring.sign("plate", same, scoring.PLATE_RIGHT))
    if riders := asked.riders:
        seats = holds(lambda one: None if one.seats is None else one.seats > riders)
        parts.append(scoring.sign("riders", seats, scoring.SEATS_RIGHT))
    return parts


def _ways(asked: Asked, rows: Rows, best: npt.NDArray[np.intp]) -> list[Part]:
    """How near the best rides passed each way point, by their own tracks; of the others nothing is said."""
    spans = [(int(rows.boarded_s[row]), int(rows.alighted_s[row]) + 1) for row in best]
    vehicles = rows.vehicle_id[best].tolist()
    track = store.of_spans(vehicles, spans)
    track = track.take((track.flags & Flag.QUALIFIED) != 0)
    spots = [(spot.latitude, spot.longitude) for spot in asked.via]
    metres = np.full((len(spots), len(rows)), np.nan)
    for row, vehicle_id, (start, end) in zip(best.tolist(), vehicles, spans, strict=True):
        low, high = np.searchsorted(track.vehicle_id, [vehicle_id, vehicle_id + 1])
        at = track.device_time[low:high]
        own = slice(low + np.searchsorted(at, start), low + np.searchsorted(at, end))
        metres[:, row] = scoring.passed_m(track.latitude_e6[own] / 1e6, track.longitude_e6[own] / 1e6, spots)
    parts = []
    for number, spot in enumerate(asked.via):
        away, known = metres[number], ~np.isnan(metres[number])
        away = np.where(np.isinf(away), 1e6, away)
        part = scoring.place("via", np.where(known, away, 0.0), spot.radius_m, np.zeros(len(rows)))
        # What nobody followed can't be told apart by it, and stays behind.
        log = np.where(known, part.log, _BEHIND)
        parts.append(Part(f"via{number + 1}", log, np.where(known, part.fit, np.nan), away))
    return parts
