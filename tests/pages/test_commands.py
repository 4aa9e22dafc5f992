"""Orders as an officer gives them: a text and a photo from the drawer, and one to a vehicle that is not online."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from datacenter.accounts.models import User
from datacenter.registry.models import Company, Vehicle
from datacenter.simulator.single import SimulatedTerminal, a_vehicle, running
from tests import factories
from tests.pages.conftest import Desk

pytestmark = pytest.mark.pages
PHONE, PLATE = "13904270077", "辽LH0077"


@pytest.fixture
def truck(hazmat_company: Company) -> Vehicle:
    vehicle = factories.make_vehicle(PLATE, hazmat_company)
    factories.make_terminal(vehicle, PHONE, edition="2013", terminal_id="")
    return vehicle


def terminal_at(port: int) -> SimulatedTerminal:
    facts = {"phone": PHONE, "plate": PLATE, "edition": "2013", "plate_colour": 2, "terminal_id": ""}
    return SimulatedTerminal(a_vehicle(**facts), port=port)


def drawer_of(page: Page, truck: Vehicle) -> object:
    page.goto(f"/map/?vehicle={truck.pk}")
    drawer = page.get_by_role("complementary", name="车辆", exact=True)
    expect(drawer.get_by_role("button", name="文本下发")).to_be_visible(timeout=15_000)
    return drawer


def test_a_text_and_a_photo_go_from_the_drawer_and_both_arrive(
    desk: Desk, dawa_officer: User, truck: Vehicle, intake: int
) -> None:
    page = desk(dawa_officer)
    with running(terminal_at(intake)) as terminal:
        drawer = drawer_of(page, truck)
        drawer.get_by_role("button", name="文本下发").click()
        drawer.get_by_label("文本内容").fill("前方积水，请绕行")
        drawer.get_by_role("button", name="下发", exact=True).click()
        expect(drawer.get_by_text("终端已应答")).to_be_visible(timeout=10_000)
        assert terminal.texts == ["前方积水，请绕行"]

        drawer.get_by_role("button", name="拍照").click()
        drawer.get_by_role("button", name="下发", exact=True).click()
        expect(drawer.get_by_text("已回复")).to_be_visible(timeout=10_000)
        photo = drawer.get_by_role("img").first
        expect(photo).to_be_visible(timeout=20_000)
        assert photo.evaluate("image => image.complete && image.naturalWidth > 0")


def test_an_order_to_a_vehicle_that_is_away_goes_when_it_comes(
    desk: Desk, dawa_officer: User, truck: Vehicle, intake: int
) -> None:
    page = desk(dawa_officer)
    drawer = drawer_of(page, truck)
    drawer.get_by_role("button", name="文本下发").click()
    drawer.get_by_label("文本内容").fill("请回电值班室")
    drawer.get_by_role("button", name="下发", exact=True).click()
    expect(drawer.get_by_text("终端上线后下发")).to_be_visible()
    with running(terminal_at(intake)) as terminal:
        expect(drawer.get_by_text("终端已应答")).to_be_visible(timeout=10_000)
        assert terminal.texts == ["请回电值班室"]
