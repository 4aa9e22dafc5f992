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
from datacenter.cases.states import ENDED_STATES
from datacenter.cases.workflow import note_on_case
from datacenter.detection.catalogue import Detector, detectors
from datacenter.detection.complained import from_complaint
from datacenter.detection.models import Finding


def kinds_of_violation() -> list[tuple[str, str]]:
    """What a complaint can be on record as: (rule code, title) of taxis' own rules and those of a driver's conduct."""
    return sorted((code, rule.title) for code, rule in _known().items())


def take_as_evidence(order: Order, minute: Minute, *, by: Any, violation: str = "", note: str = "") -> OrderEvidence:
    """Keep the minute with the order and its case; ``violation`` makes it a finding of that case too.

    Raises ``NotAllowed``, or ``FieldRefused`` where the order has no open case or the rule is unknown.
    """
    require(by, "complaint.evidence")
    if order.case is None or order.case.state in ENDED_STATES:
        raise FieldRefused("violation", "工单尚未转办，或案件已经办结，不能取证")
    if violation and violation not in _known():
        raise FieldRefused("violation", f"没有这类违规：{violation}")
    facts = as_facts(minute)
    digest = sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",)).get(pk=order.pk)  # two officers at once make one finding
        finding = _finding(order, minute, violation) if violation else None
        kept = OrderEvidence.objects.create(
            order=order, at=timezone.now(), by=by, facts=facts, sha256=digest, finding=finding
        )
        note_on_case(
            order.case,
            note=note.strip() or "调取投诉时段的轨迹、营运记录与影像作为证据",
            facts={"evidence": kept.pk, "sha256": digest} | ({"finding": finding.pk} if finding else {}),
            by=by,
            driver=minute.shift.practitioner if minute.shift else None,
        )
    return kept


def _known() -> dict[str, Detector]:
    return {code: rule for code, rule in detectors().items() if code.startswith(("taxi.", "driver."))}


def _finding(order: Order, minute: Minute, violation: str) -> Finding:
    assert order.case is not None
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
        order.case,
        code=violation,
        reference=f"order:{order.pk}",
        since=minute.since,
        until=minute.until,
        measures={name: value for name, value in figures.items() if value is not None},
        source=f"12328 工单 {order.number}",
    )
