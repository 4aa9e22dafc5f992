"""The lost-property search over 90 days of the whole taxi fleet (失物查车基准), some 11 million rides of 3,268 taxis.

``run`` starts a PostgreSQL of its own and lets SQL make the rides: 38 a taxi and day, more by day than by night, two
thirds of their ends near forty places, the rest anywhere in a city of 20 km. Then callers ask: a ride drawn at
random, each end's place up to 300 m and its time up to 20 minutes off, one end missing in a third; a few remember the
time to two hours only, or no place at all. ``lost`` is the p95 of whole searches as the web's own role under row-level
security; ``lost-follow`` the CPU a position costs, PostgreSQL's included, to keep rides up to date.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import psutil

TAXIS, DAYS, RIDES_A_DAY = 3268, 90, 38
SEARCHES = 300
FOLLOWED, FOLLOWED_S = 600, 3600  # taxis and seconds of positions every 10 s
_SPREAD_M, _SPREAD_S = 300, 1200

_MAKE = """
INSERT INTO taxi_ride (vehicle_id, county_id, company_id, boarded_at, alighted_at, board_cell, alight_cell,
    board_latitude_e6, board_longitude_e6, alight_latitude_e6, alight_longitude_e6, distance_m, fare_jiao, metered_dkm,
    board_gap_s, alight_gap_s)
SELECT vehicle_id, '211103', %(company)s, at, at + make_interval(secs => metres / 7.0 + 120),
    (a + 90000000) / 4000 * 72001::bigint + (b + 180000000) / 5000,
    (c + 90000000) / 4000 * 72001::bigint + (d + 180000000) / 5000,
    a, b, c, d, metres, 60 + metres * 2 / 100, metres / 100, 10, 10
FROM (
    SELECT *, (1.3 * 0.111195 * sqrt((a - c)::float8 ^ 2 + (0.753 * (b - d)) ^ 2))::int + 500 AS metres FROM (
        SELECT v AS vehicle_id, %(day)s::timestamptz + make_interval(secs => 86400.0 * CASE
            WHEN u < 0.12 THEN u / 0.12 * 0.27 ELSE 0.27 + (u - 0.12) / 0.88 * 0.73 END) AS at,
            (41118000 + CASE WHEN p < .66 THEN 90000 * sin(h * 37.1) + 2500 * g ELSE 180000 * (q - .5) END)::int AS a,
            (122070000 + CASE WHEN p < .66 THEN 120000 * sin(h * 17.3) + 3000 * f ELSE 240000 * (f - .5) END)::int AS b,
            (41118000 + CASE WHEN q < .66 THEN 90000 * sin(k * 37.1) + 2500 * f ELSE 180000 * (p - .5) END)::int AS c,
            (122070000 + CASE WHEN q < .66 THEN 120000 * sin(k * 17.3) + 3000 * g ELSE 240000 * (g - .5) END)::int AS d
        FROM (
            SELECT v, (n + random()) / %(rides)s AS u, random() AS p, random() AS q, random() AS f, random() AS g,
                   floor(random() ^ 1.5 * 40) AS h, floor(random() ^ 1.5 * 40) AS k
            FROM generate_series(%(first)s, %(last)s) AS v, generate_series(0, %(rides)s - 1) AS n
        ) AS drawn
    ) AS placed
) AS ridden ORDER BY at
"""


def run(days: int = DAYS, taxis: int = TAXIS) -> list[dict[str, Any]]:
    """The figures, in a process whose Django knows this server alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_on_a_server, days, taxis).result()


def _on_a_server(days: int, taxis: int) -> list[dict[str, Any]]:
    from panjin_traffic.servers import PostgresServer

    with tempfile.TemporaryDirectory(prefix="bench-lost-") as directory:
        server = PostgresServer(Path(directory) / "postgres")
        server.start()
        try:
            os.environ["DATABASE_URL"] = server.urls.owner
            os.environ["DATABASE_INGEST_URL"] = server.urls.ingest
            os.environ["DATABASE_WEB_URL"] = server.urls.web
            os.environ["DATABASE_ROLE"] = "owner"
            return _measure(server.urls.web, days, taxis)
        finally:
            server.destroy()


