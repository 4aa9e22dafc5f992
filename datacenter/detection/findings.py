"""Episodes become findings, and findings open cases (疑似违规入库、立案).

Findings are matched by overlap: an episode that overlaps a finding of the same rule and vehicle extends it; one that
overlaps none is new. What re-detection no longer finds is superseded, never deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from datacenter.cases import territory, workflow
from datacenter.cases.models import Case
from datacenter.cases.selectors import rule_for
from datacenter.cases.workflow import Subject
from datacenter.detection.catalogue import Detector
from datacenter.detection.episodes import Episode, Rule
from datacenter.detection.models import DetectorSetting, Finding, Mode, Violation
from datacenter.detection.relief import longest_part
from datacenter.registry.models import DriverBinding, Practitioner, Vehicle
from datacenter.tracks import store

_SLICE_AROUND = timedelta(seconds=60)
_SLICE_POINTS = 720


@dataclass(frozen=True, slots=True)
class Opening:
    """What a finding's case says besides: whom it is about as it was then, and by which rule it is whose."""

    subject: Subject
    county_rule: str = ""
    boundary_unconfirmed: bool = False
    practitioner_id: int | None = None


# Who hears of findings inside the transaction that keeps them: the screening desk, a floor above.
FOUND: list[Callable[[Finding, Opening], None]] = []
CHANGED: list[Callable[[Finding], None]] = []  # ended at last, or superseded


def moment(unix_s: int) -> datetime:
    """A unix time as an aware moment, UTC."""
    return datetime.fromtimestamp(unix_s, UTC)


def keep(episodes: Iterable[Episode], rules: dict[str, Rule]) -> list[str]:
    """Store episodes as findings and open a case for each new one; the rule codes of the new findings.

    What limits on trial find opens no case and is not told.
    """
    new: list[str] = []
    for episode in episodes:
        rule = rules[episode.detector]
        if rule.detector.by_driver:
            part = longest_part(episode, rule)
            if part is None:
                continue
            episode = part
        overlapping = list(_overlapping(episode, rule))
        if episode.withdrawn:
            for finding in overlapping:
                supersede(finding)
        elif overlapping:
            _extend(overlapping[0], episode, rule)
            for finding in overlapping[1:]:
                supersede(finding)
        elif found(episode, rule) is not None and not rule.shadow:
            new.append(episode.detector)
    return new


def of_rule(rule: Rule) -> QuerySet[Finding]:
    """All that a rule has found, whatever became of it."""
    mode = Mode.SHADOW if rule.shadow else Mode.IN_FORCE
    return Finding.every.filter(detector=rule.detector.code, mode=mode)


def reconcile(vehicle_id: int, episodes: list[Episode], rule: Rule, start: int, end: int) -> list[str]:
    """Make the findings of one rule and vehicle that touch [start, end] those of ``episodes``; the codes of new ones.

    ``episodes`` are all that the rule finds in the track now. What touches the span and is found no more is superseded.
    """
    touching = [e for e in episodes if e.started <= end and e.ended >= start]
    new = keep(sorted(touching, key=lambda e: e.started), {rule.key: rule})
    stored = (
        of_rule(rule)
        .filter(vehicle_id=vehicle_id, started_at__lte=moment(end), ended_at__gte=moment(start))
        .exclude(state=Finding.State.SUPERSEDED)
    )
    for finding in stored:
        first, last = int(finding.started_at.timestamp()), int(finding.ended_at.timestamp())
        if not any(e.started == first or (e.started < last and e.ended > first) for e in touching):
            supersede(finding)
    return new


