"""Orders to a vehicle through its platform, its answers, and its papers (车辆监管、静态信息).

JT/T 809-2011 and JT/T 809-2019, sub-messages of 0x1500, 0x9500, 0x1600 and 0x9600.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datacenter.protocols.composed import Coded
from datacenter.protocols.jt808.kinds import KeptText, LooseTime
from datacenter.protocols.jt809 import codes
from datacenter.protocols.jt809.kinds import UTC_SECONDS, BytesOf, IfFits, IfKnown
from datacenter.protocols.layout import Struct, wire
from datacenter.protocols.wire import ABSENT, U8, U16, U32, Bcd, Bytes

from .catalogue import SubMessage, sub_message
from .fields import CONTENT, src_serial, src_type
from .location import Location

Moment = datetime | int


@sub_message(0x1501, "车辆单向监听应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class ListenAnswer(SubMessage):
    """Whether the vehicle calls back. JT/T 809-2019, sub-message 0x1501."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(Coded(U8, codes.LISTEN_RESULTS), "结果")


@sub_message(0x1502, "车辆拍照应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoAnswer(SubMessage):
    """A photograph, and where it was taken. JT/T 809-2019, sub-message 0x1502.

    The position has the layout of 2011 in both editions. ``photo_bytes`` must be the photograph's length.
    """

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(Coded(U8, codes.PHOTO_RESULTS), "拍照应答标识", name="flag")
    location: Location = wire(Struct(Location), "拍照位置")
    lens: int = wire(U8, "镜头ID")
    photo_bytes: int = wire(U32, "图片长度", name="len")
    size_type: int = wire(Coded(U8, codes.PICTURE_SIZES), "图片大小")
    format: int = wire(U8, "图像格式")
    photo: bytes = wire(BytesOf("photo_bytes"), "图片内容")

    @classmethod
    def of(cls, photo: bytes, **facts: Any) -> "PhotoAnswer":
        """An answer with this photograph and its length."""
        return cls(photo=photo, photo_bytes=len(photo), **facts)


@sub_message(0x1503, "下发车辆报文应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnswer(SubMessage):
    """Whether a text reached the vehicle. JT/T 809-2019, sub-message 0x1503."""

    message_serial: int | None = wire(U32, "消息ID", name="msg_id", default=None, v2019=ABSENT)
    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(Coded(U8, codes.TEXT_RESULTS), "结果")


@sub_message(0x1504, "上报车辆行驶记录应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderAnswer(SubMessage):
    """Data of the driving recorder, a block of GB/T 19056. JT/T 809-2019, sub-message 0x1504.

    A message of 2019 without the reference to its request is taken too: the length tells.
    """

    src_type: int | None = wire(
        ABSENT, "对应的子业务类型标识", default=None, v2019=IfFits(U16, 6, behind=1 + 4)
    )  # 2011: no reference
    src_serial: int | None = wire(ABSENT, "对应的报文序列号", default=None, v2019=IfKnown("src_type", U32))
    command: int = wire(U8, "命令字")
    data: bytes = wire(Bytes(count=U32, count_name="len"), "行驶记录数据")


@sub_message(0x1505, "车辆应急接入监管平台应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAnswer(SubMessage):
    """Whether a vehicle will report to another platform. JT/T 809-2019, sub-message 0x1505."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    result: int = wire(Coded(U8, codes.EMERGENCY_RESULTS), "结果")


@sub_message(0x9501, "车辆单向监听请求")
@dataclass(frozen=True, slots=True)
class Listen(SubMessage):
    """Have the vehicle call this number, to be listened to. JT/T 809-2019, sub-message 0x9501."""

    telephone: str = wire(KeptText(20), "回拨电话号码", name="tel")


@sub_message(0x9502, "车辆拍照请求")
@dataclass(frozen=True, slots=True)
class TakePhoto(SubMessage):
    """Have the vehicle take a photograph. JT/T 809-2019, sub-message 0x9502."""

    lens: int = wire(U8, "镜头ID")
    size_type: int = wire(Coded(U8, codes.PICTURE_SIZES), "图片大小")


@sub_message(0x9503, "下发车辆报文请求")
@dataclass(frozen=True, slots=True)
class TextToVehicle(SubMessage):
    """A text for the driver. JT/T 809-2019, sub-message 0x9503."""

    message_serial: int = wire(U32, "消息ID序号", name="msg_serial")
    priority: int = wire(Coded(U8, codes.URGENCY), "报文优先级")
    content: str = wire(CONTENT, "报文信息内容")


@sub_message(0x9504, "上报车辆行驶记录请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderQuery(SubMessage):
    """Read the driving recorder. JT/T 809-2019, sub-message 0x9504.

    2011 has the times and the most blocks behind the command, and only for commands that ask for records; 2019 has
    times in front.
    """

    start: Moment | None = wire(ABSENT, "开始时间", default=None, v2019=UTC_SECONDS)
    end: Moment | None = wire(ABSENT, "结束时间", default=None, v2019=UTC_SECONDS)
    command: int = wire(U8, "命令字")
    records_from: datetime | str | None = wire(LooseTime(), "开始时间", name="start", optional=True, v2019=ABSENT)
    records_to: datetime | str | None = wire(LooseTime(), "结束时间", name="end", optional=True, v2019=ABSENT)
    max_count: int | None = wire(U16, "最大单位数据块个数", optional=True, v2019=ABSENT)


@sub_message(0x9505, "车辆应急接入监管平台请求")
@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyAccess(SubMessage):
    """Have the vehicle report to another platform for a time. JT/T 809-2019, sub-message 0x9505."""

    auth_code: str = wire(Bcd(10), "监管平台下发的鉴权码")
    apn: str = wire(KeptText(20), "拨号点名称")
    user: str = wire(KeptText(49), "拨号用户名")
    password: str = wire(KeptText(22), "拨号密码")
    server: str = wire(KeptText(32), "地址")
    tcp_port: int = wire(U16, "服务器TCP端口")
    udp_port: int = wire(U16, "服务器UDP端口")
    end: Moment = wire(UTC_SECONDS, "结束时间")


@sub_message(0x1601, "补报车辆静态信息应答")
@dataclass(frozen=True, slots=True, kw_only=True)
class StaticAnswer(SubMessage):
    """A vehicle's papers. JT/T 809-2019, sub-message 0x1601; see ``static_info``."""

    src_type: int | None = src_type()
    src_serial: int | None = src_serial()
    info: str = wire(KeptText(), "车辆信息")


@sub_message(0x9601, "补报车辆静态信息请求")
@dataclass(frozen=True, slots=True)
class StaticQuery(SubMessage):
    """Which are this vehicle's papers? JT/T 809-2019, sub-message 0x9601; no data."""
