"""The verbs of an emergency call (紧急报警处置): each one a transaction, locked, recorded, announced once committed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from datacenter.accounts.permissions import require
from datacenter.commands.models import Command
from datacenter.emergencies import announce
from datacenter.emergencies.errors import CallRefused, NoteMissing
from datacenter.emergencies.models import EmergencyCall, EmergencyEvent

STILL_DOWN = timedelta(minutes=10)
"""For how long behind a call's end a button that was never let go rings no new one."""
STILL_BROKEN = timedelta(hours=12)
"""The same where the officer found the device broken: until somebody can have mended it."""

State, Verb, Outcome = EmergencyCall.State, EmergencyEvent.Verb, EmergencyCall.Outcome
LATE = EmergencyCall.LATE

# What may be done to a call in which state.
LAWFUL: dict[str, frozenset[str]] = {
    Verb.ACKNOWLEDGE: frozenset({State.RINGING}),
    Verb.NOTE: frozenset({State.ACKNOWLEDGED, State.HANDED_OVER, State.CLOSED}),
    Verb.REQUEST: frozenset({State.RINGING, State.ACKNOWLEDGED, State.HANDED_OVER}),
    Verb.HAND_OVER: frozenset({State.ACKNOWLEDGED}),
    Verb.CLOSE: frozenset({State.ACKNOWLEDGED, State.HANDED_OVER}),
}

# A report belongs to a call that is over where it was received before that call was last heard of (a batch comes
# twice), where the button was never let go, where a backfill tells of the very press that was dealt with, and where the
# terminal sends the very report again.
_RAISE = """
INSERT INTO emergency_call (vehicle_id, plate, county_id, company_id, phone, state, bit_on, device_time,
                            last_pressed_at, raised_at, last_seen_at, reports, presses,
                            latitude_e6, longitude_e6, speed_dkmh, outcome)
SELECT id, plate, county_id, company_id, %(phone)s, 'ringing', true, %(device_time)s, %(device_time)s,
       %(received_at)s, %(received_at)s, 1, 1, %(latitude_e6)s, %(longitude_e6)s, %(speed_dkmh)s, ''
FROM vehicle
WHERE id = %(vehicle_id)s AND NOT EXISTS (
    SELECT FROM emergency_call AS older
    WHERE older.vehicle_id = %(vehicle_id)s AND older.closed_at IS NOT NULL
      AND (older.last_seen_at >= %(received_at)s
           OR older.bit_on
              AND older.closed_at > %(received_at)s
                  - CASE older.outcome WHEN 'fault' THEN %(still_broken)s ELSE %(still_down)s END
           OR %(late)s
              AND %(device_time)s BETWEEN older.device_time - %(still_down)s AND older.last_pressed_at
           OR %(device_time)s IN (older.device_time, older.last_pressed_at))
)
ON CONFLICT (vehicle_id) WHERE closed_at IS NULL DO NOTHING
RETURNING id
"""


# What other packages do once a new call is committed; what fails there costs no call.
AFTER_RAISED: list[Callable[[EmergencyCall], None]] = []


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

    @property
    def late(self) -> bool:
        """Whether it was long under way: stored by the terminal, or written by a clock that is slow."""
        return self.received_at - self.device_time > LATE


def raise_call(pressed: Pressed) -> int | None:
    """Open a call, or bring the vehicle's open one up to date; its id, or None where there was nothing to do.

    The gateway says it at once and the worker once more with the position: the second word changes nothing.
    """
    with transaction.atomic():
        call = _open_call(pressed.vehicle_id)
        if call is None:
            call_id = _insert(pressed)
            if call_id is not None:
                return call_id
            # Somebody else has just opened it, or there is nothing to open.
            call = _open_call(pressed.vehicle_id)
        return call.pk if call is not None and _bring_up_to_date(call, pressed) else None


def _open_call(vehicle_id: int) -> EmergencyCall | None:
    return EmergencyCall.objects.select_for_update(of=("self",)).filter(vehicle_id=vehicle_id, closed_at=None).first()


def _insert(pressed: Pressed) -> int | None:
    facts = {name: getattr(pressed, name) for name in Pressed.__slots__}
    facts |= {"late": pressed.late, "still_down": STILL_DOWN, "still_broken": STILL_BROKEN}
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, facts)
        row = cursor.fetchone()
    if row is None:
        return None
    call = EmergencyCall.objects.get(pk=row[0])
    before = EmergencyCall.objects.filter(vehicle_id=call.vehicle_id, bit_on=True).exclude(pk=call.pk)
    note = "上次报警结束后，报警按钮一直没有复位" if before.update(bit_on=False) else ""
    EmergencyEvent.objects.create(call=call, verb=Verb.RAISE, at=pressed.received_at, note=note)
    _announce(call)
    for hear in AFTER_RAISED:
        transaction.on_commit(partial(hear, call), robust=True)
    return call.pk


