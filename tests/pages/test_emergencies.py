"""A driver presses the button; the officer hears it on whatever page, takes it, sees the photo, closes it."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import expect

from datacenter.gateway.authentication import GatewayDirectory
from datacenter.gateway.server import Gateway
from datacenter.protocols.jt808.messages import TerminalReply
from datacenter.registry.models import Vehicle
from tests import factories
from tests.gateway.conftest import QUICK
from tests.gateway.terminal import Terminal, location

pytestmark = pytest.mark.pages
PHONE = "13900000088"


class Cab:
    """A terminal on a gateway, both on a loop in a thread of their own, for tests that sit before a browser."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Cab:
        self._thread.start()
        self._do(self._connect())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def report(self, alarms: int) -> None:
        """One position, now."""
        at = datetime.now(UTC).replace(microsecond=0)
        self._do(self._terminal.send(replace(location(0), alarms=alarms, device_time=at)))

    def order(self) -> Any:
        """The next order that reaches the terminal; it is acknowledged."""
        return self._do(self._order())

    async def _connect(self) -> None:
        directory = await asyncio.to_thread(self._directory)
        self._gateway = Gateway(directory, port=0, limits=QUICK, redis_url=self._redis_url)
        await self._gateway.start()
        self._terminal = Terminal(self._gateway.port, PHONE)
        await self._terminal.__aenter__()
        assert await self._terminal.authenticate() == 0

    def _directory(self) -> GatewayDirectory:
        try:
            return GatewayDirectory.load()
        finally:
            connections.close_all()

    async def _order(self) -> Any:
        event = await self._terminal.next(10)
        await self._terminal.send(TerminalReply(event.header.serial, event.message.message_id, 0))
        return event.message

    async def _leave(self) -> None:
        await self._terminal.__aexit__()
        await self._gateway.stop()

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)


@pytest.fixture
def taxi(counties: Any, tracks: None) -> Vehicle:
    vehicle = factories.make_vehicle("辽LT0088", kind=Vehicle.Kind.TAXI)
    factories.make_terminal(vehicle, PHONE)
    return vehicle


@pytest.fixture
def cab(taxi: Vehicle, settings: Any) -> Iterator[Cab]:
    with Cab(settings.REDIS_URL) as cab:
        yield cab


def test_a_pressed_button_is_heard_taken_ordered_for_and_closed(desk, dawa_officer, panshan_officer, cab):
    here, elsewhere = desk(dawa_officer), desk(panshan_officer)
    here.goto("/vehicles/")
    here.locator("h1").first.click()  # a browser is silent until its reader has clicked
    cab.report(alarms=0)
    pressed = time.monotonic()
    cab.report(alarms=1)
    bar = here.get_by_role("alert").filter(has_text="紧急报警")
    expect(bar).to_contain_text("辽LT0088", timeout=3000)
    heard_s = time.monotonic() - pressed
    expect(bar.get_by_role("button")).to_have_attribute("data-sound", "ringing")
    expect(bar.locator("[data-clock]")).to_have_text(re.compile(r"\d+ 秒"))
    assert heard_s < 2.0
    expect(elsewhere.locator("[data-emergency-bar]")).to_be_hidden()

    bar.get_by_role("link").click()
    expect(here.get_by_role("heading", name="紧急报警台")).to_be_visible()
    expect(here.locator("[data-degrees]")).to_have_text("122.060000, 41.120000")
    here.keyboard.press("a")
    expect(here.locator("#call-body")).to_have_attribute("data-state", "acknowledged")
    expect(here.locator("[data-emergency-bar]")).to_be_hidden()

    here.get_by_role("button", name="车内拍照").click()
    assert cab.order().message_id == 0x8801
    expect(here.locator(".event", has_text="车内拍照")).to_contain_text("终端已应答", timeout=8000)
    here.get_by_label("回拨至").first.fill("04271234567")
    here.get_by_role("button", name="监听").click()
    heard = cab.order()
    assert (heard.message_id, heard.flag, heard.phone) == (0x8400, 1, "04271234567")

    here.get_by_label("处置情况").fill("驾驶员称误触，正在核对")
    cab.report(alarms=0)
    here.get_by_role("button", name="记录", exact=True).click()
    expect(here.locator(".event", has_text="驾驶员称误触")).to_be_visible()

    here.locator("summary", has_text="结束").click()
    here.get_by_label("误触误报").check()
    here.locator("[data-verb=close] textarea").fill("已电话核实")
    here.locator("[data-verb=close] button[type=submit]").click()
    here.get_by_role("button", name="确定").click()
    expect(here.locator("#call-body")).to_have_attribute("data-state", "closed")
    here.goto("/emergencies/history/")
    expect(here.locator("tr", has_text="辽LT0088")).to_contain_text("误触误报")


def test_a_call_that_another_officer_takes_falls_silent_everywhere(desk, dawa_officer, city_officer, cab):
    dawa, city = desk(dawa_officer), desk(city_officer)
    for page in (dawa, city):
        page.goto("/emergencies/")
        expect(page.get_by_text("没有需要处置的紧急报警")).to_be_visible()
        page.locator("h1").click()
    cab.report(alarms=1)
    for page in (dawa, city):
        expect(page.locator("#call-body")).to_have_attribute("data-state", "ringing", timeout=5000)
    city.locator("[data-verb=note]").wait_for(state="detached")
    dawa.get_by_role("button", name="接警").click()
    expect(city.locator("#call-body")).to_have_attribute("data-state", "acknowledged", timeout=5000)
    expect(city.locator("[data-emergency-bar]")).to_be_hidden()