def _measure(web: str, days: int, taxis: int) -> list[dict[str, Any]]:
    import django

    manage = [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=dict(os.environ), check=True)  # noqa: S603
    django.setup()
    from django.db import connection

    first_day = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0) - timedelta(days=days + 1)
    began = time.perf_counter()
    user, first, company = _cast(taxis)
    facts = {"company": company, "first": first, "last": first + taxis - 1, "rides": RIDES_A_DAY}
    with connection.cursor() as cursor:
        later = _bare(cursor)
        for day in range(days):
            cursor.execute(_MAKE, facts | {"day": first_day + timedelta(days=day)})
        for statement in later:
            cursor.execute(statement)
        cursor.execute("VACUUM (ANALYZE) taxi_ride")
        cursor.execute("SELECT count(*), pg_table_size('taxi_ride'), pg_indexes_size('taxi_ride') FROM taxi_ride")
        rides, table, indexes = cursor.fetchone()
    made_s = time.perf_counter() - began
    print(f"lost: {rides} rides made in {made_s:.0f} s", file=sys.stderr)
    searched = _search(web, user)
    followed = _follow(first)
    detail = {
        "rides": rides, "days": days, "taxis": taxis, "table_mb": table >> 20, "indexes_mb": indexes >> 20,
        "made_s": round(made_s, 1), **searched,
    }  # fmt: skip
    return [
        {"bench": "lost", "value": searched["p95_ms"], "unit": "ms", "detail": detail},
        {"bench": "lost-follow", "value": followed["us"], "unit": "us/position", "detail": followed},
    ]


def _cast(taxis: int) -> tuple[Any, int, int]:
    """An operator, the first taxi's id, and their company's."""
    from datacenter.accounts.models import Unit, User
    from datacenter.accounts.rights import Role
    from datacenter.geo.models import County
    from datacenter.registry.models import Company, Vehicle

    County.objects.get_or_create(
        code="211103",
        defaults={"name": "兴隆台区", "city_code": "211100", "boundary": {"type": "Polygon", "coordinates": []},
                  "source": "-", "valid_from": "2016-01-01"},
    )  # fmt: skip
    unit = Unit.objects.create(name="基准", kind=Unit.Kind.COMPANY)
    company = Company.objects.create(unit=unit, name="基准", kind="taxi", county_id="211103", credit_code="-")
    rows = [
        Vehicle(plate=f"辽LT{n:04d}", plate_colour=1, kind="taxi", company=company, county_id="211103", seats=5)
        for n in range(taxis)
    ]
    first = Vehicle.objects.bulk_create(rows)[0].pk
    desk = Unit.objects.create(name="热线", kind=Unit.Kind.HOTLINE)
    return User.objects.create(username="bench", role=Role.HOTLINE_OPERATOR, unit=desk), first, company.pk


def _bare(cursor: Any) -> list[str]:
    """Take indexes and keys off the table while it is filled; the statements that put the indexes back."""
    cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'taxi_ride'::regclass AND contype = 'f'")
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE taxi_ride DROP CONSTRAINT "{name}"')
    cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'taxi_ride'")
    found = cursor.fetchall()
    cursor.execute("ALTER TABLE taxi_ride DROP CONSTRAINT taxi_ride_once")
    for name, _ in found:
        if name not in ("taxi_ride_pkey", "taxi_ride_once"):
            cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute("ALTER TABLE taxi_ride DROP CONSTRAINT taxi_ride_pkey")
    # Unlogged: what a crash would leave is thrown away with the server.
    cursor.execute("ALTER TABLE taxi_ride SET UNLOGGED")
    cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
    return [definition for _, definition in found]


def _act_as(url: str) -> None:
    """The role of ``url`` from here on: the web's, bound by row-level security, or that of workers."""
    from django.db import connection

    parts = urlsplit(url)
    connection.close()
    connection.settings_dict.update(USER=parts.username, PASSWORD=unquote(parts.password or ""))


def _search(web: str, user: Any) -> dict[str, Any]:
    from complaints.lost.search import search
    from datacenter.accounts.scope import CITY, entered
    from taxi.rides.models import Ride

    random = np.random.default_rng(5)
    drawn = random.integers(1, Ride.objects.order_by("-pk").values_list("pk", flat=True)[0], SEARCHES)
    chosen = list(Ride.objects.filter(pk__in=drawn.tolist()))
    random.shuffle(chosen)  # type: ignore[arg-type]
    _act_as(web)
    took: dict[str, list[float]] = {}
    considered, ranks, plans = [], [], {}
    for ride in chosen:
        kind, asked = _asked(ride, random)
        began = time.perf_counter()
        with entered(CITY):
            answer = search(user, asked)
        took.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
        considered.append(answer.considered)
        taxis = list(dict.fromkeys(one.ride.vehicle_id for one in answer.candidates))
        ranks.append(taxis.index(ride.vehicle_id) + 1 if ride.vehicle_id in taxis else 99)
        if kind not in plans:
            plans[kind] = _plan(user, asked)
    every = sorted(value for part in took.values() for value in part)
    return {
        "searches": len(every), "p50_ms": _at(every, 50), "p95_ms": _at(every, 95), "longest_ms": _at(every, 100),
        "by_kind_ms": {kind: {"n": len(part), "p50": _at(part, 50), "p95": _at(part, 95), "longest": _at(part, 100)}
                       for kind, part in took.items()},
        "considered": {"median": int(statistics.median(considered)), "most": max(considered)},
        "first": round(sum(rank == 1 for rank in ranks) / len(ranks), 3),
        "plans": plans,
    }  # fmt: skip


