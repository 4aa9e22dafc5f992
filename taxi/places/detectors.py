"""The rules of taxis at ranks and stations (候客点、场站规则), as the catalogue has them."""

from dataclasses import dataclass

import numpy as np

from datacenter.detection import catalogue
from datacenter.detection.catalogue import EventDetector, Measure, largest

_RULES = "巡游出租汽车经营服务管理规定"


def _area() -> Measure:
    return largest("area_id", "区域")


@catalogue.register
class Refusal(EventDetector):
    """A taxi that leaves the head of a rank vacant while others are taken, or gives orders back, again and again."""

    code, title = "taxi.refusal", "拒载、挑客"
    source = f"{_RULES}（2014年第49条，旧文本；现行条款未核实）；判定值未见规定"
    from_alarms = False
    limit_words = {
        "lasting_s": None,
        "silence_s": None,
        "least_level": None,
        "dwell_s": ("候客时长下限", "s"),
        "queue_s": ("视为排队", "s"),
        "head_s": ("排至首位后停留下限", "s"),
        "before_s": ("离开前统计时段", "s"),
        "after_s": ("离开后统计时段", "s"),
        "taken_before": ("离开前他车载客下限", "辆"),
        "overtook": ("后到先载下限", "辆"),
        "day_count": ("日空车离开次数下限", "次"),
        "day_orders": ("日取消已抢订单下限", "单"),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """Departures at most ``forgiven_gap_s`` apart are one finding."""

        forgiven_gap_s: int = 4 * 3600
        dwell_s: int = 60
        queue_s: int = 30
        head_s: int = 5
        before_s: int = 3600
        after_s: int = 240
        taken_before: int = 1
        overtook: int = 1
        day_count: int = 3
        day_orders: int = 3

    def measures(self) -> dict[str, Measure]:
        """How often, and what happened around the worst of them."""
        return {
            "alarms": Measure("alarms", np.add, "次数", unit="次"),
            "day_count": largest("day_count", "当日空车离开", unit="次"),
            "head_s": largest("head_s", "首位停留最长", unit="s"),
            "overtook": largest("overtook", "后到先载最多", unit="辆"),
            "orders": largest("orders", "当日取消订单", unit="单"),
            "area_id": _area(),
        }


@catalogue.register
class FalseVacant(EventDetector):
    """A taxi that carries passengers to or from a station with its sign on vacant or out of service."""

    code, title = "taxi.false_vacant", "场站冒充空车"
    source = f"{_RULES}（条款未核实）；判定值未见规定"
    from_alarms = False
    limit_words = {
        "lasting_s": None,
        "silence_s": None,
        "least_level": None,
        "kerb_least_s": ("路侧停留下限", "s"),
        "kerb_most_s": ("路侧停留上限", "s"),
        "carry_m": ("前后行程下限", "m"),
        "straight_percent": ("直达程度下限", "%"),
        "day_count": ("日次数下限", "次"),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """Visits at most ``forgiven_gap_s`` apart are one finding."""

        forgiven_gap_s: int = 4 * 3600
        kerb_least_s: int = 15
        kerb_most_s: int = 180
        carry_m: int = 1500
        straight_percent: int = 65
        day_count: int = 3

    def measures(self) -> dict[str, Measure]:
        """How often, and the straightest way of them."""
        return {
            "alarms": Measure("alarms", np.add, "次数", unit="次"),
            "day_count": largest("day_count", "当日次数", unit="次"),
            "driven_m": largest("driven_m", "最长行程", unit="m"),
            "straight_percent": largest("straight_percent", "最高直达程度", unit="%"),
            "area_id": _area(),
        }
