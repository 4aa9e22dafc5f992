"""Reads of files and alarms from terminals (多媒体、主动安全报警查询)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Case, Q, QuerySet, When

from datacenter.accounts.scope import scope_of
from datacenter.detection.models import Finding
from datacenter.media.errors import AlarmNotFound, MediaNotFound
from datacenter.media.models import MediaFile, SafetyAlarm

AROUND = timedelta(minutes=2)


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


def files_of(finding: Finding, user: Any) -> QuerySet[MediaFile]:
    """What the vehicle sent around a finding, and what told of it whenever it came; ``told`` is 0 for the latter.

    Two minutes before to two minutes after by the terminal's clock; by arrival where a file has no clock of its own.
    """
    if not user.may("media.view"):
        return MediaFile.objects.none()
    media, alarms = (references(finding, kind) for kind in ("media", "alarm"))
    since, until = finding.started_at - AROUND, finding.ended_at + AROUND
    taken = Q(device_time__range=(since, until)) | Q(device_time=None, received_at__range=(since, until))
    told = Q(pk__in=media) | Q(alarm__in=alarms)
    rows = media_visible_to(user).filter(taken | told, vehicle_id=finding.vehicle_id)
    return rows.annotate(told=Case(When(told, then=0), default=1)).order_by("told", "device_time", "received_at", "pk")


def references(finding: Finding, kind: str) -> list[int]:
    """The rows of one kind that told of a finding: ``alarm:17`` is an alarm, ``media:4`` a photo."""
    pairs = (str(one).split(":", 1) for one in (finding.evidence or {}).get("told", []) if ":" in str(one))
    return [int(key) for name, key in pairs if name == kind and key.isdigit()]


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
