"""How a case begins (采集、派发), and what is noted on it later; the rows an installation starts with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone

from datacenter.cases.evidence import store_photo
from datacenter.cases.models import Case, CaseEvent, Clock, KeyCaseRule, SupervisionRule, TerritoryRule, WorkflowRule
from datacenter.cases.selectors import rule_for
from datacenter.cases.states import State, Verb
from datacenter.cases.territory import kind_fits
from datacenter.cases.workflow.loop import add_legs
from datacenter.cases.workflow.pressure import supervise_key
from datacenter.cases.workflow.recording import record, tell


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a case is about, as it was when the case was opened."""

    vehicle_id: int | None = None
    plate: str = ""
    plate_colour: int | None = None
    industry: str = ""
    company_id: int | None = None
    company_name: str = ""
    driver_name: str = ""
    practitioner_id: int | None = None


_AGREED = "局内约定，待局方确认"
# Working hours; eight make a day.
_HOURS = {"taxi": 24, "coach": 16, "hazmat": 8}
_WANTED: dict[str, list[str]] = {
    "camera.covered": ["photo"],
    "device.fault": ["track"],
    "crossing.not_yielding": ["alarm", "clip", "track"],
    "driver.smoking": ["alarm", "photo"],
    "driver.phone": ["alarm", "photo"],
    "driver.seat_belt": ["alarm", "photo"],
}


def enter_rules(**_: Any) -> None:
    """The general clock, and the standards that an installation starts with; rows that are there keep their figures.

    No legal time limit was found for what detection finds: rows to edit, marked 未核实. Another industry joins by rows.
    """
    rows = [WorkflowRule(handle_hours=24, clock=Clock.WORKING, source=_AGREED)]
    rows += [_standard(industry, kind, wanted) for industry in _HOURS for kind, wanted in _WANTED.items()]
    # Carrying for hire without a licence goes to the county and the enforcement team at once.
    rows.append(
        WorkflowRule(kind="vehicle.elsewhere", handle_hours=24, clock=Clock.WORKING, double=True, source=_AGREED)
    )
    WorkflowRule.objects.bulk_create(rows, ignore_conflicts=True)
    _enter_territory()
    SupervisionRule.objects.bulk_create(
        [
            SupervisionRule(level=level, after_hours=late, answer_hours=answer, source=_AGREED)
            for level, late, answer in ((1, 8, 8), (2, 24, 8), (3, 48, 4))
        ],
        ignore_conflicts=True,
    )
    if not KeyCaseRule.objects.exists():
        rule = {"level": Case.Level.MAJOR, "source": _AGREED}
        KeyCaseRule.objects.bulk_create(
            [
                KeyCaseRule(position=10, industry="hazmat", kind="driver.*", repeats=3, **rule),
                KeyCaseRule(position=20, kind="vehicle.elsewhere", repeats=2, **rule),
                KeyCaseRule(position=30, industry="taxi", kind="taxi.meter_tampered", repeats=1, **rule),
            ]
        )


def _standard(industry: str, kind: str, wanted: list[str]) -> WorkflowRule:
    return WorkflowRule(
        industry=industry, kind=kind, handle_hours=_HOURS[industry], clock=Clock.WORKING, evidence=wanted,
        source=_AGREED,
    )  # fmt: skip


def _enter_territory() -> None:
    """Where it happened, else where the vehicle is registered, and so on down; kept as people have changed it."""
    if TerritoryRule.objects.filter(kind="").exists():
        return
    order = ("place", "vehicle", "company", "practitioner")
    TerritoryRule.objects.bulk_create(
        TerritoryRule(position=1000 + 10 * number, basis=basis, source=_AGREED) for number, basis in enumerate(order)
    )


def enter_territory_of(kinds: Sequence[str]) -> None:
    """Kinds of case that go by where the vehicle is registered, wherever it was then; each is entered once."""
    known = set(TerritoryRule.objects.values_list("kind", flat=True))
    TerritoryRule.objects.bulk_create(
        TerritoryRule(position=100, kind=kind, basis=TerritoryRule.Basis.VEHICLE, source=_AGREED)
        for kind in kinds
        if kind not in known
    )