def _at(values: list[float], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 1)


def _asked(ride: Any, random: Any) -> tuple[str, Any]:
    """What a caller says of ``ride``, and of what kind the question is."""
    from complaints.lost.asked import Asked, End, Spot

    def end(name: str, at: datetime, within_s: int, placed: bool = True) -> End:
        lat, lon = (getattr(ride, f"{name}_{part}_e6") / 1e6 for part in ("latitude", "longitude"))
        away, turn = _SPREAD_M * random.random() ** 0.5, random.uniform(0, 2 * np.pi)
        north, east = away * np.cos(turn) / 111_195, away * np.sin(turn) / 84_000
        late = random.uniform(-within_s, within_s)
        spot = Spot(lat + north, lon + east, _SPREAD_M) if placed else None
        return End(spot, round(at.timestamp() + late), within_s)

    lot = random.random()
    if lot < 0.55:
        both = end("board", ride.boarded_at, _SPREAD_S), end("alight", ride.alighted_at, _SPREAD_S)
        return "both ends", Asked(*both, fare_jiao=round(ride.fare_jiao, -1) if random.random() < 0.3 else None)
    if lot < 0.7:
        return "boarding alone", Asked(board=end("board", ride.boarded_at, _SPREAD_S))
    if lot < 0.88:
        return "alighting alone", Asked(alight=end("alight", ride.alighted_at, _SPREAD_S))
    if lot < 0.95:
        return "alone, two hours", Asked(alight=end("alight", ride.alighted_at, 7200))
    return "no place", Asked(alight=end("alight", ride.alighted_at, _SPREAD_S, placed=False))


def _plan(user: Any, asked: Any) -> list[str]:
    """Which indexes answer the question, by EXPLAIN; a sequential scan stands here by its name."""
    from complaints.lost.search import in_reach
    from datacenter.accounts.scope import CITY, entered
    from taxi.rides.selectors import rides_visible_to

    with entered(CITY):
        plan = in_reach(rides_visible_to(user), asked).explain()
    words = ("Seq Scan", "taxi_ride_boarded", "taxi_ride_alighted", "taxi_ride_time", "taxi_ride_once")
    return [word for word in words if word in plan]


def _follow(first: int) -> dict[str, Any]:
    """CPU of following an hour of positions, the server's processes included."""
    from django.db import connection, transaction

    from datacenter.simulator.fleet import demo_fleet
    from datacenter.simulator.movement import Movement
    from datacenter.tracks import chunks, follow, store
    from datacenter.tracks.position import DTYPES, Flag, Positions
    from taxi.rides import following

    _act_as(os.environ["DATABASE_INGEST_URL"])
    movement = Movement([one for one in demo_fleet() if one.kind == "taxi"][:FOLLOWED])
    now = int(time.time())
    store.make_partitions(sorted({store.day_of(now - FOLLOWED_S), store.day_of(now)}))
    spent, read, runs = 0.0, 0, 0
    for start in range(now - FOLLOWED_S, now, 600):
        at = np.repeat(np.arange(start, start + 600, 10), FOLLOWED)
        who = np.tile(np.arange(FOLLOWED), 60)
        fixes = movement.at(who, at.astype(np.float64))
        loaded = np.where((fixes.status >> 8 & 3) == 3, int(Flag.LOADED), 0)
        facts = {
            "vehicle_id": first + who, "device_time": at, "received_us": at * 1_000_000, "body_hash": who,
            "latitude_e6": fixes.latitude_e6, "longitude_e6": fixes.longitude_e6, "status": fixes.status,
            "flags": int(Flag.TAXI | Flag.LOCATED | Flag.QUALIFIED) | loaded,
        }  # fmt: skip
        zero = np.zeros(len(who))
        track = Positions(**{name: np.asarray(facts.get(name, zero)).astype(kind) for name, kind in DTYPES.items()})
        with transaction.atomic(), connection.cursor() as cursor:
            store.append_fresh(cursor, track, [b""] * len(track))
            chunks.keep(cursor, 0, track)
        follow.follow()
        before = _cpu_s()
        read += following.follow(datetime.now(UTC))
        spent += _cpu_s() - before
        runs += 1
    stored = FOLLOWED * FOLLOWED_S // 10
    return {"us": round(spent / stored * 1e6, 2), "positions": stored, "read": read, "runs": runs,
            "fleet_cpu_s_a_day": round(spent / stored * TAXIS * 8640)}  # fmt: skip


def _cpu_s() -> float:
    """CPU of this process and of the server's."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    times = [psutil.Process().cpu_times(), psutil.Process(pid).cpu_times()]
    return sum(one.user + one.system for one in times)
