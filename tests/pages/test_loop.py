"""The whole loop in two browsers: sent, handled, returned, handled again, verified, filed; supervised; in bulk."""

import re

import pytest
from playwright.sync_api import expect

from datacenter.cases.models import Case
from tests import factories
from tests.cases.test_pages import open_case

pytestmark = pytest.mark.pages


def stands(page, state):
    """The page says ``state`` beside the case's number."""
    expect(page.locator(".page-head").get_by_text(state, exact=True)).to_be_visible()


def say(page, button, **fields):
    """Open the verb's form where it is folded, fill it in, press its button and confirm what is asked."""
    form = page.locator("form.verb").filter(has=page.locator("button", has_text=re.compile(rf"^{re.escape(button)}$")))
    press = form.locator("button[type=submit]")
    press.wait_for(state="attached")  # what was done before may still be on its way
    if not press.is_visible():
        form.locator("summary").click()
    for label, value in fields.items():
        field = form.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))  # its mark may stand behind it
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "radio":
            field.check()
        else:
            field.fill(value)
    asks = form.get_attribute("hx-confirm")
    press.click()
    if asks:
        page.get_by_role("button", name="确定", exact=True).click()


def test_sent_handled_returned_handled_again_verified_closed_and_filed(desk, city_officer, dawa_officer):
    number = open_case(None).number
    city, county = desk(city_officer), desk(dawa_officer)
    city.goto(f"/cases/{number}/")
    say(city, "派发", 承办县区=factories.DAWA, 说明="请三日内办结")
    stands(city, "待签收")
    county.goto(f"/cases/{number}/")
    say(county, "签收")
    say(county, "记录办理", 办理情况="已约谈驾驶员")
    stands(county, "待反馈")
    say(county, "申请延期", 延至="2099-01-05T10:00", 延期理由="当事人在外地")
    expect(county.get_by_role("heading", name="延期申请")).to_be_visible()
    city.reload()
    say(city, "同意延期")
    expect(city.locator(".page-head").get_by_text(re.compile(r"剩 \d{5} 天"))).to_be_visible()
    county.reload()
    say(county, "反馈", 属实="", 办理结果="属实，已批评教育")
    stands(county, "待核查")
    city.reload()
    say(city, "退回", 退回原因="缺少询问笔录")
    stands(city, "已退回")
    county.reload()
    say(county, "记录办理", 办理情况="已补询问笔录")
    say(county, "反馈", 属实="", 办理结果="属实，笔录已附")
    stands(county, "待核查")
    city.reload()
    say(city, "核查通过")
    stands(city, "待办结")
    say(city, "办结")
    stands(city, "已办结")
    say(city, "归档")
    stands(city, "已归档")
    case = Case.objects.get(number=number)
    assert (case.returned_times, case.outcome) == (1, "substantiated")


def test_a_supervision_is_opened_answered_and_reviewed(desk, city_officer, dawa_officer, approver):
    number = open_case().number
    city, county = desk(city_officer), desk(dawa_officer)
    city.goto(f"/cases/{number}/")
    say(city, "督办", 督办级别="2", 督办领导=str(approver.pk), 督办要求="三日内办结并书面回复")
    panel = city.locator(".panel", has=city.get_by_role("heading", name="督办", exact=True))
    expect(panel).to_contain_text("待回复")
    expect(panel).to_contain_text("approver")
    county.goto(f"/cases/{number}/")
    say(county, "督办回复", 督办回复="已联系当事人，周五前办结")
    city.reload()
    say(city, "督办审查", 审查通过="")
    expect(city.locator(".panel", has=city.get_by_role("heading", name="督办", exact=True))).to_contain_text("审查通过")


def test_ticked_cases_are_dispatched_in_one_act_and_the_refused_one_is_named(desk, city_officer, dawa_officer):
    cases, out = [open_case(None) for _ in range(3)], open_case()
    page = desk(city_officer)
    page.goto("/cases/")
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.locator("[data-tick-all]").check()
    expect(page.locator("[data-bulk-count]")).to_have_text("4")
    page.locator("[data-bulk]").get_by_role("button", name="派发", exact=True).click()
    expect(page.get_by_text("逐件办理")).to_be_visible()
    page.get_by_label("承办县区").select_option(factories.DAWA)
    page.get_by_role("button", name="派发 4 件").click()
    expect(page.get_by_text("共 4 件，已办理 3 件，未办理 1 件")).to_be_visible()
    expect(page.locator("[data-refused]")).to_contain_text(out.number)
    assert {Case.objects.get(pk=case.pk).state for case in cases} == {"dispatched"}
