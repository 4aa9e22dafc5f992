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


def test_zz_look(desk, city_officer, dawa_officer, hazmat_company):
    truck = factories.make_vehicle("辽L77777", hazmat_company)
    page = desk(dawa_officer)
    page.goto("/datacenter/media/"); page.screenshot(path="/tmp/look_empty.png")
    page.goto("/datacenter/safety/"); page.screenshot(path="/tmp/look_safety_empty.png")
    from datacenter.protocols.active_safety.record import StateBlock
    from datacenter.protocols.wire import GMT8
    import wave
    for number in range(58):
        make_file(truck, street(number), reason=["定时动作","碰撞侧翻报警触发","车门由开变关，车速从小于20km/h到超过20km/h"][number%3], received_at=NOW - timedelta(minutes=number*7))
    make_file(truck, b"RIFF\x24\0\0\0WAVEfmt " + bytes(28), reason="录音", source="taxi_recording", channel=None)
    make_file(truck, b"\0\0\0\x01\x67" + bytes(99999), reason="抽烟", source="attachment", channel=65)
    titles=["抽烟","接打电话","疲劳驾驶","前向碰撞","车道偏离","未定义事件 0x0A"]
    states=["complete","uploading","requested","unreachable","none"]
    for number in range(60):
        make_alarm(truck, title=titles[number%6], level=number%3, state=states[number%5], attachments_received=number%3, attachments_expected=0 if number%5==4 else 3, received_at=NOW-timedelta(minutes=number*3), device_time=NOW-timedelta(minutes=number*3,seconds=5), counter=number)
    alarm = make_alarm(truck, title="抽烟", level=2, state="complete", attachments_received=3, attachments_expected=3, counter=999)
    for n in range(2): make_file(truck, street(90+n), alarm=alarm, source="attachment", reason="抽烟", channel=65)
    block = b"".join(StateBlock(20, i, 0, 3, 41.1, 122.0, 5, 61.5-i, 90, NOW.astimezone(GMT8), 0, 0, 0, 0, 0, 0, 60.0, 59.0, 3, 20, i, 0, 1500-i*10, 12, 0).pack() for i in range(20))
    make_file(truck, block, alarm=alarm, source="attachment", reason="抽烟", channel=0)
    for who, p in (("dawa", page), ("city", desk(city_officer))):
        p.goto("/datacenter/media/"); p.wait_for_timeout(800); p.screenshot(path=f"/tmp/look_{who}_gallery.png")
        p.goto("/datacenter/safety/"); p.screenshot(path=f"/tmp/look_{who}_alarms.png")
        p.goto(f"/datacenter/safety/{alarm.pk}/"); p.wait_for_timeout(500); p.screenshot(path=f"/tmp/look_{who}_alarm.png", full_page=True)
    page.goto("/datacenter/media/"); page.get_by_role("img").nth(0).click(); page.wait_for_timeout(500); page.screenshot(path="/tmp/look_large.png")
    page.goto(f"/vehicles/{truck.pk}/"); page.wait_for_timeout(500); page.screenshot(path="/tmp/look_vehicle.png", full_page=True)
