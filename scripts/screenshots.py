"""Pictures of the pages for the papers (界面截图): `make screenshots`, or `make screenshots ARGS="--url http://…"`.

Without ``--url`` it starts a house of its own in a directory of its own: servers, all processes, a simulated fleet,
coaches that speed, a county officer who takes their cases, terminals that nobody registered, and frames that cannot be
read. With ``--url`` it changes nothing there and shows what it finds. Signs in as people do, with the demo accounts.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from datacenter.accounts.demo import PASSWORD  # noqa: E402
from datacenter.protocols.jt808.connection import Connection  # noqa: E402
from datacenter.protocols.jt808.header import Edition  # noqa: E402
from datacenter.protocols.jt808.messages import Register  # noqa: E402
from datacenter.simulator.fleet import demo_fleet, part_of_fleet  # noqa: E402
from tests.stack import Stack  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1440, "height": 900}
MOST_BYTES = 600_000
PLACES = ("122.07,40.99", "122.08,40.90", "122.07,41.12", "121.99,41.24")  # where coaches speed; two are in Dawa
DAWA_CASES = 2
WATCH_S = 240.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the pictures are about: a case on its way and its vehicle, as the county and the city see them."""

    case: str
    vehicle: int


Prepare = Callable[[Page, Seen], None]
SETTLE_S = 1.5
WHOLE = frozenset({"case"})  # taken to their end, not only what the window shows


def _nothing(page: Page, seen: Seen) -> None:
    """The page as it opens."""


def _live(page: Page, seen: Seen) -> None:
    """The map once vehicles have moved on it."""
    page.wait_for_function("() => /[1-9]/.test(document.querySelector('[data-shown]')?.textContent ?? '')")
    page.wait_for_timeout(6000)


# file, account, address ({case} and {vehicle} are filled in), what to wait for
PAGES: tuple[tuple[str, str, str, Prepare], ...] = (
    ("login", "", "/login/", _nothing),
    ("home_city", "city", "/", _nothing),
    ("home_county", "dawa", "/", _nothing),
    ("map", "city", "/map/", _live),
    ("map_drawer", "city", "/map/?vehicle={vehicle}", _live),
    ("track", "city", "/vehicles/{vehicle}/track/", _nothing),
    ("cases_city", "city", "/cases/", _nothing),
    ("cases_county", "dawa", "/cases/", _nothing),
    ("case", "dawa", "/cases/{case}/", _nothing),
    ("vehicles", "city", "/vehicles/", _nothing),
    ("vehicle", "city", "/vehicles/{vehicle}/", _nothing),
    ("company", "city", "/companies/", _nothing),
    ("import", "city", "/registry/import/", _nothing),
    ("quarantine", "city", "/gateway/quarantine/", _nothing),
    ("unknown_terminals", "city", "/gateway/unknown/", _nothing),
    ("terminals", "city", "/terminals/", _nothing),
)


def main() -> None:
    """Take the pictures that were asked for, all of them by default."""
    parser = argparse.ArgumentParser(description="Take pictures of the pages into docs/screenshots.")
    parser.add_argument("--url", help="a running house; without it, one is started for the purpose")
    parser.add_argument("--vehicles", type=int, default=3000, help="simulated fleet (%(default)s)")
    parser.add_argument("--watch", type=float, default=120.0, help="seconds the fleet drives first (%(default)s)")
    parser.add_argument("--only", nargs="*", default=[], help="names of pictures")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder of the pictures (docs/screenshots)")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the house ends with us
    with _house(options) as url, _browser() as browser:
        if not options.url:
            _take_cases(browser, url)
        _take_pictures(browser, url, options)


@contextmanager
def _house(options: argparse.Namespace) -> Iterator[str]:
    """The address of a house in which something has happened."""
    if options.url:
        yield options.url.rstrip("/")
        return
    directory = Path(tempfile.mkdtemp(prefix="panjin-screenshots-"))
    stack = Stack(directory)
    terminals: list[Any] = []
    try:
        print("starting a house of its own …", flush=True)
        stack.start()
        _strangers(stack.house.terminal_port)
        terminals.append(stack.simulate("--vehicles", str(options.vehicles), "--interval", "10"))
        print(f"{options.vehicles} vehicles drive for {options.watch:g} s …", flush=True)
        time.sleep(options.watch / 2)
        for plate, place in zip(_idle_plates(options.vehicles), PLACES, strict=False):
            terminals.append(stack.simulate("--scenario", "overspeed", "--plate", plate, "--at", place))
        time.sleep(options.watch / 2)
        stack.wait(lambda: _dawa_cases(stack) >= DAWA_CASES, WATCH_S, lambda: "cases of speeding in Dawa")
        yield stack.url
    finally:
        for terminal in terminals:
            terminal.terminate()
        for terminal in terminals:
            terminal.wait(20)
        stack.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _dawa_cases(stack: Stack) -> int:
    rows = stack.query("SELECT count(*) FROM case_file WHERE county_id = '211104' AND kind = 'road.overspeed'")
    return int(rows[0][0])


