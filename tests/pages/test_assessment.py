"""A month in the browser: a company objects, the city upholds, publishes and freezes; numbers open the cases."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from datacenter.assessment.models import AssessmentMonth, Correction
from tests import factories
from tests.assessment.making import MONTH, assessed, make_quality, make_violation

pytestmark = pytest.mark.pages


def test_a_month_is_assessed_an_objection_upheld_and_the_month_published_and_frozen(
    desk, city_officer, safety_officer, hazmat_company, other_company
):
    for company, complete in ((hazmat_company, 8000), (other_company, 9000)):
        truck = factories.make_vehicle(company=company, county_id=company.county_id)
        factories.make_terminal(truck)
        make_quality(truck, km=10_000, complete_km=complete)
    violation = make_violation(factories.make_vehicle("辽L77777", hazmat_company), city_officer)
    number = violation.finding.case.number
    assessed()

    company = desk(safety_officer)
    company.get_by_role("link", name="考核", exact=True).click()
    expect(company.get_by_role("heading", name="一体联动考评")).to_be_visible()
    company.get_by_role("link", name=hazmat_company.name).click()
    expect(company.get_by_role("heading", name=hazmat_company.name)).to_be_visible()
    company.get_by_label("指标", exact=True).select_option(label="轨迹完整率")
    company.get_by_label("申诉理由").fill("补传轨迹没有计入")
    company.get_by_role("button", name="提交申诉").click()
    expect(company.get_by_text("申诉已提交")).to_be_visible()
    expect(company.get_by_text("待处理")).to_be_visible()

    city = desk(city_officer)
    city.keyboard.press("g")
    city.keyboard.press("l")
    expect(city.get_by_role("heading", name="一体联动考评")).to_be_visible()
    city.get_by_role("navigation", name="对象").get_by_role("link", name="企业").click()
    expect(city.get_by_role("navigation", name="对象").get_by_role("link", name="企业")).to_have_attribute(
        "aria-current", "page"
    )
    city.get_by_role("link", name=hazmat_company.name).click()
    row = city.get_by_role("row").filter(has_text="千公里安全违规")
    row.get_by_role("link").click()
    city.get_by_role("link", name=number).click()
    expect(city.get_by_role("heading", name=re.compile("超速行驶"))).to_be_visible()

    city.goto(f"/assessment/{MONTH:%Y-%m}/publish/")
    expect(city.get_by_text("还有 1 件申诉待处理")).to_be_visible()
    expect(city.get_by_role("button", name="公布并冻结")).to_have_count(0)
    city.goto("/assessment/objections/")
    city.get_by_label("完整里程 km").fill("9990")
    city.get_by_label("处理意见").fill("经核对补传轨迹")
    city.get_by_role("button", name="成立并更正").click()
    expect(city.get_by_text("申诉已处理：成立")).to_be_visible()
    assert Correction.objects.get().score == 99.9

    city.goto(f"/assessment/?month={MONTH:%Y-%m}&kind=company")
    expect(city.get_by_role("row").nth(1)).to_contain_text(hazmat_company.name)
    city.get_by_role("link", name="公布…").click()
    expect(city.get_by_text("永久冻结")).to_be_visible()
    city.get_by_label("已知悉冻结的后果").check()
    city.get_by_role("button", name="公布并冻结").click()
    expect(city.get_by_text("已公布，冻结")).to_be_visible()
    expect(city.get_by_role("button", name="重新计算")).to_have_count(0)
    assert AssessmentMonth.objects.get().frozen


def test_a_certificate_is_issued_and_checked_by_anybody(desk, city_officer, hazmat_company):
    city = desk(city_officer)
    city.goto("/credit/")
    city.get_by_role("button", name="重新评定").click()
    city.get_by_role("button", name="确定").click()
    city.get_by_role("link", name=hazmat_company.name).click()
    city.get_by_role("button", name="出具信用证明").click()
    code = city.locator("td.code").inner_text()
    city.context.clear_cookies()
    city.goto("/credit/verify/")
    city.get_by_label("验证码").fill(f"{code[:4]} {code[4:]}")
    city.get_by_role("button", name="查验").click()
    expect(city.get_by_text("证明真实，现在有效")).to_be_visible()
    expect(city.get_by_text(hazmat_company.name)).to_be_visible()
