"""What a day's track of a vehicle is worth (轨迹质量): formulas after 交运发〔2016〕160号, limits as rows.

The indicators' names and divisions are the order's; what "complete", "drift" and "qualified" mean it leaves to the
platform, as far as its text could be found. Here, for one vehicle and day of Asia/Shanghai:

- qualified: located, inside China, bearing and speed possible, and not faster than ``top_speed_kmh``;
- a way lies between two fixes one after the other; it is drift where it implies more than ``drift_speed_kmh``;
- distance is the sum of ways that are no drift; complete are those of at most ``gap_s`` and ``gap_m``;
- online is the sum of times between reports that are at most ``online_gap_s`` apart.

Each of them is a sum over neighbours in the track, so that adding later rows to what is known gives the same as
computing the whole day; a row between known ones has the day computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from datacenter.tracks.cells import day_number
from datacenter.tracks.chunks import Rows
from datacenter.tracks.models import TrackQualityLimit
from datacenter.tracks.position import Array
from datacenter.tracks.segments import NONE, Ints, is_fix, way_mm

_OWN = "平台自定；交运发〔2016〕160号未查到该判定值，须核实"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """The limits in force."""

    gap_s: int = 180
    gap_m: int = 3000
    drift_speed_kmh: int = 200
    top_speed_kmh: int = 160
    online_gap_s: int = 300


DEFAULTS: dict[str, tuple[str, str, str]] = {
    "gap_s": ("轨迹完整：相邻定位最大间隔", "s", _OWN),
    "gap_m": ("轨迹完整：相邻定位最大距离", "m", _OWN),
    "drift_speed_kmh": ("定位漂移：推算速度超过", "km/h", _OWN),
    "top_speed_kmh": ("数据合格：速度不超过", "km/h", "通行做法为 0–160 km/h；标准文本未查到，须核实"),
    "online_gap_s": ("在线：相邻上报最大间隔", "s", _OWN),
}


def enter_limits(**_: Any) -> None:
    """Give each limit its row; rows that are there keep what an officer set."""
    TrackQualityLimit.objects.bulk_create(
        [
            TrackQualityLimit(code=code, title=title, unit=unit, source=source, value=getattr(QualityLimits(), code))
            for code, (title, unit, source) in DEFAULTS.items()
        ],
        ignore_conflicts=True,
    )


def limits_in_force() -> QualityLimits:
    """The limits as they stand in their rows."""
    known = {field.name for field in fields(QualityLimits)}
    return QualityLimits(**dict(TrackQualityLimit.objects.filter(pk__in=known).values_list("code", "value")))


@dataclass(frozen=True, slots=True)
class Tallies:
    """The figures of vehicles' days, columns of shape (n,), by vehicle and day; ``NONE`` where none."""

    vehicle_id: Ints
    day: Ints
    reports: Ints
    qualified: Ints
    drift: Ints
    online_s: Ints
    distance_mm: Ints
    complete_mm: Ints
    first_at: Ints
    last_at: Ints
    last_fix_at: Ints
    first_lat: Ints
    first_lon: Ints
    last_lat: Ints
    last_lon: Ints
    dirty: Ints

    def __len__(self) -> int:
        return len(self.vehicle_id)

    def take(self, rows: Array | slice) -> Tallies:
        """The rows that ``rows`` picks."""
        return Tallies(*(getattr(self, field.name)[rows] for field in fields(self)))

    @staticmethod
    def join(parts: list[Tallies]) -> Tallies:
        """All rows of ``parts``, in their order."""
        return Tallies(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Tallies)))

    @staticmethod
    def of(columns: list[Any]) -> Tallies:
        """From rows of a cursor turned into columns; nothing gives no rows."""
        if not columns:
            return Tallies(*(np.empty(0, np.int64) for _ in fields(Tallies)))
        return Tallies(*(np.array(column, np.int64) for column in columns))

    def find(self, vehicle_id: Ints, day: Ints) -> Ints:
        """The row of each vehicle and day; ``NONE`` where there is none. Rows must be ordered by both."""
        wanted = _key(vehicle_id, day)
        known = _key(self.vehicle_id, self.day)
        if not len(known):
            return np.full(len(wanted), NONE, np.int64)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[at] == wanted, at, NONE)


def _key(vehicle_id: Ints, day: Ints) -> Ints:
    return vehicle_id << 20 | day


def groups_of(rows: Rows) -> Ints:
    """Where each vehicle's day begins in ``rows``, which are in a track's order."""
    opens = np.ones(len(rows), np.bool_)
    day = day_number(rows.device_time)
    opens[1:] = (rows.vehicle_id[1:] != rows.vehicle_id[:-1]) | (day[1:] != day[:-1])
    return np.flatnonzero(opens)


