"""Which vehicles passed the busiest place of the city (经过查询基准): over a whole day of 11,268 vehicles at 10 s.

``run`` starts a PostgreSQL of its own and builds a day: the demo fleet's morning hour, driven again in each hour. The
first ``FOLLOWED_H`` hours are handed to the follower as ingest does; of the others it writes the index alone, by the
same code. ``where`` is the slower of two questions about the whole day, at the place with most positions and in the
cell with most ways; ``where-follow`` what the follower needs for a position, both products and PostgreSQL's own work
while it waits included.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from datacenter.simulator.fleet import demo_fleet
from datacenter.simulator.movement import Movement
from datacenter.tracks.position import DTYPES, Flag, Positions

INTERVAL_S = 10
HOURS, HOUR_S, SLICE_S = 24, 3600, 600
FOLLOWED_H = 6
CHUNK = 5000  # positions of a batch at full load
RADIUS_M = 300


def run(hours: int = HOURS) -> list[dict[str, Any]]:
    """The figures over ``hours`` from midnight of Shanghai, in a process whose Django knows this server alone."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_on_a_server, hours).result()


def _on_a_server(hours: int) -> list[dict[str, Any]]:
    from panjin_traffic.servers import PostgresServer

    with tempfile.TemporaryDirectory(prefix="bench-where-") as directory:
        server = PostgresServer(Path(directory) / "postgres")
        server.start()
        try:
            os.environ["DATABASE_URL"] = server.urls.owner
            os.environ["DATABASE_INGEST_URL"] = server.urls.ingest
            os.environ["DATABASE_WEB_URL"] = server.urls.web
            os.environ["DATABASE_ROLE"] = "ingest"
            return _measure(hours)
        finally:
            server.destroy()


def _measure(hours: int) -> list[dict[str, Any]]:
    import django

    manage = [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py")]
    environment = {**os.environ, "DATABASE_ROLE": "owner"}
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)  # noqa: S603
    django.setup()
    from django.db import connection, transaction

    from datacenter.tracks import cells, follow
    from datacenter.tracks.chunks import Rows
    from datacenter.tracks.grid import centre_of
    from datacenter.tracks.passed import passed
    from datacenter.tracks.segments import of_track

    start = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp()) - 8 * 3600
    began, heat = time.perf_counter(), np.zeros((400, 500), np.int64)
    slices = [_drive(start + 8 * HOUR_S + first, heat) for first in range(0, HOUR_S, SLICE_S)]
    made_s, followed_s, followed, count = time.perf_counter() - began, 0.0, 0, 0
    built = time.perf_counter()
    for hour in range(hours):
        for rows in slices:
            moved = replace(rows, device_time=rows.device_time + (hour - 8) * HOUR_S)
            count += len(moved)
            if hour >= FOLLOWED_H:
                with transaction.atomic(), connection.cursor() as cursor:
                    cells.write(cursor, of_track(Rows.of(moved).sorted()))
                continue
            _keep(moved)
            began = time.perf_counter()
            followed += follow.follow()
            followed_s += time.perf_counter() - began
    built_s = time.perf_counter() - built
    places: dict[str, tuple[float, float]] = {}
    heat *= hours
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(rows)::bigint FROM track_cell")
        rows, records = cursor.fetchone()
        cursor.execute(
            "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits"
            " WHERE inhparent = 'track_cell'::regclass"
        )
        size = cursor.fetchone()[0]
        cursor.execute("SELECT cell FROM track_cell GROUP BY cell ORDER BY sum(rows) DESC LIMIT 1")
        places["most_ways"] = centre_of(cursor.fetchone()[0])
    at = np.unravel_index(int(heat.argmax()), heat.shape)
    places["most_positions"] = (40.55 + (at[0] + 0.5) * 0.0025, 121.3 + (at[1] + 0.5) * 0.0029)
    begin = datetime.fromtimestamp(start, UTC)
    answers = {}
    for name, place in places.items():
        times = []
        for _ in range(6):
            asked = time.perf_counter()
            found = len(passed(place, RADIUS_M, begin, begin + timedelta(hours=hours)))
            times.append(round((time.perf_counter() - asked) * 1000, 1))
        asked = time.perf_counter()
        passed(place, RADIUS_M, begin, begin + timedelta(hours=1))
        answers[name] = {
            "place": [round(part, 4) for part in place], "vehicles": found, "ms": times,
            "one_hour_ms": round((time.perf_counter() - asked) * 1000, 1),
        }  # fmt: skip
    detail = {
        "positions": count, "radius_m": RADIUS_M, **answers, "positions_at_place": int(heat.max()),
        "index_rows": rows, "records": records, "bytes_a_position": round(size / count, 2),
        "generated_s": round(made_s, 1), "built_s": round(built_s, 1),
    }  # fmt: skip
    worst = max(statistics.median(answer["ms"]) for answer in answers.values())
    return [
        {"bench": "where", "value": worst, "unit": "ms", "detail": detail},
        {"bench": "where-follow", "value": round(followed_s / followed * 1e6, 3), "unit": "us/position",
         "detail": {"positions": followed, "seconds": round(followed_s, 1)}},
    ]  # fmt: skip


def _drive(start: int, heat: np.ndarray) -> Positions:
    """Ten minutes of the fleet; ``heat`` counts its positions by cells of 280 m."""
    movement, size = _fleet()
    steps = SLICE_S // INTERVAL_S
    who = np.tile(np.arange(size), steps)
    at = start + np.repeat(np.arange(steps) * INTERVAL_S, size) + who % INTERVAL_S
    fixes = movement.at(who, at.astype(np.float64))
    zero = np.zeros(len(who), np.int64)
    rows = {
        "vehicle_id": who + 1, "device_time": at, "received_us": at * 1_000_000, "latitude_e6": fixes.latitude_e6,
        "longitude_e6": fixes.longitude_e6, "speed_dkmh": fixes.speed_dkmh,
        "flags": np.full(len(who), int(Flag.LOCATED | Flag.QUALIFIED)),
    }  # fmt: skip
    row = np.clip((fixes.latitude_e6 - 40_550_000) // 2500, 0, 399)
    column = np.clip((fixes.longitude_e6 - 121_300_000) // 2900, 0, 499)
    heat += np.bincount(row * 500 + column, minlength=heat.size).reshape(heat.shape)
    return Positions(*(rows.get(name, zero).astype(kind) for name, kind in DTYPES.items()))


@cache
def _fleet() -> tuple[Movement, int]:
    vehicles = demo_fleet()
    return Movement(vehicles), len(vehicles)


def _keep(positions: Positions) -> None:
    """As ingest puts its batches by."""
    from django.db import connection, transaction

    from datacenter.tracks import chunks

    with transaction.atomic(), connection.cursor() as cursor:
        for first in range(0, len(positions), CHUNK):
            chunks.keep(cursor, 0, positions.take(slice(first, first + CHUNK)))
