"""Recorded tracks (轨迹回放): read from a file, cut into one piece a terminal, moved in time and, if asked, in place.

Nothing is resampled: every fix of the file, inside the asked-for span, becomes exactly one report. Speed and bearing
come from the file, or from consecutive fixes. A shift in place is rigid: metres, speeds and stops stay real.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

LONGEST_GAP_S = 600  # over a longer silence no speed is derived
PANJIN = (122.066, 41.120)
_METRES_PER_DEGREE = 111_195.0


class UnreadableTracks(ValueError):
    """A track file without the columns ``vehicle, time, lon, lat``, or with times that go back."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Fixes sorted by terminal and time; terminal ``i`` has rows ``starts[i]`` to ``ends[i]``."""

    who: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    original_s: np.ndarray
    due_s: np.ndarray  # when to send, in seconds since the run began
    time_s: np.ndarray  # device time to report
    longitude_e6: np.ndarray
    latitude_e6: np.ndarray
    speed_dkmh: np.ndarray
    bearing_deg: np.ndarray
    occupied: np.ndarray
    mileage_hm: np.ndarray

    def __len__(self) -> int:
        return len(self.who)

    def columns(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Those fixes as the frames want them."""
        status = np.where(self.occupied[rows], 3 | 3 << 8, 3).astype(np.uint32)
        return {
            "time_s": self.time_s[rows],
            "longitude_e6": self.longitude_e6[rows],
            "latitude_e6": self.latitude_e6[rows],
            "speed_dkmh": self.speed_dkmh[rows],
            "bearing_deg": self.bearing_deg[rows],
            "alarms": np.zeros(len(rows), np.uint32),
            "status": status,
            "altitude_m": np.full(len(rows), 4),
            "mileage_hm": self.mileage_hm[rows],
        }


@dataclass(frozen=True, slots=True)
class Track:
    """Columns of a track file, sorted by vehicle and time; ``vehicle`` is a number."""

    vehicle: np.ndarray
    time_s: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    occupied: np.ndarray
    speed_kmh: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.vehicle)

    def only(self, rows: np.ndarray) -> "Track":
        """Some of the fixes."""
        speed = None if self.speed_kmh is None else self.speed_kmh[rows]
        return Track(self.vehicle[rows], self.time_s[rows], self.lon[rows], self.lat[rows], self.occupied[rows], speed)


def read_tracks(path: Path) -> Track:
    """A CSV or Parquet file with ``vehicle, time, lon, lat`` and optionally ``occupied, speed_kmh``.

    ``time`` is a timestamp (UTC where it has no zone) or seconds since the epoch; fractions of a second are cut.
    Raises ``UnreadableTracks``.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.parquet

    table = pa.parquet.read_table(path) if path.suffix == ".parquet" else pa.csv.read_csv(path)
    missing = {"vehicle", "time", "lon", "lat"} - set(table.column_names)
    if missing:
        raise UnreadableTracks(f"{path} lacks {', '.join(sorted(missing))}")
    names = table["vehicle"].combine_chunks().cast(pa.string()).to_numpy(zero_copy_only=False)
    _, first, vehicle = np.unique(names.astype(str), return_index=True, return_inverse=True)
    # Numbers in the order in which vehicles first appear.
    vehicle = np.argsort(np.argsort(first))[vehicle]
    times = table["time"]
    if pa.types.is_timestamp(times.type):
        times = pc.cast(pc.floor_temporal(times, unit="second"), pa.timestamp("s", times.type.tz)).cast(pa.int64())
    time_s = np.floor(times.to_numpy()).astype(np.int64)
    optional: dict[str, Any] = {
        name: table[name].to_numpy() if name in table.column_names else None for name in ("occupied", "speed_kmh")
    }
    order = np.lexsort((time_s, vehicle))
    occupied = np.zeros(len(order), bool) if optional["occupied"] is None else optional["occupied"].astype(bool)
    track = Track(vehicle, time_s, table["lon"].to_numpy(), table["lat"].to_numpy(), occupied, optional["speed_kmh"])
    return track.only(order)


def select(track: Track, *, from_s: int | None = None, to_s: int | None = None, max_fixes: int | None = None) -> Track:
    """Fixes of ``[from_s, to_s)``, and of those the earliest ``max_fixes``."""
    keep = np.ones(len(track), bool)
    if from_s is not None:
        keep &= track.time_s >= from_s
    if to_s is not None:
        keep &= track.time_s < to_s
    rows = np.flatnonzero(keep)
    if max_fixes is not None and len(rows) > max_fixes:
        rows = np.sort(rows[np.argsort(track.time_s[rows], kind="stable")[:max_fixes]])
    return track.only(rows)


def shift_to(track: Track, lon: float, lat: float) -> Track:
    """The tracks moved so that their median lies at ``lon, lat``; east–west metres are kept."""
    from_lon, from_lat = float(np.median(track.lon)), float(np.median(track.lat))
    squeeze = math.cos(math.radians(from_lat)) / math.cos(math.radians(lat))
    return Track(
        track.vehicle,
        track.time_s,
        lon + (track.lon - from_lon) * squeeze,
        lat + (track.lat - from_lat),
        track.occupied,
        track.speed_kmh,
    )


def plan_replay(track: Track, terminals: int, *, ends_at_s: int | None) -> Replay:
    """Give each terminal its piece.

    As many terminals as vehicles, or fewer: a terminal a vehicle. More: each vehicle's track is cut into consecutive
    pieces of about the same number of fixes, which run side by side. Times are shifted by a whole number of seconds so
    that the last fix (of every piece, where tracks are cut) is at ``ends_at_s``; with None they stay as they are.
    """
    vehicles = np.unique(track.vehicle)
    used = vehicles[: min(terminals, len(vehicles))]
    track = track.only(np.flatnonzero(np.isin(track.vehicle, used)))
    pieces = max(1, math.ceil(terminals / max(1, len(used))))
    bounds: list[tuple[int, int]] = []
    edges = np.flatnonzero(np.diff(track.vehicle, prepend=-1, append=-1)) if len(track) else np.zeros(1, np.int64)
    for place, (start, end) in enumerate(pairwise(edges)):
        # Earlier vehicles get one piece more where the terminals don't divide evenly.
        mine = len(range(place, terminals, len(used))) if pieces > 1 else 1
        cuts = np.linspace(start, end, mine + 1).astype(np.int64)
        bounds += list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))
    starts, ends = (np.array(column, np.int64) for column in zip(*bounds, strict=True)) if bounds else (
        np.zeros(0, np.int64), np.zeros(0, np.int64))  # fmt: skip
    return _placed(track, starts, ends, ends_at_s)


