"""What a case's standard wants as evidence, what of it is there, and industries to which a kind does not apply."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.cases import clocks
from datacenter.cases.models import Clock, WorkflowRule
from datacenter.detection import findings
from datacenter.detection.detectors.happened import Smoking
from datacenter.detection.episodes import Episode, Rule
from datacenter.detection.models import Finding
from datacenter.media.proof import wanted_of
from datacenter.screening.models import ReviewItem
from tests import factories
from tests.media.conftest import make_alarm, picture
from tests.papers.conftest import keep_photo
from tests.screening.items import make_item

NOW = timezone.now().replace(microsecond=0)


def smoking(vehicle_kind: str) -> Finding:
    vehicle = factories.make_vehicle(kind=vehicle_kind)
    detector = Smoking()
    at = int((NOW - timedelta(hours=1)).timestamp())
    rule = Rule(detector, detector.Limits(), detector.measures())
    found = findings.found(Episode(detector.code, vehicle.pk, at, at, False, 0, 0, {"alarms": 1}), rule)
    assert found is not None
    return found


@pytest.mark.parametrize(("industry", "hours"), [("taxi", 24), ("coach", 16), ("hazmat", 8)])
def test_each_industry_has_its_own_clock_for_the_same_violation(db: None, industry: str, hours: int) -> None:
    case = smoking(industry).case
    assert case is not None
    assert case.due_at is not None
    assert abs(case.due_at - clocks.after(case.opened_at, hours, Clock.WORKING, {})[0]) < timedelta(minutes=1)


def test_an_industry_joins_by_a_row(db: None) -> None:
    WorkflowRule.objects.create(industry="bus", kind=Smoking.code, handle_hours=5, evidence=["clip"], source="试验")
    finding = smoking("bus")
    assert finding.case is not None
    assert finding.case.due_at is not None
    assert finding.case.due_at - finding.case.opened_at < timedelta(hours=5, minutes=1)


def test_where_a_kind_does_not_apply_the_finding_opens_no_case_and_waits_for_nobody(db: None) -> None:
    WorkflowRule.objects.filter(industry="coach", kind=Smoking.code).update(applies=False)
    kept, other = smoking("coach"), smoking("taxi")
    assert kept.pk
    assert kept.case is None
    assert other.case is not None
    assert list(ReviewItem.objects.values_list("finding_id", flat=True)) == [other.pk]


def test_what_is_wanted_says_what_is_missing(city_officer: User) -> None:
    item = make_item()
    standard = WorkflowRule.objects.create(
        industry=item.industry, kind=item.detector, handle_hours=1, source="试验", evidence=["photo", "track", "clip"]
    )
    assert [(one.kind.value, one.there) for one in wanted_of(item.finding, item.industry, city_officer)] == [
        ("photo", False),
        ("track", True),
        ("clip", False),
    ]
    standard.evidence = []
    standard.save()
    assert wanted_of(item.finding, item.industry, city_officer) == []


def test_a_photo_of_the_time_and_the_alarm_that_told_of_it_count(city_officer: User, media_root: Path) -> None:
    finding = smoking("coach")
    assert finding.vehicle_id
    keep_photo(finding.vehicle, picture(), finding.started_at + timedelta(minutes=2, seconds=1))
    wanted = [("alarm", False), ("photo", False)]
    assert [(one.kind.value, one.there) for one in wanted_of(finding, "coach", city_officer)] == wanted
    alarm = make_alarm(finding.vehicle)
    keep_photo(finding.vehicle, picture((1, 2, 3)), finding.started_at + timedelta(hours=3), alarm=alarm)
    finding.evidence["told"] = [f"alarm:{alarm.pk}"]
    assert all(one.there for one in wanted_of(finding, "coach", city_officer))
