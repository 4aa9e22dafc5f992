"""The verbs of taxis (营运办理): a sign-in begins a shift, a sign-out ends it, a trip record is kept.

Messages come late, twice, and in any order: each verb stores what it hears once and settles the shifts around it anew,
so that the same messages give the same shifts and bindings in whatever order they come. Called inside the worker's
transaction; one vehicle's messages pass through one worker, a driver's two vehicles meet at a lock.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q

from datacenter.commands.workflow import send_command
from datacenter.errors import DomainError
from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt905.bits import Status
from datacenter.protocols.jt905.messages import Meter, Position, SignIn, SignOut, Text, TextFlag, TripRecord
from datacenter.registry.models import DriverBinding, Practitioner, Vehicle
from datacenter.tracks import changes
from taxi.models import Shift, Trip

_log = logging.getLogger(__name__)

AHEAD, BEHIND = timedelta(minutes=10), timedelta(days=183)
"""How far a terminal's clock may be off and still be believed; as for positions."""
METERS_APART = timedelta(minutes=10)
"""Terminal and taximeter may differ this much on when passengers got in."""
FRESH = timedelta(minutes=10)
"""A sign-in that came this soon is shown on the in-car screen; of a late one the driver may have gone."""
SECTION = "taxi"
_LOCKS = 905  # class of the advisory locks on drivers


@dataclass(frozen=True, slots=True)
class Heard:
    """Where and when a message came: of which vehicle, its body, when it was received."""

    vehicle_id: int
    received_at: datetime
    body: bytes

    @property
    def hash(self) -> int:
        """64 bits of the body: the same message again has the same."""
        return int.from_bytes(hashlib.blake2b(self.body, digest_size=8).digest(), "big", signed=True)


def begin_shift(heard: Heard, message: SignIn) -> Shift:
    """A driver signs in (签到): what was driven until then ends, by this driver and on this vehicle."""
    vehicle, certificate = _vehicle(heard), clean(message.driver_license)
    _lock_driver(certificate)
    known = Shift.objects.filter(vehicle=vehicle, sign_in_hash=heard.hash).first()
    if known is not None:
        return known
    at, clock_off = believed(message.location.device_time, heard.received_at)
    shift = _signed_out_only(vehicle, certificate, at) or Shift(
        vehicle=vehicle, county_id=vehicle.county_id, company_id=vehicle.company_id, received_at=heard.received_at
    )
    _said_by(shift, message, certificate, vehicle)
    began = shift.begins_at  # None where the shift is new
    shift.begins_at = shift.signed_in_at = at
    shift.clock_off = shift.clock_off or clock_off
    shift.meter_on_at = message.meter_on.at if message.meter_on else None
    shift.sign_in_latitude_e6, shift.sign_in_longitude_e6 = place(message.location)
    shift.sign_in_hash = heard.hash
    shift.save()
    _settle_around(shift, *([began] if began else []))
    if shift.ended_at is None and heard.received_at - at <= FRESH:
        show_driver(shift)
    return shift


def show_driver(shift: Shift) -> None:
    """Have the in-car screen name the driver (车内屏显示当班驾驶员), by a text: no message of its own for it was found.

    Not for a driver whom the registry doesn't know, nor a vehicle whose terminal takes no orders.
    """
    if shift.practitioner is None:
        return
    order = Text(int(TextFlag.DISPLAY), f"当班驾驶员：{shift.practitioner.name}")
    try:
        send_command(
            shift.vehicle, order, by=None, kind="driver_screen", summary="车内屏显示当班驾驶员", expires_in=FRESH
        )
    except (DomainError, ProtocolError) as refusal:
        _log.info("the screen of vehicle %d can't name its driver: %s", shift.vehicle_id, type(refusal).__name__)


