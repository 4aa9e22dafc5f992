"""Tells operators' open pages that a call rings, was taken or ended (来电弹屏), once it is committed.

A call whose extension is somebody's reaches that operator alone, with its number; where no extension is known it
reaches every operator, with the number masked: nobody is in charge of it yet.
"""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from complaints.calls.models import Call, DeskExtension
from datacenter.accounts.models import User
from datacenter.accounts.rights import roles_with
from datacenter.broadcast import tell
from datacenter.registry.masking import mask_phone

RIGHT = "call.answer"
_WITHIN_S = 3600


def group(user_id: int) -> str:
    """The channel group of one operator's pages."""
    return f"calls.user.{user_id}"


def row_of(call: Call, *, whole: bool) -> dict[str, Any]:
    """What a pop-up shows; ``history`` is where the caller's earlier orders are read, for a whole number alone."""
    return {
        "id": call.pk,
        "state": call.state,
        "number": call.caller if whole else mask_phone(call.caller),
        "whole": whole,
        "rang_at": call.rang_at.isoformat(),
        "url": f"/complaints/?call={call.pk}",
        "history": reverse("call-caller", args=[call.pk]) if whole and call.caller else "",
    }


def _manned() -> QuerySet[DeskExtension]:
    """Extensions of who may answer: where somebody has left the desk, a call there is everybody's."""
    return DeskExtension.objects.filter(
        in_force=True, operator__is_active=True, operator__role__in=roles_with(RIGHT)
    ).order_by("number")


def desks() -> dict[str, int]:
    """Whose desk each extension is at."""
    return dict(_manned().values_list("number", "operator_id"))


def desk_of_extension(number: str) -> int | None:
    """Whose desk an extension is at; None where nobody's is known."""
    if not number:
        return None
    return _manned().filter(number=number).values_list("operator_id", flat=True).first()


def on_commit(call: Call) -> None:
    """Say after the commit how the call stands: to whose desk it is, or to all while that is not known."""
    desk = call.operator_id or desk_of_extension(call.extension)
    operators = User.objects.filter(is_active=True, role__in=roles_with(RIGHT)).values_list("pk", flat=True)
    others = [group(pk) for pk in operators if pk != desk]
    for_all = desk is None and call.state == Call.State.RINGING
    told = {"mine": True, **row_of(call, whole=False)} if for_all else {"mine": False, "id": call.pk}
    known = {"mine": True, **row_of(call, whole=True)}

    def send() -> None:
        if desk:
            tell([group(desk)], {"type": "call.told", "call": known})
        if others:
            tell(others, {"type": "call.told", "call": told})

    transaction.on_commit(send, robust=True)


def fetch_on_commit(pk: int) -> None:
    """Hand the fetching of a recording to a worker; where the broker is away, the clock takes it up."""

    def send() -> None:
        current_app.send_task("complaints.calls.fetch_recording", [pk], queue="tracks", expires=_WITHIN_S, retry=False)

    transaction.on_commit(send, robust=True)
