"""A back-test's outcome in words and tables (回测结果的文字)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from datacenter.detection.backtest import proposed_row
from datacenter.detection.catalogue import Detector, detectors
from datacenter.detection.findings import moment
from datacenter.detection.limit_words import in_words, whom
from datacenter.detection.models import Backtest, DetectorSetting
from datacenter.detection.settings import overlaid
from datacenter.geo.counties import counties
from datacenter.registry.selectors import vehicles_visible_to

_BESIDE_S = 300


def report(test: Backtest, user: Any) -> dict[str, Any] | None:
    """What a page shows of a test; None where its detector is no longer installed."""
    detector = detectors().get(test.detector)
    if detector is None:
        return None
    row = proposed_row(test)
    names = dict(counties().values_list("code", "name"))
    seen = sorted({county for day in test.counts.values() for county in day}, key=lambda code: (not code, code))
    return {
        "whom": whom(row),
        "new_limits": "，".join(in_words(detector, row.overrides)),
        "old_limits": "，".join(in_words(detector, _replaced(test, row.overrides))),
        "old": test.total("old"),
        "new": test.total("new"),
        "last_day": timezone.localtime(test.until - timedelta(seconds=1)),
        "counties": [names.get(code, "县区外") for code in seen],
        "days": [_day(day, test.counts[day], seen) for day in sorted(test.counts)],
        "samples": _samples(test, detector, user),
    }


def _replaced(test: Backtest, overrides: dict[str, Any]) -> dict[str, Any]:
    """What the row to be replaced, or the base, says of the limits that the proposal changes."""
    base = DetectorSetting.objects.get(pk=test.detector).limits
    current = overlaid(base, test.replaces.overrides) if test.replaces else base
    found: dict[str, Any] = {}
    for name, value in overrides.items():
        if isinstance(value, dict) and isinstance(current.get(name), dict):
            found[name] = {key: current[name][key] for key in value if key in current[name]}
        elif name in current:
            found[name] = current[name]
    return found


def _day(day: str, figures: dict[str, dict[str, int]], seen: list[str]) -> dict[str, Any]:
    cells = [figures.get(county, {"old": 0, "new": 0}) for county in seen]
    return {
        "day": day,
        "old": sum(cell["old"] for cell in cells),
        "new": sum(cell["new"] for cell in cells),
        "cells": cells,
    }


def _samples(test: Backtest, detector: Detector, user: Any) -> list[dict[str, Any]]:
    """Findings that appear and that vanish, the plates as far as the user sees them, each with its way to the track."""
    wanted = {entry["vehicle"] for entries in test.samples.values() for entry in entries}
    plates = vehicles_visible_to(user).filter(pk__in=wanted).select_related(None) if user.may("vehicle.view") else []
    known = {vehicle.pk: vehicle for vehicle in plates}
    return [
        {
            "title": title,
            "entries": [
                {
                    "vehicle": known.get(entry["vehicle"]),
                    "started": moment(entry["started"]),
                    "lasting_s": entry["ended"] - entry["started"],
                    "measures": _measures(detector, entry["measures"]),
                    "track": _track(entry) if user.may("track.view") and entry["vehicle"] in known else "",
                }
                for entry in sorted(test.samples.get(name, []), key=lambda entry: entry["started"])
            ],
        }
        for name, title in (("appear", "新增"), ("vanish", "不再出现"))
    ]


def _measures(detector: Detector, measures: dict[str, int]) -> str:
    own = detector.measures()
    told = [(own[name], value) for name, value in measures.items() if name in own and own[name].unit]
    return "，".join(f"{measure.title} {value * measure.scale:g} {measure.unit}" for measure, value in told)


def _track(entry: dict[str, Any]) -> str:
    """The track's page at that moment, five minutes either side within the day."""
    first = timezone.localtime(moment(entry["started"] - _BESIDE_S))
    last = timezone.localtime(moment(entry["ended"] + _BESIDE_S))
    day = timezone.localdate(moment(entry["started"]))
    query = {
        "date": day.isoformat(),
        "from": f"{first:%H:%M}" if first.date() == day else "00:00",
        "to": f"{last:%H:%M}" if last.date() == day else "23:59",
    }
    return f"{reverse('vehicle-track', args=[entry['vehicle']])}?{urlencode(query)}"
