"""How the demo taxis' movement compares with real tracks: speeds, standing, dwell, on steps of about a minute."""

from pathlib import Path
from typing import Any

import numpy as np

from datacenter.simulator.fleet import demo_fleet
from datacenter.simulator.movement import ACC_BIT, Movement
from datacenter.simulator.replay import Track, read_tracks

STANDING_KMH = 3.0
_DAY_START_S = 1_767_196_800  # 2026-01-01 00:00 in Shanghai


def describe(track: Track) -> dict[str, Any]:
    """Figures of steps of 45 to 75 s between consecutive fixes of a vehicle."""
    lasting = np.diff(track.time_s)
    east = np.diff(track.lon) * 111_195 * np.cos(np.radians(track.lat[1:]))
    north = np.diff(track.lat) * 111_195
    fit = (np.diff(track.vehicle) == 0) & (lasting >= 45) & (lasting <= 75)
    speed = np.hypot(east, north) / np.maximum(lasting, 1) * 3.6
    standing = fit & (speed < STANDING_KMH)
    moving = speed[fit & ~standing]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], standing, [False])).astype(np.int8)))
    total = np.concatenate(([0], np.cumsum(lasting)))
    dwell_min = (total[edges[1::2]] - total[edges[::2]]) / 60
    return {
        "steps": int(fit.sum()),
        "share_standing": round(float(standing.sum() / fit.sum()), 3),
        "mean_moving_kmh": round(float(moving.mean()), 1),
        "moving_kmh_p10_25_50_75_90_99": np.round(np.percentile(moving, (10, 25, 50, 75, 90, 99)), 1).tolist(),
        "dwell_min_p50_75_90_95": np.round(np.percentile(dwell_min, (50, 75, 90, 95)), 1).tolist(),
        "stops_per_moving_hour": round(len(dwell_min) / (len(moving) / 60), 2),
    }


def demo_taxis_at_work() -> Track:
    """One day of every eighth demo taxi, a fix a minute, while its engine runs."""
    taxis = [vehicle for vehicle in demo_fleet() if vehicle.kind == "taxi"][::8]
    movement, rows = Movement(taxis), np.arange(len(taxis))
    times = np.arange(_DAY_START_S, _DAY_START_S + 86_400, 60)
    fixes = [movement.at(rows, np.full(len(rows), float(when))) for when in times]
    lon, lat, status = (
        np.stack([getattr(fix, name) for fix in fixes]).T.ravel() for name in ("longitude_e6", "latitude_e6", "status")
    )
    working = np.flatnonzero(status & ACC_BIT)
    vehicle, time_s = np.repeat(rows, len(times)), np.tile(times, len(rows))
    return Track(vehicle, time_s, lon / 1e6, lat / 1e6, np.zeros(len(lon), bool)).only(working)


def compare(real: Path) -> dict[str, dict[str, Any]]:
    """Both sets of figures."""
    return {"real": describe(read_tracks(real)), "generated": describe(demo_taxis_at_work())}
