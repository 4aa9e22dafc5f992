"""The limits by which a vehicle from elsewhere works in the city (外地车异地经营).

In the catalogue for its clause, limits and history; the rule itself is ``elsewhere.rule``, and what it finds are leads
(``ElsewhereLead``): a finding belongs to a registered vehicle, and these are registered nowhere here.
"""

from dataclasses import dataclass

from datacenter.detection import catalogue
from datacenter.detection.catalogue import EventDetector, Measure, largest


@catalogue.register
class Elsewhere(EventDetector):
    """A vehicle from elsewhere that picks up and sets down in the city on several days."""

    code, title = "vehicle.elsewhere", "外地车异地经营"
    source = "巡游出租汽车经营服务管理规定（起讫点均不在许可区域的载客；条款未核实）；判定值未见规定"
    from_alarms = False
    limit_words = {
        "lasting_s": None,
        "forgiven_gap_s": None,
        "silence_s": ("轨迹中断", "s"),
        "least_level": None,
        "window_days": ("统计天数", "天"),
        "days": ("营运日下限", "天"),
        "still_kmh": ("视为停车", "km/h"),
        "dwell_s": ("停靠时长下限", "s"),
        "brief_s": ("短停上限", "s"),
        "parked_m": ("中断后视为原地", "m"),
        "ride_least_m": ("单程直线距离下限", "m"),
        "ride_most_s": ("单程时长上限", "s"),
        "day_in_city_s": ("日在市时长下限", "s"),
        "day_rides": ("日接送次数下限（场站停靠加权）", "次"),
        "rank_weight": ("每次候客点停靠折算", "次"),
        "day_places": ("日不同地点下限", "处"),
        "routes_percent": ("不同起讫占比下限", "%"),
        "day_rank_visits": ("日候客点停靠下限（按停靠研判）", "次"),
        "large": ("大型车号牌按停靠、识别研判（1 是，0 否）", ""),
        "day_loaded_rides": ("日载客次数下限（有载客信号）", "次"),
        "day_reads": ("日识别次数下限", "次"),
        "day_read_places": ("日识别地点下限", "处"),
        "day_rank_reads": ("日场站识别下限", "次"),
    }

    @dataclass(frozen=True)
    class Limits(EventDetector.Limits):
        """``days`` days of operation within ``window_days``; what makes a day one is in ``elsewhere.rule``."""

        forgiven_gap_s: int = 0
        silence_s: int = 600
        window_days: int = 7
        days: int = 3
        still_kmh: int = 5
        dwell_s: int = 40
        brief_s: int = 900
        parked_m: int = 200
        ride_least_m: int = 800
        ride_most_s: int = 7200
        day_in_city_s: int = 3 * 3600
        day_rides: int = 16
        rank_weight: int = 2
        day_places: int = 8
        routes_percent: int = 50
        day_rank_visits: int = 0
        large: int = 0
        day_loaded_rides: int = 4
        day_reads: int = 10
        day_read_places: int = 5
        day_rank_reads: int = 2

    def measures(self) -> dict[str, Measure]:
        """What a lead sums over its days."""
        return {
            "days": largest("days", "营运日", unit="天"),
            "rides": largest("rides", "接送次数", unit="次"),
            "loaded_rides": largest("loaded_rides", "载客次数", unit="次"),
            "rank_visits": largest("rank_visits", "候客点、场站停靠", unit="次"),
            "reads": largest("reads", "卡口识别", unit="次"),
            "in_city_s": largest("in_city_s", "在市时长", unit="s"),
        }
