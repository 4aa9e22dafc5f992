"""What is told of instructions, roadside checks and emergencies: to whom it concerns, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from datacenter.accounts.models import User
from datacenter.assessment.catalogue import month_of
from datacenter.emergencies.workflow import Pressed, raise_call
from datacenter.instructions import indicators
from datacenter.instructions import workflow as instructions
from datacenter.instructions.models import InstructionTask
from datacenter.notices.models import Notice
from datacenter.roadside import workflow as roadside
from tests import factories
from tests.instructions.papers import issue, task_of
from tests.roadside.patrols import make_enforcer, make_patrol, make_team, order


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(recipient=user).order_by("pk").values_list("title", flat=True))


def test_counties_hear_what_is_asked_of_them_and_the_city_what_they_answer(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    colleague = factories.make_user("city2", city_officer.role, city_officer.unit)
    paper = issue(city_officer)
    assert told(dawa_officer) == ["下发：冬季危货运输检查"]
    task = instructions.receive_task(task_of(paper), by=dawa_officer)
    task = instructions.answer_task(task, by=dawa_officer, answer="已查")
    assert told(city_officer) == told(colleague) == ["反馈：冬季危货运输检查"]
    instructions.return_task(task, by=city_officer, reason="缺少照片")
    assert told(dawa_officer)[1:] == ["退回：冬季危货运输检查"]
    assert told(panshan_officer) == []
    assert Notice.objects.filter(recipient=dawa_officer).last().link == f"/instructions/{paper.pk}/"


def test_a_team_hears_of_its_order_and_who_gave_it_of_the_answer(dawa_officer: User) -> None:
    enforcer = make_enforcer()
    other = make_enforcer("enforcer2", make_team("交通综合执法二大队"))
    check = order(dawa_officer, make_patrol(enforcer))
    assert told(enforcer) == [f"路面核查单派单：{check.plate}"]
    roadside.decline_check(check, by=enforcer, reason="busy")
    assert told(dawa_officer)[-1] == f"路面核查单拒单：{check.plate}"
    assert told(other) == []


def test_an_emergency_call_is_told_to_the_desks_and_its_county_once(
    hotline_operator: User, dawa_officer: User, panshan_officer: User, django_capture_on_commit_callbacks: Any
) -> None:
    vehicle, now = factories.make_vehicle(), timezone.now()
    for seconds in (0, 5):
        with django_capture_on_commit_callbacks(execute=True):
            raise_call(Pressed(vehicle.pk, now, now + timedelta(seconds=seconds)))
    for user in (hotline_operator, dawa_officer):
        assert told(user) == [f"紧急报警：{vehicle.plate}"]
    assert told(panshan_officer) == []


def test_how_soon_a_county_answers_is_counted_by_the_month_of_the_deadline(
    city_officer: User, dawa_officer: User, panshan_officer: User
) -> None:
    now = timezone.now()
    both = (factories.DAWA, factories.PANSHAN)
    paper = issue(city_officer, both, due_at=now + timedelta(hours=1))
    moment = timezone.localtime(now).replace(day=15, hour=9, minute=0, second=0, microsecond=0)
    sent = {"sent_at": moment, "due_at": moment + timedelta(hours=48)}
    InstructionTask.objects.filter(instruction=paper).update(**sent)
    InstructionTask.objects.filter(instruction=paper, county_id=factories.DAWA).update(
        state="answered", answered_at=moment + timedelta(hours=30)
    )
    period = month_of(moment.date(), now=moment + timedelta(hours=72))
    figures = indicators._hours(period)
    assert (figures[factories.DAWA].numerator, figures[factories.DAWA].denominator) == (30, 1)
    assert figures[factories.PANSHAN].numerator == 72  # late and unanswered: as long as it has been
    assert [row.instruction for row in indicators._rows(dawa_officer, factories.DAWA, period)] == [paper]
    assert not indicators._rows(dawa_officer, factories.PANSHAN, period).exists()
