"""Rules that look beyond one vehicle's positions (第二阶段规则): drivers' hours, days of silence, cloned plates.

Tasks of ``second_stage`` and whoever records plate reads bring them what they need; the engine of positions runs none.
"""

from dataclasses import dataclass, field

import numpy as np

from datacenter.detection import catalogue
from datacenter.detection.catalogue import EventDetector, Measure, largest

_HOUR_S = 3600
_PLATFORM = "道路运输车辆动态监督管理办法"
_COMPANY = "道路旅客运输企业安全管理规范第三十八条"


class _Hours(EventDetector):
    """Hours of one driver, known by card or sign-in, over all vehicles driven."""

    from_alarms = False
    territory = "registry"
    limit_words = {
        "lasting_s": None,
        "forgiven_gap_s": None,
        "silence_s": None,
        "window_s": ("统计时段", "s"),
        "limit_s": ("驾驶时间上限", "s"),
        "pause_s": ("计入驾驶的停顿", "s"),
        "moving_kmh": ("视为行驶", "km/h"),
        "kinds": ("适用（1 是，0 否）", ""),
    }

    def measures(self) -> dict[str, Measure]:
        """How long, and on how many vehicles."""
        return {
            "driven_s": largest("driven_s", "累计驾驶", unit="s"),
            "vehicles": largest("vehicles", "驾驶车辆数", unit="辆"),
        }


@catalogue.register
class DayHours(_Hours):
    """A driver at the wheel for more than eight hours of any twenty-four."""

    code, title = "driver.day_hours", "24小时累计驾驶超时"
    source = f"{_COMPANY}；{_PLATFORM}（原则上不超过8小时）"

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """A stop of over two minutes is no driving; red lights are."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 0
        window_s: int = 24 * _HOUR_S
        limit_s: int = 8 * _HOUR_S
        pause_s: int = 120
        moving_kmh: int = 5
        kinds: dict[str, int] = field(
            default_factory=lambda: {"taxi": 0, "bus": 0, "coach": 1, "hazmat": 1, "heavy_truck": 1}
        )


@catalogue.register
class WeekHours(_Hours):
    """A coach driver at the wheel for more than forty-four hours of any seven days."""

    code, title = "driver.week_hours", "7日累计驾驶超时"
    source = _COMPANY

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """As ``DayHours``, over a week."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 0
        window_s: int = 7 * 24 * _HOUR_S
        limit_s: int = 44 * _HOUR_S
        pause_s: int = 120
        moving_kmh: int = 5
        kinds: dict[str, int] = field(
            default_factory=lambda: {"taxi": 0, "bus": 0, "coach": 1, "hazmat": 0, "heavy_truck": 0}
        )


@catalogue.register
class SilentDay(EventDetector):
    """A vehicle in operation of which nothing has come for a day. A reminder, no case: it may be parked for good."""

    code, title = "device.silent_day", "终端超过一日未上线"
    source = f"{_PLATFORM}第二十六条；判定时长未见规定"
    territory = "registry"
    opens_case = False
    from_alarms = False

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """``silence_s`` without any position, moving or not."""

        lasting_s: int = 0
        forgiven_gap_s: int = 0
        silence_s: int = 24 * _HOUR_S

    limit_words = {}

    def measures(self) -> dict[str, Measure]:
        """For how long."""
        return {"silent_s": largest("silent_s", "未上线时长", unit="s")}


@catalogue.register
class ClonedPlate(EventDetector):
    """A plate was read where the vehicle that it belongs to can't have been: two of them are about (套牌)."""

    code, title = "plate.cloned", "疑似套牌"
    source = "道路交通安全法第十六条（未核实）；判定值未见规定"
    from_alarms = False
    limit_words = {
        "implied_kmh": ("推算速度上限", "km/h"),
        "least_m": ("最小距离", "m"),
        "most_gap_s": ("最大间隔", "s"),
        "clock_s": ("时钟误差", "s"),
        "least_level": ("最低报警级别", ""),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """Farther from the last or next fix than could be driven; cameras' clocks are at most ``clock_s`` off."""

        forgiven_gap_s: int = 3600
        implied_kmh: int = 200
        least_m: int = 2000
        most_gap_s: int = 3600
        clock_s: int = 60

    def measures(self) -> dict[str, Measure]:
        """How far from the vehicle the plate was read, and how fast it would have had to be."""
        return {
            "alarms": Measure("alarms", np.add, "识别次数", unit="次"),
            "away_m": largest("away_m", "与车辆轨迹最远距离", unit="m"),
            "implied_kmh": largest("implied_kmh", "推算速度", unit="km/h"),
        }
