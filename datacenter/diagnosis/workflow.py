"""The verbs of the raw log (原始报文记录): begin to record a vehicle, end it, clear what is past its day."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from datacenter.accounts import audit
from datacenter.diagnosis.errors import RecordingRefused
from datacenter.gateway.models import RawFrame, RawLogSwitch
from datacenter.registry.models import Vehicle

MOST_HOURS = 24
KEPT = timedelta(hours=24)
MOST_FRAMES = 200_000
"""Of one vehicle; the oldest go first."""


@transaction.atomic
def begin_recording(
    vehicle: Vehicle, *, hours: int, by: Any, request: HttpRequest | None = None, now: datetime | None = None
) -> RawLogSwitch:
    """Record ``vehicle``'s frames for so many hours from now, whatever was said before. Raises ``RecordingRefused``."""
    if not 1 <= hours <= MOST_HOURS:
        raise RecordingRefused(hours, MOST_HOURS)
    now = now or timezone.now()
    said = {"started_at": now, "until": now + timedelta(hours=hours), "by": by}
    switch, _ = RawLogSwitch.objects.update_or_create(vehicle=vehicle, defaults=said)
    audit.record(request, "raw_log.begin", f"车辆 {vehicle.plate}", user=by, hours=hours)
    return switch


@transaction.atomic
def end_recording(
    vehicle: Vehicle, *, by: Any, request: HttpRequest | None = None, now: datetime | None = None
) -> None:
    """Record no more of ``vehicle``; what was recorded stays its day. Twice is once."""
    now = now or timezone.now()
    if RawLogSwitch.objects.filter(vehicle=vehicle, until__gt=now).update(until=now):
        audit.record(request, "raw_log.end", f"车辆 {vehicle.plate}", user=by)


def clear_old(now: datetime | None = None, most_frames: int = MOST_FRAMES) -> int:
    """Delete frames older than ``KEPT``, and of each vehicle those past ``most_frames``; how many."""
    now = now or timezone.now()
    deleted, _ = RawFrame.objects.filter(at__lt=now - KEPT).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM raw_frame WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER"
            " (PARTITION BY vehicle_id ORDER BY id DESC) AS place FROM raw_frame) AS placed WHERE place > %s)",
            [most_frames],
        )
        return deleted + cursor.rowcount
