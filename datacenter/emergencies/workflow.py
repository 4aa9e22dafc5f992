"""The verbs of an emergency call (紧急报警处置): each one a transaction, locked, recorded, announced once committed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.emergencies import announce
from datacenter.emergencies.errors import CallRefused, NoteMissing
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent

STILL_DOWN = timedelta(minutes=10)
"""For how long behind a call's end a button that was never let go rings no new one."""

State, Verb = EmergencyCall.State, EmergencyEvent.Verb

# What may be done to a call in which state.
LAWFUL: dict[str, frozenset[str]] = {
    Verb.ACKNOWLEDGE: frozenset({State.RINGING}),
    Verb.NOTE: frozenset({State.ACKNOWLEDGED, State.HANDED_OVER, State.CLOSED}),
    Verb.REQUEST: frozenset({State.RINGING, State.ACKNOWLEDGED, State.HANDED_OVER}),
    Verb.HAND_OVER: frozenset({State.ACKNOWLEDGED}),
    Verb.CLOSE: frozenset({State.ACKNOWLEDGED, State.HANDED_OVER}),
}

_RAISE = """
INSERT INTO emergency_call (vehicle_id, plate, county_id, company_id, phone, state, bit_on, device_time,
                            last_pressed_at, raised_at, last_seen_at, reports, latitude_e6, longitude_e6, speed_dkmh, outcome)
SELECT id, plate, county_id, company_id, %(phone)s, 'ringing', true, %(device_time)s, %(device_time)s,
       %(received_at)s, %(received_at)s, 1, %(latitude_e6)s, %(longitude_e6)s, %(speed_dkmh)s, ''
FROM vehicle
WHERE id = %(vehicle_id)s AND NOT EXISTS (
    SELECT FROM emergency_call AS older
    WHERE older.vehicle_id = %(vehicle_id)s AND older.closed_at IS NOT NULL
      AND (older.bit_on AND older.closed_at > %(received_at)s - %(still_down)s
           OR older.last_seen_at >= %(received_at)s)
)
ON CONFLICT (vehicle_id) WHERE closed_at IS NULL DO UPDATE
SET reports = emergency_call.reports + 1, bit_on = true, last_seen_at = EXCLUDED.last_seen_at,
    last_pressed_at = GREATEST(emergency_call.last_pressed_at, EXCLUDED.last_pressed_at),
    latitude_e6 = COALESCE(EXCLUDED.latitude_e6, emergency_call.latitude_e6),
    longitude_e6 = COALESCE(EXCLUDED.longitude_e6, emergency_call.longitude_e6),
    speed_dkmh = COALESCE(EXCLUDED.speed_dkmh, emergency_call.speed_dkmh),
    phone = COALESCE(NULLIF(EXCLUDED.phone, ''), emergency_call.phone)
WHERE emergency_call.last_seen_at < EXCLUDED.last_seen_at
RETURNING id, county_id, company_id, plate, reports
"""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A report with the emergency bit, as gateway or worker saw it. Places in 1e-6 degree, None without a fix."""

    vehicle_id: int
    device_time: datetime
    received_at: datetime
    latitude_e6: int | None = None
    longitude_e6: int | None = None
    speed_dkmh: int | None = None
    phone: str = ""


def raise_call(pressed: Pressed) -> int | None:
    """Open a call, or bring the vehicle's open one up to date; its id, or None where there was nothing to do.

    The gateway says it at once and the worker once more with the position: the second word changes nothing.
    """
    facts = {name: getattr(pressed, name) for name in Pressed.__slots__} | {"still_down": STILL_DOWN}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_RAISE, facts)
            row = cursor.fetchone()
        if row is None:
            return None
        call_id, county_id, company_id, plate, reports = row
        if reports == 1:
            EmergencyEvent.objects.create(call_id=call_id, verb=Verb.RAISE, at=pressed.received_at)
        announce.on_commit(call_id, plate, county_id, company_id, State.RINGING if reports == 1 else "")
    return int(call_id)


def let_go(vehicle_id: int, device_time: datetime) -> bool:
    """The terminal reports without the emergency bit again; false where that report is older than the button."""
    calls = EmergencyCall.objects.filter(vehicle_id=vehicle_id, bit_on=True, last_pressed_at__lt=device_time)
    return calls.update(bit_on=False) > 0


def vehicles_with_bit() -> set[int]:
    """Vehicles whose button was down when last heard of."""
    return set(EmergencyCall.objects.filter(bit_on=True).values_list("vehicle_id", flat=True))


def acknowledge_call(call: EmergencyCall, *, by: Any) -> EmergencyCall:
    """Somebody takes the call (接警): the clock stops."""
    now = timezone.now()
    return _step(call, Verb.ACKNOWLEDGE, by, state=State.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=by)


def note_call(call: EmergencyCall, *, by: Any, note: str) -> EmergencyCall:
    """Write down what was heard, seen or done (处置记录)."""
    return _step(call, Verb.NOTE, by, _said("note", note, "请写明处置情况"))


def record_request(call: EmergencyCall, *, by: Any, note: str, **detail: Any) -> EmergencyCall:
    """A command went to the vehicle for this call: a photo, a listening-in, a text."""
    return _step(call, Verb.REQUEST, by, note, detail)


def hand_over_call(
    call: EmergencyCall, *, by: Any, to: str, receiver: str = "", number: str = "", note: str
) -> EmergencyCall:
    """The police have it (移交公安): to which station, who took it, under which number of theirs."""
    detail = {"to": _said("to", to, "请填写接收单位"), "receiver": receiver.strip(), "number": number.strip()}
    return _step(call, Verb.HAND_OVER, by, _said("note", note, "请写明移交的情况"), detail, state=State.HANDED_OVER)


def close_call(call: EmergencyCall, *, by: Any, outcome: str, note: str) -> EmergencyCall:
    """The end of it, and what it was (结束)."""
    if outcome not in EmergencyCall.Outcome.values:
        raise NoteMissing("outcome", "请选择结论")
    note = _said("note", note, "请写明核实情况")
    detail = {"outcome": outcome}
    return _step(call, Verb.CLOSE, by, note, detail, state=State.CLOSED, closed_at=timezone.now(), outcome=outcome)


def _said(field: str, text: str, message: str) -> str:
    if not text.strip():
        raise NoteMissing(field, message)
    return text.strip()


def _step(
    call: EmergencyCall, verb: str, by: Any, note: str = "", detail: dict[str, Any] | None = None, **changes: Any
) -> EmergencyCall:
    """One verb on one call. Raises ``CallRefused`` where ``LAWFUL`` says no, ``NotAllowed`` without the right."""
    require(by, "emergency.handle")
    with transaction.atomic():
        locked = EmergencyCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if locked.state not in LAWFUL[verb]:
            raise CallRefused(locked.get_state_display(), Verb(verb).label)
        for name, value in changes.items():
            setattr(locked, name, value)
        if changes:
            locked.save(update_fields=list(changes))
        EmergencyEvent.objects.create(
            call=locked, verb=verb, at=timezone.now(), by=by, note=note[:1000], detail=detail or {}
        )
        announce.on_commit(locked.pk, locked.plate, locked.county_id, locked.company_id, locked.state)
    return locked
