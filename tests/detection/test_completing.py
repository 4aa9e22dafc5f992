"""What was told is proven by the track on both sides of it, once that has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from datacenter.detection.completing import PATIENCE, complete_due
from datacenter.detection.events import WHOLE
from datacenter.detection.models import Finding
from datacenter.registry.models import Vehicle
from tests import factories
from tests.detection.test_events import AT, told
from tests.detection.test_second_stage import put

pytestmark = pytest.mark.usefixtures("tracks")


def come(vehicle: Vehicle, first: int, last: int) -> None:
    """Positions each ten seconds, from so many seconds after the alarm to so many."""
    put(factories.make_positions(vehicle.pk, [{"at": at} for at in range(0, last - first + 1, 10)], AT + first))


def points(finding: Finding) -> list[Any]:
    finding.refresh_from_db()
    return [row[0] - AT for row in finding.evidence["track"]]


@pytest.mark.parametrize(("last", "complete"), [(50, False), (60, True), (70, True)])
def test_a_finding_waits_for_a_position_past_its_slice(truck: Vehicle, last: int, complete: bool) -> None:
    come(truck, -100, 0)
    finding = told(truck)
    assert finding is not None
    before = points(finding)
    assert max(before) == 0
    come(truck, 10, last)
    assert complete_due(timezone.now()) == complete
    assert (max(points(finding)) > 0) is complete
    assert (WHOLE in finding.evidence) is complete
    assert complete_due(timezone.now()) == 0


def test_where_no_position_comes_it_is_let_be_in_the_end(truck: Vehicle) -> None:
    come(truck, -100, 0)
    told(truck)
    now = timezone.now()
    assert complete_due(now + PATIENCE - timedelta(minutes=1)) == 0
    assert complete_due(now + PATIENCE + timedelta(minutes=1)) == 1


def test_one_that_grows_is_completed_again(truck: Vehicle) -> None:
    come(truck, -100, 100)
    finding = told(truck)
    assert finding is not None
    assert complete_due(timezone.now()) == 1
    come(truck, 110, 300)
    told(truck, AT + 200, 2)
    assert complete_due(timezone.now()) == 1
    assert max(points(finding)) > 200
