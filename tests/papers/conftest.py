"""Cases with evidence: a finding with its track, photos from the vehicle and from the officer."""

from __future__ import annotations

import io
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.cases.models import Case
from datacenter.detection.models import Finding
from datacenter.media import files
from datacenter.media.models import MediaFile
from datacenter.registry.models import Vehicle
from tests import factories
from tests.cases.opening import open_case
from tests.cases.pictures import jpeg, upload


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def winding_track(points: int, start: float) -> list[list[float]]:
    """A drive in Dawa, ten seconds a point, faster in the middle."""
    return [
        [
            start + 10 * n,
            122.03 + 0.0008 * n,
            40.985 + 0.006 * math.sin(n / 9),
            40 + 60 * math.sin(math.pi * n / points),
        ]
        for n in range(points)
    ]


def add_finding(case: Case, points: int = 40, **facts: Any) -> Finding:
    """The finding that opened ``case``, over the middle of a drive."""
    start = case.occurred_at.timestamp() - 60
    return Finding.objects.create(
        **{
            "detector": "road.overspeed",
            "title": "超速行驶",
            "vehicle": case.vehicle,
            "company_id": case.company_id,
            "county_id": case.county_id,
            "state": Finding.State.ENDED,
            "started_at": case.occurred_at,
            "ended_at": case.occurred_at + timedelta(seconds=max(0, 10 * points - 120)),
            "measures": {"peak_speed_dkmh": 1001, "limit_kmh": 80, "lasting_s": 280, "distance_mm": 5_430_000},
            "limits": {"lasting_s": 60, "forgiven_gap_s": 20, "tolerance_percent": 10},
            "source": "道路交通安全法第四十二条",
            "evidence": {"track": winding_track(points, start), "datum": "WGS-84", "every": 1},
            "case": case,
            **facts,
        }
    )


def scene(colour: str = "#446688") -> bytes:
    """A picture as a camera sends it."""
    out = io.BytesIO()
    picture = Image.effect_noise((640, 360), 60).convert("RGB")
    picture.paste(colour, (200, 120, 420, 300))
    picture.save(out, "JPEG")
    return out.getvalue()


def keep_photo(vehicle: Vehicle, data: bytes, at: Any, **facts: Any) -> MediaFile:
    """A photo that the vehicle sent."""
    kept = files.keep_bytes(data)
    return MediaFile.objects.create(
        vehicle=vehicle,
        county_id=vehicle.county_id,
        company_id=vehicle.company_id,
        kind=kept.what.kind,
        source=MediaFile.Source.PHOTO,
        channel=1,
        reason="定时动作",
        device_time=at,
        received_at=at + timedelta(seconds=5),
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        content_type=kept.what.content_type,
        path=kept.path,
        **facts,
    )


@pytest.fixture
def case(dawa_officer: User) -> Case:
    """A case with a finding, a photo of the vehicle's and one of the officer's."""
    opened = open_case()
    add_finding(opened)
    keep_photo(opened.vehicle, scene(), opened.occurred_at + timedelta(seconds=30))
    workflow.accept_case(opened, by=dawa_officer)
    return workflow.handle_case(opened, by=dawa_officer, note="在路口拦下教育", photos=[upload(jpeg())])


@pytest.fixture
def bare_case(dawa_officer: User) -> Case:
    """A case that no finding opened."""
    return open_case(factories.make_vehicle("辽L99999"))
