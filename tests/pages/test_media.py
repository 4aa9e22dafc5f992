"""Pictures and alarms in the browser: found, opened large, stepped through."""

import io
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests import factories
from tests.media.conftest import NOW, dsm, make_alarm
from tests.media.test_pages import make_file

pytestmark = pytest.mark.pages


def street(number: int) -> bytes:
    """A picture that is no other's."""
    image = Image.new("RGB", (640, 480), (60 + number * 3 % 150, 90, 120))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 480), (260, 220), (380, 220), (640, 480)], fill=(70, 74, 80))
    draw.text((20, 20), f"CH1 {number:03d}", fill="white")
    content = io.BytesIO()
    image.save(content, "JPEG")
    return content.getvalue()


def test_a_picture_opens_large_and_arrows_step_on(desk, dawa_officer, hazmat_company):
    truck = factories.make_vehicle("辽L77777", hazmat_company)
    for number in range(3):
        make_file(truck, street(number), reason=f"第{number}张", received_at=NOW - timedelta(minutes=number))
    page = desk(dawa_officer)
    page.get_by_role("link", name="多媒体").click()
    page.get_by_role("img").nth(0).click()
    dialog = page.get_by_role("dialog", name="大图")
    expect(dialog).to_contain_text("第0张")
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("第1张")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(dialog).to_contain_text("第2张")
    dialog.get_by_role("button", name="关闭").click()
    expect(dialog).to_be_hidden()


def test_an_alarm_leads_to_its_pictures(desk, dawa_officer, panshan_officer, hazmat_company):
    truck = factories.make_vehicle("辽L77777", hazmat_company)
    alarm = make_alarm(truck, alarm=dsm(3), event=3, title="抽烟", state="complete", attachments_received=1)
    make_file(truck, street(1), alarm=alarm, reason="抽烟", source="attachment")
    page = desk(dawa_officer)
    page.get_by_role("link", name="主动安全", exact=True).click()
    page.get_by_role("row", name="抽烟").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="抽烟", level=1)).to_be_visible()
    expect(page.get_by_role("figure")).to_have_count(1)
    other = desk(panshan_officer)
    other.goto("/datacenter/safety/")
    expect(other.get_by_text("还没有主动安全报警")).to_be_visible()
