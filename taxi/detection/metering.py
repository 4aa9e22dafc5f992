"""Whether a trip record fits what the vehicle did (计价器信号与轨迹不符)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from taxi.detection.ridden import Ridden


class Reason(IntFlag):
    """Why the meter is doubted; several may hold."""

    UNRECORDED = 1  # loaded, and no trip record came
    STILL = 2  # counted kilometres, and stood
    MORE = 4  # counted more than was driven
    LESS = 8  # counted less than was driven
    SEAT = 16  # the seat was taken with the meter off


REASON_WORDS = {
    Reason.UNRECORDED: "重车行驶而无营运记录",
    Reason.STILL: "计程有脉冲而车辆未移动",
    Reason.MORE: "计程里程明显大于轨迹里程",
    Reason.LESS: "计程里程明显小于轨迹里程",
    Reason.SEAT: "座位传感器：载客未打表",
}


@dataclass(frozen=True, slots=True)
class Metered:
    """What a trip record says: kilometres in 0.1 km, None where it could not be read; seconds with the seat taken."""

    distance_dkm: int | None
    occupied_unmetered_s: int | None


def doubts(metered: Metered, way: Ridden | None, limits: Any) -> Reason:
    """Reasons to doubt a trip; ``way`` is None where no track can be relied on, then only the sensor speaks."""
    found = Reason(0)
    if metered.occupied_unmetered_s is not None and metered.occupied_unmetered_s >= limits.unmetered_s:
        found |= Reason.SEAT
    if metered.distance_dkm is None or way is None:
        return found
    counted_m, driven_m = metered.distance_dkm * 100, way.distance_m
    most_m = driven_m + way.unseen_m  # what it lacks may have been driven in a pause of the track
    if counted_m - way.unseen_m > limits.pulse_m and max(driven_m, way.spread_m) <= limits.still_m:
        return found | Reason.STILL
    if counted_m - most_m > limits.apart_m and counted_m * 100 > most_m * limits.ratio_percent:
        found |= Reason.MORE
    if driven_m - counted_m > limits.apart_m and driven_m * 100 > counted_m * limits.ratio_percent:
        found |= Reason.LESS
    return found
