"""The pages an officer has open all day, over a million cases (页面基准): from request to last byte, on loopback.

A house of its own with the demo city's registry; 98 of 100 cases are closed, as after some years. Each page is asked
for by the city's regulator and a county's officer, one request at a time; ``pages`` is the p95 of the slowest page, and
``pages-statistics`` that of the slowest of the statistics: the page over a day, a month, a year, all there is,
filtered, and the cells of its map.
"""

from __future__ import annotations

import http.client
import os
import socket
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import numpy as np

from datacenter.accounts.demo import PASSWORD
from tests.stack import Stack
from tests.watcher import sign_in

CASES, ASKED, WARM = 1_000_000, 40, 3
_KINDS = (
    "road.overspeed", "camera.covered", "device.fault", "driver.phone", "driver.smoking", "driver.seat_belt",
    "crossing.not_yielding", "taxi.detour", "taxi.refusal", "coach.night", "area.forbidden",
)  # fmt: skip
_CASES = """
INSERT INTO case_file (number, origin, kind, industry, title, state, county_id, county_rule, boundary_unconfirmed,
    vehicle_id, company_id, plate, plate_colour, company_name, driver_name, occurred_at, latitude_e6, longitude_e6,
    opened_at, due_at, result, outcome, closed_at)
SELECT 'B' || lpad(n::text, 9, '0'), (array['finding', 'finding', 'finding', 'screening'])[n %% 4 + 1],
    (array[%(kinds)s])[n * 7 / 11 %% %(many)s + 1], v.kind, '超速行驶',
    CASE WHEN n %% 50 <> 0 THEN 'closed'
         ELSE (array['dispatched', 'accepted', 'fed_back', 'returned'])[n / 50 %% 4 + 1] END,
    v.county_id, '按车籍地', false, v.id, v.company_id, v.plate, v.plate_colour, u.name, '',
    at - n %% 24 * interval '1 hour', 40900000 + n::bigint * 7919 %% 400000,
    121700000 + n::bigint * 104729 %% 600000, at, at + interval '72 hours', '', '',
    CASE WHEN n %% 50 <> 0 THEN at + interval '1 day' END
FROM (SELECT n, now() - (%(cases)s - n) * interval '90 seconds' AS at, n %% %(fleet)s AS place
      FROM generate_series(1, %(cases)s) n) s
JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, * FROM vehicle) v USING (place)
JOIN unit u ON u.id = v.company_id
"""
_EVENTS = """
INSERT INTO case_event (case_id, sequence, at, verb, from_state, to_state, by_name, note, facts, previous_hash, hash)
SELECT id, 1, opened_at, 'collect', '', 'collected', '系统', '', '{}', '', md5(id::text) || md5(number) FROM case_file
"""
# One leg for each case: accepted within a day, fed back within three, one in ten late; forty officers.
_LEGS = """
INSERT INTO case_dispatch (case_id, part, county_id, state, sent_at, due_at, due_provisional, accepted_at, assignee_id,
    fed_back_at, result, outcome, returned_times, urged_times, late_reason)
SELECT c.id, 'lead', c.county_id, CASE WHEN c.state = 'closed' THEN 'fed_back' ELSE c.state END, c.opened_at,
    c.opened_at + interval '60 hours', false,
    CASE WHEN c.state <> 'dispatched' THEN c.opened_at + c.id %% 1440 * interval '1 minute' END,
    CASE WHEN c.state <> 'dispatched' THEN o.id END,
    CASE WHEN c.state IN ('closed', 'fed_back') THEN c.opened_at + (1440 + c.id %% 2880) * interval '1 minute' END,
    '', '', CASE WHEN c.id %% 20 = 0 THEN 1 ELSE 0 END, 0, ''
FROM case_file c JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, id FROM account ORDER BY id LIMIT 40) o
    ON o.place = c.id %% (SELECT least(40, count(*)) FROM account)
"""
_OFFICERS = """
INSERT INTO account (username, display_name, password, role, is_active, is_staff, is_superuser, first_name, last_name,
    email, date_joined) SELECT 'bench' || n, '承办' || n, '!', 'county_officer', true, false, false, '', '', '', now()
FROM generate_series(1, 40) n
"""


def run() -> list[dict[str, Any]]:
    """Two figures: the p95 of the slowest page, and of the slowest of the statistics."""
    cases, asked = int(os.environ.get("BENCH_CASES", str(CASES))), int(os.environ.get("BENCH_ASKED", str(ASKED)))
    with tempfile.TemporaryDirectory(prefix="panjin-bench-") as directory:
        stack = Stack(Path(directory))
        try:
            stack.start("web")
            began = time.monotonic()
            times = _fill(stack, cases)
            made_s = time.monotonic() - began
            stack.wait(lambda: _listens(stack), 30, lambda: "the web process")
            lists: dict[str, Any] = {}
            statistics: dict[str, Any] = {}
            for account in ("city", "dawa"):
                cookie = sign_in(stack.url, account, PASSWORD)
                lists |= {f"{account} {page}": _asked(stack, cookie, page, asked) for page in _pages(stack)}
                statistics |= {f"{account} {page}": _asked(stack, cookie, page, asked // 2) for page in _statistics()}
        finally:
            stack.stop()
    about = {"cases": cases, "made_s": round(made_s, 1), **times}
    return [_slowest("pages", lists, about), _slowest("pages-statistics", statistics, about)]


def _slowest(bench: str, figures: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    slowest = max(figures, key=lambda name: figures[name]["p95_ms"])
    detail = {**about, "slowest": slowest, "pages": figures}
    return {"bench": bench, "value": figures[slowest]["p95_ms"], "unit": "ms", "detail": detail}


def _fill(stack: Stack, cases: int) -> dict[str, float]:
    """The rows; how long the statistics took to count them all."""
    fleet = stack.query("SELECT count(*) FROM vehicle")[0][0]
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    stack.query(_CASES % {"cases": cases, "fleet": fleet, "kinds": kinds, "many": len(_KINDS)})
    stack.query(_EVENTS)
    stack.query(_OFFICERS)
    stack.query(_LEGS.replace("%%", "%"))
    for table in ("case_file", "case_event", "case_dispatch"):
        stack.query(f"ANALYZE {table}")
    began = time.monotonic()
    stack.manage("count_cases", "--all", timeout_s=600)
    for table in ("case_statistic", "officer_statistic"):
        stack.query(f"ANALYZE {table}")
    return {"counted_s": round(time.monotonic() - began, 1)}


def _statistics() -> list[str]:
    """The page over periods of every length, narrowed, and its map."""
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()

    def since(days: int, more: str = "") -> str:
        return f"/statistics/?since={today - timedelta(days=days)}&until={today}{more}"

    return [
        "/statistics/", since(0), since(365), since(183, "&grain=week"), since(1500), since(365, "&industry=taxi"),
        since(1500, "&kind=road.overspeed"),
        *(since(days).replace("/?", "/places/?") for days in (29, 365)),
    ]  # fmt: skip


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
