"""Whole days of many vehicles' tracks, fast and narrow (轨迹成批读取): for the follower and for late positions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
from django.utils import timezone

from datacenter.tracks import store
from datacenter.tracks.cells import SHANGHAI_S
from datacenter.tracks.chunks import Rows

_NAMES = ("vehicle_id", "device_time", "latitude_e6", "longitude_e6", "speed_dkmh", "flags")
_ROW = np.dtype(
    [("fields", ">i2"), *(item for name in _NAMES for item in ((f"{name}_len", ">i4"), (name, ">i8")))]
)  # fmt: skip
_HEADER_BYTES, _TRAILER_BYTES = 19, 2
_COLUMNS = ", ".join(
    f"{'extract(epoch FROM device_time)' if name == 'device_time' else f'p.{name}'}::bigint" for name in _NAMES
)


def rows_of(cursor: Any, wanted: list[tuple[int, int]], margin_s: int) -> Rows:
    """The stored rows of each (vehicle, day number) and ``margin_s`` beyond at both ends, in a track's order.

    Days that are hot come in one statement; of the others the archive is asked, one by one.
    """
    hot = timezone.now() - store.HOT + timedelta(days=1)
    near = [pair for pair in wanted if _start(pair[1]) >= hot]
    parts = [_copied(cursor, near, margin_s)] if near else []
    margin = timedelta(seconds=margin_s)
    for vehicle, day in wanted:
        start = _start(day)
        if start < hot:
            parts.append(Rows.of(store.between(vehicle, start - margin, start + timedelta(days=1) + margin)))
    return Rows.join(parts).sorted()


def _start(day: int) -> datetime:
    return datetime.fromtimestamp(day * 86_400 - SHANGHAI_S, UTC)


def _copied(cursor: Any, wanted: list[tuple[int, int]], margin_s: int) -> Rows:
    statement = cursor.mogrify(
        f"COPY (SELECT {_COLUMNS} FROM unnest(%s::bigint[], %s::bigint[]) AS w(v, s)"
        " JOIN LATERAL (SELECT * FROM track_position WHERE vehicle_id = w.v AND device_time >= to_timestamp(w.s - %s)"
        " AND device_time < to_timestamp(w.s + 86400 + %s)) AS p ON true) TO STDOUT (FORMAT binary)",
        [[v for v, _ in wanted], [day * 86_400 - SHANGHAI_S for _, day in wanted], margin_s, margin_s],
    )
    out = BytesIO()
    cursor.copy_expert(statement, out)
    size = out.tell() - _HEADER_BYTES - _TRAILER_BYTES
    rows = np.frombuffer(out.getbuffer(), _ROW, size // _ROW.itemsize, _HEADER_BYTES)
    return Rows(*(rows[name].astype(np.int64) for name in _NAMES))
