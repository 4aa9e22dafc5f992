"""What is told, not seen in positions, by the same door (事件入库): a terminal's alarm becomes finding and case.

Runs inside the transaction of whoever stores the alarm, in a savepoint of its own: what fails here costs no alarm, is
kept in that same transaction and told again later (``untold``). The same alarm told twice is one; alarms of one vehicle
and rule close in time are one finding.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, cast

import numpy as np
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from datacenter import metrics
from datacenter.detection import findings
from datacenter.detection.batch import Batch
from datacenter.detection.catalogue import EventDetector, detectors
from datacenter.detection.crossings import Crossings
from datacenter.detection.detectors.happened import CrossingFast, NotYielding
from datacenter.detection.episodes import Episode, Rule
from datacenter.detection.event_limits import Judging, judgings
from datacenter.detection.models import DetectorSetting, Finding, Mode, UntoldEvent
from datacenter.detection.world import read_crossings
from datacenter.tracks import store
from datacenter.tracks.position import Positions

log = logging.getLogger(__name__)

FAULTS = metrics.counter("event_faults_total", "Events that could not become findings", ["code"])
WHOLE = "whole"
"""The key in a finding's evidence that says for which end ``completing`` completed it, unix seconds."""
_AROUND_CROSSING = timedelta(seconds=20)
# How far from a crossing a camera that saw somebody on it can be, with the receiver's own error.
_NEAR_CROSSING_M = 50.0


@dataclass(frozen=True, slots=True)
class Told:
    """One event: which rule, whose, when (unix seconds), where if known, how grave, and what proves it.

    ``reference`` names the row that told it, ``alarm:17``: the same reference counts once. ``lasting_s`` is for what
    took its time, a trip.
    """

    rule: str
    vehicle_id: int
    at: int
    reference: str
    level: int = 0
    speed_dkmh: int = 0
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    measures: dict[str, int] = field(default_factory=dict)
    lasting_s: int = 0


def event_rules() -> dict[str, EventDetector]:
    """The rules that alarms may name, by code."""
    return {code: one for code, one in detectors().items() if isinstance(one, EventDetector) and one.from_alarms}


def tell(told: Told) -> Finding | None:
    """The finding that an event made or joined; None where its rule is off, it is too mild, or it has to wait.

    What fails is kept as ``UntoldEvent``. Raises only what says that the database is away.
    """
    try:
        return tell_or_raise(told)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("%s of vehicle %d could not become a finding", told.reference, told.vehicle_id)
        FAULTS.inc(told.rule)
        _keep(told, fault)
        return None


def tell_or_raise(told: Told) -> Finding | None:
    """As ``tell``, in a savepoint of its own; what fails is the caller's."""
    with transaction.atomic():
        return _tell(told)


def error_words(fault: Exception) -> str:
    """What an ``UntoldEvent`` says of a fault."""
    return f"{type(fault).__name__}: {fault}".replace("\0", "")[:300]


def _keep(told: Told, fault: Exception) -> None:
    """In the transaction of whoever told it: an event is kept if and only if what told it is."""
    now = timezone.now()
    row = UntoldEvent(
        rule=told.rule,
        vehicle_id=told.vehicle_id,
        reference=told.reference,
        at=told.at,
        told=asdict(told),
        failed_at=now,
        tried_at=now,
        next_try_at=now,
        last_error=error_words(fault),
    )
    UntoldEvent.objects.bulk_create([row], ignore_conflicts=True)


def _tell(told: Told) -> Finding | None:
    """Judged by every rule that concerns it; the finding of the one in force."""
    found = None
    for judging in judgings(told.rule, told.vehicle_id, told.at, told.latitude_e6, told.longitude_e6):
        if told.level >= judging.limits.least_level:
            finding = _judged(told, judging)
            found = found if judging.rule.shadow else finding
    return found


def _judged(told: Told, judging: Judging) -> Finding | None:
    rule = judging.rule
    joined = list(
        findings.of_rule(rule)
        .select_for_update()
        .filter(_same(told, judging), vehicle_id=told.vehicle_id)
        .exclude(state=Finding.State.SUPERSEDED)
        .order_by("started_at", "pk")
    )
    if not joined:
        return _new(told, judging)
    finding = joined[0]
    if not cast(EventDetector, rule.detector).joins:
        _again(finding, told, rule)
        return finding
    for other in joined[1:]:  # told late, it closes the gap between two
        _absorb(finding, other, rule)
        findings.supersede(other)
    _join(finding, told, rule)
    return finding


def _same(told: Told, judging: Judging) -> Q:
    """Which findings of the rule and vehicle the event belongs to."""
    if not cast(EventDetector, judging.rule.detector).joins:
        return Q(evidence__told__contains=[told.reference])
    near = timedelta(seconds=judging.limits.forgiven_gap_s)
    return Q(
        started_at__lte=findings.moment(told.at + told.lasting_s) + near, ended_at__gte=findings.moment(told.at) - near
    )


def rule_in_force(code: str) -> Rule | None:
    """The rule with its limits in force; None where it is off, on trial or not installed."""
    detector = detectors().get(code)
    if not isinstance(detector, EventDetector):
        return None
    row = DetectorSetting.objects.filter(pk=code).first()
    if not (row.enabled if row else detector.enabled_by_default) or (row is not None and row.mode != Mode.IN_FORCE):
        return None
    return Rule(detector, detector.parse_limits(row.limits if row else {}), detector.measures())


