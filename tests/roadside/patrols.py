"""Teams, patrols and orders for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from datacenter.accounts.models import Unit, User
from datacenter.accounts.rights import Role
from datacenter.cases.models import Case
from datacenter.roadside import workflow
from datacenter.roadside.models import Patrol, RoadsideCheck
from tests import factories
from tests.cases.opening import open_case


def make_team(name: str = "交通综合执法一大队", county: str | None = None) -> Unit:
    """An enforcement team, of one county or of the whole city."""
    return factories.make_unit(name, Unit.Kind.ENFORCEMENT_TEAM, county_id=county)


def make_enforcer(username: str = "enforcer1", team: Unit | None = None) -> User:
    """An officer of a team."""
    return factories.make_user(username, Role.ENFORCEMENT_OFFICER, team or make_team())


def make_patrol(
    officer: User | None = None, at: tuple[float, float] | None = factories.DAWA_SEAT, name: str = "巡逻 1 车",
    team: Unit | None = None, age: timedelta = timedelta(), **facts: Any,
) -> Patrol:  # fmt: skip
    """A patrol; with an officer on duty, and at a place that it shares unless ``at`` is None."""
    team = team or (officer.unit if officer else None) or make_team()
    patrol = Patrol.objects.create(team=team, county_id=team.county_id, name=name, **facts)
    if officer is None:
        return patrol
    workflow.go_on_duty(patrol, by=officer)
    if at is None:
        return Patrol.objects.get(pk=patrol.pk)
    workflow.share_place(patrol, by=officer, wanted=True)
    lat, lon = (round(value * 1e6) for value in at)
    return workflow.report_place(
        patrol, by=officer, latitude_e6=lat, longitude_e6=lon, accuracy_m=12, at=timezone.now() - age
    )


def order(by: User, patrol: Patrol, case: Case | None = None, now: Any = None, **facts: Any) -> RoadsideCheck:
    """An order for a case, a new one unless given."""
    return workflow.order_check(case or open_case(), patrol=patrol, by=by, now=now, **facts)
