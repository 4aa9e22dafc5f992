"""The verbs of a lead about a vehicle from elsewhere (外地车线索核查): confirm, which opens a case, and reject."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.cases import workflow as cases
from datacenter.cases.models import Case
from datacenter.cases.workflow import Subject
from datacenter.detection.detectors.elsewhere import Elsewhere
from datacenter.detection.elsewhere.errors import DecisionRefused, LeadNotFound, LeadSettled
from datacenter.detection.elsewhere.models import ElsewhereLead
from datacenter.registry.models import Vehicle

DECIDE = "screening.review"


@transaction.atomic
def confirm_lead(lead: ElsewhereLead, *, by: Any, note: str = "") -> ElsewhereLead:
    """An officer takes it for true (确认): a case about the plate opens in its county, without a registered vehicle."""
    lead = _locked(lead, by)
    lead.case = cases.open_case(
        origin=Case.Origin.FINDING,
        kind=Elsewhere.code,
        title=Elsewhere.title,
        subject=Subject(plate=lead.plate, plate_colour=lead.plate_colour, industry=Vehicle.Kind.TAXI),
        occurred_at=_moment(lead),
        latitude_e6=lead.latitude_e6,
        longitude_e6=lead.longitude_e6,
        county_id=lead.county_id,
        county_rule="按主要营运地" if lead.county_id else "",
        boundary_unconfirmed=lead.boundary_unconfirmed,
        facts={
            "lead": lead.pk, "days": lead.evidence["days"], "measures": lead.measures, "limits": lead.limits,
            "source": lead.source, "note": note.strip(),
        },
        by=by,
    )  # fmt: skip
    return _decided(lead, ElsewhereLead.State.CONFIRMED, by, note)


@transaction.atomic
def reject_lead(lead: ElsewhereLead, *, by: Any, reason: str, note: str = "") -> ElsewhereLead:
    """It is none (排除), and why. Raises ``DecisionRefused`` naming what is missing."""
    if reason not in ElsewhereLead.Reason.values:
        raise DecisionRefused("reason", "请选择排除原因")
    if reason == ElsewhereLead.Reason.OTHER and not note.strip():
        raise DecisionRefused("note", "排除原因为其他时请填写备注")
    lead = _locked(lead, by)
    lead.reason = reason
    return _decided(lead, ElsewhereLead.State.REJECTED, by, note)


def _locked(lead: ElsewhereLead, by: Any) -> ElsewhereLead:
    require(by, DECIDE)
    rows = ElsewhereLead.objects.select_for_update(of=("self",)).filter(pk=lead.pk)
    scope = scope_of(by)
    locked = scope.limit(rows).first() if scope.level in ("city", "county") else None
    if locked is None:
        raise LeadNotFound(pk=lead.pk)
    if locked.state != ElsewhereLead.State.NEW:
        raise LeadSettled(locked.pk, locked.get_state_display())
    return locked


def _decided(lead: ElsewhereLead, state: ElsewhereLead.State, by: Any, note: str) -> ElsewhereLead:
    now = timezone.now()
    lead.state, lead.note = state, note.strip()
    lead.decided_by, lead.decided_at, lead.changed_at = by, now, now
    lead.save()
    return lead


def _moment(lead: ElsewhereLead) -> datetime:
    """When it was last seen at it."""
    seen = [ride[3] for ride in lead.evidence["rides"]] or [read[0] for read in lead.evidence["reads"]]
    return datetime.fromtimestamp(max(seen), UTC)