def _measured(told: Told, rule: Rule) -> dict[str, int]:
    common = {"alarms": 1, "level": told.level, "peak_speed_dkmh": told.speed_dkmh}
    own = {name: value for name, value in common.items() if name in rule.measures} | told.measures
    if told.rule == NotYielding.code:
        place = (told.longitude_e6, told.latitude_e6) if told.longitude_e6 and told.latitude_e6 else None
        own |= _passage(told.vehicle_id, told.at, place, told.speed_dkmh)
    return own


def _new(told: Told, judging: Judging) -> Finding | None:
    rule = judging.rule
    episode = Episode(
        told.rule,
        told.vehicle_id,
        told.at,
        told.at + told.lasting_s,
        False,
        told.latitude_e6 or 0,
        told.longitude_e6 or 0,
        _measured(told, rule),
        judged=judging.row,
    )
    finding = findings.found(episode, rule)
    if finding is None:
        return None
    finding.evidence["told"] = [told.reference]
    finding.save(update_fields=["evidence"])
    if not rule.shadow:
        transaction.on_commit(lambda: metrics.FINDINGS.inc(told.rule))
    return finding


def _again(finding: Finding, told: Told, rule: Rule) -> None:
    """The same reference in a rule whose findings don't join: its later word stands."""
    finding.started_at = min(finding.started_at, findings.moment(told.at))
    finding.ended_at = max(finding.ended_at, findings.moment(told.at + told.lasting_s))
    lasting = {"lasting_s": round((finding.ended_at - finding.started_at).total_seconds())}
    finding.measures = _measured(told, rule) | lasting
    finding.evidence |= findings.track_slice(finding.vehicle_id, finding.started_at, finding.ended_at)
    finding.save()


def _join(finding: Finding, told: Told, rule: Rule) -> None:
    """The event belongs to ``finding``: it lasts longer, and counts once more if it is new."""
    began, ended = findings.moment(told.at), findings.moment(told.at + told.lasting_s)
    references = finding.evidence.setdefault("told", [])
    grows = told.reference not in references
    if not grows and finding.started_at <= began and ended <= finding.ended_at:
        return
    finding.started_at, finding.ended_at = min(finding.started_at, began), max(finding.ended_at, ended)
    finding.evidence.pop(WHOLE, None)  # to be completed for its new end
    measured = _measured(told, rule)
    if grows:
        references.append(told.reference)
    else:
        measured.pop("alarms", None)
    _merge(finding, measured, rule)
    finding.measures["lasting_s"] = round((finding.ended_at - finding.started_at).total_seconds())
    finding.save()


def _absorb(finding: Finding, other: Finding, rule: Rule) -> None:
    finding.started_at = min(finding.started_at, other.started_at)
    finding.ended_at = max(finding.ended_at, other.ended_at)
    finding.evidence.setdefault("told", []).extend(other.evidence.get("told", []))
    _merge(finding, other.measures, rule)


def _merge(finding: Finding, measured: dict[str, Any], rule: Rule) -> None:
    for name, measure in rule.measures.items():
        if name in measured:
            before = finding.measures.get(name)
            merged = measured[name] if before is None else int(measure.ufunc(before, measured[name]))
            finding.measures[name] = merged


def passage_of(finding: Finding) -> dict[str, int]:
    """The crossing that a not-yielding finding is about, as far as its track shows it now; nothing for other rules."""
    if finding.detector != NotYielding.code:
        return {}
    place = (finding.longitude_e6, finding.latitude_e6) if finding.longitude_e6 and finding.latitude_e6 else None
    speed_dkmh = finding.measures.get("peak_speed_dkmh", 0)
    return _passage(finding.vehicle_id, int(finding.started_at.timestamp()), place, speed_dkmh)


def _passage(vehicle_id: int, at: int, place: tuple[int, int] | None, speed_dkmh: int) -> dict[str, int]:
    """The known crossing that the vehicle passed about that moment, and how fast.

    By its track; where that leads over none, as the straight way between two fixes cuts corners, the one at the
    ``place`` of the alarm itself (longitude, latitude) with the speed that it told. Nothing where neither has one.
    """
    crossings = read_crossings()
    if crossings is None:
        return {}
    return _by_track(crossings, vehicle_id, at) or _by_place(crossings, place, speed_dkmh)


def _by_place(crossings: Crossings, place: tuple[int, int] | None, speed_dkmh: int) -> dict[str, int]:
    crossing = crossings.nearest(*place, _NEAR_CROSSING_M) if place else None
    return {} if crossing is None else {"crossing_id": crossing, "through_dkmh": speed_dkmh}


def _by_track(crossings: Crossings, vehicle_id: int, at: int) -> dict[str, int]:
    moment = findings.moment(at)
    track = store.between(vehicle_id, moment - _AROUND_CROSSING, moment + _AROUND_CROSSING)
    if len(track) < 2:
        return {}
    batch = Batch(track, Positions.empty())
    here, there = batch.positions, batch.previous
    rows = np.flatnonzero((batch.gap_s > 0) & (batch.gap_s <= CrossingFast.Limits().most_gap_s))
    steps, ids = crossings.passed(
        here.longitude_e6[rows], here.latitude_e6[rows], there.longitude_e6[rows], there.latitude_e6[rows]
    )
    if not len(steps):
        return {}
    nearest = int(np.argmin(np.abs(batch.device_time[rows[steps]] - at)))
    row = int(rows[steps[nearest]])
    slower = min(int(here.speed_dkmh[row]), int(there.speed_dkmh[row]))
    return {"crossing_id": int(ids[nearest]), "through_dkmh": slower}
