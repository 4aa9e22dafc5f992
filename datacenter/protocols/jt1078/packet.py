"""One media packet (音视频流数据包), RTP-like. JT/T 1078-2016, table of the payload packet's format.

The header's length follows the data type: video has a time stamp and two intervals, sound a time stamp, passed-through
data neither. The SIM is BCD[6]; many terminals of 2019 send BCD[10], and no bit tells: see ``splitter.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from struct import error as StructError
from typing import Any

from datacenter.protocols.errors import UnfitValue

from .errors import LostMagic, MediaError, TruncatedPacket, UnknownDataType

MAGIC = b"\x30\x31\x63\x64"
USUAL_FIRST = 0x81
"""V 2, P 0, X 0, CC 1: the standard's only values."""
SIM_BYTES = (6, 10)
LIKELY_TIME_BITS = 56
"""No clock that counts milliseconds needs more: the time stamp's first byte is zero."""
TEXT_PAYLOAD = 950
"""The longest payload by the standard's text; terminals send longer ones."""
MOST_PAYLOAD = 0xFFFF


class DataType(IntEnum):
    """What a packet carries (数据类型)."""

    I_FRAME = 0
    P_FRAME = 1
    B_FRAME = 2
    AUDIO = 3
    PASSTHROUGH = 4


class Mark(IntEnum):
    """Which part of a frame a packet is (分包处理标记)."""

    ATOMIC = 0
    FIRST = 1
    LAST = 2
    MIDDLE = 3


MARKS = {
    (True, True): Mark.ATOMIC,
    (True, False): Mark.FIRST,
    (False, True): Mark.LAST,
    (False, False): Mark.MIDDLE,
}
"""Mark of a packet by whether it is its frame's first one and its last one."""

VIDEO_TYPES = frozenset({DataType.I_FRAME, DataType.P_FRAME, DataType.B_FRAME})

_BEHIND_KIND = dict.fromkeys(VIDEO_TYPES, "QHHH") | {DataType.AUDIO: "QH", DataType.PASSTHROUGH: "H"}
"""Between data type and payload: time stamp, milliseconds since the last I frame and the last frame, length."""

HEADS: dict[int, tuple[Struct, ...]] = {
    size: tuple(Struct(f">4sBBH{size}sBB{_BEHIND_KIND[kind]}") for kind in DataType) for size in SIM_BYTES
}
"""Headers by SIM length and data type."""

LONGEST_HEAD = HEADS[10][DataType.I_FRAME].size


@dataclass(slots=True)  # not frozen: one is made for every packet of every stream, and freezing doubles its price
class MediaPacket:
    """One packet. ``sim`` is its digits as they lie, 12 or 20; times are relative milliseconds, None where absent.

    ``first`` holds V, P, X and CC. ``last_of_frame`` (the M bit) is as sent; ``mark`` is what tells the parts apart.
    """

    sim: str
    channel: int
    data_type: int
    mark: int
    seq: int
    payload_type: int
    payload: bytes
    timestamp_ms: int | None = None
    last_i_ms: int | None = None
    last_ms: int | None = None
    last_of_frame: bool = True
    first: int = USUAL_FIRST

    @property
    def is_video(self) -> bool:
        """Whether it is part of a picture."""
        return self.data_type in VIDEO_TYPES

    def encode(self) -> bytes:
        """The packet as it travels. Raises ``UnfitValue`` where a field can't carry its value."""
        if self.data_type not in tuple(DataType) or self.mark not in tuple(Mark):
            raise UnfitValue((self.data_type, self.mark), "数据类型、分包标记")
        try:
            sim = bytes.fromhex(self.sim)
        except ValueError:
            raise UnfitValue(self.sim, "SIM BCD") from None
        if len(sim) not in SIM_BYTES or not 0 <= self.payload_type < 0x80:
            raise UnfitValue((self.sim, self.payload_type), "SIM BCD、负载类型")
        times = self._times()
        try:
            head = HEADS[len(sim)][self.data_type].pack(
                MAGIC,
                self.first,
                (0x80 if self.last_of_frame else 0) | self.payload_type,
                self.seq,
                sim,
                self.channel,
                self.data_type << 4 | self.mark,
                *times,
                len(self.payload),
            )
        except (StructError, TypeError):
            raise UnfitValue((self.seq, self.channel, times, len(self.payload)), "媒体包头") from None
        return head + self.payload

    def _times(self) -> tuple[int | None, ...]:
        """The times that this type's header has. Raises ``UnfitValue`` for one that it hasn't."""
        if self.is_video:
            return self.timestamp_ms, self.last_i_ms, self.last_ms
        absent: tuple[int | None, ...] = (self.last_i_ms, self.last_ms)
        present: tuple[int | None, ...] = (self.timestamp_ms,)
        if self.data_type == DataType.PASSTHROUGH:
            absent, present = (*absent, self.timestamp_ms), ()
        if any(value is not None for value in absent):
            raise UnfitValue(absent, "此数据类型没有的时间字段")
        return present

    def show(self) -> dict[str, Any]:
        """The wire's own names, ready for JSON; absent fields are left out."""
        out: dict[str, Any] = {
            "magic": MAGIC.hex(),
            "v": self.first >> 6,
            "p": self.first >> 5 & 1,
            "x": self.first >> 4 & 1,
            "cc": self.first & 15,
            "m": int(self.last_of_frame),
            "pt": self.payload_type,
            "seq": self.seq,
            "sim": self.sim,
            "channel": self.channel,
            "data_type": self.data_type,
            "mark": self.mark,
        }
        for name in ("timestamp_ms", "last_i_ms", "last_ms"):
            value = getattr(self, name)
            if value is not None:
                out[name] = value
        return out | {"length": len(self.payload), "payload": self.payload.hex().upper()}


