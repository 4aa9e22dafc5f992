"""What a taxi terminal says, with sound defaults; every field can be given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from datacenter.facts.catalogue import Fact
from datacenter.protocols.jt905.bits import Status
from datacenter.protocols.jt905.kinds import DutyTime
from datacenter.protocols.jt905.messages import MESSAGES, Meter, Position, SignIn, SignOut, TripRecord
from datacenter.protocols.layout import Message
from datacenter.protocols.wire import GMT8

MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=GMT8)
LICENCE = "XK211103000001"
ISU = "104502000731"


def position(at: datetime, **facts: Any) -> Position:
    """In the middle of Panjin, with a fix."""
    plain = Position(0, int(Status.ACC_ON), 41.12, 122.07, 36.0, 90, at)
    return replace(plain, **facts)


def sign_in(certificate: str, at: datetime = MORNING, **facts: Any) -> SignIn:
    plain = SignIn(position(at), LICENCE, certificate, "LT1234", DutyTime(at.replace(second=0)), b"")
    return replace(plain, **facts)


def sign_out(certificate: str, at: datetime, since: datetime | None = None, **facts: Any) -> SignOut:
    plain = SignOut(
        position(at),
        LICENCE,
        certificate,
        "LT1234",
        "0610",
        DutyTime((since or at - timedelta(hours=8)).replace(second=0)),
        DutyTime(at.replace(second=0)),
        Decimal("186.4"),
        Decimal("120.9"),
        23,
        timedelta(hours=3, minutes=12, seconds=5),
        Decimal("412.5"),
        Decimal("35.0"),
        2,
        Decimal("3.1"),
        Decimal("90210.7"),
        Decimal("60100.2"),
        Decimal("1.90"),
        30211,
        0,
        b"",
    )
    return replace(plain, **facts)


def meter(certificate: str, at: datetime, lasting: timedelta = timedelta(minutes=14), **facts: Any) -> Meter:
    off = (at + lasting).astimezone(GMT8)
    plain = Meter(
        "LT1234",
        LICENCE,
        certificate,
        at.replace(second=0),
        time(off.hour, off.minute),
        Decimal("5.3"),
        Decimal("1.2"),
        Decimal("1.0"),
        timedelta(minutes=2),
        Decimal("13.5"),
        7001,
        0,
        b"",
    )
    return replace(plain, **facts)


def trip(
    certificate: str, at: datetime = MORNING, lasting: timedelta = timedelta(minutes=14), **facts: Any
) -> TripRecord:
    plain = TripRecord(
        position(at),
        position(at + lasting, latitude_deg=41.15, longitude_deg=122.03),
        int(at.timestamp()),
        0,
        0,
        0,
        0,
        meter(certificate, at, lasting),
    )
    return replace(plain, **facts)


def fact(vehicle_id: int, message: Message, serial: int = 1, received_at: datetime | None = None) -> Fact:
    """``message`` as the worker hands it to its keeper: through its bytes."""
    body = message.encode("905")
    when = received_at or _when(message) + timedelta(seconds=3)
    read = MESSAGES.decode(message.message_id, body, "905")
    return Fact("jt905", "905", message.message_id, serial, ISU, vehicle_id, when.astimezone(UTC), body, read)


def _when(message: Any) -> datetime:
    moment: datetime = (message.dropoff if isinstance(message, TripRecord) else message.location).device_time
    return moment
