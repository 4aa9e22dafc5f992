"""By which limits one event is judged (事件适用的参数): base, rows and trials, chosen as for positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Q

from datacenter.detection.batch import KINDS, Context
from datacenter.detection.catalogue import EventDetector, detectors
from datacenter.detection.findings import moment
from datacenter.detection.models import DetectorLimit, DetectorSetting
from datacenter.detection.rules import Chooser, Rule
from datacenter.detection.settings import limit_rows, rules_of
from datacenter.registry.models import Vehicle
from datacenter.tracks.position import DTYPES, Flag, Positions


@dataclass(frozen=True, slots=True)
class Judging:
    """A rule, the limits by which it judges this event, and the number of their row (0: the base)."""

    rule: Rule
    limits: Any
    row: int


def judgings(
    code: str, vehicle_id: int, at: int, latitude_e6: int | None = None, longitude_e6: int | None = None
) -> list[Judging]:
    """How the rule ``code`` judges what was told of a vehicle at a moment (unix seconds) and place.

    In force, on trial, both, or not at all: where it is off, not installed, or tried on other vehicles only.
    """
    detector = detectors().get(code)
    if not isinstance(detector, EventDetector):
        return []
    setting = DetectorSetting.objects.filter(pk=code).first()
    setting = setting or DetectorSetting(code=code, enabled=detector.enabled_by_default)
    if not setting.enabled:
        return []
    rows = []
    if detector.by_row:
        alive = DetectorLimit.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=moment(at)), detector=code)
        rows = limit_rows(detector, setting.limits, alive.select_related("area").order_by("pk"))
    rules = rules_of(detector, setting, rows)
    if not any(rule.rows for rule in rules):
        return [Judging(rule, rule.limits, 0) for rule in rules]
    return _chosen(rules, vehicle_id, _moment_of(at, latitude_e6, longitude_e6))


def _chosen(rules: list[Rule], vehicle_id: int, told: Positions) -> list[Judging]:
    whose = Vehicle.objects.filter(pk=vehicle_id).values_list("kind", "county_id", "company_id").first()
    if whose is None:
        return []
    kind, county, company = whose
    context = Context(
        np.array([KINDS.index(kind)], np.int8),
        county_of=np.array([int(county)], np.int32),
        company_of=np.array([company], np.int64),
    )
    found = []
    for rule in rules:
        concerned = rule.concerned(told.vehicle_id, context)
        if concerned is not None and not concerned[0]:
            continue
        chooser = Chooser(rule)
        chosen = chooser.choose(told, context)
        variant = 0 if chosen is None else int(chosen[0])
        found.append(Judging(rule, chooser.variants[variant], int(chooser.ids[variant])))
    return found


def _moment_of(at: int, latitude_e6: int | None, longitude_e6: int | None) -> Positions:
    """One position, of the only vehicle that the context knows; without a place it lies in no area."""
    columns = {name: np.zeros(1, dtype) for name, dtype in DTYPES.items()}
    columns["device_time"][0] = at
    if latitude_e6 is not None and longitude_e6 is not None:
        columns["latitude_e6"][0], columns["longitude_e6"][0] = latitude_e6, longitude_e6
        columns["flags"][0] = Flag.LOCATED | Flag.QUALIFIED
    return Positions(**columns)
