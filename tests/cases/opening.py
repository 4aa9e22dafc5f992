"""Cases for tests, opened as detection opens them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from datacenter.cases import workflow
from datacenter.cases.models import Case
from datacenter.cases.workflow import Subject
from datacenter.registry.models import Vehicle
from tests import factories

KIND = "road.overspeed"


def open_case(
    vehicle: Vehicle | None = None,
    county: str | None = factories.DAWA,
    *,
    kind: str = KIND,
    origin: Case.Origin = Case.Origin.FINDING,
    **facts: Any,
) -> Case:
    """A case of a vehicle of Dawa's, dispatched there unless told."""
    vehicle = vehicle or factories.make_vehicle()
    subject = Subject(
        vehicle_id=vehicle.pk,
        plate=vehicle.plate,
        plate_colour=vehicle.plate_colour,
        industry=vehicle.kind,
        company_id=vehicle.company_id,
        company_name=vehicle.company.name,
    )
    return workflow.open_case(
        origin=origin,
        kind=kind,
        title="超速行驶",
        subject=subject,
        occurred_at=timezone.now(),
        county_id=county,
        **facts,
    )
