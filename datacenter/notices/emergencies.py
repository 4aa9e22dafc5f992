"""Officers are told of a new emergency call wherever they are (紧急报警通知); the desk rings beside it."""

from __future__ import annotations

from django.urls import reverse

from datacenter.emergencies import workflow as emergencies
from datacenter.emergencies.models import EmergencyCall
from datacenter.notices.audience import city, county, users_of
from datacenter.notices.workflow import Owner, tell

_HANDLES = "emergency.handle"


def register() -> None:
    """Hear of new calls."""
    if tell_of_call not in emergencies.AFTER_RAISED:
        emergencies.AFTER_RAISED.append(tell_of_call)


def tell_of_call(call: EmergencyCall) -> None:
    """The city's desks and the county's officers; urgent, so quiet hours don't hold it back."""
    desks = [city(_HANDLES)] + ([county(call.county_id, _HANDLES)] if call.county_id else [])
    tell(
        recipients=[user for users in users_of(map(str, desks)).values() for user in users],
        topic="emergency",
        title=f"紧急报警：{call.plate}",
        link=reverse("emergency-call", args=[call.pk]),
        key=f"emergency:{call.pk}",
        about=Owner(county_id=call.county_id, company_id=call.company_id),
    )
