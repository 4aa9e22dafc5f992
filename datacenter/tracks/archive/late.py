"""Late rows of old days (迟到位置): what must hold when a terminal hands in, days later, what lies at the border.

A day that can be sealed is locked by whoever stores rows of it, and its ``writes`` counts the transaction: a sealer who
read the day before sees that it has to read it again. Rows that the archive has already are twins and are not stored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection

from datacenter import metrics
from datacenter.tracks.archive import reading
from datacenter.tracks.archive.errors import ArchiveDamaged, ArchiveUnavailable
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.position import Positions

log = logging.getLogger(__name__)

UNCHECKED = metrics.counter(
    "archive_unchecked_rows_total", "Late rows stored although the archive could not be asked whether it has them"
)
_DAY_S, _SHANGHAI_S = 86_400, 8 * 3600


def edge() -> int:
    """The unix time before which a position's day may be sealed, with a day to spare for transactions under way."""
    today = (int(time.time()) + _SHANGHAI_S) // _DAY_S
    return (today - settings.TRACK_HOT_DAYS + 2) * _DAY_S - _SHANGHAI_S


def admit(positions: Positions, extras: list[bytes]) -> tuple[Positions, list[bytes], set[int]]:
    """The rows that are not in the archive, with their extras, and the numbers of the old days among all rows.

    Locks these days and counts a write in each. Call it in the transaction that stores the rows and before it touches
    ``track_position``: a flip locks in the same order. Where no row is old, this is one comparison.
    """
    if not len(positions) or int(positions.device_time.min()) >= (since := edge()):
        return positions, extras, set()
    numbers = (positions.device_time + _SHANGHAI_S) // _DAY_S
    old = np.flatnonzero(positions.device_time < since)
    days = {int(number): _date(int(number)) for number in np.unique(numbers[old])}
    sealed = _count(days.values())
    known = np.zeros(len(positions), np.bool_)
    for number, day in days.items():
        if day in sealed:
            rows = old[numbers[old] == number]
            known[rows] = _archived(day, positions.take(rows))
    if known.any():
        fresh = np.flatnonzero(~known)
        positions, extras = positions.take(fresh), [extras[row] for row in fresh.tolist()]
    return positions, extras, set(days)


def _date(number: int) -> date:
    return datetime.fromtimestamp(number * _DAY_S, UTC).date()


def _count(days: Iterable[date]) -> set[date]:
    """Lock the days' rows, in order, and count a write in each; which are sealed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO track_day AS d (day, writes) SELECT day, 1 FROM unnest(%s::date[]) AS day ORDER BY day"
            " ON CONFLICT (day) DO UPDATE SET writes = d.writes + 1 RETURNING day, state",
            [sorted(days)],
        )
        return {day for day, state in cursor.fetchall() if state == TrackDay.State.SEALED}


def _archived(day: date, positions: Positions) -> npt.NDArray[np.bool_]:
    """Which of ``positions``, all of the sealed ``day``, lie in its files.

    Where a file can't be read, none of its: they are stored, readers drop twins, and the next sealing throws them out.
    """
    known = np.zeros(len(positions), np.bool_)
    vehicles = positions.vehicle_id
    for entry in ArchiveFile.objects.filter(day=day, state=ArchiveFile.State.SEALED).defer("vehicles"):
        rows = np.flatnonzero((vehicles >= entry.vehicle_first) & (vehicles <= entry.vehicle_last))
        if not len(rows):
            continue
        try:
            stored = reading.rows_of(entry, np.unique(vehicles[rows]).tolist()).positions
        except (ArchiveDamaged, ArchiveUnavailable):
            UNCHECKED.inc(by=len(rows))
            log.exception("%d late rows of %s are stored unchecked", len(rows), day)
            continue
        have = set(keys(stored))
        known[rows] = [key in have for key in keys(positions.take(rows))]
    return known


def keys(positions: Positions) -> list[tuple[int, int, int]]:
    """The identity of each position: vehicle, device time, fingerprint."""
    return list(
        zip(positions.vehicle_id.tolist(), positions.device_time.tolist(), positions.body_hash.tolist(), strict=True)
    )