def enter_rules_of(industry: str, wanted: dict[str, list[str]]) -> None:
    """A subsystem's own standards (kind of case → evidence), with the clock of its industry."""
    WorkflowRule.objects.bulk_create(
        [_standard(industry, kind, kinds) for kind, kinds in wanted.items()], ignore_conflicts=True
    )


def open_case(
    *,
    origin: Case.Origin,
    kind: str,
    title: str,
    subject: Subject,
    occurred_at: datetime,
    latitude_e6: int | None = None,
    longitude_e6: int | None = None,
    county_id: str | None = None,
    county_rule: str = "",
    boundary_unconfirmed: bool = False,
    facts: dict[str, Any] | None = None,
    by: Any = None,
) -> Case:
    """Open a case and, where its county is known, dispatch it at once (采集、派发).

    Without ``county_id`` it waits for the city to dispatch it by hand.
    """
    now = timezone.now()
    with transaction.atomic():
        level, is_key, key_rule = _grade(kind, subject)
        standard = rule_for(subject.industry, kind, level)
        case = Case.objects.create(
            number=_next_number(now),
            origin=origin,
            kind=kind,
            title=title,
            industry=subject.industry,
            state=State.COLLECTED,
            level=level,
            is_key=is_key,
            vehicle_id=subject.vehicle_id,
            plate=subject.plate,
            plate_colour=subject.plate_colour,
            company_id=subject.company_id,
            company_name=subject.company_name,
            driver_name=subject.driver_name,
            practitioner_id=subject.practitioner_id,
            occurred_at=occurred_at,
            latitude_e6=latitude_e6,
            longitude_e6=longitude_e6,
            county_id=county_id,
            county_rule=county_rule,
            boundary_unconfirmed=boundary_unconfirmed,
        )
        told = {**(facts or {}), **({"key_rule": key_rule} if key_rule else {})}
        record(case, Verb.COLLECT, from_state="", by=by, facts=told)
        if county_id:
            legs = add_legs(case, standard)
            case.state = State.DISPATCHED
            case.save(update_fields=["state", "due_at", "amber_at", "due_provisional"])
            told = {"county": county_id, "rule": county_rule, "boundary_unconfirmed": boundary_unconfirmed}
            if len(legs) > 1:
                told["team"] = legs[1].body_name
            record(case, Verb.DISPATCH, from_state=State.COLLECTED, by=by, facts=told)
            if is_key:
                supervise_key(case)
        tell(case, Verb.DISPATCH if county_id else Verb.COLLECT)
    return case


def _grade(kind: str, subject: Subject) -> tuple[str, bool, str]:
    """(level, whether a key case, the rule that said so) of a case about to be opened."""
    for rule in KeyCaseRule.objects.filter(in_force=True, industry__in=["", subject.industry]):
        if not kind_fits(rule.kind, kind):
            continue
        if rule.repeats > 1:
            since = timezone.now() - timedelta(days=rule.within_days)
            same = Case.objects.filter(opened_at__gte=since, kind=kind)
            if subject.vehicle_id:
                same = same.filter(vehicle_id=subject.vehicle_id)
            elif subject.plate:
                same = same.filter(plate=subject.plate, plate_colour=subject.plate_colour)
            else:
                continue
            if same.count() + 1 < rule.repeats:
                continue
        return rule.level, rule.is_key, str(rule)
    return Case.Level.GENERAL, False, ""


def note_on_case(
    case: Case,
    *,
    note: str,
    facts: dict[str, Any] | None = None,
    photos: Sequence[UploadedFile] = (),
    by: Any = None,
    driver: Any = None,
) -> CaseEvent:
    """The platform, or somebody ``by``, adds to the file what was learned later (补充); the state stays.

    ``driver``: the practitioner who was driving, where the file names nobody yet.
    """
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        if driver is not None and locked.practitioner_id is None:
            locked.practitioner, locked.driver_name = driver, driver.name
            locked.save(update_fields=["practitioner", "driver_name"])
            facts = {**(facts or {}), "driver": driver.pk}
        files = [store_photo(photo) for photo in photos]
        event = record(locked, Verb.NOTE, from_state=locked.state, by=by, note=note, facts=facts, files=files)
        tell(locked, Verb.NOTE)
        return event


def _next_number(now: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('case_number')")
        (running,) = cursor.fetchone()
    return f"{timezone.localtime(now).year}-{running:06d}"
