"""Rides kept up to date (乘车记录归并): whatever position is newly stored, its taxi's span is read again, once.

The follower of tracks says which taxis have something new, in its own transaction, so that nothing is lost or done
twice. A run takes some of them, reads on from the last report without passengers, and replaces what rides lie between
the first and the last vacant report of what it read. Killed anywhere, the span stays due. Late positions make an older
span due; it is read with ``MOST_S`` on both sides.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction
from psycopg2.extras import execute_values

from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.chunks import Rows
from datacenter.tracks.grid import cell_at
from datacenter.tracks.position import Positions
from datacenter.tracks.segments import Ints
from taxi.rides.finding import MOST_S, SILENCE_S, Rides, loaded, rides_in
from taxi.rides.models import Ride, RideProgress

log = logging.getLogger(__name__)

KEPT = timedelta(days=183)
_AT_ONCE = 400
_SHARE = 0.5
"""A trip record covers a ride when they share this much of the longer of the two."""
_TRIP_LATE = timedelta(hours=2)
_COLUMNS = (
    "vehicle_id", "county_id", "company_id", "boarded_at", "alighted_at", "board_cell", "alight_cell",
    "board_latitude_e6", "board_longitude_e6", "alight_latitude_e6", "alight_longitude_e6", "distance_m",
    "board_gap_s", "alight_gap_s",
)  # fmt: skip


def note(cursor: Any, rows: Rows) -> None:
    """Mark the spans of taxis of which ``rows`` (by vehicle and time) were newly stored; the follower calls it."""
    if not len(rows):
        return
    opens = np.ones(len(rows), np.bool_)
    opens[1:] = rows.vehicle_id[1:] != rows.vehicle_id[:-1]
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(rows)) - 1
    cursor.execute(
        "INSERT INTO taxi_ride_progress AS p (vehicle_id, due_from, due_until)"
        " SELECT v.id, to_timestamp(n.a), to_timestamp(n.b)"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS n(id, a, b) JOIN vehicle v ON v.id = n.id"
        " WHERE v.kind = 'taxi' ORDER BY v.id ON CONFLICT (vehicle_id) DO UPDATE SET"
        " due_from = least(p.due_from, excluded.due_from), due_until = greatest(p.due_until, excluded.due_until)",
        [rows.vehicle_id[first].tolist(), rows.device_time[first].tolist(), rows.device_time[last].tolist()],
    )


def follow(now: datetime, budget_s: float = 240.0) -> int:
    """Read what is due, join rides with records that came meanwhile, drop what is too old; positions read."""
    began, read = time.monotonic(), 0
    while time.monotonic() - began < budget_s:
        taken, positions = _follow_some(now)
        read += positions
        if not taken:
            break
    join_trips(now - _TRIP_LATE)
    return read


@transaction.atomic
def _follow_some(now: datetime) -> tuple[int, int]:
    due = list(
        RideProgress.objects.select_for_update(skip_locked=True)
        .filter(due_from__isnull=False)
        .order_by("vehicle_id")[:_AT_ONCE]
    )
    if not due:
        return 0, 0
    spans = [_span(row) for row in due]
    track = store.of_spans([row.vehicle_id for row in due], spans)
    _replace(due, track, int(now.timestamp()))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE taxi_ride_progress AS p SET due_from = NULL, due_until = NULL, read_until = n.r, vacant_at = n.v"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS n(id, r, v) WHERE p.vehicle_id = n.id",
            [[row.vehicle_id for row in due], [row.read_until for row in due], [row.vacant_at for row in due]],
        )
    return len(due), len(track)


def _span(row: RideProgress) -> tuple[int, int]:
    """From when to when (unix seconds, the end not in it) the track of a due taxi has to be read."""
    assert row.due_from is not None
    assert row.due_until is not None
    since, until = int(row.due_from.timestamp()), int(row.due_until.timestamp())
    read = row.read_until.timestamp() if row.read_until else None
    vacant = row.vacant_at.timestamp() if row.vacant_at else None
    if read is not None and vacant is not None and since > read and 0 <= since - vacant <= MOST_S:
        return int(vacant), until + 1
    # Late, the first time, or loaded for longer than any ride lasts.
    behind = until + MOST_S if read is not None and since <= read else until
    return since - MOST_S - SILENCE_S, max(behind, int(read or 0)) + 1


def _replace(due: list[RideProgress], track: Positions, now: int) -> None:
    """Make the rides of each taxi's span what ``track`` shows.

    What a clock that runs ahead says of times after ``now`` is no progress: else all that follows would be late.
    """
    found = rides_in(track)
    vacant = ~loaded(track)
    bounds: dict[int, tuple[int, int]] = {}
    for row in due:
        low, high = np.searchsorted(track.vehicle_id, [row.vehicle_id, row.vehicle_id + 1]).tolist()
        if low == high:
            continue
        at = track.device_time[low:high]
        empty = at[vacant[low:high]]
        if len(empty):
            bounds[row.vehicle_id] = (int(empty[0]), int(empty[-1]))
        row.read_until = _latest(row.read_until, at, now)
        row.vacant_at = _latest(row.vacant_at, empty, now)
    if bounds:
        _write(found, bounds)


def _latest(known: datetime | None, at: Ints, now: int) -> datetime | None:
    """The last of ``at`` (in order) up to ``now``, or what was known where that is later."""
    count = int(np.searchsorted(at, now, side="right"))
    last = _moment(int(at[count - 1])) if count else None
    return max(filter(None, (known, last)), default=None)


def _write(found: Rides, bounds: dict[int, tuple[int, int]]) -> None:
    vehicles = sorted(bounds)
    starts, ends = ([bounds[pk][side] for pk in vehicles] for side in (0, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.vehicle_id, extract(epoch FROM r.boarded_at)::bigint, extract(epoch FROM r.alighted_at)::bigint,"
            " r.distance_m, r.board_latitude_e6, r.alight_latitude_e6, r.id"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS s(v, a, b) JOIN taxi_ride r"
            " ON r.vehicle_id = s.v AND r.boarded_at >= to_timestamp(s.a) AND r.boarded_at <= to_timestamp(s.b)",
            [vehicles, starts, ends],
        )
        stored = {row[:-1]: row[-1] for row in cursor.fetchall()}
        keys = list(
            zip(*(c.tolist() for c in (found.vehicle_id, found.boarded_s, found.alighted_s, found.distance_m,
                                       found.board_lat, found.alight_lat)), strict=True)
        )  # fmt: skip
        now = set(keys)
        gone = [pk for key, pk in stored.items() if key not in now]
        if gone:
            cursor.execute("DELETE FROM taxi_ride WHERE id = ANY(%s)", [gone])
        new = found.take(np.array([key not in stored for key in keys], np.bool_))
        if len(new):
            _insert(cursor, new)
    _join(vehicles, _moment(min(starts)), _moment(max(ends)))


def _insert(cursor: Any, rides: Rides) -> None:
    pks = np.unique(rides.vehicle_id).tolist()
    whose = {pk: (county, company) for pk, county, company in
             Vehicle.objects.filter(pk__in=pks).values_list("pk", "county_id", "company_id")}  # fmt: skip
    board, alight = cell_at(rides.board_lat, rides.board_lon), cell_at(rides.alight_lat, rides.alight_lon)
    columns = (
        rides.vehicle_id, rides.boarded_s, rides.alighted_s, board, alight, rides.board_lat, rides.board_lon,
        rides.alight_lat, rides.alight_lon, rides.distance_m, rides.board_gap_s, rides.alight_gap_s,
    )  # fmt: skip
    rows = [
        (pk, *whose[pk], _moment(a), _moment(b), *rest)
        for pk, a, b, *rest in zip(*(column.tolist() for column in columns), strict=True)
        if pk in whose
    ]
    execute_values(cursor, f"INSERT INTO taxi_ride ({', '.join(_COLUMNS)}) VALUES %s", rows, page_size=1000)


def join_trips(since: datetime) -> int:
    """Join rides with the trip records received since then; how many found their record."""
    return _joined("t.received_at >= %s AND t.boarded_at >= %s", [since, since - timedelta(days=3)])


def _join(vehicles: list[int], start: datetime, end: datetime) -> int:
    """Join the rides of some taxis with the records that lie there already."""
    near = timedelta(seconds=MOST_S)
    condition = "t.boarded_at >= %s AND t.boarded_at <= %s AND t.vehicle_id = ANY(%s)"
    return _joined(condition, [start - near, end + near, vehicles])


_SHARED = "least(r.alighted_at, t.alighted_at) - greatest(r.boarded_at, t.boarded_at)"
_LONGER = "greatest(r.alighted_at - r.boarded_at, t.alighted_at - t.boarded_at, interval '1 second')"


def _joined(condition: str, arguments: list[Any]) -> int:
    """Each ride without a record gets that of the fitting ones with which it shares most."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE taxi_ride AS r SET trip_id = b.trip_id, fare_jiao = b.fare_jiao, metered_dkm = b.distance_dkm"
            " FROM (SELECT DISTINCT ON (r.id) r.id, t.id AS trip_id, t.fare_jiao, t.distance_dkm FROM taxi_trip t"
            " JOIN taxi_ride r ON r.vehicle_id = t.vehicle_id AND r.boarded_at <= t.alighted_at"
            f" AND r.boarded_at >= t.boarded_at - interval '{MOST_S} seconds' AND r.alighted_at >= t.boarded_at"
            f" WHERE {condition} AND r.trip_id IS NULL AND {_SHARED} >= {_SHARE} * {_LONGER}"
            f" ORDER BY r.id, {_SHARED} DESC, t.id) AS b WHERE r.id = b.id",
            arguments,
        )
        return int(cursor.rowcount)


def forget(now: datetime) -> int:
    """Delete rides past the days that they are kept; how many."""
    return Ride.objects.filter(boarded_at__lt=now - KEPT).delete()[0]


def redo(start: datetime, end: datetime) -> int:
    """Have every taxi's track of the span read again (for what was stored before rides were kept); taxis marked."""
    pks = list(Vehicle.objects.filter(kind=Vehicle.Kind.TAXI).order_by("pk").values_list("pk", flat=True))
    vehicle = np.repeat(np.array(pks, np.int64), 2)
    at = np.tile(np.array([int(start.timestamp()), int(end.timestamp())], np.int64), len(pks))
    zero = np.zeros(len(vehicle), np.int64)
    with transaction.atomic(), connection.cursor() as cursor:
        note(cursor, Rows(vehicle, at, zero, zero, zero, zero))
    return len(pks)


def _moment(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
