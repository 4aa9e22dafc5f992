"""The tracks in PostgreSQL (轨迹存取): append in a transaction of ingest, read the latest and what was between.

Rows are the columns of ``Positions``; a report's identity is (vehicle, device_time, hash of its body), so storing one
twice stores it once. Partitions are days of Asia/Shanghai and follow device_time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from datacenter.tracks import copying
from datacenter.tracks.archive import late, reading
from datacenter.tracks.position import DTYPES, Positions

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOT = timedelta(days=settings.TRACK_HOT_DAYS)  # older days are sealed into the archive, and may come back from it
COLUMNS = (*(name for name, _ in copying.FIELDS), "extras")
_INT32_MAX = 2**31 - 1
_TOGETHER_S = 12 * 3600


def encode_rows(positions: Positions, extras: list[bytes]) -> bytes:
    """``positions`` with their raw extras in PostgreSQL's binary COPY format.

    A mileage that is absent or does not fit (over 214 million km) is stored as -1 and read back as absent.
    """
    rows = np.zeros(len(positions), copying.ROW)
    rows["fields"] = len(COLUMNS)
    for name in COLUMNS[:-1]:
        rows[f"{name}_len"] = copying.ROW[name].itemsize
    rows["device_time"] = positions.device_time * 1_000_000 - copying.PG_EPOCH_US
    rows["received_at"] = positions.received_us - copying.PG_EPOCH_US
    for name in ("body_hash", "vehicle_id", "latitude_e6", "longitude_e6", "speed_dkmh", "altitude_m", "flags"):
        rows[name] = getattr(positions, name)
    rows["bearing_deg"] = np.clip(positions.bearing_deg, -1, 32767)
    rows["alarm"] = positions.alarm.view(np.int32)
    rows["status"] = positions.status.view(np.int32)
    rows["mileage_dkm"] = np.where(positions.mileage_dkm > _INT32_MAX, -1, positions.mileage_dkm)
    lengths = np.fromiter(map(len, extras), np.int32, len(extras))
    rows["extras_len"] = lengths
    raw, width = rows.tobytes(), copying.ROW.itemsize
    parts = [copying.HEADER]
    for index, tail in enumerate(extras):
        parts.append(raw[index * width : (index + 1) * width])
        parts.append(tail)
    parts.append(copying.TRAILER)
    return b"".join(parts)


def copy_rows(cursor: Any, table: str, data: bytes) -> int:
    """Binary COPY of ``data`` (``encode_rows``) into ``table``; the number of rows."""
    import io

    cursor.copy_expert(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)", io.BytesIO(data))
    return int(cursor.rowcount)


def append_fresh(cursor: Any, positions: Positions, extras: list[bytes]) -> int:
    """Store positions known to be new (later than all that their vehicle has): one COPY, no look-up."""
    return copy_rows(cursor, "track_position", encode_rows(positions, extras))


def append_once(cursor: Any, positions: Positions, extras: list[bytes]) -> npt.NDArray[np.bool_]:
    """Store positions that may be stored already; true where a row was new. Twins inside the batch count once."""
    cursor.execute(
        "CREATE TEMP TABLE IF NOT EXISTS track_incoming (LIKE track_position INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    cursor.execute("DELETE FROM track_incoming")
    copy_rows(cursor, "track_incoming", encode_rows(positions, extras))
    cursor.execute(
        f"INSERT INTO track_position ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM track_incoming"
        " ORDER BY vehicle_id, device_time ON CONFLICT DO NOTHING"
        " RETURNING vehicle_id, extract(epoch FROM device_time)::bigint, body_hash"
    )
    new = set(cursor.fetchall())
    keys = zip(positions.vehicle_id.tolist(), positions.device_time.tolist(), positions.body_hash.tolist(), strict=True)
    fresh = np.zeros(len(positions), np.bool_)
    for index, key in enumerate(keys):
        if key in new:
            new.discard(key)
            fresh[index] = True
    return fresh


def make_partitions(days: list[date]) -> list[date]:
    """Make the partitions of ``days`` that are missing; which were made."""
    made = []
    with connection.cursor() as cursor:
        for day in days:
            cursor.execute("SELECT track_make_partition(%s)", [day])
            if cursor.fetchone()[0]:
                made.append(day)
    return made


def day_of(unix_s: int) -> date:
    """The day of Asia/Shanghai that a unix time lies in."""
    return datetime.fromtimestamp(unix_s, SHANGHAI).date()


_SELECT = (
    "vehicle_id, extract(epoch FROM device_time)::bigint, body_hash,"
    " (extract(epoch FROM received_at) * 1000000)::bigint, latitude_e6, longitude_e6, speed_dkmh, bearing_deg,"
    " altitude_m, alarm, status, coalesce(mileage_dkm, -1), flags"
)


def between(vehicle_id: int, start: datetime, end: datetime) -> Positions:
    """One vehicle's positions with ``start`` <= device time < ``end``, in device-time order, wherever they lie.

    Raises ``ArchiveDamaged`` and ``ArchiveUnavailable`` where an archived day can't be read: half a track is none.
    """
    return of_many([vehicle_id], start, end)


def of_many(vehicle_ids: Sequence[int], start: datetime, end: datetime) -> Positions:
    """``between`` for several vehicles, by vehicle and device time. All of it is held in memory: ask for little."""
    # Whole seconds are all a device time has: the bounds are rounded up to them.
    first, last = -int(-start.timestamp() // 1), -int(-end.timestamp() // 1)
    if first >= late.edge():
        return _hot(vehicle_ids, first, last)
    with transaction.atomic():
        # First, and alone: COPY takes its snapshot before it waits for the table, and would see it as it was before a
        # flip. Held until the transaction ends, so that no day changes its place between the two readings.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE track_position IN ACCESS SHARE MODE")
        hot = _hot(vehicle_ids, first, last)
        # Of days that were sealed; ``last`` may be far ahead.
        days = day_of(first), day_of(max(first, min(last, late.edge())))
        if len(vehicle_ids) == 1:
            cold = reading.between(vehicle_ids[0], *days, first, last)
        else:
            cold = reading.of_many(vehicle_ids, *days, first, last)
    if not len(cold):
        return hot
    return _in_order(Positions.join([cold, hot]))


def of_spans(vehicle_ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> Positions:
    """Each vehicle's positions of its own span (unix seconds, the end not in it), by vehicle and device time."""
    first = min((start for start, _ in spans), default=0)
    if first < late.edge():
        last = max(end for _, end in spans)
        moments = [(datetime.fromtimestamp(a, SHANGHAI), datetime.fromtimestamp(b, SHANGHAI)) for a, b in spans]
        if last - first <= _TOGETHER_S:  # the archive reads a file once for all that lies in it
            whole = of_many(sorted(set(vehicle_ids)), min(a for a, _ in moments), max(b for _, b in moments))
            return whole.take(_within(whole, vehicle_ids, spans))
        return _in_order(Positions.join([between(pk, *span) for pk, span in zip(vehicle_ids, moments, strict=True)]))
    with connection.cursor() as cursor:
        return copying.read(
            cursor,
            f"SELECT {copying.SELECT} FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS w(v, a, b)"
            " CROSS JOIN LATERAL (SELECT * FROM track_position WHERE vehicle_id = w.v"
            "  AND device_time >= to_timestamp(w.a) AND device_time < to_timestamp(w.b)) AS p"
            " ORDER BY vehicle_id, device_time, body_hash",
            [list(vehicle_ids), [start for start, _ in spans], [end for _, end in spans]],
        )


