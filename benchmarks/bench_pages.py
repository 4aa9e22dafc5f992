"""The pages an officer has open all day, over a million cases (页面基准): from request to last byte, on loopback.

A house of its own with the demo city's registry; 98 of 100 cases are closed, as after some years. Each page is asked
for by the city's regulator and a county's officer, one request at a time; ``pages`` is the p95 of the slowest page.
"""

from __future__ import annotations

import http.client
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np

from datacenter.accounts.demo import PASSWORD
from tests.stack import Stack
from tests.watcher import sign_in

CASES, ASKED, WARM = 1_000_000, 40, 3
_CASES = """
INSERT INTO case_file (number, origin, kind, industry, title, state, county_id, county_rule, boundary_unconfirmed,
    vehicle_id, company_id, plate, plate_colour, company_name, driver_name, occurred_at, latitude_e6, longitude_e6,
    opened_at, due_at, result, outcome, closed_at)
SELECT 'B' || lpad(n::text, 9, '0'), 'finding', 'road.overspeed', v.kind, '超速行驶',
    CASE WHEN n %% 50 <> 0 THEN 'closed'
         ELSE (array['dispatched', 'accepted', 'fed_back', 'returned'])[n / 50 %% 4 + 1] END,
    v.county_id, '按车籍地', false, v.id, v.company_id, v.plate, v.plate_colour, u.name, '',
    at, 41100000, 122000000, at, at + interval '72 hours', '', '', CASE WHEN n %% 50 <> 0 THEN at + interval '1 day' END
FROM (SELECT n, now() - (%(cases)s - n) * interval '90 seconds' AS at, n %% %(fleet)s AS place
      FROM generate_series(1, %(cases)s) n) s
JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, * FROM vehicle) v USING (place)
JOIN unit u ON u.id = v.company_id
"""
_EVENTS = """
INSERT INTO case_event (case_id, sequence, at, verb, from_state, to_state, by_name, note, facts, previous_hash, hash)
SELECT id, 1, opened_at, 'collect', '', 'collected', '系统', '', '{}', '', md5(id::text) || md5(number) FROM case_file
"""


def run() -> list[dict[str, Any]]:
    """One figure: the p95 of the slowest page."""
    cases, asked = int(os.environ.get("BENCH_CASES", str(CASES))), int(os.environ.get("BENCH_ASKED", str(ASKED)))
    with tempfile.TemporaryDirectory(prefix="panjin-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.start("web")
            began = time.monotonic()
            _fill(stack, cases)
            made_s = time.monotonic() - began
            stack.wait(lambda: _listens(stack), 30, lambda: "the web process")
            figures = {}
            for account in ("city", "dawa"):
                cookie = sign_in(stack.url, account, PASSWORD)
                figures |= {f"{account} {page}": _asked(stack, cookie, page, asked) for page in _pages(stack)}
        finally:
            stack.stop()
    slowest = max(figures, key=lambda name: figures[name]["p95_ms"])
    detail = {"cases": cases, "made_s": round(made_s, 1), "slowest": slowest, "pages": figures}
    return [{"bench": "pages", "value": figures[slowest]["p95_ms"], "unit": "ms", "detail": detail}]


def _fill(stack: Stack, cases: int) -> None:
    fleet = stack.query("SELECT count(*) FROM vehicle")[0][0]
    stack.query(_CASES % {"cases": cases, "fleet": fleet})
    stack.query(_EVENTS)
    for table in ("case_file", "case_event"):
        stack.query(f"ANALYZE {table}")


def _pages(stack: Stack) -> list[str]:
    """Lists as they open, filtered, searched and far down; a case; the fleet."""
    number, plate, vehicle = stack.query(
        "SELECT number, plate, vehicle_id FROM case_file WHERE county_id = '211104' AND state = 'dispatched'"
        " ORDER BY opened_at DESC LIMIT 1"
    )[0]
    (far,) = stack.query(
        "SELECT extract(epoch FROM min(opened_at) + (max(opened_at) - min(opened_at)) / 2)::bigint FROM case_file"
    )[0]
    return [
        "/", "/cases/", "/cases/?tab=closed", "/cases/?due=overdue", "/cases/?industry=taxi&kind=road.overspeed",
        f"/cases/?q={quote(plate)}", f"/cases/?before={far}000000-1",
        f"/cases/{number}/", "/vehicles/", f"/vehicles/{vehicle}/",
    ]  # fmt: skip


def _listens(stack: Stack) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", stack.house.web_port)) == 0


def _asked(stack: Stack, cookie: str, page: str, asked: int) -> dict[str, float]:
    address = urlsplit(stack.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    times = []
    for _ in range(WARM + asked):
        began = time.perf_counter()
        connection.request("GET", page, headers={"Cookie": cookie})
        answer = connection.getresponse()
        size = len(answer.read())
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, f"{page}: {answer.status}"
    connection.close()
    p50, p95 = np.percentile(times[WARM:], (50, 95))
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1), "kb": round(size / 1024, 1)}
