"""What the gateway itself answers at once (应答表): everything but positions, which wait for their commit.

One function an event, found by ``HANDLERS``. What is decided here needs memory only: the directory, the session, the
clock. A message without a line answers a command of ours, or goes to the worker to be kept (``facts``); one that no
table can read is answered with result 3, not supported (不支持).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from datacenter.gateway import facts
from datacenter.gateway.authentication import RegisterResult, auth_code, code_is_right, registration_result
from datacenter.gateway.metrics import REFUSED, TERMINAL_REPLIES, UNSUPPORTED
from datacenter.ingest.batch import TAXI_FRAME
from datacenter.protocols.errors import AssemblyRefused, BadPacketNumber, EncryptedBody, FieldError
from datacenter.protocols.jt808.connection import NotAuthenticated
from datacenter.protocols.jt808.events import (
    Acknowledgement,
    Authentication,
    BadFrame,
    Event,
    HeartbeatReceived,
    Received,
    Registration,
    ResendAsked,
    TimeAsked,
    Unknown,
    Unregistration,
)
from datacenter.protocols.jt808.messages import RegisterReply, TimeReply
from datacenter.protocols.jt808.sent import PacketsGone
from datacenter.protocols.jt905.assembly import BadPart
from datacenter.protocols.jt905.events import LocationAnswered, MediumAssembled, MediumPart
from datacenter.registry.directory import stripped

if TYPE_CHECKING:
    from datacenter.gateway.session import Session

OK, FAILED, BAD, NOT_SUPPORTED = 0, 1, 2, 3
"""Results of 0x8001 (JT/T 808-2019, table 7); JT/T 905 has the first three."""

_NAMED_MESSAGES = 64  # strangers choose message ids; a metric must not grow with them
_named: set[int] = set()


def handle(session: Session, event: Event) -> None:
    """Do what ``event`` asks for and answer it."""
    handler = HANDLERS.get(type(event))
    if handler is not None:
        handler(session, event)
    elif isinstance(event, Received) and session.shard is not None:
        # An answer to a command that asked for it; whatever else a terminal reports is kept.
        if not session.gateway.orders.answered(session, event):
            facts.hand_in(session, event)
    elif isinstance(event, Received | Unknown):
        _not_supported(session, event)


def bad_frame(session: Session, event: BadFrame, received_us: int) -> None:
    """A frame that can't be taken: to the quarantine, and an answer where its header could be read.

    A good session survives any number of them; a socket that has not authenticated doesn't.
    """
    error, header = event.error, event.header
    if not session.connection.authenticated:
        session.early += 1
    if isinstance(error, NotAuthenticated):
        REFUSED.inc("not_authenticated")
        if header is not None:
            session.answer(header.serial, header.message_id, FAILED)
    else:
        session.reject(error.code, str(error), event.raw, received_us)
        if header is not None and (result := _answer_to(error)) is not None:
            session.answer(header.serial, header.message_id, result)
    if session.early > session.gateway.limits.early_frames:
        session.close("never_authenticates")


def _answer_to(error: Exception) -> int | None:
    """What to tell the terminal; None where the frame itself can't be trusted (check byte, length, other phone)."""
    if isinstance(error, EncryptedBody):
        return NOT_SUPPORTED
    if isinstance(error, FieldError | BadPacketNumber | AssemblyRefused | BadPart):
        return BAD
    return None


def _register(session: Session, event: Any) -> None:
    gateway, header, message = session.gateway, event.header, event.message
    result = registration_result(header.phone, message, gateway.directory)
    code = auth_code(header.phone) if result is RegisterResult.OK else None
    session.send(RegisterReply(header.serial, int(result), code))
    if result is not RegisterResult.OK:
        edition = message.edition_of(bytes(header.body_length), header.edition)  # 2011 shows in the length alone
        gateway.strangers.note(header.phone, str(edition), session.remote, message)
        _refuse(session, f"register_{result.name.lower()}")


def _authenticate(session: Session, event: Any) -> None:
    gateway, header, phone = session.gateway, event.header, stripped(event.header.phone)
    entry = gateway.directory.get(phone)
    if entry is not None and code_is_right(phone, event.message.auth_code, entry):
        gateway.enter(session, phone, entry)
        session.answer(header.serial, header.message_id, OK)
        return
    session.answer(header.serial, header.message_id, FAILED)
    if entry is None:
        gateway.strangers.note(phone, str(header.edition), session.remote)
        _refuse(session, "unknown_terminal")
    else:
        _refuse(session, "wrong_code")


def _refuse(session: Session, reason: str) -> None:
    REFUSED.inc(reason)
    session.failures += 1
    if session.failures >= session.gateway.limits.failures:
        session.close("too_many_failures")


def _heartbeat(session: Session, event: Any) -> None:
    session.answer(event.header.serial, event.header.message_id, OK)


def _unregister(session: Session, event: Any) -> None:
    session.gateway.leave(session)
    session.answer(event.header.serial, event.header.message_id, OK)


def _terminal_reply(session: Session, event: Any) -> None:
    TERMINAL_REPLIES.inc(str(min(event.message.result, 9)))
    session.gateway.orders.acknowledged(session, event.message)


def _resend_asked(session: Session, event: Any) -> None:
    """0x0005: the terminal lacks packets of an order that took several."""
    try:
        session.write(session.connection.resend(event))  # type: ignore[union-attr]  # JT/T 905 has no packets
    except PacketsGone:
        session.answer(event.header.serial, event.header.message_id, FAILED)


def _time_asked(session: Session, event: Any) -> None:
    session.send(TimeReply(datetime.now(UTC)))


def _not_supported(session: Session, event: Received | Unknown) -> None:
    message_id = event.header.message_id
    if len(_named) < _NAMED_MESSAGES:
        _named.add(message_id)
    UNSUPPORTED.inc(f"0x{message_id:04X}" if message_id in _named else "other")
    session.answer(event.header.serial, message_id, FAILED if session.form == TAXI_FRAME else NOT_SUPPORTED)


def _location_answered(session: Session, event: Any) -> None:
    """JT/T 905, 0x0201: a position that answers a command. Its frame is on its way to the worker."""
    session.gateway.orders.answered(session, event)


def _medium_part(session: Session, event: Any) -> None:
    """A part of a photo or recording of JT/T 905: the file is handed in when it is whole (``MediumAssembled``)."""
    session.answer(event.header.serial, event.header.message_id, OK)


HANDLERS: dict[type[Event], Callable[[Session, Any], None]] = {
    Registration: _register,
    Authentication: _authenticate,
    HeartbeatReceived: _heartbeat,
    Unregistration: _unregister,
    Acknowledgement: _terminal_reply,
    TimeAsked: _time_asked,
    ResendAsked: _resend_asked,
    LocationAnswered: _location_answered,
    MediumPart: _medium_part,
    MediumAssembled: facts.hand_in_medium,
}