def _within(track: Positions, vehicle_ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(track), np.bool_)
    for vehicle_id, (start, end) in zip(vehicle_ids, spans, strict=True):
        low, high = np.searchsorted(track.vehicle_id, [vehicle_id, vehicle_id + 1])
        at = track.device_time[low:high]
        inside[low:high] |= (at >= start) & (at < end)
    return inside


def _hot(vehicle_ids: Sequence[int], first: int, last: int) -> Positions:
    wanted, asked = ("= %s", vehicle_ids[0]) if len(vehicle_ids) == 1 else ("= ANY(%s)", list(vehicle_ids))
    with connection.cursor() as cursor:
        return copying.read(
            cursor,
            f"SELECT {copying.SELECT} FROM track_position WHERE vehicle_id {wanted}"
            " AND device_time >= to_timestamp(%s) AND device_time < to_timestamp(%s)"
            " ORDER BY vehicle_id, device_time, body_hash",
            [asked, first, last],
        )


def _in_order(track: Positions) -> Positions:
    """Rows by vehicle, time and fingerprint, twins once: a late row of a damaged file may have one."""
    order = np.lexsort((track.body_hash, track.device_time, track.vehicle_id))
    at, found, whose = track.device_time[order], track.body_hash[order], track.vehicle_id[order]
    twin = np.zeros(len(order), np.bool_)
    twin[1:] = (at[1:] == at[:-1]) & (found[1:] == found[:-1]) & (whose[1:] == whose[:-1])
    return track.take(order[~twin])


def latest(vehicle_ids: npt.NDArray[np.integer[Any]] | None = None, since: datetime | None = None) -> Positions:
    """The last position (by device time) of each vehicle that has one since ``since`` (default: the hot days).

    Of what lies in the database: who has been silent longer than the hot days has no place on a map.

    Probes the index once for each vehicle and partition; 11,268 vehicles take some tens of milliseconds a day.
    """
    since = since or timezone.now() - HOT
    with connection.cursor() as cursor:
        if vehicle_ids is None:
            vehicles, arguments = "(SELECT id FROM vehicle)", []
        else:
            vehicles, arguments = "unnest(%s::int[])", [[int(pk) for pk in vehicle_ids]]
        cursor.execute(
            f"SELECT p.* FROM {vehicles} AS v(id) CROSS JOIN LATERAL (SELECT {_SELECT} FROM track_position"
            " WHERE vehicle_id = v.id AND device_time >= %s ORDER BY device_time DESC, body_hash DESC LIMIT 1) AS p",
            [*arguments, since],
        )
        return _columns(cursor.fetchall())


def after(vehicle_ids: list[int], times: list[int], received_since: datetime) -> Positions:
    """Positions of each vehicle later than its unix time in ``times``, ordered by vehicle, device time, hash.

    Where that time is -1 (nothing known), those of the hot days that were received at ``received_since`` or later.
    Of what lies in the database: the times come from a checkpoint half a minute old, and no day is sealed so young.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.* FROM unnest(%s::int[], %s::bigint[]) AS v(id, t) CROSS JOIN LATERAL"
            f" (SELECT {_SELECT} FROM track_position WHERE vehicle_id = v.id"
            "  AND device_time > CASE WHEN v.t >= 0 THEN to_timestamp(v.t) ELSE %s END"
            "  AND (v.t >= 0 OR received_at >= %s) ORDER BY device_time, body_hash) AS p",
            [vehicle_ids, times, received_since - HOT, received_since],
        )
        return _columns(cursor.fetchall())


def _columns(rows: list[tuple[Any, ...]]) -> Positions:
    if not rows:
        return Positions.empty()
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    return Positions(*(column.astype(dtype) for column, dtype in zip(columns, DTYPES.values(), strict=True)))
