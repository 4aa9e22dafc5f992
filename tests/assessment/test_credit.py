"""Credit: grades by rows with their sums, lists, repair, certificates that anybody can check, the export."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from datacenter.accounts.errors import NotAllowed
from datacenter.accounts.lockout import MAX_FAILURES
from datacenter.accounts.models import AuditRecord, User
from datacenter.assessment import points
from datacenter.assessment import workflow as months
from datacenter.assessment.credit import sources, workflow
from datacenter.assessment.credit.selectors import current_grades, standing_listings, subject_for
from datacenter.assessment.credit.sources import Source
from datacenter.assessment.credit.workflow import NewListing
from datacenter.assessment.errors import AlreadyDone, FieldRefused, SubjectNotFound
from datacenter.assessment.models import (
    CreditCertificate,
    CreditGrade,
    CreditListing,
    CreditRepair,
    CreditRule,
    PointRule,
)
from datacenter.registry.models import Company
from tests import factories
from tests.assessment.making import AFTER, assessed, certify, make_quality, make_violation, only, today
from tests.commands.test_pages import signed_in

pytestmark = pytest.mark.django_db
BLACK = NewListing("black", "一年内多次严重违规", "试验依据")


@pytest.fixture(autouse=True)
def _no_failures_of_others() -> None:
    cache.clear()


def grade_of(kind: str, key: Any) -> CreditGrade:
    return CreditGrade.objects.filter(kind=kind, subject=str(key)).latest("pk")


def test_a_company_is_graded_by_its_months_and_what_is_on_record(hazmat_company: Company, city_officer: User) -> None:
    truck = factories.make_vehicle(company=hazmat_company)
    make_quality(truck, km=100, complete_km=80)
    only({"indicator": "company.complete"})
    months.publish(assessed(), by=city_officer, now=AFTER)
    for _ in range(3):
        make_violation(truck, city_officer)
    assert workflow.grade("company", by=city_officer, on=AFTER.date()) == 1
    found = grade_of("company", hazmat_company.pk)
    assert [(part["title"], part["effect"]) for part in found.parts] == [
        ("基础分", 500), ("月度考核折算", 400), ("违规行为", -6),
    ]  # fmt: skip
    assert (found.score, found.grade, found.verified) == (894, "AAA", False)
    assert sorted(found.absent) == ["属实投诉", "行政处罚"]
    assert (f"{found.assessed_on}", f"{found.valid_until}") == ("2026-10-02", "2027-10-01")


def test_a_source_that_a_package_registers_takes_its_points(hazmat_company: Company, city_officer: User) -> None:
    sources.register(Source("penalties", "行政处罚", lambda kind, since, until: {str(hazmat_company.pk): 20}))
    try:
        workflow.grade("company", by=city_officer)
    finally:
        sources.forget("penalties")
    found = grade_of("company", hazmat_company.pk)
    assert (found.score, found.grade) == (800, "AA")
    assert sorted(found.absent) == ["属实投诉", "月度考核"]


def test_a_vehicle_and_a_driver_are_graded_by_their_own(hazmat_company: Company, city_officer: User) -> None:
    driver = factories.make_practitioner("阙德海", hazmat_company)
    certify(driver, today() - timedelta(days=100))
    truck = factories.make_vehicle(company=hazmat_company)
    row = make_violation(truck, city_officer, "taxi.detour", practitioner=driver, at=timezone.now())
    points.enter_for(row)
    assert workflow.grade("vehicle", by=city_officer) == 1
    assert workflow.grade("practitioner", by=city_officer) == 1
    assert (grade_of("vehicle", truck.pk).score, grade_of("vehicle", truck.pk).grade) == (18, "AA")
    assert (grade_of("practitioner", driver.pk).score, grade_of("practitioner", driver.pk).grade) == (10, "A")


def test_a_grade_is_unconfirmed_until_every_rule_in_it_is(hazmat_company: Company, city_officer: User) -> None:
    driver = factories.make_practitioner(company=hazmat_company)
    workflow.grade("practitioner", by=city_officer)
    assert not grade_of("practitioner", driver.pk).verified
    CreditRule.objects.filter(kind="practitioner").update(source_verified=True)
    workflow.grade("practitioner", by=city_officer)
    assert grade_of("practitioner", driver.pk).verified
    assert CreditGrade.objects.filter(subject=str(driver.pk)).count() == 2  # the one before stays


def test_only_the_city_grades_lists_and_certifies(
    hazmat_company: Company, dawa_officer: User, safety_officer: User
) -> None:
    for user in (dawa_officer, safety_officer):
        for verb in (
            lambda user=user: workflow.grade("company", by=user),
            lambda user=user: workflow.enter_listing("company", str(hazmat_company.pk), BLACK, by=user),
            lambda user=user: workflow.issue("company", str(hazmat_company.pk), by=user),
        ):
            with pytest.raises(NotAllowed):
                verb()


def test_a_county_and_a_company_see_their_own_credit(
    hazmat_company: Company, other_company: Company, city_officer: User, dawa_officer: User, safety_officer: User
) -> None:
    workflow.grade("company", by=city_officer)
    for user in (dawa_officer, safety_officer):
        assert [row.subject for row in current_grades(user)] == [str(hazmat_company.pk)]
        with pytest.raises(SubjectNotFound):
            subject_for(user, "company", str(other_company.pk))


# --- lists and repair -----------------------------------------------------------------------------------------------
def test_who_is_listed_black_is_repaired_by_the_city(
    hazmat_company: Company, city_officer: User, safety_officer: User, other_safety_officer: User
) -> None:
    key = str(hazmat_company.pk)
    with pytest.raises(FieldRefused, match="没有可修复"):
        workflow.ask_repair("company", key, reason="已整改", by=safety_officer)
    row = workflow.enter_listing("company", key, BLACK, by=city_officer)
    assert row.valid_until > today() + timedelta(days=360)
    with pytest.raises(AlreadyDone):
        workflow.enter_listing("company", key, BLACK, by=city_officer)
    with pytest.raises(SubjectNotFound):
        workflow.ask_repair("company", key, reason="已整改", by=other_safety_officer)
    asked = workflow.ask_repair("company", key, reason="已整改", by=safety_officer)
    with pytest.raises(AlreadyDone):
        workflow.ask_repair("company", key, reason="再申请", by=safety_officer)
    with pytest.raises(NotAllowed):
        workflow.decide_repair(asked.pk, grant=True, note="同意", by=safety_officer)
    workflow.decide_repair(asked.pk, grant=True, note="整改到位", by=city_officer)
    row.refresh_from_db()
    assert (row.end, row.ended_on, row.end_note) == (CreditListing.End.REPAIRED, today(), "整改到位")
    with pytest.raises(AlreadyDone):
        workflow.decide_repair(asked.pk, grant=False, note="反悔", by=city_officer)


def test_an_entry_past_its_date_ends_and_makes_room_for_another(hazmat_company: Company, city_officer: User) -> None:
    key = str(hazmat_company.pk)
    first = workflow.enter_listing("company", key, BLACK, by=city_officer)
    past = today() - timedelta(days=1)
    CreditListing.objects.update(valid_until=past, listed_on=past)
    assert not standing_listings(city_officer).exists()
    workflow.enter_listing("company", key, BLACK, by=city_officer)
    first.refresh_from_db()
    assert (first.end, first.ended_on) == (CreditListing.End.EXPIRED, past)


def test_a_b_is_repaired_to_an_a_and_both_stay(hazmat_company: Company, city_officer: User) -> None:
    driver = factories.make_practitioner("阙德海", hazmat_company)
    certify(driver, today() - timedelta(days=100))
    PointRule.objects.filter(kind_code="taxi.detour").update(points=20)
    truck = factories.make_vehicle(company=hazmat_company)
    points.enter_for(make_violation(truck, city_officer, "taxi.detour", practitioner=driver, at=timezone.now()))
    workflow.grade("practitioner", by=city_officer)
    assert grade_of("practitioner", driver.pk).grade == "B"
    asked = workflow.ask_repair("practitioner", str(driver.pk), reason="已培训", by=city_officer)
    workflow.decide_repair(asked.pk, grant=True, note="培训合格", by=city_officer)
    assert list(CreditGrade.objects.order_by("pk").values_list("grade", flat=True)) == ["B", "A"]
    assert grade_of("practitioner", driver.pk).repair_note == "信用修复：培训合格"


def test_a_repair_that_is_refused_changes_nothing(hazmat_company: Company, city_officer: User) -> None:
    row = workflow.enter_listing("company", str(hazmat_company.pk), BLACK, by=city_officer)
    asked = workflow.ask_repair("company", str(hazmat_company.pk), reason="已整改", by=city_officer)
    workflow.decide_repair(asked.pk, grant=False, note="未见整改", by=city_officer)
    row.refresh_from_db()
    assert (row.ended_on, CreditRepair.objects.get().state) == (None, "refused")


# --- certificates ---------------------------------------------------------------------------------------------------
@pytest.fixture
def certificate(hazmat_company: Company, city_officer: User) -> CreditCertificate:
    workflow.grade("company", by=city_officer)
    return workflow.issue("company", str(hazmat_company.pk), by=city_officer)


def check(code: str, **more: Any) -> Any:
    return Client(**more).get(reverse("credit-verify"), {"code": code})


def test_nothing_is_certified_without_a_grade_that_holds(hazmat_company: Company, city_officer: User) -> None:
    with pytest.raises(FieldRefused, match="没有在有效期内"):
        workflow.issue("company", str(hazmat_company.pk), by=city_officer)


def test_anybody_checks_a_certificate_by_its_code_however_it_is_spaced(certificate: CreditCertificate) -> None:
    code = certificate.code.lower()
    page = check(f"{code[:4]}-{code[4:8]} {code[8:]}").content.decode()
    assert "现在有效" in page
    for _, value in certificate.content:
        assert value in page
    assert certificate.content[1] == ["统一社会信用代码", Company.objects.get().credit_code]


def test_a_revoked_and_an_expired_certificate_say_so(certificate: CreditCertificate, city_officer: User) -> None:
    CreditCertificate.objects.update(valid_until=today() - timedelta(days=1))
    assert "已过有效期" in check(certificate.code).content.decode()
    workflow.revoke(certificate.pk, note="出具有误", by=city_officer)
    page = check(certificate.code).content.decode()
    assert "不再有效" in page
    assert "出具有误" not in page
    with pytest.raises(AlreadyDone):
        workflow.revoke(certificate.pk, note="再撤", by=city_officer)


def test_a_persons_certificate_does_not_say_the_whole_number(hazmat_company: Company, city_officer: User) -> None:
    driver = factories.make_practitioner("阙德海", hazmat_company)
    workflow.grade("practitioner", by=city_officer)
    row = workflow.issue("practitioner", str(driver.pk), by=city_officer)
    assert driver.identity_no not in json.dumps(row.content)
    assert ["证明对象", "阙德海"] in row.content


def test_guessing_closes_the_door_for_that_address_and_for_no_other(certificate: CreditCertificate) -> None:
    here, there = {"REMOTE_ADDR": "10.1.1.1"}, {"REMOTE_ADDR": "10.1.1.2"}
    for number in range(MAX_FAILURES):
        assert check(f"{number}" * 16, **here).status_code == 404
    assert check(certificate.code, **here).status_code == 429
    assert check("2" * 16, **there).status_code == 404
    assert check(certificate.code, **there).status_code == 200
    assert check("short", **there).status_code == 422


def test_the_certificate_on_paper_shows_code_and_place(
    certificate: CreditCertificate, safety_officer: User, other_safety_officer: User
) -> None:
    address = reverse("credit-certificate", args=[certificate.pk])
    answer = signed_in(safety_officer).get(address)
    assert answer.content.startswith(b"%PDF")
    assert answer.content == signed_in(safety_officer).get(address).content
    assert signed_in(other_safety_officer).get(address).status_code == 404


# --- export ---------------------------------------------------------------------------------------------------------
def test_the_export_names_subject_item_authority_days_and_repair(
    hazmat_company: Company, city_officer: User, dawa_officer: User
) -> None:
    driver = factories.make_practitioner("阙德海", hazmat_company)
    workflow.grade("company", by=city_officer)
    workflow.grade("practitioner", by=city_officer)
    workflow.enter_listing("company", str(hazmat_company.pk), BLACK, by=city_officer)
    asked = workflow.ask_repair("company", str(hazmat_company.pk), reason="已整改", by=city_officer)
    workflow.decide_repair(asked.pk, grant=True, note="整改到位", by=city_officer)
    client = signed_in(city_officer)
    found = client.get(reverse("credit-export"), {"format": "json"}).json()
    assert found["count"] == 3
    by_item = {(one["item"], one["subject_kind"]): one for one in found["items"]}
    assert by_item["交通运输信用等级", "企业"]["subject_code"] == hazmat_company.credit_code
    assert by_item["交通运输信用等级", "从业人员"]["subject_code"] == driver.identity_no
    black = by_item["黑名单", "企业"]
    assert (black["repair_state"], black["content"], black["authority"]) == ("已修复", BLACK.cause, "盘锦市交通运输局")
    text = client.get(reverse("credit-export")).content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("主体类别,主体名称,主体代码,信用信息事项")
    assert len(text.splitlines()) == 4
    assert AuditRecord.objects.filter(action="credit.export", user=city_officer).count() == 2
    assert signed_in(dawa_officer).get(reverse("credit-export")).status_code == 403
