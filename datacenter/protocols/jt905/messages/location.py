"""Where a taxi is: reports, answers, tracking, what is sent again (位置信息). JT/T 905.2-2014, chapter of 0x0200.

Coordinates are signed 32-bit numbers of 0.0001 minute; the hemispheres stand in the status as well. Altitude is an
additional item. The base of 25 bytes occurs alone inside other messages.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datacenter.protocols.errors import FieldError
from datacenter.protocols.jt905.bits import Alarm, Status
from datacenter.protocols.jt905.codes import TRACKING
from datacenter.protocols.jt905.extras import EXTRA_LIST
from datacenter.protocols.jt905.kinds import UNITS_A_DEGREE, Bearing, Degrees
from datacenter.protocols.layout import Layout, Message, Struct, wire
from datacenter.protocols.tlv import Tlv
from datacenter.protocols.wire import I32, U16, U32, BcdTime, Flags, Kind, Reader, Scaled

from .catalogue import message

BASE_LOCATION = 25
"""Bytes of a position without additional items."""
MOST_E6 = (1 << 31) - 1
COORDINATE = Degrees(I32)


@dataclass(frozen=True, slots=True)
class Position:
    """The base of a location report, 25 bytes (位置基本信息)."""

    alarms: int = wire(Flags(4, Alarm), "报警标志", name="alarm_flag")
    status: int = wire(Flags(4, Status), "状态", name="status_flag")
    latitude_deg: float = wire(COORDINATE, "纬度", name="latitude_raw")
    longitude_deg: float = wire(COORDINATE, "经度", name="longitude_raw")
    speed_kmh: float = wire(Scaled(U16, 0.1), "速度", name="speed_dkmh")
    bearing_deg: int = wire(Bearing(), "方向", name="direction_2deg")
    device_time: datetime = wire(BcdTime(), "时间", name="time")

    @property
    def signed_e6(self) -> tuple[int, int]:
        """Latitude and longitude in 1e-6 degree, south and west negative; kept within 32 bits."""
        return (
            _signed_e6(self.latitude_deg, bool(self.status & Status.SOUTH)),
            _signed_e6(self.longitude_deg, bool(self.status & Status.WEST)),
        )


def _signed_e6(degrees: float, negative: bool) -> int:
    raw = round(degrees * UNITS_A_DEGREE)
    if negative and raw > 0:  # what is negative by itself stays so
        raw = -raw
    return max(-MOST_E6, min((raw * 5 + 1) // 3, MOST_E6))


@message(0x0200, "位置信息汇报")
@dataclass(frozen=True, slots=True)
class LocationReport(Position, Message):
    """Where a taxi is, as its terminal sees it. JT/T 905.2-2014, message 0x0200."""

    extras: tuple[Tlv, ...] = wire(EXTRA_LIST, "位置附加信息", default=())


@message(0x8201, "位置信息查询")
@dataclass(frozen=True, slots=True)
class LocationQuery(Message):
    """Asks for the position now. JT/T 905.2-2014, message 0x8201; empty."""


@message(0x0201, "位置信息查询应答")
@dataclass(frozen=True, slots=True)
class LocationAnswer(Message):
    """The position that 0x8201 asked for. JT/T 905.2-2014, message 0x0201."""

    ack_serial: int = wire(U16, "应答流水号")
    alarms: int = wire(Flags(4, Alarm), "报警标志", name="alarm_flag")
    status: int = wire(Flags(4, Status), "状态", name="status_flag")
    latitude_deg: float = wire(COORDINATE, "纬度", name="latitude_raw")
    longitude_deg: float = wire(COORDINATE, "经度", name="longitude_raw")
    speed_kmh: float = wire(Scaled(U16, 0.1), "速度", name="speed_dkmh")
    bearing_deg: int = wire(Bearing(), "方向", name="direction_2deg")
    device_time: datetime = wire(BcdTime(), "时间", name="time")
    extras: tuple[Tlv, ...] = wire(EXTRA_LIST, "位置附加信息", default=())

    @property
    def report(self) -> LocationReport:
        """The same position as a report of its own."""
        return LocationReport(
            self.alarms,
            self.status,
            self.latitude_deg,
            self.longitude_deg,
            self.speed_kmh,
            self.bearing_deg,
            self.device_time,
            self.extras,
        )


@message(0x8202, "位置跟踪控制")
@dataclass(frozen=True, slots=True)
class Tracking(Message):
    """Asks for 0x0202 at an interval of time or way, for a time or a way. JT/T 905.2-2014, message 0x8202."""

    kind: int = wire(TRACKING, "属性")
    interval: int = wire(U16, "间隔")  # seconds or metres, as ``kind`` says
    total: int = wire(U32, "持续时间或距离")  # seconds or metres, as ``kind`` says


@message(0x0202, "位置跟踪信息汇报")
@dataclass(frozen=True, slots=True)
class TrackingReport(LocationReport):
    """A report that 0x8202 asked for; the body of 0x0200. JT/T 905.2-2014, message 0x0202."""


@dataclass(frozen=True, slots=True)
class BadPosition:
    """An item of 0x0203 that is no position, kept as it came: the items around it still count."""

    raw: bytes
    error: FieldError = field(compare=False)


class Positions(Kind[tuple[Any, ...]]):
    """Positions of 25 bytes to the end. A bad one becomes a ``BadPosition``, and so does an incomplete last one."""

    title = "位置基本信息 × n"
    item = Struct(Position)
    layout: Layout = item.layout

    def read(self, reader: Reader) -> tuple[Any, ...]:
        items: list[Any] = []
        while reader.remaining:
            start = reader.pos
            raw = reader.take(min(BASE_LOCATION, reader.remaining))
            row = reader.trace.begin(start, f"[{len(items)}]", "位置基本信息", self.item) if reader.trace else None
            try:
                items.append(self.layout.read(reader.part(start, reader.pos)))
            except FieldError as fault:
                items.append(BadPosition(raw, fault))
                if reader.trace and row:
                    reader.trace.fail(row, fault)
            if reader.trace and row:
                reader.trace.end(row, reader.pos, items[-1])
        return tuple(items)

    def write(self, value: tuple[Any, ...], edition: str = "") -> bytes:
        return b"".join(one.raw if isinstance(one, BadPosition) else self.layout.encode(one, edition) for one in value)

    def show(self, value: tuple[Any, ...]) -> list[Any]:
        return [
            {"hex": one.raw.hex().upper(), "malformed": one.error.code}
            if isinstance(one, BadPosition)
            else self.layout.show(one)
            for one in value
        ]


@message(0x0203, "位置信息补传")
@dataclass(frozen=True, slots=True)
class LocationResent(Message):
    """Positions stored while there was no link (盲区补传). JT/T 905.2-2014, message 0x0203; no count."""

    items: tuple[Any, ...] = wire(Positions(), "位置信息数据项")
