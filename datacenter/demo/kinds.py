"""What the demo's detectors found (演示事由): shares, industries, hours, how often it holds, and what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

Measures = dict[str, int]
# (random, limits of the detector, industry, ids of places) → seconds that it lasted, what was measured
Measured = Callable[[Random, Mapping[str, Any], str, Mapping[str, Any]], tuple[int, Measures]]

# Weights of the hours of a day, from midnight on.
_WORK = (1, 1, 1, 1, 1, 3, 6, 9, 10, 9, 8, 7, 6, 7, 8, 8, 9, 10, 8, 6, 5, 4, 3, 2)
_TAXI = (4, 3, 2, 1, 1, 2, 4, 7, 8, 7, 7, 7, 7, 6, 6, 7, 9, 10, 9, 9, 9, 8, 7, 5)
_NIGHT = (0, 0, 10, 8, 6) + (0,) * 19
_LATE_DAY = (1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 3, 6, 8, 7, 6, 7, 8, 8, 6, 4, 3, 3, 2, 1)


def _lasting(random: Random, least: int, mean: float) -> int:
    return least + round(random.expovariate(1 / mean))


def _way(speed_dkmh: int, seconds: int) -> int:
    return speed_dkmh * seconds * 100_000 // 3600  # millimetres


def _overspeed(random: Random, limits: Mapping[str, Any], industry: str, _: Mapping[str, Any]) -> tuple[int, Measures]:
    highest = int(limits["limit_kmh"].get(industry, 120))
    limit = random.choice([highest, highest, *(one for one in (40, 60, 70, 80) if one < highest)])
    peak = round(limit * 10 * (1 + limits["tolerance_percent"] / 100) * (1.01 + random.expovariate(9)))
    lasting = _lasting(random, int(limits["lasting_s"]) + 1, 110)
    peak = min(peak, 1650)
    return lasting, {"peak_speed_dkmh": peak, "limit_kmh": limit, "distance_mm": _way(peak - 40, lasting)}


def _unmetered(random: Random, *_: Any) -> tuple[int, Measures]:
    way = random.randrange(1500, 12000)
    return way * 3600 // random.randrange(22_000, 38_000) + 180, {
        "score": random.randrange(61, 98), "way_m": way, "direct": random.randrange(610, 960),
        "inside": random.randrange(620, 970), "share": random.randrange(300, 900),
        "dwell_before_min": random.randrange(0, 9), "dwell_after_min": random.randrange(0, 6),
    }  # fmt: skip


def _alarm(random: Random, *_: Any) -> tuple[int, Measures]:
    alarms = 1 + min(5, int(random.expovariate(0.8)))
    measures = {"alarms": alarms, "level": random.choice((1, 1, 2)), "peak_speed_dkmh": random.randrange(210, 890)}
    return (alarms - 1) * random.randrange(20, 200), measures


def _covered(random: Random, *_: Any) -> tuple[int, Measures]:
    lasting = _lasting(random, 60, 1500)
    return lasting, {
        "alarms": 1 + lasting // 30, "level": 1, "peak_speed_dkmh": random.randrange(0, 700),
        "channels": random.choice((1, 2, 2, 3)), "score_percent": random.randrange(55, 99),
    }  # fmt: skip


def _not_yielding(random: Random, limits: Any, industry: str, places: Mapping[str, Any]) -> tuple[int, Measures]:
    _, measures = _alarm(random)
    through = random.randrange(180, 520)
    measures |= {"peak_speed_dkmh": through + 30, "through_dkmh": through, "alarms": 1}
    return 0, measures | ({"crossing_id": places["crossing"]} if "crossing" in places else {})


def _fault(random: Random, limits: Mapping[str, Any], *_: Any) -> tuple[int, Measures]:
    lasting = _lasting(random, int(limits["lasting_s"]), 5400)
    return lasting, {"fault_bits": 1 << random.choice((4, 5, 5, 7, 8, 8, 9, 11, 11, 12))}


def _silence(random: Random, limits: Mapping[str, Any], *_: Any) -> tuple[int, Measures]:
    silent = _lasting(random, int(limits["silence_s"]) + 1, 2400)
    return silent, {"silent_s": silent}


def _driving(random: Random, limits: Mapping[str, Any], *_: Any) -> tuple[int, Measures]:
    lasting = _lasting(random, int(limits["lasting_s"]), 1300)
    peak = random.randrange(620, 880)
    return lasting, {"peak_speed_dkmh": peak, "distance_mm": _way(peak - 200, lasting)}


def _hours(random: Random, limits: Mapping[str, Any], *_: Any) -> tuple[int, Measures]:
    return int(limits["window_s"]), {"driven_s": _lasting(random, int(limits["limit_s"]) + 60, 2600),
                                     "vehicles": random.choice((1, 1, 1, 2))}  # fmt: skip


def _forbidden(random: Random, limits: Mapping[str, Any], industry: str, places: Mapping[str, Any]) -> tuple[
    int, Measures
]:  # fmt: skip
    lasting = _lasting(random, int(limits["lasting_s"]) + 10, 240)
    return lasting, {"area_id": places["area"]} if "area" in places else {}


def _frozen(random: Random, limits: Mapping[str, Any], *_: Any) -> tuple[int, Measures]:
    lasting = _lasting(random, int(limits["lasting_s"]), 600)
    return lasting, {"repeats": lasting // 10, "peak_speed_dkmh": random.randrange(300, 800)}


def _refusal(random: Random, *_: Any) -> tuple[int, Measures]:
    times = random.randrange(3, 7)
    measures = {"alarms": times, "day_count": times, "head_s": random.randrange(5, 240), "orders": 0}
    return random.randrange(3600, 4 * 3600), measures | {"overtook": random.randrange(1, 4)}


@dataclass(frozen=True, slots=True)
class Kind:
    """One detector's finds: ``share`` among all, ``held`` of them, ``trend`` to the end, ``summer`` against winter."""

    code: str
    share: float
    industries: Mapping[str, int]
    measured: Measured
    hours: tuple[int, ...] = _WORK
    held: float = 0.9
    trend: float = 0.0
    summer: float = 0.0
    on_roads: tuple[str, ...] = ("main", "county", "arterial")

    def weight(self, day: date, gone: float) -> float:
        """How often on ``day``, ``gone`` of the whole stretch from 0 to 1."""
        season = 1 + self.summer * math.cos(math.tau * (day.timetuple().tm_yday - 200) / 365)
        return self.share * (1 + self.trend * gone) * season


