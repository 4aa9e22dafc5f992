"""The rows of track quality in PostgreSQL (轨迹质量存取), many at a time; unix seconds inside, times in the table."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from datacenter.tracks.cells import day_of_number
from datacenter.tracks.quality import Tallies
from datacenter.tracks.segments import Ints

_SUMS = ("reports", "qualified", "drift", "online_s", "distance_mm", "complete_mm")
_TIMES = ("first_at", "last_at", "last_fix_at")
_PLACES = ("first_latitude_e6", "first_longitude_e6", "last_latitude_e6", "last_longitude_e6")
_READ = (
    "SELECT vehicle_id, day - date '1970-01-01', reports, qualified, drift, online_s, distance_mm, complete_mm,"
    " extract(epoch FROM first_at)::bigint, extract(epoch FROM last_at)::bigint,"
    " coalesce(extract(epoch FROM last_fix_at)::bigint, -1), coalesce(first_latitude_e6, -1),"
    " coalesce(first_longitude_e6, -1), coalesce(last_latitude_e6, -1), coalesce(last_longitude_e6, -1), dirty::int"
    " FROM track_quality"
)
_CHANGED = (*_SUMS, *_TIMES, *_PLACES, "dirty")
_WRITE = (  # names of columns, no values
    f"INSERT INTO track_quality (vehicle_id, day, {', '.join(_CHANGED)})"
    " SELECT v, date '1970-01-01' + d::int, a, b, c, o, m, k, to_timestamp(f), to_timestamp(l),"
    " CASE WHEN x >= 0 THEN to_timestamp(x) END, CASE WHEN x >= 0 THEN p END, CASE WHEN x >= 0 THEN q END,"
    " CASE WHEN x >= 0 THEN r END, CASE WHEN x >= 0 THEN s END, y <> 0"
    " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::bigint[], %s::bigint[],"
    " %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[])"
    " AS n(v, d, a, b, c, o, m, k, f, l, x, p, q, r, s, y)"
    f" ON CONFLICT (day, vehicle_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _CHANGED)}"
)


def read(cursor: Any, days: list[int], vehicles: Ints | None = None) -> Tallies:
    """What is known of ``days`` (numbers), of all vehicles or some; ordered by vehicle and day."""
    wanted: list[Any] = [[day_of_number(day) for day in days]]
    only = ""
    if vehicles is not None:
        only = " AND vehicle_id = ANY(%s)"
        wanted.append(vehicles.tolist())
    cursor.execute(f"{_READ} WHERE day = ANY(%s){only} ORDER BY vehicle_id, day", wanted)
    return Tallies.of(list(zip(*cursor.fetchall(), strict=True)))


def read_dirty(cursor: Any, most: int) -> list[tuple[int, int]]:
    """(vehicle, day number) of up to ``most`` rows that wait to be computed anew, the oldest day first."""
    cursor.execute(
        "SELECT vehicle_id, day - date '1970-01-01' FROM track_quality WHERE dirty ORDER BY day LIMIT %s", [most]
    )
    return [(row[0], row[1]) for row in cursor.fetchall()]


def write(cursor: Any, tallies: Tallies) -> None:
    """Put these figures in the place of what the table had."""
    if len(tallies):
        cursor.execute(_WRITE, [getattr(tallies, field.name).tolist() for field in fields(Tallies)])
