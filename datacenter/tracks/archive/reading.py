"""Reading sealed days (归档读取): which file has a vehicle's day, and its rows out of it.

Call it in the transaction that read the partitions and holds ``track_position`` shared since before: then no flip can
fall between the two.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from datacenter.tracks.archive import files
from datacenter.tracks.archive.errors import ArchiveDamaged, ArchiveUnavailable
from datacenter.tracks.archive.models import ArchiveFile
from datacenter.tracks.archive.storage import storages
from datacenter.tracks.copying import Rows
from datacenter.tracks.position import Positions

log = logging.getLogger(__name__)
_DAYS_AT_ONCE = 16

# As the policy of track_position has it (migration 0003): whoever may not see a vehicle's rows in the database may not
# see them in a file.
_VISIBLE = (
    "SELECT NOT row_security_active('track_position') OR current_setting('app.scope', true) = 'city'"
    " OR EXISTS (SELECT 1 FROM vehicle WHERE id = %s)"
)


def between(vehicle_id: int, first: date, last: date, start: int, end: int) -> Positions:
    """One vehicle's archived positions with ``start`` <= device time < ``end`` (unix s), in order; days first to last.

    Raises ``ArchiveDamaged``, ``ArchiveUnavailable``.
    """
    entries = [
        entry
        for entry in _sealed(first, last, vehicle_id).defer("vehicles").order_by("day")
        if entry.vehicle_first <= vehicle_id <= entry.vehicle_last
    ]
    if not entries or not visible(vehicle_id):
        return Positions.empty()
    parts = []
    for entry in entries:
        found = rows_of(entry, [vehicle_id]).positions
        inside = (found.device_time >= start) & (found.device_time < end)
        parts.append(found if inside.all() else found.take(inside))
    return Positions.join(parts)


def of_many(vehicle_ids: Sequence[int], first: date, last: date, start: int, end: int) -> Positions:
    """``between`` for several vehicles at once: each file is opened once. In the files' order.

    Raises ``ArchiveDamaged``, ``ArchiveUnavailable``.
    """
    seen = [vehicle for vehicle in vehicle_ids if visible(vehicle)]
    if not seen:
        return Positions.empty()
    entries = ArchiveFile.objects.filter(
        state=ArchiveFile.State.SEALED,
        day__gte=first,
        day__lte=last,
        vehicle_first__lte=max(seen),
        vehicle_last__gte=min(seen),
    )
    parts = []
    for entry in entries.defer("vehicles").order_by("day"):
        found = rows_of(entry, seen).positions
        parts.append(found.take((found.device_time >= start) & (found.device_time < end)))
    return Positions.join(parts)


def visible(vehicle_id: int) -> bool:
    """Whether this transaction's scope covers the vehicle."""
    with connection.cursor() as cursor:
        cursor.execute(_VISIBLE, [vehicle_id])
        return bool(cursor.fetchone()[0])


def _sealed(first: date, last: date, vehicle_id: int) -> Any:
    return ArchiveFile.objects.filter(
        state=ArchiveFile.State.SEALED,
        day__gte=first,
        day__lte=last,
        vehicle_first__lte=vehicle_id,
        vehicle_last__gte=vehicle_id,
    )


def nearest_day(vehicle_id: int, *, before: date | None = None, after: date | None = None) -> date | None:
    """The last archived day with a position of the vehicle before ``before``, or the first after ``after``.

    The manifest says it, no file is opened.
    """
    if not visible(vehicle_id):
        return None
    found = _sealed(date.min if after is None else after, date.max if before is None else before, vehicle_id)
    found = found.exclude(day=before).order_by("-day") if before else found.exclude(day=after).order_by("day")
    at = 0
    while rows := list(found.values_list("day", "vehicles")[at : at + _DAYS_AT_ONCE]):
        for day, vehicles in rows:
            if _has(np.frombuffer(bytes(vehicles), "<i4"), vehicle_id):
                return day
        at += _DAYS_AT_ONCE
    return None


def _has(vehicles: npt.NDArray[np.int32], vehicle_id: int) -> bool:
    at = int(np.searchsorted(vehicles, vehicle_id))
    return at < len(vehicles) and int(vehicles[at]) == vehicle_id


def rows_of(entry: ArchiveFile, vehicle_ids: Sequence[int]) -> Rows:
    """The rows that a file has of some vehicles, in the file's order; each row group is read once."""
    wanted = np.unique(np.array(vehicle_ids, np.int32))
    parts = []
    for index, group in enumerate(files.groups_of(entry)):
        inside = wanted[(wanted >= group["first"]) & (wanted <= group["last"])]
        if not len(inside):
            continue
        rows = group_rows(entry, index)
        found = np.flatnonzero(np.isin(rows.positions.vehicle_id, inside))
        if len(found):
            parts.append(rows if len(found) == len(rows) else rows.take(found))
    return Rows.join(parts)


def group_rows(entry: ArchiveFile, index: int) -> Rows:
    """One row group, from the second place where the first has it damaged or does not answer."""
    fault: ArchiveDamaged | ArchiveUnavailable | None = None
    for storage in storages():
        try:
            return files.read_group(entry, index, storage)
        except (ArchiveDamaged, ArchiveUnavailable) as error:
            log.error("archive %s: %s: %s", storage, entry.path, error)
            fault = fault or error
    assert fault is not None
    raise fault
