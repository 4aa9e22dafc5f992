"""Findings that wait to be looked at, as detection hands them up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from datacenter.detection import findings
from datacenter.detection.models import Finding
from datacenter.registry.models import Vehicle
from datacenter.screening import workflow
from datacenter.screening.models import ReviewItem, ScreeningSetting
from tests import factories

LIMIT_KMH = 80


def make_item(
    vehicle: Vehicle | None = None,
    *,
    peak_kmh: int = 100,
    county: str | None = factories.DAWA,
    cased: bool = False,
    at: datetime | None = None,
    paired: bool = False,
    **facts: Any,
) -> ReviewItem:
    """A speeding truck; without a case unless ``cased``, for one reviewer unless ``paired``."""
    vehicle = vehicle or factories.make_vehicle()
    at = at or timezone.now() - timedelta(hours=1)
    start = int(at.timestamp())
    finding = Finding(
        detector="road.overspeed",
        title="超速行驶",
        vehicle=vehicle,
        company_id=vehicle.company_id,
        county_id=county,
        state=Finding.State.ENDED,
        started_at=at,
        ended_at=at + timedelta(minutes=2),
        latitude_e6=40_992_457,
        longitude_e6=122_066_243,
        measures={"peak_speed_dkmh": peak_kmh * 10, "limit_kmh": LIMIT_KMH, "lasting_s": 120},
        limits={"limit_kmh": {"hazmat": LIMIT_KMH}, "lasting_s": 60},
        source="试验",
        evidence={
            "track": [
                [start + i * 10, 122.066243 + i * 0.002, 40.992457 + i * 0.001, 70 + i * 3] for i in range(-6, 19)
            ]
        },
        **facts,
    )
    opening = findings.opening_of(vehicle, at, "按发生地")
    if cased:
        finding.case = findings.open_case_for(finding, opening)
    finding.save()
    share(100 if paired else 0)
    return workflow.enqueue(finding, opening)


def share(percent: int) -> None:
    """How many in a hundred are reviewed twice from now on."""
    workflow.enter_settings()
    ScreeningSetting.objects.filter(pk="blind_share_percent").update(value=percent)