def _overlapping(episode: Episode, rule: Rule) -> QuerySet[Finding]:
    """Findings that share time with an episode; to touch is not to share: one silence may follow another."""
    start, end = moment(episode.started), moment(episode.ended)
    return (
        of_rule(rule)
        .select_for_update()
        .filter(Q(started_at=start) | Q(started_at__lt=end, ended_at__gt=start), vehicle_id=episode.vehicle_id)
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
        finding.evidence = track_slice(finding.vehicle_id, finding.started_at, finding.ended_at)
    if (finding.limit_row_id or 0) != episode.judged:  # it began earlier after all, under other limits
        finding.limits, finding.source, finding.limit_row_id = _judged_by(episode, rule)
    finding.save()
    if not episode.ongoing:
        _tell(finding)


def supersede(finding: Finding) -> None:
    """The finding stands no longer; whoever deals with its case is told."""
    finding.state = Finding.State.SUPERSEDED
    finding.save(update_fields=["state"])
    if finding.case_id:
        workflow.note_on_case(
            Case(pk=finding.case_id),
            note="补传轨迹后重新检测，本条疑似违规不再成立，请核查后办理",
            facts={"finding": finding.pk, "superseded": True},
        )
    _tell(finding)


def _tell(finding: Finding) -> None:
    for hear in CHANGED:
        hear(finding)


def found(episode: Episode, rule: Rule) -> Finding | None:
    """A new finding, with its case where the rule opens one; None for a vehicle that is no more."""
    vehicle = Vehicle.objects.select_related("company").filter(pk=episode.vehicle_id).first()
    if vehicle is None:  # struck from the registry since the position came
        return None
    detector = rule.detector
    placed = bool(episode.latitude_e6 and episode.longitude_e6)  # what was told may have no place
    whose = county_of(detector, episode, vehicle)
    limits, source, limit_row_id = _judged_by(episode, rule)
    finding = Finding(
        detector=detector.code,
        title=detector.title,
        mode=Mode.SHADOW if rule.shadow else Mode.IN_FORCE,
        vehicle=vehicle,
        company_id=vehicle.company_id,
        county_id=whose.county_id,
        state=_state(episode),
        started_at=moment(episode.started),
        ended_at=moment(episode.ended),
        latitude_e6=episode.latitude_e6 if placed else None,
        longitude_e6=episode.longitude_e6 if placed else None,
        measures=measures_of(episode),
        limits=limits,
        limit_row_id=limit_row_id,
        source=source,
        evidence=track_slice(vehicle.pk, moment(episode.started), moment(episode.ended)),
    )
    standard = rule_for(vehicle.kind, detector.code)
    if rule.shadow or not detector.opens_case or (standard is not None and not standard.applies):
        finding.save()
        return finding
    opening = opening_of(vehicle, finding.started_at, whose.rule, whose.unconfirmed)
    if not DetectorSetting.objects.filter(pk=detector.code, needs_screening=True).exists():
        finding.case = open_case_for(finding, opening)
    finding.save()
    for hear in FOUND:
        hear(finding, opening)
    return finding


def _judged_by(episode: Episode, rule: Rule) -> tuple[dict[str, Any], str, int | None]:
    """The limits under which the episode began, what they rest on, and the number of their row (None: the base)."""
    row = rule.row(episode.judged)
    if row is None:
        return asdict(rule.limits), rule.detector.source, None
    return asdict(row.limits), "；".join(filter(None, (rule.detector.source, row.source)))[:300], row.id


def opening_of(vehicle: Vehicle, at: datetime, county_rule: str, boundary_unconfirmed: bool = False) -> Opening:
    """Whom a case about ``vehicle`` at a moment is about, with who drove it then by the bindings."""
    driver = _driver(vehicle, at)
    subject = Subject(
        vehicle_id=vehicle.pk,
        plate=vehicle.plate,
        plate_colour=vehicle.plate_colour,
        industry=vehicle.kind,
        company_id=vehicle.company_id,
        company_name=vehicle.company.name,
        driver_name=driver.name if driver else "",
        practitioner_id=driver.pk if driver else None,
    )
    return Opening(subject, county_rule, boundary_unconfirmed, driver.pk if driver else None)


def open_case_for(
    finding: Finding,
    opening: Opening,
    *,
    by: Any = None,
    origin: Case.Origin = Case.Origin.FINDING,
    facts: dict[str, Any] | None = None,
) -> Case:
    """Open the case of a finding (立案); at once, or when a reviewer ``by`` confirmed it. The caller keeps the link."""
    said = {"detector": finding.detector, "measures": finding.measures, "limits": finding.limits}
    return workflow.open_case(
        origin=origin,
        kind=finding.detector,
        title=finding.title,
        subject=opening.subject,
        occurred_at=finding.started_at,
        latitude_e6=finding.latitude_e6,
        longitude_e6=finding.longitude_e6,
        county_id=finding.county_id,
        county_rule=opening.county_rule,
        boundary_unconfirmed=opening.boundary_unconfirmed,
        facts={**said, "source": finding.source, **(facts or {})},
        by=by,
    )


def county_of(
    detector: Detector, episode: Episode, vehicle: Vehicle, law: territory.Law | None = None
) -> territory.Answer:
    """Whose case it is (属地), by the rules in force or by ``law``; what no rule gives to a county is the city's."""
    matter = territory.Matter(
        kind=detector.code,
        industry=vehicle.kind,
        origin=Case.Origin.FINDING,
        latitude_e6=episode.latitude_e6,
        longitude_e6=episode.longitude_e6,
        vehicle_county=vehicle.county_id,
        company_county=vehicle.company.county_id,
    )
    return territory.decide(matter, law)


def measures_of(episode: Episode) -> dict[str, int]:
    """What was measured, with how long it lasted, as a finding keeps it."""
    return {**episode.measures, "lasting_s": episode.ended - episode.started}


def track_slice(vehicle_id: int, started_at: datetime, ended_at: datetime) -> dict[str, Any]:
    """The slice of track that proves it, a minute before to a minute after; thinned evenly where very long."""
    track = store.between(vehicle_id, started_at - _SLICE_AROUND, ended_at + _SLICE_AROUND)
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


def _driver(vehicle: Vehicle, at: datetime) -> Practitioner | None:
    binding = (
        DriverBinding.objects.filter(Q(until__isnull=True) | Q(until__gt=at), vehicle=vehicle, since__lte=at)
        .select_related("practitioner")
        .order_by("-since")
        .first()
    )
    return binding.practitioner if binding else None


def confirm_on_verify(case: Case, by: Any) -> None:
    """A substantiated case puts its findings on record as violations (违规行为).

    A case that was taken up again and is unfounded after all takes them off it.
    """
    if case.outcome != Case.Outcome.SUBSTANTIATED:
        Violation.objects.filter(finding__case=case, revoked_at=None).update(revoked_at=timezone.now())
        return
    for finding in case.findings.exclude(state=Finding.State.SUPERSEDED):
        violation, new = Violation.objects.get_or_create(
            finding=finding,
            defaults={
                "vehicle_id": finding.vehicle_id,
                "practitioner_id": case.practitioner_id,
                "company_id": finding.company_id,
                "county_id": finding.county_id,
                "confirmed_by": by,
            },
        )
        if not new and violation.revoked_at is not None:  # found to be so after all
            Violation.objects.filter(pk=violation.pk).update(revoked_at=None)
