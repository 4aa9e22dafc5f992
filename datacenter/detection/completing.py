"""What a terminal told becomes a finding at once; its proof is completed when the track around it has come (证据补齐).

The slice of track and the crossing that was passed need positions after the moment, which come seconds later, or with
a blind area's. A finding is complete once the vehicle has told a position past the slice, or when ``PATIENCE`` is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from datacenter.detection import events, findings
from datacenter.detection.catalogue import EventDetector, detectors
from datacenter.detection.events import WHOLE
from datacenter.detection.models import Finding
from datacenter.tracks import store

AROUND = timedelta(seconds=60)
PATIENCE = timedelta(hours=1)
MOST_A_RUN = 200


def waiting(now: datetime) -> QuerySet[Finding]:
    """Findings told of late that are not complete for their present end."""
    codes = [code for code, one in detectors().items() if isinstance(one, EventDetector) and one.from_alarms]
    rows = Finding.every.filter(detector__in=codes, found_at__gte=now - 2 * PATIENCE, evidence__has_key="told")
    return rows.exclude(state=Finding.State.SUPERSEDED).exclude(evidence__has_key=WHOLE).order_by("pk")


def complete_due(now: datetime) -> int:
    """Complete what can be; how many were."""
    return sum(_complete(pk, now) for pk in waiting(now).values_list("pk", flat=True)[:MOST_A_RUN])


@transaction.atomic
def _complete(pk: int, now: datetime) -> bool:
    finding = waiting(now).select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if finding is None:
        return False
    later = store.between(finding.vehicle_id, finding.ended_at + AROUND, finding.ended_at + 10 * AROUND)
    if not len(later) and finding.found_at > now - PATIENCE:
        return False
    finding.evidence |= findings.track_slice(finding.vehicle_id, finding.started_at, finding.ended_at)
    finding.evidence[WHOLE] = int(finding.ended_at.timestamp())
    finding.measures |= events.passage_of(finding)
    finding.save(update_fields=["evidence", "measures"])
    return True