def _placed(track: Track, starts: np.ndarray, ends: np.ndarray, ends_at_s: int | None) -> Replay:
    who = np.repeat(np.arange(len(starts)), ends - starts)
    one_clock = len(np.unique(track.vehicle)) == len(starts)
    firsts = track.time_s[np.minimum(starts, max(0, len(track) - 1))] if len(track) else np.zeros(0, np.int64)
    lasts = track.time_s[np.maximum(ends - 1, 0)] if len(track) else np.zeros(0, np.int64)
    if one_clock and len(track):
        # Whole tracks keep their time relative to one another.
        firsts, lasts = np.full(len(starts), firsts.min()), np.full(len(starts), lasts.max())
    due = track.time_s - firsts[who]
    time_s = track.time_s if ends_at_s is None else track.time_s + (ends_at_s - lasts)[who]
    speed, bearing, metres = _derived(track, who)
    return Replay(
        who=who,
        starts=starts,
        ends=ends,
        original_s=track.time_s,
        due_s=due.astype(np.float64),
        time_s=time_s,
        longitude_e6=np.round(track.lon * 1e6).astype(np.int64),
        latitude_e6=np.round(track.lat * 1e6).astype(np.int64),
        speed_dkmh=np.round(speed * 10).astype(np.int64),
        bearing_deg=np.round(bearing).astype(np.int64) % 360,
        occupied=track.occupied,
        mileage_hm=(np.cumsum(metres) / 100).astype(np.int64),
    )


def _derived(track: Track, who: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """km/h, degrees and metres from the fix before; nothing over a long silence or at a track's start."""
    if not len(track):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    east = np.diff(track.lon, prepend=track.lon[0]) * _METRES_PER_DEGREE * np.cos(np.radians(track.lat))
    north = np.diff(track.lat, prepend=track.lat[0]) * _METRES_PER_DEGREE
    lasting = np.diff(track.time_s, prepend=track.time_s[0])
    known = (np.diff(who, prepend=-1) == 0) & (lasting > 0) & (lasting <= LONGEST_GAP_S)
    metres = np.where(known, np.hypot(east, north), 0.0)
    speed = np.minimum(metres / np.maximum(lasting, 1) * 3.6, 220.0)
    bearing = np.degrees(np.arctan2(east, north)) % 360
    # A standing receiver's noise has no direction: keep that of the last move.
    moving = metres > 10
    last = np.maximum.accumulate(np.where(moving, np.arange(len(metres)), 0))
    if track.speed_kmh is not None:
        speed = np.clip(track.speed_kmh, 0, 220).astype(np.float64)
    return speed, bearing[last], metres
