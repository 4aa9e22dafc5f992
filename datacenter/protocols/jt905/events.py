"""What a connection of JT/T 905 tells its owner (连接事件), beside the events it shares with JT/T 808.

``Locations``, ``Received`` with its kin, ``Unknown`` and ``BadFrame`` are those of ``jt808.events``: who handles them
need not know which standard a terminal speaks.
"""

from dataclasses import dataclass

from datacenter.protocols.jt808.events import Acknowledgement, Event, HeartbeatReceived, Received
from datacenter.protocols.jt905.assembly import Medium
from datacenter.protocols.jt905.header import Header


@dataclass(frozen=True, slots=True)
class Identified(Event):
    """The first sound frame named the ISU: whoever knows the registry admits it or ends the connection."""

    header: Header


@dataclass(frozen=True, slots=True)
class MediumAssembled(Event):
    """The last part of a photo or recording has come; it was told as ``MediumPart`` like every other one."""

    header: Header
    medium: Medium


class MediumPart(Received):
    """0x0800, 0x0806: answer with a general reply."""

    __slots__ = ()


class SignedIn(Received):
    """0x0B03: a driver begins a shift."""

    __slots__ = ()


class SignedOut(Received):
    """0x0B04: a driver ends a shift."""

    __slots__ = ()


class TripReported(Received):
    """0x0B05: a trip with its fare."""

    __slots__ = ()


class LocationAnswered(Received):
    """0x0201: the answer to 0x8201. The same frame is told as ``Locations`` before, to be stored like any position."""

    __slots__ = ()


EVENTS: dict[int, type[Received]] = {
    0x0001: Acknowledgement,
    0x0002: HeartbeatReceived,
    0x0201: LocationAnswered,
    0x0800: MediumPart,
    0x0806: MediumPart,
    0x0B03: SignedIn,
    0x0B04: SignedOut,
    0x0B05: TripReported,
    0x8001: Acknowledgement,
}
