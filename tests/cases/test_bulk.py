"""One act on many cases: each for itself, with a report of the refused ones and why."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from datacenter.accounts.models import AuditRecord, User
from datacenter.cases import bulk, workflow
from datacenter.cases.models import Case
from datacenter.cases.states import State
from tests import factories
from tests.cases.opening import open_case


def post(user: User, verb: str, numbers: list[str], **given: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post("/cases/bulk/", {"verb": verb, "number": numbers, "confirmed": "1", **given})


def test_many_are_dispatched_and_those_that_can_not_be_are_named(dawa_officer: User, city_officer: User) -> None:
    vehicle = factories.make_vehicle()
    waiting = [open_case(vehicle, county=None) for _ in range(6)]
    out = open_case(vehicle)
    numbers = [case.number for case in (*waiting, out)]
    answer = post(city_officer, "dispatch", [*numbers, "2020-000001"], to=factories.DAWA)
    report = answer.context["report"]
    assert report.done == numbers[:-1]
    assert {one.number for one in report.refused} == {out.number, "2020-000001"}
    assert "待签收" in report.refused[0].why
    assert {Case.objects.get(number=number).state for number in report.done} == {State.DISPATCHED}
    assert out.events.count() == 2
    assert answer.content.decode().count("data-refused") == 2
    line = AuditRecord.objects.get(action="case.bulk.dispatch")
    assert (line.detail["done"], set(line.detail["refused"])) == (report.done, {out.number, "2020-000001"})


def test_what_a_verb_asks_for_is_asked_once_before_anything_is_done(city_officer: User, dawa_officer: User) -> None:
    case = open_case(county=None)
    client = Client()
    client.force_login(city_officer)
    page = client.post("/cases/bulk/", {"verb": "dispatch", "number": [case.number, case.number]})
    assert page.status_code == 200
    assert page.content.decode().count(f'name="number" value="{case.number}"') == 1
    assert 'name="to"' in page.content.decode()
    wrong = client.post(
        "/cases/bulk/",
        {
            "verb": "dispatch",
            "number": case.number,
            "confirmed": "1",
            "to": factories.DAWA,
            "due_at": "2020-01-01T00:00",
        },
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "期限应晚于现在" in wrong.content.decode()
    assert case.events.count() == 1


@pytest.mark.parametrize(
    ("numbers", "words"), [([], "请先勾选"), ([f"2026-{n:06d}" for n in range(201)], "最多办理 200 件")]
)
def test_none_and_too_many_are_refused(city_officer: User, numbers: list[str], words: str) -> None:
    answer = post(city_officer, "verify", numbers)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_two_hundred_are_verified_in_one_act(dawa_officer: User, city_officer: User) -> None:
    vehicle = factories.make_vehicle()
    cases = [open_case(vehicle) for _ in range(bulk.MOST)]
    for case in cases[:-1]:
        workflow.feed_back_case(workflow.accept_case(case, by=dawa_officer), by=dawa_officer, result="属实")
    report = post(city_officer, "verify", [case.number for case in cases]).context["report"]
    assert (len(report.done), [one.number for one in report.refused]) == (bulk.MOST - 1, [cases[-1].number])
    assert Case.objects.filter(state=State.VERIFIED).count() == bulk.MOST - 1


def test_another_countys_cases_are_as_if_they_were_not_there(dawa_officer: User, panshan_officer: User) -> None:
    mine, other = open_case(), open_case(county=factories.PANSHAN)
    report = post(dawa_officer, "accept", [mine.number, other.number]).context["report"]
    assert (report.done, [one.number for one in report.refused]) == ([mine.number], [other.number])
    assert other.events.count() == 2
    assert post(dawa_officer, "accept", [other.number]).status_code == 404


def test_who_may_not_is_refused_before_anything_is_looked_at(dawa_officer: User, city_officer: User) -> None:
    case = open_case()
    assert post(dawa_officer, "verify", [case.number]).status_code == 403
    assert post(city_officer, "grade", [case.number], level="serious").status_code == 404
    assert case.events.count() == 2
