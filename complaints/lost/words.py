"""A candidate's reasons in words (理由): what fits, what is off, and by how much."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _

from complaints.lost.search import Candidate
from taxi.rides.models import Ride

_WELL, _FAIRLY = 0.3, 0.03
_ENDS = {"board": "上车", "alight": "下车"}


@dataclass(frozen=True, slots=True)
class Reason:
    """One part in words; ``state`` is well, fairly, badly, or unknown, and ``percent`` how much of it fits."""

    text: str
    state: str
    percent: int


def reasons_of(candidate: Candidate) -> list[Reason]:
    """The reasons, in the order of the question."""
    return [_reason(candidate.ride, *part) for part in candidate.parts]


def _reason(ride: Ride, name: str, fit: float, off: float) -> Reason:
    if math.isnan(fit):
        return Reason(_unknown(name), "unknown", 0)
    state = "well" if fit >= _WELL else "fairly" if fit >= _FAIRLY else "badly"
    return Reason(_said(ride, name, off), state, round(100 * fit))


def _said(ride: Ride, name: str, off: float) -> str:
    end, _part, what = name.partition("_")
    if what == "place":
        return _("%(end)s点相差 %(metres)s") % {"end": _ENDS[end], "metres": length(off)}
    if what == "time":
        return _(_ENDS[end]) + minutes(off)
    if name.startswith("via"):
        return _("途经点 %(number)s 相距 %(metres)s") % {"number": name[3:], "metres": length(off)}
    if name == "fare":
        return _fare(ride, off)
    if name == "distance" and not round(off):
        return _("里程一致")
    if name == "distance":
        return _("里程%(more)s %(metres)s") % {"more": _("多") if off > 0 else _("少"), "metres": length(abs(off))}
    return {
        ("colour", True): _("车牌颜色一致"), ("colour", False): _("车牌颜色不同"),
        ("plate", True): _("车牌号吻合"), ("plate", False): _("车牌号不含所述字符"),
        ("riders", True): _("座位数够"), ("riders", False): _("座位数不够"),
    }[name, off == 1]  # fmt: skip


def _fare(ride: Ride, off: float) -> str:
    more = _("多") if off > 0 else _("少")
    if ride.fare_jiao is None and not round(off):
        return _("按里程推算车费一致")
    if ride.fare_jiao is None:
        return _("按里程推算车费%(more)s %(yuan).1f 元") % {"more": more, "yuan": abs(off) / 10}
    if off == 0:
        return _("车费 %(fare).1f 元，一致") % {"fare": ride.fare_jiao / 10}
    facts = {"fare": ride.fare_jiao / 10, "more": more, "yuan": abs(off) / 10}
    return _("车费 %(fare).1f 元，%(more)s %(yuan).1f 元") % facts


def _unknown(name: str) -> str:
    if name.startswith("via"):
        return _("途经点未核对")
    return {
        "fare": _("车费无记录"), "distance": _("里程无记录"), "riders": _("座位数未登记"), "colour": _("车辆未登记"),
        "plate": _("车辆未登记"),
    }[name]  # fmt: skip


def length(metres: float) -> str:
    """120 m, 1.2 km."""
    return f"{round(metres)} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def minutes(seconds: float) -> str:
    """时间早 6 分钟, 时间晚 2 分钟, 时间一致: the ride against what the caller says."""
    whole = round(abs(seconds) / 60)
    if not whole:
        return _("时间一致")
    return (_("时间早 %s 分钟") if seconds < 0 else _("时间晚 %s 分钟")) % whole