_ALL = {"taxi": 20, "bus": 6, "coach": 14, "hazmat": 40, "heavy_truck": 20}
_TRADE = {"coach": 20, "hazmat": 50, "heavy_truck": 30}
_TOWN = ("arterial", "street")
_OPEN = ("expressway", "main", "county")

KINDS: tuple[Kind, ...] = (
    Kind("road.overspeed", 24, {"taxi": 16, "bus": 3, "coach": 16, "hazmat": 40, "heavy_truck": 25}, _overspeed,
         held=0.93, trend=-0.25, summer=0.15, on_roads=_OPEN),
    Kind("taxi.unmetered", 9, {"taxi": 1}, _unmetered, _TAXI, held=0.72, trend=-0.3, on_roads=_TOWN),
    Kind("driver.phone", 11, _ALL, _alarm, held=0.88),
    Kind("driver.seat_belt", 8, _ALL, _alarm, held=0.86, trend=-0.35, summer=0.25),
    Kind("driver.smoking", 7, _ALL, _alarm, held=0.84),
    Kind("crossing.not_yielding", 7, {"taxi": 7, "bus": 2, "coach": 1}, _not_yielding, _TAXI, held=0.78,
         on_roads=_TOWN),
    Kind("camera.covered", 8, {"taxi": 6, "hazmat": 2, "coach": 2}, _covered, _TAXI, held=0.8, on_roads=_TOWN),
    Kind("device.fault", 8, _ALL, _fault, held=0.95, summer=-0.2),
    Kind("device.silence", 4, _TRADE, _silence, held=0.83),
    Kind("driving.fatigue", 5, _TRADE, _driving, _LATE_DAY, held=0.92, summer=-0.3, on_roads=_OPEN),
    Kind("driver.day_hours", 1.5, _TRADE, _hours, _LATE_DAY, held=0.9, on_roads=_OPEN),
    Kind("driving.night_ban", 1.5, {"coach": 1}, _driving, _NIGHT, held=0.9, on_roads=_OPEN),
    Kind("area.forbidden", 2, {"hazmat": 1}, _forbidden, held=0.9),
    Kind("route.deviation", 1, {"hazmat": 1}, _driving, held=0.75, on_roads=_OPEN),
    Kind("position.frozen", 1, _ALL, _frozen, held=0.85),
    Kind("taxi.refusal", 1, {"taxi": 1}, _refusal, _TAXI, held=0.7, on_roads=_TOWN),
    Kind("vehicle.elsewhere", 2, {"taxi": 1}, _alarm, _TAXI, held=0.85, on_roads=_TOWN),
)  # fmt: skip
