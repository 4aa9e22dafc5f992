"""Where a vehicle is (位置消息): reports, batches, queries, tracking, alarms confirmed, CAN data.

JT/T 808-2019, chapter 8. ``Place`` and ``PlaceReport`` are a location inside other messages: a terminal without a clock
loses its picture or its answer to them no more than anything else.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datacenter.protocols.errors import FieldError, TruncatedBody
from datacenter.protocols.jt808.bits import Alarm, Status
from datacenter.protocols.jt808.extras import EXTRA_LIST, Extra
from datacenter.protocols.jt808.kinds import LooseTime
from datacenter.protocols.layout import Message, Struct, wire
from datacenter.protocols.wire import U8, U16, U32, Bcd, BcdTime, Bytes, Flags, Kind, Reader, Repeated, Scaled

from .catalogue import message

BASE_LOCATION = 28
"""Bytes of a location report before its additional items."""


@message(0x0200, "位置信息汇报")
@dataclass(frozen=True, slots=True)
class LocationReport(Message):
    """Where a vehicle is, as its terminal sees it. JT/T 808-2019, message 0x0200."""

    alarms: int = wire(Flags(4, Alarm), "报警标志", name="alarm_flag")
    status: int = wire(Flags(4, Status), "状态", name="status_flag")  # hemispheres are here, not in the sign
    latitude_deg: float = wire(Scaled(U32, 1e-6), "纬度", name="latitude_e6")
    longitude_deg: float = wire(Scaled(U32, 1e-6), "经度", name="longitude_e6")
    altitude_m: int = wire(U16, "高程")
    speed_kmh: float = wire(Scaled(U16, 0.1), "速度", name="speed_dkmh")
    bearing_deg: int = wire(U16, "方向", name="direction_deg")
    device_time: datetime = wire(BcdTime(), "时间", name="time")
    extras: tuple[Extra, ...] = wire(EXTRA_LIST, "位置附加信息项列表", default=())

    @property
    def signed_e6(self) -> tuple[int, int]:
        """Latitude and longitude in 1e-6 degree, south and west negative.

        Some terminals write two's complement besides setting the bit: what is negative already stays so.
        """
        lat, lon = round(self.latitude_deg * 1_000_000), round(self.longitude_deg * 1_000_000)
        return _signed(lat, bool(self.status & Status.SOUTH)), _signed(lon, bool(self.status & Status.WEST))


def _signed(magnitude: int, negative: bool) -> int:
    if magnitude > 0x7FFFFFFF:
        return magnitude - (1 << 32)
    return -magnitude if negative else magnitude


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item of a batch that is no location report, kept as it came: the items around it still count.

    ``declared`` is the length announced where the body ended before the item did, -1 where it ended before the length.
    """

    raw: bytes
    error: FieldError = field(compare=False)
    declared: int | None = None


class LocationItems(Kind[tuple[Any, ...]]):
    """``count`` times a WORD of length and a location report of that length.

    A bad item becomes a ``BadItem``; a list that ends early ends with one, and the rest of ``count`` is missing.
    """

    title = "位置汇报数据项列表"
    report = Struct(LocationReport)

    def read(self, reader: Reader) -> tuple[Any, ...]:
        items: list[Any] = []
        for _ in range(reader.known["count"]):
            start, left = reader.pos, reader.remaining
            if left < 2:
                items.append(BadItem(reader.rest(), TruncatedBody(2, left, start), -1))
                break
            size = U16.read(reader)
            if size > left - 2:
                items.append(BadItem(reader.rest(), TruncatedBody(size, left - 2, start), size))
                break
            raw = reader.take(size)
            items.append(self._item(reader.part(start + 2, reader.pos), raw))
        return tuple(items)

    def _item(self, inner: Reader, raw: bytes) -> Any:
        """One report; bytes that its table leaves are left alone, as those of a later edition are."""
        trace = inner.trace
        if trace is None:
            try:
                return LocationReport.layout.read(inner)
            except FieldError as fault:
                return BadItem(raw, fault)
        start = inner.pos
        row = trace.begin(start - 2, "item", LocationReport.title, self.report)
        trace.leaf(start - 2, start, "len", "位置汇报数据体长度", U16, len(raw))
        try:
            value: Any = LocationReport.layout.read(inner)
        except FieldError as fault:
            trace.fail(row, fault)
            value = BadItem(raw, fault)
        trace.end(row, inner.end, value)
        return value

    def write(self, value: tuple[Any, ...], edition: str = "") -> bytes:
        parts: list[bytes] = []
        for item in value:
            raw = item.raw if isinstance(item, BadItem) else item.encode(edition)
            declared = item.declared if isinstance(item, BadItem) else None
            if declared != -1:
                parts.append(U16.write(len(raw) if declared is None else declared))
            parts.append(raw)
        return b"".join(parts)

    def show(self, value: tuple[Any, ...]) -> list[Any]:
        out: list[Any] = []
        for item in value:
            if not isinstance(item, BadItem):
                raw = item.encode()
                out.append({"len": len(raw), "location": item.layout.show(item)})
            elif item.declared is None:
                out.append({"len": len(item.raw), "hex": item.raw.hex().upper(), "malformed": item.error.code})
            elif item.declared == -1:
                out.append({"_trailing": item.raw.hex().upper()})
            else:
                out.append({"len": item.declared, "truncated": item.raw.hex().upper()})
        return out


