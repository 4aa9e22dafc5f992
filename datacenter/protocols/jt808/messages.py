"""Messages of JT/T 808 (消息体数据格式), in the order of their ids. JT/T 808-2019, chapter 8.

``MESSAGES`` is the catalogue. Python names carry units; ``name=`` is the wire name where it differs.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datacenter.protocols.errors import FieldError, TruncatedBody
from datacenter.protocols.layout import Catalogue, Message, wire
from datacenter.protocols.wire import (
    ABSENT,
    U8,
    U16,
    U32,
    UTC_TIME,
    BcdTime,
    Flags,
    Kind,
    Reader,
    Repeated,
    Scaled,
    Text,
)

from .bits import Alarm, Status
from .extras import EXTRA_LIST, Extra
from .header import Edition

MESSAGES = Catalogue("jt808")
message = MESSAGES.message

BASE_LOCATION = 28
"""Bytes of a location report before its additional items."""


@message(0x0001, "终端通用应答")
@dataclass(frozen=True, slots=True)
class TerminalReply(Message):
    """A terminal's answer to what has no answer of its own. JT/T 808-2019, message 0x0001."""

    ack_serial: int = wire(U16, "应答流水号")
    ack_id: int = wire(U16, "应答ID")
    result: int = wire(U8, "结果")  # 0 done, 1 failed, 2 bad message, 3 not supported


@message(0x0002, "终端心跳")
@dataclass(frozen=True, slots=True)
class Heartbeat(Message):
    """A terminal is alive. JT/T 808-2019, message 0x0002; empty."""


@message(0x0003, "终端注销")
@dataclass(frozen=True, slots=True)
class Unregister(Message):
    """A terminal leaves its vehicle. JT/T 808-2019, message 0x0003; empty."""


@message(0x0004, "查询服务器时间请求")
@dataclass(frozen=True, slots=True)
class TimeRequest(Message):
    """A terminal asks what time it is. JT/T 808-2019, message 0x0004; empty."""


@message(0x0005, "终端补传分包请求")
@dataclass(frozen=True, slots=True)
class TerminalResendRequest(Message):
    """Packets of a sub-packaged message that did not reach the terminal. JT/T 808-2019, message 0x0005."""

    orig_serial: int = wire(U16, "原始消息流水号")
    packets: tuple[int, ...] = wire(Repeated(U16, count=U8), "重传包ID列表", v2019=Repeated(U16, count=U16))


@message(0x0100, "终端注册")
@dataclass(frozen=True, slots=True)
class Register(Message):
    """A terminal introduces itself and its vehicle. JT/T 808-2019, message 0x0100."""

    province: int = wire(U16, "省域ID")
    city: int = wire(U16, "市县域ID")
    maker_id: str = wire(Text(5), "制造商ID", v2019=Text(11))
    model: str = wire(Text(20), "终端型号", v2011=Text(8), v2019=Text(30))
    terminal_id: str = wire(Text(7), "终端ID", v2019=Text(30))
    plate_color: int = wire(U8, "车牌颜色")  # 0: no plate, and ``plate`` is the VIN
    plate: str = wire(Text(), "车辆标识")

    @classmethod
    def edition_of(cls, body: bytes, edition: str) -> str:
        """Under a short header the body's length tells 2011 (model of 8 bytes) from 2013 (20 bytes)."""
        return Edition.V2011 if edition != Edition.V2019 and len(body) < 37 else edition


@message(0x0102, "终端鉴权")
@dataclass(frozen=True, slots=True)
class Authenticate(Message):
    """The first message of each connection: the code that registration gave. JT/T 808-2019, message 0x0102."""

    auth_code: str = wire(Text(), "鉴权码", v2019=Text(count=U8, count_name="auth_len"))
    imei: str | None = wire(ABSENT, "终端IMEI", default=None, v2019=Text(15))
    software: str | None = wire(ABSENT, "软件版本号", default=None, v2019=Text(20))


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
    device_time: datetime = wire(BcdTime(), "时间", name="time")  # noqa: RUF009
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
            try:
                items.append(LocationReport.decode(raw, reader.edition))
            except FieldError as fault:
                items.append(BadItem(raw, fault))
        return tuple(items)

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


@message(0x8001, "平台通用应答")
@dataclass(frozen=True, slots=True)
class GeneralReply(Message):
    """The platform's answer to what has no answer of its own. JT/T 808-2019, message 0x8001."""

    ack_serial: int = wire(U16, "应答流水号")
    ack_id: int = wire(U16, "应答ID")
    result: int = wire(U8, "结果")  # as in 0x0001; 4 confirms an alarm


@message(0x8003, "服务器补传分包请求")
@dataclass(frozen=True, slots=True)
class ResendRequest(Message):
    """Packets of a sub-packaged message that did not arrive. JT/T 808-2019, message 0x8003."""

    orig_serial: int = wire(U16, "原始消息流水号")
    packets: tuple[int, ...] = wire(Repeated(U16, count=U8), "重传包ID列表", v2019=Repeated(U16, count=U16))


@message(0x8004, "查询服务器时间应答")
@dataclass(frozen=True, slots=True)
class TimeReply(Message):
    """The platform's time: the one message that is in UTC. JT/T 808-2019, message 0x8004."""

    server_time: datetime = wire(UTC_TIME, "服务器时间")  # noqa: RUF009


@message(0x8100, "终端注册应答")
@dataclass(frozen=True, slots=True)
class RegisterReply(Message):
    """Whether a terminal may come in, and the code to authenticate with. JT/T 808-2019, message 0x8100."""

    ack_serial: int = wire(U16, "应答流水号")
    result: int = wire(U8, "结果")  # 0 done, 1 vehicle taken, 2 no such vehicle, 3 terminal taken, 4 no such terminal
    auth_code: str | None = wire(Text(), "鉴权码", optional=True)
