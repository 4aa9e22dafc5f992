"""A browser, and desks at which officers sit: each a context of its own, signed in by a session of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connections
from django.test import Client

from datacenter.accounts.models import User
from panjin_traffic.supervisor.house import House, processes
from tests.conftest import ROOT, Site, child_environment, wait_for
from tests.ports import free_port

playwright_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"))), ""
)
Desk = Callable[..., "playwright_api.Page"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; where there is none and none can be installed, page tests skip, and say so loudly."""
    if not CHROMIUM or not os.path.exists(CHROMIUM):
        warnings.warn("SKIPPED: no Chromium on this machine: the pages are not tested here", stacklevel=1)
        pytest.skip("no Chromium: install it, or name one in CHROMIUM")
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[playwright_api.Browser]:
    """Headless Chromium; one for all tests of a file, which share nothing in it."""
    # Playwright's own loop runs in this thread; Django takes any loop for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with playwright_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()
        connections.close_all()  # under a running loop Django opened connections of their own
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def desk(browser: playwright_api.Browser, live_server: Site) -> Iterator[Desk]:
    """``desk(user)``: a page on which ``user`` has signed in; ``desk()``: one at the login page. A script's error, or a
    request that leaves the house, fails the test."""
    wrong: list[str] = []
    contexts = []

    def sit_down(user: User | None = None) -> playwright_api.Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="zh-CN"
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: _stays(request.url, live_server.url) or wrong.append(request.url))
        page.on("console", lambda line: "Content Security Policy" in line.text and wrong.append(line.text))
        if user is None:
            page.goto("/login/")
            return page
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page.goto("/")
        page.get_by_role("heading", name="今日待办").wait_for()
        page.wait_for_load_state()  # the keyboard listens from here on
        return page

    yield sit_down
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def intake(live_server: Site, tmp_path: Path) -> Iterator[int]:
    """Gateway and shard worker as processes of their own on this test's database; the port for terminals.

    Rows that the gateway should know at once are made before the first use of this fixture.
    """
    port = free_port()
    house = House("127.0.0.1", 0, port, 1, tmp_path)
    specs = [spec for spec in processes(house) if spec.name in ("gateway", "shard-0")]
    children = []
    for spec in specs:
        environment = child_environment(**spec.environment, TERMINAL_PORT=str(port), INGEST_SHARDS="1")
        log = (tmp_path / f"{spec.name}.log").open("wb")
        children.append(subprocess.Popen(spec.command, cwd=ROOT, env=environment, stdout=log, stderr=log))
    client = redis.from_url(settings.REDIS_URL)
    alive = [f"{settings.REDIS_PREFIX}:alive:{kind}:*" for kind in ("gateway", "worker")]
    wait_for(
        lambda: all(any(client.scan_iter(pattern)) for pattern in alive), 30, f"gateway and worker, see {tmp_path}"
    )
    yield port
    for child in children:
        child.terminate()
    for child in children:
        child.wait(15)


def _stays(url: str, house: str) -> bool:
    return url.startswith((house, house.replace("http", "ws", 1), "data:", "blob:"))
