"""What the day's track shows besides positions (轨迹页的附加内容): packages above this one register it here.

A provider is called with (user, vehicle id, start, end) and gives the findings of that span that the user may see.
Sections of a vehicle's drawer and page have their door in ``registry.sections``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class TrackFinding:
    """A finding on a track (疑似违规): when, where, what was measured against which limit, and where to read on."""

    title: str
    state: str
    started_at: datetime
    ended_at: datetime
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    measured: str = ""
    case_number: str = ""


Provider = Callable[[Any, int, datetime, datetime], Iterable[TrackFinding]]
_providers: list[Provider] = []


def register_findings(provider: Provider) -> Provider:
    """Ask ``provider`` whenever a track is shown; registering it twice asks it once."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def findings_on_track(user: Any, vehicle_id: int, start: datetime, end: datetime) -> list[TrackFinding]:
    """Every registered provider's findings, in order of their beginning."""
    found = [row for provider in _providers for row in provider(user, vehicle_id, start, end)]
    return sorted(found, key=lambda row: row.started_at)
