"""Rides whose meter was off, told by the track alone (不使用计价器): the rule, its limits and its measures."""

from dataclasses import dataclass

from datacenter.detection import catalogue
from datacenter.detection.catalogue import EventDetector, Measure, largest


@catalogue.register
class Unmetered(EventDetector):
    """A vacant stretch that drives like a ride. A lead for the screening desk, never proof by itself."""

    code, title = "taxi.unmetered", "疑似未打表载客（轨迹）"
    source = "巡游出租汽车经营服务管理规定（2014年文本第四十九条：不按规定使用计价器，现行条号未核实）；方法平台自定"
    from_alarms = False
    screened_by_default = True
    territory = "place"

    @dataclass(frozen=True)
    class Limits(catalogue.Limits):
        """``least_score`` of 0 takes the model's own threshold. ``settle_s``: how long a ride must be over."""

        lasting_s: int = 180
        forgiven_gap_s: int = 0
        silence_s: int = 0
        least_level: int = 0
        least_score: int = 0
        most_a_day: int = 50
        settle_s: int = 1500

    limit_words = {
        "forgiven_gap_s": None,
        "silence_s": None,
        "least_level": None,
        "least_score": ("最低得分（0 为模型默认）", "%"),
        "most_a_day": ("每日最多", "条"),
        "settle_s": ("结束多久后判定", "s"),
    }

    def measures(self) -> dict[str, Measure]:
        """How sure the model is, and what the stretch looked like."""
        return {
            "score": largest("score", "模型得分", unit="%"),
            "way_m": largest("way_m", "行驶里程", scale=0.001, unit="km"),
            "direct": largest("direct", "直线度（直线距离÷里程）", scale=0.1, unit="%"),
            "inside": largest("inside", "逐分钟载客概率（平均）", scale=0.1, unit="%"),
            "share": largest("share", "同地点同方向打表行驶占比", scale=0.1, unit="%"),
            "dwell_before_min": largest("dwell_before_min", "上车前停车", unit="min"),
            "dwell_after_min": largest("dwell_after_min", "下车后停车", unit="min"),
        }
