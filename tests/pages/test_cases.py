"""A case's errands in the browser: it appears by itself, is handled with a photo, and nothing typed is lost."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from datacenter.cases import workflow
from tests import factories
from tests.cases.test_pages import open_case

pytestmark = pytest.mark.pages


def a_photo(name: str) -> dict[str, object]:
    content = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(content, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": content.getvalue()}


def test_a_new_case_appears_within_two_seconds_in_its_county_only(desk, dawa_officer, panshan_officer):
    dawa, panshan = desk(dawa_officer), desk(panshan_officer)
    for page in (dawa, panshan):
        page.goto("/cases/")
        expect(page.get_by_role("status").first).to_have_text("实时")
    case = open_case(factories.DAWA)
    row = dawa.locator(f"[data-number='{case.number}']")
    expect(row).to_be_visible(timeout=2000)
    expect(row).to_have_class(re.compile("is-new"))
    expect(dawa.locator(".tabs a", has_text="待签收")).to_contain_text("1")
    expect(panshan.get_by_text("还没有案件")).to_be_visible()


def test_a_county_handles_a_case_by_keyboard_and_form(desk, dawa_officer):
    case = open_case(factories.DAWA)
    page = desk(dawa_officer)
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="案件")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=case.title)).to_be_visible()
    page.get_by_role("button", name="签收").click()
    expect(page.locator(".page-head").get_by_text("办理中")).to_be_visible()

    typed = "已约谈企业负责人，调取视频核对。"
    page.get_by_label("办理情况").fill(typed)
    page.get_by_label("现场照片").set_input_files(
        [{"name": "不是照片.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"}]
    )
    page.get_by_role("button", name="记录办理").click()
    expect(page.get_by_text("不是照片.jpg 不是可识别的照片")).to_be_visible()
    expect(page.get_by_label("办理情况")).to_have_value(typed)
    page.get_by_label("现场照片").set_input_files([a_photo("现场1.jpg"), a_photo("现场2.jpg")])
    page.get_by_role("button", name="记录办理").click()
    expect(page.locator(".event", has_text=typed).locator("img")).to_have_count(2)

    page.get_by_text("反馈…").click()
    page.get_by_role("button", name="反馈", exact=True).click()
    expect(page.get_by_text("请填写办理结果")).to_be_visible()
    page.get_by_label("属实", exact=True).check()
    page.get_by_label("办理结果").fill("属实，已处罚。")
    page.get_by_role("button", name="反馈", exact=True).click()
    expect(page.locator(".page-head").get_by_text("待核查")).to_be_visible()


def test_what_can_not_be_undone_is_asked_first(desk, city_officer, dawa_officer):
    case = workflow.accept_case(open_case(), by=dawa_officer)
    workflow.feed_back_case(case, by=dawa_officer, result="属实")
    page = desk(city_officer)
    page.goto(f"/cases/{case.number}/")
    page.get_by_role("button", name="核查通过").click()
    page.get_by_role("button", name="取消").click()
    expect(page.locator(".page-head").get_by_text("待核查")).to_be_visible()
    page.get_by_role("button", name="核查通过").click()
    page.get_by_role("button", name="确定").click()
    expect(page.locator(".page-head").get_by_text("待办结")).to_be_visible()


def test_another_officers_act_is_told_on_the_open_page(desk, city_officer, dawa_officer):
    case = open_case()
    page = desk(city_officer)
    page.goto(f"/cases/{case.number}/")
    expect(page.get_by_role("status").first).to_have_text("实时")
    workflow.accept_case(case, by=dawa_officer)
    expect(page.get_by_text("这个案件刚刚有变动")).to_be_visible(timeout=3000)


def test_filters_draw_the_rows_again_and_stand_in_the_address(desk, city_officer):
    here, there = open_case(factories.DAWA), open_case(factories.PANSHAN)
    page = desk(city_officer)
    page.goto("/cases/")
    page.get_by_label("县区").select_option(factories.PANSHAN)
    expect(page.locator(f"[data-number='{here.number}']")).to_have_count(0)
    expect(page.locator(f"[data-number='{there.number}']")).to_be_visible()
    expect(page).to_have_url(re.compile(f"county={factories.PANSHAN}"))
    page.reload()
    expect(page.get_by_label("县区")).to_have_value(factories.PANSHAN)
    expect(page.locator(f"[data-number='{here.number}']")).to_have_count(0)
