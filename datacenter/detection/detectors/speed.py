"""Driving faster than allowed (超速行驶)."""

from dataclasses import dataclass, field

import numpy as np

from datacenter.detection import catalogue
from datacenter.detection.batch import KINDS, Batch, Context, rows_inside
from datacenter.detection.catalogue import BoolArray, Detector, IntArray, Measure, largest, smallest


@catalogue.register
class Overspeed(Detector):
    """Faster than the posted limit of the area, or than the limit of the vehicle's kind where none is posted.

    Without road geometry the platform can't tell an expressway from another road, so a kind's limit is its highest
    lawful one; areas with a posted limit bring it down.
    """

    code, title = "road.overspeed", "超速行驶"
    source = "道路交通安全法实施条例第七十八条；危险货物道路运输安全管理办法第四十六条"
    source_verified = True

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """km/h by kind; ``tolerance_percent`` is the receiver's error, taken off before anybody is accused."""

        lasting_s: int = 60  # shorter bursts are noise from the receiver
        forgiven_gap_s: int = 20
        silence_s: int = 120
        tolerance_percent: int = 10
        limit_kmh: dict[str, int] = field(
            default_factory=lambda: {"taxi": 120, "bus": 100, "coach": 100, "hazmat": 80, "heavy_truck": 100}
        )

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
        by_kind = np.array([int(limits.limit_kmh.get(kind, 120)) for kind in KINDS] + [120], np.int64)
        limit = by_kind[kinds]  # -1, unknown, takes the last
        for zone in context.speed_zones:
            rows = rows_inside(zone, batch, kinds)
            if len(rows) and zone.limit_kmh is not None:
                limit[rows] = np.minimum(limit[rows], zone.limit_kmh)
        return limit
