"""What every verb does alike: look the step up in the table, lock, write down, tell once committed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from datacenter.accounts.models import Unit
from datacenter.accounts.permissions import require_any
from datacenter.accounts.scope import scope_of
from datacenter.cases import announce
from datacenter.cases.chain import hash_of
from datacenter.cases.errors import CaseNotFound, NotYourLeg, TransitionRefused
from datacenter.cases.evidence import StoredFile
from datacenter.cases.models import Case, CaseAttachment, CaseEvent, Dispatch
from datacenter.cases.states import LEG_STATES, TRANSITIONS, State, Transition, Verb, rights_for

SYSTEM = "系统"

# What other packages do when the city has verified a case; detection puts a finding on record here.
AFTER_VERIFY: list[Callable[[Case, Any], None]] = []
# What other packages do after each step, inside its transaction.
AFTER_STEP: list[Callable[[Case, CaseEvent], None]] = []
# What other packages ask for before a case may be closed; each raises ``FieldRefused``. The hotline: a call-back.
BEFORE_CLOSE: list[Callable[[Case, Any], None]] = []
# What other packages do when a leg turns amber, once for each leg.
AFTER_WARNING: list[Callable[[Case, Dispatch], None]] = []

# How far a leg has come; a case with two stands where the one that leads stands, until both have come to their end.
_LAGGING = State.HANDLED


@dataclass(slots=True)
class Step:
    """A verb about to be done: the locked case with its live legs, and the leg that the verb is about."""

    case: Case
    transition: Transition
    before: State
    legs: list[Dispatch]
    leg: Dispatch | None
    by: Any

    @property
    def lead(self) -> Dispatch | None:
        """The county's leg."""
        return next((leg for leg in self.legs if leg.part == Dispatch.Part.LEAD), None)


def begin(case: Case, verb: Verb, by: Any, *, system: bool = False) -> Step:
    """The case and its live legs, locked, if ``by`` may see it and may do ``verb`` to it as it stands.

    ``system``: the platform itself does it. Raises ``NotAllowed``, ``CaseNotFound``, ``NotYourLeg`` or
    ``TransitionRefused``.
    """
    transition = TRANSITIONS[verb]
    rows = Case.objects.select_for_update(of=("self",))
    if not system:
        require_any(by, rights_for(verb, case.origin))  # a case keeps the origin it was opened with
        rows = scope_of(by).limit(rows)
    locked = rows.filter(pk=case.pk).first()
    if locked is None:
        raise CaseNotFound(number=case.number)
    legs = list(locked.legs.select_for_update(of=("self",)).filter(ended_at=None).order_by("pk"))
    leg = None
    if transition.by_leg:
        leg = leg_of(by, locked, legs)
        if leg is None:
            if locked.state == State.COLLECTED:
                raise TransitionRefused(locked.number, locked.get_state_display(), verb.label)
            raise NotYourLeg(locked.number)
        stands = standing_of(locked, leg)
        if stands not in transition.sources:
            raise TransitionRefused(locked.number, stands.label, verb.label)
    elif locked.state not in transition.sources:
        raise TransitionRefused(locked.number, locked.get_state_display(), verb.label)
    return Step(locked, transition, State(locked.state), legs, leg, by)


def standing_of(case: Case, leg: Dispatch) -> State:
    """Where a leg stands: by itself while its case is out, with its case once the city has verified it."""
    return State(leg.state if case.state in LEG_STATES else case.state)


def leg_of(by: Any, case: Case, legs: Sequence[Dispatch]) -> Dispatch | None:
    """The live leg that is the business of ``by``: of its team, or of its county; None where neither has one."""
    unit = by.unit
    for leg in legs:
        if leg.part == Dispatch.Part.JOINT:
            if unit is not None and unit.pk == leg.unit_id:
                return leg
        elif unit is not None and unit.kind != Unit.Kind.ENFORCEMENT_TEAM and unit.county_id == leg.county_id:
            return leg
    return None


def joined(legs: Sequence[Dispatch], otherwise: State) -> State:
    """Where a case with these live legs stands; ``otherwise`` where none leads."""
    lead = next((leg for leg in legs if leg.part == Dispatch.Part.LEAD), None)
    if lead is None:
        return otherwise
    if lead.state == State.FED_BACK and any(leg.state != State.FED_BACK for leg in legs):
        returned = any(leg.state == State.RETURNED for leg in legs)
        return State.RETURNED if returned else _LAGGING
    return State(lead.state)


def finish(
    step: Step,
    *,
    state: State | None = None,
    note: str = "",
    facts: dict[str, Any] | None = None,
    files: Sequence[StoredFile] = (),
) -> Case:
    """Save the case at ``state`` (None: as its legs say, or as it was) with its event, and tell."""
    case, verb = step.case, step.transition.verb
    if state is None:
        state = joined(step.legs, step.before) if step.transition.target is not None else step.before
    case.state = state
    case.save()
    facts = dict(facts or {})
    if step.leg is not None and step.leg.part == Dispatch.Part.JOINT:
        facts["body"] = step.leg.body_name
    record(case, verb, from_state=step.before, by=step.by, note=note, facts=facts, files=files)
    tell(case, verb)
    return case


def record(
    case: Case,
    verb: Verb,
    *,
    from_state: str,
    by: Any,
    note: str = "",
    facts: dict[str, Any] | None = None,
    files: Sequence[StoredFile] = (),
) -> CaseEvent:
    """Write one event at the end of the case's chain, with its files; others act on it in the same transaction."""
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
    for hear in AFTER_STEP:
        hear(case, event)
    return event


def tell(case: Case, verb: Verb, county_id: str | None = None) -> None:
    """Announce the case as it stands, once the transaction is committed; ``county_id``: to another county's pages."""
    facts = (case.pk, case.number, county_id or case.county_id, case.company_id, str(case.state), str(verb))
    transaction.on_commit(lambda: announce.announce(*facts), robust=True)
