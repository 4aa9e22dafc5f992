"""Driving faster than allowed (超速行驶)."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context, by_kind, during, rows_inside
from datacenter.detection.catalogue import BoolArray, Detector, IntArray, Measure, largest, smallest

# No vehicle may be faster on any road: what a kind is judged by that has no limit of its own.
HIGHEST_KMH = 120


@catalogue.register
class Overspeed(Detector):
    """Faster than the lowest of three limits: the road section's, the area's, the vehicle's kind's.

    Off the known roads the platform can't tell an expressway from another road, so a kind's limit is its highest lawful
    one; sections and areas bring it down. Where roads meet, the one with the highest limit counts. At night coaches
    have a share of the day's limit.
    """

    code, title = "road.overspeed", "超速行驶"
    source = "道路交通安全法实施条例第七十八条；危险货物道路运输安全管理办法第四十六条"
    source_verified = True
    limit_words = {
        "tolerance_percent": ("允许误差", "%"),
        "limit_kmh": ("限速", "km/h"),
        "night_percent": ("夜间限速比例", "%"),
        "night_from_s": ("夜间自零点起", "s"),
        "night_until_s": ("夜间至零点后", "s"),
    }

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """km/h by kind; ``tolerance_percent`` is the receiver's error, taken off before anybody is accused.

        ``night_percent`` by kind: 80 for coaches in 道路运输车辆动态监督管理办法; when night begins and ends is 未核实.
        """

        lasting_s: int = 60  # shorter bursts are noise from the receiver
        forgiven_gap_s: int = 20
        silence_s: int = 120
        tolerance_percent: int = 10
        limit_kmh: dict[str, int] = field(
            default_factory=lambda: {"taxi": 120, "bus": 100, "coach": 100, "hazmat": 80, "heavy_truck": 100}
        )
        night_percent: dict[str, int] = field(default_factory=lambda: {"coach": 80})
        night_from_s: int = 22 * 3600
        night_until_s: int = 6 * 3600

    def condition(self, batch: Batch, context: Context, limits: "Overspeed.Limits") -> BoolArray | None:
        """Qualified positions faster than limit plus tolerance, shape (len(batch),)."""
        # Whole numbers: 10 × 0.1 km/h against percent of km/h.
        fast = batch.speed_dkmh * 10 > self._limit_kmh(batch, context, limits) * (100 + limits.tolerance_percent)
        return fast & batch.qualified

    def values(self, batch: Batch, context: Context, limits: "Overspeed.Limits") -> dict[str, IntArray]:
        """The limit that applied at each position, km/h."""
        return {"limit_kmh": self._limit_kmh(batch, context, limits)}

    def measures(self) -> dict[str, Measure]:
        """Peak speed and the lowest limit that applied."""
        return {
            "peak_speed_dkmh": largest("speed_dkmh", "最高速度", scale=0.1, unit="km/h"),
            "limit_kmh": smallest("limit_kmh", "限速", unit="km/h"),
        }

    def _limit_kmh(self, batch: Batch, context: Context, limits: "Overspeed.Limits") -> IntArray:
        kinds = context.kinds(batch)
        limit = by_kind(kinds, limits.limit_kmh, HIGHEST_KMH)
        self._by_road(batch, context, limits, kinds, limit)
        for zone in context.speed_zones:
            rows = rows_inside(zone, batch, kinds)
            if len(rows) and zone.limit_kmh is not None:
                limit[rows] = np.minimum(limit[rows], zone.limit_kmh)
        night = during(batch.day_s, limits.night_from_s, limits.night_until_s)
        if night.any():
            limit = np.where(night, limit * by_kind(kinds, limits.night_percent, 100) // 100, limit)
        return limit

    def _by_road(
        self, batch: Batch, context: Context, limits: "Overspeed.Limits", kinds: npt.NDArray[np.int8], limit: IntArray
    ) -> None:
        """Bring ``limit`` down to that of the road, where the vehicle is fast enough for any road to matter."""
        roads = context.roads
        if roads is None:
            return
        # Below the lowest limit of all, at its lowest at night, nobody speeds.
        least = min([100, *(int(np.min(share)) for share in limits.night_percent.values())])
        fast = batch.speed_dkmh * 1000 > roads.lowest_kmh * least * (100 + limits.tolerance_percent)
        rows = np.flatnonzero(fast & batch.qualified)
        places, road_kmh = roads.limits(
            batch.longitude_e6[rows], batch.latitude_e6[rows], batch.device_time[rows], kinds[rows]
        )
        limit[rows[places]] = np.minimum(limit[rows[places]], road_kmh)
