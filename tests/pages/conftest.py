"""A browser, and desks at which officers sit: each a context of its own, signed in at the login page."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from datacenter.accounts.models import User
from tests.conftest import Site
from tests.factories import PASSWORD

playwright_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), ""
)
Desk = Callable[[User], "playwright_api.Page"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; where there is none and none can be installed, page tests skip, and say so loudly."""
    if not CHROMIUM or not os.path.exists(CHROMIUM):
        warnings.warn("SKIPPED: no Chromium on this machine: the pages are not tested here", stacklevel=1)
        pytest.skip("no Chromium: install it, or name one in CHROMIUM")
    return CHROMIUM


@pytest.fixture
def desk(chromium: str, live_server: Site, settings: object, tmp_path: object) -> Iterator[Desk]:
    """``desk(user)``: a page on which ``user`` has signed in. A script's error, or a request that leaves the house,
    fails the test."""
    # Playwright's own loop runs in this thread; Django takes any loop for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    wrong: list[str] = []
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])

        def sit_down(user: User) -> playwright_api.Page:
            page = browser.new_context(
                base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="zh-CN"
            ).new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda request: _stays(request.url, live_server.url) or wrong.append(request.url))
            page.on("console", lambda line: "Content Security Policy" in line.text and wrong.append(line.text))
            page.goto("/login/")
            page.get_by_label("用户名").fill(user.username)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.get_by_role("heading", name="今日待办").wait_for()
            page.wait_for_load_state()  # the keyboard listens from here on
            return page

        yield sit_down
        browser.close()
        connections.close_all()  # under a running loop Django opened connections of their own
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
    assert wrong == []


def _stays(url: str, house: str) -> bool:
    return url.startswith((house, house.replace("http", "ws", 1), "data:", "blob:"))
