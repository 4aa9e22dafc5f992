"""Days as the archive's processes handle them (归档日): one process a day, flips, leftovers of the killed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from datacenter.tracks.archive.errors import DayBusy
from datacenter.tracks.archive.models import ArchiveFile, TrackDay
from datacenter.tracks.archive.storage import FOLDER, storages

_LOCK = 0x7472  # class of the advisory locks, one for each day
_LOCK_TIMEOUT_MS = 300  # whoever waits for a flip, waits no longer
_TRIES, _PAUSE_S = 100, 0.1
_GIVES_WAY = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
_DAY = re.compile(rf"{FOLDER}/day=(\d{{4}}-\d{{2}}-\d{{2}})/")
_ZONE = ZoneInfo("Asia/Shanghai")


def span_of(day: date) -> tuple[datetime, datetime]:
    """A day of Asia/Shanghai: its beginning and its end."""
    start = datetime(day.year, day.month, day.day, tzinfo=_ZONE)
    return start, start + timedelta(days=1)


def youngest_sealable() -> date:
    """The last day old enough to be sealed."""
    return timezone.now().astimezone(_ZONE).date() - timedelta(days=settings.TRACK_HOT_DAYS)


def partitions() -> list[date]:
    """The days that have a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(relname, 8), 'YYYYMMDD') FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'track_position'::regclass ORDER BY 1"
        )
        return [day for (day,) in cursor.fetchall()]


def due() -> list[date]:
    """Days whose partition is to be sealed now, the oldest first."""
    kept = set(TrackDay.objects.filter(hot_until__gt=timezone.now()).values_list("day", flat=True))
    return [day for day in partitions() if day <= youngest_sealable() and day not in kept]


@contextmanager
def held(day: date) -> Iterator[Any]:
    """A database connection of its own, on which no other process seals or restores ``day``. Raises ``DayBusy``.

    The lock goes with the connection, however the process ends.
    """
    own = connection.get_new_connection(connection.get_connection_params())
    try:
        own.autocommit = True
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, day.toordinal()])
            if not cursor.fetchone()[0]:
                raise DayBusy(f"{day} 正由另一进程归档或恢复", day=day)
        try:
            yield own
        finally:
            # Closing gives it up as well, but only once the server has noticed; who asks at once would be refused.
            with suppress(psycopg2.Error), own.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        own.close()


def flip(day: date, change: Callable[[TrackDay], bool]) -> bool:
    """Call ``change`` with the day's row locked and no reader or writer of ``track_position`` under way, and commit.

    False where ``change`` says so: then nothing has changed. It waits for others a moment at a time, so that they
    wait for it no longer, and raises ``DayBusy`` after some tries. Within a transaction it ends with that transaction.
    """
    for _ in range(_TRIES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_MS}ms'")
                row = TrackDay.objects.select_for_update().get(day=day)
                cursor.execute("SELECT track_flip_lock()")
                if not change(row):
                    transaction.set_rollback(True)
                    return False
                cursor.execute("SET LOCAL lock_timeout = DEFAULT")
            return True
        except OperationalError as fault:
            if getattr(fault.__cause__, "pgcode", None) not in _GIVES_WAY:
                raise
        time.sleep(_PAUSE_S)
    raise DayBusy(f"{day} 的轨迹表一直被占用，归档状态未能切换", day=day)


def sweep(day: date) -> int:
    """Delete the day's files that the manifest does not name; how many. Call it with the day ``held``."""
    named = set(ArchiveFile.objects.filter(day=day).values_list("path", flat=True))
    swept = 0
    for storage in storages():
        for path in storage.listed(f"{FOLDER}/day={day:%Y-%m-%d}"):
            if path not in named:
                storage.delete(path)
                swept += 1
    return swept


def sweep_all() -> int:
    """The same for every day that nobody works on: what killed processes left."""
    named = set(ArchiveFile.objects.values_list("path", flat=True))
    found = {path for storage in storages() for path in storage.listed(FOLDER)} - named
    swept = 0
    for text in sorted({match[1] for path in found if (match := _DAY.match(path))}):
        day = date.fromisoformat(text)
        try:
            with held(day):
                swept += sweep(day)
        except DayBusy:
            continue
    return swept
