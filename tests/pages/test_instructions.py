"""An instruction in the browser: a faulty list mended and sent, results by keyboard, progress that moves by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from datacenter.instructions.models import Instruction, InstructionItem, InstructionTask
from tests import factories
from tests.conftest import wait_for
from tests.instructions.papers import issue

pytestmark = pytest.mark.pages


def results() -> list[str]:
    return list(InstructionItem.objects.order_by("position").values_list("result", flat=True))


def test_a_faulty_list_is_shown_line_by_line_mended_and_sent(desk, city_officer):
    factories.make_vehicle("辽L20001"), factories.make_vehicle("辽L20002")
    page = desk(city_officer)
    page.keyboard.press("g")
    page.keyboard.press("z")
    page.get_by_role("link", name="拟稿下发").click()
    page.wait_for_load_state("networkidle")
    page.get_by_label("专项整治").check()
    page.get_by_label("标题").fill("冬季危货运输检查")
    page.get_by_label("内容", exact=False).first.fill("逐辆检查")
    due = timezone.localtime(timezone.now() + timedelta(days=2))
    page.get_by_label("反馈期限").fill(f"{due:%Y-%m-%dT%H:%M}")
    page.get_by_label("大洼区").check()
    page.get_by_label("车辆：输入或粘贴车牌").fill("辽L20001\n辽L2OO02")
    page.get_by_role("button", name="下发").click()
    fault = page.get_by_role("row").filter(has_text="辽L2OO02")
    expect(fault).to_contain_text("GA 36")
    expect(page.get_by_label("标题")).to_have_value("冬季危货运输检查")
    page.get_by_label("车辆：输入或粘贴车牌").fill("辽L20001\n辽L20002")
    page.get_by_role("button", name="校验").click()
    expect(page.locator("[data-checked]")).to_contain_text("大洼区")
    assert not Instruction.objects.exists()
    page.get_by_role("button", name="下发").click()
    expect(page.get_by_role("heading", name="冬季危货运输检查", level=1)).to_be_visible()
    assert InstructionItem.objects.count() == 2


def test_by_keyboard_results_are_recorded_and_the_citys_table_moves_by_itself(desk, city_officer, dawa_officer):
    fleet = [factories.make_vehicle(f"辽L3000{number}") for number in range(4)]
    instruction = issue(city_officer, vehicles=fleet)
    city = desk(city_officer)
    city.goto(f"/instructions/{instruction.pk}/")
    line = city.locator("#instruction-progress tr[data-county='211104']")
    expect(line).to_contain_text("待签收")
    page = desk(dawa_officer)
    page.goto(f"/instructions/{instruction.pk}/")
    page.get_by_role("button", name="签收").click()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("1")
    expect(page.locator("#instruction-items")).to_contain_text("已查无问题")
    expect(page.locator("[data-row].is-selected")).to_have_attribute(
        "data-item", str(instruction.items.get(position=2).pk)
    )
    page.keyboard.press("3")
    wait_for(lambda: results()[:2] == ["checked", "not_found"], 10, "two results")
    expect(page.locator("[data-row].is-selected")).to_have_attribute(
        "data-item", str(instruction.items.get(position=3).pk)
    )
    page.keyboard.press("l")
    expect(page.locator("#instruction-items .case-number")).to_have_count(1)
    wait_for(lambda: results()[2] == "finding", 10, "a case")
    expect(page.locator("[data-row].is-selected")).to_have_attribute(
        "data-item", str(instruction.items.get(position=4).pk)
    )
    page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("已勾选 1 项")
    page.get_by_label("结果", exact=True).last.select_option("transferred")
    page.get_by_role("button", name="登记勾选的").click()
    wait_for(lambda: results() == ["checked", "not_found", "finding", "transferred"], 10, "all results")
    page.get_by_label("反馈内容").fill("已全部检查")
    page.get_by_role("button", name="反馈").click()
    expect(page.locator("#instruction-progress")).to_contain_text("按时")
    expect(line).to_contain_text("已反馈", timeout=10_000)
    expect(line).to_contain_text("4 / 4")
    city.reload()
    city.get_by_text("通过…").click()
    city.get_by_role("button", name="通过").click()
    expect(line).to_contain_text("已通过")
    assert InstructionTask.objects.get().state == "passed"
