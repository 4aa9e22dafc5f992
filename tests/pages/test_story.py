"""The whole story in the browser: a truck speeds in Dawa, its county handles it, the city verifies and closes it.

Every process is real: terminals over TCP, gateway, Celery workers, PostgreSQL, Valkey, the web process, Chromium.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from datacenter.accounts.demo import PASSWORD
from datacenter.simulator.fleet import PANSHAN, demo_fleet
from tests.stack import Stack

pytestmark = pytest.mark.pages


@pytest.fixture(scope="module")
def stack(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole house with the demo city, without the demo's fleet."""
    house = Stack(tmp_path_factory.mktemp("house"))
    try:
        yield house.start("web", "gateway", "shard-0", "shard-1", "worker")
    finally:
        house.stop()


@pytest.fixture
def desks(stack: Stack, browser: Browser) -> Iterator[dict[str, Page]]:
    """Three officers at their desks, each signed in at the login page, with the case list open."""
    stack.wait(lambda: _up(stack), 30, lambda: "the web process")
    pages = {}
    for username in ("city", "dawa", "panshan"):
        page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
        page.goto(f"{stack.url}/cases/")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("heading", name="案件")).to_be_visible()
        expect(page.locator("[data-live]")).to_have_attribute("data-state", "live", timeout=15_000)
        pages[username] = page
    yield pages
    for page in pages.values():
        page.context.close()


def _up(stack: Stack) -> bool:
    from tests.conftest import answers

    return answers(f"{stack.url}/healthz")


def photo() -> dict[str, Any]:
    """A real JPEG."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 90)).save(buffer, "JPEG")
    return {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def act(page: Page, button: str, *, confirmed: bool = False) -> None:
    """Press a button of the case's panel, and say yes where the page asks before what can't be undone."""
    page.get_by_role("button", name=button, exact=True).first.click()
    if confirmed:
        page.locator("[data-confirm-yes]").click()


def test_a_truck_speeds_in_dawa_and_the_case_goes_round(stack: Stack, desks: dict[str, Page]) -> None:
    # Registered in Panshan, caught in Dawa: the case is Dawa's, and Panshan does not see it.
    truck = next(v for v in demo_fleet() if v.kind == "heavy_truck" and v.county_code == PANSHAN)
    city, dawa, panshan = desks["city"], desks["dawa"], desks["panshan"]
    load = stack.simulate(
        "--scenario", "overspeed", "--plate", truck.plate, "--at", "122.0662,40.9925", "--vehicles", "1"
    )
    row = dawa.locator("tr[data-number]", has_text="超速行驶")
    expect(row.first).to_be_visible(timeout=60_000)
    seen_at = time.time()
    number = row.first.get_attribute("data-number") or ""
    ((found_at,),) = stack.query("SELECT extract(epoch FROM opened_at) FROM case_file WHERE number = %s", number)
    assert seen_at - float(found_at) <= 2.0, "the county's list must show the case within two seconds"
    report = json.loads(load.communicate(timeout=120)[0])
    assert report["acknowledged"] == report["sent"] > 0

    expect(city.locator(f"tr[data-number='{number}']")).to_be_visible(timeout=5_000)
    panshan.goto(f"{stack.url}/cases/")
    assert panshan.locator(f"tr[data-number='{number}']").count() == 0
    refused = panshan.goto(f"{stack.url}/cases/{number}/")
    assert refused is not None
    assert refused.status == 404
    assert truck.plate not in panshan.content()

    dawa.goto(f"{stack.url}/cases/{number}/")
    expect(dawa.get_by_text(truck.plate).first).to_be_visible()
    expect(dawa.get_by_text("按发生地").first).to_be_visible()
    act(dawa, "签收")
    dawa.get_by_label("办理情况").fill("已约谈驾驶员和企业安全员，驾驶员承认超速。")
    dawa.locator("input[type=file]").set_input_files([photo()])
    act(dawa, "记录办理")
    expect(dawa.locator(".event", has_text="已约谈驾驶员和企业安全员").locator("img")).to_be_visible()
    _unfold(dawa, "反馈")
    dawa.get_by_label("办理结果").fill("超速属实，企业已处理，复训合格。")
    dawa.get_by_label("属实", exact=True).check()
    act(dawa, "反馈")
    expect(dawa.locator(".page-head").get_by_text("待核查")).to_be_visible()

    city.goto(f"{stack.url}/cases/{number}/")
    expect(city.get_by_text("超速属实，企业已处理").first).to_be_visible()
    act(city, "核查通过", confirmed=True)
    expect(city.locator(".page-head").get_by_text("待办结")).to_be_visible()
    act(city, "办结")
    expect(city.locator(".page-head").get_by_text("已办结")).to_be_visible()

    verbs = [verb for (verb,) in stack.query(
        "SELECT e.verb FROM case_event e JOIN case_file c ON c.id = e.case_id WHERE c.number = %s ORDER BY e.sequence",
        number,
    )]  # fmt: skip
    assert verbs == ["collect", "dispatch", "accept", "handle", "feed_back", "verify", "close"]
    assert stack.query("SELECT count(*) FROM violation") == [(1,)]
    stack.manage("verify_chain")


def _unfold(page: Page, verb: str) -> None:
    """Unfold a verb's form where it is folded."""
    summary = page.locator("details:not([open]) > summary", has_text=verb)
    if summary.count():
        summary.first.click()
