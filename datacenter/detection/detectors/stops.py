"""Standing where or as one should not (违法停车、长时间怠速)."""

from dataclasses import dataclass, field

import numpy as np

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context
from datacenter.detection.catalogue import BoolArray, Detector

_STILL = {"still_kmh": ("视为停车", "km/h")}


@catalogue.register
class MotorwayStop(Detector):
    """A vehicle that stands on a motorway, and on no other road that may pass above or below."""

    code, title = "road.motorway_stop", "高速公路违法停车"
    source = "道路交通安全法实施条例第八十二条（未核实）；判定时长未见规定"
    limit_words = _STILL

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """A jam moves within five minutes; whatever moves it ends the stop."""

        lasting_s: int = 300
        forgiven_gap_s: int = 30
        silence_s: int = 300
        still_kmh: int = 3

    def condition(self, batch: Batch, context: Context, limits: "MotorwayStop.Limits") -> BoolArray | None:
        """Qualified positions at a standstill on a motorway, shape (len(batch),)."""
        if context.roads is None:
            return None
        rows = np.flatnonzero((batch.speed_dkmh <= limits.still_kmh * 10) & batch.qualified)
        places = context.roads.on_motorway(batch.longitude_e6[rows], batch.latitude_e6[rows], batch.device_time[rows])
        if not len(places):
            return None
        holds = np.zeros(len(batch), np.bool_)
        holds[rows[places]] = True
        return holds


@catalogue.register
class Idling(Detector):
    """A vehicle that stands for long with its engine on. A reminder, no case: no rule forbids it as such."""

    code, title = "vehicle.idling", "长时间停车未熄火"
    source = "企业安全与节能管理要求；条文未见"
    territory = "registry"
    opens_case = False
    limit_words = _STILL | {"kinds": ("适用（1 是，0 否）", "")}

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """Half an hour; moving up in a queue for some seconds is forgiven."""

        lasting_s: int = 1800
        forgiven_gap_s: int = 60
        silence_s: int = 600
        still_kmh: int = 3
        kinds: dict[str, int] = field(
            default_factory=lambda: {"taxi": 0, "bus": 0, "coach": 1, "hazmat": 1, "heavy_truck": 1}
        )

    def condition(self, batch: Batch, context: Context, limits: "Idling.Limits") -> BoolArray | None:
        """Where a vehicle of a kind that the rule is for stands with its ignition on, shape (len(batch),)."""
        stands = (batch.speed_dkmh <= limits.still_kmh * 10) & batch.ignition
        return context.judged(self.code, stands, batch, limits.kinds)
