"""A complaint from the call to its close: logged by keyboard alone, handed on, unsatisfied, handled again, closed."""

import re

import pytest
from playwright.sync_api import expect

from complaints.orders.models import Order
from datacenter.registry.models import Company, Vehicle
from tests import factories
from tests.pages.test_loop import say, stands

pytestmark = pytest.mark.pages


@pytest.fixture
def taxi(transactional_db, counties):
    company = factories.make_company("盘锦大洼出租汽车有限公司", factories.DAWA, Company.Kind.TAXI)
    return factories.make_vehicle("辽LT1234", company, kind=Vehicle.Kind.TAXI)


def handle(page, number, result):
    """The county's officer takes the case, handles it and reports."""
    page.goto(f"/cases/{number}/")
    say(page, "签收")
    stands(page, "办理中")
    say(page, "记录办理", 办理情况="已约谈驾驶员")
    stands(page, "待反馈")
    say(page, "反馈", 属实="", 办理结果=result)
    stands(page, "待核查")


def verify(page, order):
    """The operator checks the result on the case's page and comes back to the order."""
    page.goto(f"/cases/{order.case.number}/")
    say(page, "核查通过")
    stands(page, "待办结")
    page.goto(f"/complaints/orders/{order.number}/")
    stands(page, "待回访")


def call_back(page, **said):
    """Write a call-back down: radios are checked, words filled in."""
    form = page.locator("form.verb", has=page.get_by_role("button", name="记录回访"))
    form.get_by_label("已接通").check()
    form.get_by_label(said["satisfied"], exact=True).check()
    if reason := said.get("reason"):
        form.get_by_label("不满意原因").fill(reason)
    form.get_by_role("button", name="记录回访").click()


def test_a_complaint_by_keyboard_alone_is_handed_on_and_closed_when_the_caller_is_satisfied(
    desk, hotline_operator, dawa_officer, taxi
):
    operator, county = desk(hotline_operator), desk(dawa_officer)
    operator.goto("/complaints/")
    expect(operator.get_by_label("来话号码")).to_be_focused()
    keys = operator.keyboard
    keys.type("13900001234")
    keys.press("Tab")
    keys.type("慕容晓")
    keys.press("Alt+2")
    keys.type("1")
    expect(operator.get_by_label("怎么知道的")).to_be_visible()
    keys.press("Alt+1")
    expect(operator.get_by_label("怎么知道的")).to_have_count(0)
    expect(operator.get_by_label("子类别")).to_be_focused()
    keys.type("1")
    expect(operator.get_by_label("当时顶灯")).to_be_visible()
    keys.press("Alt+c")
    keys.type("空车拒载，司机说交班")
    keys.press("Tab")
    expect(operator.get_by_label("当时顶灯")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Alt+p")
    keys.type("T1234")
    expect(operator.locator("#beside")).to_contain_text("盘锦大洼出租汽车有限公司")
    keys.press("Alt+t")
    keys.press("Control+Enter")
    expect(operator.locator(".console-logged")).to_contain_text("办理中")
    order = Order.objects.select_related("case").get()
    assert (order.plate, order.vehicle_id, order.county_id) == ("辽LT1234", taxi.pk, factories.DAWA)
    assert order.answers == {"light": "空车"}
    assert order.caller_phone == "13900001234"
    handle(county, order.case.number, "属实，已批评教育")
    expect(county.locator(".panel", has=county.get_by_role("heading", name="热线工单"))).to_contain_text("空车拒载")
    verify(operator, order)
    call_back(operator, satisfied="不满意", reason="司机没有道歉")
    stands(operator, "办理中")
    expect(operator.locator(".page-head")).to_contain_text("重办 1 次")
    handle(county, order.case.number, "司机已当面道歉")
    verify(operator, order)
    call_back(operator, satisfied="满意")
    stands(operator, "已办结")
    order.refresh_from_db()
    assert (order.state, order.satisfaction, order.case.state) == ("closed", "satisfied", "closed")


def test_beside_a_second_call_stand_the_first_and_the_nearest_plates(desk, hotline_operator, dawa_officer, taxi):
    page = desk(hotline_operator)
    page.goto("/complaints/")
    page.get_by_label("来话号码").fill("13900001234")
    page.get_by_role("button", name=re.compile("咨询")).click()
    page.get_by_label("子类别").select_option(label="1 公交线路、时刻")
    page.get_by_role("textbox", name="内容", exact=True).fill("末班车几点")
    page.get_by_label("答复内容").fill("20:30")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".console-logged")).to_contain_text("已办结")
    page.get_by_label("来话号码").press_sequentially("13900001234")
    expect(page.locator("#beside")).to_contain_text("来过 1 次")
    page.get_by_role("combobox", name="车牌").press_sequentially("辽LT1243 辽LX0000")
    expect(page.locator("#beside")).to_contain_text("辽LT1243 没有登记")
    expect(page.locator("#beside")).to_contain_text("也没有相近的")
    page.get_by_role("button", name=re.compile("辽LT1234")).click()
    expect(page.locator("#beside .plate")).to_be_visible()
    page.evaluate("document.dispatchEvent(new CustomEvent('call:ringing', {detail: {number: '13700000000', call: 5}}))")
    expect(page.get_by_label("来话号码")).to_have_value("13900001234")  # what is being typed is never taken away


def test_a_citizen_complains_on_the_phone_and_asks_how_it_stands(desk, hotline_operator, dawa_officer, taxi):
    page = desk(hotline_operator)
    page.context.clear_cookies()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/travel/complain/")
    page.get_by_label("事项").select_option(label="出租车绕道")
    page.get_by_label("发生了什么").fill("从车站到医院绕了一大圈")
    page.get_by_label("车牌").fill("辽LT1234")
    page.get_by_label("联系电话").fill("13900001234")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="提交").click()
    number, receipt = page.locator("[data-number]").inner_text(), page.locator("[data-receipt]").inner_text()
    page.get_by_role("link", name="查询进度").click()
    page.get_by_label("工单号").fill(number)
    page.get_by_label("查询码").fill(receipt)
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".phone-card")).to_contain_text("待转办")
    expect(page.locator(".phone-card")).to_contain_text("受理登记")
