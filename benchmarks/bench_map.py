"""What the live map of a city costs (实时地图基准): bytes to a client, time in the server, frames in the browser.

``run`` needs no other process of ours. The fleet is the demo's 11,268 vehicles; each reports every 10 s, so 1,127 of
them a second, and every report moves its vehicle, which is more than any city's do. The view is the whole city.
``map-bytes`` is what a client gets once it has its first frame, counts included; ``map-frame`` the gaps between the
frames that headless Chromium (no GPU) paints of that traffic with the product's own scripts, over a real websocket.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from datacenter.accounts.scope import CITY
from datacenter.simulator.fleet import demo_companies, demo_fleet
from datacenter.simulator.movement import Movement
from datacenter.tracks import frames
from datacenter.tracks.fleet import Box, Filters, Fleet, Roll, View
from datacenter.tracks.live import LIVE
from datacenter.tracks.position import Flag

ROOT = Path(__file__).resolve().parent.parent
INTERVAL_S = 10
SECONDS = 30
CITY_BOX = Box(121_300_000, 40_550_000, 122_750_000, 41_550_000)
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


class Traffic:
    """The demo fleet as ``LIVE`` records, second by second; ``all_move`` jogs those that stand."""

    def __init__(self) -> None:
        self.vehicles = demo_fleet()
        self.movement = Movement(self.vehicles)
        self.start = 1_795_400_000.0  # a weekday morning
        self.rows = np.arange(len(self.vehicles))

    def roll(self) -> Roll:
        """The registry of the fleet; ids are places in it plus one."""
        return Roll.of([(v.index + 1, v.kind, v.county_code, v.company_no, v.plate) for v in self.vehicles])

    def second(self, number: int, everyone: bool = False) -> np.ndarray:
        """The reports of one second."""
        who = self.rows if everyone else self.rows[self.rows % INTERVAL_S == number % INTERVAL_S]
        fixes = self.movement.at(who, np.full(len(who), self.start + number))
        records = np.zeros(len(who), LIVE)
        records["vehicle_id"] = who + 1
        # A standing vehicle is jogged some metres, so that every report costs its record.
        records["latitude_e6"] = fixes.latitude_e6 + ((number + INTERVAL_S - 1) // INTERVAL_S % 2) * 200
        records["longitude_e6"] = fixes.longitude_e6
        records["speed_dkmh"], records["bearing_deg"] = fixes.speed_dkmh, fixes.bearing_deg
        records["alarm"], records["status"] = fixes.alarms, fixes.status
        records["flags"] = Flag.LOCATED | Flag.QUALIFIED
        records["device_time"] = int(self.start) + number
        records["received_us"] = self.now_us(number)
        return records

    def now_us(self, number: int) -> int:
        """The server's clock in that second."""
        return (int(self.start) + number) * 1_000_000


def run() -> list[dict[str, Any]]:
    """Lines of the benchmark; the browser's is left out, loudly, where there is no Chromium."""
    traffic = Traffic()
    lines = [*_server(traffic)]
    if Path(CHROMIUM).exists():
        lines += asyncio.run(_browser(traffic))
    else:
        print(f"map-frame left out: no Chromium at {CHROMIUM}")
    return lines


def _server(traffic: Traffic) -> list[dict[str, Any]]:
    """Bytes and processor time for one client, without sockets."""
    fleet = Fleet(traffic.roll())
    fleet.absorb(traffic.second(0, everyone=True))
    fleet.advance(traffic.now_us(0))
    view = View(CITY)
    view.ask(filters=Filters(), box=CITY_BOX)
    full = frames.encode(fleet, view.delta(fleet), view.box)
    sent, moved, told = 0, 0, None
    client_s: list[float] = []
    fleet_s: list[float] = []
    for number in range(1, SECONDS + 1):
        records = traffic.second(number)
        began = time.perf_counter()
        fleet.absorb(records)
        fleet.advance(traffic.now_us(number))
        fed = time.perf_counter()
        delta = view.delta(fleet)
        data = frames.encode(fleet, delta, view.box, sequence=number, now_us=traffic.now_us(number))
        sent += len(data)
        if number % 2 == 0:
            counts = view.counts(fleet)
            if counts != told:
                told = counts
                sent += len(json.dumps({"type": "counts", **counts}, separators=(",", ":")))
        fleet_s.append(fed - began)
        client_s.append(time.perf_counter() - fed)
        moved += len(delta.update)
    detail = {
        "vehicles": len(fleet),
        "moves_per_s": round(moved / SECONDS),
        "full_frame_kb": round(len(full) / 1024, 1),
        "fleet_ms_per_s": round(statistics.mean(fleet_s) * 1000, 2),
        "client_ms_per_s": round(statistics.mean(client_s) * 1000, 2),
    }
    return [{"bench": "map-bytes", "value": round(sent / SECONDS / 1024, 2), "unit": "KB/s", "detail": detail}]


