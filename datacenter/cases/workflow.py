"""The verbs of a case (案件办理): each one a transaction, locked, recorded, announced once committed.

Nobody changes a case anywhere else. A verb looks its transition up in ``states.TRANSITIONS`` and asks for the right
that stands there, whoever calls it: page, API, phone or task.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.accounts.scope import scope_of
from datacenter.cases import announce
from datacenter.cases.chain import hash_of
from datacenter.cases.errors import CaseNotFound, FieldRefused, TransitionRefused
from datacenter.cases.evidence import MAX_PHOTOS, StoredFile, store_photo
from datacenter.cases.models import Case, CaseAttachment, CaseEvent, WorkflowRule
from datacenter.cases.selectors import rule_for
from datacenter.cases.states import TRANSITIONS, State, Verb, verbs_from

SYSTEM = "系统"

# What other packages do when the city has verified a case; detection puts a finding on record here.
AFTER_VERIFY: list[Callable[[Case, Any], None]] = []


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


_AGREED = "局内约定，待局方确认"
_HOURS = {"taxi": 72, "coach": 48, "hazmat": 24}
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
    rows = [WorkflowRule(handle_hours=72, source=_AGREED)]
    rows += [
        WorkflowRule(industry=industry, kind=kind, handle_hours=hours, evidence=wanted, source=_AGREED)
        for industry, hours in _HOURS.items()
        for kind, wanted in _WANTED.items()
    ]
    WorkflowRule.objects.bulk_create(rows, ignore_conflicts=True)


def enter_rules_of(industry: str, wanted: dict[str, list[str]]) -> None:
    """A subsystem's own standards (kind of case → evidence), with the clock of its industry."""
    WorkflowRule.objects.bulk_create(
        [
            WorkflowRule(industry=industry, kind=kind, handle_hours=_HOURS[industry], evidence=kinds, source=_AGREED)
            for kind, kinds in wanted.items()
        ],
        ignore_conflicts=True,
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
    rule = rule_for(subject.industry, kind)
    with transaction.atomic():
        case = Case.objects.create(
            number=_next_number(now),
            origin=origin,
            kind=kind,
            title=title,
            industry=subject.industry,
            state=State.COLLECTED,
            vehicle_id=subject.vehicle_id,
            plate=subject.plate,
            plate_colour=subject.plate_colour,
            company_id=subject.company_id,
            company_name=subject.company_name,
            driver_name=subject.driver_name,
            occurred_at=occurred_at,
            latitude_e6=latitude_e6,
            longitude_e6=longitude_e6,
            county_id=county_id,
            county_rule=county_rule,
            boundary_unconfirmed=boundary_unconfirmed,
            due_at=now + timedelta(hours=rule.handle_hours) if rule else None,
        )
        _record(case, Verb.COLLECT, from_state="", by=by, facts=facts or {})
        if county_id:
            case.state = State.DISPATCHED
            case.save(update_fields=["state"])
            _record(
                case,
                Verb.DISPATCH,
                from_state=State.COLLECTED,
                by=by,
                facts={"county": county_id, "rule": county_rule, "boundary_unconfirmed": boundary_unconfirmed},
            )
        _announce(case, Verb.DISPATCH if county_id else Verb.COLLECT)
    return case


def dispatch_case(case: Case, *, to: Any, by: Any, due_at: datetime | None = None, note: str = "") -> Case:
    """Send a case to county ``to``, or to another than before (派发、改派)."""
    with transaction.atomic():
        case, before = _locked(case, Verb.DISPATCH, by)
        facts = {"county": to.pk, "from_county": case.county_id}
        case.county = to
        case.county_rule = "人工派发"
        case.boundary_unconfirmed = False
        case.assignee = None
        case.due_at = due_at or case.due_at
        case = _done(case, Verb.DISPATCH, before, by, note=note, facts=facts)
        if facts["from_county"] not in (None, to.pk):  # its list must lose the case at once
            _announce(case, Verb.DISPATCH, county_id=facts["from_county"])
        return case


def accept_case(case: Case, *, by: Any) -> Case:
    """The county takes the case (签收); who accepts it is its assignee."""
    with transaction.atomic():
        case, before = _locked(case, Verb.ACCEPT, by)
        case.assignee = by
        return _done(case, Verb.ACCEPT, before, by)


def handle_case(case: Case, *, by: Any, note: str, photos: Sequence[UploadedFile] = ()) -> Case:
    """Write down what was done, with pictures (办理). Raises ``FieldRefused`` naming what is missing or wrong."""
    if not note.strip():
        raise FieldRefused("note", "请填写办理情况")
    if len(photos) > MAX_PHOTOS:
        raise FieldRefused("photos", f"一次最多上传 {MAX_PHOTOS} 张照片")
    with transaction.atomic():
        case, before = _locked(case, Verb.HANDLE, by)
        files = [store_photo(photo) for photo in photos]
        return _done(case, Verb.HANDLE, before, by, note=note.strip(), files=files)


def feed_back_case(case: Case, *, by: Any, result: str, outcome: str = Case.Outcome.SUBSTANTIATED) -> Case:
    """Report the result to the city (反馈), with the conclusion whether the matter was as found (查证结论)."""
    if not result.strip():
        raise FieldRefused("result", "请填写办理结果")
    if outcome not in Case.Outcome.values:
        raise FieldRefused("outcome", "请选择查证结论：属实或不属实")
    with transaction.atomic():
        case, before = _locked(case, Verb.FEED_BACK, by)
        case.result, case.outcome = result.strip(), outcome
        return _done(case, Verb.FEED_BACK, before, by, note=case.result, facts={"outcome": outcome})


def return_case(case: Case, *, by: Any, reason: str) -> Case:
    """Send it back to the county to be handled again (退回)."""
    if not reason.strip():
        raise FieldRefused("reason", "请填写退回原因")
    with transaction.atomic():
        case, before = _locked(case, Verb.RETURN, by)
        return _done(case, Verb.RETURN, before, by, note=reason.strip())


def verify_case(case: Case, *, by: Any, note: str = "") -> Case:
    """The city has checked the county's result (核查通过); a substantiated finding goes on record."""
    with transaction.atomic():
        case, before = _locked(case, Verb.VERIFY, by)
        case = _done(case, Verb.VERIFY, before, by, note=note.strip())
        for confirm in AFTER_VERIFY:
            confirm(case, by)
        return case


def close_case(case: Case, *, by: Any, note: str = "") -> Case:
    """The matter is done (办结)."""
    with transaction.atomic():
        case, before = _locked(case, Verb.CLOSE, by)
        case.closed_at = timezone.now()
        return _done(case, Verb.CLOSE, before, by, note=note.strip())


def note_on_case(
    case: Case, *, note: str, facts: dict[str, Any], by: Any = None, photos: Sequence[UploadedFile] = ()
) -> CaseEvent:
    """The platform, or an officer ``by``, adds to the file what was learned later (补充); the state stays."""
    with transaction.atomic():
        locked = Case.objects.select_for_update().get(pk=case.pk)
        files = [store_photo(photo) for photo in photos]
        event = _record(locked, Verb.COLLECT, from_state=locked.state, by=by, note=note, facts=facts, files=files)
        _announce(locked, Verb.COLLECT)
        return event


def available_verbs(case: Case, user: Any) -> list[Verb]:
    """What ``user`` may do to ``case`` as it stands, in the order of the loop."""
    return [verb for verb in verbs_from(State(case.state)) if user.may(TRANSITIONS[verb].right)]


def _locked(case: Case, verb: Verb, by: Any) -> tuple[Case, State]:
    """The case with its row locked, if ``by`` may see it and may do ``verb`` to it as it stands."""
    transition = TRANSITIONS[verb]
    require(by, transition.right)
    locked = scope_of(by).limit(Case.objects.select_for_update(of=("self",))).filter(pk=case.pk).first()
    if locked is None:
        raise CaseNotFound(number=case.number)
    if locked.state not in transition.sources:
        raise TransitionRefused(locked.number, locked.get_state_display(), verb.label)
    return locked, State(locked.state)


def _done(
    case: Case,
    verb: Verb,
    before: State,
    by: Any,
    *,
    note: str = "",
    facts: dict[str, Any] | None = None,
    files: Sequence[StoredFile] = (),
) -> Case:
    case.state = TRANSITIONS[verb].target
    case.save()
    _record(case, verb, from_state=before, by=by, note=note, facts=facts or {}, files=files)
    _announce(case, verb)
    return case


def _record(
    case: Case,
    verb: Verb,
    *,
    from_state: str,
    by: Any,
    note: str = "",
    facts: dict[str, Any] | None = None,
    files: Sequence[StoredFile] = (),
) -> CaseEvent:
    last = case.events.order_by("-sequence").values_list("sequence", "hash").first()
    facts = dict(facts or {})
    if files:
        facts["files"] = [{"name": file.name, "sha256": file.sha256} for file in files]
    event = CaseEvent(
        case=case,
        sequence=last[0] + 1 if last else 1,
        at=timezone.now(),
        verb=verb,
        from_state=from_state,
        to_state=case.state,
        by=by,
        by_name=f"{by}（{by.unit.name if by.unit_id else by.get_role_display()}）" if by else SYSTEM,
        note=note,
        facts=facts,
        previous_hash=last[1] if last else "",
    )
    event.hash = hash_of(event)
    event.save(force_insert=True)
    CaseAttachment.objects.bulk_create(
        CaseAttachment(
            event=event,
            name=file.name,
            content_type=file.content_type,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            path=file.path,
        )
        for file in files
    )
    return event


def _announce(case: Case, verb: Verb, county_id: str | None = None) -> None:
    facts = (case.pk, case.number, county_id or case.county_id, case.company_id, str(case.state), str(verb))
    transaction.on_commit(lambda: announce.announce(*facts), robust=True)


def _next_number(now: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('case_number')")
        (running,) = cursor.fetchone()
    return f"{timezone.localtime(now).year}-{running:06d}"
