"""What a link tells its owner (链路事件), and which message becomes which event."""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.errors import ProtocolError

from .header import Header


class Event:
    """What ``receive`` and ``tick`` yield."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Received(Event):
    """A decoded message; the subclasses say what it means to a link. ``body`` is clear."""

    header: Header
    message: Any
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Carried(Received):
    """A family's message: ``sub`` is the sub-message in it, None where its sub-type is unknown."""

    sub: Any = None


class LoginAsked(Received):
    """0x1001: to be judged, then ``admit`` or ``turn_away``."""

    __slots__ = ()


class LoginAnswered(Received):
    """0x1002, as the lower platform sees it."""

    __slots__ = ()


class ConnectAsked(Received):
    """0x9001: to be judged by its code (``judge``), then ``admit`` or ``turn_away``."""

    __slots__ = ()


class ConnectAnswered(Received):
    """0x9002, as the upper platform sees it."""

    __slots__ = ()


class LogoutAsked(Received):
    """0x1003 or 0x9003: ``reply_to`` closes the link."""

    __slots__ = ()


class LogoutAnswered(Received):
    """0x1004 or 0x9004: the link is closed."""

    __slots__ = ()


class KeepAliveAsked(Received):
    """0x1005 or 0x9005: to be answered with ``reply_to``."""

    __slots__ = ()


class KeepAliveAnswered(Received):
    """0x1006 or 0x9006."""

    __slots__ = ()


class OtherLinkBroken(Received):
    """0x1007 or 0x9007: this link carries the other one's traffic from here on."""

    __slots__ = ()


class ClosingAnnounced(Received):
    """0x1008 or 0x9008: the other end is about to close both links."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unknown(Event):
    """A sound message that no table has; ``body`` is clear and encodes back as it is (``send_body``)."""

    header: Header
    body: bytes


@dataclass(frozen=True, slots=True)
class BadFrame(Event):
    """A frame that can't be taken, and why. ``header`` where it could be read."""

    error: ProtocolError
    raw: bytes
    header: Header | None = None


@dataclass(frozen=True, slots=True)
class AnswerMissing(Event):
    """A login, connection or logout that nobody answered in time; the link is where it was before."""

    message_id: int


@dataclass(frozen=True, slots=True)
class LinkSilent(Event):
    """Nothing sound came for too long: the link counts as lost."""

    silent_s: float


EVENTS: dict[int, type[Received]] = {
    0x1001: LoginAsked,
    0x1002: LoginAnswered,
    0x1003: LogoutAsked,
    0x1004: LogoutAnswered,
    0x1005: KeepAliveAsked,
    0x1006: KeepAliveAnswered,
    0x1007: OtherLinkBroken,
    0x1008: ClosingAnnounced,
    0x9001: ConnectAsked,
    0x9002: ConnectAnswered,
    0x9003: LogoutAsked,
    0x9004: LogoutAnswered,
    0x9005: KeepAliveAsked,
    0x9006: KeepAliveAnswered,
    0x9007: OtherLinkBroken,
    0x9008: ClosingAnnounced,
}
