"""Takes the minute behind a complaint as evidence (投诉取证): kept as it was seen, chained into the case's record."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from complaints.minute.facts import Minute, as_facts
from complaints.minute.models import OrderEvidence
from complaints.orders.models import Order
from datacenter.accounts.permissions import require
from datacenter.cases.errors import FieldRefused
from datacenter.cases.models import Case
from datacenter.cases.selectors import cases_visible_to
from datacenter.cases.states import ENDED_STATES, State
from datacenter.cases.workflow import note_on_case
from datacenter.detection.catalogue import Detector, detectors
from datacenter.detection.complained import from_complaint
from datacenter.detection.models import Finding


def kinds_of_violation() -> list[tuple[str, str]]:
    """What a complaint can be on record as: (rule code, title) of taxis' own rules and those of a driver's conduct."""
    return sorted((code, rule.title) for code, rule in _known().items())


def take_as_evidence(order: Order, minute: Minute, *, by: Any, violation: str = "", note: str = "") -> OrderEvidence:
    """Keep the minute with the order and its case; ``violation`` makes it a finding of that case too.

    Raises ``NotAllowed``, or ``FieldRefused`` where the order has no open case, the rule is unknown, or the case was
    verified already: only what is found before goes on record with it.
    """
    require(by, "complaint.evidence")
    if violation and violation not in _known():
        raise FieldRefused("violation", f"没有这类违规：{violation}")
    facts = as_facts(minute)
    digest = sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    with transaction.atomic():
        # The case first, as its own verbs lock it; while it is locked two officers at once make one finding.
        case = cases_visible_to(by).select_for_update(of=("self",)).filter(pk=order.case_id).first()
        if case is None or case.state in ENDED_STATES:
            raise FieldRefused("violation", "工单尚未转办，或案件已经办结，不能取证")
        if violation and case.state == State.VERIFIED:
            raise FieldRefused("violation", "案件已核查通过，不能再认定线索；要认定请先重办")
        finding = _finding(order, case, minute, violation) if violation else None
        kept = OrderEvidence.objects.create(
            order=order, at=timezone.now(), by=by, facts=facts, sha256=digest, finding=finding
        )
        note_on_case(
            case,
            note=note.strip() or "调取投诉时段的轨迹、营运记录与影像作为证据",
            facts={"evidence": kept.pk, "sha256": digest} | ({"finding": finding.pk} if finding else {}),
            by=by,
            driver=minute.shift.practitioner if minute.shift else None,
        )
    return kept


def _known() -> dict[str, Detector]:
    return {code: rule for code, rule in detectors().items() if code.startswith(("taxi.", "driver."))}


def _finding(order: Order, case: Case, minute: Minute, violation: str) -> Finding:
    money, usual = minute.money, minute.usual
    figures = {
        "paid_jiao": money.paid,
        "fare_jiao": money.metered,
        "over_jiao": money.over,
        "tracked_m": minute.way.distance_m,
        "usual_m": usual.metres if usual else None,
        "usual_trips": usual.trips if usual else None,
        "metered_dkm": minute.trip.distance_dkm if minute.trip else None,
    }
    return from_complaint(
        case,
        code=violation,
        reference=f"order:{order.pk}",
        since=minute.since,
        until=minute.until,
        measures={name: value for name, value in figures.items() if value is not None},
        source=f"12328 工单 {order.number}",
    )
