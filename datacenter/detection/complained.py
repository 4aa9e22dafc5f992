"""What citizens complained of, with what the platform knows of that minute, as a finding (投诉转疑似违规).

It joins the complaint's own case and opens none: where that case is verified as substantiated, the finding goes on
record like any other, and takes its points.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from datacenter.cases.models import Case
from datacenter.detection.catalogue import detectors
from datacenter.detection.findings import track_slice
from datacenter.detection.models import Finding


def from_complaint(
    case: Case, *, code: str, reference: str, since: datetime, until: datetime, measures: dict[str, Any], source: str
) -> Finding:
    """The finding of rule ``code`` that a complaint's case rests on, from ``since`` to ``until``; made once a rule.

    The caller holds a lock on what the case came from, or two officers at once would make two.

    Raises ``ValueError`` for a case without a vehicle and for a rule that nobody registered.
    """
    rule = detectors().get(code)
    if rule is None or case.vehicle_id is None:
        raise ValueError(f"no finding of {code!r} about vehicle {case.vehicle_id} for case {case.number}")
    known = Finding.objects.filter(case=case, detector=code).exclude(state=Finding.State.SUPERSEDED).first()
    if known is not None:
        return known
    return Finding.objects.create(
        detector=code,
        title=rule.title,
        vehicle_id=case.vehicle_id,
        company_id=case.company_id,
        county_id=case.county_id,
        state=Finding.State.ENDED,
        started_at=since,
        ended_at=until,
        latitude_e6=case.latitude_e6,
        longitude_e6=case.longitude_e6,
        measures=measures,
        limits={},
        source=source[:300],
        evidence={**track_slice(case.vehicle_id, since, until), "told": [reference]},
        case=case,
    )