def _bring_up_to_date(call: EmergencyCall, pressed: Pressed) -> bool:
    """One more report of an open call; false where it says nothing new."""
    newer, later = pressed.received_at > call.last_seen_at, pressed.device_time > call.last_pressed_at
    if not newer and not later:
        return False
    again = False
    if later or not pressed.late:  # a backfill says where the vehicle was, not where it is
        again = not call.bit_on and pressed.device_time != call.last_pressed_at
        call.bit_on = call.bit_on or again
        if pressed.latitude_e6 is not None:
            call.latitude_e6, call.longitude_e6 = pressed.latitude_e6, pressed.longitude_e6
            call.speed_dkmh = pressed.speed_dkmh
    call.reports += 1
    call.presses += again
    call.last_seen_at = max(call.last_seen_at, pressed.received_at)
    call.last_pressed_at = max(call.last_pressed_at, pressed.device_time)
    call.save()
    if again:
        EmergencyEvent.objects.create(call=call, verb=Verb.PRESS, at=pressed.received_at)
    _announce(call, moved=not again)
    return True


def let_go(vehicle_id: int, device_time: datetime, received_at: datetime) -> bool:
    """The terminal reports without the emergency bit again; whether its button is up by now.

    It is not where that report is older than the button.
    """
    later = Q(last_pressed_at__lt=device_time)
    if received_at - device_time <= LATE:  # also where a clock that ran ahead was put right in between
        later |= Q(last_seen_at__lt=received_at)
    down = EmergencyCall.objects.filter(vehicle_id=vehicle_id, bit_on=True)
    return down.filter(later).update(bit_on=False) > 0 or not down.exists()


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


def record_request(call: EmergencyCall, *, by: Any, command: Command) -> EmergencyCall:
    """An order went to the vehicle for this call: a photo, a listening-in, a confirmation."""
    return _step(call, Verb.REQUEST, by, command.summary, command=command)


def hand_over_call(
    call: EmergencyCall, *, by: Any, to: str, receiver: str = "", number: str = "", note: str
) -> EmergencyCall:
    """The police have it (移交公安): to which station, who took it, under which number of theirs."""
    detail = {"to": _said("to", to, "请填写接收单位"), "receiver": receiver.strip(), "number": number.strip()}
    return _step(call, Verb.HAND_OVER, by, _said("note", note, "请写明移交的情况"), detail, state=State.HANDED_OVER)


def close_call(call: EmergencyCall, *, by: Any, outcome: str, note: str) -> EmergencyCall:
    """The end of it, and what it was (结束)."""
    if outcome not in Outcome.values:
        raise NoteMissing("outcome", "请选择结论")
    note = _said("note", note, "请写明核实情况")
    detail = {"outcome": outcome}
    return _step(call, Verb.CLOSE, by, note, detail, state=State.CLOSED, closed_at=timezone.now(), outcome=outcome)


def available_verbs(call: EmergencyCall, user: Any) -> list[str]:
    """What ``user`` may do to the call as it stands."""
    return [verb for verb, states in LAWFUL.items() if call.state in states and user.may(_right(verb))]


def _right(verb: str) -> str:
    return "emergency.order" if verb == Verb.REQUEST else "emergency.handle"


def require_lawful(call: EmergencyCall, verb: str) -> None:
    """Raises ``CallRefused`` where ``LAWFUL`` says no."""
    if call.state not in LAWFUL[verb]:
        raise CallRefused(call.get_state_display(), str(Verb(verb).label))


def _said(field: str, text: str, message: str) -> str:
    if not text.strip():
        raise NoteMissing(field, message)
    return text.strip()


def _step(
    call: EmergencyCall,
    verb: str,
    by: Any,
    note: str = "",
    detail: dict[str, Any] | None = None,
    command: Command | None = None,
    **changes: Any,
) -> EmergencyCall:
    """One verb on one call. Raises ``CallRefused`` where ``LAWFUL`` says no, ``NotAllowed`` without the right."""
    require(by, _right(verb))
    with transaction.atomic():
        locked = EmergencyCall.objects.select_for_update(of=("self",)).get(pk=call.pk)
        require_lawful(locked, verb)
        for name, value in changes.items():
            setattr(locked, name, value)
        if changes:
            locked.save(update_fields=list(changes))
        EmergencyEvent.objects.create(
            call=locked, verb=verb, at=timezone.now(), by=by, note=note[:1000], detail=detail or {}, command=command
        )
        _announce(locked)
    return locked


def _announce(call: EmergencyCall, *, moved: bool = False) -> None:
    announce.on_commit(call.pk, call.plate, call.county_id, call.company_id, "" if moved else call.state)
