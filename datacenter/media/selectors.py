"""Reads of files and alarms from terminals (多媒体、主动安全报警查询)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.media.errors import AlarmNotFound, MediaNotFound
from datacenter.media.models import MediaFile, SafetyAlarm


def media_visible_to(user: Any) -> QuerySet[MediaFile]:
    """Files of the vehicles inside the user's scope, the newest first."""
    rows = scope_of(user).limit(MediaFile.objects.all())
    return rows.select_related("vehicle", "company", "alarm").order_by("-received_at", "-pk")


def get_media_for(user: Any, pk: int) -> MediaFile:
    """The file if the user may see it; raises ``MediaNotFound``."""
    file = media_visible_to(user).filter(pk=pk).first()
    if file is None:
        raise MediaNotFound(pk=pk)
    return file


def media_of(user: Any, vehicle_id: int, count: int = 8) -> list[MediaFile]:
    """The newest files of one vehicle: what its drawer and page show."""
    return list(media_visible_to(user).filter(vehicle_id=vehicle_id)[:count])


def alarms_visible_to(user: Any) -> QuerySet[SafetyAlarm]:
    """Alarms of active safety of the vehicles inside the user's scope, the newest first."""
    rows = scope_of(user).limit(SafetyAlarm.objects.all())
    return rows.select_related("vehicle", "company").order_by("-received_at", "-pk")


def get_alarm_for(user: Any, pk: int) -> SafetyAlarm:
    """The alarm if the user may see it; raises ``AlarmNotFound``."""
    alarm = alarms_visible_to(user).filter(pk=pk).first()
    if alarm is None:
        raise AlarmNotFound(pk=pk)
    return alarm


def alarms_of(user: Any, vehicle_id: int, count: int = 5) -> list[SafetyAlarm]:
    """The newest alarms of one vehicle."""
    return list(alarms_visible_to(user).filter(vehicle_id=vehicle_id)[:count])
