"""What a media connection tells its owner (码流连接事件)."""

from dataclasses import dataclass
from enum import StrEnum

from datacenter.protocols.errors import ProtocolError

from .packet import VIDEO_TYPES, MediaPacket


class Event:
    """What ``receive`` and ``tick`` yield."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class StreamBound(Event):
    """The first packet has come: whose stream this is from now on (码流绑定)."""

    sim: str
    channel: int

    @property
    def phone(self) -> str:
        """The SIM as JT/T 808's registry has phones: without zeros on the left."""
        return self.sim.lstrip("0")


@dataclass(slots=True)  # not frozen: one is made for every frame of every stream
class MediaFrame(Event):
    """One frame, put together (音视频帧). Times are the first packet's, in milliseconds of the terminal's own clock."""

    channel: int
    data_type: int
    payload_type: int
    payload: bytes
    timestamp_ms: int | None
    last_i_ms: int | None
    last_ms: int | None
    packets: int = 1

    @property
    def is_video(self) -> bool:
        """Whether it is a picture."""
        return self.data_type in VIDEO_TYPES


class Dropped(StrEnum):
    """Why a frame is dropped (丢帧原因)."""

    NO_BEGINNING = "no-beginning"  # a middle or last part whose first part never came
    NO_END = "no-end"  # another frame of its kind began
    GAP = "gap"  # packets were lost while it was open
    TOO_LARGE = "too-large"
    TOO_LATE = "too-late"  # its last part never came


@dataclass(frozen=True, slots=True)
class FrameDropped(Event):
    """A frame that couldn't be put together; one for each frame, however many parts it had (丢帧)."""

    reason: Dropped
    data_type: int


@dataclass(frozen=True, slots=True)
class SequenceGap(Event):
    """Packets that never came: ``missing`` of them before ``found`` (丢包)."""

    expected: int
    found: int
    missing: int


@dataclass(frozen=True, slots=True)
class BadMedia(Event):
    """Bytes or a packet that can't be taken, and why; ``packet`` where it could be read."""

    error: ProtocolError
    packet: MediaPacket | None = None


@dataclass(frozen=True, slots=True)
class StreamSilent(Event):
    """Nothing has come for too long; said once until something comes (码流中断). Unbound: it never named itself."""

    since: float
    bound: bool