def tally(rows: Rows, before: Tallies, limits: QualityLimits) -> Tallies:
    """The figures after ``rows`` (in a track's order), each later than all that ``before`` knows of its vehicle's day.

    ``before`` is ordered by vehicle and day and may lack days: those begin here.
    """
    starts = groups_of(rows)
    if not len(starts):
        return Tallies.of([])
    vehicle, day = rows.vehicle_id[starts], day_number(rows.device_time[starts])
    known = before.find(vehicle, day)
    old, has = before.take(np.maximum(known, 0)) if len(before) else None, known >= 0
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))

    def was(name: str) -> Ints:
        return np.where(has, getattr(old, name), NONE) if old is not None else np.full(len(starts), NONE, np.int64)

    def total(column: Array, name: str) -> Ints:
        return np.maximum(was(name), 0) + np.add.reduceat(column.astype(np.int64), starts)

    at = rows.device_time
    gap = np.zeros(len(rows), np.int64)
    gap[1:] = at[1:] - at[:-1]
    gap[starts] = np.where(has, at[starts] - was("last_at"), 0)
    online = np.where(gap <= limits.online_gap_s, gap, 0)
    fix = is_fix(rows)
    qualified = fix & (rows.speed_dkmh <= limits.top_speed_kmh * 10)
    mm, way_s = _ways(rows, np.flatnonzero(fix), group, was)
    # Speeds compared in whole numbers: mm · 3.6 > km/h · s · 1000.
    drift = (mm * 36 > limits.drift_speed_kmh * 10_000 * np.maximum(way_s, 1)) & (mm > 0)
    sound = np.where(drift, 0, mm)
    complete = np.where((way_s <= limits.gap_s) & (mm <= limits.gap_m * 1000), sound, 0)
    last = np.append(starts[1:], len(rows)) - 1
    first_fix, last_fix = _ends(np.flatnonzero(fix), group, len(starts))
    fresh, later = was("last_fix_at") == NONE, last_fix >= 0
    return Tallies(
        vehicle_id=vehicle,
        day=day,
        reports=total(np.ones(len(rows), np.int64), "reports"),
        qualified=total(qualified, "qualified"),
        drift=total(drift, "drift"),
        online_s=total(online, "online_s"),
        distance_mm=total(sound, "distance_mm"),
        complete_mm=total(complete, "complete_mm"),
        first_at=np.where(has, was("first_at"), at[starts]),
        last_at=at[last],
        last_fix_at=np.where(later, at[last_fix], was("last_fix_at")),
        first_lat=np.where(fresh & later, rows.latitude_e6[first_fix], was("first_lat")),
        first_lon=np.where(fresh & later, rows.longitude_e6[first_fix], was("first_lon")),
        last_lat=np.where(later, rows.latitude_e6[last_fix], was("last_lat")),
        last_lon=np.where(later, rows.longitude_e6[last_fix], was("last_lon")),
        dirty=np.maximum(was("dirty"), 0),
    )


def _ways(rows: Rows, fixes: Ints, group: Ints, was: Any) -> tuple[Ints, Ints]:
    """Length (mm) and time (s) of the way that ends at each row; 0 where none ends there."""
    mm, way_s = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    if not len(fixes):
        return mm, way_s
    g = group[fixes]
    opens = np.ones(len(fixes), np.bool_)
    opens[1:] = g[1:] != g[:-1]
    known = [was(name)[g] for name in ("last_fix_at", "last_lat", "last_lon")]
    own = (rows.device_time[fixes], rows.latitude_e6[fixes], rows.longitude_e6[fixes])
    at, lat, lon = (
        np.where(opens, old, np.concatenate([now[:1], now[:-1]])) for old, now in zip(known, own, strict=True)
    )
    there = ~opens | (known[0] != NONE)
    mm[fixes] = np.where(there, way_mm(np.where(there, lat, own[1]), np.where(there, lon, own[2]), own[1], own[2]), 0)
    way_s[fixes] = np.where(there, own[0] - at, 0)
    return mm, way_s


def _ends(fixes: Ints, group: Ints, groups: int) -> tuple[Ints, npt.NDArray[np.int64]]:
    """First and last fix of each group; ``NONE`` where it has none."""
    first, last = np.full(groups, NONE, np.int64), np.full(groups, NONE, np.int64)
    last[group[fixes]] = fixes  # the last one written stays
    first[group[fixes[::-1]]] = fixes[::-1]
    return first, last