def end_shift(heard: Heard, message: SignOut) -> Shift:
    """A driver signs out (签退) with the shift's figures; without a sign-in the shift is known by its end alone."""
    vehicle, certificate = _vehicle(heard), clean(message.driver_license)
    _lock_driver(certificate)
    known = Shift.objects.filter(vehicle=vehicle, sign_out_hash=heard.hash).first()
    if known is not None:
        return known
    at, clock_off = believed(message.location.device_time, heard.received_at)
    shift = _open_at(vehicle, certificate, at) or Shift(
        vehicle=vehicle, county_id=vehicle.county_id, company_id=vehicle.company_id, received_at=heard.received_at
    )
    _said_by(shift, message, certificate, vehicle)
    shift.shift_on_at = message.shift_on.at if message.shift_on else None
    shift.shift_off_at = message.shift_off.at if message.shift_off else None
    if shift.signed_in_at is None:
        begun = shift.shift_on_at
        shift.begins_at = begun if begun and at - timedelta(days=2) < begun < at else at
    shift.signed_out_at = at
    shift.clock_off = shift.clock_off or clock_off
    shift.sign_out_latitude_e6, shift.sign_out_longitude_e6 = place(message.location)
    shift.sign_out_hash, shift.sign_out_kind, shift.meter_k = heard.hash, message.sign_type, message.meter_k
    shift.distance_dkm, shift.loaded_dkm = steps(message.shift_km), steps(message.shift_loaded_km)
    shift.trips, shift.timed_s = message.trips, int(message.timed.total_seconds())
    shift.total_jiao, shift.card_jiao = steps(message.total_yuan), steps(message.card_yuan)
    shift.card_trips, shift.between_shifts_dkm = message.card_trips, steps(message.between_shifts_km)
    shift.meter_total_dkm, shift.meter_loaded_dkm = steps(message.total_km), steps(message.total_loaded_km)
    shift.unit_price_fen, shift.meter_trips = steps(message.unit_price_yuan, 2), message.total_trips
    shift.save()
    _settle_around(shift)
    return shift


def keep_trip(heard: Heard, message: TripRecord) -> Trip:
    """A trip record (营运数据), once; where it comes again with the passenger's evaluation, that is added."""
    vehicle, meter = _vehicle(heard), message.meter
    boarded_at, clock_off = believed(message.pickup.device_time, heard.received_at)
    alighted_at, off_too = believed(message.dropoff.device_time, heard.received_at)
    facts: dict[str, Any] = {}
    if isinstance(meter, Meter):
        facts = _metered(meter, vehicle)
        clock_off |= abs(meter.boarded_at - boarded_at) > METERS_APART
    trip = Trip(
        vehicle=vehicle,
        county_id=vehicle.county_id,
        company_id=vehicle.company_id,
        received_at=heard.received_at,
        # The terminal's own word stands, however wrong: what tells a record from its copy must not change with it.
        boarded_at=message.pickup.device_time,
        alighted_at=message.dropoff.device_time,
        clock_off=clock_off or off_too or alighted_at < boarded_at,
        trip_id=message.trip_id,
        evaluation_id=message.evaluation_id,
        rating=message.evaluation,
        rating_ext=message.evaluation_ext,
        call_order_id=message.call_order_id,
        body=heard.body,
        **facts,
    )
    trip.board_latitude_e6, trip.board_longitude_e6 = place(message.pickup)
    trip.alight_latitude_e6, trip.alight_longitude_e6 = place(message.dropoff)
    Trip.objects.bulk_create([trip], ignore_conflicts=True)
    kept = Trip.objects.get(
        vehicle=vehicle, boarded_at=trip.boarded_at, trip_id=trip.trip_id, **_equal("trip_no", trip.trip_no)
    )
    if not kept.rating and trip.rating:
        kept.rating, kept.rating_ext, kept.evaluation_id = trip.rating, trip.rating_ext, trip.evaluation_id
        kept.save(update_fields=["rating", "rating_ext", "evaluation_id"])
    changes.on_commit(vehicle.pk, SECTION)
    return kept


