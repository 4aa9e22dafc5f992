"""What a finding measured, in words (实测值的文字): titles, units, names of faults and areas."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from datacenter.detection.catalogue import detectors
from datacenter.detection.detectors.device import FAULT_BITS
from datacenter.detection.models import Finding
from datacenter.geo.models import Area, Crossing
from datacenter.tracks.store import SHANGHAI

# What every episode measures: title, scale to the unit shown, unit.
_COMMON: dict[str, tuple[str, float, str]] = {
    "lasting_s": ("持续时间", 1, "s"),
    "silent_s": ("无定位时长", 1, "s"),
    "distance_mm": ("违规里程", 1e-6, "km"),
}
# What every event is told with; it means something only where the detector measures it.
_OF_ALARMS = ("level", "peak_speed_dkmh")


def measured(finding: Finding) -> list[dict[str, str]]:
    """Each figure as ``title``, ``text`` and ``unit``, in the detector's order; what all measure comes last."""
    detector = detectors().get(finding.detector)
    own = detector.measures() if detector else {}
    order = {name: place for place, name in enumerate(own)}
    rows = []
    for name, value in sorted(finding.measures.items(), key=lambda item: order.get(item[0], len(order))):
        reads = own[name].reads if name in own else None
        if reads is not None:
            rows.append({"title": own[name].title, "text": reads(int(value)), "unit": ""})
        elif name == "fault_bits":
            faults = [title for bit, title in FAULT_BITS.items() if int(value) >> bit & 1]
            rows.append({"title": "故障", "text": "、".join(faults), "unit": ""})
        elif name == "area_id":
            rows.append({"title": "区域", "text": _area_name(int(value)), "unit": ""})
        elif name == "crossing_id":
            rows.append({"title": "斑马线", "text": _crossing_name(int(value)), "unit": ""})
        elif name == "channels":
            rows.append({"title": "遮挡通道", "text": _channels(int(value)), "unit": ""})
        elif name == "original_s":
            at = datetime.fromtimestamp(int(value), SHANGHAI)
            rows.append({"title": "原轨迹时间", "text": f"{at:%m-%d %H:%M}", "unit": ""})
        elif name in _OF_ALARMS and name not in own:
            continue
        elif name in own:
            rows.append(readable(own[name].title, value * own[name].scale, own[name].unit))
        else:
            title, scale, unit = _COMMON.get(name, (name, 1, ""))
            rows.append(readable(title, value * scale if scale != 1 else value, unit))
    return rows


def readable(title: str, value: Any, unit: str) -> dict[str, str]:
    """Seconds as minutes and hours where that is how people say it; figures without needless places."""
    if unit == "s" and isinstance(value, int | float) and value >= 60:
        hours, rest = divmod(round(value), 3600)
        minutes, seconds = divmod(rest, 60)
        parts = ((hours, "小时"), (minutes, "分"), (seconds, "秒"))
        return {"title": title, "text": " ".join(f"{n} {name}" for n, name in parts if n), "unit": ""}
    text = f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
    return {"title": title, "text": text, "unit": "秒" if unit == "s" else unit}


def in_one_line(finding: Finding) -> str:
    """All that was measured, for a row of a list."""
    return "，".join(f"{row['title']} {row['text']} {row['unit']}".strip() for row in measured(finding))


def _crossing_name(pk: int) -> str:
    return Crossing.objects.filter(pk=pk).values_list("name", flat=True).first() or f"编号 {pk}"


def _channels(bits: int) -> str:
    """Logical channels from one; a terminal may say only that some camera is covered."""
    return "、".join(str(bit + 1) for bit in range(32) if bits >> bit & 1) or "未说明"


def _area_name(pk: int) -> str:
    return Area.objects.filter(pk=pk).values_list("name", flat=True).first() or f"编号 {pk}"
