"""Notices in the browser: the bell counts while a page is open, and less once they are read, on every page at once."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from datacenter.notices import gathering, workflow
from datacenter.notices.audience import county
from datacenter.notices.models import Notice
from datacenter.notices.workflow import Owner
from tests import factories

pytestmark = pytest.mark.pages


def tell(user, number, **facts):
    said = {"topic": "case.urged", "title": f"催办第 {number} 件", "link": "/cases/", "key": f"case:{number}", **facts}
    workflow.tell(recipients=[user], **said)


def bell(page):
    return page.get_by_role("link", name=re.compile("^通知，"))


def test_the_bell_counts_live_and_reading_on_one_page_is_known_on_the_other(desk, dawa_officer):
    at_home = desk(dawa_officer)
    expect(bell(at_home)).to_have_attribute("title", "通知，没有未读")
    tell(dawa_officer, 1)
    expect(bell(at_home)).to_have_attribute("title", "通知，1 条未读")
    tell(dawa_officer, 2, urgent=True)
    expect(bell(at_home)).to_have_attribute("title", "通知，2 条未读")
    expect(at_home.get_by_text("催办第 2 件")).to_be_visible()  # what is urgent says so wherever one is

    listed = at_home.context.new_page()
    listed.goto("/notices/")
    expect(listed.locator("[data-notice]")).to_have_count(2)
    tell(dawa_officer, 3)
    expect(listed.locator("[data-notice]")).to_have_count(3)
    listed.get_by_role("button", name="“催办第 3 件”标为已读").click()
    expect(bell(at_home)).to_have_attribute("title", "通知，2 条未读")
    expect(bell(listed)).to_have_attribute("title", "通知，2 条未读")
    listed.get_by_role("link", name="催办第 1 件").click()
    expect(listed.get_by_role("heading", name="案件", level=1)).to_be_visible()
    expect(bell(at_home)).to_have_attribute("title", "通知，1 条未读")
    listed.goto("/notices/?tab=unread")
    listed.get_by_role("button", name="全部标为已读").click()
    expect(listed.get_by_text("没有未读通知")).to_be_visible()
    expect(bell(at_home)).to_have_attribute("title", "通知，没有未读")


def test_new_dispatches_are_one_line_whose_count_grows_before_ones_eyes(desk, dawa_officer):
    page, quarter = desk(dawa_officer), gathering.window_of(timezone.now())
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.get_by_text("还没有通知")).to_be_visible()

    def dispatch(count):
        for number in range(count):
            workflow.tell_gathered(
                [county(factories.DAWA, "case.accept")], topic="case.dispatched", title=f"2026-{number:06d} 超速行驶",
                link="/cases/", key=f"case:{number}", about=Owner(county_id=factories.DAWA),
            )  # fmt: skip
        gathering.gather(quarter)

    dispatch(3)
    expect(page.get_by_role("link", name="新派案件 3 件")).to_be_visible()
    dispatch(2)
    expect(page.get_by_role("link", name="新派案件 5 件")).to_be_visible()
    expect(page.locator("[data-notice]")).to_have_count(1)
    expect(bell(page)).to_have_attribute("title", "通知，1 条未读")


def test_what_one_wants_is_kept_and_a_refusal_loses_nothing(desk, dawa_officer):
    page = desk(dawa_officer)
    page.goto("/notices/settings/")
    expect(page.get_by_text("尚未接通邮件和 Webhook")).to_be_visible()
    page.get_by_label("新派案件：邮件").check()
    page.get_by_label("开始").fill("22:00")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("开始和结束须同时填写")).to_be_visible()
    expect(page.get_by_label("新派案件：邮件")).to_be_checked()
    page.get_by_label("结束").fill("07:00")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存通知设置")).to_be_visible()
    expect(page.get_by_label("新派案件：邮件")).to_be_checked()
    expect(page.get_by_label("开始")).to_have_value("22:00")
    assert not Notice.objects.exists()
