"""What a connection tells its owner (连接事件), and which message becomes which event."""

from dataclasses import dataclass
from typing import Any

from datacenter.protocols.errors import ProtocolError
from datacenter.protocols.jt808.header import Header


class Event:
    """What ``receive`` yields."""

    __slots__ = ()


@dataclass(slots=True)  # not frozen: one is made for every read of a socket, and freezing doubles its price
class Locations(Event):
    """Raw frames of 0x0200 and 0x0704 in order, unescaped, check byte not verified (位置汇报)."""

    frames: list[bytes]
    message_ids: list[int]
    serials: list[int]


@dataclass(frozen=True, slots=True)
class AssembledLocations(Event):
    """A sub-packaged 0x0200 or 0x0704, whole: the bare body, and the serials of its packets to be answered."""

    message_id: int
    serials: tuple[int, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Received(Event):
    """A decoded message; the subclasses say what it means to a session.

    ``body`` is whole; ``serials`` are those of its packets where it came in several.
    """

    header: Header
    message: Any
    body: bytes = b""
    serials: tuple[int, ...] = ()


class Registration(Received):
    """0x0100: answer with ``RegisterReply``."""

    __slots__ = ()


class Authentication(Received):
    """0x0102: answer with a general reply, after ``authenticated`` is set where the code is right."""

    __slots__ = ()


class HeartbeatReceived(Received):
    """0x0002."""

    __slots__ = ()


class Unregistration(Received):
    """0x0003."""

    __slots__ = ()


class Acknowledgement(Received):
    """0x0001 from a terminal, 0x8001 from a platform."""

    __slots__ = ()


class TimeAsked(Received):
    """0x0004: answer with ``TimeReply``."""

    __slots__ = ()


class ResendAsked(Received):
    """0x0005 or 0x8003: send the packets named once more."""

    __slots__ = ()


class RegistrationAnswered(Received):
    """0x8100, as a terminal sees it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unknown(Event):
    """A sound message that no table has; ``body`` is whole, whether it came in packets or not."""

    header: Header
    body: bytes


@dataclass(frozen=True, slots=True)
class BadFrame(Event):
    """A frame that can't be taken, and why. ``header`` where it could be read: material for an answer."""

    error: ProtocolError
    raw: bytes
    header: Header | None = None


EVENTS: dict[int, type[Received]] = {
    0x0001: Acknowledgement,
    0x0002: HeartbeatReceived,
    0x0003: Unregistration,
    0x0004: TimeAsked,
    0x0005: ResendAsked,
    0x0100: Registration,
    0x0102: Authentication,
    0x8001: Acknowledgement,
    0x8003: ResendAsked,
    0x8100: RegistrationAnswered,
}