@message(0x0704, "定位数据批量上传")
@dataclass(frozen=True, slots=True)
class LocationBatch(Message):
    """Several location reports in one message; kind 1 after a blind area. JT/T 808-2019, message 0x0704."""

    count: int = wire(U16, "数据项个数")
    kind: int = wire(U8, "位置数据类型")  # 0 ordinary, 1 sent again after a blind area (盲区补报)
    items: tuple[Any, ...] = wire(LocationItems(), "位置汇报数据项")

    @classmethod
    def of(cls, items: tuple[LocationReport, ...], kind: int = 0) -> "LocationBatch":
        return cls(len(items), kind, items)


@dataclass(frozen=True, slots=True)
class Place:
    """The 28 bytes of a location inside another message (位置信息); ``device_time`` is text where it is no moment."""

    alarms: int = wire(Flags(4, Alarm), "报警标志", name="alarm_flag")
    status: int = wire(Flags(4, Status), "状态", name="status_flag")
    latitude_deg: float = wire(Scaled(U32, 1e-6), "纬度", name="latitude_e6")
    longitude_deg: float = wire(Scaled(U32, 1e-6), "经度", name="longitude_e6")
    altitude_m: int = wire(U16, "高程")
    speed_kmh: float = wire(Scaled(U16, 0.1), "速度", name="speed_dkmh")
    bearing_deg: int = wire(U16, "方向", name="direction_deg")
    device_time: datetime | str = wire(LooseTime(), "时间", name="time")


@dataclass(frozen=True, slots=True)
class PlaceReport(Place):
    """A whole location report inside an answer (位置信息汇报)."""

    extras: tuple[Extra, ...] = wire(EXTRA_LIST, "位置附加信息项列表", default=())


@message(0x0201, "位置信息查询应答")
@dataclass(frozen=True, slots=True)
class LocationAnswer(Message):
    """Where the vehicle is, because the platform asked. JT/T 808-2019, message 0x0201."""

    ack_serial: int = wire(U16, "应答流水号")
    location: PlaceReport = wire(Struct(PlaceReport, flat=True), "位置信息汇报")


@message(0x8201, "位置信息查询")
@dataclass(frozen=True, slots=True)
class LocationQuery(Message):
    """Where are you? JT/T 808-2019, message 0x8201; empty."""


@message(0x8202, "临时位置跟踪控制")
@dataclass(frozen=True, slots=True)
class Tracking(Message):
    """Report at another interval for a while; interval 0 ends it, nothing follows. JT/T 808-2019, message 0x8202."""

    interval_s: int = wire(U16, "时间间隔")
    valid_s: int | None = wire(U32, "位置跟踪有效期", optional=True)


@message(0x8203, "人工确认报警消息")
@dataclass(frozen=True, slots=True)
class AlarmConfirmation(Message):
    """A person has seen the alarm; serial 0 confirms all of the kinds named. JT/T 808-2019, message 0x8203.

    Bits 0, 3, 20, 21, 22, 27 and 28 can be confirmed.
    """

    alarm_serial: int = wire(U16, "报警消息流水号")
    confirmed: int = wire(Flags(4, Alarm), "人工确认报警类型", name="confirm_bits")


CAN_CHANNEL_2, CAN_EXTENDED, CAN_AVERAGE, CAN_ID_MASK = 1 << 31, 1 << 30, 1 << 29, (1 << 29) - 1


@dataclass(frozen=True, slots=True)
class CanItem:
    """One CAN frame. Bit 31: bus CAN2; 30: extended frame; 29: an average of the interval; 0 to 28: its id."""

    can_id: int = wire(U32, "CAN ID")
    data: bytes = wire(Bytes(8), "CAN 数据")


@message(0x0705, "CAN总线数据上传")
@dataclass(frozen=True, slots=True)
class CanData(Message):
    """Frames from the vehicle's bus. JT/T 808-2019, message 0x0705.

    ``first_time`` is ten digits, hhmmss and the milliseconds of the first frame.
    """

    count: int = wire(U16, "数据项个数")
    first_time: str = wire(Bcd(5), "CAN总线数据接收时间")
    items: tuple[CanItem, ...] = wire(Repeated(Struct(CanItem), times="count"), "CAN总线数据项")
