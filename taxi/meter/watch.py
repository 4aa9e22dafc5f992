"""Rides without the meter in the tracks that are kept (未打表载客巡查): the model's best suspects become findings.

Beat asks each hour, and once a day for what came late. A suspect that overlaps a finding of the rule is none: whoever
looked at it need not look again. A day has at most as many as an officer can look at, dealt out over its hours, the
best of each look first.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from datacenter import metrics
from datacenter.detection import findings
from datacenter.detection.episodes import Episode, Rule
from datacenter.detection.events import rule_in_force
from datacenter.detection.models import Finding
from datacenter.registry.models import Vehicle
from datacenter.tracks import store
from datacenter.tracks.position import Flag, Positions
from taxi.meter.detector import Unmetered
from taxi.meter.errors import ModelRefused
from taxi.meter.grid import STEP_S, resample
from taxi.meter.model import Model, View, load, view
from taxi.meter.reading import Fixes, in_order
from taxi.meter.words import worded

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "data" / "shipped.model"
"""Trained on generated movement: it shows the way. ``manage.py train meter`` makes the bureau's own."""
FAULTS = metrics.counter("meter_model_faults_total", "Looks for rides without the meter that had no usable model", [])
_CONTEXT = timedelta(hours=3)
_VEHICLES_AT_ONCE = 200
_REASONS = 8
_OF_TAXIS = Flag.TAXI | Flag.QUALIFIED


@dataclass(frozen=True, slots=True)
class Suspect:
    """One stretch that looks like a ride, with what the model went by."""

    score: float
    episode: Episode
    reasons: list[dict[str, Any]]


@lru_cache(maxsize=1)
def _loaded(path: Path, changed_ns: int) -> Model:
    return load(path)


def current() -> Model:
    """The model in use: ``METER_MODEL`` where it is set, else the shipped one. Raises ``ModelRefused``."""
    path = Path(settings.METER_MODEL) if settings.METER_MODEL else SHIPPED
    if not path.is_file():
        raise ModelRefused(path, "文件不存在", "请先运行 manage.py train meter")
    return _loaded(path, path.stat().st_mtime_ns)


def look(now: datetime, look_back: timedelta) -> int:
    """Judge rides that ended since ``look_back`` ago; how many are new. Without a usable model none."""
    rule = rule_in_force(Unmetered.code)
    if rule is None:
        return 0
    try:
        model = current()
    except ModelRefused as refusal:
        log.error("%s", refusal.message)
        FAULTS.inc()
        return 0
    until = now - timedelta(seconds=rule.limits.settle_s)
    vehicles = list(Vehicle.objects.filter(kind="taxi").order_by("pk").values_list("pk", flat=True))
    suspects: list[Suspect] = []
    for at in range(0, len(vehicles), _VEHICLES_AT_ONCE):
        part = vehicles[at : at + _VEHICLES_AT_ONCE]
        track = store.of_many(part, now - look_back - _CONTEXT, now)
        suspects += suspects_in(track, model, rule, int((now - look_back).timestamp()), int(until.timestamp()))
    return _keep(suspects, model, rule, now)


def fixes_of(track: Positions) -> Fixes:
    """What a taxi's terminal said, as the model reads it: qualified positions with the meter's bit."""
    said = track.take((track.flags & _OF_TAXIS) == _OF_TAXIS)
    return in_order(
        said.vehicle_id,
        said.device_time,
        said.longitude_e6 / 1e6,
        said.latitude_e6 / 1e6,
        (said.flags & Flag.LOADED) != 0,
    )


def suspects_in(track: Positions, model: Model, rule: Rule, since: int, until: int) -> list[Suspect]:
    """Suspects of a track of many vehicles that end in [since, until), unix seconds, above the limit's score."""
    fixes = fixes_of(track)
    if not len(fixes):
        return []
    seen = view(resample(fixes, model.origin))
    grid = seen.grid
    found = model.suspects(seen, grid.occupied)
    least = rule.limits.least_score / 100 or model.threshold
    ended = grid.minute[found.last] * STEP_S + STEP_S
    lasting = ended - grid.minute[found.first] * STEP_S
    found = found.only((found.score >= least) & (ended >= since) & (ended < until) & (lasting >= rule.limits.lasting_s))
    reasons = model.reasons(found)
    return [_suspect(seen, found.first[i], found.last[i], float(found.score[i]), reasons[i]) for i in range(len(found))]


def _suspect(seen: View, first: int, last: int, score: float, reasons: list[dict[str, Any]]) -> Suspect:
    grid = seen.grid
    gone = float(seen.way[last] - seen.way[first])
    far = float(np.hypot(grid.x_km[last] - grid.x_km[first], grid.y_km[last] - grid.y_km[first]))
    value = {one["name"]: one["value"] for one in reasons}
    measures = {
        "score": round(score * 100),  # as the screening desk orders by
        "way_m": round(gone * 1000),
        "direct": round(1000 * far / max(gone, 0.05)),
        "inside": round(1000 * value["inside"]),
        "share": round(1000 * value["share"]),
        "dwell_before_min": max(round(value["dwell_before"]), 0),
        "dwell_after_min": max(round(value["dwell_after"]), 0),
    }
    return Suspect(
        score,
        Episode(
            Unmetered.code,
            int(grid.vehicle[first]),
            int(grid.minute[first]) * STEP_S,
            int(grid.minute[last]) * STEP_S + STEP_S,
            False,
            round(float(grid.lat[first]) * 1e6),
            round(float(grid.lon[first]) * 1e6),
            measures,
        ),
        [_worded(one) for one in sorted(reasons, key=lambda one: -abs(one["pull"]))[:_REASONS]],
    )


def _worded(reason: dict[str, Any]) -> dict[str, Any]:
    title, text = worded(reason["name"], reason["value"])
    return {"title": title, "text": text, **reason}


def _keep(suspects: list[Suspect], model: Model, rule: Rule, now: datetime) -> int:
    """The best of them as findings, as far as the day's share reaches."""
    local = timezone.localtime(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    share = -(-rule.limits.most_a_day * (local.hour + 1) // 24)
    new = 0
    with transaction.atomic():
        with connection.cursor() as cursor:  # two looks at once would both find the same
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [Unmetered.code])
        left = share - Finding.every.filter(detector=Unmetered.code, found_at__gte=midnight).count()
        for suspect in sorted(suspects, key=lambda one: (-one.score, one.episode.vehicle_id, one.episode.started)):
            if new >= left:
                break
            new += _keep_one(suspect, model, rule)
    metrics.FINDINGS.inc(Unmetered.code, by=new)
    return new


def _keep_one(suspect: Suspect, model: Model, rule: Rule) -> int:
    episode = suspect.episode
    start, end = findings.moment(episode.started), findings.moment(episode.ended)
    known = Finding.every.filter(detector=Unmetered.code, vehicle_id=episode.vehicle_id)
    if known.filter(started_at__lt=end, ended_at__gt=start).exists():
        return 0
    finding = findings.found(episode, rule)
    if finding is None:
        return 0
    finding.evidence |= {"reasons": suspect.reasons, "model": model.about()}
    finding.save(update_fields=["evidence"])
    return 1