def _metered(meter: Meter, vehicle: Vehicle) -> dict[str, Any]:
    certificate = clean(meter.driver_license)
    return {
        "certificate_no": certificate,
        "practitioner": driver_of(certificate, vehicle),
        "operator_license": clean(meter.operator_license),
        "plate_sent": clean(meter.plate),
        "meter_boarded_at": meter.boarded_at,
        "meter_alighted_at": meter.alighted_at,
        "distance_dkm": steps(meter.trip_km),
        "empty_dkm": steps(meter.empty_km),
        "waited_s": int(meter.waited.total_seconds()),
        "surcharge_jiao": steps(meter.surcharge_yuan),
        "fare_jiao": steps(meter.fare_yuan),
        "trip_no": meter.trip_no,
        "pay_type": meter.pay_type,
        "card_data": meter.card_data or b"",
    }


# --- shifts among their neighbours ------------------------------------------------------------------------------------
def _signed_out_only(vehicle: Vehicle, certificate: str, at: datetime) -> Shift | None:
    """The shift whose sign-out came before its sign-in did: the next on this vehicle, where it has no sign-in."""
    later = Shift.objects.filter(vehicle=vehicle).filter(
        Q(signed_in_at__gt=at) | Q(signed_in_at=None, signed_out_at__gte=at)
    )
    following = min(later, key=lambda shift: shift.signed_in_at or shift.signed_out_at or at, default=None)
    if following is None or following.signed_in_at is not None or following.certificate_no != certificate:
        return None
    return following


def _open_at(vehicle: Vehicle, certificate: str, at: datetime) -> Shift | None:
    """The driver's last shift on this vehicle that began by ``at``, where it has no sign-out.

    A sign-out without a number is of whoever signed in last.
    """
    rows = Shift.objects.filter(vehicle=vehicle, signed_in_at__lte=at)
    if certificate:
        rows = rows.filter(certificate_no=certificate)
    shift = rows.order_by("-signed_in_at", "-pk").first()
    return shift if shift is not None and shift.signed_out_at is None else None


def _settle_around(shift: Shift, *also: datetime) -> None:
    """Say anew when this shift ended and those it may have cut short: before it on the vehicle, and the driver's.

    ``also`` are moments at which it used to begin.
    """
    touched = {shift.vehicle_id}
    for moment in (shift.begins_at, *also):
        earlier = Shift.objects.exclude(pk=shift.pk).filter(
            Q(begins_at__lt=moment) | Q(begins_at=moment, pk__lt=shift.pk)
        )
        for rows in (earlier.filter(vehicle_id=shift.vehicle_id), earlier.filter(**_same_driver(shift))):
            before = rows.order_by("-begins_at", "-pk").first()
            if before is not None:
                _settle(before)
                touched.add(before.vehicle_id)
    _settle(shift)
    if shift.ended_at is None or shift.ended_at > shift.begins_at:
        _close_others(shift)
    for vehicle_id in touched:
        changes.on_commit(vehicle_id, SECTION)
        changes.on_commit(vehicle_id, changes.DRIVER)


def _settle(shift: Shift) -> None:
    """When the shift stopped counting and by what, and its binding to match."""
    later = Shift.objects.filter(Q(begins_at__gt=shift.begins_at) | Q(begins_at=shift.begins_at, pk__gt=shift.pk))
    ends = [
        (rows.order_by("begins_at", "pk").values_list("begins_at", flat=True).first(), ended_by)
        for rows, ended_by in (
            (later.filter(vehicle_id=shift.vehicle_id), Shift.EndedBy.NEXT_SIGN_IN),
            (later.filter(**_same_driver(shift)).exclude(vehicle_id=shift.vehicle_id), Shift.EndedBy.ELSEWHERE),
        )
    ]
    ends.insert(0, (shift.signed_out_at, Shift.EndedBy.SIGN_OUT))
    known = [(at, ended_by) for at, ended_by in ends if at is not None]
    ended_at, ended_by = min(known, key=lambda end: end[0], default=(None, ""))
    shift.ended_at, shift.ended_by = ended_at and max(ended_at, shift.begins_at), ended_by
    _bind(shift)
    shift.save(update_fields=["ended_at", "ended_by", "binding"])


