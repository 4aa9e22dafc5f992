"""Takes up what ingest put by and keeps two products of it (归并): where-was-it index and track quality.

One run is one transaction: chunks in, records and figures out, chunks deleted; killed anywhere, nothing is lost or
doubled. Rows later than all that is known of their vehicle's day continue from its last fix. A vehicle with a row
before that has its day read back from the track: its figures are computed anew, and ways that a late fix split are
taken back.

Seeing a row of the track before its chunk does no harm: when the chunk comes, the row is late, and everything said
twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from datacenter.tracks import cells, chunks, quality_store
from datacenter.tracks.cells import day_number
from datacenter.tracks.chunks import Rows
from datacenter.tracks.quality import QualityLimits, Tallies, groups_of, limits_in_force, tally
from datacenter.tracks.segments import (
    MAX_GAP_S,
    NONE,
    Ints,
    Segments,
    difference,
    is_fix,
    linked,
    of_track,
    records,
    way_mm,
)
from datacenter.tracks.track_rows import rows_of

log = logging.getLogger(__name__)

ROWS_WAITING = 1_000_000
OLDEST_S = 600
_AT_ONCE = 700_000  # positions of one run: ten minutes of Panjin, some 500 MB
_LATE_AT_ONCE = 200  # vehicles' days read back together
_LOCK = 0x7061_7373  # pg_try_advisory_xact_lock: one follower at a time
_DIRTY = 200


Listener = Callable[[Any, Rows], None]
_listeners: list[Listener] = []


def register_listener(listener: Listener) -> Listener:
    """Tell ``listener`` of all positions that were newly stored, each once, in the follower's own transaction."""
    if listener not in _listeners:
        _listeners.append(listener)
    return listener


def due() -> bool:
    """Whether enough waits, or anything waits long enough."""
    rows, age_s = chunks.waiting()
    return rows >= ROWS_WAITING or (rows > 0 and age_s >= OLDEST_S)


def follow_all(budget_s: float = 240.0) -> int:
    """Runs until nothing waits that is worth one, or the time is up; positions taken up."""
    began, total = time.monotonic(), 0
    while time.monotonic() - began < budget_s:
        taken = follow()
        total += taken
        if not taken or not due():
            break
    return total


def follow(most: int = _AT_ONCE) -> int:
    """One run over about ``most`` positions; how many there were. 0 also where another follower is at work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        ids, rows = chunks.read(cursor, most)
        limits = limits_in_force()
        rows = rows.sorted()
        for listener in _listeners:
            listener(cursor, rows)
        if len(rows):
            state = state_of(cursor, rows)
            late = late_vehicles(rows, state)
            calm = rows.take(~late)
            cells.write(cursor, ways_of(calm, state))
            quality_store.write(cursor, tally(calm, state, limits))
            _look_back(cursor, rows.take(late), limits)
        _mend(cursor, limits)
        if chunks.drop(cursor, ids) != len(ids):
            raise RuntimeError("chunks were taken up by another: this run is undone")
    return len(rows)


def state_of(cursor: Any, rows: Rows, vehicles: Ints | None = None) -> Tallies:
    """What is known of the days of ``rows`` and their neighbours."""
    days = np.unique(day_number(rows.device_time))
    near = np.unique(np.concatenate([days - 1, days, days + 1])).tolist()
    return quality_store.read(cursor, near, vehicles)


def late_vehicles(rows: Rows, state: Tallies) -> npt.NDArray[np.bool_]:
    """True for each row whose vehicle has a row that is not later than all that is known of its day."""
    starts = groups_of(rows)
    vehicle, day = rows.vehicle_id[starts], day_number(rows.device_time[starts])
    last = rows.device_time[np.append(starts[1:], len(rows)) - 1]
    late = np.zeros(len(starts), np.bool_)
    if len(state):
        known, after = state.find(vehicle, day), state.find(vehicle, day + 1)
        late = (known >= 0) & (rows.device_time[starts] <= state.last_at[known])
        # A terminal whose clock ran ahead: the next day has begun already.
        late |= (after >= 0) & (state.first_at[after] <= last + MAX_GAP_S)
    return np.isin(rows.vehicle_id, np.unique(vehicle[late]))


def ways_of(rows: Rows, state: Tallies) -> Segments:
    """The records of rows that continue what is known (none of a late vehicle), in a track's order."""
    fixes = rows.take(is_fix(rows))
    if not len(fixes):
        return Segments.join([])
    columns = (fixes.device_time, fixes.latitude_e6, fixes.longitude_e6)
    at, lat, lon = (np.concatenate([column[:1], column[:-1]]) for column in columns)
    known = np.zeros(len(fixes), np.bool_)
    known[1:] = fixes.vehicle_id[1:] == fixes.vehicle_id[:-1]
    opens = np.flatnonzero(~known)
    if len(state):
        vehicle, day = fixes.vehicle_id[opens], day_number(fixes.device_time[opens])
        today, yesterday = state.find(vehicle, day), state.find(vehicle, day - 1)
        best = np.where((today >= 0) & (state.last_fix_at[today] != NONE), today, yesterday)
        has = (best >= 0) & (state.last_fix_at[best] != NONE)
        at[opens] = np.where(has, state.last_fix_at[best], at[opens])
        lat[opens] = np.where(has, state.last_lat[best], lat[opens])
        lon[opens] = np.where(has, state.last_lon[best], lon[opens])
        known[opens] = has
    gap = np.where(known, fixes.device_time - at, 0)
    known &= gap <= MAX_GAP_S
    mm = way_mm(np.where(known, lat, columns[1]), np.where(known, lon, columns[2]), columns[1], columns[2])
    return records(fixes, at, lat, lon, known & linked(gap, mm))