async def _browser(traffic: Traffic) -> list[dict[str, Any]]:
    """Frame times of the product's layer in headless Chromium, fed over a websocket on loopback."""
    from playwright.async_api import async_playwright

    async with _served(traffic) as (port, spent), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(f"http://127.0.0.1:{port}/")
        await page.wait_for_function("window.drawn > 10000", timeout=30_000)
        await page.wait_for_timeout(3000)
        gaps = await page.evaluate(_GAPS)
        drawn = await page.evaluate("window.drawn")
        await browser.close()
    gaps.sort()
    detail = {
        "vehicles_drawn": drawn,
        "frames": len(gaps),
        "p50_ms": round(gaps[len(gaps) // 2], 1),
        "p99_ms": round(gaps[int(len(gaps) * 0.99)], 1),
        "longest_ms": round(gaps[-1], 1),
        "received_kb_s": round(statistics.mean(spent) / 1024, 2) if spent else None,
    }
    return [{"bench": "map-frame", "value": round(gaps[int(len(gaps) * 0.95)], 1), "unit": "ms p95", "detail": detail}]


_GAPS = """() => new Promise((done) => {
  const gaps = []; let before = performance.now(); const end = before + 15000;
  const next = (now) => {
    gaps.push(now - before); before = now;
    now < end ? requestAnimationFrame(next) : done(gaps.slice(1));
  };
  requestAnimationFrame(next);
})"""
_PAGE = """<!doctype html><meta charset=utf-8><link rel=stylesheet href=/leaflet/leaflet.css>
<link rel=stylesheet href=/static/css/tokens.css><link rel=stylesheet href=/static/css/map.css>
<style>body{margin:0}.map-canvas{position:fixed;inset:0 0 0 416px}</style><div id=map class=map-canvas></div>
<script src=/leaflet/leaflet.js></script><script src=/leaflet/leaflet.extras.js></script><script type=module>
import { drawGround } from "/static/js/components/basemap.js";
import { makeMap } from "/static/js/lib/map.js";
import { readFrame } from "/static/js/pages/tracks/frame.js";
import { VehicleLayer } from "/static/js/pages/tracks/layer.js";
import { Vehicles } from "/static/js/pages/tracks/vehicles.js";
const map = makeMap(document.getElementById("map"), { leaflet: { center: [41.05, 122.02], zoom: 10, layers: [] } });
drawGround(map, { counties: "/counties.json", basemap: "/static/data/basemap/211100.json",
                  roads: "/static/data/basemap/211100_demo_roads.json" });
const table = await (await fetch("/table.json")).json();
const layer = new VehicleLayer(map, new Vehicles(table), { onHover() {}, onPick() {} });
const socket = new WebSocket(`ws://${location.host}/ws/`);
socket.binaryType = "arraybuffer";
socket.onmessage = ({ data }) => { layer.take(readFrame(data)); window.drawn = layer.vehicles.count; };
</script>"""


@asynccontextmanager
async def _served(traffic: Traffic) -> Any:
    """A server on loopback of the page above, the product's files and the traffic; gives its port and frame sizes."""
    import uvicorn

    spent: list[int] = []
    server = uvicorn.Server(uvicorn.Config(_app(traffic, spent), host="127.0.0.1", port=0, log_level="error"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], spent
    finally:
        server.should_exit = True
        server.force_exit = True
        with suppress(asyncio.CancelledError):
            await task


def _app(traffic: Traffic, spent: list[int]) -> Any:
    import leaflet

    roots = {"/leaflet/": Path(leaflet.__file__).parent / "static/leaflet", "/static/": ROOT / "static"}
    kinds = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html"}

    def content(path: str) -> tuple[bytes, str]:
        if path == "/":
            return _PAGE.encode(), kinds[".html"]
        if path == "/table.json":
            return json.dumps(_table(traffic)).encode(), kinds[".json"]
        if path == "/counties.json":
            return (ROOT / "datacenter/geo/data/211100.geojson").read_bytes(), kinds[".json"]
        for prefix, root in roots.items():
            file = root / path.removeprefix(prefix)
            if path.startswith(prefix) and file.is_file():
                return file.read_bytes(), kinds.get(file.suffix, "application/octet-stream")
        return b"", "text/plain"

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            body, kind = content(scope["path"])
            headers = [(b"content-type", kind.encode())]
            await send({"type": "http.response.start", "status": 200 if body else 404, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            with suppress(asyncio.CancelledError):
                await _drive(traffic, spent, send)

    return app


async def _drive(traffic: Traffic, spent: list[int], send: Any) -> None:
    """A second's traffic as a frame, each second."""
    fleet, view = Fleet(traffic.roll()), View(CITY)
    view.ask(filters=Filters(), box=CITY_BOX)
    fleet.absorb(traffic.second(0, everyone=True))
    for number in range(600):
        began = time.monotonic()
        if number:
            fleet.absorb(traffic.second(number))
        fleet.advance(traffic.now_us(number))
        data = frames.encode(fleet, view.delta(fleet), view.box, sequence=number, now_us=traffic.now_us(number))
        if number:
            spent.append(len(data))
        try:
            await send({"type": "websocket.send", "bytes": data})
        except Exception:
            return  # the browser has closed
        await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - began)))


def _table(traffic: Traffic) -> dict[str, Any]:
    """The table of vehicles as the API gives it."""
    roll = traffic.roll()
    companies = [[company.company_no, company.name, 0] for company in demo_companies()]
    company_at = {company[0]: index for index, company in enumerate(companies)}
    return {
        "kinds": [[kind, kind] for kind in roll.kinds],
        "counties": [[code, code] for code in roll.counties],
        "companies": companies,
        "id": roll.vehicle_id.tolist(),
        "plate": roll.plate.tolist(),
        "plate_colour": [2] * len(roll.plate),
        "kind": roll.kind.tolist(),
        "county": roll.county.tolist(),
        "company": [company_at[number] for number in roll.company_id.tolist()],
    }
