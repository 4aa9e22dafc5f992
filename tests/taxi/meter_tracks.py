"""Generated cabs: they stand at ranks, cruise in turns, and carry passengers straight. No real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from taxi.meter.reading import Fixes, in_order

START_S = 1_772_323_200  # 2026-03-01T00:00:00Z
KM = 1 / 111.195


def cab_fixes(cabs: int, hours: int, seed: int = 5) -> Fixes:
    """Fixes about every 40 s, and one whenever the meter is pressed."""
    rng = np.random.default_rng(seed)
    parts = [_one_cab(rng, hours * 3600) for _ in range(cabs)]
    vehicle = np.repeat(np.arange(cabs), [len(part) for part in parts])
    time_s, x, y, occupied = np.concatenate(parts).T
    return in_order(vehicle, START_S + time_s, 122.0 + x * KM, 41.1 + y * KM, occupied)


def _one_cab(rng: np.random.Generator, seconds: int) -> np.ndarray:
    rows, now, x, y = [], 0.0, rng.uniform(-4, 4), rng.uniform(-4, 4)
    while now < seconds:
        for kind in ("stand", "cruise", "board", "carry", "alight"):
            occupied = kind in ("board", "carry")
            heading = np.arctan2(-y, -x) + rng.normal(0, 0.8)
            lasting = {"stand": 420, "cruise": 500, "board": 60, "carry": 800, "alight": 60}[kind] * rng.uniform(
                0.6, 1.5
            )
            until = now + lasting
            while now < until:
                rows.append((now, x, y, occupied))
                pause = min(rng.uniform(30, 50), until - now + 1e-6)
                if kind == "cruise":
                    heading += rng.normal(0, 1.0)
                speed = {"cruise": 20, "carry": 38}.get(kind, 0) / 3600
                x, y, now = x + speed * pause * np.cos(heading), y + speed * pause * np.sin(heading), now + pause
    return np.array(rows)


def write_csv(path: Path, fixes: Fixes) -> Path:
    """Those fixes as a file."""
    lines = ["vehicle,time,lon,lat,occupied"]
    columns = (fixes.vehicle, fixes.time_s, fixes.lon, fixes.lat, fixes.occupied)
    lines += [f"cab{v},{t},{lon:.6f},{lat:.6f},{int(o)}" for v, t, lon, lat, o in zip(*columns, strict=True)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
