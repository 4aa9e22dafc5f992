"""Being where one may not be: in a forbidden area (违规驶入禁行区域), off the approved route (路线偏离)."""

from dataclasses import dataclass

import numpy as np

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context, rows_inside
from datacenter.detection.catalogue import BoolArray, Detector, IntArray, Measure, largest, smallest


@catalogue.register
class ForbiddenArea(Detector):
    """A vehicle inside an area that is forbidden to its kind, at an hour at which it is."""

    code, title = "area.forbidden", "驶入禁行区域"
    source = "危险货物道路运输安全管理办法第四十九条（限制通行区域由公安机关公布）"
    source_verified = True

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """One stray fix is the receiver's; two in a row are the vehicle's."""

        lasting_s: int = 10
        forgiven_gap_s: int = 120
        silence_s: int = 300

    def condition(self, batch: Batch, context: Context, limits: "ForbiddenArea.Limits") -> BoolArray | None:
        """Qualified positions inside any forbidden area in force for their kind, shape (len(batch),)."""
        inside = self._area(batch, context)
        return None if inside is None else inside > 0

    def values(self, batch: Batch, context: Context, limits: "ForbiddenArea.Limits") -> dict[str, IntArray]:
        """The id of the area at each position, 0 outside."""
        area = self._area(batch, context)
        return {"area_id": np.zeros(len(batch), np.int64) if area is None else area}

    def measures(self) -> dict[str, Measure]:
        """Which area it was."""
        return {"area_id": smallest("area_id", "区域编号")}

    def _area(self, batch: Batch, context: Context) -> IntArray | None:
        area: IntArray | None = None
        kinds = context.kinds(batch)
        for zone in context.forbidden:
            rows = rows_inside(zone, batch, kinds)
            if len(rows):
                area = np.zeros(len(batch), np.int64) if area is None else area
                area[rows] = zone.area_id
        return area


@catalogue.register
class RouteDeviation(Detector):
    """A vehicle with an approved route that drives off it: outside all corridors that bind it."""

    code, title = "route.deviation", "偏离核准路线"
    source = "危险货物道路运输安全管理办法第四十八条（按公安机关批准的路线、时间行驶）"
    source_verified = True
    limit_words = {"moving_kmh": ("视为行驶", "km/h")}

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """Two minutes off the corridor are no lane and no receiver's error."""

        lasting_s: int = 120
        forgiven_gap_s: int = 60
        silence_s: int = 300
        moving_kmh: int = 5

    def condition(self, batch: Batch, context: Context, limits: "RouteDeviation.Limits") -> BoolArray | None:
        """Qualified positions in motion off their vehicle's routes, shape (len(batch),)."""
        if context.corridors is None:
            return None
        rows = np.flatnonzero((batch.speed_dkmh > limits.moving_kmh * 10) & batch.qualified)
        if not len(rows):
            return None
        holds = np.zeros(len(batch), np.bool_)
        holds[rows] = context.corridors.deviating(
            batch.vehicle_id[rows],
            context.kinds(batch)[rows],
            batch.device_time[rows],
            batch.longitude_e6[rows],
            batch.latitude_e6[rows],
        )
        return holds

    def measures(self) -> dict[str, Measure]:
        """Peak speed; how long and how far every episode measures."""
        return {"peak_speed_dkmh": largest("speed_dkmh", "最高速度", scale=0.1, unit="km/h")}
