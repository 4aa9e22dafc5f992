"""案件统计 and 查阅记录 as people use them: from a figure to the cases behind it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from datacenter.accounts.models import User
from datacenter.cases import workflow
from datacenter.statistics.folding import fold
from tests import factories
from tests.pages.conftest import Desk
from tests.statistics.test_folding import open_one

pytestmark = pytest.mark.pages


def test_the_city_goes_from_a_figure_to_the_cases(desk: Desk, city_officer: User, dawa_officer: User) -> None:
    for number in range(6):
        case = open_one(number, factories.DAWA if number % 2 else factories.PANSHAN)
        if number % 2:
            workflow.accept_case(case, by=dawa_officer)
    while fold():
        pass
    page = desk(city_officer)
    page.get_by_role("link", name="案件统计", exact=True).click()
    expect(page.locator("html[data-ready=statistics]")).to_have_count(1)
    expect(page.get_by_text("数字为此刻")).to_be_visible()
    expect(page.get_by_text(re.compile("^6 件，"))).to_be_visible()
    expect(page.locator("[data-trend] svg")).to_be_visible()
    page.get_by_label("县区", exact=True).select_option(label="大洼区")
    expect(page).to_have_url(re.compile(f"county={factories.DAWA}"))
    expect(page.locator("html[data-ready=statistics]")).to_have_count(1)
    officers = page.locator("section", has=page.get_by_role("heading", name="按承办人"))
    expect(officers.locator("tbody tr")).to_have_count(1)
    officers.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="案件", exact=True)).to_be_visible()
    expect(page.locator("tr[data-row]")).to_have_count(3)
    expect(page.get_by_label("承办人", exact=True)).to_have_value(str(dawa_officer.pk))


def test_who_looked_at_a_case_stands_on_its_page(desk: Desk, city_officer: User, dawa_officer: User) -> None:
    case = open_one(0, factories.DAWA)
    county = desk(dawa_officer)
    county.goto(f"/cases/{case.number}/")
    expect(county.get_by_role("heading", name="查阅记录")).to_have_count(0)
    city = desk(city_officer)
    city.goto(f"/cases/{case.number}/")
    block = city.locator("section", has=city.get_by_role("heading", name="查阅记录"))
    expect(block.locator("tbody tr")).to_have_count(2)
    block.get_by_role("link", name="详细").click()
    expect(city.locator("tbody tr")).to_have_count(2)
    expect(city.get_by_text("查看案件").first).to_be_visible()