@dataclass(frozen=True, slots=True)
class LateDay:
    """What late rows change of one vehicle's day."""

    changes: Segments
    whole: Rows  # the day as it is stored now


def late_day(stored: Rows, late: Rows, day: int) -> LateDay:
    """``stored`` is the vehicle's day and a minute beyond; ``late`` are its rows that the index lacks."""
    low, high = int(late.device_time.min()) - MAX_GAP_S, int(late.device_time.max()) + MAX_GAP_S
    near = stored.take((stored.device_time >= low) & (stored.device_time <= high))
    new = set(zip(late.device_time.tolist(), late.latitude_e6.tolist(), late.longitude_e6.tolist(), strict=True))
    places = zip(near.device_time.tolist(), near.latitude_e6.tolist(), near.longitude_e6.tolist(), strict=True)
    was = np.array([place not in new for place in places], np.bool_)
    changes = difference(of_track(near), of_track(near.take(was)))
    return LateDay(changes, stored.take(day_number(stored.device_time) == day))


def late_days(cursor: Any, rows: Rows) -> list[LateDay]:
    """What late rows change, vehicle by vehicle and day by day."""
    starts = groups_of(rows)
    pairs = list(zip(rows.vehicle_id[starts].tolist(), day_number(rows.device_time[starts]).tolist(), strict=True))
    found: list[LateDay] = []
    vehicles = np.unique(rows.vehicle_id)
    for first in range(0, len(pairs), _LATE_AT_ONCE):
        piece = pairs[first : first + _LATE_AT_ONCE]
        tracks = [rows_of(cursor, [pair], MAX_GAP_S) for pair in piece]
        # What was stored since, and still waits, was not in the index either: read after the track, so that none is
        # missed.
        low, high = int(rows.device_time.min()), int(rows.device_time.max())
        _, waiting = chunks.read(cursor, span=(low - MAX_GAP_S, high + MAX_GAP_S))
        new = Rows.join([rows, waiting.take(np.isin(waiting.vehicle_id, vehicles))]).sorted()
        for stored, (vehicle, day) in zip(tracks, piece, strict=True):
            run = _vehicle(new, vehicle)
            of_day = run.take(day_number(run.device_time) == day)
            close = (run.device_time >= of_day.device_time.min() - MAX_GAP_S) & (
                run.device_time <= of_day.device_time.max() + MAX_GAP_S
            )
            found.append(late_day(stored, run.take(close), day))
    return found


def _vehicle(rows: Rows, vehicle: int) -> Rows:
    first, last = np.searchsorted(rows.vehicle_id, [vehicle, vehicle + 1])
    return rows.take(slice(first, last))


def _look_back(cursor: Any, rows: Rows, limits: QualityLimits) -> None:
    """Late rows: their vehicles' days computed anew from the track, and what changes of the ways."""
    if not len(rows):
        return
    days = late_days(cursor, rows)
    cells.write(cursor, Segments.join([day.changes for day in days]), merge=False)
    for day in days:  # each alone: the minute beyond a day may hold another vehicle's rows
        quality_store.write(cursor, tally(day.whole, Tallies.of([]), limits))
    log.info("%d vehicles' days were computed anew after late positions", len(days))


def _mend(cursor: Any, limits: QualityLimits) -> None:
    """Rows that were marked are computed anew, a few a run."""
    pairs = quality_store.read_dirty(cursor, _DIRTY)
    if pairs:
        quality_store.write(cursor, tally(rows_of(cursor, pairs, 0), Tallies.of([]), limits))
