"""Episodes become findings, and findings open cases (疑似违规入库、立案).

Findings are matched by overlap: an episode that overlaps a finding of the same rule and vehicle extends it; one that
overlaps none is new. What re-detection no longer finds is superseded, never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from datacenter.cases import workflow
from datacenter.cases.models import Case
from datacenter.cases.workflow import Subject
from datacenter.detection.catalogue import Detector
from datacenter.detection.episodes import Episode, Rule
from datacenter.detection.models import Finding, Violation
from datacenter.geo.counties import county_at
from datacenter.registry.models import DriverBinding, Vehicle
from datacenter.tracks import store

_SLICE_AROUND = timedelta(seconds=60)
_SLICE_POINTS = 720


def moment(unix_s: int) -> datetime:
    """A unix time as an aware moment, UTC."""
    return datetime.fromtimestamp(unix_s, UTC)


def keep(episodes: Iterable[Episode], rules: dict[str, Rule]) -> list[str]:
    """Store episodes as findings and open a case for each new one; the rule codes of the new findings."""
    new: list[str] = []
    for episode in episodes:
        rule = rules[episode.detector]
        overlapping = list(_overlapping(episode))
        if episode.withdrawn:
            for finding in overlapping:
                _supersede(finding)
        elif overlapping:
            _extend(overlapping[0], episode, rule)
            for finding in overlapping[1:]:
                _supersede(finding)
        elif _found(episode, rule):
            new.append(episode.detector)
    return new


def reconcile(vehicle_id: int, code: str, episodes: list[Episode], rule: Rule, start: int, end: int) -> list[str]:
    """Make the findings of one rule and vehicle that touch [start, end] those of ``episodes``; the codes of new ones.

    ``episodes`` are all that the rule finds in the track now. What touches the span and is found no more is superseded.
    """
    touching = [e for e in episodes if e.started <= end and e.ended >= start]
    new = keep(sorted(touching, key=lambda e: e.started), {code: rule})
    stored = Finding.objects.filter(
        vehicle_id=vehicle_id, detector=code, started_at__lte=moment(end), ended_at__gte=moment(start)
    ).exclude(state=Finding.State.SUPERSEDED)
    for finding in stored:
        first, last = int(finding.started_at.timestamp()), int(finding.ended_at.timestamp())
        if not any(e.started == first or (e.started < last and e.ended > first) for e in touching):
            _supersede(finding)
    return new


def _overlapping(episode: Episode) -> QuerySet[Finding]:
    """Findings that share time with an episode; to touch is not to share: one silence may follow another."""
    start, end = moment(episode.started), moment(episode.ended)
    return (
        Finding.objects.select_for_update()
        .filter(Q(started_at=start) | Q(started_at__lt=end, ended_at__gt=start))
        .filter(vehicle_id=episode.vehicle_id, detector=episode.detector)
        .exclude(state=Finding.State.SUPERSEDED)
        .order_by("started_at", "pk")
    )


def _state(episode: Episode) -> str:
    return Finding.State.ONGOING if episode.ongoing else Finding.State.ENDED


def _extend(finding: Finding, episode: Episode, rule: Rule) -> None:
    finding.state = _state(episode)
    finding.started_at, finding.ended_at = moment(episode.started), moment(episode.ended)
    finding.measures = measures_of(episode)
    finding.latitude_e6, finding.longitude_e6 = episode.latitude_e6, episode.longitude_e6
    if not episode.ongoing:
        finding.evidence = _evidence(episode)
    finding.save()


def _supersede(finding: Finding) -> None:
    finding.state = Finding.State.SUPERSEDED
    finding.save(update_fields=["state"])
    if finding.case_id:
        workflow.note_on_case(
            Case(pk=finding.case_id),
            note="补传轨迹后重新检测，本条疑似违规不再成立，请核查后办理",
            facts={"finding": finding.pk, "superseded": True},
        )


def _found(episode: Episode, rule: Rule) -> bool:
    vehicle = Vehicle.objects.select_related("company").filter(pk=episode.vehicle_id).first()
    if vehicle is None:  # struck from the registry since the position came
        return False
    detector = rule.detector
    county, county_rule, unconfirmed = county_of(detector, episode, vehicle)
    limits = asdict(rule.limits)
    finding = Finding(
        detector=detector.code,
        title=detector.title,
        vehicle=vehicle,
        company_id=vehicle.company_id,
        county_id=county,
        state=_state(episode),
        started_at=moment(episode.started),
        ended_at=moment(episode.ended),
        latitude_e6=episode.latitude_e6,
        longitude_e6=episode.longitude_e6,
        measures=measures_of(episode),
        limits=limits,
        source=detector.source,
        evidence=_evidence(episode),
    )
    finding.case = workflow.open_case(
        origin=Case.Origin.FINDING,
        kind=detector.code,
        title=detector.title,
        subject=Subject(
            vehicle_id=vehicle.pk,
            plate=vehicle.plate,
            plate_colour=vehicle.plate_colour,
            industry=vehicle.kind,
            company_id=vehicle.company_id,
            company_name=vehicle.company.name,
            driver_name=_driver_name(vehicle, finding.started_at),
        ),
        occurred_at=finding.started_at,
        latitude_e6=episode.latitude_e6,
        longitude_e6=episode.longitude_e6,
        county_id=county,
        county_rule=county_rule,
        boundary_unconfirmed=unconfirmed,
        facts={"detector": detector.code, "measures": finding.measures, "limits": limits, "source": detector.source},
    )
    finding.save()
    return True


def county_of(detector: Detector, episode: Episode, vehicle: Vehicle) -> tuple[str | None, str, bool]:
    """Whose case it is (属地): county code, the rule that said so, and whether the boundary there is unconfirmed."""
    if detector.territory == "place":
        answer = county_at(episode.latitude_e6, episode.longitude_e6)
        if answer.code:
            return answer.code, "按发生地", answer.unconfirmed
    return vehicle.county_id, "按车籍地", False


def measures_of(episode: Episode) -> dict[str, int]:
    """What was measured, with how long it lasted, as a finding keeps it."""
    return {**episode.measures, "lasting_s": episode.ended - episode.started}


def _evidence(episode: Episode) -> dict[str, Any]:
    """The slice of track that proves it, a minute before to a minute after; thinned evenly where very long."""
    track = store.between(
        episode.vehicle_id, moment(episode.started) - _SLICE_AROUND, moment(episode.ended) + _SLICE_AROUND
    )
    step = max(1, -(-len(track) // _SLICE_POINTS))
    track = track.take(slice(None, None, step))
    rows = zip(
        track.device_time.tolist(),
        (track.longitude_e6 / 1e6).tolist(),
        (track.latitude_e6 / 1e6).tolist(),
        (track.speed_dkmh / 10).tolist(),
        strict=True,
    )
    return {"track": [list(row) for row in rows], "datum": "WGS-84", "every": step}


def _driver_name(vehicle: Vehicle, at: datetime) -> str:
    binding = (
        DriverBinding.objects.filter(Q(until__isnull=True) | Q(until__gt=at), vehicle=vehicle, since__lte=at)
        .select_related("practitioner")
        .order_by("-since")
        .first()
    )
    return binding.practitioner.name if binding else ""


def confirm_on_verify(case: Case, by: Any) -> None:
    """A substantiated case puts its findings on record as violations (违规行为)."""
    if case.outcome != Case.Outcome.SUBSTANTIATED:
        return
    for finding in case.findings.exclude(state=Finding.State.SUPERSEDED):
        Violation.objects.get_or_create(
            finding=finding,
            defaults={
                "vehicle_id": finding.vehicle_id,
                "company_id": finding.company_id,
                "county_id": finding.county_id,
                "confirmed_by": by,
            },
        )