def _bind(shift: Shift) -> None:
    """The binding of driver and vehicle (人车绑定) lasts as long as the shift; of an unknown driver there is none."""
    if shift.practitioner_id is None:
        return
    since, until = shift.begins_at, shift.ended_at
    if until is not None and until <= since:
        if shift.binding is None:
            return
        until = since + timedelta(seconds=1)  # two sign-ins in one second: the first one's is not taken back, but ended
    if shift.binding is None:
        shift.binding = DriverBinding.objects.create(
            vehicle_id=shift.vehicle_id,
            practitioner_id=shift.practitioner_id,
            since=since,
            until=until,
            source=DriverBinding.Source.SIGN_IN,
        )
    else:
        DriverBinding.objects.filter(pk=shift.binding.pk).update(since=since, until=until)


def _close_others(shift: Shift) -> None:
    """End what else says who drove this vehicle, or what this driver drove, when the shift began (登记、刷卡)."""
    bindings = DriverBinding.objects.exclude(source=DriverBinding.Source.SIGN_IN).filter(since__lt=shift.begins_at)
    bindings = bindings.filter(Q(until=None) | Q(until__gt=shift.begins_at))
    whose = Q(vehicle_id=shift.vehicle_id)
    if shift.practitioner_id is not None:
        whose |= Q(practitioner_id=shift.practitioner_id)
    bindings.filter(whose).update(until=shift.begins_at)


def _same_driver(shift: Shift) -> dict[str, Any]:
    """Shifts of the same driver: by the registry where it knows them, else by the number that came; else none."""
    if shift.practitioner_id is not None:
        return {"practitioner_id": shift.practitioner_id}
    return {"certificate_no": shift.certificate_no} if shift.certificate_no else {"pk__in": []}


def _said_by(shift: Shift, message: SignIn | SignOut, certificate: str, vehicle: Vehicle) -> None:
    shift.certificate_no = certificate or shift.certificate_no
    shift.operator_license, shift.plate_sent = clean(message.operator_license), clean(message.plate)
    if shift.practitioner_id is None:
        shift.practitioner = driver_of(shift.certificate_no, vehicle)


def driver_of(certificate: str, vehicle: Vehicle) -> Practitioner | None:
    """Who holds the certificate number that a taximeter sent, None where the registry can't say.

    The standard's number is the holder's identity number, so that one counts too. Of several people with one number
    (in different categories) the one of the vehicle's company is meant.
    """
    if not certificate:
        return None
    rows = Practitioner.objects.filter(
        Q(certificates__number=certificate) | Q(identity_no=certificate), kind=Practitioner.Kind.DRIVER
    )
    found = list(rows.distinct()[:10])
    if len(found) > 1:
        found = [person for person in found if person.company_id == vehicle.company_id]
    return found[0] if len(found) == 1 else None


def _vehicle(heard: Heard) -> Vehicle:
    return Vehicle.objects.get(pk=heard.vehicle_id)


def _lock_driver(certificate: str) -> None:
    """Keep workers of two vehicles from settling one driver's shifts at a time, until the commit."""
    if certificate:
        key = int.from_bytes(hashlib.blake2b(certificate.encode(), digest_size=4).digest(), "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, key])


# --- what the wire's values are in rows -------------------------------------------------------------------------------
def believed(told: datetime, received_at: datetime) -> tuple[datetime, bool]:
    """The terminal's time, or that of receipt where its clock can't be right; and whether it can't."""
    wrong = told > received_at + AHEAD or told < received_at - BEHIND
    return (received_at, True) if wrong else (told, False)


def clean(text: str) -> str:
    """A text of the taximeter without padding and zeros; small letters of certificate numbers grow."""
    return text.replace("\x00", "").strip().upper()


def place(position: Position) -> tuple[int | None, int | None]:
    """Latitude and longitude in 1e-6 degree, none where the terminal had no fix."""
    return (None, None) if position.status & Status.NO_FIX else position.signed_e6


def steps(value: Any, places: int = 1) -> int:
    """An amount or distance in the wire's own steps."""
    return int(value.scaleb(places))


def _equal(name: str, value: Any) -> dict[str, Any]:
    return {f"{name}__isnull": True} if value is None else {name: value}
