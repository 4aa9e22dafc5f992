"""Reads of emergency calls (紧急报警查询): the only place that spells ``EmergencyCall.objects`` for reading."""

from typing import Any

from django.db.models import QuerySet

from datacenter.accounts.scope import scope_of
from datacenter.emergencies.errors import CallNotFound
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent


def calls_visible_to(user: Any) -> QuerySet[EmergencyCall]:
    """Every call inside the user's scope, the newest first, with what a list shows of each."""
    return (
        scope_of(user)
        .limit(EmergencyCall.objects.all())
        .select_related("county", "company", "vehicle", "acknowledged_by")
        .defer("county__boundary", "county__disputed")
        .order_by("-raised_at", "-pk")
    )


def open_calls_visible_to(user: Any) -> QuerySet[EmergencyCall]:
    """Calls that somebody still has to deal with: those nobody has taken first, the one waiting longest on top."""
    return calls_visible_to(user).filter(closed_at=None).order_by("acknowledged_at", "raised_at", "pk")


def ringing_visible_to(user: Any) -> QuerySet[EmergencyCall]:
    """Calls that nobody has taken."""
    return open_calls_visible_to(user).filter(state=EmergencyCall.State.RINGING)


def get_call_for(user: Any, pk: int) -> EmergencyCall:
    """The call if the user may see it; raises ``CallNotFound``."""
    try:
        return calls_visible_to(user).get(pk=pk)
    except EmergencyCall.DoesNotExist:
        raise CallNotFound(call=pk) from None


def events_of(call: EmergencyCall) -> list[EmergencyEvent]:
    """What was done about a call, the newest first."""
    return list(call.events.select_related("by").order_by("-at", "-pk"))


def found(calls: QuerySet[EmergencyCall], text: str, outcome: str) -> QuerySet[EmergencyCall]:
    """``calls`` whose plate holds ``text``, of one outcome where it is given."""
    if text:
        calls = calls.filter(plate__icontains=text)
    return calls.filter(outcome=outcome) if outcome else calls