def _idle_plates(vehicles: int) -> list[str]:
    """Coaches that the simulated part of the fleet leaves out."""
    driving = {vehicle.plate for vehicle in part_of_fleet(vehicles)}
    return [vehicle.plate for vehicle in demo_fleet() if vehicle.kind == "coach" and vehicle.plate not in driving]


def _strangers(port: int) -> None:
    """Terminals that nobody registered, and frames that can't be read, for the pages about them."""
    for number, plate in enumerate(("辽L30517", "辽L30518", "辽L77026"), start=1):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            terminal = Connection(f"01390427{number:04d}", Edition.V2013, authenticated=True)
            register = Register(21, 1100, "70111", "GF-808B", f"B{number:06d}", 2, plate)
            link.sendall(terminal.send(register))
            link.sendall(b"\x7e\x01\x02\x03\x7e" + b"\x7e\x02\x00\x00\x05\x7d\x09" + bytes(12) + b"\x7e")
            wrong = bytearray(terminal.send(register))
            wrong[-2] ^= 0x55
            if 0x7D not in wrong[-3:-1] and wrong[-2] != 0x7E:
                link.sendall(bytes(wrong))
            time.sleep(0.3)


@contextmanager
def _browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=["--no-sandbox", "--disable-gpu", "--lang=zh-CN"],
            env={**os.environ, "LANGUAGE": "zh_CN", "LANG": "zh_CN.UTF-8"},  # the browser's own words: dates, files
        )
        try:
            yield browser
        finally:
            browser.close()


def _signed_in(browser: Browser, url: str, account: str) -> Page:
    """A page of ``account``; of nobody where it is empty."""
    context = browser.new_context(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.on("pageerror", lambda fault: print(f"  script error on {page.url}: {fault}"))
    page.on("console", lambda line: print(f"  console on {page.url}: {line.text}") if line.type == "error" else None)
    if account:
        page.goto(f"{url}/login/")
        page.fill("[name=username]", account)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(re.compile(r"^(?!.*/login/)"))
    return page


def _api(page: Page, method: str, path: str, body: Any = None) -> Any:
    """One call of the API in the page's own session."""
    return page.evaluate(
        """async ([method, path, body]) => {
          const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "";
          const headers = {"X-CSRFToken": token, "Content-Type": "application/json"};
          const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
          if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
          return await answer.json();
        }""",
        [method, path, body],
    )


def _cases(page: Page, query: str = "") -> list[dict[str, Any]]:
    """Cases that the page's user sees, newest first."""
    return list(_api(page, "GET", f"/api/v1/cases/?{query}")["results"])


def _take_cases(browser: Browser, url: str) -> None:
    """The officer of Dawa accepts both cases, works on them, and reports one to the city."""
    page = _signed_in(browser, url, "dawa")
    reported, *others = _cases(page, "kind=road.overspeed")
    for case in (reported, *others[:1]):
        address = f"/api/v1/cases/{case['number']}"
        _api(page, "POST", f"{address}/accept/", {})
        _api(page, "POST", f"{address}/handle/", {"note": "已电话联系企业安全员，要求提供行车记录并约谈驾驶员。"})
    result = {"result": "超速属实，企业已约谈驾驶员并安排复训。", "outcome": "substantiated"}
    _api(page, "POST", f"/api/v1/cases/{reported['number']}/feed_back/", result)
    page.context.close()


def _take_pictures(browser: Browser, url: str, options: argparse.Namespace) -> None:
    pages: dict[str, Page] = {}
    first = pages["dawa"] = _signed_in(browser, url, "dawa")
    found = _cases(first, "kind=road.overspeed&state=accepted") or _cases(first, "kind=road.overspeed") or _cases(first)
    if not found:
        sys.exit("there is no case yet: let the fleet drive longer")
    case = found[0]
    seen = Seen(case["number"], case["vehicle"])
    for name, account, address, prepare in PAGES:
        if options.only and name not in options.only:
            continue
        page = pages.get(account) or pages.setdefault(account, _signed_in(browser, url, account))
        page.goto(url + address.format(case=seen.case, vehicle=seen.vehicle))
        prepare(page, seen)
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(SETTLE_S * 1000)
        target = options.to / f"{name}.png"
        page.screenshot(path=target, full_page=name in WHOLE)
        _shrink(target)
        print(f"{target.name}  {target.stat().st_size // 1024} KB  {page.title()}", flush=True)


def _shrink(path: Path) -> None:
    """Pack a picture better. Its colours go only where it is very large, since pages tell states by them."""
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    whole.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        whole.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