def head_of(kind: int, sim_bytes: int) -> Struct | None:
    """The header that a data type byte promises; None where it is undefined."""
    data_type = kind >> 4
    return HEADS[sim_bytes][data_type] if data_type < len(DataType) and kind & 15 < len(Mark) else None


def read_packet(data: bytes | bytearray, at: int, head: Struct, stop: int) -> MediaPacket:
    """The packet at ``at`` whose header is ``head`` and which ends at ``stop``; both are known to be right."""
    _, first, kind, seq, sim, channel, mark, *times, _ = head.unpack_from(data, at)
    stamp, last_i, last = (*times, None, None, None)[:3]
    payload = bytes(data[at + head.size : stop])
    return MediaPacket(
        sim.hex(), channel, mark >> 4, mark & 15, seq, kind & 0x7F, payload, stamp, last_i, last, kind > 0x7F, first
    )


def length_of(data: bytes | bytearray, at: int, head: Struct) -> int:
    """What the packet at ``at`` says of its payload's length: the last word of its header."""
    stop = at + head.size
    return data[stop - 2] << 8 | data[stop - 1]


def doubts(packet: MediaPacket) -> int:
    """How unlikely a reading is: sound under BCD[10] is as long as a picture under BCD[6], so lengths don't tell all.

    A time stamp of two million years is out of the question; channels are counted from 1; SIMs are decimal, and longer
    than the three digits that are left of a mobile number where BCD[10] is read as BCD[6].
    """
    late = (packet.timestamp_ms or 0) >> LIKELY_TIME_BITS
    digits = packet.sim.lstrip("0")
    return 4 * bool(late) + 2 * (packet.channel == 0) + (len(digits) <= 3 or not digits.isdecimal())


def open_packet(data: bytes, sim_bytes: int = 6) -> tuple[MediaPacket, bytes]:
    """The packet at the beginning of ``data``, and what is behind it.

    Raises ``LostMagic``, ``UnknownDataType``, ``TruncatedPacket``.
    """
    if not data.startswith(MAGIC[: len(data)]):
        raise LostMagic(0)
    kind_at = len(MAGIC) + 4 + sim_bytes + 1
    if len(data) <= kind_at:
        raise TruncatedPacket(kind_at + 1, len(data), len(data))
    head = head_of(data[kind_at], sim_bytes)
    if head is None:
        raise UnknownDataType(data[kind_at], kind_at)
    if len(data) < head.size:
        raise TruncatedPacket(head.size, len(data), len(data))
    stop = head.size + length_of(data, 0, head)
    if len(data) < stop:
        raise TruncatedPacket(stop, len(data), len(data))
    return read_packet(data, 0, head, stop), data[stop:]


def open_either(data: bytes) -> tuple[MediaPacket, bytes]:
    """``open_packet`` where nobody knows how long the SIM is.

    A reading behind which the next packet begins is taken, or one that ends with ``data``; of two the less doubtful
    one; else the standard's. Raises as ``open_packet``.
    """
    readings: list[tuple[MediaPacket, bytes]] = []
    faults: dict[int, MediaError] = {}
    for sim_bytes in SIM_BYTES:
        try:
            readings.append(open_packet(data, sim_bytes))
        except (TruncatedPacket, UnknownDataType) as fault:
            faults[sim_bytes] = fault
    readings.sort(key=lambda one: doubts(one[0]))
    for packet, rest in readings:
        if rest.startswith(MAGIC):
            return packet, rest
    standard = faults.get(SIM_BYTES[0])
    if isinstance(standard, TruncatedPacket):  # it may be on its way: only a reading without a doubt goes before it
        readings = [one for one in readings if not doubts(one[0])]
    for packet, rest in readings:
        if MAGIC.startswith(rest[: len(MAGIC)]):
            return packet, rest
    if isinstance(standard, UnknownDataType) and readings:
        return readings[0]
    return open_packet(data)


def packets_of(frame: bytes, template: MediaPacket, *, seq: int, longest: int = TEXT_PAYLOAD) -> Iterator[MediaPacket]:
    """The packets that carry one frame, numbered from ``seq``; everything else is the template's (分包发送)."""
    parts = [frame[at : at + longest] for at in range(0, len(frame), longest)] or [b""]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        mark = MARKS[number == 0, last]
        yield MediaPacket(
            template.sim,
            template.channel,
            template.data_type,
            mark,
            (seq + number) & 0xFFFF,
            template.payload_type,
            part,
            template.timestamp_ms,
            template.last_i_ms,
            template.last_ms,
            last,
            template.first,
        )
