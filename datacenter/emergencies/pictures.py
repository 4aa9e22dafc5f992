"""The pictures of a call (报警影像): whoever keeps pictures from vehicles registers here when the project starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from datacenter.emergencies.models import EmergencyCall

BEFORE = timedelta(minutes=10)
MOST = 24


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: where it is shown whole and small, when it came, what it is."""

    url: str
    thumb_url: str
    at: datetime
    title: str


Source = Callable[[Any, int, datetime, datetime | None], Iterable[tuple[str, str, datetime, str]]]
"""(user, vehicle's id, since, until) in, the fields of each picture that the user may see out."""
_sources: list[Source] = []


def register(source: Source) -> None:
    """Show the pictures of ``source`` in calls."""
    if source not in _sources:
        _sources.append(source)


def pictures_of(user: Any, call: EmergencyCall) -> list[Picture]:
    """What came from the vehicle since shortly before the button, the newest first."""
    since = min(call.raised_at, call.device_time) - BEFORE
    found = [Picture(*fields) for source in _sources for fields in source(user, call.vehicle_id, since, call.closed_at)]
    return sorted(found, key=lambda picture: picture.at, reverse=True)[:MOST]
