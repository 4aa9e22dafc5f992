"""The findings of a day on the page of its track (轨迹页的疑似违规); registers with the tracks at start."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from datacenter.detection.selectors import findings_visible_to
from datacenter.detection.words import in_one_line
from datacenter.tracks.catalogue import TrackFinding, register_findings


@register_findings
def findings_of_span(user: Any, vehicle_id: int, start: datetime, end: datetime) -> Iterable[TrackFinding]:
    """The user's findings of one vehicle that touch the span."""
    if not user.may("finding.view"):
        return []
    rows = findings_visible_to(user).filter(vehicle_id=vehicle_id, started_at__lt=end, ended_at__gte=start)
    return [
        TrackFinding(
            title=row.title,
            state=row.get_state_display(),
            started_at=row.started_at,
            ended_at=row.ended_at,
            latitude_deg=None if row.latitude_e6 is None else row.latitude_e6 / 1e6,
            longitude_deg=None if row.longitude_e6 is None else row.longitude_e6 / 1e6,
            measured=in_one_line(row),
            case_number=row.case.number if row.case else "",
        )
        for row in rows
    ]
