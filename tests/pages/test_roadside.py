"""A roadside check in the browser: ordered from the case, answered on a phone that lost its network, back live."""

import pytest
from playwright.sync_api import expect

from datacenter.cases.models import CaseAttachment
from datacenter.roadside.models import Patrol, RoadsideCheck
from tests import factories
from tests.cases.opening import open_case
from tests.cases.test_pages import picture
from tests.conftest import wait_for
from tests.roadside.patrols import make_enforcer, make_patrol, order

pytestmark = pytest.mark.pages
PHONE = {"width": 390, "height": 844}


def on_phone(desk, user):
    """A desk in the pocket."""
    page = desk(user)
    page.set_viewport_size(PHONE)
    return page


def fits(page) -> bool:
    """Whether nothing sticks out to the side."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_case_to_the_road_and_back_over_a_lost_network(desk, dawa_officer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    enforcer = make_enforcer()
    make_patrol(enforcer)
    case = open_case(factories.make_vehicle("辽L44444"), latitude_e6=40_992_450, longitude_e6=122_066_240)
    office = desk(dawa_officer)
    office.goto(f"/cases/{case.number}/")
    office.get_by_role("link", name="派路面核查").click()
    expect(office.get_by_role("radio")).to_be_checked()
    office.get_by_label("核查要求").fill("查验押运员资格")
    office.get_by_role("button", name="派单").click()
    block = office.get_by_role("region", name="路面核查")
    expect(block).to_contain_text("待接单")

    phone = on_phone(desk, enforcer)
    phone.goto("/m/checks/")
    phone.get_by_role("link", name="辽L").click()
    expect(phone.get_by_text("查验押运员资格")).to_be_visible()
    assert fits(phone)
    phone.get_by_role("button", name="接单").click()
    expect(block).to_contain_text("前往中", timeout=15_000)
    phone.wait_for_load_state("networkidle")
    phone.get_by_label("找到", exact=True).check()
    phone.get_by_label("相符", exact=True).check()
    phone.get_by_label("情况说明").fill("押运员无证")
    photo = picture("现场.jpg")
    phone.get_by_label("照片").set_input_files({"name": photo.name, "mimeType": "image/jpeg", "buffer": photo.read()})
    expect(phone.get_by_text("已选 现场.jpg")).to_be_visible()
    phone.route("**/answer/", lambda route: route.abort())
    phone.get_by_role("button", name="提交结果").click()
    expect(phone.get_by_text("没有网络，已暂存在本机")).to_be_visible()
    assert not RoadsideCheck.objects.filter(state="answered").exists()

    phone.reload()  # the phone was put away meanwhile: words, photo and attempt are still there
    expect(phone.get_by_label("情况说明")).to_have_value("押运员无证")
    expect(phone.get_by_text("已选 现场.jpg")).to_be_visible()
    phone.unroute("**/answer/")
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.get_by_text("找到车辆，与涉嫌情况相符")).to_be_visible()
    assert CaseAttachment.objects.get().name == "现场.jpg"
    expect(block).to_contain_text("找到车辆，与涉嫌情况相符", timeout=15_000)
    expect(block).to_contain_text("押运员无证")
    assert fits(phone)


def test_duty_and_the_visible_switch_of_the_phones_place(desk, city_officer):
    enforcer, patrol = make_enforcer(), make_patrol()
    phone = on_phone(desk, enforcer)
    phone.context.grant_permissions(["geolocation"])
    phone.context.set_geolocation({"latitude": 40.99245, "longitude": 122.06624, "accuracy": 9})
    phone.goto("/m/checks/")
    phone.get_by_role("button", name="巡逻 1 车").click()
    switch = phone.get_by_role("switch")
    expect(switch).to_have_attribute("aria-checked", "false")
    assert Patrol.objects.get().latitude_e6 is None
    switch.click()
    expect(phone.get_by_text("位置已上报")).to_be_visible()
    assert Patrol.objects.get().latitude_e6 == 40_992_450
    assert fits(phone)
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert Patrol.objects.get().latitude_e6 is None
    phone.get_by_role("button", name="下勤").click()
    expect(phone.get_by_text("选择巡逻车上勤")).to_be_visible()
    assert not Patrol.objects.get(pk=patrol.pk).on_duty


def test_an_order_shows_up_by_itself_and_is_declined_with_a_reason(desk, dawa_officer):
    enforcer = make_enforcer()
    patrol = make_patrol(enforcer)
    phone = on_phone(desk, enforcer)
    phone.goto("/m/checks/")
    expect(phone.get_by_text("没有待办的核查单")).to_be_visible()
    check = order(dawa_officer, patrol)
    phone.get_by_role("link", name="辽L").click(timeout=20_000)
    phone.get_by_text("不能前往，拒单…").click()
    phone.get_by_label("距离过远，无法按时到达").check()
    phone.get_by_role("button", name="拒单").click()
    expect(phone.get_by_text("已拒单").first).to_be_visible()
    wait_for(lambda: RoadsideCheck.objects.get(pk=check.pk).decline_reason == "far", 5, "the reason")
