"""Tracks for tests of index and quality, and what they must say, found the slow way: vehicle by vehicle, way by way."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from django.db import connection, transaction

from datacenter.geo.measure import distance_m
from datacenter.tracks import chunks, store
from datacenter.tracks.position import DTYPES, Flag, Positions
from datacenter.tracks.quality import QualityLimits

Row = tuple[int, int, int, int, int, int]  # vehicle, time, latitude, longitude (1e-6 degree), speed 0.1 km/h, flags
GOOD = int(Flag.LOCATED | Flag.QUALIFIED)
METRES = 6_371_008.8 * math.pi / 180 / 1e6


def wander(dice: np.random.Generator, vehicle: int, start: int, count: int, centre: tuple[int, int]) -> list[Row]:
    """A vehicle about ``centre``: drives, stands, leaps now and then, loses its fix, falls silent."""
    at, lat, lon = start, centre[0] + int(dice.integers(-8000, 8000)), centre[1] + int(dice.integers(-8000, 8000))
    rows = []
    for _ in range(count):
        mood = dice.random()
        at += int(dice.choice([0, 1, 5, 10, 30, 60, 61, 400], p=[0.02, 0.08, 0.2, 0.5, 0.1, 0.05, 0.03, 0.02]))
        if mood < 0.5:
            lat, lon = lat + int(dice.integers(-1500, 1500)), lon + int(dice.integers(-1500, 1500))
        elif mood < 0.53:
            lat, lon = lat + int(dice.integers(-20000, 20000)), lon + int(dice.integers(-20000, 20000))
        if abs(lat - centre[0]) > 12000 or abs(lon - centre[1]) > 12000:
            lat, lon = centre
        flags = GOOD if dice.random() < 0.96 else int(Flag.LOCATED)
        rows.append((vehicle, at, lat, lon, int(dice.choice([0, 300, 500, 1700])), flags))
    return rows


def positions_of(rows: list[Row], hashes: list[int] | None = None) -> Positions:
    """Rows as ingest has them; each has a hash of its own unless told."""
    columns = dict.fromkeys(DTYPES, [0] * len(rows))
    for number, name in enumerate(("vehicle_id", "device_time", "latitude_e6", "longitude_e6", "speed_dkmh", "flags")):
        columns[name] = [row[number] for row in rows]
    columns["received_us"] = [row[1] * 1_000_000 for row in rows]
    columns["body_hash"] = hashes or [hash((row, n)) & 0x7FFFFFFF for n, row in enumerate(rows)]
    return Positions(*(np.array(columns[name]).astype(dtype) for name, dtype in DTYPES.items()))


def store_rows(rows: list[Row]) -> None:
    """As a shard's worker stores a batch: tracks and chunk in one transaction, each row once."""
    positions = positions_of(rows, [hash(row) & 0x7FFFFFFF for row in rows])
    store.make_partitions(sorted({store.day_of(at) for at in set(positions.device_time.tolist())}))
    with transaction.atomic(), connection.cursor() as cursor:
        new = store.append_once(cursor, positions, [b""] * len(positions))
        chunks.keep(cursor, 0, positions.take(new))


def tracks(rows: list[Row]) -> dict[int, list[Row]]:
    """Each vehicle's rows in a track's order, each once."""
    found = defaultdict(list)
    for row in sorted(set(rows)):
        found[row[0]].append(row)
    return found


def ways(track: list[Row]) -> list[tuple[Row, Row]]:
    """(from, to) of each record that a track gives; a fix without a way before it stands alone."""
    fixes = [row for row in track if row[5] & Flag.QUALIFIED]
    found = [(fix, fix) for fix in fixes]
    for a, b in pairwise(fixes):
        metres = float(distance_m(a[2] / 1e6, a[3] / 1e6, b[2] / 1e6, b[3] / 1e6))
        if b[1] - a[1] <= 60 and metres <= 60 * max(b[1] - a[1], 1):
            found.append((a, b))
    return found


def passed_slowly(
    rows: list[Row], place: tuple[float, float], radius_m: float, begin: float, end: float
) -> dict[int, tuple[float, float, float]]:
    """vehicle → (least distance, first and last moment inside), looked for at many moments of every way."""
    found = {}
    lat, lon = round(place[0] * 1e6), round(place[1] * 1e6)
    scale = METRES * math.cos(math.radians(lat / 1e6))
    for vehicle, track in tracks(rows).items():
        best, first, last = math.inf, math.inf, -math.inf
        for a, b in ways(track):
            if b[1] < begin or a[1] > end:
                continue
            xa, ya, xb, yb = (a[3] - lon) * scale, (a[2] - lat) * METRES, (b[3] - lon) * scale, (b[2] - lat) * METRES
            lasting = b[1] - a[1]
            low = max(0.0, (begin - a[1]) / lasting) if lasting else 0.0
            high = min(1.0, (end - a[1]) / lasting) if lasting else 1.0
            steps = 400 if (xa, ya) != (xb, yb) else 1
            for step in range(steps + 1):
                part = low + (high - low) * step / steps
                metres = math.hypot(xa + (xb - xa) * part, ya + (yb - ya) * part)
                if metres <= radius_m:
                    best = min(best, metres)
                    first, last = min(first, a[1] + part * lasting), max(last, a[1] + part * lasting)
        if best <= radius_m:
            found[vehicle] = (best, first, last)
    return found


def worth(track: list[Row], limits: QualityLimits) -> dict[str, int]:
    """The figures of one vehicle's day, straight from their definitions."""
    fixes = [row for row in track if row[5] & Flag.QUALIFIED]
    figures = {
        "reports": len(track),
        "qualified": sum(fix[4] <= limits.top_speed_kmh * 10 for fix in fixes),
        "online_s": sum(b[1] - a[1] for a, b in pairwise(track) if b[1] - a[1] <= limits.online_gap_s),
        "drift": 0, "distance_mm": 0, "complete_mm": 0,
    }  # fmt: skip
    for a, b in pairwise(fixes):
        mm = round(float(distance_m(a[2] * 1e-6, a[3] * 1e-6, b[2] * 1e-6, b[3] * 1e-6)) * 1000)
        if mm / 1000 / max(b[1] - a[1], 1) * 3.6 > limits.drift_speed_kmh:
            figures["drift"] += 1
            continue
        figures["distance_mm"] += mm
        if b[1] - a[1] <= limits.gap_s and mm <= limits.gap_m * 1000:
            figures["complete_mm"] += mm
    return figures


def moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
