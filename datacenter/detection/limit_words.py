"""Limits in words (判定参数的文字): titles and units from the detector, and whom a row is for."""

from __future__ import annotations

from typing import Any

from datacenter.detection.catalogue import Detector
from datacenter.detection.models import DetectorLimit
from datacenter.detection.rules import EVERY_DAY
from datacenter.detection.words import readable
from datacenter.registry.models import Vehicle

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_KINDS = dict(Vehicle.Kind.choices)


def in_words(detector: Detector, limits: dict[str, Any]) -> list[str]:
    """Each limit as one phrase: 最短持续 1 分, 限速 出租汽车 120 km/h、公交车 100 km/h."""
    phrases = []
    for name, (title, unit) in detector.words_of_limits().items():
        if name in limits:
            phrases.append(f"{title} {said(limits[name], unit)}")
    return phrases


def said(value: Any, unit: str) -> str:
    """One value with its unit; a table by kind entry by entry."""
    if isinstance(value, dict):
        return "、".join(f"{kind_word(key)} {said(entry, unit)}" for key, entry in in_order(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    parts = readable("", value, unit)
    return f"{parts['text']} {parts['unit']}".strip()


def in_order(table: dict[str, Any]) -> list[tuple[str, Any]]:
    """A table by kind in the kinds' own order; the database keeps none."""
    kinds = list(_KINDS)
    return sorted(table.items(), key=lambda entry: kinds.index(entry[0]) if entry[0] in kinds else len(kinds))


def kind_word(key: str) -> str:
    """A key of a table of limits: mostly a kind of vehicle."""
    return str(_KINDS.get(key, key))


def whom(row: DetectorLimit) -> str:
    """Which vehicles, where and when a row is for."""
    said_of = [
        _KINDS.get(row.vehicle_kind, ""),
        row.county.name if row.county else "",
        row.company.name if row.company else "",
        f"区域“{row.area.name}”" if row.area else "",
        hours_word(row),
        "" if row.weekdays == EVERY_DAY else "、".join(w for n, w in enumerate(WEEKDAYS) if row.weekdays >> n & 1),
    ]
    return " · ".join(filter(None, said_of)) or "全部车辆"


def hours_word(row: DetectorLimit) -> str:
    """22:00–次日 06:00, or nothing."""
    if row.time_from is None or row.time_until is None:
        return ""
    next_day = "次日 " if row.time_until < row.time_from else ""
    return f"{row.time_from:%H:%M}–{next_day}{row.time_until:%H:%M}"
