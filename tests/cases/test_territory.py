"""Whose a case is: rows in order, first match wins; borders, places outside, merged counties."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from datacenter.accounts.models import AuditRecord, User
from datacenter.cases import territory, workflow
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import Case, TerritoryRule
from datacenter.cases.territory import Answer, Matter
from datacenter.geo.models import County
from tests import factories
from tests.cases.opening import open_case

IN_DAWA = {"latitude_e6": 40_992_457, "longitude_e6": 122_066_243}
AT_SEA = {"latitude_e6": 39_000_000, "longitude_e6": 121_000_000}
MATTER = Matter("road.overspeed", "hazmat", "finding", vehicle_county=factories.PANSHAN, company_county=factories.DAWA)


@pytest.fixture(autouse=True)
def _counties(counties: dict[str, County]) -> None:
    """Panjin's four."""


def rule(position: int, basis: str, **facts: str) -> TerritoryRule:
    return TerritoryRule.objects.create(position=position, basis=basis, source="试验", **facts)


def test_it_goes_by_where_it_happened_then_by_the_vehicle_then_by_the_company() -> None:
    assert territory.decide(replace(MATTER, **IN_DAWA)) == Answer(factories.DAWA, "按发生地")
    for elsewhere in (AT_SEA, {}, {"latitude_e6": 0, "longitude_e6": 0}):
        assert territory.decide(replace(MATTER, **elsewhere)) == Answer(factories.PANSHAN, "按车籍地")
    assert territory.decide(replace(MATTER, vehicle_county=None)) == Answer(factories.DAWA, "按企业所在地")
    assert territory.decide(Matter("complaint.lost", practitioner_county=factories.PANSHAN)).rule == "按从业人员属地"
    assert territory.decide(Matter("complaint.lost")) == Answer(None, "")


def test_a_kind_that_goes_by_its_registration_does_so_wherever_it_was() -> None:
    matter = replace(MATTER, kind="device.fault", **IN_DAWA)
    assert territory.decide(matter) == Answer(factories.PANSHAN, "按车籍地")


def test_the_first_row_that_fits_wins() -> None:
    rule(1, "county", kind="road.*", industry="hazmat", county_id=factories.PANSHAN)
    assert territory.decide(replace(MATTER, **IN_DAWA)) == Answer(factories.PANSHAN, "按指定县区")
    assert territory.decide(replace(MATTER, industry="taxi", **IN_DAWA)).county_id == factories.DAWA
    assert territory.decide(replace(MATTER, kind="roadside", **IN_DAWA)).county_id == factories.DAWA
    first = rule(0, "city", origin="finding")
    assert territory.decide(replace(MATTER, **IN_DAWA)) == Answer(None, "市级派发")
    TerritoryRule.objects.filter(pk=first.pk).update(in_force=False)
    assert territory.decide(replace(MATTER, **IN_DAWA)).county_id == factories.PANSHAN


def test_many_are_decided_in_as_many_queries_as_one(django_assert_max_num_queries: object) -> None:
    matters = [replace(MATTER, **place) for place in (IN_DAWA, AT_SEA)] * 500
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        answers = territory.decide_all(matters)
    assert {answer.county_id for answer in answers[::2]} == {factories.DAWA}
    assert {answer.county_id for answer in answers[1::2]} == {factories.PANSHAN}


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"basis": "county"}, "county"), ({"basis": "place", "county_id": factories.DAWA}, "county"),
     ({"basis": "place", "kind": "a*b"}, "kind")],
)  # fmt: skip
def test_a_row_that_makes_no_sense_is_refused_by_its_field(facts: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TerritoryRule(position=1, source="试验", **facts).full_clean()
    assert field in refusal.value.message_dict


def test_a_merged_county_hands_on_its_cases(dawa_officer: User, city_officer: User) -> None:
    case = open_case(county=factories.PANSHAN)
    yesterday = timezone.localdate() - timedelta(days=1)
    County.objects.filter(pk=factories.PANSHAN).update(valid_until=yesterday, merged_into=factories.DAWA)
    assert territory.decide(replace(MATTER, **AT_SEA)) == Answer(factories.DAWA, "按车籍地")
    with pytest.raises(FieldRefused, match="已撤并"):
        workflow.dispatch_case(open_case(county=None), to=County.objects.get(pk=factories.PANSHAN), by=city_officer)
    assert workflow.hand_on_merged() == 1
    case.refresh_from_db()
    assert (case.county_id, case.state, case.county_rule) == (factories.DAWA, "dispatched", "县区撤并")
    assert workflow.hand_on_merged() == 0
    assert workflow.accept_case(case, by=dawa_officer).assignee == dawa_officer


def test_a_county_that_ends_in_none_leaves_its_cases_to_the_city() -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    County.objects.filter(pk=factories.PANSHAN).update(valid_until=yesterday)
    assert territory.decide(replace(MATTER, company_county=None)) == Answer(None, "")


# --- the page ---------------------------------------------------------------------------------------------------------
def post(user: User, pk: int, **given: object) -> object:
    client = Client()
    client.force_login(user)
    facts = {
        "position": 1,
        "basis": "county",
        "county": factories.PANSHAN,
        "in_force": "on",
        "source": "市局通知",
        **given,
    }
    return client.post(f"/cases/territory/{pk}/", facts)


def test_a_changed_rule_is_tried_on_the_weeks_cases_before_it_is_saved(dawa_officer: User, city_officer: User) -> None:
    vehicle = factories.make_vehicle()
    speeding = [open_case(vehicle, latitude_e6=40_992_457, longitude_e6=122_066_243) for _ in range(3)]
    other = open_case(vehicle, kind="device.fault", county=factories.DAWA)
    old = open_case(vehicle, latitude_e6=40_992_457, longitude_e6=122_066_243)
    Case.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(days=8))
    tried = post(city_officer, 0, kind="road.*", **{"try": "1"})
    trial = tried.context["trial"]  # type: ignore[attr-defined]
    assert (trial.cases, trial.moved) == (4, 3)
    assert trial.flows == [("大洼区", "盘山县", 3), ("大洼区", "大洼区", 1)]
    assert {move.number for move in trial.moves} == {case.number for case in speeding}
    assert other.number not in {move.number for move in trial.moves}
    assert TerritoryRule.objects.filter(position=1).count() == 0
    post(city_officer, 0, kind="road.*", save="1")
    rule = TerritoryRule.objects.get(position=1)
    assert territory.decide(replace(MATTER, **IN_DAWA)).county_id == factories.PANSHAN
    assert AuditRecord.objects.filter(action="territory.change").count() == 1
    off = post(city_officer, rule.pk, kind="road.*", in_force="", **{"try": "1"})
    assert ("盘山县", "大洼区", 3) in off.context["trial"].flows  # type: ignore[attr-defined]
    assert {case.county_id for case in Case.objects.all()} == {factories.DAWA}


def test_a_rule_that_makes_no_sense_is_not_saved(city_officer: User, dawa_officer: User) -> None:
    before = TerritoryRule.objects.count()
    answer = post(city_officer, 0, county="", save="1")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "须选择县区" in answer.content.decode()  # type: ignore[attr-defined]
    assert TerritoryRule.objects.count() == before
    assert post(dawa_officer, 0, save="1").status_code == 403  # type: ignore[attr-defined]
