"""A vehicle's pictures of some span of time (车辆影像), for pages that show them beside something else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from datacenter.media.models import MediaFile
from datacenter.media.selectors import media_visible_to


def pictures_between(
    user: Any, vehicle_id: int, since: datetime, until: datetime | None
) -> list[tuple[str, str, datetime, str]]:
    """Addresses whole and small, time of arrival and what it is, of the pictures received in the span."""
    if not user.may("media.view"):
        return []
    rows = media_visible_to(user).filter(vehicle_id=vehicle_id, kind=MediaFile.Kind.IMAGE, received_at__gte=since)
    if until is not None:
        rows = rows.filter(received_at__lte=until)
    return [
        (url := reverse("media-file", args=[file.pk]), f"{url}?size=thumb", file.received_at, _title(file))
        for file in rows[:24]
    ]


def _title(file: MediaFile) -> str:
    channel = "" if file.channel is None else f"通道 {file.channel}"
    return " · ".join(filter(None, (channel, file.reason))) or file.get_source_display()
