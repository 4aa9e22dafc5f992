"""Signing in, in the browser."""

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD

pytestmark = pytest.mark.pages


def test_one_signs_in_sees_what_is_to_do_and_signs_out(desk, dawa_officer):
    page = desk()
    page.get_by_label("用户名").fill(dawa_officer.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="今日待办")).to_be_visible()
    expect(page.get_by_role("navigation", name="现在要我做什么")).to_contain_text("待签收")
    expect(page.get_by_role("navigation", name="主导航")).not_to_contain_text("隔离报文")
    page.get_by_text(dawa_officer.display_name).first.click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="登录")).to_be_visible()
    page.goto("/cases/")
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_a_wrong_password_keeps_the_name_and_says_what_is_left(desk, dawa_officer):
    page = desk()
    page.get_by_label("用户名").fill("dawa")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("还可以尝试 4 次")
    expect(page.get_by_label("用户名")).to_have_value("dawa")
