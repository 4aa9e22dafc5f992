"""Driving too long, or when one may not (疲劳驾驶、凌晨行驶).

A vehicle is driving while its ignition is on and it moves. A stop counts as rest from 20 minutes on: shorter ones are
forgiven gaps. Over a silence as long nobody knows whether there was rest, so it ends the stretch as well. Where a known
driver takes over from a known one the hours begin anew (``relief``). The hours of one driver, over several vehicles and
days, are the second stage's.
"""

from dataclasses import dataclass, field
from typing import Any

from datacenter.detection import catalogue
from datacenter.detection.batch import Batch, Context, during
from datacenter.detection.catalogue import BoolArray, Detector, Measure, largest

REST_S = 20 * 60
_HOUR_S = 3600
_WORDS = {"kinds": ("适用（1 是，0 否）", ""), "moving_kmh": ("视为行驶", "km/h")}
_NIGHT_WORDS = {"night_from_s": ("夜间自零点起", "s"), "night_until_s": ("夜间至零点后", "s")}
_CONTINUOUS = "道路交通安全法实施条例第六十二条第（七）项；道路运输条例第二十八条"
_PROFESSIONAL = {"taxi": 0, "bus": 0, "coach": 1, "hazmat": 1, "heavy_truck": 1}
_COACHES = {"taxi": 0, "bus": 0, "coach": 1, "hazmat": 0, "heavy_truck": 0}


class _Driving(Detector):
    """What the rules about driving share: when a vehicle drives, and what is measured meanwhile."""

    territory = "registry"  # the company's duty, wherever the road has led
    limit_words = _WORDS

    def _driving(self, batch: Batch, limits: Any) -> BoolArray:
        """Rows in motion with the ignition on."""
        moving: BoolArray = batch.speed_dkmh > limits.moving_kmh * 10
        return moving & batch.ignition

    def condition(self, batch: Batch, context: Context, limits: Any) -> BoolArray | None:
        """Where a vehicle of a kind that the rule is for drives, shape (len(batch),)."""
        return context.judged(self.code, self._driving(batch, limits), batch, limits.kinds)

    def measures(self) -> dict[str, Measure]:
        """Peak speed; how long and how far every episode measures."""
        return {"peak_speed_dkmh": largest("speed_dkmh", "最高速度", scale=0.1, unit="km/h")}


@catalogue.register
class Fatigue(_Driving):
    """More than four hours at the wheel without a stop of twenty minutes."""

    code, title = "driving.fatigue", "疲劳驾驶"
    source = _CONTINUOUS
    source_verified = True
    by_driver = True

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """Four hours are lawful, a second more is not; a stop of 20 minutes is rest, one of a second less is not."""

        lasting_s: int = 4 * _HOUR_S + 1
        forgiven_gap_s: int = REST_S - 1
        silence_s: int = REST_S - 1
        moving_kmh: int = 5
        kinds: dict[str, int] = field(default_factory=lambda: dict(_PROFESSIONAL))


@catalogue.register
class FatigueWarning(_Driving):
    """Close to four hours at the wheel: time to look for a place to stop. A reminder, no case."""

    code, title = "driving.fatigue_warning", "疲劳驾驶预警"
    source = _CONTINUOUS + "；提前量未见规定"
    opens_case = False
    by_driver = True

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """Twenty minutes ahead of the limit, no text says how long."""

        lasting_s: int = 4 * _HOUR_S - REST_S
        forgiven_gap_s: int = REST_S - 1
        silence_s: int = REST_S - 1
        moving_kmh: int = 5
        kinds: dict[str, int] = field(default_factory=lambda: dict(_PROFESSIONAL))


@catalogue.register
class NightFatigue(_Driving):
    """A coach that drives more than two hours between ten in the evening and six, without a stop of twenty minutes.

    What was driven before ten does not count.
    """

    code, title = "driving.night_fatigue", "夜间连续驾驶超时"
    source = "道路旅客运输企业安全管理规范第三十八条；夜间起止时刻未核实"
    by_driver = True
    limit_words = _WORDS | _NIGHT_WORDS

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """Two hours are lawful; night is usually taken as 22:00 to 06:00."""

        lasting_s: int = 2 * _HOUR_S + 1
        forgiven_gap_s: int = REST_S - 1
        silence_s: int = REST_S - 1
        moving_kmh: int = 5
        night_from_s: int = 22 * _HOUR_S
        night_until_s: int = 6 * _HOUR_S
        kinds: dict[str, int] = field(default_factory=lambda: dict(_COACHES))

    def _driving(self, batch: Batch, limits: "NightFatigue.Limits") -> BoolArray:
        return super()._driving(batch, limits) & during(batch.day_s, limits.night_from_s, limits.night_until_s)


@catalogue.register
class NightBan(_Driving):
    """A coach on the road between two and five in the morning.

    Shuttles of fixed routes to airports and stations, and feeders of at most 100 km, are exempt: each as a row.
    """

    code, title = "driving.night_ban", "凌晨2时至5时违规运行"
    source = "道路旅客运输企业安全管理规范第三十八条"
    limit_words = _WORDS | _NIGHT_WORDS

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """A minute's moving is parking elsewhere; what is longer is a journey."""

        lasting_s: int = 60
        forgiven_gap_s: int = 300
        silence_s: int = 600
        moving_kmh: int = 5
        night_from_s: int = 2 * _HOUR_S
        night_until_s: int = 5 * _HOUR_S
        kinds: dict[str, int] = field(default_factory=lambda: dict(_COACHES))

    def _driving(self, batch: Batch, limits: "NightBan.Limits") -> BoolArray:
        return super()._driving(batch, limits) & during(batch.day_s, limits.night_from_s, limits.night_until_s)
