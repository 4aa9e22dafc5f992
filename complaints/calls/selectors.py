"""Reads of telephony (通话查询): the hotline and the city see calls; counties and companies see none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from complaints.calls.announce import desks, row_of
from complaints.calls.defaults import TO_COMPLETE
from complaints.calls.errors import CallNotFound
from complaints.calls.models import Call, CallEvent, DeskExtension
from datacenter.accounts.scope import scope_of
from datacenter.registry.masking import mask_phone

RINGS_FOR = timedelta(minutes=2)
"""A call that still rings after this has lost its end: it pops up no more."""
_ANSWERED = Q(answered_at__isnull=False) | ~Q(recording_state=Call.Recording.NONE)


def calls_visible_to(user: Any) -> QuerySet[Call]:
    """Calls (通话) inside the user's scope, the newest first."""
    rows = Call.objects.all() if scope_of(user).level == "city" else Call.objects.none()
    return rows.select_related("operator", "order", "order__category").order_by("-rang_at", "-pk")


def get_call_for(user: Any, pk: int) -> Call:
    """The call if the user may see it; raises ``CallNotFound``."""
    call = calls_visible_to(user).filter(pk=pk).first() if pk < 2**63 else None
    if call is None:
        raise CallNotFound(call=pk)
    return call


def to_complete(rows: QuerySet[Call]) -> QuerySet[Call]:
    """Those that were answered and have no order, or one that says nothing yet (待补录)."""
    return rows.filter(_ANSWERED).filter(Q(order=None) | Q(order__category__code=TO_COMPLETE))


def ringing_for(user: Any, now: datetime | None = None) -> list[dict[str, Any]]:
    """What should pop up on the user's screen now; ``announce`` says the same of each change."""
    now = now or timezone.now()
    recent = calls_visible_to(user).filter(state=Call.State.RINGING, rang_at__gt=now - RINGS_FOR)
    known, told = desks(), []
    for call in recent[:20]:
        desk = call.operator_id or known.get(call.extension)
        if desk in (None, user.pk):
            told.append({"mine": True, **row_of(call, whole=desk == user.pk)})
    return told


def events_of(call: Call) -> QuerySet[CallEvent]:
    """A call's events as they happened."""
    return CallEvent.objects.filter(call=call).order_by("at", "pk")


def is_whole_for(call: Call, user: Any, known: dict[str, int] | None = None) -> bool:
    """Whether the user reads the caller's number whole: the operator in charge, or at whose desk it rings.

    ``known`` are the ``desks``, where many calls are asked about.
    """
    if call.operator_id is not None:
        return bool(call.operator_id == user.pk)
    return (desks() if known is None else known).get(call.extension) == user.pk


def number_for(call: Call, user: Any, known: dict[str, int] | None = None) -> str:
    """The caller's number: whole for the operator in charge, masked for everybody else."""
    return call.caller if is_whole_for(call, user, known) else mask_phone(call.caller)


def known_extensions() -> QuerySet[DeskExtension]:
    """Desks (坐席) by number."""
    return DeskExtension.objects.select_related("operator").order_by("number")


def standing_of(platform_ids: list[str]) -> list[dict[str, Any]]:
    """How calls stand, for the call platform to hold against its own list; an unknown one is ``known: false``."""
    rows = Call.objects.filter(platform_id__in=platform_ids).annotate(number=F("order__number"))
    found = {call.platform_id: call for call in rows}
    events = dict.fromkeys(found, 0)
    for name in CallEvent.objects.filter(call__in=rows).values_list("call__platform_id", flat=True):
        events[name] += 1
    return [
        {
            "call_id": name,
            "known": name in found,
            "state": found[name].state if name in found else "",
            "order": getattr(found[name], "number", None) or "" if name in found else "",
            "events": events.get(name, 0),
            "recording": found[name].recording_state if name in found else "",
            "recording_reason": found[name].recording_reason if name in found else "",
        }
        for name in platform_ids
    ]
